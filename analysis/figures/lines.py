"""Lines with bands: a measure against a factor, a line per level of another factor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.cells import (
    NO_INTERVAL_NOTE,
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
    lower_first_letter,
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
    """One panel: a row per run, the measure it draws, the label of its axis, and its title."""

    runs: pl.DataFrame
    measure: str
    label: str
    title: str = ""


def draw_lines(panel: Axes, means: pl.DataFrame, x: str, series: str) -> None:
    """Draw means with their bands against ``x``, a line per level of ``series``.

    Names are side by side, with bars instead of bands.
    """
    places = compute_positions(means[x].unique(maintain_order=True).to_list())
    names = means[series].unique(maintain_order=True).to_list()
    styles = assign_styles(names)
    for position, name in enumerate(names):
        of_series = means.filter(pl.col(series) == name)
        shift = compute_shift(places, position, len(names))
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
    """Return whether levels are numbers, each at its value, rather than names side by side."""
    return all(isinstance(level, (int, float)) and not isinstance(level, bool) for level in places)


def compute_positions(levels: Sequence[Any]) -> dict[Any, float]:
    """Return the places of levels on the axis: numbers at their value, names side by side."""
    if has_numeric_levels(dict.fromkeys(levels, 0.0)):
        return {level: float(level) for level in levels}
    return {level: float(place) for place, level in enumerate(levels)}


def compute_shift(places: dict[Any, float], position: int, count: int) -> float:
    """Return how far a series is beside the place of a name, of ``count`` series; 0 for numbers."""
    return 0.0 if has_numeric_levels(places) else 0.5 * ((position + 0.5) / count - 0.5)


def add_series_column(runs: pl.DataFrame, by: str | None) -> tuple[pl.DataFrame, str]:
    """Return the runs and the column of their series; without a factor all runs are one series."""
    if by:
        return runs, by
    return runs.with_columns(pl.lit(ALL_RUNS).alias(ALL_RUNS)), ALL_RUNS


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
    """Return the caption: measures, factors, interval, replicates, and what is left out."""
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


def format_interval_note(counts: pl.Series, what: str = "Bands") -> str:
    """Return the sentence on intervals and replicates; one replicate has no interval."""
    if counts.to_numpy().max() == 1:
        return f"{NO_INTERVAL_NOTE}, and none is drawn."
    return (
        f"Means; {what.lower()}: 95 % intervals of the mean (Student), {format_replicates(counts)}."
    )


def collect_panel_data(panels: Sequence[Panel], tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the means of all panels; the title of a panel is a column."""
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
    """Draw measures against a factor, a line per level of another factor.

    Args:
        runs: a row per run: ``x``, ``by``, the measures and ``replicate``.
        x: factor along the axis.
        measures: columns to average, a panel each.
        by: factor with a line per level; none for a single line.
        factors: all factors of the design; the caption names those the figure averages over.
        labels: labels of axes, with units, by column.
        page: width and text size.
        name: of the exhibit.

    Returns:
        ``Exhibit``; ``data`` has a row per point: ``x``, ``by``, ``measure``, ``value``, ``low``,
        ``high`` (95 %, Student) and ``n`` replicates.

    Raises:
        AnalysisError: a column is missing, a factor has one level, or a measure does not vary.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs()
        >>> exhibit = response_lines(runs, "imitation.rate", ["joint_value"], "structure")
        >>> print(exhibit.caption)
        Joint value against rate, a line per Structure. Means; bands: 95 % intervals of the mean
        (Student), n = 6 replicates.
    """
    check_several_levels(runs, *((x, by) if by else (x,)))
    check_columns(runs, *measures, "replicate")
    table, series = add_series_column(runs, by)
    panels = [Panel(table, measure, format_label(measure, labels)) for measure in measures]
    series_label = format_one_line_label(by, labels) if by else ALL_RUNS
    exhibit = draw_lines_exhibit(
        name, panels, x, format_one_line_label(x, labels), series, series_label, page
    )
    averaging = format_averaging(runs, factors, [x, by or ""])
    return exhibit._replace(caption=exhibit.caption + averaging)


def draw_points_exhibit(
    name: str,
    runs: pl.DataFrame,
    factors: Sequence[str],
    measures: Sequence[str],
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
) -> Exhibit:
    """Draw measures of a design of one or two factors: the first along the axis, then as lines.

    ``order_factors`` decides which is first.
    """
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
