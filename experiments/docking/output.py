"""What a dock is shown as: a table of cells, one of claims, the published figure drawn again, and its page in ``docs/docking/``."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analysis.figures.docking import DockingPanel, draw_docking_exhibit
from analysis.figures.exhibit import Exhibit
from analysis.figures.style import save_figure
from analysis.tables import FormattedNumber, Table
from experiments.docking.comparison import CellComparison, DockResult
from experiments.docking.reference import Dock, DockPanel
from experiments.presentation.labels import list_axis_labels

DOCS_FOLDER = Path(__file__).parents[2] / "docs"
CELL_COLUMNS = ("cell", "measure", "mark", "reference", "SE", "ours", "SE ", "margin", "verdict")
INDEX_INTRODUCTION = """# Docking: what the classics give beside what was published

Made by `overbruggen dock --page`; reference values stand in `experiments/docking/`, the models in `sim/classics/` (docs/classics.md).
Every cell is compared by two one-sided tests that count the standard errors of both sides: *equivalent* when the 90 % interval of the
difference lies within the margin, *different* when it does not and an interval that holds for all cells of a dock together at 99 % leaves out
zero (a correct model is called different in some cell of a dock once in a hundred docks), else *open*: not known well enough. The
margin is a tenth of the range of the reference values, unless the dock says otherwise and why. Marks: P published; R independent implementation, a
second opinion and not the truth; E exact.

