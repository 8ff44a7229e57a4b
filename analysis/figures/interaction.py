"""Interaction plots: does the effect of one factor depend on another?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import polars as pl

from analysis.cells import (
    compute_cell_means,
    compute_replicate_means,
    format_averaging,
    format_missing_runs,
)
from analysis.errors import AnalysisError
from analysis.estimates import estimate_mean
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import NO_LABELS, Labels, format_label, format_one_line_label
from analysis.figures.lines import draw_lines, format_interval_note, lower_first_letter
from analysis.figures.maps import refuse_repeated_factors
from analysis.figures.style import (
    LIGHT_GREY,
    PAGE,
    Page,
    add_legend_above,
    add_panel_letter,
    make_panel_grid,
)
from analysis.names import check_several_levels, check_several_replicates
from analysis.tidy import format_level


def interaction(
    runs: pl.DataFrame,
    x: str,
    by: str,
    measure: str,
    factors: Sequence[str] = (),
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
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
    refuse_repeated_factors([x, by])
    check_several_levels(runs, x, by)
    check_several_replicates(runs)
    means, contrasts = (
        compute_cell_means(runs, [x, by], measure),
        estimate_interaction(runs, x, by, measure),
    )
    figure, panels = make_panel_grid(page, 2, 2.1)
    with mpl.rc_context(page.settings):
        for position, (panel, table) in enumerate(zip(panels, (means, contrasts), strict=True)):
            draw_lines(panel, sort_numeric_levels(table, x), x, by)
            panel.set_xlabel(format_label(x, labels, 45))
            add_panel_letter(panel, position)
        panels[0].set_ylabel(format_label(measure, labels))
        panels[1].set_ylabel("Difference of differences\n(same unit)")
        panels[1].axhline(0, color=LIGHT_GREY, linewidth=0.6, zorder=0)
    add_legend_above(
        figure, page, *panels[0].get_legend_handles_labels(), format_one_line_label(by, labels)
    )
    first = (
        f"{format_level(contrasts.item(0, x))} and {format_level(contrasts.item(0, by))},"
        " the first levels"
    )
    caption = (
        f"Interaction of {lower_first_letter(format_one_line_label(x, labels))} and"
        f" {lower_first_letter(format_one_line_label(by, labels))} in"
        f" {lower_first_letter(format_one_line_label(measure, labels))}. a, means by both: "
        f"parallel lines would be no interaction. b, difference of differences against {first},"
        " paired within replicates: 0 is no interaction. "
        f"{format_interval_note(means['n'])}{format_missing_runs(runs, [measure])}{format_averaging(runs, factors, [x, by])}"
    )
    together = pl.concat(
        [
            means.with_columns(panel=pl.lit("means")),
            contrasts.with_columns(panel=pl.lit("difference of differences")),
        ]
    )
    return Exhibit("interaction", figure, caption, together)


def sort_numeric_levels(table: pl.DataFrame, x: str) -> pl.DataFrame:
    """Return the table in order of ``x`` when its levels are numbers."""
    return table.sort(x, maintain_order=True) if table[x].dtype.is_numeric() else table


def estimate_interaction(runs: pl.DataFrame, x: str, by: str, measure: str) -> pl.DataFrame:
    """Return per cell the difference of differences from the first levels of both factors, with its 95 % interval."""
    averaged = compute_replicate_means(runs, [x, by], measure)
    ordered = sort_numeric_levels(averaged, x)
    columns, lines = (
        ordered[x].unique(maintain_order=True).to_list(),
        averaged[by].unique(maintain_order=True).to_list(),
    )
    cells = {
        levels: dict(part.select("replicate", measure).iter_rows())
        for levels, part in averaged.group_by([x, by])
    }
    rows = []
    for line in lines:
        for column in columns:
            four = [
                cells.get(key)
                for key in (
                    (column, line),
                    (columns[0], line),
                    (column, lines[0]),
                    (columns[0], lines[0]),
                )
            ]
            if any(cell is None for cell in four):
                raise AnalysisError(
                    f"there is no run with {x} = {format_level(column)} and {by} ="
                    f" {format_level(line)}, or at their first levels; an interaction needs"
                    " all four"
                )
            common = sorted(set.intersection(*(set(cell) for cell in four if cell)))
            values = [(a[r] - b[r]) - (c[r] - d[r]) for a, b, c, d in [four] for r in common]  # type: ignore[index]
            rows.append((column, line, measure, *estimate_mean(values)))  # type: ignore[arg-type]
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
