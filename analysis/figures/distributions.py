"""Distributions with logarithmic axes: sizes, lifetimes, numbers of partners."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from analysis.cells import format_replicates, select_finite
from analysis.errors import AnalysisError
from analysis.estimates import Floats, compute_percentile_interval, sample_replicate_weights
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import (
    NO_LABELS,
    Labels,
    format_label,
    format_one_line_label,
    join_names,
)
from analysis.figures.lines import ALL_RUNS, lower_first_letter
from analysis.figures.style import (
    PAGE,
    Page,
    add_legend_above,
    add_panel_letter,
    assign_styles,
    balance_columns,
    make_panel_grid,
)
from analysis.names import check_numeric_columns, check_several_levels

MAX_CURVE_POINTS = 400  # values at which a curve is computed; more cannot be told apart in print


def distribution(
    values: pl.DataFrame,
    columns: Sequence[str],
    by: str | None = None,
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
    name: str = "distributions",
) -> Exhibit:
    """Draw the share of cases at or above each value (complementary cumulative distribution) on logarithmic axes.

    Args:
        values: a row per case (collaboration, organisation), with the columns and, where there are several runs, ``replicate``.
        columns: what is distributed, positive; a panel each.
        by: factor with a line per level.
        labels: what stands beside axes, with units.
        page: what the figure is drawn for.
        name: name of the exhibit.

    Raises:
        AnalysisError: a column is missing or holds values below 0, a factor has one level, or nothing varies.
    """
    check_numeric_columns(values, *columns)
    if by:
        check_several_levels(values, by)
    lines = by or ALL_RUNS
    table = values if by else values.with_columns(pl.lit(ALL_RUNS).alias(ALL_RUNS))
    table = table if "replicate" in table.columns else table.with_columns(replicate=pl.lit(0))
    parts = []
    for column in columns:
        if (table[column] < 0).any():
            raise AnalysisError(
                f"{column} has values below 0, which logarithmic axes cannot show; draw another"
                " measure"
            )
        positive = select_finite(table, column).filter(pl.col(column) > 0)
        for (level,), part in positive.group_by(lines, maintain_order=True):
            parts.append(
                compute_distribution_curve(part, column).with_columns(
                    pl.lit(level, table.schema[lines]).alias(lines)
                )
            )
    curves = pl.concat(parts)
    per = f", a line per {lower_first_letter(format_one_line_label(by, labels))}" if by else ""
    what = join_names(
        [lower_first_letter(format_one_line_label(column, labels)) for column in columns]
    )
    counts = join_names(
        [
            f"{int((table[column].fill_null(0) > 0).sum()):,}"
            f" ({lower_first_letter(format_one_line_label(column, labels).partition(' (')[0])})"
            for column in columns
        ]
    )
    counted = (
        f"n = {counts} cases above 0, in {format_replicates(curves['n']).removeprefix('n = ')}"
    )
    caption = (
        f"Share of cases at or above a value: {what}; logarithmic axes{per}."
        f" {format_band_note(curves)} {counted}."
    )
    return Exhibit(
        name, draw_distribution_figure(curves, columns, lines, labels, page), caption, curves
    )


def format_band_note(curves: pl.DataFrame) -> str:
    """Return the sentence on intervals."""
    if curves["n"].to_numpy().max() == 1:
        return "One replicate: there is no interval, and none is drawn."
    return "Bands: pointwise 95 % intervals (bootstrap over whole replicates)."


def compute_distribution_curve(cases: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the share at or above each value that occurs: pooled over replicates, with a bootstrap interval over replicates."""
    at = np.unique(cases[column].to_numpy().astype(np.float64))
    if at.size > MAX_CURVE_POINTS:
        at = at[np.unique(np.linspace(0, at.size - 1, MAX_CURVE_POINTS).round().astype(int))]
    groups = [
        np.sort(part[column].to_numpy().astype(np.float64))
        for _, part in cases.group_by("replicate", maintain_order=True)
    ]
    above = np.array(
        [group.size - np.searchsorted(group, at, side="left") for group in groups], dtype=np.float64
    )
    sizes = np.array([group.size for group in groups], dtype=np.float64)
    low, high = compute_bootstrap_band(above, sizes)
    n = len(groups)
    return pl.DataFrame(
        {
            "measure": column,
            "at": at,
            "value": above.sum(axis=0) / sizes.sum(),
            "low": low,
            "high": high,
            "n": pl.Series([n] * at.size),
        }
    )


def compute_bootstrap_band(above: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Return the pointwise bootstrap interval of pooled shares; NaN for one replicate."""
    if len(sizes) == 1:
        nothing = np.full(above.shape[1], np.nan)
        return nothing, nothing
    picks = sample_replicate_weights(len(sizes), 1000)
    shares = (picks @ above) / (picks @ sizes)[:, None]
    limits = np.array([compute_percentile_interval(column) for column in shares.T])
    return limits[:, 0], limits[:, 1]


def choose_ticks(low: float, high: float) -> list[float]:
    """Return places to mark on a logarithmic axis: decades, or finer steps where there are too few of them."""
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):
        found = [
            step * 10.0**decade
            for decade in decades
            for step in steps
            if low <= step * 10.0**decade <= high
        ]
        if len(found) >= 3:
            break
    return found


def draw_distribution_figure(
    curves: pl.DataFrame, columns: Sequence[str], lines: str, labels: Labels, page: Page
) -> Figure:
    """Return a panel per distribution."""
    figure, panels = make_panel_grid(page, len(columns), 2.2)
    levels = curves[lines].unique(maintain_order=True).to_list()
    styles = assign_styles(levels)
    with mpl.rc_context(page.settings):
        for place, (panel, column) in enumerate(zip(panels, columns, strict=True)):
            for level in levels:
                part, style = (
                    curves.filter((pl.col("measure") == column) & (pl.col(lines) == level)),
                    styles[str(level)],
                )
                at, share = part["at"].to_numpy(), part["value"].to_numpy()
                every = max(1, len(at) // 12)
                panel.plot(
                    at,
                    share,
                    color=style.colour,
                    linestyle=style.line,
                    marker=style.marker,
                    markevery=every,
                    label=str(level),
                )
                panel.fill_between(
                    at,
                    np.maximum(part["low"].to_numpy(), share.min() / 3),
                    part["high"].to_numpy(),
                    color=style.colour,
                    alpha=0.18,
                    linewidth=0,
                )
            panel.set(xscale="log", yscale="log", xlabel=format_label(column, labels, 45))
            for axis, limits in ((panel.xaxis, panel.get_xlim()), (panel.yaxis, panel.get_ylim())):
                axis.set_ticks(
                    choose_ticks(*limits), [f"{tick:g}" for tick in choose_ticks(*limits)]
                )
                axis.set_minor_formatter(mpl.ticker.NullFormatter())
            if place % balance_columns(page, len(columns)) == 0:
                panel.set_ylabel("Share of cases at or above")
            if len(columns) > 1:
                add_panel_letter(panel, place)
    if len(levels) > 1:
        add_legend_above(
            figure,
            page,
            *panels[0].get_legend_handles_labels(),
            format_one_line_label(lines, labels),
        )
    return figure
