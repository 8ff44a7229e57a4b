"""Questions beyond the nine patterns as checks: experience, openness, networks and imitation rules.

Effects are contrasts of points, paired by replicate (common random numbers). `analysis.checks`
defines their intervals.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analysis.checks import (
    Check,
    average_over_points,
    drop_missing,
    pick_weaker_claim,
    select_cell,
)
from analysis.estimates import (
    Floats,
    build_response_matrix,
    compute_simultaneous_level,
    estimate_mean,
)
from analysis.inverted_u import assess_inverted_u

# Of a measure, by what experience there is and what takes it away.
Weights = dict[tuple[str, str, str], float]
LATE_JOINT_VALUE, SYNERGY_NEW_PARTNERS, SYNERGY_OLD_PARTNERS = (
    "joint_value_end",
    "synergy_new_partners",
    "synergy_old_partners",
)
FAMILIARITY_AND_REFLECTION = "familiarity and reflection"
RING, COMPLETE, COMPLETE_AS_MANY_COPIES = "ring", "complete", "complete, as many copies"


class Contrast(NamedTuple):
    """A claim that a weighted sum of points of the design lies above 0."""

    claim: str
    weights: Weights


def make_gain_weights(
    measure: str, more: str, less: str = "none", loss: str = "defaults"
) -> Weights:
    """Return the weights of a measure with more experience minus with less."""
    return {(measure, more, loss): 1.0, (measure, less, loss): -1.0}


def subtract_weights(first: Weights, second: Weights) -> Weights:
    """Return the weights of a difference of two contrasts."""
    return {point: first.get(point, 0.0) - second.get(point, 0.0) for point in {**first, **second}}


EXPERIENCE_CONTRASTS = (
    Contrast(
        "H1 experience pays: late joint value, all minus none",
        make_gain_weights(LATE_JOINT_VALUE, "all"),
    ),
    Contrast(
        "H2 familiarity raises later synergy with old partners",
        make_gain_weights(SYNERGY_OLD_PARTNERS, "familiarity"),
    ),
    Contrast(
        "H3 familiarity helps with old partners more than with new",
        subtract_weights(
            make_gain_weights(SYNERGY_OLD_PARTNERS, "familiarity"),
            make_gain_weights(SYNERGY_NEW_PARTNERS, "familiarity"),
        ),
    ),
    Contrast(
        "H4 reflection on top of familiarity raises later synergy with new partners",
        make_gain_weights(SYNERGY_NEW_PARTNERS, FAMILIARITY_AND_REFLECTION, "familiarity"),
    ),
    Contrast(
        "H5 practice alone raises late joint value", make_gain_weights(LATE_JOINT_VALUE, "practice")
    ),
    Contrast(
        "H6 practice and bridging bring more late joint value together than apart",
        subtract_weights(
            make_gain_weights(LATE_JOINT_VALUE, "all", FAMILIARITY_AND_REFLECTION),
            make_gain_weights(LATE_JOINT_VALUE, "practice"),
        ),
    ),
    Contrast(
        "H7 experience (as H1) pays less under fast forgetting",
        subtract_weights(
            make_gain_weights(LATE_JOINT_VALUE, "all"),
            make_gain_weights(LATE_JOINT_VALUE, "all", loss="fast forgetting"),
        ),
    ),
    Contrast(
        "H8 experience (as H1) pays less under turnover",
        subtract_weights(
            make_gain_weights(LATE_JOINT_VALUE, "all"),
            make_gain_weights(LATE_JOINT_VALUE, "all", loss="turnover"),
        ),
    ),
    Contrast(
        "H9 experience (as H1) pays less under strong identity",
        subtract_weights(
            make_gain_weights(LATE_JOINT_VALUE, "all"),
            make_gain_weights(LATE_JOINT_VALUE, "all", loss="strong identity"),
        ),
    ),
)


def check_learning_from_experience(runs: pl.DataFrame) -> list[Check]:
    """Return what experience brings and what takes it away.

    A check is of the mean over forms; its claim names the forms in which it holds by itself.
    """
    forms = runs["structure"].unique(maintain_order=True).to_list()
    level = compute_simultaneous_level(len(EXPERIENCE_CONTRASTS) * (1 + len(forms)))
    checks = []
    for claim, weights in EXPERIENCE_CONTRASTS:
        by_form = {form: compute_contrast(runs, weights, form) for form in forms}
        over_forms = np.mean(list(by_form.values()), axis=0)
        alone = {
            form: Check("", estimate_mean(drop_missing(values), level)).outcome
            for form, values in by_form.items()
        }
        checks.append(
            Check(
                f"{claim} ({format_forms(alone)})", estimate_mean(drop_missing(over_forms), level)
            )
        )
    return checks


def compute_contrast(runs: pl.DataFrame, weights: Weights, form: str) -> Floats:
    """Return a contrast in one form, by replicate."""
    parts = [
        weight * select_cell(runs, measure, experience=more, loss=loss, structure=form)
        for (measure, more, loss), weight in weights.items()
    ]
    total: Floats = np.sum(parts, axis=0)
    return total


def format_forms(outcomes: dict[str, str]) -> str:
    """Return in which forms a claim holds by itself, and in which the opposite does."""
    holds, opposite = (
        [form for form, outcome in outcomes.items() if outcome == wanted]
        for wanted in ("holds", "the opposite")
    )
    by_itself = f"by itself in {', '.join(holds)}" if holds else "by itself in no form"
    return f"{by_itself}; the opposite in {', '.join(opposite)}" if opposite else by_itself


def check_openness(runs: pl.DataFrame) -> list[Check]:
    """Return what openness brings and costs: of entry, of whom members see, and of search.

    H6, an inverted U, is one claim of two effects.
    """
    claims = {
        **compute_entry_effects(runs),
        **compute_exposure_effects(runs),
        **compute_discovery_effects(runs),
    }
    level = compute_simultaneous_level(len(claims) + 1)
    open_to_all = runs.filter(pl.col("structure.entry") == "open", pl.col("copied") == "nobody")
    by_limit = open_to_all.group_by("replicate", "structure.max_size").agg(
        pl.col("joint_value").mean()
    )
    shape = assess_inverted_u(
        *build_response_matrix(by_limit, "joint_value", "structure.max_size"), level
    )
    best = pick_weaker_claim(
        f"H6 open entry: joint value rises to a best size limit, {shape.top:g}, and falls after it",
        shape.rise,
        shape.fall,
    )
    checks = [Check(claim, estimate_mean(values, level)) for claim, values in claims.items()]
    return [*checks[:5], best, *checks[5:]]


def compute_entry_effects(runs: pl.DataFrame) -> dict[str, Floats]:
    """Return the effects of open entry where nothing is copied."""
    limits = runs["structure.max_size"].unique().sort().to_list()

    def opened(measure: str, **at: Any) -> Floats:
        ways = ("open", "invitation")
        more, less = (
            average_over_points(runs, measure, structure__entry=entry, copied="nobody", **at)
            for entry in ways
        )
        return more - less

    links = {
        limit: opened("link_cost", structure__max_size=limit) for limit in (limits[0], limits[-1])
    }
    return {
        "H1 open entry raises the number of different partners in 20 rounds": opened(
            "network_degree"
        ),
        "H2 open entry raises diversity within collaborations": opened("diversity_within"),
        "H3 open entry raises the cost of links": opened("link_cost"),
        f"H4 it does so more at size limit {limits[-1]} than at {limits[0]}": (
            links[limits[-1]] - links[limits[0]]
        ),
        "H5 open entry raises joint value": opened("joint_value"),
    }


def compute_exposure_effects(runs: pl.DataFrame) -> dict[str, Floats]:
    """Return the effects of whom members see and copy."""

    def value(copied: str, **at: Any) -> Floats:
        return average_over_points(runs, "joint_value", copied=copied, **at)

    def loss(entry: str) -> Floats:
        return value("nobody", structure__entry=entry) - value("partners", structure__entry=entry)

    left = average_over_points(runs, "diversity_end", copied="partners") - average_over_points(
        runs, "diversity_end", copied="everyone"
    )
    return {
        "H7 copying everyone leaves less diversity among organisations than copying partners": left,
        "H8 copying everyone costs more joint value than copying partners": (
            value("partners") - value("everyone")
        ),
        "H9 copying leaders costs more joint value than copying partners": (
            value("partners") - value("leaders")
        ),
        "H10 copying partners costs more joint value with open entry than by invitation": (
            loss("open") - loss("invitation")
        ),
    }


def compute_discovery_effects(runs: pl.DataFrame) -> dict[str, Floats]:
    """Return the effects of ways to find partners, against encounter, where nothing is copied."""

    def more(measure: str, discovery: str) -> Floats:
        return average_over_points(
            runs, measure, discovery=discovery, copied="nobody"
        ) - average_over_points(runs, measure, discovery="encounter", copied="nobody")

    return {
        "H11 a directory raises joint value over encounter": more("joint_value", "directory"),
        "H12 referral gives fewer different partners than encounter": -more(
            "network_degree", "referral"
        ),
        "H13 introduction by the best-connected makes value more unequal than encounter (Gini)": (
            more("gini_value", "convenor")
        ),
    }


def check_network_and_imitation_rule(runs: pl.DataFrame) -> list[Check]:
    """Return which network copying favours by imitation rule, and which is better with all costs.

    Effects are averaged over strengths of copying above 0.
    """
    copied = runs.filter(pl.col("imitation.strength") > 0.0)
    uncopied = runs.filter(pl.col("imitation.strength") == 0.0)

    def late(
        part: pl.DataFrame, network: str, rule: str, measure: str = LATE_JOINT_VALUE
    ) -> Floats:
        return average_over_points(part, measure, network=network, imitation__rule=rule)

    def favours_ring(rule: str, other: str) -> Floats:
        ring, complete = (
            late(copied, network, rule) - late(uncopied, network, rule) for network in (RING, other)
        )
        return ring - complete

    claims = {}
    for first, other in ((1, COMPLETE), (4, COMPLETE_AS_MANY_COPIES)):
        success, conformity = favours_ring("success", other), favours_ring("conformity", other)
        how = " at as many copies" if other == COMPLETE_AS_MANY_COPIES else ""
        claims[
            f"H{first} success: copying brings more in the ring than in the complete network{how}"
        ] = success
        claims[
            f"H{first + 1} conformity: copying brings more in the complete network than in the"
            f" ring{how}"
        ] = -conformity
        claims[
            f"H{first + 2} the advantage of the ring is larger under success than under"
            f" conformity{how}"
        ] = success - conformity
    claims |= {
        "H7 success: the ring is the better network, all counted": (
            late(copied, RING, "success") - late(copied, COMPLETE, "success")
        ),
        "H8 conformity: the complete network is the better one, all counted": (
            late(copied, COMPLETE, "conformity") - late(copied, RING, "conformity")
        ),
        "H9 success: the complete network leaves less diversity within than the ring": (
            late(copied, RING, "success", "diversity_within_end")
            - late(copied, COMPLETE, "success", "diversity_within_end")
        ),
        "H10 blind: copying costs more in the complete network than in the ring": favours_ring(
            "blind", COMPLETE
        ),
    }
    level = compute_simultaneous_level(len(claims))
    return [Check(claim, estimate_mean(values, level)) for claim, values in claims.items()]
