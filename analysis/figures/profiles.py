"""Profiles of forms: what each is good and bad at, over several measures, as small multiples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.cells import averaged_text, by_replicate, replicates_text
from analysis.errors import AnalysisError
from analysis.estimates import mean
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import NOTHING, Labels, listed, one_line
from analysis.figures.lines import lower
from analysis.figures.style import FAINT, PAGE, Page, balanced, legend_above, looks, panel_grid
from analysis.names import need, need_levels, need_replicates

SCHEMA = {
    "measure": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
    "difference": pl.Float64,
    "unit": pl.Float64,
}


def profiles(
    runs: pl.DataFrame, by: str, measures: Mapping[str, int], factors: Sequence[str] = (), labels: Labels = NOTHING, page: Page = PAGE
) -> Exhibit:
    """Draw how each level of a factor differs from the mean of all levels, on several measures, a panel per level.

    Differences are taken within replicates and divided by the standard deviation of the measure over levels and replicates,
    so that measures of different units stand on one axis; measures of which less is better are turned round, so that right is better.

    Args:
        runs: a row per run, with ``by``, the measures and ``replicate``.
        by: factor with a panel per level, usually the form.
        measures: columns of ``runs``; 1 where more is better, -1 where less is.
        factors: all factors of the design; over those not drawn the figure averages, and says so.
        labels: names of measures.
        page: what the figure is drawn for.

    Raises:
        AnalysisError: a column is missing, a factor has one level, one replicate, or a measure does not vary.
    """
    need_levels(runs, by)
    need(runs, *measures)
    need_replicates(runs)
    table = pl.concat([standing(runs, by, measure, sign) for measure, sign in measures.items()])
    turned = [lower(short(measure, labels)) for measure, sign in measures.items() if sign < 0]
    caption = (
        f"What each {lower(one_line(by, labels))} is good and bad at: difference from the mean of all, in standard deviations of the measure over "
        f"all levels and replicates; to the right is better{f' (less is better of {listed(turned)}, turned round)' if turned else ''}. Filled: the "
        f"95 % interval (Student, paired within replicates) leaves out 0; {replicates_text(table['n'])}.{averaged_text(runs, factors, [by])}"
    )
    return Exhibit(
        "profiles",
        profile_figure(table, by, {measure: fill(short(measure, labels), page.letters(page.width / 4)) for measure in measures}, page),
        caption,
        table,
    )


def short(measure: str, labels: Labels) -> str:
    """Return a measure without its unit."""
    return one_line(measure, labels).partition(" (")[0]


def standing(runs: pl.DataFrame, by: str, measure: str, sign: int) -> pl.DataFrame:
    """Return per level the paired difference from the mean of all levels, in standard deviations, with its interval."""
    averaged = by_replicate(runs, [by], measure)
    wide = averaged.with_columns(pl.col(by).cast(pl.String)).pivot(on=by, index="replicate", values=measure).sort("replicate").drop("replicate")
    values = wide.to_numpy().astype(np.float64)
    if np.isnan(values).any():
        raise AnalysisError(f"{measure} is missing for some {by} in some replicates; a profile compares them on the same replicates alone")
    unit = float(values.std(ddof=1))
    differences = values - values.mean(axis=1, keepdims=True)
    rows = [
        (name, measure, *mean(sign * differences[:, place] / unit), float(differences[:, place].mean()), unit)
        for place, name in enumerate(wide.columns)
    ]
    return pl.DataFrame(rows, schema={by: pl.String, **SCHEMA}, orient="row")


def profile_figure(table: pl.DataFrame, by: str, measures: Mapping[str, str], page: Page) -> Figure:
    """Return a panel per level with a point per measure, on shared axes."""
    levels = table[by].unique(maintain_order=True).to_list()
    styles = looks(levels)
    columns = balanced(page, len(levels), 4)
    lines = 1 + any("\n" in name for name in measures.values())
    figure, panels = panel_grid(page, len(levels), 0.35 + (0.06 + 0.11 * lines) * len(measures), at_most=4, share="all")
    places = {measure: len(measures) - 1 - place for place, measure in enumerate(measures)}
    with mpl.rc_context(page.settings):
        for position, (panel, level) in enumerate(zip(panels, levels, strict=True)):
            style = styles[level]
            for row in table.filter(pl.col(by) == level).iter_rows(named=True):
                at, sure = places[row["measure"]], row["low"] > 0 or row["high"] < 0
                panel.plot([row["low"], row["high"]], [at, at], color=style.colour, linewidth=1.0)
                panel.plot(row["value"], at, marker="o", color=style.colour, markerfacecolor=style.colour if sure else "white", markersize=4)
            panel.axvline(0, color=FAINT, linewidth=0.7, zorder=0)
            panel.set_yticks(list(places.values()), [measures[measure] for measure in places])
            panel.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5, integer=True))
            panel.set_ylim(-0.6, len(measures) - 0.4)
            panel.set_title(level, loc="left")
            panel.tick_params(labelleft=position % columns == 0, labelbottom=position + columns >= len(levels))
        figure.supxlabel(page.fit("Difference from the mean of all (standard deviations; right is better)"))
    marks = [Line2D([], [], marker="o", color="black", markerfacecolor=face, markersize=4, linewidth=1.0) for face in ("black", "white")]
    legend_above(figure, page, marks, ("interval leaves out 0", "interval holds 0"))
    return figure
