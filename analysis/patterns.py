"""The nine patterns as checks: what each study must show, as effects with intervals against a threshold.

Every function takes the runs of its study (tidy, a row per run; pattern 2 the events) and returns checks. Intervals are
family-wise within a pattern: with m checks each has level 1 - 0.05 / m (Bonferroni), so that a pattern that is not there
at all is called "in part" at most one time in twenty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import Estimate, Floats, mean, paired_difference, quantiles, resampled_picks, response_matrix, simultaneous_level
from analysis.inverted_u import best_of, halves, inverted_u, own_tops, parabola

LIGHT = ("alliance", "network", "hub", "platform", "movement")
WIDE = ("platform", "movement")
OTHERS = ("alliance", "network", "hub", "consortium")
OUTCOMES = {"holds": "hold", "the opposite": "the opposite", "not shown": "not shown"}
TEAMS, DENSE = "of six", "complete of six"


class Check(NamedTuple):
    """One claim: it holds when the whole interval lies above the threshold."""

    claim: str
    estimate: Estimate
    threshold: float = 0.0

    @property
    def outcome(self) -> str:
        """Say whether the claim holds, the opposite does, or the interval does not tell."""
        if self.estimate.low > self.threshold:
            return "holds"
        return "the opposite" if self.estimate.high < self.threshold else "not shown"


def verdict(checks: Sequence[Check]) -> str:
    """Return the verdict on a pattern from its checks."""
    count = Counter(check.outcome for check in checks)
    if count["holds"] == len(checks):
        return "shows"
    counted = ", ".join(f"{count[outcome]} {words}" for outcome, words in OUTCOMES.items() if count[outcome])
    return f"shows in part ({counted})" if count["holds"] else f"does not show ({counted})"


def cell(runs: pl.DataFrame, measure: str, **levels: Any) -> Floats:
    """Return a measure at one point of the design, by replicate."""
    found = runs.filter([pl.col(name.replace("__", ".")) == level for name, level in levels.items()]).sort("replicate")
    if found.is_empty() or found["replicate"].n_unique() != len(found):
        raise AnalysisError(f"the runs have {len(found)} rows at {levels}, not one per replicate; run the whole study")
    return found[measure].to_numpy().astype(np.float64)


def both_present(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the pairs of which neither is missing."""
    there = np.isfinite(first) & np.isfinite(second)
    return first[there], second[there]


def narrow_alone_broad_together(runs: pl.DataFrame) -> list[Check]:
    """Pattern 1: alone, narrow challenges succeed and broad ones fail; any light form raises joint value on broad ones."""
    level = simultaneous_level(2 + len(LIGHT))
    narrow = cell(runs, "solved_share", challenges="narrow", structure="alone")
    broad = cell(runs, "solved_share", challenges="broad", structure="alone")
    alone = cell(runs, "joint_value", challenges="broad", structure="alone")
    gains = {form: paired_difference(cell(runs, "joint_value", challenges="broad", structure=form), alone, level) for form in LIGHT}
    return [
        Check("alone, most narrow challenges are solved (share)", mean(narrow, level), 0.5),
        Check("alone, nine broad challenges in ten are not solved (share)", mean(1.0 - broad, level), 0.9),
        *(Check(f"{form} raises joint value on broad challenges", gain) for form, gain in gains.items()),
    ]


def best_distance(events: pl.DataFrame) -> list[Check]:
    """Pattern 2: synergy per member against mean distance is an inverted U whose top moves right with bridging skill."""
    skills = events["learning.bridging_start"].unique().sort().to_list()
    level = simultaneous_level(len(skills) + 1)
    low, high = (float(q) for q in np.quantile(events["mean_distance"].to_numpy(), [0.05, 0.95]))
    checks, tops = [], []
    for skill in skills:
        part = events.filter(pl.col("learning.bridging_start") == skill)
        synergy = (part["synergy"] / part["mean_size"]).to_numpy()
        fit = parabola(part["mean_distance"].to_numpy(), synergy, part["replicate"].to_numpy(), (low, high), level)
        tops.append(fit.tops)
        claim = f"bridging skill {skill:g}: synergy rises at distance {low:.2f} and falls at {high:.2f} (slopes)"
        checks.append(weaker(claim, fit.slope_low, -fit.slope_high))
    shift = tops[-1] - tops[0]
    claim = f"the best distance is larger at bridging skill {skills[-1]:g} than at {skills[0]:g}"
    return [*checks, Check(claim, Estimate(float(shift[0]), *quantiles(shift[1:], level), events["replicate"].n_unique()))]


