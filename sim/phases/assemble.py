"""Assemble a team greedily, invite it and start (rules.md, section 5).

The kernels here hand each other a proposal in ``scratch``: the candidates (``candidate``,
``understood``, ``trusted``, ``offered``, ``taken``), which of them are chosen (``chosen``), what
the initiator contributes (``initiator``) and the shares (``share``).
"""

from __future__ import annotations

from sim.runtime.compilation import kernel
from sim.state import NOBODY, CollaborationTotal, EndReason, World
from sim.submodels.production import (
    PoolingFunction,
    compute_quality,
    compute_running_cost,
    compute_team_quality,
    compute_unit_value,
    divide_value,
    pool_contribution,
    write_contribution,
)
from sim.submodels.relations import is_cooling_off
from sim.submodels.teams import (
    append_member,
    compute_weight,
    is_invitation_accepted,
    open_member_slots,
    write_perceived_contribution,
)


@kernel
def list_candidates(w: World, i: int, now: int) -> int:
    """Write who ``i`` knows that is free, and what it expects of them; return their number."""
    org, ledger, scratch = w.org, w.ledger, w.scratch
    domains, found = org.domains[i, : org.breadth[i]], 0
    for slot in range(ledger.used[i]):
        j = ledger.partner[i, slot]
        if org.load[j] >= w.p.population.capacity or is_cooling_off(w, i, slot, now):
            continue
        understood, trusted, _ = write_perceived_contribution(
            w, scratch.offered[found], domains, org.form[i], i, j, org.load[j] + 1
        )
        scratch.candidate[found] = j
        scratch.understood[found] = understood
        scratch.trusted[found] = trusted
        scratch.taken[found] = 0
        found += 1
    return found


@kernel
def write_initiator_contribution(w: World, i: int) -> None:
    """Write what ``i`` contributes to a new team when it is fully understood and trusting."""
    org = w.org
    domains = org.domains[i, : org.breadth[i]]
    write_contribution(w, w.scratch.initiator, domains, i, 1.0, org.load[i] + 1)


@kernel
def compute_surplus(
    w: World, i: int, size: int, value: float, quality: float, alone: float
) -> float:
    """Return the perceived surplus per round of a new team.

    One-off costs are spread over the rounds that the initiator expects to work.
    """
    form, rounds = w.org.form[i], float(w.org.rounds_left[i])
    if w.forms.term[form] > 0:
        rounds = min(rounds, float(w.forms.term[form]))
    if quality > 0.0:
        rounds = min(rounds, (w.p.challenge.workload - w.org.progress[i]) / quality)
    once = size * (w.forms.setup_cost[form] + w.forms.formalisation[form] * w.forms.exit_cost[form])
    return value - alone - once / max(1.0, rounds)


@kernel
def pool_mate(w: World, user_pooling: PoolingFunction, i: int, candidate: int) -> None:
    """Pool a candidate's contribution into ``scratch.mates``."""
    scratch = w.scratch
    for d in range(w.org.breadth[i]):
        scratch.mates[d] = pool_contribution(
            w, user_pooling, scratch.mates[d], scratch.offered[candidate, d]
        )


@kernel
def compute_perceived_quality(
    w: World,
    user_pooling: PoolingFunction,
    i: int,
    candidate: int,
    understood: float,
    trusted: float,
) -> float:
    """Return the quality of ``scratch.mates``, one more candidate (or NOBODY) and ``i`` itself.

    ``understood`` and ``trusted`` are the means of ``i`` and all its mates.
    """
    org, scratch = w.org, w.scratch
    weight, breadth = compute_weight(w, org.form[i], understood, trusted), org.breadth[i]
    for d in range(breadth):
        capability = scratch.mates[d]
        if candidate != NOBODY:
            capability = pool_contribution(
                w, user_pooling, capability, scratch.offered[candidate, d]
            )
        scratch.pooled[d] = pool_contribution(
            w, user_pooling, capability, weight * scratch.initiator[d]
        )
    return compute_quality(w, scratch.pooled, org.requirement[i, :breadth])


