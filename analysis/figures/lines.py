"""Lines with bands: a measure against a factor, a line per level of another factor; the part all line figures share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.estimates import mean
from analysis.figures.style import SETTINGS, TWO_COLUMNS, look, new_figure


class Panel(NamedTuple):
    """One panel: a row per run, the measure that is drawn, and what stands above and beside it."""

    runs: pl.DataFrame
    measure: str
    label: str
    title: str = ""


def draw_lines(panel: Axes, runs: pl.DataFrame, x: str, series: str, measure: str) -> None:
    """Draw the mean of a measure with its 95 % band against ``x``, a line per level of ``series``; runs without a value are left out."""
    places = positions(runs[x].unique(maintain_order=True).to_list())
    for position, name in enumerate(runs[series].unique(maintain_order=True).to_list()):
        of_series = runs.lazy().filter((pl.col(series) == name) & pl.col(measure).is_finite()).select(x, measure).collect()
        values = {level: mean(part[measure].to_numpy()) for (level,), part in of_series.group_by(x) if len(part) > 1}
        levels = sorted(values, key=lambda level: places[level])
        at, style = [places[level] for level in levels], look(str(name), position)
        centre, low, high = ([values[level][part] for level in levels] for part in range(3))
        line = style.line if numeric(places) else ""
        panel.plot(at, centre, color=style.colour, marker=style.marker, linestyle=line, label=str(name))
        if numeric(places):
            panel.fill_between(at, low, high, color=style.colour, alpha=0.18, linewidth=0)
        else:
            panel.vlines(at, low, high, color=style.colour)
    if not numeric(places):
        panel.set_xticks(list(places.values()), [str(level) for level in places], rotation=45, ha="right")


def numeric(places: dict[Any, float]) -> bool:
    """Tell whether levels are numbers and stand where they belong, rather than side by side."""
    return all(isinstance(level, (int, float)) for level in places)


def positions(levels: Sequence[Any]) -> dict[Any, float]:
    """Return where levels stand on the axis: numbers at their value, names side by side."""
    if all(isinstance(level, (int, float)) for level in levels):
        return {level: float(level) for level in levels}
    return {level: float(place) for place, level in enumerate(levels)}


def lines_figure(panels: Sequence[Panel], x: str, x_label: str, series: str, series_label: str) -> Figure:
    """Return panels side by side that share their legend."""
    if any(panel.runs["replicate"].n_unique() < 2 for panel in panels):
        raise AnalysisError("one replicate gives no interval and is not drawn; run the study with replicates=2 or more")
    figure, axes = new_figure(1, len(panels), TWO_COLUMNS, 2.7)
    with mpl.rc_context(SETTINGS):
        for position, (axis, panel) in enumerate(zip(axes[0], panels, strict=True)):
            draw_lines(axis, panel.runs, x, series, panel.measure)
            axis.set_title(panel.title)
            axis.set_ylabel(panel.label)
            axis.text(0.02, 1.02, "abcdefgh"[position], transform=axis.transAxes, weight="bold", va="bottom")
        figure.supxlabel(x_label, fontsize=7.5)
        handles, names = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, names, title=series_label, loc="outside upper center", ncols=min(8, len(names)), handlelength=2.6)
    return figure


def points_figure(runs: pl.DataFrame, factors: Sequence[str], measures: Sequence[str]) -> Figure:
    """Return measures of a design of one or two factors: the one with more numbers along the axis, the other as lines."""
    varied = [factor for factor in factors if runs[factor].n_unique() > 1]
    if len(varied) not in (1, 2):
        raise AnalysisError(f"lines need one or two factors with several levels; the study has {len(varied)}: {', '.join(varied) or 'none'}")
    varied.sort(key=lambda factor: (not runs[factor].dtype.is_numeric(), -runs[factor].n_unique()))
    x, series = varied[0], varied[1] if len(varied) == 2 else ""
    lines = runs if series else runs.with_columns(pl.lit("").alias(""))
    panels = [Panel(lines, measure, measure.replace("_", " ").capitalize()) for measure in measures]
    return lines_figure(panels, x, x, series, series)
