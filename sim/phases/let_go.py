"""Let go: end, leave, reflect, forget (rules.md, section 7)."""

from __future__ import annotations

from sim.observation.events import write_event
from sim.runtime.compilation import kernel
from sim.runtime.prefetching import prefetch_for_let_go
from sim.runtime.randomness import Process, draw_uniform
from sim.state import (
    BY_RULES,
    NOBODY,
    ChallengeCount,
    CollaborationTotal,
    EndReason,
    Floats,
    Tally,
    World,
)
from sim.submodels.entering import draw_challenge, draw_joint_challenge
from sim.submodels.production import PoolingFunction
from sim.submodels.relations import compute_distance, get_initial_trust
from sim.submodels.structures import find_place
from sim.submodels.teams import remove_member, update_expectation

PERSISTENCE_STREAM, INERTIA_STREAM, REFLECTION_STREAM = (
    int(Process.PERSISTENCE),
    int(Process.INERTIA),
    int(Process.REFLECTION),
)


@kernel
def count_challenge(w: World, breadth: int, outcome: int, rounds: int) -> None:
    """Count a challenge that was solved or ran out."""
    w.around.challenges[breadth, outcome] += 1.0
    if outcome == ChallengeCount.EXPIRED:
        w.around.tally[Tally.EXPIRED] += 1.0
    else:
        w.around.tally[Tally.SOLVED] += 1.0
        w.around.challenges[breadth, ChallengeCount.ROUNDS_TO_SOLVE] += rounds


@kernel
def find_end_reason(w: World, c: int, now: int) -> int:
    """Return why a collaboration ends this round, or EndReason.RUNNING."""
    org, col, forms, p = w.org, w.col, w.forms, w.p
    form, convenor = col.form[c], col.members[c, 0]
    solved = col.progress[c] >= p.challenge.workload
    col.solved[c] = solved
    if (
        solved
        and draw_uniform(p.run.seed, PERSISTENCE_STREAM, now, convenor, find_place(w, convenor, c))
        >= forms.persistence[form]
    ):
        return EndReason.SOLVED
    if not solved and col.rounds_left[c] <= 0:
        return EndReason.DEADLINE
    if forms.term[form] > 0 and col.age[c] >= forms.term[form]:
        return EndReason.SOLVED if solved else EndReason.TERM
    by_rules = org.decides[convenor] == BY_RULES  # a person that convenes leaves, or goes on
    if (
        by_rules
        and col.surplus[c] < 0.0
        and draw_uniform(p.run.seed, INERTIA_STREAM, now, convenor, 2 * find_place(w, convenor, c))
        >= forms.inertia[form]
    ):
        return EndReason.SOLVED if solved else EndReason.SURPLUS
    return EndReason.RUNNING


@kernel
def decide_departures(w: World, c: int, now: int) -> None:
    """Note who leaves one collaboration and whether it ends; nobody moves yet."""
    org, col, p = w.org, w.col, w.p
    form, size = col.form[c], col.size[c]
    reason, leavers = find_end_reason(w, c, now), 0
    for member in range(size):
        i = col.members[c, member]
        col.leaving[c, member] = 0
        if org.decides[i] == BY_RULES:
            leaves = (
                col.gain[c, member] < 0.0
                and draw_uniform(p.run.seed, INERTIA_STREAM, now, i, 2 * find_place(w, i, c) + 1)
                >= w.forms.inertia[form]
            )
        else:
            leaves = org.leaves[i] == c + 1
        if reason != EndReason.RUNNING or leaves:
            col.leaving[c, member] = find_place(w, i, c) + 1
            leavers += 1
    if reason == EndReason.RUNNING and size - leavers < w.forms.min_size[form]:
        reason = EndReason.MEMBERS
        for member in range(size):
            col.leaving[c, member] = find_place(w, col.members[c, member], c) + 1
    col.reason[c] = reason


@kernel
def reflect_on_collaboration(w: World, c: int, member: int, place: int, now: int) -> None:
    """Learn to bridge from the distance to those one worked with."""
    org, col, p = w.org, w.col, w.p
    i, size = col.members[c, member], col.size[c]
    if draw_uniform(p.run.seed, REFLECTION_STREAM, now, i, place) >= p.learning.reflection:
        return
    total = 0.0
    for other in range(size):
        if other != member:
            total += compute_distance(w, i, col.members[c, other])
    org.bridging[i] = min(
        1.0,
        org.bridging[i] + p.learning.bridging_gain * (1.0 - org.bridging[i]) * total / (size - 1),
    )


@kernel
def return_challenge(w: World, c: int, now: int) -> None:
    """Return its challenge to the owner: a new one if it was settled, else with its progress."""
    org, col = w.org, w.col
    owner = col.owner[c]
    if owner == NOBODY:
        return
    org.at_work[owner] = NOBODY
    org.progress[owner] = col.progress[c]
    org.rounds_left[owner] = col.rounds_left[c]
    org.rounds_spent[owner] = col.rounds_spent[c]
    if col.solved[c] == 1 or col.rounds_left[c] <= 0:
        draw_challenge(w, owner, now + 1)
    col.owner[c] = NOBODY