def weaker(claim: str, first: Estimate, second: Estimate) -> Check:
    """Return a claim that two effects are both there: the weaker of them decides, and no correction is needed for looking at two."""
    return Check(f"{claim}; the weaker of both", min(first, second, key=lambda estimate: estimate.low))


def imitation_erodes(runs: pl.DataFrame) -> list[Check]:
    """Pattern 3: imitation lowers diversity at every step and joint value after its top, sooner where coordination is denser."""
    kinds = runs["coordination"].unique(maintain_order=True).to_list()
    if DENSE not in kinds:
        raise AnalysisError(f"the runs have no {DENSE}, which the others are compared with")
    sparse = [kind for kind in kinds if kind.endswith(TEAMS) and kind != DENSE]
    level = simultaneous_level(2 * len(kinds) + len(sparse))
    checks, curves = [], {}
    for kind in kinds:
        of_kind = runs.filter(pl.col("coordination") == kind)
        rates, diversity = response_matrix(of_kind, "diversity_within", "imitation.rate")
        if rates.size < 2:
            raise AnalysisError(f"{kind} has one rate of imitation; steps of the rate need two or more")
        steps = [paired_difference(diversity[:, step], diversity[:, step + 1], level) for step in range(rates.size - 1)]
        checks.append(Check(f"{kind}: diversity within falls at every step of the rate (smallest fall)", min(steps, key=lambda step: step.low)))
        curves[kind] = response_matrix(of_kind, "joint_value", "imitation.rate")
        picking, testing = halves(curves[kind][1])
        top = best_of(picking, 0, rates.size - 2)
        fall = paired_difference(testing[:, top], testing[:, -1], level)
        checks.append(Check(f"{kind}: joint value falls from its top, at rate {rates[top]:g}, to rate {rates[-1]:g}", fall))
    rates, dense = curves[DENSE]
    later = {kind: later_by(rates, curves[kind][1], dense, level) for kind in sparse}
    return checks + [
        Check(f"{kind} has lost half of what it loses by rate {rates[-1]:g} at a higher rate than {DENSE}", gap) for kind, gap in later.items()
    ]


def later_by(rates: Floats, sparse: Floats, dense: Floats, level: float) -> Estimate:
    """Return by how much higher the half-loss rate of one set of curves (R, L) is than of another; bootstrap over replicates."""
    weights = np.vstack([np.full(len(dense), 1.0 / len(dense)), resampled_picks(len(dense))])
    apart = half_loss_rate(rates, weights @ sparse) - half_loss_rate(rates, weights @ dense)
    return Estimate(float(apart[0]), *quantiles(apart[1:], level), len(dense))


def half_loss_rate(rates: Floats, curves: Floats) -> Floats:
    """Return per curve (C, L) the first rate, interpolated, at which half of the loss from rate 0 to the last rate has happened."""
    half = (curves[:, :1] + curves[:, -1:]) / 2.0
    found = np.empty(len(curves))
    for c, line in enumerate(curves - half):
        step = int(np.flatnonzero(line <= 0.0)[0]) if (line <= 0.0).any() else rates.size - 1
        before = max(0, step - 1)
        drop = line[before] - line[step]
        found[c] = rates[before] + (rates[step] - rates[before]) * (line[before] / drop if drop > 0.0 else 0.0)
    return found


def selective_beats_blind(runs: pl.DataFrame) -> list[Check]:
    """Pattern 4: selective learning beats blind following at the same rate."""
    rates = runs["imitation.rate"].unique().sort().to_list()
    level = simultaneous_level(len(LIGHT) * len(rates))

    def gain(form: str, rate: float) -> Estimate:
        at = {"structure": form, "imitation__rate": rate}
        return paired_difference(
            cell(runs, "joint_value", imitation__selectivity=1.0, **at), cell(runs, "joint_value", imitation__selectivity=0.0, **at), level
        )

    return [Check(f"{form}, rate {rate:g}: selective minus blind, joint value", gain(form, rate)) for form in LIGHT for rate in rates]


