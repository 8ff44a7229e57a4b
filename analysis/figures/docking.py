"""A published figure drawn again: our means with their bands under the published values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.cells import compute_cell_means
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import Labels, format_label, format_one_line_label
from analysis.figures.lines import (
    ALL_RUNS,
    add_series_column,
    compute_positions,
    compute_shift,
    draw_lines,
    format_interval_note,
    has_numeric_levels,
)
from analysis.figures.style import (
    HANDLE_LENGTH,
    PAGE,
    Page,
    add_legend_above,
    add_panel_letter,
    assign_styles,
    count_legend_columns,
    make_panel_grid,
)

Z_95 = 1.96
MAX_PANEL_COLUMNS = 2  # panels side by side


class DockingPanel(NamedTuple):
    """One panel.

    Attributes:
        runs: a row per run of ours.
        reference: published values: ``x``, ``by``, ``value``, ``error``, and ``across``, the error
            along x.
        measure: column of ``runs`` to average.
        x: factor along the axis.
        by: factor with a line per level; empty for a single line.
        title: above the panel.
        scale: of the axis.
    """

    runs: pl.DataFrame
    reference: pl.DataFrame
    measure: str
    x: str
    by: str
    title: str
    scale: str = "linear"


class Legend(NamedTuple):
    """The handles, names and title of a legend."""

    handles: Sequence[Any]
    names: Sequence[str]
    title: str

    def is_like(self, other: Legend) -> bool:
        """Return whether it has the same title and names; such series look alike."""
        return bool(self.title) and self[1:] == other[1:]


def draw_docking_exhibit(
    name: str, panels: Sequence[DockingPanel], labels: Labels, page: Page = PAGE
) -> Exhibit:
    """Draw panels side by side; references are hollow squares with bars of 1.96 standard errors."""
    figure, axes = make_panel_grid(page, len(panels), 2.6, MAX_PANEL_COLUMNS)
    tables = []
    with mpl.rc_context(page.settings):
        for axis, panel in zip(axes, panels, strict=True):
            runs, by = add_series_column(panel.runs, panel.by)
            means = compute_cell_means(runs, [by, panel.x], panel.measure)
            draw_lines(axis, means, panel.x, by)
            draw_reference(axis, panel, means)
            # Setting a linear scale again would remove the names of an axis of names.
            if panel.scale != "linear":
                axis.set_xscale(panel.scale)
            axis.set_xlabel(format_one_line_label(panel.x, labels))
            axis.set_ylabel(format_label(panel.measure, labels))
            spread_names(axis, page, len(panels))
            tables.append(means.with_columns(panel=pl.lit(panel.title)))
        above = put_legends(
            figure,
            axes,
            [format_one_line_label(panel.by, labels) if panel.by else "" for panel in panels],
            page,
        )
        for position, (axis, panel) in enumerate(zip(axes, panels, strict=True)):
            axis.set_title(panel.title, pad=above + mpl.rcParams["axes.titlepad"])
            if len(panels) > 1:
                add_panel_letter(axis, position, above)
    counts = pl.concat([table["n"] for table in tables])
    caption = (
        f"{' '.join(f'{panel.title}.' for panel in panels)} {format_interval_note(counts)} Hollow"
        " squares: reference, with 1.96 standard errors."
    )
    return Exhibit(name, figure, caption, pl.concat(tables, how="diagonal_relaxed"))


def spread_names(axis: Axes, page: Page, panels: int) -> None:
    """Give names along an axis equal room, and set them upright if that is enough."""
    # Numbers are not slanted.
    names = [
        format_level_name(tick.get_text()) for tick in axis.get_xticklabels() if tick.get_rotation()
    ]
    if names:
        axis.set_xticks(axis.get_xticks(), names)
        if max(map(len, names)) < page.count_letters(
            page.width / page.count_columns(panels, MAX_PANEL_COLUMNS) / len(names)
        ):
            axis.tick_params("x", rotation=0)
            for tick in axis.get_xticklabels():
                tick.set_horizontalalignment("center")
        axis.set_xlim(-0.5, len(names) - 0.5)


def format_level_name(level: str) -> str:
    """Return the level of a parameter as a reader would write it."""
    return level.replace("_", " ")


def put_legends(figure: Figure, axes: Sequence[Axes], titles: Sequence[str], page: Page) -> float:
    """Put legends where no data are, and return their height (points) between panels and titles.

    One legend is above all panels if it holds for all, else each is between its panel and the
    title. A panel whose legend has no title has no legend.
    """
    shown = [axis.get_legend_handles_labels() for axis in axes]
    legends = [
        Legend(handles, list(map(format_level_name, names)), title)
        for (handles, names), title in zip(shown, titles, strict=True)
    ]
    if len(legends) > 1 and all(legend.is_like(legends[0]) for legend in legends):
        add_legend_above(figure, page, *legends[0])
        return 0.0
    letters = page.count_letters(page.width / page.count_columns(len(axes), MAX_PANEL_COLUMNS))
    placed = [
        axis.legend(
            legend.handles,
            legend.names,
            title=legend.title,
            ncols=count_legend_columns(legend.names, letters),
            handlelength=HANDLE_LENGTH,
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            borderaxespad=0.0,
        )
        for axis, legend in zip(axes, legends, strict=True)
        if legend.title
    ]
    return (
        max((legend.get_window_extent().height for legend in placed), default=0.0)
        * 72.0
        / figure.dpi
    )


def draw_reference(axis: Axes, panel: DockingPanel, means: pl.DataFrame) -> None:
    """Lay the reference over the lines."""
    places = compute_positions(means[panel.x].unique(maintain_order=True).to_list())
    names = means[panel.by].unique(maintain_order=True).to_list() if panel.by else [ALL_RUNS]
    styles = assign_styles(names)
    for position, name in enumerate(names):
        shift = compute_shift(places, position, len(names))
        series = panel.reference.filter(pl.col(panel.by) == name) if panel.by else panel.reference
        at = [
            level if has_numeric_levels(places) else places[level] + shift
            for level in series[panel.x]
        ]
        bars, across = (
            (Z_95 * series[name].fill_null(0.0)).to_numpy() for name in ("error", "across")
        )
        axis.errorbar(
            at,
            series["value"].to_numpy(),
            yerr=bars,
            xerr=across,
            linestyle="",
            marker="s",
            markersize=6.5,
            markerfacecolor="none",
            markeredgecolor="black",
            ecolor=styles[str(name)].colour,
            elinewidth=0.8,
            zorder=6,
        )
