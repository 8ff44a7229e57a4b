"""Profiles of forms: strengths and weaknesses over several measures, as small multiples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.cells import (
    CELL_SCHEMA,
    compute_replicate_means,
    format_averaging,
    format_replicates,
)
from analysis.errors import AnalysisError
from analysis.estimates import estimate_mean
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import (
    NO_LABELS,
    Labels,
    format_inline_label,
    format_one_line_label,
    join_names,
    lower_first_letter,
)
from analysis.figures.style import (
    LIGHT_GREY,
    PAGE,
    Page,
    add_legend_above,
    assign_styles,
    balance_columns,
    make_panel_grid,
)
from analysis.names import check_columns, check_several_levels, check_several_replicates

PROFILE_SCHEMA = {**CELL_SCHEMA, "difference": pl.Float64, "unit": pl.Float64}


def profiles(
    runs: pl.DataFrame,
    by: str,
    measures: Mapping[str, int],
    factors: Sequence[str] = (),
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
) -> Exhibit:
    """Draw how each level of a factor differs from the mean of all, a panel per level.

    Differences are within replicates. They are divided by the standard deviation of the measure, so
    that measures of different units share an axis; right is better.

    Args:
        runs: a row per run: ``by``, the measures and ``replicate``.
        by: factor with a panel per level, usually the form.
        measures: columns to compare; 1 where more is better, -1 where less is.
        factors: all factors of the design; the caption names those the figure averages over.
        labels: names of measures, by column.
        page: width and text size.

    Returns:
        ``Exhibit``; ``data`` has a row per level and measure: ``by``, ``measure``, ``value``,
        ``low``, ``high`` (standard deviations; 95 %, Student), ``n``, ``difference`` (units of the
        measure, sign as measured) and ``unit`` (the standard deviation over levels and replicates).

    Raises:
        AnalysisError: a column or a run is missing, the factor has one level, there is one
            replicate, or a measure does not vary.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs()
        >>> exhibit = profiles(runs, "structure", {"joint_value": 1, "search_cost": -1})
        >>> exhibit.data.select("structure", "measure", pl.col("value").round(1)).rows()[:2]
        [('hub', 'joint_value', -0.3), ('alliance', 'joint_value', 0.3)]
    """
    check_several_levels(runs, by)
    check_columns(runs, *measures)
    check_several_replicates(runs)
    table = pl.concat(
        [compute_profile(runs, by, measure, sign) for measure, sign in measures.items()]
    )
    reversed_names = [
        lower_first_letter(drop_unit(measure, labels))
        for measure, sign in measures.items()
        if sign < 0
    ]
    less = (
        f" (less is better for {join_names(reversed_names)}: sign reversed)"
        if reversed_names
        else ""
    )
    caption = (
        f"What each {format_inline_label(by, labels)} is good and bad at: difference from the mean"
        " of all, in standard deviations of the measure over all levels and replicates; to the"
        f" right is better{less}. Filled: the 95 % interval (Student, paired within replicates)"
        f" leaves out 0; {format_replicates(table['n'])}.{format_averaging(runs, factors, [by])}"
    )
    width = page.count_letters(page.width / 4)
    names = {measure: fill(drop_unit(measure, labels), width) for measure in measures}
    return Exhibit("profiles", draw_profile_figure(table, by, names, page), caption, table)


def drop_unit(measure: str, labels: Labels) -> str:
    """Return a measure without its unit."""
    return format_one_line_label(measure, labels).partition(" (")[0]


def compute_profile(runs: pl.DataFrame, by: str, measure: str, sign: int) -> pl.DataFrame:
    """Return per level the paired difference from the mean of all, in standard deviations."""
    averaged = compute_replicate_means(runs, [by], measure)
    wide = (
        averaged.with_columns(pl.col(by).cast(pl.String))
        .pivot(on=by, index="replicate", values=measure)
        .sort("replicate")
        .drop("replicate")
    )
    values = wide.to_numpy().astype(np.float64)
    if np.isnan(values).any():
        raise AnalysisError(
            f"{measure} is missing for some {by} in some replicates; a profile compares them on the"
            " same replicates alone"
        )
    unit = float(values.std(ddof=1))
    differences = values - values.mean(axis=1, keepdims=True)
    rows = [
        (
            name,
            measure,
            *estimate_mean(sign * differences[:, place] / unit),
            float(differences[:, place].mean()),
            unit,
        )
        for place, name in enumerate(wide.columns)
    ]
    return pl.DataFrame(rows, schema={by: pl.String, **PROFILE_SCHEMA}, orient="row")


def draw_profile_figure(
    table: pl.DataFrame, by: str, measures: Mapping[str, str], page: Page
) -> Figure:
    """Return a panel per level with a point per measure, on shared axes."""
    levels = table[by].unique(maintain_order=True).to_list()
    styles = assign_styles(levels)
    columns = balance_columns(page, len(levels), 4)
    lines = 1 + any("\n" in name for name in measures.values())
    figure, panels = make_panel_grid(
        page, len(levels), 0.35 + (0.06 + 0.11 * lines) * len(measures), at_most=4, share="all"
    )
    places = {measure: len(measures) - 1 - place for place, measure in enumerate(measures)}
    with mpl.rc_context(page.settings):
        for position, (panel, level) in enumerate(zip(panels, levels, strict=True)):
            style = styles[level]
            for row in table.filter(pl.col(by) == level).iter_rows(named=True):
                at, sure = places[row["measure"]], row["low"] > 0 or row["high"] < 0
                panel.plot([row["low"], row["high"]], [at, at], color=style.colour, linewidth=1.0)
                panel.plot(
                    row["value"],
                    at,
                    marker="o",
                    color=style.colour,
                    markerfacecolor=style.colour if sure else "white",
                    markersize=4,
                )
            panel.axvline(0, color=LIGHT_GREY, linewidth=0.7, zorder=0)
            panel.set_yticks(list(places.values()), [measures[measure] for measure in places])
            panel.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5, integer=True))
            panel.set_ylim(-0.6, len(measures) - 0.4)
            panel.set_title(level, loc="left")
            panel.tick_params(
                labelleft=position % columns == 0, labelbottom=position + columns >= len(levels)
            )
        figure.supxlabel(
            page.fit("Difference from the mean of all (standard deviations; right is better)")
        )
    marks = [
        Line2D([], [], marker="o", color="black", markerfacecolor=face, markersize=4, linewidth=1.0)
        for face in ("black", "white")
    ]
    add_legend_above(figure, page, marks, ("interval leaves out 0", "interval holds 0"))
    return figure
