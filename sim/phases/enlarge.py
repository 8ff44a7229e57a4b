"""Enlarge running collaborations: convenors invite, organisations join (rules.md, section 5)."""

from __future__ import annotations

from sim.config import Entry
from sim.runtime.compilation import kernel
from sim.state import NOBODY, Floats, World
from sim.submodels.production import PoolingFunction, write_contribution
from sim.submodels.relations import find_slot, is_cooling_off
from sim.submodels.teams import (
    admit_member,
    compute_added_value,
    compute_collaboration_quality,
    compute_perceived_value,
    compute_weight,
    is_invitation_accepted,
    is_member,
    judge_partner,
    write_member_contributions,
    write_perceived_contribution,
    write_shares,
)


@kernel
def copy_contributions(target: Floats, source: Floats, breadth: int) -> None:
    """Copy contributions on the required domains."""
    for d in range(breadth):
        target[d] = source[d]


@kernel
def invite_newcomer(
    w: World, user_pooling: PoolingFunction, c: int, j: int, weight: float, now: int
) -> bool:
    """Let the convenor invite ``j``; return whether it joins.

    ``scratch.contribution`` holds the members' contributions, then that of ``j``.
    """
    size, convenor = w.col.size[c], w.col.members[c, 0]
    quality, value = compute_perceived_value(w, user_pooling, c, size + 1)
    write_shares(w, user_pooling, c, size + 1, quality, value)
    share = w.scratch.share[size]
    if not is_invitation_accepted(w, w.col.form[c], convenor, j, share):
        return False
    admit_member(w, c, j, weight, share, value, now)
    return True


@kernel
def grow_team(w: World, user_pooling: PoolingFunction, c: int, now: int) -> None:
    """Let the convenor invite whom it knows and who adds most, if that is worth its cost."""
    org, ledger, col, scratch = w.org, w.ledger, w.col, w.scratch
    i, form, size, breadth = col.members[c, 0], col.form[c], col.size[c], col.breadth[c]
    domains, row = col.domains[c, :breadth], scratch.contribution[size]
    write_member_contributions(w, c)
    quality_now = compute_collaboration_quality(w, user_pooling, c, size)
    best, best_net, best_weight = NOBODY, 0.0, 0.0
    for slot in range(ledger.used[i]):
        j = ledger.partner[i, slot]
        if (
            org.load[j] >= w.p.population.capacity
            or is_member(w, c, j)
            or is_cooling_off(w, i, slot, now)
        ):
            continue
        weight = write_perceived_contribution(w, row, domains, form, i, j, org.load[j] + 1)[2]
        quality = compute_collaboration_quality(w, user_pooling, c, size + 1)
        net = compute_added_value(w, c, quality - quality_now) - org.alone_value[j]
        if net > best_net:
            best, best_net, best_weight = j, net, weight
            copy_contributions(scratch.best_newcomer, row, breadth)
    if best == NOBODY:
        return
    copy_contributions(row, scratch.best_newcomer, breadth)
    invite_newcomer(w, user_pooling, c, best, best_weight, now)


@kernel
def has_avoided_member(w: World, i: int, c: int, now: int) -> bool:
    """Return whether a collaboration contains a former partner that ``i`` still avoids."""
    if w.p.letting_go.cooling_off == 0:
        return False
    for member in range(w.col.size[c]):
        slot = find_slot(w, i, w.col.members[c, member])
        if slot != NOBODY and is_cooling_off(w, i, slot, now):
            return True
    return False


@kernel
def has_open_form(w: World) -> bool:
    """Return whether any form lets organisations in that nobody invited."""
    for form in range(w.forms.entry.size):
        if w.forms.entry[form] == Entry.OPEN:
            return True
    return False


@kernel
def evaluate_joining(
    w: World, user_pooling: PoolingFunction, i: int, c: int, contact: int
) -> tuple[float, float, float, float]:
    """Return what joining a collaboration comes to for ``i``, which knows its member ``contact``.

    That is its share, the value then, its weight, and what it would add.
    """
    org, col, scratch, size = w.org, w.col, w.scratch, w.col.size[c]
    domains = col.domains[c, : col.breadth[c]]
    write_member_contributions(w, c)
    quality_now = compute_collaboration_quality(w, user_pooling, c, size)
    understood, trusted, _ = judge_partner(w, col.form[c], i, contact)
    weight = compute_weight(w, col.form[c], understood, trusted)
    write_contribution(w, scratch.contribution[size], domains, i, weight, org.load[i] + 1)
    quality, value = compute_perceived_value(w, user_pooling, c, size + 1)
    write_shares(w, user_pooling, c, size + 1, quality, value)
    added_value = compute_added_value(w, c, quality - quality_now)
    return scratch.share[size], value, weight, added_value


@kernel
def join_best_collaboration(w: World, user_pooling: PoolingFunction, i: int, now: int) -> None:
    """Let ``i`` join the open collaboration of its contacts that pays best, if it adds value."""
    org, ledger, col, visited = w.org, w.ledger, w.col, w.scratch.visited
    visits = 0
    best, best_share, best_value, best_weight = NOBODY, 0.0, 0.0, 0.0
    for slot in range(ledger.used[i]):
        contact = ledger.partner[i, slot]
        for place in range(org.load[contact]):
            c = org.places[contact, place]
            form = col.form[c]
            if w.forms.entry[form] != Entry.OPEN or col.size[c] >= w.forms.max_size[form]:
                continue
            known = False
            for visit in range(visits):
                known = known or visited[visit] == c
            if known or is_member(w, c, i):
                continue
            visited[visits] = c
            visits += 1
            if has_avoided_member(w, i, c, now):
                continue
            share, value, weight, added = evaluate_joining(w, user_pooling, i, c, contact)
            wanted = share > org.alone_value[i] and added >= org.alone_value[i]
            if wanted and (best == NOBODY or share > best_share):
                best, best_share, best_value, best_weight = c, share, value, weight
    if best != NOBODY:
        admit_member(w, best, i, best_weight, best_share, best_value, now)
