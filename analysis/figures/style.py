"""House style: journal widths, embedded fonts, colours and markers that read without colour, identical bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

MILLIMETRE = 1 / 25.4
ONE_COLUMN, TWO_COLUMNS = 90 * MILLIMETRE, 190 * MILLIMETRE
SETTINGS: Any = {
    "font.family": "DejaVu Sans", "font.size": 7.5, "axes.titlesize": 8, "axes.labelsize": 7.5, "legend.fontsize": 7,
    "xtick.labelsize": 6.5, "ytick.labelsize": 6.5, "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "lines.linewidth": 1.1, "lines.markersize": 3.2, "pdf.fonttype": 42, "svg.fonttype": "none",
    "svg.hashsalt": "overbruggen", "legend.frameon": False, "axes.grid": True, "grid.linewidth": 0.3, "grid.color": "#dddddd",
}  # fmt: skip


class Look(NamedTuple):
    """How one series is drawn."""

    colour: str
    marker: str
    line: str


# Okabe & Ito (2008), distinguishable with colour vision deficiencies; markers and line styles carry the same information.
LOOKS = {
    "alone": Look("#666666", "x", ":"), "alliance": Look("#0072B2", "o", "-"), "network": Look("#009E73", "s", "-"),
    "hub": Look("#D55E00", "^", "-"), "platform": Look("#CC79A7", "D", "--"), "movement": Look("#E69F00", "v", "--"),
    "consortium": Look("#56B4E9", "P", "-."), "merger": Look("#000000", "*", "-."),
}  # fmt: skip


def look(name: str, position: int) -> Look:
    """Return the look of a series; unknown names take turns."""
    return LOOKS.get(name) or list(LOOKS.values())[1 + position % (len(LOOKS) - 1)]


def new_figure(rows: int, columns: int, width: float, height: float, share_y: Literal["none", "row"] = "none") -> tuple[Figure, list[list[Axes]]]:
    """Return a figure with a grid of panels in house style; sizes in inches."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(rows, columns, squeeze=False, sharey=share_y)
    return figure, [list(row) for row in panels]


METADATA: dict[str, Any] = {".pdf": {"CreationDate": None, "Producer": None}, ".png": {"Software": None}}


def save(figure: Figure, path: Path, suffixes: Sequence[str] = (".pdf", ".png")) -> list[Path]:
    """Write a figure as PDF and PNG (300 dpi) without dates, so that identical results give identical bytes."""
    written = []
    with mpl.rc_context(SETTINGS):
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # laid out once, alike in all formats
        for suffix in suffixes:
            target = path.with_suffix(suffix)
            figure.savefig(target, dpi=300, metadata=METADATA[suffix])
            written.append(target)
    return written
