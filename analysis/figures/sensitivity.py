"""Figures of sensitivity: bars of Sobol' indices, the plane of Morris, the tornado."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from analysis.figures.exhibit import Exhibit
from analysis.figures.style import LIGHT_GREY, PAGE, make_figure

DARK_BLUE, LIGHT_BLUE, ORANGE = "#0072B2", "#9ecae9", "#E69F00"
BAR_THICKNESS = 0.36


class BarStyle(NamedTuple):
    """Label, colour and hatch of the bars of one index, and their shift from the factor's row."""

    label: str
    colour: str
    hatch: str
    shift: float


BAR_STYLES = {
    "first": BarStyle("first: alone", DARK_BLUE, "", -BAR_THICKNESS / 2),
    "total": BarStyle("total: with interactions", LIGHT_BLUE, "///", BAR_THICKNESS / 2),
    "noise": BarStyle("pure noise", LIGHT_GREY, "...", 0.0),
}
RESPONSE_INDICES = {"first_response": "first", "total_response": "total"}
NOISE_REMOVED_LABEL = "noise taken out"
ROW_HEIGHT = 0.34  # inches per factor


def draw_bars_exhibit(name: str, bars: pl.DataFrame, measure: str, caption: str) -> Exhibit:
    """Draw shares of variance: first and total index of every factor, and noise by itself.

    Args:
        name: of the exhibit.
        bars: ``name, index, value, low, high`` as ``analysis.sensitivity.tables.make_bars`` returns
            them.
        measure: the measure whose variance is divided.
        caption: below the figure.
    """
    names = bars["name"].unique(maintain_order=True).to_list()
    page = PAGE._replace(width=0.75 * PAGE.width)
    figure, [[panel]] = make_figure(page, 1, 1, 1.0 + ROW_HEIGHT * len(names))
    with mpl.rc_context(page.settings):
        panel.set_axisbelow(True)
        for index in BAR_STYLES:
            draw_bars(panel, bars.filter(pl.col("index") == index), index, names)
        for index in RESPONSE_INDICES:
            draw_diamonds(panel, bars.filter(pl.col("index") == index), index, names)
        noise = [names.index(row) for row in bars.filter(pl.col("index") == "noise")["name"]]
        if noise:
            panel.axhline(min(noise) - 0.5, color="black", linewidth=0.6, linestyle=":")
        panel.axvline(0, color="black", linewidth=0.6)
        panel.set_yticks(range(len(names)), names)
        panel.set_ylim(len(names) - 0.4, -0.6)
        panel.grid(False, axis="y")
        panel.set_xlabel(f"Share of the variance of {measure}")
        legend = dict(zip(*reversed(panel.get_legend_handles_labels()), strict=True))
        shown = [
            label
            for label in (*(bar.label for bar in BAR_STYLES.values()), NOISE_REMOVED_LABEL)
            if label in legend
        ]
        figure.legend(
            [legend[label] for label in shown],
            shown,
            loc="outside upper center",
            ncols=4,
            handlelength=2.2,
        )
    return Exhibit(name, figure, caption, bars)


def draw_bars(panel: Axes, bars: pl.DataFrame, index: str, names: Sequence[str]) -> None:
    """Draw the bars of one index with their intervals."""
    if bars.is_empty():
        return
    style = BAR_STYLES[index]
    at = np.array([names.index(row) for row in bars["name"]]) + style.shift
    panel.barh(
        at,
        bars["value"],
        BAR_THICKNESS,
        color=style.colour,
        hatch=style.hatch,
        edgecolor="#333333",
        linewidth=0.5,
        label=style.label,
    )
    draw_whiskers(panel, bars, at)


def draw_diamonds(panel: Axes, bars: pl.DataFrame, index: str, names: Sequence[str]) -> None:
    """Draw an index of the response alone as diamonds over the bars of its index."""
    at = (
        np.array([names.index(row) for row in bars["name"]])
        + BAR_STYLES[RESPONSE_INDICES[index]].shift
    )
    panel.plot(
        bars["value"],
        at,
        "D",
        color="white",
        markeredgecolor="black",
        markersize=3.4,
        label=NOISE_REMOVED_LABEL if index == "first_response" and len(bars) else "_",
        linestyle="none",
        zorder=4,
    )


def draw_whiskers(panel: Axes, part: pl.DataFrame, at: np.ndarray) -> None:
    """Draw intervals where there are any."""
    finite = part["low"].is_finite().to_numpy()
    panel.hlines(
        at[finite],
        part["low"].to_numpy()[finite],
        part["high"].to_numpy()[finite],
        color="black",
        linewidth=0.9,
        zorder=3,
    )


