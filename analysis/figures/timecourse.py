"""Time courses: measures over replicates with bands and marks of events."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.cells import averaged_text, cell_means
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import NOTHING, Labels, label, listed, one_line
from analysis.figures.lines import ONE, interval_text, lower
from analysis.figures.maps import in_order
from analysis.figures.style import FAINT, PAGE, Look, Page, legend_above, letter, looks, panel_grid
from analysis.names import need, need_levels

BINS = 12  # of rounds, in which events are counted
STRIP = " Last panel: collaborations that start (filled) and end (open) per round, means over replicates and bins of rounds."


def time_course(
    series: pl.DataFrame, measures: Sequence[str], by: str | None = None, events: pl.DataFrame | None = None, factors: Sequence[str] = (),
    labels: Labels = NOTHING, page: Page = PAGE,
) -> Exhibit:  # fmt: skip
    """Draw measures against rounds over replicates, a line per level of a factor, with marks at their peaks and a strip of events.

    Args:
        series: a row per run and recorded round: ``round``, the measures, ``replicate`` and factors.
        measures: columns of ``series``, a panel each.
        by: factor with a line per level; none for a single line.
        events: a row per collaboration with ``started``, ``ended``, ``reason``, ``replicate`` and ``by``; adds a panel with how many
            start and end per round.
        factors: all factors of the design; over those not drawn the figure averages, and says so.
        labels: what stands beside axes, with units.
        page: what the figure is drawn for.

    Raises:
        AnalysisError: a column is missing, a factor has one level, or a measure does not vary.
    """
    need(series, "round", "replicate", *measures)
    if by:
        need_levels(series, by)
    lines = by or ONE
    table = series if by else series.with_columns(pl.lit(ONE).alias(ONE))
    means = pl.concat([cell_means(table, [lines, "round"], measure) for measure in measures])
    flows = flow_of(events, lines, table) if events is not None else None
    figure = course_figure(means, flows, measures, lines, labels, page)
    what = listed([lower(one_line(measure, labels)) for measure in measures])
    per = f", a line per {lower(one_line(by, labels))}" if by else ""
    strip = "" if flows is None else STRIP
    caption = (
        f"Course of {what}{per}. {interval_text(means['n'])} Triangles: where the mean is highest.{strip}{averaged_text(series, factors, [by or ''])}"
    )
    data = means if flows is None else pl.concat([means, flows], how="diagonal_relaxed")
    return Exhibit("timecourse", figure, caption, data)


def flow_of(events: pl.DataFrame, lines: str, series: pl.DataFrame) -> pl.DataFrame:
    """Return mean numbers of collaborations that start and end per round, in a dozen bins of rounds."""
    table = events if lines != ONE else events.with_columns(pl.lit(ONE).alias(ONE))
    need(table, "started", "ended", "reason", "replicate", lines)
    edges = np.unique(np.linspace(-1, series["round"].to_numpy().max(), BINS + 1).round())
    parts = []
    for kind, ending in (("started", pl.lit(True)), ("ended", pl.col("reason") != "running")):
        chosen = table.filter(ending)
        for (level,), part in chosen.group_by(lines, maintain_order=True):
            replicates = (
                series.filter(pl.col(lines) == level).select("replicate", "run").n_unique()
                if "run" in series.columns
                else series["replicate"].n_unique()
            )
            counts, _ = np.histogram(part[kind].to_numpy(), bins=edges + 0.5)
            values = counts / np.diff(edges) / replicates
            parts.append(
                pl.DataFrame(
                    {
                        lines: pl.Series([level] * len(values), dtype=table.schema[lines]),
                        "round": (edges[1:] + edges[:-1]) / 2,
                        "measure": kind,
                        "value": values,
                    }
                )
            )
    return pl.concat(parts)


def course_figure(means: pl.DataFrame, flows: pl.DataFrame | None, measures: Sequence[str], lines: str, labels: Labels, page: Page) -> Figure:
    """Return a panel per measure and, if there are events, one with their numbers."""
    count = len(measures) + (flows is not None)
    figure, panels = panel_grid(page, count, 1.9, at_most=3 if count == 3 else 2)
    levels = in_order(means[lines])
    styles = looks(levels)
    with mpl.rc_context(page.settings):
        for panel, measure in zip(panels, measures, strict=False):
            of_measure = means.filter(pl.col("measure") == measure)
            for position, level in enumerate(levels):
                draw_course(panel, of_measure.filter(pl.col(lines) == level).sort("round"), str(level), styles[str(level)], position)
            panel.set_ylabel(label(measure, labels))
            if of_measure["value"].to_numpy().min() < 0 < of_measure["value"].to_numpy().max():
                panel.axhline(0, color=FAINT, linewidth=0.5, zorder=0)
        if flows is not None:
            draw_flows(panels[-1], flows, lines, levels)
            panels[-1].set_xlim(panels[0].get_xlim())
        for position, panel in enumerate(panels):
            panel.set_xlabel("Round")
            if len(panels) > 1:
                letter(panel, position)
    if len(levels) > 1:
        legend_above(figure, page, *panels[0].get_legend_handles_labels(), one_line(lines, labels))
    return figure


def draw_course(panel: Axes, means: pl.DataFrame, name: str, style: Look, position: int) -> None:
    """Draw one line with its band, few markers, and a triangle at its peak."""
    rounds, centre = means["round"].to_numpy(), means["value"].to_numpy()
    every = max(1, len(rounds) // 6)
    panel.plot(rounds, centre, color=style.colour, linestyle=style.line, marker=style.marker, markevery=(position * every // 8, every), label=name)
    panel.fill_between(rounds, means["low"].to_numpy(), means["high"].to_numpy(), color=style.colour, alpha=0.18, linewidth=0)
    top = int(centre.argmax())
    panel.plot(rounds[top], centre[top], marker="v", color=style.colour, markeredgecolor="black", markersize=6, linestyle="", zorder=5)


def draw_flows(panel: Axes, flows: pl.DataFrame, lines: str, levels: Sequence[object]) -> None:
    """Draw how many collaborations start and end per round."""
    for level, style in zip(levels, looks(levels).values(), strict=True):
        for kind, face in (("started", style.colour), ("ended", "white")):
            part = flows.filter((pl.col(lines) == level) & (pl.col("measure") == kind)).sort("round")
            panel.plot(part["round"], part["value"], color=style.colour, marker=style.marker, markerfacecolor=face, linestyle="", markersize=3.6)
    panel.set_ylim(bottom=0.0)
    panel.set_ylabel("Collaborations starting (filled)\nand ending (open), per round")