Whether our own model gives the same answer to the question of Barkoczi & Galesic, and why not:
[patterns.md](patterns.md#best-network-and-imitation-rule).
"""


def format_dock_verdict(outcome: DockResult) -> str:
    """Return in one sentence how a dock stands."""
    counts = [
        sum(c.standing.verdict == verdict for c in outcome.compared)
        for verdict in ("equivalent", "different", "open")
    ]
    said = (
        f"{counts[0]} of {len(outcome.compared)} cells equivalent, {counts[1]} different,"
        f" {counts[2]} open"
    )
    claims = (
        f"; {sum(r.outcome == 'holds' for r in outcome.related)} of {len(outcome.related)} claims"
        " hold"
        if outcome.related
        else ""
    )
    return said + claims


def build_dock_tables(outcome: DockResult) -> list[Table]:
    """Return the cells of a dock, and its claims if it has some."""
    about = outcome.dock.about
    replicates = outcome.compared[0].replicates if outcome.compared else 0
    note = f"{about.level}; ours: {replicates} replicates. Margins and verdicts: docs/docking.md."
    cells = Table(
        f"{about.title}: {format_dock_verdict(outcome)}",
        CELL_COLUMNS,
        list(map(format_cell_row, outcome.compared)),
        note,
        "cells",
    )
    if not outcome.related:
        return [cells]
    rows = [
        (r.relation.claim, r.relation.measure, FormattedNumber(r.difference), r.outcome)
        for r in outcome.related
    ]
    how = "Paired differences, common random numbers; intervals hold together at 99 % (Bonferroni)."
    return [
        cells,
        Table(
            "Claims", ("claim", "measure", "difference [interval]", "outcome"), rows, how, "claims"
        ),
    ]


def format_cell_row(c: CellComparison) -> tuple[str, ...]:
    """Return one cell's row."""
    numbers = (c.reference.value, c.reference.error, c.ours.value, c.ours.error, c.margin)
    return (
        c.cell.where,
        c.cell.measure,
        c.cell.mark,
        *(FormattedNumber(n, f"{n:.{choose_decimals(c.margin)}f}") for n in numbers),
        c.standing.verdict,
    )


def choose_decimals(margin: float) -> int:
    """Return with how many decimals values are shown, given what matters."""
    return 4 if margin < 0.1 else 2


def draw_dock(outcome: DockResult) -> Exhibit:
    """Draw the published figure again, with our values and the reference laid over it."""
    panels = [build_panel(panel, outcome) for panel in outcome.dock.about.panels]
    return draw_docking_exhibit(
        outcome.dock.name, panels, list_axis_labels(outcome.dock.about.model)
    )


def build_panel(panel: DockPanel, outcome: DockResult) -> DockingPanel:
    """Return what one panel draws."""
    runs, reference = (
        select_panel_rows(outcome.runs, panel),
        select_panel_rows(build_reference_table(outcome), panel),
    )
    reference = reference.filter(pl.col("measure") == panel.measure)
    return DockingPanel(runs, reference, panel.measure, panel.x, panel.by, panel.title, panel.scale)


def select_panel_rows(table: pl.DataFrame, panel: DockPanel) -> pl.DataFrame:
    """Return the rows a panel draws."""
    for name, value in panel.where.items():
        table = table.filter(pl.col(name).is_in(value if isinstance(value, list) else [value]))
    return table.drop_nulls([panel.x, *([panel.by] if panel.by else [])])


def build_reference_table(outcome: DockResult) -> pl.DataFrame:
    """Return the reference values with the places of their cells; one that is read off a curve lies where the curve crosses its level."""
    own = [
        ({"variant": c.cell.variant, **c.cell.settings}, c.cell.measure, *c.reference, 0.0)
        for c in outcome.compared
    ]
    crossings = outcome.dock.about.crossings
    read_off = [
        ({**curve.where, curve.of: curve.value}, curve.measure, curve.level, 0.0, curve.error)
        for curve in crossings
    ]
    names = ("measure", "value", "error", "across")
    rows = [
        {**place, **dict(zip(names, known, strict=True))} for place, *known in (*own, *read_off)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


# --- documentation -------------------------------------------------------------------------------------------------------


def write_dock_page(outcome: DockResult) -> None:
    """Write a dock's page and figure."""
    images = DOCS_FOLDER / "images" / "docking"
    images.mkdir(parents=True, exist_ok=True)
    (DOCS_FOLDER / "docking").mkdir(exist_ok=True)
    exhibit = draw_dock(outcome)
    save_figure(exhibit.figure, images / outcome.dock.name, (".png",), dpi=150)
    about = outcome.dock.about
    parts = [
        f"# {about.title}",
        f"**Verdict: {format_dock_verdict(outcome)}.**",
        (
            f"Made by `overbruggen dock {outcome.dock.name} --page`; level: {about.level}."
            f" Sources:\n\n{format_markdown_list(about.source)}"
        ),
        *(table.to_markdown().strip() for table in build_dock_tables(outcome)),
        f"![{about.title}](../images/docking/{outcome.dock.name}.png)\n\n*{exhibit.caption}*",
        *(
            [f"## What was found out\n\n{format_markdown_list(about.remarks)}"]
            if about.remarks
            else []
        ),
    ]
    (DOCS_FOLDER / "docking" / f"{outcome.dock.name}.md").write_text(
        "\n\n".join(parts) + "\n", encoding="utf-8"
    )


def format_markdown_list(sentences: list[str]) -> str:
    """Return sentences as a Markdown list."""
    return "\n".join(f"- {sentence.strip()}" for sentence in sentences)


def write_dock_index(docks: list[Dock]) -> None:
    """Write the page of all docks from what their own pages say."""
    rows = []
    for dock in docks:
        page = DOCS_FOLDER / "docking" / f"{dock.name}.md"
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        verdict = (
            text.split("**Verdict: ", 1)[1].split(".**", 1)[0]
            if "**Verdict: " in text
            else "not run yet"
        )
        rows.append(
            f"| [{dock.about.title}](docking/{dock.name}.md) | {dock.about.level} | {verdict} |"
        )
    table = "\n".join(["| model | level | verdict |", "|---|---|---|", *rows])
    (DOCS_FOLDER / "docking.md").write_text(f"{INDEX_INTRODUCTION}\n{table}\n", encoding="utf-8")
