"""Run a user-defined imitation rule, in ordinary Python, in place of the compiled rules.

What rules have in common is in rules.md, section 6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.agents import AgentModel, Organisation
from sim.config import Exposure
from sim.engine import prepare_copying
from sim.errors import InputError, format_value
from sim.phases.imitate import has_chance_to_copy, list_what_member_sees
from sim.runtime.compilation import entry
from sim.runtime.state_passing import PassedState
from sim.state import BY_RULES, CollaborationTotal, Floats, Tally, World
from sim.submodels.entering import fit_budget
from sim.submodels.structures import draw_links


@entry
def draw_copying_chances(w: World, c: int, member: int, now: int) -> tuple[int, int]:
    """Write whom a member sees into ``scratch.seen``.

    Return their number, and how many chances to copy came up.
    """
    if w.forms.exposure[w.col.form[c]] == Exposure.LINKED:
        draw_links(w, c, now)
    i = w.col.members[c, member]
    place, seen = list_what_member_sees(w, c, member, now)
    hits = 0
    for s in range(seen):
        hits += has_chance_to_copy(w, i, place, s, now)
    return seen, hits


@entry
def restore_budget(w: World, i: int) -> None:
    """Scale an organisation's expertise back into the budget."""
    fit_budget(w.org.expertise[i], w.p.population.budget)


def get_target_skills(model: AgentModel, target: Any) -> Floats:
    """Return the skills that a user-defined rule wants copied.

    These are those of an organisation before this round's copying, or a vector that it returned.
    """
    if isinstance(target, Organisation):
        skills: Floats = model.world.org.before[target.row]
        return skills
    domains = model.world.org.expertise.shape[1]
    try:
        wanted = np.asarray(target, dtype=np.float64)
    except (TypeError, ValueError):
        wanted = np.empty(0)
    if wanted.shape != (domains,) or not np.isfinite(wanted).all():
        raise InputError(
            f"imitation.rule {model.config.imitation.rule} returned {format_value(target)}; "
            f"it must return an organisation, {domains} finite numbers (one per domain), or None"
        )
    return wanted


def imitate_by_user_rule(
    model: AgentModel, packed: PassedState, rule: Callable[..., Any], now: int
) -> None:
    """Let every member copy by a user-defined rule ``rule(member, seen, model)``.

    The rule returns an expertise vector, an organisation or None.
    """
    world, settings = model.world, model.world.p
    if settings.imitation.rate == 0.0:
        return
    prepare_copying(packed)
    for c in world.col.order[: world.col.totals[CollaborationTotal.RUNNING]].tolist():
        needed = np.zeros(world.org.expertise.shape[1])
        needed[world.col.domains[c, : world.col.breadth[c]]] = 1.0
        strength = settings.imitation.strength * (
            settings.imitation.selectivity * needed + 1.0 - settings.imitation.selectivity
        )
        for position in range(world.col.size[c]):
            i = int(world.col.members[c, position])
            if world.org.decides[i] != BY_RULES:
                continue
            seen, hits = draw_copying_chances(packed, c, position, now)
            others = [model.organisation(int(j)) for j in world.scratch.seen[:seen]]
            for _ in range(hits):
                target = rule(model.organisation(i), others, model)
                if target is None:
                    continue
                wanted = get_target_skills(model, target)
                skills = world.org.expertise[i] + strength * (
                    np.clip(wanted, 0.0, 1.0) - world.org.expertise[i]
                )
                world.org.expertise[i] = (
                    np.maximum(skills, world.org.expertise[i])
                    if settings.imitation.upward_only
                    else skills
                )
                world.around.tally[Tally.COPIES] += 1.0
            restore_budget(packed, i)
