"""Exhibits of the questions beyond the nine patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib as mpl
import polars as pl
from matplotlib.figure import Figure

from analysis.cells import compute_cell_means, format_missing_runs
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import (
    DIVERSITY_WITHIN_LABEL,
    JOINT_VALUE_LABEL,
    lower_first_letter,
)
from analysis.figures.lines import (
    Panel,
    collect_panel_data,
    draw_lines,
    format_interval_note,
)
from analysis.figures.patterns import MEMBER_SYNERGY_LABEL
from analysis.figures.style import (
    LETTERS,
    PAGE,
    Page,
    add_legend_above,
    add_panel_letter,
    make_panel_grid,
)
from analysis.names import check_several_replicates
from analysis.questions import LATE_JOINT_VALUE, SYNERGY_NEW_PARTNERS, SYNERGY_OLD_PARTNERS

LATE_JOINT_VALUE_LABEL = "Joint value, last quarter\n(per organisation and round)"
PANEL_HEIGHT = 2.1  # of a panel (inches)
EXPERIENCE_LABELS = {
    "none": "none",
    "practice": "practice",
    "familiarity": "familiarity",
    "familiarity and reflection": "+ reflection",
    "all": "all",
}


class AxisPanel(NamedTuple):
    """One panel with its own axis: the column of the axis, and its name in a caption."""

    panel: Panel
    x: str
    x_name: str


def draw_axis_panels_exhibit(
    name: str, parts: Sequence[AxisPanel], series: str, series_label: str, page: Page
) -> Exhibit:
    """Return panels that share their legend, with their caption and the means behind them.

    Means are over all factors that a panel does not show.
    """
    for part in parts:
        check_several_replicates(part.panel.runs)
    tables = [
        compute_cell_means(part.panel.runs, [part.x, series], part.panel.measure) for part in parts
    ]
    drawn = [
        " ".join(part.panel.label.split()) + (f", {part.panel.title}," if part.panel.title else "")
        for part in parts
    ]
    what = "; ".join(
        f"{LETTERS[at]}, {lower_first_letter(text)} against {part.x_name}"
        for at, (text, part) in enumerate(zip(drawn, parts, strict=True))
    )
    missing = "".join(
        dict.fromkeys(format_missing_runs(part.panel.runs, [part.panel.measure]) for part in parts)
    )
    caption = (
        f"{what[:1].upper()}{what[1:]}; a line per {series_label}."
        f" {format_interval_note(pl.concat([table['n'] for table in tables]))}{missing}"
    )
    return Exhibit(
        name,
        draw_axis_panels_figure(parts, tables, series, series_label, page),
        caption,
        collect_panel_data([part.panel for part in parts], tables),
    )


def draw_axis_panels_figure(
    parts: Sequence[AxisPanel],
    tables: Sequence[pl.DataFrame],
    series: str,
    series_label: str,
    page: Page,
) -> Figure:
    """Return panels, each with its own axis, that share their legend."""
    figure, axes = make_panel_grid(page, len(parts), PANEL_HEIGHT)
    with mpl.rc_context(page.settings):
        for position, (axis, part, means) in enumerate(zip(axes, parts, tables, strict=True)):
            draw_lines(axis, means, part.x, series)
            axis.set_title(part.panel.title)
            axis.set_xlabel(part.x_name[:1].upper() + part.x_name[1:])
            axis.set_ylabel(part.panel.label)
            add_panel_letter(axis, position)
    add_legend_above(figure, page, *axes[0].get_legend_handles_labels(), series_label)
    return figure


def draw_learning_from_experience(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw late joint value and synergy by experience, and its gain under losses, per form."""
    runs = runs.with_columns(pl.col("experience").replace(EXPERIENCE_LABELS))
    usual = runs.filter(pl.col("loss") == "defaults")
    keys = ["replicate", "loss", "structure"]
    full, none = (runs.filter(pl.col("experience") == level) for level in ("all", "none"))
    gains = full.join(none, on=keys, suffix="_none", maintain_order="left").with_columns(
        gain=pl.col(LATE_JOINT_VALUE) - pl.col(f"{LATE_JOINT_VALUE}_none")
    )
    bridged = "Bridged understanding,\nlast quarter (0 to 1)"
    experience, loss = ("experience", "experience"), ("loss", "what takes experience away")
    parts = [
        AxisPanel(Panel(usual, LATE_JOINT_VALUE, LATE_JOINT_VALUE_LABEL), *experience),
        AxisPanel(
            Panel(usual, SYNERGY_NEW_PARTNERS, MEMBER_SYNERGY_LABEL, "new partners"), *experience
        ),
        AxisPanel(
            Panel(usual, SYNERGY_OLD_PARTNERS, MEMBER_SYNERGY_LABEL, "old partners"), *experience
        ),
        AxisPanel(
            Panel(gains, "gain", "Gain of all experience in\njoint value, last quarter"), *loss
        ),
        AxisPanel(Panel(full, "understanding_bridged_end", bridged, "all experience"), *loss),
        AxisPanel(Panel(full, LATE_JOINT_VALUE, LATE_JOINT_VALUE_LABEL, "all experience"), *loss),
    ]
    return draw_axis_panels_exhibit("learning_from_experience", parts, "structure", "form", page)


def draw_openness(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw what openness brings and costs, per entry.

    Reach, diversity, cost and joint value are against the size limit; joint value also against the
    way to find partners and against whom members copy.
    """
    uncopied = runs.filter(pl.col("copied") == "nobody")
    limit = ("structure.max_size", "size limit (organisations)")
    parts = [
        AxisPanel(Panel(uncopied, "network_degree", "Different partners\n(in 20 rounds)"), *limit),
        AxisPanel(Panel(uncopied, "diversity_within", DIVERSITY_WITHIN_LABEL), *limit),
        AxisPanel(
            Panel(uncopied, "link_cost", "Cost of links\n(per organisation and round)"), *limit
        ),
        AxisPanel(Panel(uncopied, "joint_value", JOINT_VALUE_LABEL), *limit),
        AxisPanel(
            Panel(uncopied, "joint_value", JOINT_VALUE_LABEL), "discovery", "how partners are found"
        ),
        AxisPanel(
            Panel(runs, "joint_value", JOINT_VALUE_LABEL), "copied", "who is seen and copied"
        ),
    ]
    return draw_axis_panels_exhibit("openness", parts, "structure.entry", "entry", page)


def draw_network_and_imitation_rule(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw late joint value and diversity against the strength of copying, per network and rule."""
    strength = ("imitation.strength", "strength of a copy (share)")
    diversity = "Diversity within, last quarter\n(root mean square distance)"
    parts = [
        AxisPanel(
            Panel(runs.filter(pl.col("imitation.rule") == rule), measure, name, rule), *strength
        )
        for measure, name in (
            (LATE_JOINT_VALUE, LATE_JOINT_VALUE_LABEL),
            ("diversity_within_end", diversity),
        )
        for rule in ("success", "conformity", "blind")
    ]
    return draw_axis_panels_exhibit("network_and_imitation_rule", parts, "network", "network", page)
