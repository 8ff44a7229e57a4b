"""Distributions with logarithmic axes: sizes, lifetimes, numbers of partners."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from analysis.cells import NO_INTERVAL_NOTE, format_replicates, select_finite
from analysis.errors import AnalysisError
from analysis.estimates import Floats, compute_percentile_interval, sample_replicate_weights
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import (
    NO_LABELS,
    Labels,
    format_inline_label,
    format_label,
    format_one_line_label,
    format_per_level,
    join_names,
    lower_first_letter,
)
from analysis.figures.lines import add_series_column
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

MAX_CURVE_POINTS = 400  # print does not resolve more values of a curve
BAND_RESAMPLES = 1000


def distribution(
    values: pl.DataFrame,
    columns: Sequence[str],
    by: str | None = None,
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
    name: str = "distributions",
) -> Exhibit:
    """Draw the share of cases at or above each value, on logarithmic axes.

    Args:
        values: a row per case (collaboration, organisation): the columns and, where there are
            several runs, ``replicate``.
        columns: columns to draw, positive, a panel each.
        by: factor with a line per level; none for a single line.
        labels: labels of axes, with units, by column.
        page: width and text size.
        name: of the exhibit.

    Returns:
        ``Exhibit``; ``data`` has a row per value that occurs: ``measure``, ``at`` (the value),
        ``value`` (share of cases at or above it), ``low``, ``high`` (pointwise 95 % bootstrap
        interval over replicates), ``n`` and ``by``.

    Raises:
        AnalysisError: a column is missing or holds values below 0, a factor has one level, or
            nothing varies.

    Example:
        >>> sizes = pl.DataFrame({"size": [2, 2, 3, 5, 2, 4], "replicate": [0, 0, 0, 1, 1, 1]})
        >>> exhibit = distribution(sizes, ["size"])
        >>> exhibit.data.select("at", pl.col("value").round(2)).rows()
        [(2.0, 1.0), (3.0, 0.5), (4.0, 0.33), (5.0, 0.17)]
    """
    check_numeric_columns(values, *columns)
    if by:
        check_several_levels(values, by)
    table, series = add_series_column(values, by)
    table = table if "replicate" in table.columns else table.with_columns(replicate=pl.lit(0))
    curves = pl.concat(
        [
            compute_distribution_curve(part, column).with_columns(
                pl.lit(level, table.schema[series]).alias(series)
            )
            for column in columns
            for (level,), part in select_positive(table, column).group_by(
                series, maintain_order=True
            )
        ]
    )
    what = join_names([format_inline_label(column, labels) for column in columns])
    caption = (
        f"Share of cases at or above a value: {what}; logarithmic"
        f" axes{format_per_level('line', by, labels)}. {format_band_note(curves)}"
        f" {format_case_counts(table, columns, labels)} cases above 0, in"
        f" {format_replicates(curves['n']).removeprefix('n = ')}."
    )
    figure = draw_distribution_figure(curves, columns, series, labels, page)
    return Exhibit(name, figure, caption, curves)


def select_positive(table: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the cases above 0, which logarithmic axes can show; refuse values below 0."""
    if (table[column] < 0).any():
        raise AnalysisError(
            f"{column} has values below 0, which logarithmic axes cannot show; draw another measure"
        )
    return select_finite(table, column).filter(pl.col(column) > 0)


def format_case_counts(table: pl.DataFrame, columns: Sequence[str], labels: Labels) -> str:
    """Return the number of cases above 0 per column, for a caption."""
    counts = [
        f"{int((table[column].fill_null(0) > 0).sum()):,}"
        f" ({lower_first_letter(format_one_line_label(column, labels).partition(' (')[0])})"
        for column in columns
    ]
    return f"n = {join_names(counts)}"


def format_band_note(curves: pl.DataFrame) -> str:
    """Return the sentence on intervals."""
    if curves["n"].to_numpy().max() == 1:
        return f"{NO_INTERVAL_NOTE}, and none is drawn."
    return "Bands: pointwise 95 % intervals (bootstrap over whole replicates)."


def compute_distribution_curve(cases: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the share at or above each value that occurs, pooled over replicates.

    The interval is a bootstrap over replicates.
    """
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
    picks = sample_replicate_weights(len(sizes), BAND_RESAMPLES)
    shares = (picks @ above) / (picks @ sizes)[:, None]
    limits = np.array([compute_percentile_interval(column) for column in shares.T])
    return limits[:, 0], limits[:, 1]


def choose_ticks(low: float, high: float) -> list[float]:
    """Return places to mark on a logarithmic axis: decades, or finer steps where these are few."""
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):
        ticks = [
            step * 10.0**decade
            for decade in decades
            for step in steps
            if low <= step * 10.0**decade <= high
        ]
        if len(ticks) >= 3:
            break
    return ticks


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
