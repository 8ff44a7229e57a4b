"""Copy the practice of partners: who is seen, whom to copy, what is taken over.

The rules are in rules.md, section 6. Whom a member sees is handed on in ``scratch.seen``.
"""

from __future__ import annotations

from math import floor

from sim.config import Exposure, ImitationRule
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, draw_uniform, pick_index
from sim.state import BY_RULES, CollaborationTotal, Integers, Tally, World
from sim.submodels.entering import fit_budget
from sim.submodels.structures import draw_links, find_place

IMITATION_STREAM, EXPOSURE_STREAM = int(Process.IMITATION), int(Process.EXPOSURE)
EXPOSURE_DRAWS_PER_PLACE = 64
RANKING_PRECISION = 1e9
# In place of a model: nobody is copied; or the mean of those seen is, as conformity does.
COPY_NOBODY, COPY_MEAN = -2, -1


@kernel
def rank_performance(w: World, i: int) -> float:
    """Return performance to nine decimals, so that equals do not rank apart by a rounding error."""
    return floor(w.org.performance[i] * RANKING_PRECISION + 0.5)


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
    users, count = w.around.users, w.around.user_count
    for form in range(count.size):
        if w.forms.exposure[form] != Exposure.LEADERS:
            continue
        top = min(count[form], w.forms.seen_at_most[form])
        for position in range(count[form]):
            i = users[form, position]
            place = min(position, top)
            while place > 0 and rank_performance(w, users[form, place - 1]) < rank_performance(
                w, i
            ):
                if place < top:
                    users[form, place] = users[form, place - 1]
                place -= 1
            if place < top:
                users[form, place] = i


@kernel
def sample_users(w: World, form: int, i: int, place: int, now: int) -> int:
    """Write a sample of those who use a form into ``scratch.seen``, each once, without ``i``."""
    seen, found = w.scratch.seen, 0
    for sample in range(w.forms.seen_at_most[form]):
        number = EXPOSURE_DRAWS_PER_PLACE * place + sample
        draw = draw_uniform(w.p.run.seed, EXPOSURE_STREAM, now, i, number)
        j = w.around.users[form, pick_index(draw, w.around.user_count[form])]
        fresh = j != i
        for earlier in range(found):
            fresh = fresh and seen[earlier] != j
        if fresh:
            seen[found] = j
            found += 1
    return found


@kernel
def list_visible_organisations(w: World, c: int, member: int, place: int, now: int) -> int:
    """Write whom a member sees into ``scratch.seen``; return their number.

    ``scratch.linked`` is this round's graph.
    """
    col, seen = w.col, w.scratch.seen
    i, form, found = col.members[c, member], col.form[c], 0
    exposure = w.forms.exposure[form]
    if exposure == Exposure.EVERYONE:
        return sample_users(w, form, i, place, now)
    if exposure == Exposure.LINKED:
        for other in range(col.size[c]):
            if w.scratch.linked[member, other] == 1:
                seen[found] = col.members[c, other]
                found += 1
    elif exposure == Exposure.CONVENOR:
        if member != 0:
            seen[0], found = col.members[c, 0], 1
    else:
        for rank in range(min(w.around.user_count[form], w.forms.seen_at_most[form])):
            if w.around.users[form, rank] != i:
                seen[found] = w.around.users[form, rank]
                found += 1
    return found


@kernel
def has_chance_to_copy(w: World, i: int, place: int, chance: int, now: int) -> bool:
    """Return whether a chance to copy, one of those in ``scratch.seen``, comes up."""
    number = w.scratch.seen[chance] * w.p.population.capacity + place
    return draw_uniform(w.p.run.seed, IMITATION_STREAM, now, i, number) < w.p.imitation.rate


@kernel
def find_best_performer(w: World, i: int, seen: int) -> int:
    """Return the best performer of ``scratch.seen`` if it performs better than ``i``."""
    candidates, best = w.scratch.seen, w.scratch.seen[0]
    for s in range(1, seen):
        if rank_performance(w, candidates[s]) > rank_performance(w, best):
            best = candidates[s]
    return best if rank_performance(w, best) > rank_performance(w, i) else COPY_NOBODY


@kernel
def find_most_prestigious(w: World, c: int, seen: int) -> int:
    """Return the convenor if it is in ``scratch.seen``, else the best connected there."""
    candidates, best = w.scratch.seen, w.scratch.seen[0]
    for s in range(seen):
        if candidates[s] == w.col.members[c, 0]:
            return candidates[s]
        if w.org.partners[candidates[s]] > w.org.partners[best]:
            best = candidates[s]
    return best


@kernel
def choose_model(w: World, c: int, i: int, chance: int, seen: int) -> int:
    """Return whom ``i`` copies at this chance by the rule, COPY_MEAN, or COPY_NOBODY."""
    rule = w.p.imitation.rule
    if rule == ImitationRule.SUCCESS:
        return find_best_performer(w, i, seen)
    if rule == ImitationRule.CONFORMITY:
        return COPY_MEAN
    if rule == ImitationRule.BLIND:
        return w.scratch.seen[chance]
    if rule == ImitationRule.PRESTIGE:
        return find_most_prestigious(w, c, seen)
    return COPY_NOBODY


@kernel
def copy_expertise(w: World, c: int, i: int, model: int, seen: int) -> None:
    """Take over part of a model's expertise, or of the mean of ``scratch.seen``."""
    org, col, imitation, d = w.org, w.col, w.p.imitation, 0
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
        strength = imitation.strength * (
            (imitation.selectivity if required else 0.0) + 1.0 - imitation.selectivity
        )
        skill = org.expertise[i, k] + strength * (target - org.expertise[i, k])
        if skill > org.expertise[i, k] or not imitation.upward_only:
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
        exposure = w.forms.exposure[form]
        if exposure == Exposure.LEADERS or exposure == Exposure.EVERYONE:
            list_users(w)
            rank_leaders(w)
            return


@kernel
def list_what_member_sees(w: World, c: int, member: int, now: int) -> tuple[int, int]:
    """Write whom a member sees into ``scratch.seen``; return its place and their number."""
    place = find_place(w, w.col.members[c, member], c)
    return place, list_visible_organisations(w, c, member, place, now)


@kernel
def imitate_others(w: World, copies: Integers, now: int) -> None:
    """Let every member copy: each organisation it sees is a chance.

    Write (copier, model) of as many copies as ``copies`` has rows.
    """
    col, written = w.col, 0
    if w.p.imitation.rate == 0.0 or w.p.imitation.rule == ImitationRule.USER_DEFINED:
        return
    prepare_imitation(w)
    for position in range(col.totals[CollaborationTotal.RUNNING]):
        c = col.order[position]
        if w.forms.exposure[col.form[c]] == Exposure.LINKED:
            draw_links(w, c, now)
        for member in range(col.size[c]):
            i = col.members[c, member]
            if w.org.decides[i] != BY_RULES:
                continue
            place, seen = list_what_member_sees(w, c, member, now)
            for chance in range(seen):
                if not has_chance_to_copy(w, i, place, chance, now):
                    continue
                model = choose_model(w, c, i, chance, seen)
                if model == COPY_NOBODY:
                    continue
                copy_expertise(w, c, i, model, seen)
                if written < copies.shape[0]:
                    copies[written, 0], copies[written, 1] = i, model
                    written += 1
            fit_budget(w.org.expertise[i], w.p.population.budget)
