"""House style: page sizes, embedded fonts, styles that read without colour, identical bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation

MILLIMETRE = 1 / 25.4
MAX_HEIGHT = 240 * MILLIMETRE  # about the height of a page of text in print
NARROW_WIDTH = 120 * MILLIMETRE  # below this, panels are in one column
GREY, LIGHT_GREY = "#666666", "#999999"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MATPLOTLIB_SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.2,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "overbruggen",
    "legend.frameon": False,
    "axes.grid": True,
    "grid.linewidth": 0.3,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
}
FILE_METADATA: dict[str, Any] = {
    ".pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
}
FIGURE_FORMATS = (".pdf", ".svg", ".png")
DPI = 300
HANDLE_LENGTH = 3.2  # of a line in a legend, in letters: enough to distinguish line styles
HANDLE_LETTERS = 9  # line, marker and space take as much of a legend as nine letters
FRAMES_PER_SECOND, FRAME_DPI = 4, 110


class Page(NamedTuple):
    """The width and text size that a figure is drawn for.

    Attributes:
        width: of the figure (inches).
        text: size of text (pt); ticks are a point smaller, titles half a point larger.

    Example:
        >>> poster = Page(width=12.0, text=14.0)
        >>> poster.count_columns(panels=6)
        3
    """

    width: float = 190 * MILLIMETRE
    text: float = 7.5

    @property
    def settings(self) -> Any:
        """Settings of matplotlib for this page."""
        text = self.text
        sizes = {
            "font.size": text,
            "axes.titlesize": text + 0.5,
            "axes.labelsize": text,
            "legend.fontsize": text - 0.5,
            "legend.title_fontsize": text,
        }
        return (
            MATPLOTLIB_SETTINGS
            | sizes
            | {
                "xtick.labelsize": text - 1,
                "ytick.labelsize": text - 1,
                "figure.labelsize": text,
            }
        )

    @property
    def scale(self) -> float:
        """Height of a panel relative to that at 7.5 pt, so that its text fits."""
        return max(1.0, self.text / 7.5)

    def count_columns(self, panels: int, at_most: int = 3) -> int:
        """Return how many panels fit side by side; half as many on a narrow page."""
        return min(panels, max(1, at_most // 2) if self.width < NARROW_WIDTH else at_most)

    def count_letters(self, inches: float) -> int:
        """Return how many letters of its text fit on a line of this length."""
        return max(8, int(inches * 72 / (self.text * 0.6)))

    def fit(self, words: str) -> str:
        """Return words in lines no longer than the page is wide."""
        return fill(words, self.count_letters(self.width))


PAGE = Page()


class SeriesStyle(NamedTuple):
    """Colour, marker and line style of one series."""

    colour: str
    marker: str
    line: Any


ALONE = "alone"  # grey, the last style that another name takes
# Okabe & Ito (2008), distinguishable with colour vision deficiencies. Markers and line styles carry
# the same information.
SERIES_STYLES = {
    "alone": SeriesStyle("#666666", "x", ":"),
    "alliance": SeriesStyle("#0072B2", "o", "-"),
    "network": SeriesStyle("#009E73", "s", "--"),
    "hub": SeriesStyle("#D55E00", "^", "-."),
    "platform": SeriesStyle("#CC79A7", "D", (0, (6, 1, 1, 1, 1, 1))),
    "movement": SeriesStyle("#E69F00", "v", (0, (3, 1))),
    "consortium": SeriesStyle("#56B4E9", "P", (0, (8, 2))),
    "merger": SeriesStyle("#000000", "*", (0, (8, 1.5, 3, 1.5))),
}


def assign_styles(names: Iterable[object]) -> dict[str, SeriesStyle]:
    """Return a different style for every series.

    Forms keep theirs in all figures; other names take the remaining styles.

    Raises:
        AnalysisError: there are more series than styles that differ without colour.
    """
    wanted = list(dict.fromkeys(str(name) for name in names))
    if len(wanted) > len(SERIES_STYLES):
        raise AnalysisError(
            f"{len(wanted)} series ({', '.join(wanted[:3])}, ...) cannot be distinguished in print;"
            f" draw at most {len(SERIES_STYLES)} at once"
        )
    remaining = [style for name, style in SERIES_STYLES.items() if name not in (*wanted, ALONE)] + [
        SERIES_STYLES[ALONE]
    ]
    return {
        name: SERIES_STYLES[name] if name in SERIES_STYLES else remaining.pop(0) for name in wanted
    }


def merge_rare_groups(groups: pl.Series) -> pl.Series:
    """Return groups; if there are more than styles, the rarest are called "others"."""
    counted = groups.value_counts(sort=False).sort(["count", groups.name], descending=[True, False])
    if len(counted) <= len(SERIES_STYLES):
        return groups
    frequent = counted[groups.name].head(len(SERIES_STYLES) - 1).implode()
    return pl.select(
        pl.when(groups.is_in(frequent)).then(groups).otherwise(pl.lit("others")).alias(groups.name)
    ).to_series()


def make_figure(
    page: Page,
    rows: int,
    columns: int,
    height: float,
    share: Literal["none", "row", "all"] = "none",
) -> tuple[Figure, list[list[Axes]]]:
    """Return a figure with a grid of panels in house style.

    Args:
        page: width and text size.
        rows: of panels.
        columns: of panels.
        height: of the figure at 7.5 pt (inches).
        share: whether panels share no axis, y by row, or both axes.

    Raises:
        AnalysisError: it would be taller than a page.
    """
    if height * page.scale > MAX_HEIGHT:
        raise AnalysisError(
            f"the figure would be {height * page.scale / MILLIMETRE:.0f} mm tall, and a page holds"
            f" {MAX_HEIGHT / MILLIMETRE:.0f}; draw it two columns wide, or fewer measures or levels"
            " at once"
        )
    with mpl.rc_context(page.settings):
        figure = Figure(figsize=(page.width, height * page.scale), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(
            rows, columns, squeeze=False, sharey=share, sharex="all" if share == "all" else "none"
        )
    return figure, [list(row) for row in panels]


def make_panel_grid(
    page: Page, count: int, each: float, at_most: int = 3, share: Literal["none", "all"] = "none"
) -> tuple[Figure, list[Axes]]:
    """Return a figure of ``count`` panels, each ``each`` inches tall, in balanced rows."""
    columns = balance_columns(page, count, at_most)
    rows = -(-count // columns)
    figure, grid = make_figure(page, rows, columns, 0.6 + each * rows, share)
    panels = [panel for row in grid for panel in row]
    for unused in panels[count:]:
        unused.set_visible(False)
    return figure, panels[:count]


def balance_columns(page: Page, count: int, at_most: int = 3) -> int:
    """Return how many of ``count`` panels are side by side in balanced rows: four in two by two."""
    rows = -(-count // page.count_columns(count, at_most))
    return -(-count // rows)


def add_panel_letter(panel: Axes, position: int, above: float = 0.0) -> None:
    """Write a panel's letter above its left corner, ``above`` points higher than usual."""
    panel.annotate(
        LETTERS[position],
        (0.0, 1.03),
        xycoords="axes fraction",
        xytext=(0.0, above),
        textcoords="offset points",
        annotation_clip=False,
        weight="bold",
        va="bottom",
        ha="right",
    )


