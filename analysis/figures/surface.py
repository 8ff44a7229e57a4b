"""A response surface of two factors: a heat map with contours and the points of the design."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.patheffects import AbstractPathEffect, withStroke

from analysis.estimates import Floats
from analysis.figures.exhibit import Exhibit
from analysis.figures.lines import compute_positions, has_numeric_levels
from analysis.figures.maps import COLOUR_MAP
from analysis.figures.style import PAGE, make_figure


def draw_surface_exhibit(
    name: str,
    surface: pl.DataFrame,
    points: pl.DataFrame,
    measure: str,
    caption: str,
    log: Sequence[str] = (),
) -> Exhibit:
    """Draw a measure against two factors.

    Args:
        name: of the exhibit.
        surface: a row per cell: two factors and ``mean``, complete, as
            ``analysis.sensitivity.surfaces`` returns them.
        points: the points of the design, with columns of both factors.
        measure: meaning of the colour.
        caption: below the figure.
        log: factors on a log scale.
    """
    x, y = surface.columns[:2]
    places = [
        compute_positions(surface[factor].unique(maintain_order=True).to_list())
        for factor in (x, y)
    ]
    means = surface["mean"].to_numpy().reshape(len(places[0]), len(places[1])).T
    across, along = (np.array(list(place.values())) for place in places)
    page = PAGE._replace(width=0.6 * PAGE.width)
    figure, [[panel]] = make_figure(page, 1, 1, 3.2)
    with mpl.rc_context(page.settings):
        panel.grid(False)
        heights = panel.pcolormesh(
            across, along, means, cmap=COLOUR_MAP, shading="nearest", rasterized=True
        )
        smooth = min(means.shape) > 2 and all(has_numeric_levels(place) for place in places)
        if smooth and np.ptp(means) > 0:
            draw_contours(panel, across, along, means)
        at = points.select(x, y).unique(maintain_order=True)
        shown = [
            [place[level] if level in place else float(level) for level in at[factor]]
            for factor, place in zip((x, y), places, strict=True)
        ]
        panel.plot(
            *shown,
            "o",
            color="white",
            markeredgecolor="black",
            markeredgewidth=0.5,
            markersize=2.4,
            linestyle="none",
        )
        for axis, factor, place in (("x", x, places[0]), ("y", y, places[1])):
            label_axis(panel, axis, factor, place, factor in log)
        figure.colorbar(heights, ax=panel, label=measure.replace("_", " "))
    return Exhibit(name, figure, caption, surface)


def draw_contours(panel: Axes, across: Floats, along: Floats, means: Floats) -> None:
    """Draw contour lines with their heights."""
    lines = panel.contour(
        across, along, means, levels=6, colors="white", linewidths=0.7, linestyles="solid"
    )
    # White alone is lost on the bright end.
    outline: list[AbstractPathEffect] = [withStroke(linewidth=1.6, foreground="black")]
    lines.set_path_effects(outline)
    for text in panel.clabel(lines, fontsize=6, fmt="%.3g"):
        text.set_path_effects(outline)


def label_axis(panel: Axes, axis: str, factor: str, places: dict[object, float], log: bool) -> None:
    """Label one axis: names at their places, or numbers on their scale."""
    getattr(panel, f"set_{axis}label")(factor)
    if not has_numeric_levels(places):
        getattr(panel, f"set_{axis}ticks")(list(places.values()), [str(level) for level in places])
    elif log:
        getattr(panel, f"set_{axis}scale")("log")