@kernel
def assemble_team(w: World, user_pooling: PoolingFunction, i: int, now: int) -> int:
    """Propose a team: choose candidates; return its size with ``i``, or 0 for none.

    Greedy by largest perceived joint value; of all prefixes the one with the best perceived
    surplus.
    """
    org, scratch, form = w.org, w.scratch, w.org.form[i]
    candidates = list_candidates(w, i, now)
    unit = compute_unit_value(w, org.breadth[i])
    write_initiator_contribution(w, i)
    for d in range(org.breadth[i]):
        scratch.mates[d] = 0.0
    value, alone = 0.0, org.alone_value[i]
    understood, trusted = 0.0, 0.0
    proposed, best_surplus = 0, 0.0
    for size in range(2, min(w.forms.max_size[form], candidates + 1) + 1):
        best, best_value, best_quality = NOBODY, 0.0, 0.0
        cost, mates = compute_running_cost(w, form, size), size - 1
        for a in range(candidates):
            if scratch.taken[a] == 0:
                mean_understood = (understood + scratch.understood[a]) / mates
                mean_trusted = (trusted + scratch.trusted[a]) / mates
                quality = compute_perceived_quality(
                    w, user_pooling, i, a, mean_understood, mean_trusted
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
        pool_mate(w, user_pooling, i, best)
        if size >= w.forms.min_size[form]:
            surplus = compute_surplus(w, i, size, value, best_quality, alone)
            if proposed == 0 or surplus > best_surplus:
                proposed, best_surplus = size, surplus
    return proposed


@kernel
def write_proposed_contributions(w: World, i: int, size: int, weight: float) -> None:
    """Write into ``scratch.contribution`` what ``i`` and the chosen candidates contribute."""
    scratch = w.scratch
    for d in range(w.org.breadth[i]):
        scratch.contribution[0, d] = weight * scratch.initiator[d]
        for mate in range(size - 1):
            scratch.contribution[mate + 1, d] = scratch.offered[scratch.chosen[mate], d]


@kernel
def evaluate_proposal(
    w: World, user_pooling: PoolingFunction, i: int, size: int
) -> tuple[float, float, float, float]:
    """Work the chosen team out; return quality, value, surplus and the initiator's weight.

    Shares are written into ``scratch.share``, in the order ``i``, then as chosen.
    """
    org, scratch, form = w.org, w.scratch, w.org.form[i]
    breadth, alone = org.breadth[i], org.alone_value[i]
    requirement = org.requirement[i, :breadth]
    understood, trusted = 0.0, 0.0
    for d in range(breadth):
        scratch.mates[d] = 0.0
    for mate in range(size - 1):
        a = scratch.chosen[mate]
        understood += scratch.understood[a]
        trusted += scratch.trusted[a]
        alone += org.alone_value[scratch.candidate[a]]
        pool_mate(w, user_pooling, i, a)
    understood, trusted = understood / (size - 1), trusted / (size - 1)
    weight = compute_weight(w, form, understood, trusted)
    quality = compute_perceived_quality(w, user_pooling, i, NOBODY, understood, trusted)
    value = compute_unit_value(w, breadth) * quality - compute_running_cost(w, form, size)
    write_proposed_contributions(w, i, size, weight)
    whole = compute_team_quality(w, user_pooling, requirement, size, NOBODY)
    divide_value(w, user_pooling, form, i, requirement, size, value, whole)
    return quality, value, compute_surplus(w, i, size, value, quality, alone), weight


@kernel
def invite_team(
    w: World, user_pooling: PoolingFunction, i: int, size: int
) -> tuple[int, float, float, float, float]:
    """Invite the chosen candidates; those who decline are no longer chosen.

    Return the size of what accepts (0 when too few do), its quality, value and surplus, and the
    initiator's weight; ``scratch.share`` holds the shares.
    """
    scratch, form = w.scratch, w.org.form[i]
    quality, value, surplus, weight = evaluate_proposal(w, user_pooling, i, size)
    staying = 0
    for mate in range(size - 1):
        a = scratch.chosen[mate]
        if is_invitation_accepted(w, form, i, scratch.candidate[a], scratch.share[mate + 1]):
            scratch.chosen[staying] = a
            staying += 1
    if staying + 1 < max(2, w.forms.min_size[form]):
        return 0, quality, value, surplus, weight
    if staying + 1 < size:
        size = staying + 1
        quality, value, surplus, weight = evaluate_proposal(w, user_pooling, i, size)
    return size, quality, value, surplus, weight


@kernel
def invite_and_start(w: World, user_pooling: PoolingFunction, i: int, size: int, now: int) -> bool:
    """Invite the proposed team; start when enough accept and the perceived surplus is positive."""
    size, quality, value, surplus, weight = invite_team(w, user_pooling, i, size)
    if size == 0 or surplus <= 0.0:
        return False
    start_collaboration(w, i, size, quality, value, weight, now)
    return True


@kernel
def open_collaboration(w: World, i: int, now: int) -> int:
    """Return a free slot that from now on holds the challenge of ``i``, without members yet."""
    org, col = w.org, w.col
    c = col.order[col.totals[CollaborationTotal.RUNNING]]
    col.serial[c] = col.totals[CollaborationTotal.STARTED]
    col.totals[CollaborationTotal.RUNNING] += 1
    col.totals[CollaborationTotal.STARTED] += 1
    col.size[c], col.largest[c] = 0, 0
    col.form[c], col.owner[c] = org.form[i], i
    col.started[c], col.age[c], col.reason[c], col.solved[c] = now, 0, EndReason.RUNNING, 0
    col.breadth[c], col.progress[c] = org.breadth[i], org.progress[i]
    col.rounds_left[c], col.rounds_spent[c] = org.rounds_left[i], org.rounds_spent[i]
    for d in range(org.breadth[i]):
        col.domains[c, d] = org.domains[i, d]
        col.requirement[c, d] = org.requirement[i, d]
    for s in range(col.sums.shape[1]):
        col.sums[c, s] = 0.0
    org.at_work[i] = c
    return c


@kernel
def start_collaboration(
    w: World, i: int, size: int, quality: float, value: float, weight: float, now: int
) -> None:
    """Start a collaboration of ``i`` and the chosen candidates; shares are in ``scratch.share``."""
    org, col, scratch = w.org, w.col, w.scratch
    c, alone = open_collaboration(w, i, now), org.alone_value[i]
    col.expected[c], col.quality[c] = value, quality
    append_member(w, c, i, weight, scratch.share[0] - alone)
    for mate in range(size - 1):
        a = scratch.chosen[mate]
        j = scratch.candidate[a]
        mate_weight = compute_weight(w, col.form[c], scratch.understood[a], scratch.trusted[a])
        alone += org.alone_value[j]
        append_member(w, c, j, mate_weight, scratch.share[mate + 1] - org.alone_value[j])
    col.surplus[c] = value - alone
    col.repeat_share[c] = open_member_slots(w, c, now)
