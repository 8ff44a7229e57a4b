"""The nine patterns as checks: what each study must show, as effects against a threshold.

Every function takes the runs of its study (tidy, a row per run; pattern 2 the events) and returns
checks. `analysis.checks` defines their intervals and verdicts.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from analysis.checks import Check, drop_missing_pairs, pick_weaker_claim, select_cell
from analysis.errors import AnalysisError
from analysis.estimates import (
    Estimate,
    Floats,
    build_response_matrix,
    compute_percentile_interval,
    compute_simultaneous_level,
    estimate_mean,
    estimate_paired_difference,
    sample_replicate_weights,
)
from analysis.inverted_u import (
    assess_inverted_u,
    compare_tops,
    find_best_level,
    fit_parabola,
    split_halves,
)

LIGHT_FORMS = ("alliance", "network", "hub", "platform", "movement")
WIDE_FORMS = ("platform", "movement")
OTHER_FORMS = ("alliance", "network", "hub", "consortium")
TEAMS_OF_SIX, COMPLETE_OF_SIX = "of six", "complete of six"


def check_alone_or_together(runs: pl.DataFrame) -> list[Check]:
    """Pattern 1: alone, narrow challenges succeed and broad ones fail.

    Any light form raises joint value on broad ones.
    """
    level = compute_simultaneous_level(2 + len(LIGHT_FORMS))
    narrow = select_cell(runs, "solved_share", challenges="narrow", structure="alone")
    broad = select_cell(runs, "solved_share", challenges="broad", structure="alone")
    alone = select_cell(runs, "joint_value", challenges="broad", structure="alone")
    gains = {
        form: estimate_paired_difference(
            select_cell(runs, "joint_value", challenges="broad", structure=form), alone, level
        )
        for form in LIGHT_FORMS
    }
    return [
        Check(
            "alone, most narrow challenges are solved (share)", estimate_mean(narrow, level), 0.5
        ),
        Check(
            "alone, nine broad challenges in ten are not solved (share)",
            estimate_mean(1.0 - broad, level),
            0.9,
        ),
        *(
            Check(f"{form} raises joint value on broad challenges", gain)
            for form, gain in gains.items()
        ),
    ]


def check_distance_and_bridging(events: pl.DataFrame) -> list[Check]:
    """Pattern 2: synergy per member against mean distance is an inverted U.

    Its top moves right with bridging skill.
    """
    skills = events["learning.bridging_start"].unique().sort().to_list()
    level = compute_simultaneous_level(len(skills) + 1)
    low, high = (float(q) for q in np.quantile(events["mean_distance"].to_numpy(), [0.05, 0.95]))
    checks, tops = [], []
    for skill in skills:
        part = events.filter(pl.col("learning.bridging_start") == skill)
        synergy = (part["synergy"] / part["mean_size"]).to_numpy()
        fit = fit_parabola(
            part["mean_distance"].to_numpy(),
            synergy,
            part["replicate"].to_numpy(),
            (low, high),
            level,
        )
        tops.append(fit.tops)
        claim = (
            f"bridging skill {skill:g}: synergy rises at distance {low:.2f} and falls at {high:.2f}"
            " (slopes)"
        )
        checks.append(pick_weaker_claim(claim, fit.slope_low, -fit.slope_high))
    shift = tops[-1] - tops[0]
    claim = f"the best distance is larger at bridging skill {skills[-1]:g} than at {skills[0]:g}"
    return [
        *checks,
        Check(
            claim,
            Estimate(
                float(shift[0]),
                *compute_percentile_interval(shift[1:], level),
                events["replicate"].n_unique(),
            ),
        ),
    ]


def check_coordination_and_imitation(runs: pl.DataFrame) -> list[Check]:
    """Pattern 3: imitation lowers diversity at every step, and joint value after its top.

    It does so sooner where coordination is denser.
    """
    kinds = runs["coordination"].unique(maintain_order=True).to_list()
    if COMPLETE_OF_SIX not in kinds:
        raise AnalysisError(
            f"the runs have no coordination {COMPLETE_OF_SIX}, with which the others are compared;"
            " run the whole study"
        )
    sparse = [kind for kind in kinds if kind.endswith(TEAMS_OF_SIX) and kind != COMPLETE_OF_SIX]
    level = compute_simultaneous_level(2 * len(kinds) + len(sparse))
    checks, curves = [], {}
    for kind in kinds:
        of_kind = runs.filter(pl.col("coordination") == kind)
        rates, diversity = build_response_matrix(of_kind, "diversity_within", "imitation.rate")
        if rates.size < 2:
            raise AnalysisError(
                f"{kind} has one rate of imitation; steps of the rate need two or more"
            )
        steps = [
            estimate_paired_difference(diversity[:, step], diversity[:, step + 1], level)
            for step in range(rates.size - 1)
        ]
        checks.append(
            Check(
                f"{kind}: diversity within falls at every step of the rate (smallest fall)",
                min(steps, key=lambda step: step.low),
            )
        )
        curves[kind] = build_response_matrix(of_kind, "joint_value", "imitation.rate")
        picking, testing = split_halves(curves[kind][1])
        top = find_best_level(picking, 0, rates.size - 2)
        fall = estimate_paired_difference(testing[:, top], testing[:, -1], level)
        checks.append(
            Check(
                f"{kind}: joint value falls from its top, at rate {rates[top]:g}, to rate"
                f" {rates[-1]:g}",
                fall,
            )
        )
    rates, dense = curves[COMPLETE_OF_SIX]
    later = {kind: compare_half_loss_rates(rates, curves[kind][1], dense, level) for kind in sparse}
    return checks + [
        Check(
            f"{kind} has lost half of what it loses by rate {rates[-1]:g} at a higher rate than"
            f" {COMPLETE_OF_SIX}",
            gap,
        )
        for kind, gap in later.items()
    ]


def compare_half_loss_rates(rates: Floats, sparse: Floats, dense: Floats, level: float) -> Estimate:
    """Return how much higher the half-loss rate of one set of curves (R, L) is than of another.

    The interval is a bootstrap over replicates.
    """
    weights = np.vstack(
        [np.full(len(dense), 1.0 / len(dense)), sample_replicate_weights(len(dense))]
    )
    apart = find_half_loss_rates(rates, weights @ sparse) - find_half_loss_rates(
        rates, weights @ dense
    )
    return Estimate(float(apart[0]), *compute_percentile_interval(apart[1:], level), len(dense))


def find_half_loss_rates(rates: Floats, curves: Floats) -> Floats:
    """Return per curve (C, L) the first rate, interpolated, at which half of its loss is reached.

    Its loss is that from the first rate to the last.
    """
    half = (curves[:, :1] + curves[:, -1:]) / 2.0
    half_loss_rates = np.empty(len(curves))
    for c, line in enumerate(curves - half):
        step = int(np.flatnonzero(line <= 0.0)[0]) if (line <= 0.0).any() else rates.size - 1
        before = max(0, step - 1)
        drop = line[before] - line[step]
        half_loss_rates[c] = rates[before] + (rates[step] - rates[before]) * (
            line[before] / drop if drop > 0.0 else 0.0
        )
    return half_loss_rates


def check_selective_learning(runs: pl.DataFrame) -> list[Check]:
    """Pattern 4: selective learning beats blind following at the same rate."""
    rates = runs["imitation.rate"].unique().sort().to_list()
    level = compute_simultaneous_level(len(LIGHT_FORMS) * len(rates))

    def gain(form: str, rate: float) -> Estimate:
        at = {"structure": form, "imitation__rate": rate}
        return estimate_paired_difference(
            select_cell(runs, "joint_value", imitation__selectivity=1.0, **at),
            select_cell(runs, "joint_value", imitation__selectivity=0.0, **at),
            level,
        )

    return [
        Check(f"{form}, rate {rate:g}: selective minus blind, joint value", gain(form, rate))
        for form in LIGHT_FORMS
        for rate in rates
    ]


def check_formalisation_and_trust(runs: pl.DataFrame) -> list[Check]:
    """Pattern 5: joint value against formalisation is an inverted U.

    Its top moves left as trust grows; a contract brings more where trust is low.
    """
    trusts = runs["initial_trust"].unique(maintain_order=True).to_list()
    level = compute_simultaneous_level(len(trusts) + 2)
    curves = {
        trust: build_response_matrix(
            runs.filter(pl.col("initial_trust") == trust), "joint_value", "structure.formalisation"
        )
        for trust in trusts
    }
    checks = []
    for trust, (levels, values) in curves.items():
        shape = assess_inverted_u(levels, values, level)
        checks.append(
            pick_weaker_claim(
                f"initial trust {trust}: joint value rises to a top, at {shape.top:g}, and falls"
                " after it",
                shape.rise,
                shape.fall,
            )
        )
    levels, (low, high) = (
        curves[trusts[0]][0],
        (curves[trust][1] for trust in (trusts[0], trusts[-1])),
    )
    low_top, high_top, low_gain, high_gain = compare_tops(levels, low, high, level)
    claim = (
        f"the best formalisation is {low_top:g} with least and {high_top:g} with most trust, each"
        " better at its own than at the other's"
    )
    brought = estimate_paired_difference(low[:, -1] - low[:, 0], high[:, -1] - high[:, 0], level)
    more = Check(
        "full contract rather than none brings more with least trust than with most", brought
    )
    return [*checks, pick_weaker_claim(claim, low_gain, high_gain), more]


def check_size_and_topology(runs: pl.DataFrame) -> list[Check]:
    """Pattern 6: complete topologies lead in small teams, star and mediated ones in large teams."""
    sizes = runs["size"].unique().sort().to_list()
    # At the smallest size, 2, complete and star are the same.
    small, large, others = sizes[1], sizes[-1], ("star", "mediated")
    level = compute_simultaneous_level(2 * len(others))

    def lead(first: str, second: str, size: int) -> Estimate:
        return estimate_paired_difference(
            select_cell(runs, "joint_value", topology=first, size=size),
            select_cell(runs, "joint_value", topology=second, size=size),
            level,
        )

    return [
        Check(f"complete beats {other} in teams of {small}", lead("complete", other, small))
        for other in others
    ] + [
        Check(f"{other} beats complete in teams of {large}", lead(other, "complete", large))
        for other in others
    ]


def check_turbulence_and_persistence(runs: pl.DataFrame) -> list[Check]:
    """Pattern 7: under turbulence temporary beats definitive, the more so the more turbulence.

    Without turbulence some persistence pays.
    """
    rates = [
        rate for rate in runs["environment.turbulence"].unique().sort().to_list() if rate > 0.0
    ]
    level = compute_simultaneous_level(len(rates) + 2)

    def gains(rate: float) -> Floats:
        at = {"environment__turbulence": rate}
        return select_cell(runs, "joint_value", structure__persistence=0.0, **at) - select_cell(
            runs, "joint_value", structure__persistence=1.0, **at
        )

    persistence, calm = build_response_matrix(
        runs.filter(pl.col("environment.turbulence") == 0.0), "joint_value", "structure.persistence"
    )
    picking, testing = split_halves(calm)
    best = find_best_level(picking, 1, persistence.size - 1)
    return [
        *(
            Check(
                f"turbulence {rate:g}: temporary minus definitive, joint value",
                estimate_mean(gains(rate), level),
            )
            for rate in rates
        ),
        Check(
            f"no turbulence: the best persistence, {persistence[best]:g}, minus none",
            estimate_paired_difference(testing[:, best], testing[:, 0], level),
        ),
        Check(
            f"temporary minus definitive is more at turbulence {rates[-1]:g} than at none",
            estimate_paired_difference(gains(rates[-1]), gains(0.0), level),
        ),
    ]


def check_reflection(runs: pl.DataFrame) -> list[Check]:
    """Pattern 8: reflection raises later synergy with new partners, not only with old ones."""
    level = compute_simultaneous_level(2 * len(LIGHT_FORMS))

    def gain(form: str, measure: str) -> Estimate:
        full, none = (
            select_cell(runs, measure, structure=form, learning__reflection=share)
            for share in (1.0, 0.0)
        )
        return estimate_paired_difference(*drop_missing_pairs(full, none), level)

    return [
        Check(
            f"{form}: reflection raises later synergy with {kind} partners",
            gain(form, f"synergy_{kind}_partners"),
        )
        for form in LIGHT_FORMS
        for kind in ("new", "old")
    ]


def check_imitation_of_leaders(runs: pl.DataFrame) -> list[Check]:
    """Pattern 9: imitating leaders under wide exposure gives fast gains, then deep erosion."""
    top = float(runs["imitation.rate"].to_numpy().max())
    level = compute_simultaneous_level(len(WIDE_FORMS) * (1 + len(OTHER_FORMS)))

    def with_and_without(form: str, measure: str) -> tuple[Floats, Floats]:
        return select_cell(runs, measure, structure=form, imitation__rate=top), select_cell(
            runs, measure, structure=form, imitation__rate=0.0
        )

    loss = {
        form: -np.subtract(*with_and_without(form, "synergy_end"))
        for form in (*WIDE_FORMS, *OTHER_FORMS)
    }
    early = [
        Check(
            f"{form}: imitation raises joint value in the first tenth",
            estimate_paired_difference(*with_and_without(form, "joint_value_early"), level),
        )
        for form in WIDE_FORMS
    ]
    return early + [
        Check(
            f"{wide} loses more synergy in the last quarter than {other}",
            estimate_paired_difference(loss[wide], loss[other], level),
        )
        for wide in WIDE_FORMS
        for other in OTHER_FORMS
    ]
