"""How skills become quality, value and shares (rules.md, section 4)."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

from sim.config import Pooling, Sharing
from sim.runtime.compilation import kernel
from sim.state import Floats, Integers, World

PoolingFunction = Any  # a compiled function (pooled, contribution) -> pooled


@kernel
def apply_depth(skill: float, depth: float) -> float:
    """Return ``skill ** depth``, fast for the depths every headline figure uses."""
    if depth == 2.0:
        return skill * skill
    if depth == 1.0:
        return skill
    if depth == 1.5:
        return skill * sqrt(skill)
    return skill**depth


@kernel
def pool_contribution(
    w: World, user_pooling: PoolingFunction, pooled: float, contribution: float
) -> float:
    """Combine one more contribution into a pooled capability."""
    pooling = w.p.production.pooling
    if pooling == Pooling.BEST:
        return max(pooled, contribution)
    if pooling == Pooling.ADDITIVE:
        return min(1.0, pooled + contribution)
    if pooling == Pooling.NOISY_OR:
        return 1.0 - (1.0 - pooled) * (1.0 - contribution)
    return float(user_pooling(pooled, contribution))


@kernel
def compute_quality(w: World, pooled: Floats, requirement: Floats) -> float:
    """Return the quality of pooled capabilities, CES with exponent rho (rules.md, section 4)."""
    rho, floor, total = w.p.production.complementarity, w.p.production.floor, 0.0
    if rho == -1.0:
        for d in range(requirement.size):
            total += requirement[d] / max(floor, pooled[d])
        return 1.0 / total
    if abs(rho) < 1e-9:
        for d in range(requirement.size):
            total += requirement[d] * log(max(floor, pooled[d]))
        return exp(total)
    if rho < -100.0:
        weakest = max(floor, pooled[0])
        for d in range(1, requirement.size):
            weakest = min(weakest, max(floor, pooled[d]))
        return weakest
    for d in range(requirement.size):
        total += requirement[d] * max(floor, pooled[d]) ** rho
    return total ** (1.0 / rho)


@kernel
def compute_team_quality(
    w: World, user_pooling: PoolingFunction, requirement: Floats, size: int, without: int
) -> float:
    """Return the quality of a team of this size from ``scratch.contribution``.

    The position ``without`` (or NOBODY) is left out. Capabilities are left in ``scratch.pooled``.
    """
    contribution, pooled = w.scratch.contribution, w.scratch.pooled
    for d in range(requirement.size):
        capability = 0.0
        for member in range(size):
            if member != without:
                capability = pool_contribution(w, user_pooling, capability, contribution[member, d])
        pooled[d] = capability
    return compute_quality(w, pooled, requirement)


@kernel
def compute_running_cost(w: World, form: int, size: int) -> float:
    """Return the cost per round of coordination links and rules for a team of this size."""
    forms, g = w.forms, w.forms.formalisation[form]
    return (
        forms.link_cost[form] * forms.link_count[form, size] + size * forms.rule_cost[form] * g * g
    )


@kernel
def compute_unit_value(w: World, breadth: int) -> float:
    """Return the value per unit of quality and round of a challenge, V_r."""
    return w.p.challenge.value * float(breadth) ** w.p.challenge.breadth_premium


@kernel
def divide_by_contribution(
    w: World,
    user_pooling: PoolingFunction,
    requirement: Floats,
    size: int,
    value: float,
    quality: float,
) -> None:
    """Write shares in proportion to what ``quality`` loses without each member, as below."""
    share, total = w.scratch.share, 0.0
    for member in range(size):
        share[member] = max(
            0.0, quality - compute_team_quality(w, user_pooling, requirement, size, member)
        )
        total += share[member]
    for member in range(size):
        share[member] = value * share[member] / total if total > 0.0 else value / size


@kernel
def divide_value(
    w: World,
    user_pooling: PoolingFunction,
    form: int,
    convenor: int,
    requirement: Floats,
    size: int,
    value: float,
    quality: float,
) -> None:
    """Write each member's share of ``value`` into ``scratch.share``, from ``scratch.contribution``.

    Position 0 is the convenor's.
    """
    share, sharing = w.scratch.share, w.forms.sharing[form]
    if sharing == Sharing.EQUAL:
        for member in range(size):
            share[member] = value / size
        return
    if sharing == Sharing.CONTRIBUTION:
        divide_by_contribution(w, user_pooling, requirement, size, value, quality)
        return
    first = min(value, w.org.alone_value[convenor]) if value > 0.0 else 0.0
    for member in range(size):
        share[member] = (value - first) / size
    share[0] += first


@kernel
def write_contribution(
    w: World, row: Floats, domains: Integers, j: int, weight: float, load: int
) -> None:
    """Write what ``j`` contributes to the domains when it is in ``load`` collaborations."""
    for d in range(domains.size):
        row[d] = weight * apply_depth(w.org.expertise[j, domains[d]], w.p.production.depth) / load