def add_legend_above(
    figure: Figure, page: Page, handles: Sequence[Any], names: Sequence[str], title: str = ""
) -> None:
    """Put one legend above all panels, in as many columns as fit."""
    with mpl.rc_context(page.settings):
        columns = count_legend_columns(names, page.count_letters(page.width))
        figure.legend(
            handles,
            names,
            title=title or None,
            loc="outside upper center",
            ncols=columns,
            handlelength=HANDLE_LENGTH,
        )


def count_legend_columns(names: Sequence[str], letters: int) -> int:
    """Return the number of columns of a legend where ``letters`` fit on a line."""
    longest = max((len(name) for name in names), default=1) + HANDLE_LETTERS
    rows = -(-len(names) // max(1, letters // longest))
    return -(-len(names) // rows)


def save_figure(
    figure: Figure, path: Path, formats: Sequence[str] = FIGURE_FORMATS, dpi: int = DPI
) -> list[Path]:
    """Write a figure in several formats without dates: the same results give the same bytes."""
    written = []
    with mpl.rc_context(MATPLOTLIB_SETTINGS):
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # laid out once, alike in all formats
        for suffix in formats:
            target = path.with_name(f"{path.name}{suffix}")
            figure.savefig(target, dpi=dpi, metadata=FILE_METADATA[suffix])
            written.append(target)
    return written


def save_animation(film: FuncAnimation, path: Path) -> None:
    """Write an animation as GIF; the same results give the same bytes."""
    from matplotlib.animation import PillowWriter  # rarely needed

    with mpl.rc_context(MATPLOTLIB_SETTINGS):
        film.save(path, writer=PillowWriter(fps=FRAMES_PER_SECOND), dpi=FRAME_DPI)
