"""Figures of the questions beyond the nine patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib as mpl
import polars as pl
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.figures.lines import draw_lines
from analysis.figures.patterns import EACH, JOINT
from analysis.figures.style import SETTINGS, TWO_COLUMNS, new_figure
from analysis.questions import LATE, NEW, OLD

LATER = "Joint value, last quarter\n(per organisation and round)"
COLUMNS, ROW = 3, 2.5
EXPERIENCES = {"none": "none", "practice": "practice", "familiarity": "familiarity", "familiarity and reflection": "+ reflection", "all": "all"}


class Part(NamedTuple):
    """One panel of a figure whose panels differ in what stands along the axis."""

    runs: pl.DataFrame
    x: str
    x_label: str
    measure: str
    label: str
    title: str = ""


def parts_figure(parts: Sequence[Part], series: str, series_label: str) -> Figure:
    """Return panels in rows of three that share their legend; every measure is first averaged over what its panel does not show."""
    if any(part.runs["replicate"].n_unique() < 2 for part in parts):
        raise AnalysisError("one replicate gives no interval and is not drawn; run the study with replicates=2 or more")
    rows = -(-len(parts) // COLUMNS)
    figure, axes = new_figure(rows, COLUMNS, TWO_COLUMNS, ROW * rows)
    places = [axis for row in axes for axis in row]
    with mpl.rc_context(SETTINGS):
        for position, (axis, part) in enumerate(zip(places, parts, strict=False)):
            shown = part.runs.group_by("replicate", part.x, series, maintain_order=True).agg(pl.col(part.measure).mean())
            draw_lines(axis, shown, part.x, series, part.measure)
            axis.set_title(part.title)
            axis.set_xlabel(part.x_label)
            axis.set_ylabel(part.label)
            axis.text(0.02, 1.02, "abcdefgh"[position], transform=axis.transAxes, weight="bold", va="bottom")
        for axis in places[len(parts) :]:
            axis.set_visible(False)
        handles, names = places[0].get_legend_handles_labels()
        figure.legend(handles, names, title=series_label, loc="outside upper center", ncols=min(8, len(names)), handlelength=2.6)
    return figure


def learning_from_experience(runs: pl.DataFrame) -> Figure:
    """Draw late joint value and synergy with new and old partners by experience, and what experience brings under losses, per form."""
    runs = runs.with_columns(pl.col("experience").replace(EXPERIENCES))
    usual = runs.filter(pl.col("loss") == "defaults")
    keys = ["replicate", "loss", "structure"]
    full, none = (runs.filter(pl.col("experience") == level) for level in ("all", "none"))
    gains = full.join(none, on=keys, suffix="_none", maintain_order="left").with_columns(gain=pl.col(LATE) - pl.col(f"{LATE}_none"))
    bridged = "Bridged understanding,\nlast quarter (0 to 1)"
    parts = [
        Part(usual, "experience", "", LATE, LATER),
        Part(usual, "experience", "", NEW, EACH, "new partners"),
        Part(usual, "experience", "", OLD, EACH, "old partners"),
        Part(gains, "loss", "", "gain", "Gain of all experience in\njoint value, last quarter"),
        Part(full, "loss", "", "understanding_bridged_end", bridged, "all experience"),
        Part(full, "loss", "", LATE, LATER, "all experience"),
    ]
    return parts_figure(parts, "structure", "form")


def openness(runs: pl.DataFrame) -> Figure:
    """Draw reach, diversity, cost and joint value against the size limit, and joint value by search and by who is copied, per entry."""
    uncopied = runs.filter(pl.col("copied") == "nobody")
    limit = ("structure.max_size", "Size limit (organisations)")
    parts = [
        Part(uncopied, *limit, "network_degree", "Different partners\n(in 20 rounds)"),
        Part(uncopied, *limit, "diversity_within", "Diversity within collaborations\n(root mean square distance)"),
        Part(uncopied, *limit, "link_cost", "Cost of links\n(per organisation and round)"),
        Part(uncopied, *limit, "joint_value", JOINT),
        Part(uncopied, "discovery", "How partners are found", "joint_value", JOINT),
        Part(runs, "copied", "Who is seen and copied", "joint_value", JOINT),
    ]
    return parts_figure(parts, "structure.entry", "entry")
