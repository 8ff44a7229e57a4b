"""Copy the practice of partners: who is seen, whom to copy, what is taken over (rules.md, section 6)."""

from __future__ import annotations

from math import floor

from sim.config import Exposure, ImitationRule
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, draw_uniform, pick_index
from sim.state import BY_RULES, CollaborationTotal, Tally, World
from sim.submodels.entering import fit_budget
from sim.submodels.structures import (
    draw_links,
    find_place,
)

IMITATION_STREAM, EXPOSURE_STREAM = int(Process.IMITATION), int(Process.EXPOSURE)
EXPOSURE_DRAWS_PER_PLACE = 64
RANKING_PRECISION = 1e9
COPY_NOBODY, COPY_MEAN = (
    -2,
    -1,
)  # in place of a model: nobody is copied; the mean of those seen is, as conformity does


@kernel
def round_performance(performance: float) -> float:
    """Return performance to nine decimals: equals must not rank above each other by an error of rounding."""
    return floor(performance * RANKING_PRECISION + 0.5)


@kernel
def list_users(w: World) -> None:
    """List, per form, who is in a collaboration of that form, ascending."""
    users, count = w.around.users, w.around.user_count
    for form in range(count.size):
        count[form] = 0
    for i in range(w.org.load.size):
        for place in range(w.org.load[i]):
            form = w.col.form[w.org.places[i, place]]
            if count[form] == 0 or users[form, count[form] - 1] != i:
                users[form, count[form]] = i
                count[form] += 1


@kernel
def rank_leaders(w: World) -> None:
    """Bring the best performers to the front of the users of every form that shows leaders."""
    users, count, performance = w.around.users, w.around.user_count, w.org.performance
    for form in range(count.size):
        if w.forms.exposure[form] != Exposure.LEADERS:
            continue
        top = min(count[form], w.forms.seen_at_most[form])
        for position in range(count[form]):
            i = users[form, position]
            place = min(position, top)
            while place > 0 and round_performance(
                performance[users[form, place - 1]]
            ) < round_performance(performance[i]):
                if place < top:
                    users[form, place] = users[form, place - 1]
                place -= 1
            if place < top:
                users[form, place] = i


@kernel
def list_visible_organisations(w: World, c: int, member: int, place: int, now: int) -> int:
    """Write whom a member sees into ``scratch.seen``; return their number. ``scratch.linked`` is this round's graph."""
    col, seen = w.col, w.scratch.seen
    i, form, found = col.members[c, member], col.form[c], 0
    exposure = w.forms.exposure[form]
    if exposure == Exposure.LINKED:
        for other in range(col.size[c]):
            if w.scratch.linked[member, other] == 1:
                seen[found] = col.members[c, other]
                found += 1
    elif exposure == Exposure.CONVENOR:
        if member != 0:
            seen[0], found = col.members[c, 0], 1
    elif exposure == Exposure.LEADERS:
        for rank in range(min(w.around.user_count[form], w.forms.seen_at_most[form])):
            if w.around.users[form, rank] != i:
                seen[found] = w.around.users[form, rank]
                found += 1
    else:
        for sample in range(w.forms.seen_at_most[form]):
            draw = draw_uniform(
                w.p.run.seed, EXPOSURE_STREAM, now, i, EXPOSURE_DRAWS_PER_PLACE * place + sample
            )
            j = w.around.users[form, pick_index(draw, w.around.user_count[form])]
            fresh = j != i
            for earlier in range(found):
                fresh = fresh and seen[earlier] != j
            if fresh:
                seen[found] = j
                found += 1
    return found


@kernel
def has_chance_to_copy(w: World, i: int, place: int, chance: int, now: int) -> bool:
    """Tell whether a chance to copy, one of those in ``scratch.seen``, comes up."""
    number = w.scratch.seen[chance] * w.p.population.capacity + place
    return draw_uniform(w.p.run.seed, IMITATION_STREAM, now, i, number) < w.p.imitation.rate


@kernel
def choose_model(w: World, c: int, i: int, place: int, chance: int, seen: int, now: int) -> int:
    """Return whom ``i`` copies at this chance, MEAN, or NO_COPY."""
    if not has_chance_to_copy(w, i, place, chance, now):
        return COPY_NOBODY
    candidates, rule = w.scratch.seen, w.p.imitation.rule
    if rule == ImitationRule.CONFORMITY:
        return COPY_MEAN
    if rule == ImitationRule.BLIND:
        return candidates[chance]
    best = candidates[0]
    if rule == ImitationRule.SUCCESS:
        for s in range(1, seen):
            if round_performance(w.org.performance[candidates[s]]) > round_performance(
                w.org.performance[best]
            ):
                best = candidates[s]
        return (
            best
            if round_performance(w.org.performance[best]) > round_performance(w.org.performance[i])
            else COPY_NOBODY
        )
    for s in range(seen):
        if candidates[s] == w.col.members[c, 0]:
            return candidates[s]
        if w.org.partners[candidates[s]] > w.org.partners[best]:
            best = candidates[s]
    return best


@kernel
def copy_expertise(w: World, c: int, i: int, model: int, seen: int) -> None:
    """Take over part of a model's expertise (or of MEAN)."""
    org, col, p = w.org, w.col, w.p
    d = 0
    for k in range(org.expertise.shape[1]):
        required = d < col.breadth[c] and col.domains[c, d] == k
        d += required
        target = 0.0
        if model == COPY_MEAN:
            for s in range(seen):
                target += org.before[w.scratch.seen[s], k]
            target /= seen
        else:
            target = org.before[model, k]
        strength = p.imitation.strength * (
            (p.imitation.selectivity if required else 0.0) + 1.0 - p.imitation.selectivity
        )
        skill = org.expertise[i, k] + strength * (target - org.expertise[i, k])
        if skill > org.expertise[i, k] or not p.imitation.upward_only:
            org.expertise[i, k] = skill
    w.around.tally[Tally.COPIES] += 1.0


@kernel
def prepare_imitation(w: World) -> None:
    """Note everybody's expertise before any copy, and who uses and leads each form."""
    org = w.org
    for i in range(org.load.size):
        if org.load[i] > 0:
            for k in range(org.expertise.shape[1]):
                org.before[i, k] = org.expertise[i, k]
    for form in range(w.around.user_count.size):
        if (
            w.forms.exposure[form] == Exposure.LEADERS
            or w.forms.exposure[form] == Exposure.EVERYONE
        ):
            list_users(w)
            rank_leaders(w)
            return


@kernel
def imitate_others(w: World, now: int) -> None:
    """Let every member copy: each organisation it sees is a chance."""
    org, col, p = w.org, w.col, w.p
    if p.imitation.rate == 0.0 or p.imitation.rule == ImitationRule.USER_DEFINED:
        return
    prepare_imitation(w)
    for position in range(col.totals[CollaborationTotal.RUNNING]):
        c = col.order[position]
        if w.forms.exposure[col.form[c]] == Exposure.LINKED:
            draw_links(org, col, w.forms, w.scratch, p, c, now)
        for member in range(col.size[c]):
            i = col.members[c, member]
            if org.decides[i] != BY_RULES:
                continue
            place = find_place(org, i, c)
            seen = list_visible_organisations(w, c, member, place, now)
            for chance in range(seen):
                model = choose_model(w, c, i, place, chance, seen, now)
                if model != COPY_NOBODY:
                    copy_expertise(w, c, i, model, seen)
            fit_budget(org.expertise[i], p.population.budget)
