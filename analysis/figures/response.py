"""Response lines: measures against the rate of imitation, a line per form with bands, a panel per depth."""

from __future__ import annotations

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.comparison import RATE
from analysis.errors import AnalysisError
from analysis.figures.lines import draw_lines
from analysis.figures.style import SETTINGS, TWO_COLUMNS, new_figure

LABELS = {
    "joint_value": "Joint value\n(per organisation and round)",
    "synergy": "Synergy\n(per organisation and round)",
    "diversity_within": "Diversity within collaborations\n(root mean square distance)",
}


def response_figures(runs: pl.DataFrame) -> dict[str, Figure]:
    """Return the main figure (joint value, synergy and diversity by depth), and joint value and diversity alone."""
    if runs["replicate"].n_unique() < 2:
        raise AnalysisError("one replicate gives no interval and is not drawn; run the study with replicates=2 or more")
    return {
        "joint_value_and_synergy": response_figure(runs, ("joint_value", "synergy", "diversity_within")),
        "diversity_within": response_figure(runs, ("diversity_within",)),
    }


def response_figure(runs: pl.DataFrame, measures: tuple[str, ...]) -> Figure:
    """Return a grid of panels: a row per measure, a column per depth."""
    depths = runs["depth"].unique().sort().to_list()
    figure, panels = new_figure(len(measures), len(depths), TWO_COLUMNS, 0.55 + 2.05 * len(measures), share_y="row")
    with mpl.rc_context(SETTINGS):
        for row, measure in enumerate(measures):
            for column, depth in enumerate(depths):
                panel = panels[row][column]
                draw_panel(panel, runs.filter(pl.col("depth") == depth), measure)
                if row == 0:
                    panel.set_title(f"depth {depth:g}")
                if column == 0:
                    panel.set_ylabel(LABELS.get(measure, measure))
                panel.text(0.02, 1.02, "abcdefghijkl"[row * len(depths) + column], transform=panel.transAxes, weight="bold", va="bottom")
        figure.supxlabel("Imitation rate (per exposed member and round; square-root axis)", fontsize=7.5)
        handles, names = panels[0][0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=min(8, len(names)), handlelength=2.6)
    return figure


def draw_panel(panel: Axes, runs: pl.DataFrame, measure: str) -> None:
    """Draw one measure against the rate, a line per form with its 95 % band; the axis is a square root, to show small rates."""
    if measure != "joint_value":
        runs = runs.filter(pl.col("form") != "alone")  # nobody works together: neither synergy nor diversity within
    draw_lines(panel, runs, RATE, "form", measure)
    rates = runs[RATE].unique().sort().to_list()
    panel.set_xscale("function", functions=(_root, _square))
    panel.set_xticks(rates, [f"{rate:g}" for rate in rates])
    panel.set_xlim(0, rates[-1] * 1.03)
    panel.axhline(0, color="#999999", linewidth=0.5, zorder=0)


def _root(x):  # type: ignore[no-untyped-def]
    """Return the square root of what is not negative."""
    return abs(x) ** 0.5


def _square(x):  # type: ignore[no-untyped-def]
    """Return the square."""
    return x**2