def formalisation_tops(runs: pl.DataFrame) -> list[Check]:
    """Pattern 5: formalisation is an inverted U whose top moves left as trust grows; contract brings more where trust is low."""
    trusts = runs["initial_trust"].unique(maintain_order=True).to_list()
    level = simultaneous_level(len(trusts) + 2)
    curves = {trust: response_matrix(runs.filter(pl.col("initial_trust") == trust), "joint_value", "structure.formalisation") for trust in trusts}
    checks = []
    for trust, (levels, values) in curves.items():
        shape = inverted_u(levels, values, level)
        checks.append(weaker(f"initial trust {trust}: joint value rises to a top, at {shape.top:g}, and falls after it", shape.rise, shape.fall))
    levels, (low, high) = curves[trusts[0]][0], (curves[trust][1] for trust in (trusts[0], trusts[-1]))
    low_top, high_top, low_gain, high_gain = own_tops(levels, low, high, level)
    claim = f"the best formalisation is {low_top:g} with least and {high_top:g} with most trust, each better at its own than at the other's"
    brought = paired_difference(low[:, -1] - low[:, 0], high[:, -1] - high[:, 0], level)
    more = Check("full contract rather than none brings more with least trust than with most", brought)
    return [*checks, weaker(claim, low_gain, high_gain), more]


def size_crossing(runs: pl.DataFrame) -> list[Check]:
    """Pattern 6: complete topologies lead in small teams and lose to star and mediated ones in large teams."""
    sizes = runs["size"].unique().sort().to_list()
    small, large, others = sizes[1], sizes[-1], ("star", "mediated")  # at the smallest size, 2, complete and star are the same
    level = simultaneous_level(2 * len(others))

    def lead(first: str, second: str, size: int) -> Estimate:
        return paired_difference(cell(runs, "joint_value", topology=first, size=size), cell(runs, "joint_value", topology=second, size=size), level)

    return [Check(f"complete beats {other} in teams of {small}", lead("complete", other, small)) for other in others] + [
        Check(f"{other} beats complete in teams of {large}", lead(other, "complete", large)) for other in others
    ]


def temporary_or_definitive(runs: pl.DataFrame) -> list[Check]:
    """Pattern 7: under turbulence temporary beats definitive, by the more the more turbulence; without it some persistence pays."""
    rates = [rate for rate in runs["environment.turbulence"].unique().sort().to_list() if rate > 0.0]
    level = simultaneous_level(len(rates) + 2)

    def gains(rate: float) -> Floats:
        at = {"environment__turbulence": rate}
        return cell(runs, "joint_value", structure__persistence=0.0, **at) - cell(runs, "joint_value", structure__persistence=1.0, **at)

    persistence, calm = response_matrix(runs.filter(pl.col("environment.turbulence") == 0.0), "joint_value", "structure.persistence")
    picking, testing = halves(calm)
    best = best_of(picking, 1, persistence.size - 1)
    return [
        *(Check(f"turbulence {rate:g}: temporary minus definitive, joint value", mean(gains(rate), level)) for rate in rates),
        Check(f"no turbulence: the best persistence, {persistence[best]:g}, minus none", paired_difference(testing[:, best], testing[:, 0], level)),
        Check(f"temporary minus definitive is more at turbulence {rates[-1]:g} than at none", paired_difference(gains(rates[-1]), gains(0.0), level)),
    ]


def reflection_pays(runs: pl.DataFrame) -> list[Check]:
    """Pattern 8: reflection raises later synergy with new partners, not only with the old."""
    level = simultaneous_level(2 * len(LIGHT))

    def gain(form: str, measure: str) -> Estimate:
        full, none = (cell(runs, measure, structure=form, learning__reflection=share) for share in (1.0, 0.0))
        return paired_difference(*both_present(full, none), level)

    return [
        Check(f"{form}: reflection raises later synergy with {kind} partners", gain(form, f"synergy_{kind}_partners"))
        for form in LIGHT
        for kind in ("new", "old")
    ]


def leaders_imitated(runs: pl.DataFrame) -> list[Check]:
    """Pattern 9: imitating leaders in wide-exposure forms gives fast gains, then the deepest erosion."""
    top = float(runs["imitation.rate"].to_numpy().max())
    level = simultaneous_level(len(WIDE) * (1 + len(OTHERS)))

    def with_and_without(form: str, measure: str) -> tuple[Floats, Floats]:
        return cell(runs, measure, structure=form, imitation__rate=top), cell(runs, measure, structure=form, imitation__rate=0.0)

    loss = {form: -np.subtract(*with_and_without(form, "synergy_end")) for form in (*WIDE, *OTHERS)}
    early = [
        Check(f"{form}: imitation raises joint value in the first tenth", paired_difference(*with_and_without(form, "joint_value_early"), level))
        for form in WIDE
    ]
    return early + [
        Check(f"{wide} loses more synergy in the last quarter than {other}", paired_difference(loss[wide], loss[other], level))
        for wide in WIDE
        for other in OTHERS
    ]
