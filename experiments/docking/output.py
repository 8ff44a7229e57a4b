"""Output of a dock: tables of cells and claims, the published figure redrawn, and its page."""

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
INDEX_INTRODUCTION = """# Docking: the classics compared with published results

This page is made by `overbruggen dock --page`.
Reference values are in `experiments/docking/`, the models in `sim/classics/` (docs/classics.md).

Two one-sided tests compare every cell with its reference and use the standard errors of both.
A cell is *equivalent* if the 90 % interval of the difference lies within the margin.
It is *different* if it is not equivalent and the interval of the difference excludes zero.
These intervals hold jointly at 99 % for all cells of a dock.
A correct model is therefore called different in at most one of a hundred docks.
All other cells are *open*: the precision does not suffice for a verdict.

The margin is a tenth of the range of the reference values.
A dock with another margin states the reason in its `dock.yaml`.
Marks of references: P, published; R, an independent implementation (not the truth); E, exact.

Whether our own model answers the question of Barkoczi & Galesic in the same way, and why not:
[patterns.md](patterns.md#best-network-and-imitation-rule).
"""


def format_dock_verdict(result: DockResult) -> str:
    """Return the verdict on a dock in one sentence."""
    counts = [
        sum(cell.comparison.verdict == verdict for cell in result.cells)
        for verdict in ("equivalent", "different", "open")
    ]
    cells = (
        f"{counts[0]} of {len(result.cells)} cells equivalent, {counts[1]} different,"
        f" {counts[2]} open"
    )
    if not result.claims:
        return cells
    holding = sum(claim.outcome == "holds" for claim in result.claims)
    return f"{cells}; {holding} of {len(result.claims)} claims hold"


def build_dock_tables(result: DockResult) -> list[Table]:
    """Return the table of cells, and that of claims if the dock has any."""
    about = result.dock.about
    replicates = result.cells[0].replicates if result.cells else 0
    note = f"{about.level}; ours: {replicates} replicates. Margins and verdicts: docs/docking.md."
    cells = Table(
        f"{about.title}: {format_dock_verdict(result)}",
        CELL_COLUMNS,
        list(map(format_cell_row, result.cells)),
        note,
        "cells",
    )
    if not result.claims:
        return [cells]
    rows = [
        (r.claim.claim, r.claim.measure, FormattedNumber(r.difference), r.outcome)
        for r in result.claims
    ]
    how = (
        "Paired differences with common random numbers; intervals hold jointly at 99 %"
        " (Bonferroni)."
    )
    return [
        cells,
        Table(
            "Claims", ("claim", "measure", "difference [interval]", "outcome"), rows, how, "claims"
        ),
    ]


def format_cell_row(row: CellComparison) -> tuple[str, ...]:
    """Return the row of one cell."""
    numbers = (*row.reference, *row.ours, row.margin)
    return (
        row.cell.where,
        row.cell.measure,
        row.cell.mark,
        *(FormattedNumber(n, f"{n:.{choose_decimals(row.margin)}f}") for n in numbers),
        row.comparison.verdict,
    )


def choose_decimals(margin: float) -> int:
    """Return the number of decimals for values with a given margin."""
    return 4 if margin < 0.1 else 2


def draw_dock(result: DockResult) -> Exhibit:
    """Redraw the published figure with our values and the reference values."""
    panels = [build_panel(panel, result) for panel in result.dock.about.panels]
    return draw_docking_exhibit(result.dock.name, panels, list_axis_labels(result.dock.about.model))


def build_panel(panel: DockPanel, result: DockResult) -> DockingPanel:
    """Return the data of one panel."""
    runs, reference = (
        select_panel_rows(result.runs, panel),
        select_panel_rows(build_reference_table(result), panel),
    )
    reference = reference.filter(pl.col("measure") == panel.measure)
    return DockingPanel(runs, reference, panel.measure, panel.x, panel.by, panel.title, panel.scale)


def select_panel_rows(table: pl.DataFrame, panel: DockPanel) -> pl.DataFrame:
    """Return the rows that a panel shows."""
    for name, value in panel.where.items():
        table = table.filter(pl.col(name).is_in(value if isinstance(value, list) else [value]))
    return table.drop_nulls([panel.x, *([panel.by] if panel.by else [])])


def build_reference_table(result: DockResult) -> pl.DataFrame:
    """Return the reference values with the parameters of their cells.

    The reference of a crossing lies where the curve crosses its level.
    """
    cells = [
        ({"variant": c.cell.variant, **c.cell.settings}, c.cell.measure, *c.reference, 0.0)
        for c in result.cells
    ]
    crossings = [
        ({**curve.where, curve.of: curve.value}, curve.measure, curve.level, 0.0, curve.error)
        for curve in result.dock.about.crossings
    ]
    names = ("measure", "value", "error", "across")
    rows = [
        {**settings, **dict(zip(names, values, strict=True))}
        for settings, *values in (*cells, *crossings)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def write_dock_page(result: DockResult) -> None:
    """Write the page and figure of a dock into the documentation."""
    images = DOCS_FOLDER / "images" / "docking"
    images.mkdir(parents=True, exist_ok=True)
    (DOCS_FOLDER / "docking").mkdir(exist_ok=True)
    exhibit = draw_dock(result)
    save_figure(exhibit.figure, images / result.dock.name, (".png",), dpi=150)
    about = result.dock.about
    parts = [
        f"# {about.title}",
        f"**Verdict: {format_dock_verdict(result)}.**",
        (
            f"Made by `overbruggen dock {result.dock.name} --page`; level: {about.level}."
            f" Sources:\n\n{format_markdown_list(about.source)}"
        ),
        *(table.to_markdown().strip() for table in build_dock_tables(result)),
        f"![{about.title}](../images/docking/{result.dock.name}.png)\n\n*{exhibit.caption}*",
        *([f"## Remarks\n\n{format_markdown_list(about.remarks)}"] if about.remarks else []),
    ]
    (DOCS_FOLDER / "docking" / f"{result.dock.name}.md").write_text(
        "\n\n".join(parts) + "\n", encoding="utf-8"
    )


def format_markdown_list(sentences: list[str]) -> str:
    """Return sentences as a Markdown list."""
    return "\n".join(f"- {sentence.strip()}" for sentence in sentences)


def write_dock_index(docks: list[Dock]) -> None:
    """Write the page of all docks from the verdicts on their own pages."""
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
