"""Distributions with logarithmic axes: sizes, lifetimes, numbers of partners."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure

from analysis.cells import finite, replicates_text
from analysis.errors import AnalysisError
from analysis.estimates import Floats, quantiles, resampled_picks
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import NOTHING, Labels, label, listed, one_line
from analysis.figures.lines import ONE, lower
from analysis.figures.style import PAGE, Page, balanced, legend_above, letter, looks, panel_grid
from analysis.names import need_levels, need_numbers

MOST_STEPS = 400  # values at which a curve is computed; more cannot be told apart in print


def distribution(
    values: pl.DataFrame, columns: Sequence[str], by: str | None = None, labels: Labels = NOTHING, page: Page = PAGE, name: str = "distributions"
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
    need_numbers(values, *columns)
    if by:
        need_levels(values, by)
    lines = by or ONE
    table = values if by else values.with_columns(pl.lit(ONE).alias(ONE))
    table = table if "replicate" in table.columns else table.with_columns(replicate=pl.lit(0))
    parts = []
    for column in columns:
        if (table[column] < 0).any():
            raise AnalysisError(f"{column} has values below 0, which logarithmic axes cannot show; draw another measure")
        positive = finite(table, column).filter(pl.col(column) > 0)
        for (level,), part in positive.group_by(lines, maintain_order=True):
            parts.append(curve(part, column).with_columns(pl.lit(level, table.schema[lines]).alias(lines)))
    curves = pl.concat(parts)
    per = f", a line per {lower(one_line(by, labels))}" if by else ""
    what = listed([lower(one_line(column, labels)) for column in columns])
    counts = listed([f"{int((table[column].fill_null(0) > 0).sum()):,} ({lower(one_line(column, labels).partition(' (')[0])})" for column in columns])
    counted = f"n = {counts} cases above 0, in {replicates_text(curves['n']).removeprefix('n = ')}"
    caption = f"Share of cases at or above a value: {what}; logarithmic axes{per}. {band_text(curves)} {counted}."
    return Exhibit(name, distribution_figure(curves, columns, lines, labels, page), caption, curves)


def band_text(curves: pl.DataFrame) -> str:
    """Return the sentence on intervals."""
    if curves["n"].to_numpy().max() == 1:
        return "One replicate: there is no interval, and none is drawn."
    return "Bands: pointwise 95 % intervals (bootstrap over whole replicates)."


def curve(cases: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the share at or above each value that occurs: pooled over replicates, with a bootstrap interval over replicates."""
    at = np.unique(cases[column].to_numpy().astype(np.float64))
    if at.size > MOST_STEPS:
        at = at[np.unique(np.linspace(0, at.size - 1, MOST_STEPS).round().astype(int))]
    groups = [np.sort(part[column].to_numpy().astype(np.float64)) for _, part in cases.group_by("replicate", maintain_order=True)]
    above = np.array([group.size - np.searchsorted(group, at, side="left") for group in groups], dtype=np.float64)
    sizes = np.array([group.size for group in groups], dtype=np.float64)
    low, high = band(above, sizes)
    n = len(groups)
    return pl.DataFrame(
        {"measure": column, "at": at, "value": above.sum(axis=0) / sizes.sum(), "low": low, "high": high, "n": pl.Series([n] * at.size)}
    )


def band(above: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Return the pointwise bootstrap interval of pooled shares; NaN for one replicate."""
    if len(sizes) == 1:
        nothing = np.full(above.shape[1], np.nan)
        return nothing, nothing
    picks = resampled_picks(len(sizes), 1000)
    shares = (picks @ above) / (picks @ sizes)[:, None]
    limits = np.array([quantiles(column) for column in shares.T])
    return limits[:, 0], limits[:, 1]


def ticks(low: float, high: float) -> list[float]:
    """Return places to mark on a logarithmic axis: decades, or finer steps where there are too few of them."""
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):
        found = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(found) >= 3:
            break
    return found


def distribution_figure(curves: pl.DataFrame, columns: Sequence[str], lines: str, labels: Labels, page: Page) -> Figure:
    """Return a panel per distribution."""
    figure, panels = panel_grid(page, len(columns), 2.2)
    levels = curves[lines].unique(maintain_order=True).to_list()
    styles = looks(levels)
    with mpl.rc_context(page.settings):
        for place, (panel, column) in enumerate(zip(panels, columns, strict=True)):
            for level in levels:
                part, style = curves.filter((pl.col("measure") == column) & (pl.col(lines) == level)), styles[str(level)]
                at, share = part["at"].to_numpy(), part["value"].to_numpy()
                every = max(1, len(at) // 12)
                panel.plot(at, share, color=style.colour, linestyle=style.line, marker=style.marker, markevery=every, label=str(level))
                panel.fill_between(
                    at, np.maximum(part["low"].to_numpy(), share.min() / 3), part["high"].to_numpy(), color=style.colour, alpha=0.18, linewidth=0
                )
            panel.set(xscale="log", yscale="log", xlabel=label(column, labels, 45))
            for axis, limits in ((panel.xaxis, panel.get_xlim()), (panel.yaxis, panel.get_ylim())):
                axis.set_ticks(ticks(*limits), [f"{tick:g}" for tick in ticks(*limits)])
                axis.set_minor_formatter(mpl.ticker.NullFormatter())
            if place % balanced(page, len(columns)) == 0:
                panel.set_ylabel("Share of cases at or above")
            if len(columns) > 1:
                letter(panel, place)
    if len(levels) > 1:
        legend_above(figure, page, *panels[0].get_legend_handles_labels(), one_line(lines, labels))
    return figure
