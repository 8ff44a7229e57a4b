"""Interaction plots: does the effect of one factor depend on another?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import polars as pl

from analysis.cells import averaged_text, by_replicate, cell_means, left_out_text
from analysis.errors import AnalysisError
from analysis.estimates import mean
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import NOTHING, Labels, label, one_line
from analysis.figures.lines import draw_lines, interval_text, lower
from analysis.figures.maps import refuse_twice, shown
from analysis.figures.style import FAINT, PAGE, Page, legend_above, letter, panel_grid
from analysis.names import need_levels, need_replicates


def interaction(
    runs: pl.DataFrame, x: str, by: str, measure: str, factors: Sequence[str] = (), labels: Labels = NOTHING, page: Page = PAGE
) -> Exhibit:
    """Draw means by two factors (parallel lines: no interaction), and the interaction itself with its interval.

    The second panel has the difference of differences: how much more a level of ``x`` raises the measure over the first
    level of ``x`` under a level of ``by`` than under the first level of ``by``, within the same replicate. Zero is no
    interaction.

    Args:
        runs: a row per run, with both factors, the measure and ``replicate``.
        x: factor along the axis.
        by: factor with a line per level.
        measure: column that is averaged.
        factors: all factors of the design; over those not drawn the figure averages, and says so.
        labels: what stands beside axes, with units.
        page: what the figure is drawn for.

    Raises:
        AnalysisError: a column is missing, a factor has one level, one replicate, or the measure does not vary.
    """
    refuse_twice([x, by])
    need_levels(runs, x, by)
    need_replicates(runs)
    means, contrasts = cell_means(runs, [x, by], measure), differences(runs, x, by, measure)
    figure, panels = panel_grid(page, 2, 2.1)
    with mpl.rc_context(page.settings):
        for position, (panel, table) in enumerate(zip(panels, (means, contrasts), strict=True)):
            draw_lines(panel, numbered(table, x), x, by)
            panel.set_xlabel(label(x, labels, 45))
            letter(panel, position)
        panels[0].set_ylabel(label(measure, labels))
        panels[1].set_ylabel("Difference of differences\n(same unit)")
        panels[1].axhline(0, color=FAINT, linewidth=0.6, zorder=0)
    legend_above(figure, page, *panels[0].get_legend_handles_labels(), one_line(by, labels))
    first = f"{shown(contrasts.item(0, x))} and {shown(contrasts.item(0, by))}, the first levels"
    caption = (
        f"Interaction of {lower(one_line(x, labels))} and {lower(one_line(by, labels))} in {lower(one_line(measure, labels))}. a, means by both: "
        f"parallel lines would be no interaction. b, difference of differences against {first}, paired within replicates: 0 is no interaction. "
        f"{interval_text(means['n'])}{left_out_text(runs, [measure])}{averaged_text(runs, factors, [x, by])}"
    )
    together = pl.concat([means.with_columns(panel=pl.lit("means")), contrasts.with_columns(panel=pl.lit("difference of differences"))])
    return Exhibit("interaction", figure, caption, together)


def numbered(table: pl.DataFrame, x: str) -> pl.DataFrame:
    """Return the table in order of ``x`` when its levels are numbers."""
    return table.sort(x, maintain_order=True) if table[x].dtype.is_numeric() else table


def differences(runs: pl.DataFrame, x: str, by: str, measure: str) -> pl.DataFrame:
    """Return per cell the difference of differences from the first levels of both factors, with its 95 % interval."""
    averaged = by_replicate(runs, [x, by], measure)
    ordered = numbered(averaged, x)
    columns, lines = ordered[x].unique(maintain_order=True).to_list(), averaged[by].unique(maintain_order=True).to_list()
    cells = {levels: dict(part.select("replicate", measure).iter_rows()) for levels, part in averaged.group_by([x, by])}
    rows = []
    for line in lines:
        for column in columns:
            four = [cells.get(key) for key in ((column, line), (columns[0], line), (column, lines[0]), (columns[0], lines[0]))]
            if any(cell is None for cell in four):
                raise AnalysisError(
                    f"there is no run with {x} = {shown(column)} and {by} = {shown(line)}, or at their first levels; an interaction needs all four"
                )
            common = sorted(set.intersection(*(set(cell) for cell in four if cell)))
            values = [(a[r] - b[r]) - (c[r] - d[r]) for a, b, c, d in [four] for r in common]  # type: ignore[index]
            rows.append((column, line, measure, *mean(values)))  # type: ignore[arg-type]
    kinds: dict[str, Any] = {
        x: runs.schema[x],
        by: runs.schema[by],
        "measure": pl.String,
        "value": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "n": pl.Int64,
    }
    return pl.DataFrame(rows, schema=kinds, orient="row")