def draw_plane_exhibit(name: str, effects: pl.DataFrame, measure: str, caption: str) -> Exhibit:
    """Draw Morris' plane: mean size of effects (mu*) against their spread (sigma), with intervals.

    Args:
        name: of the exhibit.
        effects: ``factor, mu_star, sigma`` with intervals and ``mu_star_noise``, as
            ``analysis.sensitivity.indices.elementary_effects`` returns them; a group has no sigma
            and lies on the axis.
        measure: the measure of the effects.
        caption: below the figure.
    """
    page = PAGE._replace(width=0.6 * PAGE.width)
    figure, [[panel]] = make_figure(page, 1, 1, 3.4)
    table = effects.with_columns(pl.col("sigma", "sigma_low", "sigma_high").fill_null(0.0)).sort(
        "mu_star"
    )
    with mpl.rc_context(page.settings):
        x, y = table["mu_star"].to_numpy(), table["sigma"].to_numpy()
        grouped = effects.sort("mu_star")["sigma"].is_null().to_numpy()
        panel.hlines(y, table["mu_star_low"], table["mu_star_high"], color="#555555", linewidth=0.7)
        panel.vlines(x, table["sigma_low"], table["sigma_high"], color="#555555", linewidth=0.7)
        panel.plot(x[~grouped], y[~grouped], "o", color=DARK_BLUE, zorder=3)
        panel.plot(
            x[grouped], y[grouped], "s", color=DARK_BLUE, markerfacecolor="white", clip_on=False
        )
        top = 1.12 * max(
            float(table["mu_star_high"].to_numpy().max()),
            float(table["sigma_high"].to_numpy().max()),
        )
        panel.plot([0, top], [0, top], "--", color=LIGHT_GREY, linewidth=0.8, label="sigma = mu*")
        noise = effects["mu_star_noise"].max()
        if isinstance(noise, float):
            panel.axvspan(
                0,
                noise,
                color="#dddddd",
                linewidth=0,
                label="mu* of noise alone",
                zorder=0,
            )
        panel.set_xlim(0, top)
        panel.set_ylim(0, 1.12 * max(float(table["sigma_high"].to_numpy().max()), 0.05 * top))
        label_points(
            panel,
            table["factor"].to_list(),
            table.select("mu_star_low", "mu_star_high").to_numpy(),
            y,
        )
        panel.set_xlabel(f"mu*: mean size of the effect on {measure}")
        panel.set_ylabel("sigma: spread of the effect")
        figure.legend(loc="outside upper center", ncols=2)
    return Exhibit(name, figure, caption, effects)


def label_points(panel: Axes, names: list[str], ends: np.ndarray, y: np.ndarray) -> None:
    """Write names at the ends of the whiskers along mu* (P, 2), higher where two would overlap.

    A name is on the side with more room.
    """
    (left, right), (bottom, top) = panel.get_xlim(), panel.get_ylim()
    taken: list[tuple[float, float]] = []
    for row in np.argsort(y, kind="stable"):
        rightward = (ends[row, 1] - left) / (right - left) < 0.6
        across = (ends[row, int(rightward)] - left) / (right - left) + (
            0.012 if rightward else -0.012
        )
        height = along = (y[row] - bottom) / (top - bottom)
        while any(
            abs(height - other) < 0.05 and abs(across - place) < 0.45 for place, other in taken
        ):
            height += 0.02
        taken.append((across, height))
        text = panel.annotate(
            names[row],
            (ends[row, int(rightward)], y[row]),
            (across, height),
            textcoords="axes fraction",
            ha="left" if rightward else "right",
            va="center",
            fontsize=6.5,
            arrowprops=(
                {"arrowstyle": "-", "linewidth": 0.4, "color": "#777777"}
                if height > along + 0.03
                else None
            ),
        )
        text.set_path_effects([withStroke(linewidth=2.0, foreground="white")])


def draw_tornado_exhibit(name: str, effects: pl.DataFrame, measure: str, caption: str) -> Exhibit:
    """Draw the effect of every level against its base, factors with the largest swing on top.

    Args:
        name: of the exhibit.
        effects: ``factor, level, base, effect, low, high`` as
            ``analysis.sensitivity.level_effects`` returns them.
        measure: the measure of the effects.
        caption: below the figure.
    """
    factors = effects["factor"].unique(maintain_order=True).to_list()
    page = PAGE._replace(width=0.75 * PAGE.width)
    figure, [[panel]] = make_figure(page, 1, 1, 0.8 + ROW_HEIGHT * len(factors))
    with mpl.rc_context(page.settings):
        panel.set_axisbelow(True)
        for row, factor in enumerate(factors):
            draw_swing(panel, row, effects.filter(pl.col("factor") == factor).sort("effect"))
        panel.axvline(0, color="black", linewidth=0.7)
        bases = dict(zip(effects["factor"], effects["base"], strict=True))
        panel.set_yticks(
            range(len(factors)), [f"{factor}\n(against {bases[factor]})" for factor in factors]
        )
        panel.set_ylim(len(factors) - 0.4, -0.6)
        panel.grid(False, axis="y")
        panel.margins(x=0.16)
        panel.set_xlabel(f"Change of {measure} against the base")
    return Exhibit(name, figure, caption, effects)


def draw_swing(panel: Axes, row: int, levels: pl.DataFrame) -> None:
    """Draw one factor: a bar from its lowest to its highest effect, and every level on it.

    The bar includes the base. Levels have their intervals; the outermost have their names.
    """
    effect = levels["effect"].to_numpy()
    below, above = min(0.0, effect[0]), max(0.0, effect[-1])
    panel.barh(
        row, below, 0.5, color=ORANGE, hatch="///", edgecolor="#333333", linewidth=0.4, alpha=0.75
    )
    panel.barh(row, above, 0.5, color=LIGHT_BLUE, edgecolor="#333333", linewidth=0.4)
    draw_whiskers(panel, levels, np.full(len(levels), float(row)))
    panel.plot(effect, np.full(len(levels), row), "o", color="black", markersize=2.6)
    ends = {0: effect[0] < 0, len(levels) - 1: effect[-1] > 0}
    for place, named in ends.items():
        if named:
            downward = place == 0 and effect[0] < 0
            edge = np.nan_to_num(
                levels["low" if downward else "high"].to_numpy()[place], nan=effect[place]
            )
            shift = (-4, 0) if downward else (4, 0)
            panel.annotate(
                levels["level"][place],
                (edge, row),
                shift,
                textcoords="offset points",
                ha="right" if downward else "left",
                va="center",
                fontsize=6.5,
            )
