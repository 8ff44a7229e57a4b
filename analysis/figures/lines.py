"""Lines with bands: a measure against a factor, a line per level of another factor; the part all line figures share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.cells import (
    compute_cell_means,
    format_averaging,
    format_missing_runs,
    format_replicates,
)
from analysis.errors import AnalysisError
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import (
    NO_LABELS,
    Labels,
    format_label,
    format_one_line_label,
    join_names,
)
from analysis.figures.style import (
    PAGE,
    Page,
    add_legend_above,
    add_panel_letter,
    assign_styles,
    make_panel_grid,
)
from analysis.names import check_columns, check_several_levels

ALL_RUNS = "all runs"  # the one line of a figure without a second factor


class Panel(NamedTuple):
    """One panel: a row per run, the measure that is drawn, and what stands above and beside it."""

    runs: pl.DataFrame
    measure: str
    label: str
    title: str = ""


def draw_lines(panel: Axes, means: pl.DataFrame, x: str, series: str) -> None:
    """Draw means with their bands against ``x``, a line per level of ``series``; names stand side by side, with bars instead of bands."""
    places = compute_positions(means[x].unique(maintain_order=True).to_list())
    names = means[series].unique(maintain_order=True).to_list()
    styles = assign_styles(names)
    for position, name in enumerate(names):
        of_series = means.filter(pl.col(series) == name)
        shift = 0.0 if has_numeric_levels(places) else 0.5 * ((position + 0.5) / len(names) - 0.5)
        of_series = of_series.with_columns(
            at=pl.Series([places[level] + shift for level in of_series[x]])
        ).sort("at")
        at, centre, low, high = (
            of_series[column].to_numpy() for column in ("at", "value", "low", "high")
        )
        style = styles[str(name)]
        line = style.line if has_numeric_levels(places) else ""
        panel.plot(
            at, centre, color=style.colour, marker=style.marker, linestyle=line, label=str(name)
        )
        if has_numeric_levels(places):
            panel.fill_between(at, low, high, color=style.colour, alpha=0.18, linewidth=0)
        else:
            panel.vlines(at, low, high, color=style.colour)
    if not has_numeric_levels(places):
        panel.set_xticks(
            list(places.values()),
            [str(level) for level in places],
            rotation=45,
            ha="right",
            rotation_mode="anchor",
        )


def has_numeric_levels(places: dict[Any, float]) -> bool:
    """Tell whether levels are numbers and stand where they belong, rather than side by side."""
    return all(isinstance(level, (int, float)) and not isinstance(level, bool) for level in places)


def compute_positions(levels: Sequence[Any]) -> dict[Any, float]:
    """Return where levels stand on the axis: numbers at their value, names side by side."""
    if has_numeric_levels(dict.fromkeys(levels, 0.0)):
        return {level: float(level) for level in levels}
    return {level: float(place) for place, level in enumerate(levels)}


def draw_lines_exhibit(
    name: str,
    panels: Sequence[Panel],
    x: str,
    x_label: str,
    series: str,
    series_label: str,
    page: Page = PAGE,
) -> Exhibit:
    """Return panels that share their legend, with their caption and the means behind them."""
    tables = [
        compute_cell_means(panel.runs, list(dict.fromkeys((x, series))), panel.measure)
        for panel in panels
    ]
    return Exhibit(
        name,
        draw_lines_figure(panels, tables, x, x_label, series, series_label, page),
        format_lines_caption(panels, tables, x_label, series_label),
        collect_panel_data(panels, tables),
    )


def draw_lines_figure(
    panels: Sequence[Panel],
    tables: Sequence[pl.DataFrame],
    x: str,
    x_label: str,
    series: str,
    series_label: str,
    page: Page,
) -> Figure:
    """Return panels side by side that share their legend."""
    figure, axes = make_panel_grid(page, len(panels), 2.1)
    with mpl.rc_context(page.settings):
        for position, (axis, panel, means) in enumerate(zip(axes, panels, tables, strict=True)):
            draw_lines(axis, means, x, series)
            axis.set_title(panel.title)
            axis.set_ylabel(panel.label)
            if len(panels) > 1:
                add_panel_letter(axis, position)
        figure.supxlabel(page.fit(x_label))
    handles, names = axes[0].get_legend_handles_labels()
    if len(names) > 1:
        add_legend_above(figure, page, handles, names, series_label)
    return figure


def format_lines_caption(
    panels: Sequence[Panel], tables: Sequence[pl.DataFrame], x_label: str, series_label: str
) -> str:
    """Return what is drawn, of how many replicates, with which interval, and what was left out."""
    drawn = [
        " ".join(panel.label.split()) + (f" ({panel.title})" if panel.title else "")
        for panel in panels
    ]
    what = join_names(list(dict.fromkeys(text for text in drawn if text)))
    per = (
        f", a line per {series_label or 'series'}"
        if any(table.width > 6 for table in tables) and series_label != ALL_RUNS
        else ""
    )
    missing = "".join(
        dict.fromkeys(format_missing_runs(panel.runs, [panel.measure]) for panel in panels)
    )
    return (
        f"{what} against {lower_first_letter(' '.join(x_label.split()))}{per}."
        f" {format_interval_note(pl.concat([table['n'] for table in tables]))}{missing}"
    )


def lower_first_letter(words: str) -> str:
    """Return words as they stand within a sentence."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def format_interval_note(counts: pl.Series, what: str = "Bands") -> str:
    """Return the sentence on intervals and replicates; one replicate has no interval, and that is said."""
    if counts.to_numpy().max() == 1:
        return "One replicate: there is no interval, and none is drawn."
    return (
        f"Means; {what.lower()}: 95 % intervals of the mean (Student), {format_replicates(counts)}."
    )


