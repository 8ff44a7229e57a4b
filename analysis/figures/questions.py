"""Exhibits of the questions beyond the nine patterns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib as mpl
import polars as pl
from matplotlib.figure import Figure

from analysis.cells import cell_means, left_out_text
from analysis.figures.exhibit import Exhibit
from analysis.figures.lines import Panel, data_of, draw_lines, interval_text, lower
from analysis.figures.patterns import EACH, JOINT
from analysis.figures.style import LETTERS, PAGE, Page, legend_above, letter, panel_grid
from analysis.names import need_replicates
from analysis.questions import LATE, NEW, OLD

LATER = "Joint value, last quarter\n(per organisation and round)"
HEIGHT = 2.1  # of a panel (inches)
EXPERIENCES = {"none": "none", "practice": "practice", "familiarity": "familiarity", "familiarity and reflection": "+ reflection", "all": "all"}


class Part(NamedTuple):
    """One panel of a figure whose panels differ in what stands along the axis: its column, and its name in a caption."""

    panel: Panel
    x: str
    x_name: str


def parts_exhibit(name: str, parts: Sequence[Part], series: str, series_label: str, page: Page) -> Exhibit:
    """Return panels that share their legend, with their caption and the means behind them, averaged over what a panel does not show."""
    for part in parts:
        need_replicates(part.panel.runs)
    tables = [cell_means(part.panel.runs, [part.x, series], part.panel.measure) for part in parts]
    drawn = [" ".join(part.panel.label.split()) + (f", {part.panel.title}," if part.panel.title else "") for part in parts]
    what = "; ".join(f"{LETTERS[at]}, {lower(text)} against {part.x_name}" for at, (text, part) in enumerate(zip(drawn, parts, strict=True)))
    missing = "".join(dict.fromkeys(left_out_text(part.panel.runs, [part.panel.measure]) for part in parts))
    caption = f"{what[:1].upper()}{what[1:]}; a line per {series_label}. {interval_text(pl.concat([table['n'] for table in tables]))}{missing}"
    return Exhibit(name, parts_figure(parts, tables, series, series_label, page), caption, data_of([part.panel for part in parts], tables))


def parts_figure(parts: Sequence[Part], tables: Sequence[pl.DataFrame], series: str, series_label: str, page: Page) -> Figure:
    """Return panels, each with its own axis, that share their legend."""
    figure, axes = panel_grid(page, len(parts), HEIGHT)
    with mpl.rc_context(page.settings):
        for position, (axis, part, means) in enumerate(zip(axes, parts, tables, strict=True)):
            draw_lines(axis, means, part.x, series)
            axis.set_title(part.panel.title)
            axis.set_xlabel(part.x_name[:1].upper() + part.x_name[1:])
            axis.set_ylabel(part.panel.label)
            letter(axis, position)
    legend_above(figure, page, *axes[0].get_legend_handles_labels(), series_label)
    return figure


def learning_from_experience(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw late joint value and synergy with new and old partners by experience, and what experience brings under losses, per form."""
    runs = runs.with_columns(pl.col("experience").replace(EXPERIENCES))
    usual = runs.filter(pl.col("loss") == "defaults")
    keys = ["replicate", "loss", "structure"]
    full, none = (runs.filter(pl.col("experience") == level) for level in ("all", "none"))
    gains = full.join(none, on=keys, suffix="_none", maintain_order="left").with_columns(gain=pl.col(LATE) - pl.col(f"{LATE}_none"))
    bridged = "Bridged understanding,\nlast quarter (0 to 1)"
    experience, loss = ("experience", "experience"), ("loss", "what takes experience away")
    parts = [
        Part(Panel(usual, LATE, LATER), *experience),
        Part(Panel(usual, NEW, EACH, "new partners"), *experience),
        Part(Panel(usual, OLD, EACH, "old partners"), *experience),
        Part(Panel(gains, "gain", "Gain of all experience in\njoint value, last quarter"), *loss),
        Part(Panel(full, "understanding_bridged_end", bridged, "all experience"), *loss),
        Part(Panel(full, LATE, LATER, "all experience"), *loss),
    ]
    return parts_exhibit("learning_from_experience", parts, "structure", "form", page)


def openness(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw reach, diversity, cost and joint value against the size limit, and joint value by search and by who is copied, per entry."""
    uncopied = runs.filter(pl.col("copied") == "nobody")
    limit = ("structure.max_size", "size limit (organisations)")
    parts = [
        Part(Panel(uncopied, "network_degree", "Different partners\n(in 20 rounds)"), *limit),
        Part(Panel(uncopied, "diversity_within", "Diversity within collaborations\n(root mean square distance)"), *limit),
        Part(Panel(uncopied, "link_cost", "Cost of links\n(per organisation and round)"), *limit),
        Part(Panel(uncopied, "joint_value", JOINT), *limit),
        Part(Panel(uncopied, "joint_value", JOINT), "discovery", "how partners are found"),
        Part(Panel(runs, "joint_value", JOINT), "copied", "who is seen and copied"),
    ]
    return parts_exhibit("openness", parts, "structure.entry", "entry", page)


def network_by_rule(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw late joint value and diversity within collaborations against the strength of copying, per network, a panel per rule."""
    strength = ("imitation.strength", "strength of a copy (share)")
    diversity = "Diversity within, last quarter\n(root mean square distance)"
    parts = [
        Part(Panel(runs.filter(pl.col("imitation.rule") == rule), measure, name, rule), *strength)
        for measure, name in ((LATE, LATER), ("diversity_within_end", diversity))
        for rule in ("success", "conformity", "blind")
    ]
    return parts_exhibit("network_and_imitation_rule", parts, "network", "network", page)
