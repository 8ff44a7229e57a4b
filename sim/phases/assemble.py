"""Assemble a team greedily, invite it and start (rules.md, section 5)."""

from __future__ import annotations

from sim.runtime.compilation import kernel
from sim.state import NOBODY, CollaborationTotal, World
from sim.submodels.production import (
    PoolingFunction,
    apply_depth,
    compute_quality,
    compute_running_cost,
    compute_team_quality,
    compute_unit_value,
    divide_value,
    pool_contribution,
)
from sim.submodels.relations import get_trust, is_cooling_off
from sim.submodels.teams import (
    append_member,
    compute_weight,
    is_invitation_accepted,
    judge_partner,
    open_member_slots,
    write_perceived_contributions,
)


@kernel
def list_candidates(w: World, i: int, now: int) -> int:
    """Write who ``i`` knows that is free, and what it expects of them, into ``scratch``; return their number."""
    org, ledger, scratch, p = w.org, w.ledger, w.scratch, w.p
    form, found = org.form[i], 0
    for slot in range(ledger.used[i]):
        j = ledger.partner[i, slot]
        if org.load[j] >= p.population.capacity or is_cooling_off(ledger, p, i, slot, now):
            continue
        understood, trusted, meetings = judge_partner(org, ledger, w.forms, p, form, i, j)
        scratch.candidate[found] = j
        scratch.understood[found] = understood
        scratch.trusted[found] = trusted
        scratch.taken[found] = 0
        weight = compute_weight(w.forms, form, understood, trusted)
        write_perceived_contributions(
            scratch.offered[found],
            org,
            p,
            i,
            j,
            meetings,
            weight,
            org.load[j] + 1,
            org.domains[i],
            org.breadth[i],
        )
        found += 1
    return found


@kernel
def compute_surplus(
    w: World, i: int, size: int, value: float, quality: float, alone: float
) -> float:
    """Return the perceived surplus per round of a new team, one-off costs spread over the rounds it expects to work."""
    form, p = w.org.form[i], w.p
    rounds = float(w.org.rounds_left[i])
    if w.forms.term[form] > 0:
        rounds = min(rounds, float(w.forms.term[form]))
    if quality > 0.0:
        rounds = min(rounds, (p.challenge.workload - w.org.progress[i]) / quality)
    once = size * (w.forms.setup_cost[form] + w.forms.formalisation[form] * w.forms.exit_cost[form])
    return value - alone - once / max(1.0, rounds)


@kernel
def compute_perceived_quality(
    w: World, own_rule: PoolingFunction, i: int, candidate: int, understood: float, trusted: float
) -> float:
    """Return the quality of the pooled team-mates, one more candidate (or NOBODY) and ``i`` itself, given its mean relations."""
    org, scratch, p = w.org, w.scratch, w.p
    weight = compute_weight(w.forms, org.form[i], understood, trusted)
    breadth = org.breadth[i]
    for d in range(breadth):
        capability = scratch.pooled[d]
        if candidate != NOBODY:
            capability = pool_contribution(capability, scratch.offered[candidate, d], p, own_rule)
        scratch.contribution[0, d] = pool_contribution(
            capability, weight * scratch.own[d], p, own_rule
        )
    return compute_quality(scratch.contribution[0], org.requirement[i], breadth, p)


@kernel
def assemble_team(w: World, own_rule: PoolingFunction, i: int, now: int) -> int:
    """Propose a team: write the chosen candidates into ``scratch.chosen``; return its size with ``i``, or 0 for none.

    Greedy by largest perceived joint value; of all prefixes the one with the best perceived surplus.
    """
    org, scratch, p, form = w.org, w.scratch, w.p, w.org.form[i]
    candidates = list_candidates(w, i, now)
    breadth, unit = org.breadth[i], compute_unit_value(org.breadth[i], p)
    for d in range(breadth):
        scratch.pooled[d] = 0.0
        scratch.own[d] = apply_depth(org.expertise[i, org.domains[i, d]], p.production.depth) / (
            org.load[i] + 1
        )
    value, alone = 0.0, org.alone_value[i]
    understood, trusted = 0.0, 0.0
    proposed, best_surplus = 0, 0.0
    for size in range(2, min(w.forms.max_size[form], candidates + 1) + 1):
        best, best_value, best_quality = NOBODY, 0.0, 0.0
        cost, mates = compute_running_cost(w.forms, form, size), size - 1
        for a in range(candidates):
            if scratch.taken[a] == 0:
                mean_understood = (understood + scratch.understood[a]) / mates
                mean_trusted = (trusted + scratch.trusted[a]) / mates
                quality = compute_perceived_quality(
                    w, own_rule, i, a, mean_understood, mean_trusted
                )
                if best == NOBODY or unit * quality - cost > best_value:
                    best, best_value, best_quality = a, unit * quality - cost, quality
        if size > w.forms.min_size[form] and best_value <= value:
            break
        scratch.taken[best] = 1
        scratch.chosen[size - 2] = best
        value, alone = best_value, alone + org.alone_value[scratch.candidate[best]]
        understood += scratch.understood[best]
        trusted += scratch.trusted[best]
        for d in range(breadth):
            scratch.pooled[d] = pool_contribution(
                scratch.pooled[d], scratch.offered[best, d], p, own_rule
            )
        if size >= w.forms.min_size[form]:
            surplus = compute_surplus(w, i, size, value, best_quality, alone)
            if proposed == 0 or surplus > best_surplus:
                proposed, best_surplus = size, surplus
    return proposed


