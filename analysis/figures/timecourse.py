"""Time courses: measures over replicates with bands and marks of events."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.cells import compute_cell_means, format_averaging
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import (
    NO_LABELS,
    Labels,
    format_inline_label,
    format_label,
    format_one_line_label,
    format_per_level,
    join_names,
)
from analysis.figures.lines import ALL_RUNS, add_series_column, format_interval_note
from analysis.figures.maps import sort_levels
from analysis.figures.style import (
    LIGHT_GREY,
    PAGE,
    Page,
    SeriesStyle,
    add_legend_above,
    add_panel_letter,
    assign_styles,
    make_panel_grid,
)
from analysis.names import check_columns, check_several_levels

EVENT_BINS = 12  # of rounds, in which events are counted
EVENTS_NOTE = (
    " Last panel: collaborations that start (filled) and end (open) per round, means over"
    " replicates and bins of rounds."
)


def time_course(
    series: pl.DataFrame,
    measures: Sequence[str],
    by: str | None = None,
    events: pl.DataFrame | None = None,
    factors: Sequence[str] = (),
    labels: Labels = NO_LABELS,
    page: Page = PAGE,
) -> Exhibit:
    """Draw measures against rounds, a line per level of a factor, with marks at their peaks.

    Args:
        series: a row per run and recorded round: ``round``, the measures, ``replicate``, factors.
        measures: columns to average, a panel each.
        by: factor with a line per level; none for a single line.
        events: a row per collaboration: ``started``, ``ended`` (rounds), ``reason``, ``replicate``
            and ``by``; adds a panel with how many start and end per round.
        factors: all factors of the design; the caption names those the figure averages over.
        labels: labels of axes, with units, by column.
        page: width and text size.

    Returns:
        ``Exhibit``; ``data`` has a row per line and round: ``by``, ``round``, ``measure``,
        ``value``, ``low``, ``high`` (95 %, Student, per round) and ``n`` replicates; then the
        numbers of events in bins of rounds.

    Raises:
        AnalysisError: a column is missing, a factor has one level, or a measure does not vary.

    Example:
        >>> from analysis.examples import make_example_series
        >>> exhibit = time_course(make_example_series(), ["synergy"], "imitation.rate")
        >>> print(exhibit.caption)
        Course of synergy, a line per rate. Means; bands: 95 % intervals of the mean (Student),
        n = 4 replicates. Triangles: where the mean is highest.
    """
    check_columns(series, "round", "replicate", *measures)
    if by:
        check_several_levels(series, by)
    table, lines = add_series_column(series, by)
    means = pl.concat(
        [compute_cell_means(table, [lines, "round"], measure) for measure in measures]
    )
    flows = count_event_flows(events, lines, table) if events is not None else None
    figure = draw_course_figure(means, flows, measures, lines, labels, page)
    what = join_names([format_inline_label(measure, labels) for measure in measures])
    caption = (
        f"Course of {what}{format_per_level('line', by, labels)}."
        f" {format_interval_note(means['n'])} Triangles: where the mean is highest."
        f"{'' if flows is None else EVENTS_NOTE}{format_averaging(series, factors, [by or ''])}"
    )
    data = means if flows is None else pl.concat([means, flows], how="diagonal_relaxed")
    return Exhibit("timecourse", figure, caption, data)


def count_event_flows(events: pl.DataFrame, lines: str, series: pl.DataFrame) -> pl.DataFrame:
    """Return mean numbers of collaborations that start and end per round, in bins of rounds."""
    table, _ = add_series_column(events, None if lines == ALL_RUNS else lines)
    check_columns(table, "started", "ended", "reason", "replicate", lines)
    edges = np.unique(np.linspace(-1, series["round"].to_numpy().max(), EVENT_BINS + 1).round())
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


def draw_course_figure(
    means: pl.DataFrame,
    flows: pl.DataFrame | None,
    measures: Sequence[str],
    lines: str,
    labels: Labels,
    page: Page,
) -> Figure:
    """Return a panel per measure and, if there are events, one with their numbers."""
    count = len(measures) + (flows is not None)
    figure, panels = make_panel_grid(page, count, 1.9, at_most=3 if count == 3 else 2)
    levels = sort_levels(means[lines])
    styles = assign_styles(levels)
    with mpl.rc_context(page.settings):
        for panel, measure in zip(panels, measures, strict=False):
            of_measure = means.filter(pl.col("measure") == measure)
            for position, level in enumerate(levels):
                draw_course(
                    panel,
                    of_measure.filter(pl.col(lines) == level).sort("round"),
                    str(level),
                    styles[str(level)],
                    position,
                )
            panel.set_ylabel(format_label(measure, labels))
            if of_measure["value"].to_numpy().min() < 0 < of_measure["value"].to_numpy().max():
                panel.axhline(0, color=LIGHT_GREY, linewidth=0.5, zorder=0)
        if flows is not None:
            draw_flows(panels[-1], flows, lines, levels)
            panels[-1].set_xlim(panels[0].get_xlim())
        for position, panel in enumerate(panels):
            panel.set_xlabel("Round")
            if len(panels) > 1:
                add_panel_letter(panel, position)
    if len(levels) > 1:
        add_legend_above(
            figure,
            page,
            *panels[0].get_legend_handles_labels(),
            format_one_line_label(lines, labels),
        )
    return figure


def draw_course(
    panel: Axes, means: pl.DataFrame, name: str, style: SeriesStyle, position: int
) -> None:
    """Draw one line with its band, few markers, and a triangle at its peak."""
    rounds, centre = means["round"].to_numpy(), means["value"].to_numpy()
    every = max(1, len(rounds) // 6)
    panel.plot(
        rounds,
        centre,
        color=style.colour,
        linestyle=style.line,
        marker=style.marker,
        markevery=(position * every // 8, every),
        label=name,
    )
    panel.fill_between(
        rounds,
        means["low"].to_numpy(),
        means["high"].to_numpy(),
        color=style.colour,
        alpha=0.18,
        linewidth=0,
    )
    top = int(centre.argmax())
    panel.plot(
        rounds[top],
        centre[top],
        marker="v",
        color=style.colour,
        markeredgecolor="black",
        markersize=6,
        linestyle="",
        zorder=5,
    )


def draw_flows(panel: Axes, flows: pl.DataFrame, lines: str, levels: Sequence[object]) -> None:
    """Draw how many collaborations start and end per round."""
    for level, style in zip(levels, assign_styles(levels).values(), strict=True):
        for kind, face in (("started", style.colour), ("ended", "white")):
            part = flows.filter((pl.col(lines) == level) & (pl.col("measure") == kind)).sort(
                "round"
            )
            panel.plot(
                part["round"],
                part["value"],
                color=style.colour,
                marker=style.marker,
                markerfacecolor=face,
                linestyle="",
                markersize=3.6,
            )
    panel.set_ylim(bottom=0.0)
    panel.set_ylabel("Collaborations starting (filled)\nand ending (open), per round")