@kernel
def give_up_ownership(w: World, c: int, i: int, now: int) -> None:
    """Let an owner that leaves, or whose challenge was solved, draw a new one."""
    if w.col.owner[c] == i:
        draw_challenge(w, i, now + 1)
        w.col.owner[c] = NOBODY


@kernel
def remove_leavers(w: World, c: int) -> None:
    """Take all members out that leave."""
    member = 0
    while member < w.col.size[c]:
        if w.col.leaving[c, member] > 0:
            remove_member(w, c, member)
        else:
            member += 1


@kernel
def carry_out_departures(w: World, user_pooling: PoolingFunction, c: int, now: int) -> None:
    """Let leavers pay, reflect and go; settle the challenge; update the expectation of the rest."""
    org, col, forms = w.org, w.col, w.forms
    form, leavers = col.form[c], 0
    cost = forms.formalisation[form] * forms.exit_cost[form]
    for member in range(col.size[c]):
        if col.leaving[c, member] > 0:
            i = col.members[c, member]
            leavers += 1
            org.earned[i] -= cost
            w.around.tally[Tally.EXIT] += cost
            reflect_on_collaboration(w, c, member, col.leaving[c, member] - 1, now)
            if col.reason[c] == EndReason.RUNNING:
                give_up_ownership(w, c, i, now)
    if col.solved[c] == 1:
        count_challenge(w, col.breadth[c], ChallengeCount.SOLVED_TOGETHER, col.rounds_spent[c])
    elif col.reason[c] != EndReason.RUNNING and col.rounds_left[c] <= 0:
        count_challenge(w, col.breadth[c], ChallengeCount.EXPIRED, col.rounds_spent[c])
    if col.reason[c] != EndReason.RUNNING:
        return_challenge(w, c, now)
    remove_leavers(w, c)
    if col.reason[c] == EndReason.RUNNING:
        if col.solved[c] == 1:
            if col.owner[c] != NOBODY:
                give_up_ownership(w, c, col.owner[c], now)
            draw_joint_challenge(w, c, now + 1)
        if leavers > 0 or col.solved[c] == 1:
            update_expectation(w, user_pooling, c)


@kernel
def remove_ended_collaborations(w: World) -> None:
    """Take ended collaborations out of the list; the others keep their order."""
    col, kept, freed = w.col, 0, 0
    in_use = col.totals[CollaborationTotal.RUNNING]
    for position in range(in_use):
        c = col.order[position]
        if col.reason[c] == EndReason.RUNNING:
            col.order[kept] = c
            kept += 1
        else:
            w.scratch.freed[freed] = c
            freed += 1
    for f in range(freed):
        col.order[kept + f] = w.scratch.freed[f]
    col.totals[CollaborationTotal.RUNNING] = kept


@kernel
def settle_solo_challenges(w: World, now: int) -> None:
    """Give a new challenge to those who worked alone and solved theirs, or ran out of time."""
    org = w.org
    for i in range(org.load.size):
        if org.worked_alone[i] == 1:
            solved = org.progress[i] >= w.p.challenge.workload
            if solved or org.rounds_left[i] <= 0:
                count_challenge(
                    w,
                    org.breadth[i],
                    ChallengeCount.SOLVED_ALONE if solved else ChallengeCount.EXPIRED,
                    org.rounds_spent[i],
                )
                draw_challenge(w, i, now + 1)


@kernel
def fade_relations(w: World, now: int) -> None:
    """Fade trust to its start and familiarity to nothing where no work was shared this round."""
    ledger, rate = w.ledger, w.p.learning.forgetting
    if rate == 0.0:
        return
    for i in range(w.org.load.size):
        for slot in range(ledger.used[i]):  # without branches, so that many slots are done at once
            fading = rate if ledger.last_worked[i, slot] < now else 0.0
            start = get_initial_trust(w, ledger.same_sector[i, slot] == 1)
            ledger.trust[i, slot] += fading * (start - ledger.trust[i, slot])
            ledger.familiarity[i, slot] -= fading * ledger.familiarity[i, slot]


@kernel
def let_partners_go(
    w: World, user_pooling: PoolingFunction, events: Floats, row: int, now: int
) -> int:
    """Decide for all, then carry out; return the row after the last event written."""
    col = w.col
    for position in range(col.totals[CollaborationTotal.RUNNING]):
        prefetch_for_let_go(w, position)
        decide_departures(w, col.order[position], now)
    for position in range(col.totals[CollaborationTotal.RUNNING]):
        prefetch_for_let_go(w, position)
        c = col.order[position]
        if col.reason[c] != EndReason.RUNNING:
            write_event(w, events[row], c, now)
            row += 1
        carry_out_departures(w, user_pooling, c, now)
    remove_ended_collaborations(w)
    settle_solo_challenges(w, now)
    fade_relations(w, now)
    return row
