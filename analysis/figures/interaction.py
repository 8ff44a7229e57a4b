"""Interaction plots: does the effect of one factor depend on another?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from analysis.cells import (
    CELL_SCHEMA,
    compute_cell_means,
    compute_replicate_means,
    format_averaging,
    format_missing_runs,
)
from analysis.errors import AnalysisError
from analysis.estimates import estimate_mean
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import (
    NO_LABELS,
    Labels,
    format_inline_label,
    format_label,
    format_one_line_label,
)
from analysis.figures.lines import draw_lines, format_interval_note
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
    """Draw means by two factors, and their interaction with its interval.

    The second panel has the difference of differences: how much more a level of ``x`` raises the
    measure over the first level of ``x`` under a level of ``by`` than under the first level of
    ``by``, within the same replicate. Zero is no interaction.

    Args:
        runs: a row per run: both factors, the measure and ``replicate``.
        x: factor along the axis.
        by: factor with a line per level.
        measure: column to average.
        factors: all factors of the design; the caption names those the figure averages over.
        labels: labels of axes, with units, by column.
        page: width and text size.

    Returns:
        ``Exhibit``; ``data`` has ``x``, ``by``, ``measure``, ``value``, ``low``, ``high`` (95 %,
        Student), ``n`` and ``panel`` ("means", "difference of differences").

    Raises:
        AnalysisError: a column or a cell is missing, a factor has one level, there is one
            replicate, or the measure does not vary.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs()
        >>> exhibit = interaction(runs, "imitation.rate", "structure", "joint_value")
        >>> last = exhibit.data.filter(panel="difference of differences").row(-1, named=True)
        >>> last["structure"], last["imitation.rate"], round(last["value"], 3)
        ('alliance', 0.4, 0.032)
    """
    refuse_repeated_factors([x, by])
    check_several_levels(runs, x, by)
    check_several_replicates(runs)
    means = compute_cell_means(runs, [x, by], measure)
    contrasts = estimate_interaction(runs, x, by, measure)
    figure = draw_interaction_figure((means, contrasts), x, by, measure, labels, page)
    caption = (
        f"Interaction of {format_inline_label(x, labels)} and {format_inline_label(by, labels)} in"
        f" {format_inline_label(measure, labels)}. a, means by both: parallel lines would be no"
        " interaction. b, difference of differences against"
        f" {format_level(contrasts.item(0, x))} and {format_level(contrasts.item(0, by))}, the"
        " first levels, paired within replicates: 0 is no interaction."
        f" {format_interval_note(means['n'])}{format_missing_runs(runs, [measure])}"
        f"{format_averaging(runs, factors, [x, by])}"
    )
    data = pl.concat(
        [
            means.with_columns(panel=pl.lit("means")),
            contrasts.with_columns(panel=pl.lit("difference of differences")),
        ]
    )
    return Exhibit("interaction", figure, caption, data)


def draw_interaction_figure(
    tables: Sequence[pl.DataFrame], x: str, by: str, measure: str, labels: Labels, page: Page
) -> Figure:
    """Return a panel of means and one of differences of differences."""
    figure, panels = make_panel_grid(page, 2, 2.1)
    with mpl.rc_context(page.settings):
        for position, (panel, table) in enumerate(zip(panels, tables, strict=True)):
            draw_lines(panel, sort_numeric_levels(table, x), x, by)
            panel.set_xlabel(format_label(x, labels, 45))
            add_panel_letter(panel, position)
        panels[0].set_ylabel(format_label(measure, labels))
        panels[1].set_ylabel("Difference of differences\n(same unit)")
        panels[1].axhline(0, color=LIGHT_GREY, linewidth=0.6, zorder=0)
    add_legend_above(
        figure, page, *panels[0].get_legend_handles_labels(), format_one_line_label(by, labels)
    )
    return figure


def sort_numeric_levels(table: pl.DataFrame, x: str) -> pl.DataFrame:
    """Return the table in order of ``x`` if its levels are numbers."""
    return table.sort(x, maintain_order=True) if table[x].dtype.is_numeric() else table


def estimate_interaction(runs: pl.DataFrame, x: str, by: str, measure: str) -> pl.DataFrame:
    """Return per cell the difference of differences from the first levels, with its interval."""
    averaged = compute_replicate_means(runs, [x, by], measure)
    ordered = sort_numeric_levels(averaged, x)
    columns, lines = (
        ordered[x].unique(maintain_order=True).to_list(),
        averaged[by].unique(maintain_order=True).to_list(),
    )
    cells: dict[tuple[Any, ...], dict[Any, float]] = {
        levels: dict(part.select("replicate", measure).iter_rows())
        for levels, part in averaged.group_by([x, by])
    }
    rows = []
    for line in lines:
        for column in columns:
            corners = (
                (column, line),
                (columns[0], line),
                (column, lines[0]),
                (columns[0], lines[0]),
            )
            if any(corner not in cells for corner in corners):
                raise AnalysisError(
                    f"there is no run with {x} = {format_level(column)} and {by} ="
                    f" {format_level(line)}, or at their first levels; an interaction needs all"
                    " four"
                )
            a, b, c, d = (cells[corner] for corner in corners)
            common = sorted(set(a) & set(b) & set(c) & set(d))
            values = np.array([(a[r] - b[r]) - (c[r] - d[r]) for r in common])
            rows.append((column, line, measure, *estimate_mean(values)))
    kinds: dict[str, Any] = {x: runs.schema[x], by: runs.schema[by], **CELL_SCHEMA}
    return pl.DataFrame(rows, schema=kinds, orient="row")
