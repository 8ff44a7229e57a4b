"""How skills become quality, value and shares (rules.md, section 4)."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

from sim.config import Pooling, Sharing
from sim.runtime.compilation import kernel
from sim.state import Floats, Forms, Integers, Settings

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
    pooled: float, contribution: float, p: Settings, own_rule: PoolingFunction
) -> float:
    """Combine one more contribution into a pooled capability."""
    if p.production.pooling == Pooling.BEST:
        return max(pooled, contribution)
    if p.production.pooling == Pooling.ADDITIVE:
        return min(1.0, pooled + contribution)
    if p.production.pooling == Pooling.NOISY_OR:
        return 1.0 - (1.0 - pooled) * (1.0 - contribution)
    return float(own_rule(pooled, contribution))


@kernel
def compute_quality(pooled: Floats, requirement: Floats, breadth: int, p: Settings) -> float:
    """Return the quality of pooled capabilities, CES with exponent rho (rules.md, section 4)."""
    rho = p.production.complementarity
    total = 0.0
    if rho == -1.0:
        for d in range(breadth):
            total += requirement[d] / max(p.production.floor, pooled[d])
        return 1.0 / total
    if abs(rho) < 1e-9:
        for d in range(breadth):
            total += requirement[d] * log(max(p.production.floor, pooled[d]))
        return exp(total)
    if rho < -100.0:
        weakest = max(p.production.floor, pooled[0])
        for d in range(1, breadth):
            weakest = min(weakest, max(p.production.floor, pooled[d]))
        return weakest
    for d in range(breadth):
        total += requirement[d] * max(p.production.floor, pooled[d]) ** rho
    return total ** (1.0 / rho)


@kernel
def compute_team_quality(
    contribution: Floats,
    size: int,
    without: int,
    requirement: Floats,
    breadth: int,
    pooled: Floats,
    p: Settings,
    own_rule: PoolingFunction,
) -> float:
    """Return the quality of a team from its members' contributions (size, breadth), one member left out if ``without`` >= 0."""
    for d in range(breadth):
        capability = 0.0
        for member in range(size):
            if member != without:
                capability = pool_contribution(capability, contribution[member, d], p, own_rule)
        pooled[d] = capability
    return compute_quality(pooled, requirement, breadth, p)


@kernel
def compute_running_cost(forms: Forms, form: int, size: int) -> float:
    """Return the cost per round of coordination links and rules for a team of this size."""
    g = forms.formalisation[form]
    return (
        forms.link_cost[form] * forms.link_count[form, size] + size * forms.rule_cost[form] * g * g
    )


@kernel
def compute_unit_value(breadth: int, p: Settings) -> float:
    """Return the value per unit of quality and round of a challenge, V_r."""
    return p.challenge.value * float(breadth) ** p.challenge.breadth_premium


@kernel
def divide_value(
    share: Floats,
    value: float,
    quality: float,
    sharing: int,
    convenor_alone: float,
    contribution: Floats,
    size: int,
    requirement: Floats,
    breadth: int,
    pooled: Floats,
    p: Settings,
    own_rule: PoolingFunction,
) -> None:
    """Write each member's share of ``value`` into ``share``; position 0 is the convenor."""
    if sharing == Sharing.EQUAL:
        for member in range(size):
            share[member] = value / size
        return
    if sharing == Sharing.CONTRIBUTION:
        total = 0.0
        for member in range(size):
            share[member] = max(
                0.0,
                quality
                - compute_team_quality(
                    contribution, size, member, requirement, breadth, pooled, p, own_rule
                ),
            )
            total += share[member]
        for member in range(size):
            share[member] = value * share[member] / total if total > 0.0 else value / size
        return
    first = min(value, convenor_alone) if value > 0.0 else 0.0
    for member in range(size):
        share[member] = (value - first) / size
    share[0] += first


@kernel
def write_contribution(
    row: Floats,
    weight: float,
    skills: Floats,
    load: int,
    domains: Integers,
    breadth: int,
    p: Settings,
) -> None:
    """Write one member's contributions to the required domains."""
    for d in range(breadth):
        row[d] = weight * apply_depth(skills[domains[d]], p.production.depth) / load