@kernel
def evaluate_proposal(
    w: World, own_rule: PoolingFunction, i: int, size: int
) -> tuple[float, float, float, float]:
    """Work the chosen team out: quality, value, surplus and the initiator's weight; shares stand in ``scratch.share``."""
    org, scratch, p, form = w.org, w.scratch, w.p, w.org.form[i]
    breadth, alone = org.breadth[i], org.alone_value[i]
    understood, trusted = 0.0, 0.0
    for d in range(breadth):
        scratch.pooled[d] = 0.0
    for mate in range(size - 1):
        a = scratch.chosen[mate]
        understood += scratch.understood[a]
        trusted += scratch.trusted[a]
        alone += org.alone_value[scratch.candidate[a]]
        for d in range(breadth):
            scratch.pooled[d] = pool_contribution(
                scratch.pooled[d], scratch.offered[a, d], p, own_rule
            )
    understood, trusted = understood / (size - 1), trusted / (size - 1)
    weight = compute_weight(w.forms, form, understood, trusted)
    quality = compute_perceived_quality(w, own_rule, i, NOBODY, understood, trusted)
    value = compute_unit_value(breadth, p) * quality - compute_running_cost(w.forms, form, size)
    for d in range(breadth):
        scratch.contribution[0, d] = weight * scratch.own[d]
        for mate in range(size - 1):
            scratch.contribution[mate + 1, d] = scratch.offered[scratch.chosen[mate], d]
    whole = compute_team_quality(
        scratch.contribution, size, NOBODY, org.requirement[i], breadth, scratch.pooled, p, own_rule
    )
    divide_value(
        scratch.share,
        value,
        whole,
        w.forms.sharing[form],
        org.alone_value[i],
        scratch.contribution,
        size,
        org.requirement[i],
        breadth,
        scratch.pooled,
        p,
        own_rule,
    )
    return quality, value, compute_surplus(w, i, size, value, quality, alone), weight


@kernel
def invite_team(
    w: World, own_rule: PoolingFunction, i: int, size: int
) -> tuple[int, float, float, float, float]:
    """Invite the proposed team; return the size of what accepts (0 when too few do), its quality, value, surplus and the initiator's weight."""
    org, scratch, p, form = w.org, w.scratch, w.p, w.org.form[i]
    quality, value, surplus, weight = evaluate_proposal(w, own_rule, i, size)
    staying = 0
    for mate in range(size - 1):
        a = scratch.chosen[mate]
        j = scratch.candidate[a]
        if is_invitation_accepted(
            org, w.forms, p, form, get_trust(org, w.ledger, p, j, i), scratch.share[mate + 1], j
        ):
            scratch.chosen[staying] = a
            staying += 1
    if staying + 1 < max(2, w.forms.min_size[form]):
        return 0, quality, value, surplus, weight
    if staying + 1 < size:
        size = staying + 1
        quality, value, surplus, weight = evaluate_proposal(w, own_rule, i, size)
    return size, quality, value, surplus, weight


@kernel
def invite_and_start(w: World, own_rule: PoolingFunction, i: int, size: int, now: int) -> bool:
    """Invite the proposed team; start when enough accept and the perceived surplus is positive."""
    size, quality, value, surplus, weight = invite_team(w, own_rule, i, size)
    if size == 0 or surplus <= 0.0:
        return False
    start_collaboration(w, i, size, quality, value, weight, now)
    return True


@kernel
def start_collaboration(
    w: World, i: int, size: int, quality: float, value: float, weight: float, now: int
) -> None:
    """Start a collaboration of ``i`` and the chosen candidates on the challenge of ``i``."""
    org, col, scratch = w.org, w.col, w.scratch
    c = col.order[col.totals[CollaborationTotal.RUNNING]]
    col.serial[c] = col.totals[CollaborationTotal.STARTED]
    col.totals[CollaborationTotal.RUNNING] += 1
    col.totals[CollaborationTotal.STARTED] += 1
    col.size[c], col.largest[c] = 0, 0
    col.form[c], col.owner[c] = org.form[i], i
    col.started[c], col.age[c], col.reason[c], col.solved[c] = now, 0, 0, 0
    col.breadth[c], col.progress[c] = org.breadth[i], org.progress[i]
    col.rounds_left[c], col.rounds_spent[c] = org.rounds_left[i], org.rounds_spent[i]
    for d in range(org.breadth[i]):
        col.domains[c, d] = org.domains[i, d]
        col.requirement[c, d] = org.requirement[i, d]
    col.expected[c], col.quality[c] = value, quality
    for s in range(col.sums.shape[1]):
        col.sums[c, s] = 0.0
    org.at_work[i] = c
    alone = org.alone_value[i]
    append_member(org, col, w.forms, w.around, c, i, weight, scratch.share[0] - alone)
    for mate in range(size - 1):
        a = scratch.chosen[mate]
        j = scratch.candidate[a]
        mate_weight = compute_weight(
            w.forms, col.form[c], scratch.understood[a], scratch.trusted[a]
        )
        alone += org.alone_value[j]
        append_member(
            org,
            col,
            w.forms,
            w.around,
            c,
            j,
            mate_weight,
            scratch.share[mate + 1] - org.alone_value[j],
        )
    col.surplus[c] = value - alone
    col.repeat_share[c] = open_member_slots(org, w.ledger, col, w.p, c, now)
