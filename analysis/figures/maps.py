"""Maps over two factors: the mean of a measure (heat map), and the best form (phase diagram)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from analysis.cells import (
    NO_INTERVAL_NOTE,
    compute_cell_means,
    format_averaging,
    format_missing_runs,
    format_replicates,
)
from analysis.errors import AnalysisError
from analysis.estimates import PERCENTILE_RESAMPLES
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import (
    NO_LABELS,
    Labels,
    format_inline_label,
    format_label,
    format_one_line_label,
    format_per_level,
)
from analysis.figures.lines import has_numeric_levels
from analysis.figures.style import (
    PAGE,
    Page,
    add_legend_above,
    add_panel_letter,
    assign_styles,
    make_figure,
    make_panel_grid,
)
from analysis.names import check_numeric_columns, check_several_levels
from analysis.regions import best_by_region
from analysis.tidy import format_level

SURE_PROBABILITY = 0.95  # below this, a region is drawn pale
DARK_LUMINANCE = 0.5  # luminance below which writing on a cell is white
# Even in luminance, the same with colour vision deficiencies (Nunez, Anderton & Renslow 2018).
COLOUR_MAP = "cividis"
MAX_NUMBERED_CELLS = 144  # more have no room for their numbers
TIE_COLOUR = "#bbbbbb"


def heat_map(
    runs: pl.DataFrame,
    x: str,
    y: str,
    measure: str,
    by: str | None = None,
    factors: Sequence[str] = (),
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
) -> Exhibit:
    """Draw the mean of a measure over two factors, a panel per level of a third.

    Args:
        runs: a row per run: factors, the measure and ``replicate``.
        x: factor along the horizontal axis; levels are side by side, numbers by size.
        y: factor along the vertical axis.
        measure: column to average.
        by: factor with a panel per level; none for a single panel.
        factors: all factors of the design; the caption names those the figure averages over.
        labels: labels of axes, with units, by column.
        page: width and text size.

    Returns:
        ``Exhibit``; ``data`` has a row per cell: ``x``, ``y``, ``by``, ``measure``, ``value``,
        ``low``, ``high`` (95 %, Student) and ``n`` replicates.

    Raises:
        AnalysisError: a column is missing, a factor has one level or two axes, or the measure does
            not vary.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs()
        >>> exhibit = heat_map(runs, "imitation.rate", "structure", "joint_value")
        >>> print(exhibit.caption)
        Mean joint value over rate and structure. The 95 % interval (Student) reaches 0.038 to
        either side at most; n = 6 replicates.
    """
    used = [x, y, *([by] if by else [])]
    refuse_repeated_factors(used)
    check_several_levels(runs, *used)
    means = compute_cell_means(runs, used, measure)
    parts = (
        [(str(level), means.filter(pl.col(by) == level)) for level in sort_levels(means[by])]
        if by
        else [("", means)]
    )
    caption = (
        f"Mean {format_inline_label(measure, labels)} over {format_inline_label(x, labels)} and"
        f" {format_inline_label(y, labels)}{format_per_level('panel', by, labels)}."
        f" {format_widest_interval(means)}{format_missing_runs(runs, [measure])}"
        f"{format_averaging(runs, factors, used)}"
    )
    return Exhibit("heatmap", draw_heat_figure(parts, x, y, measure, labels, page), caption, means)


def format_widest_interval(means: pl.DataFrame) -> str:
    """Return the sentence on the widest interval of all cells."""
    half = ((means["high"] - means["low"]) / 2).to_numpy()
    if not np.isfinite(half).any():
        return f"{NO_INTERVAL_NOTE}."
    return (
        f"The 95 % interval (Student) reaches {np.nanmax(half):.2g} to either side at most;"
        f" {format_replicates(means['n'])}."
    )


def draw_heat_figure(
    parts: Sequence[tuple[str, pl.DataFrame]],
    x: str,
    y: str,
    measure: str,
    labels: Labels,
    page: Page,
) -> Figure:
    """Return panels of cells that share one colour scale."""
    tall = max(1.3, 0.75 + 0.24 * parts[0][1][y].n_unique())
    figure, panels = make_panel_grid(page, len(parts), tall)
    values = pl.concat([part["value"] for _, part in parts]).to_numpy()
    scale = mpl.colors.Normalize(float(np.min(values)), float(np.max(values)))
    with mpl.rc_context(page.settings):
        for position, (panel, (title, part)) in enumerate(zip(panels, parts, strict=True)):
            grid, columns, rows = pivot_to_grid(part, x, y, "value")
            panel.pcolormesh(grid, cmap=COLOUR_MAP, norm=scale, edgecolors="white", linewidth=0.5)
            write_numbers(panel, grid, scale, page)
            label_cell_axes(panel, columns, rows)
            panel.set_title(title)
            if title:
                add_panel_letter(panel, position)
        high = page.count_letters(0.75 * figure.get_figheight())
        figure.supxlabel(page.fit(format_one_line_label(x, labels)))
        figure.supylabel(format_label(y, labels, high))
        bar = figure.colorbar(
            mpl.cm.ScalarMappable(scale, COLOUR_MAP), ax=panels, shrink=0.9, aspect=25
        )
        bar.set_label(format_label(measure, labels, high))
        bar.outline.set_visible(False)
    return figure


def write_numbers(panel: Axes, grid: Any, scale: mpl.colors.Normalize, page: Page) -> None:
    """Write the mean in every cell, if there is room."""
    if grid.size > MAX_NUMBERED_CELLS:
        return
    spread = scale.vmax - scale.vmin  # type: ignore[operator]
    digits = int(np.clip(2 - np.floor(np.log10(spread)), 0, 4)) if spread < 100 else 0
    for (row, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            ink = (
                "white"
                if compute_luminance(mpl.colormaps[COLOUR_MAP](scale(value))) < DARK_LUMINANCE
                else "black"
            )
            size = min(page.text - 1.0, 55 * page.width / 7.5 / grid.shape[1])
            panel.text(
                column + 0.5,
                row + 0.5,
                f"{value:.{digits}f}",
                ha="center",
                va="center",
                color=ink,
                fontsize=size,
            )


def phase_diagram(
    runs: pl.DataFrame,
    x: str,
    y: str,
    by: str,
    measure: str,
    factors: Sequence[str] = (),
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
) -> Exhibit:
    """Draw which level of a factor has the highest mean in every cell, with its probability.

    Args:
        runs: a row per run: factors, the measure and ``replicate``.
        x: factor along the horizontal axis; levels are side by side, numbers by size.
        y: factor along the vertical axis.
        by: factor whose levels compete, usually the form.
        measure: column to compare; higher is better.
        factors: all factors of the design; the caption names those the figure averages over.
        labels: labels of axes, with units, by column.
        page: width and text size.

    Returns:
        ``Exhibit``; ``data`` is that of ``analysis.regions.best_by_region``.

    Raises:
        AnalysisError: a column is missing, a factor has one level or two axes, there is one
            replicate, or the measure does not vary.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs(depths=(1.0, 2.0))
        >>> factors = ("imitation.rate", "production.depth", "structure")
        >>> exhibit = phase_diagram(runs, *factors, "joint_value")
        >>> exhibit.data.filter(pl.col("production.depth") == 1.0)["winner"].to_list()
        ['alliance', 'hub', 'hub', 'alliance']
    """
    refuse_repeated_factors([x, y, by])
    check_several_levels(runs, x, y, by)
    check_numeric_columns(runs, measure)
    best = best_by_region(runs, [x, y], by, measure)
    caption = (
        f"The {format_inline_label(by, labels)} with the highest"
        f" {format_inline_label(measure, labels)} over {format_inline_label(x, labels)} and"
        f" {format_inline_label(y, labels)}. Numbers: probability (%) that it is best, from"
        f" {PERCENTILE_RESAMPLES} bootstrap samples of whole replicates with all levels compared on"
        f" the same replicates; pale where it is below {100 * SURE_PROBABILITY:.0f} %;"
        f" {format_replicates(best['n'])}.{format_averaging(runs, factors, [x, y, by])}"
    )
    order = [str(name) for name in runs[by].unique(maintain_order=True)]
    return Exhibit("phase", draw_phase_figure(best, x, y, order, labels, page), caption, best)


def draw_phase_figure(
    best: pl.DataFrame, x: str, y: str, order: Sequence[str], labels: Labels, page: Page
) -> Figure:
    """Return one cell per region, with colour and marker of its winner; ties are grey."""
    columns, rows = sort_levels(best[x]), sort_levels(best[y])
    styles = assign_styles(order)
    figure, grid = make_figure(page, 1, 1, max(1.6, 0.9 + 0.42 * len(rows)))
    panel = grid[0][0]
    with mpl.rc_context(page.settings):
        for region in best.iter_rows(named=True):
            at = columns.index(region[x]), rows.index(region[y])
            style = styles.get(region["winner"])
            paint_region(
                panel,
                at,
                style.colour if style else TIE_COLOUR,
                style.marker if style else "",
                region["probability"],
                page,
            )
        panel.set_xlim(0, len(columns))
        panel.set_ylim(0, len(rows))
        label_cell_axes(panel, columns, rows)
        panel.set_xlabel(page.fit(format_one_line_label(x, labels)))
        panel.set_ylabel(format_label(y, labels, page.count_letters(0.42 * len(rows))))
        winners = [name for name in order if name in best["winner"].to_list()]
        handles = [
            Line2D(
                [],
                [],
                color=styles[name].colour,
                marker=styles[name].marker,
                linestyle="",
                markersize=5,
            )
            for name in winners
        ]
        if best["winner"].str.contains(" = ", literal=True).any():
            winners, handles = (
                [*winners, "equal"],
                [
                    *handles,
                    Line2D([], [], color=TIE_COLOUR, marker="s", linestyle="", markersize=5),
                ],
            )
    add_legend_above(figure, page, handles, winners)
    return figure


def paint_region(
    panel: Axes, at: tuple[int, int], colour: str, marker: str, probability: float, page: Page
) -> None:
    """Paint one region: strongly with a filled marker where its winner is sure, else palely."""
    sure = probability >= SURE_PROBABILITY
    ground = tuple(1 - (0.55 if sure else 0.2) * (1 - part) for part in to_rgb(colour))
    panel.add_patch(Rectangle(at, 1, 1, facecolor=ground, edgecolor="white", linewidth=1.0))
    panel.plot(
        at[0] + 0.4,
        at[1] + 0.5,
        marker=marker or "none",
        color="black",
        markerfacecolor="black" if sure else "white",
        markersize=4.5,
        linestyle="",
    )
    # Rounded down: what reads 95 is not below it.
    percent = ">99" if 0.99 <= probability < 1 else f"{int(100 * probability + 1e-9)}"
    panel.text(at[0] + 0.6, at[1] + 0.5, percent, ha="center", va="center", fontsize=page.text - 1)


def refuse_repeated_factors(names: Sequence[str]) -> None:
    """Refuse a factor on two axes."""
    for name in names:
        if names.count(name) > 1:
            raise AnalysisError(f"{name} is on two axes; name a different factor for each axis")


def sort_levels(levels: pl.Series) -> list[Any]:
    """Return levels: numbers by size, names by appearance."""
    unique = levels.unique(maintain_order=True).to_list()
    return sorted(unique) if has_numeric_levels(dict.fromkeys(unique, 0.0)) else unique


def pivot_to_grid(
    cells: pl.DataFrame, x: str, y: str, value: str
) -> tuple[Any, list[Any], list[Any]]:
    """Return values by level of y and of x, NaN where there is none, and the levels of both."""
    columns, rows = sort_levels(cells[x]), sort_levels(cells[y])
    grid = np.full((len(rows), len(columns)), np.nan)
    for across, up, height in cells.select(x, y, value).iter_rows():
        grid[rows.index(up), columns.index(across)] = height
    return grid, columns, rows


def label_cell_axes(panel: Axes, columns: Sequence[Any], rows: Sequence[Any]) -> None:
    """Write levels below and beside cells."""
    slanted = max(len(str(level)) for level in columns) > 6
    tilt: dict[str, Any] = (
        {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    )
    panel.set_xticks(
        np.arange(len(columns)) + 0.5, [format_level(level) for level in columns], **tilt
    )
    panel.set_yticks(np.arange(len(rows)) + 0.5, [format_level(level) for level in rows])
    panel.tick_params(length=0)
    panel.grid(False)
    panel.spines[:].set_visible(False)


def compute_luminance(colour: Any) -> float:
    """Return the relative luminance of a colour, 0 to 1, as a grey printer makes it.

    These are the weights of Rec. 709 on gamma-encoded values.
    """
    red, green, blue = to_rgb(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
