"""Maps over two factors: the height of a measure (heat map), and which form is best where (phase diagram)."""

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
    compute_cell_means,
    format_averaging,
    format_missing_runs,
    format_replicates,
)
from analysis.errors import AnalysisError
from analysis.estimates import PERCENTILE_RESAMPLES
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import NO_LABELS, Labels, format_label, format_one_line_label
from analysis.figures.lines import has_numeric_levels, lower_first_letter
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
COLOUR_MAP = (  # even in luminance, the same with colour vision deficiencies (Nunez, Anderton & Renslow 2018)
    "cividis"
)
MAX_NUMBERED_CELLS = 144  # of which each still has room for its number


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
    """Draw the mean of a measure over two factors, a panel per level of a third; every cell says its mean.

    Args:
        runs: a row per run, with the factors, the measure and ``replicate``.
        x: factor along the horizontal axis; levels stand side by side, numbers in order.
        y: factor along the vertical axis.
        measure: column that is averaged.
        by: factor with a panel per level.
        factors: all factors of the design; over those not drawn the figure averages, and says so.
        labels: what stands beside axes, with units.
        page: what the figure is drawn for.

    Raises:
        AnalysisError: a column is missing, a factor has one level, or the measure does not vary.
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
    half = ((means["high"] - means["low"]) / 2).to_numpy()
    interval = (
        f"The 95 % interval (Student) reaches {np.nanmax(half):.2g} to either side at most;"
        f" {format_replicates(means['n'])}."
        if np.isfinite(half).any()
        else "One replicate: there is no interval."
    )
    what = (
        f"Mean {lower_first_letter(format_one_line_label(measure, labels))} over"
        f" {lower_first_letter(format_one_line_label(x, labels))} and"
        f" {lower_first_letter(format_one_line_label(y, labels))}"
    )
    panels = f", a panel per {lower_first_letter(format_one_line_label(by, labels))}" if by else ""
    caption = (
        f"{what}{panels}."
        f" {interval}{format_missing_runs(runs, [measure])}{format_averaging(runs, factors, used)}"
    )
    return Exhibit("heatmap", draw_heat_figure(parts, x, y, measure, labels, page), caption, means)


def draw_heat_figure(
    parts: Sequence[tuple[str, pl.DataFrame]],
    x: str,
    y: str,
    measure: str,
    labels: Labels,
    page: Page,
) -> Figure:
    """Return panels of cells that share one scale of colour."""
    tall = max(1.3, 0.75 + 0.24 * parts[0][1][y].n_unique())
    figure, panels = make_panel_grid(page, len(parts), tall)
    lowest, highest = (
        float(pick(part["value"].to_numpy()))
        for pick, part in ((np.min, join_panel_cells(parts)), (np.max, join_panel_cells(parts)))
    )
    scale = mpl.colors.Normalize(lowest, highest)
    with mpl.rc_context(page.settings):
        for position, (panel, (title, part)) in enumerate(zip(panels, parts, strict=True)):
            grid, columns, rows = pivot_to_grid(part, x, y, "value")
            panel.pcolormesh(grid, cmap=COLOUR_MAP, norm=scale, edgecolors="white", linewidth=0.5)
            write_numbers(panel, grid, scale, page)
            label_cell_axes(panel, columns, rows)
            panel.set_title(title)
            if title:
                add_panel_letter(panel, position)
        high = page.letters(0.75 * figure.get_figheight())
        figure.supxlabel(page.fit(format_one_line_label(x, labels)))
        figure.supylabel(format_label(y, labels, high))
        bar = figure.colorbar(
            mpl.cm.ScalarMappable(scale, COLOUR_MAP), ax=panels, shrink=0.9, aspect=25
        )
        bar.set_label(format_label(measure, labels, high))
        bar.outline.set_visible(False)
    return figure


def join_panel_cells(parts: Sequence[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    """Return the cells of all panels."""
    return pl.concat([part for _, part in parts])


def write_numbers(panel: Axes, grid: Any, scale: mpl.colors.Normalize, page: Page) -> None:
    """Write its mean in every cell, if there is room."""
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
    """Draw which level of a factor has the highest mean in every region, with its probability of being best.

    Args:
        runs: a row per run, with the factors, the measure and ``replicate``.
        x: factor along the horizontal axis.
        y: factor along the vertical axis.
        by: factor whose levels compete, usually the form.
        measure: column that is compared; higher is better.
        factors: all factors of the design; over those not drawn the figure averages, and says so.
        labels: what stands beside axes, with units.
        page: what the figure is drawn for.

    Raises:
        AnalysisError: a column is missing, a factor has one level, one replicate, or the measure does not vary.
    """
    refuse_repeated_factors([x, y, by])
    check_several_levels(runs, x, y, by)
    check_numeric_columns(runs, measure)
    best = best_by_region(runs, [x, y], by, measure)
    caption = (
        f"The {lower_first_letter(format_one_line_label(by, labels))} with the highest"
        f" {lower_first_letter(format_one_line_label(measure, labels))} over"
        f" {lower_first_letter(format_one_line_label(x, labels))} and"
        f" {lower_first_letter(format_one_line_label(y, labels))}. Numbers: probability (%) that it"
        f" is best, from {PERCENTILE_RESAMPLES} bootstrap samples of whole replicates with all"
        " levels compared on the same replicates; pale where it is below"
        f" {100 * SURE_PROBABILITY:.0f} %;"
        f" {format_replicates(best['n'])}.{format_averaging(runs, factors, [x, y, by])}"
    )
    order = [str(name) for name in runs[by].unique(maintain_order=True)]
    return Exhibit("phase", draw_phase_figure(best, x, y, order, labels, page), caption, best)


def draw_phase_figure(
    best: pl.DataFrame, x: str, y: str, order: Sequence[str], labels: Labels, page: Page
) -> Figure:
    """Return one cell per region, in the colour and with the marker of its winner; ties are grey."""
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
                style.colour if style else "#bbbbbb",
                style.marker if style else "",
                region["probability"],
                page,
            )
        panel.set_xlim(0, len(columns))
        panel.set_ylim(0, len(rows))
        label_cell_axes(panel, columns, rows)
        panel.set_xlabel(page.fit(format_one_line_label(x, labels)))
        panel.set_ylabel(format_label(y, labels, page.letters(0.42 * len(rows))))
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
                    Line2D([], [], color="#bbbbbb", marker="s", linestyle="", markersize=5),
                ],
            )
    add_legend_above(figure, page, handles, winners)
    return figure


def paint_region(
    panel: Axes, at: tuple[int, int], colour: str, marker: str, probability: float, page: Page
) -> None:
    """Paint one region: strongly and with a filled marker where its winner is sure, palely and with an open one where it is not."""
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
    percent = (
        ">99" if 0.99 <= probability < 1 else f"{int(100 * probability + 1e-9)}"
    )  # rounded down: what reads 95 is not below it
    panel.text(at[0] + 0.6, at[1] + 0.5, percent, ha="center", va="center", fontsize=page.text - 1)


def refuse_repeated_factors(names: Sequence[str]) -> None:
    """Refuse a factor that is asked to stand on two axes."""
    for name in names:
        if names.count(name) > 1:
            raise AnalysisError(f"{name} is asked for twice; give every axis a factor of its own")


def sort_levels(levels: pl.Series) -> list[Any]:
    """Return levels: numbers by size, names as they come."""
    unique = levels.unique(maintain_order=True).to_list()
    return sorted(unique) if has_numeric_levels(dict.fromkeys(unique, 0.0)) else unique


def pivot_to_grid(
    cells: pl.DataFrame, x: str, y: str, value: str
) -> tuple[Any, list[Any], list[Any]]:
    """Return values by level of y and of x, NaN where there is none, and both lists of levels."""
    columns, rows = sort_levels(cells[x]), sort_levels(cells[y])
    grid = np.full((len(rows), len(columns)), np.nan)
    for across, up, found in cells.select(x, y, value).iter_rows():
        grid[rows.index(up), columns.index(across)] = found
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
    """Return the relative luminance of a colour, 0 to 1 (Rec. 709 weights on gamma-encoded values, as a grey printer makes it)."""
    red, green, blue = to_rgb(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
