"""One exhibit per pattern: the measures of its checks."""

from __future__ import annotations

import numpy as np
import polars as pl

from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import DIVERSITY_WITHIN_LABEL, JOINT_VALUE_LABEL, SYNERGY_LABEL
from analysis.figures.lines import Panel, draw_lines_exhibit
from analysis.figures.style import PAGE, Page

MEMBER_SYNERGY_LABEL = "Synergy\n(per member and round)"
RATE_LABEL = "Imitation rate (per exposed member and round)"
DISTANCE_BINS = 10


def draw_alone_or_together(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw the share of challenges solved and joint value, narrow and broad, per form."""
    panels = [
        Panel(runs, "solved_share", "Settled challenges solved\n(share)"),
        Panel(runs, "joint_value", JOINT_VALUE_LABEL),
    ]
    return draw_lines_exhibit(
        "alone_or_together", panels, "structure", "Form", "challenges", "challenges", page
    )


def draw_distance_and_bridging(events: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw synergy per member against distance, in bins of equal size, per bridging skill."""
    distance = events["mean_distance"].to_numpy()
    edges = np.quantile(distance, np.arange(1, DISTANCE_BINS) / DISTANCE_BINS)
    binned = events.with_columns(
        each=pl.col("synergy") / pl.col("mean_size"), bin=np.searchsorted(edges, distance)
    )
    centres = binned.group_by("bin").agg(distance=pl.col("mean_distance").mean())
    keys = ("replicate", "learning.bridging_start", "distance")
    means = binned.join(centres, on="bin").group_by(keys).agg(pl.col("each").mean()).sort(keys)
    labelled = means.with_columns(pl.col("learning.bridging_start").cast(pl.String))
    panel = Panel(labelled, "each", MEMBER_SYNERGY_LABEL)
    return draw_lines_exhibit(
        "distance_and_bridging",
        [panel],
        "distance",
        "Mean cognitive distance of partners (Euclidean, ten bins)",
        "learning.bridging_start",
        "bridging skill",
        page,
    )


def draw_coordination_and_imitation(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw joint value and diversity against imitation, for teams of six, per topology."""
    teams = runs.filter(pl.col("coordination").str.ends_with("of six"))
    panels = [
        Panel(teams, "joint_value", JOINT_VALUE_LABEL),
        Panel(teams, "diversity_within", DIVERSITY_WITHIN_LABEL),
    ]
    return draw_lines_exhibit(
        "coordination_and_imitation", panels, "imitation.rate", RATE_LABEL, "coordination", "", page
    )


def draw_selective_learning(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw joint value against imitation, per selectivity, a panel per form."""
    forms = runs["structure"].unique(maintain_order=True).to_list()
    panels = [
        Panel(
            runs.filter(pl.col("structure") == form),
            "joint_value",
            JOINT_VALUE_LABEL if form == forms[0] else "",
            form,
        )
        for form in forms
    ]
    return draw_lines_exhibit(
        "selective_learning",
        panels,
        "imitation.rate",
        RATE_LABEL,
        "imitation.selectivity",
        "selectivity",
        page,
    )


def draw_formalisation_and_trust(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw joint value and trust against formalisation, per initial trust."""
    panels = [
        Panel(runs, "joint_value", JOINT_VALUE_LABEL),
        Panel(runs, "trust_within", "Trust within collaborations\n(0 to 1)"),
    ]
    return draw_lines_exhibit(
        "formalisation_and_trust",
        panels,
        "structure.formalisation",
        "Formalisation (0: trust alone, 1: contract alone)",
        "initial_trust",
        "initial trust",
        page,
    )


def draw_size_and_topology(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw joint value and the share of organisations at work against team size, per topology."""
    panels = [
        Panel(runs, "joint_value", JOINT_VALUE_LABEL),
        Panel(runs, "working_share", "Organisations in a collaboration\n(share)"),
    ]
    return draw_lines_exhibit(
        "size_and_topology",
        panels,
        "size",
        "Team size (smallest and largest)",
        "topology",
        "topology",
        page,
    )


def draw_turbulence_and_persistence(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw joint value and synergy against persistence, per turbulence."""
    panels = [Panel(runs, "joint_value", JOINT_VALUE_LABEL), Panel(runs, "synergy", SYNERGY_LABEL)]
    return draw_lines_exhibit(
        "turbulence_and_persistence",
        panels,
        "structure.persistence",
        "Persistence (0: temporary, 1: definitive)",
        "environment.turbulence",
        "turbulence per round",
        page,
    )


def draw_reflection(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw later synergy with new and with old partners against reflection, per form."""
    panels = [
        Panel(runs, f"synergy_{kind}_partners", MEMBER_SYNERGY_LABEL, f"{kind} partners")
        for kind in ("new", "old")
    ]
    return draw_lines_exhibit(
        "reflection",
        panels,
        "learning.reflection",
        "Reflection (chance per collaboration left)",
        "structure",
        "form",
        page,
    )


def draw_imitation_of_leaders(runs: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw early joint value and late synergy against imitation, per form."""
    panels = [
        Panel(runs, "joint_value_early", JOINT_VALUE_LABEL, "first tenth of the rounds"),
        Panel(runs, "synergy_end", SYNERGY_LABEL, "last quarter"),
    ]
    return draw_lines_exhibit(
        "imitation_of_leaders", panels, "imitation.rate", RATE_LABEL, "structure", "form", page
    )