def collect_panel_data(panels: Sequence[Panel], tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the means of all panels; where panels have titles, in a column beside them."""
    titled = [
        table.with_columns(panel=pl.lit(panel.title)) if panel.title else table
        for panel, table in zip(panels, tables, strict=True)
    ]
    return pl.concat(titled, how="diagonal")


def response_lines(
    runs: pl.DataFrame,
    x: str,
    measures: Sequence[str],
    by: str | None = None,
    factors: Sequence[str] = (),
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
    name: str = "lines",
) -> Exhibit:
    """Draw measures against a factor, a line per level of another one.

    Args:
        runs: a row per run, with ``x``, ``by``, the measures and ``replicate``.
        x: factor along the axis.
        measures: columns of ``runs``, a panel each.
        by: factor with a line per level; none for a single line.
        factors: all factors of the design; over those not drawn the figure averages, and says so.
        labels: what stands beside axes, with units.
        page: what the figure is drawn for.
        name: name of the exhibit.

    Raises:
        AnalysisError: a column is missing, a factor has one level, or a measure does not vary.
    """
    check_several_levels(runs, *((x, by) if by else (x,)))
    check_columns(runs, *measures, "replicate")
    lines = runs if by else runs.with_columns(pl.lit(ALL_RUNS).alias(ALL_RUNS))
    panels = [Panel(lines, measure, format_label(measure, labels)) for measure in measures]
    made = draw_lines_exhibit(
        name,
        panels,
        x,
        format_one_line_label(x, labels),
        by or ALL_RUNS,
        format_one_line_label(by, labels) if by else ALL_RUNS,
        page,
    )
    return made._replace(caption=made.caption + format_averaging(runs, factors, [x, by or ""]))


def draw_points_exhibit(
    name: str,
    runs: pl.DataFrame,
    factors: Sequence[str],
    measures: Sequence[str],
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
) -> Exhibit:
    """Draw measures of a design of one or two factors: the one with more numbers along the axis, the other as lines."""
    varied = order_factors(runs, factors)
    if len(varied) not in (1, 2):
        raise AnalysisError(
            f"lines need one or two factors with several levels; the study has {len(varied)}:"
            f" {', '.join(varied) or 'none'}"
        )
    return response_lines(
        runs,
        varied[0],
        measures,
        varied[1] if len(varied) == 2 else None,
        factors,
        labels,
        page,
        name,
    )


def order_factors(runs: pl.DataFrame, factors: Sequence[str]) -> list[str]:
    """Return the factors that vary: numbers before names, more levels before fewer."""
    varied = [factor for factor in factors if runs[factor].n_unique() > 1]
    return sorted(
        varied, key=lambda factor: (not runs[factor].dtype.is_numeric(), -runs[factor].n_unique())
    )
