"""A published figure drawn again: our means with their bands, the published values laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes

from analysis.cells import cell_means
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import Labels, label, one_line
from analysis.figures.lines import ONE, draw_lines, interval_text, numeric, positions
from analysis.figures.style import PAGE, Page, legend_above, letter, looks, panel_grid

Z = 1.96


class Redrawn(NamedTuple):
    """One panel: our runs, the reference (columns ``x``, ``by``, ``value``, ``error``, and ``across``, that of x), and what is drawn against what."""

    runs: pl.DataFrame
    reference: pl.DataFrame
    measure: str
    x: str
    by: str
    title: str
    scale: str = "linear"


def redrawn(name: str, panels: Sequence[Redrawn], labels: Labels, page: Page = PAGE) -> Exhibit:
    """Draw panels side by side; references are hollow squares with bars of 1.96 standard errors."""
    figure, axes = panel_grid(page, len(panels), 2.4, at_most=2)
    tables = []
    with mpl.rc_context(page.settings):
        for position, (axis, panel) in enumerate(zip(axes, panels, strict=True)):
            by = panel.by or ONE
            runs = panel.runs if panel.by else panel.runs.with_columns(pl.lit(ONE).alias(ONE))
            means = cell_means(runs, [by, panel.x], panel.measure)
            draw_lines(axis, means, panel.x, by)
            draw_reference(axis, panel, means)
            if panel.scale != "linear":  # setting it again would take away the names of an axis of names
                axis.set_xscale(panel.scale)
            axis.set_xlabel(one_line(panel.x, labels))
            axis.set_ylabel(label(panel.measure, labels))
            axis.set_title(panel.title)
            if panel.by and len(panels) > 1:
                axis.legend(title=one_line(by, labels), handlelength=3.2)
            if len(panels) > 1:
                letter(axis, position)
            tables.append(means.with_columns(panel=pl.lit(panel.title)))
    if len(panels) == 1 and panels[0].by:
        legend_above(figure, page, *axes[0].get_legend_handles_labels(), one_line(panels[0].by, labels))
    counts = pl.concat([table["n"] for table in tables])
    caption = f"{' '.join(f'{panel.title}.' for panel in panels)} {interval_text(counts)} Hollow squares: reference, with 1.96 standard errors."
    return Exhibit(name, figure, caption, pl.concat(tables, how="diagonal_relaxed"))


def draw_reference(axis: Axes, panel: Redrawn, means: pl.DataFrame) -> None:
    """Lay the reference over the lines."""
    places = positions(means[panel.x].unique(maintain_order=True).to_list())
    names = means[panel.by].unique(maintain_order=True).to_list() if panel.by else [ONE]
    styles = looks(names)
    for position, name in enumerate(names):
        shift = 0.0 if numeric(places) else 0.5 * ((position + 0.5) / len(names) - 0.5)
        found = panel.reference.filter(pl.col(panel.by) == name) if panel.by else panel.reference
        at = [level if numeric(places) else places[level] + shift for level in found[panel.x]]
        bars, across = ((Z * found[name].fill_null(0.0)).to_numpy() for name in ("error", "across"))
        axis.errorbar(
            at, found["value"].to_numpy(), yerr=bars, xerr=across, linestyle="", marker="s", markersize=6.5, markerfacecolor="none",
            markeredgecolor="black", ecolor=styles[str(name)].colour, elinewidth=0.8, zorder=6,
        )  # fmt: skip
