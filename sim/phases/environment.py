"""The environment: identity, renewal of domains, coming and going of organisations (rules.md, section 8)."""

from __future__ import annotations

from math import log

from sim.phases.let_go import TURNOVER, drop_ended, hand_back, write_event
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, pick, uniform
from sim.state import NOBODY, Floats, World
from sim.submodels.entering import enter, fit_budget
from sim.submodels.production import Combine
from sim.submodels.teams import expect_anew, remove_member

RENEWAL, PICK_UP, TURN = int(Process.RENEWAL), int(Process.PICK_UP), int(Process.TURNOVER)


@kernel
def pull_to_core(w: World) -> None:
    """Pull expertise back to the own core."""
    expertise, core, rate = w.org.expertise, w.org.core, w.p.identity
    if rate == 0.0:
        return
    for i in range(expertise.shape[0]):
        for k in range(expertise.shape[1]):
            expertise[i, k] += rate * (core[i, k] - expertise[i, k])


@kernel
def renew(w: World, now: int) -> None:
    """Renew a domain, sometimes: old skill loses worth, some pick the new up, demand shifts."""
    org, p, demand = w.org, w.p, w.around.demand
    if uniform(p.seed, RENEWAL, now, 0, 0) >= p.turbulence:
        return
    domains = demand.size
    k = pick(uniform(p.seed, RENEWAL, now, 0, 1), domains)
    for i in range(org.load.size):
        org.expertise[i, k] *= 1.0 - p.obsolescence
        org.core[i, k] *= 1.0 - p.obsolescence
        if uniform(p.seed, PICK_UP, now, i, 0) < p.pick_up:
            skill = uniform(p.seed, PICK_UP, now, i, 1)
            org.expertise[i, k] = skill
            org.core[i, k] = skill
            fit_budget(org.expertise[i], p.budget)
            fit_budget(org.core[i], p.budget)
    mean = 0.0
    for other in range(domains):
        mean += demand[other]
    mean /= domains
    demand[k] = -log(1.0 - uniform(p.seed, RENEWAL, now, 0, 2)) * mean
    total = 0.0
    for other in range(domains):
        total += demand[other]
    for other in range(domains):
        demand[other] = demand[other] / total if total > 0.0 else 1.0 / domains


@kernel
def dissolve(w: World, c: int, now: int) -> None:
    """End a collaboration that turnover left too small: nobody pays or reflects."""
    hand_back(w, c, now)
    while w.col.size[c] > 0:
        remove_member(w.org, w.col, c, 0)
    w.col.reason[c] = TURNOVER


@kernel
def depart(w: World, own_rule: Combine, i: int, events: Floats, row: int, now: int) -> int:
    """Take an organisation out of all its collaborations; return the next event row."""
    org, col = w.org, w.col
    while org.load[i] > 0:
        c, member = org.places[i, 0], 0
        while col.members[c, member] != i:
            member += 1
        if col.size[c] - 1 < w.forms.min_size[col.form[c]]:
            col.reason[c] = TURNOVER
            col.solved[c] = 0
            write_event(w, events, row, c, now)
            row += 1
            if col.owner[c] == i:
                col.owner[c] = NOBODY
            dissolve(w, c, now)
        else:
            if col.owner[c] == i:
                col.owner[c] = NOBODY
            remove_member(org, col, c, member)
            expect_anew(org, w.ledger, col, w.forms, w.scratch, w.p, own_rule, c)
    return row


@kernel
def void_slots(w: World) -> None:
    """Remove all slots that name an organisation that left (marked in ``worked_alone`` by -1)."""
    org, ledger = w.org, w.ledger
    for i in range(org.load.size):
        kept = 0
        for slot in range(ledger.used[i]):
            if org.worked_alone[ledger.partner[i, slot]] == -1:
                org.partners[i] -= ledger.joint[i, slot] > 0
                continue
            if kept < slot:
                ledger.partner[i, kept] = ledger.partner[i, slot]
                ledger.trust[i, kept] = ledger.trust[i, slot]
                ledger.familiarity[i, kept] = ledger.familiarity[i, slot]
                ledger.meetings[i, kept] = ledger.meetings[i, slot]
                ledger.last_met[i, kept] = ledger.last_met[i, slot]
                ledger.joint[i, kept] = ledger.joint[i, slot]
                ledger.last_worked[i, kept] = ledger.last_worked[i, slot]
                ledger.same_sector[i, kept] = ledger.same_sector[i, slot]
            kept += 1
        for slot in range(kept, ledger.used[i]):
            ledger.partner[i, slot] = NOBODY
        ledger.used[i] = kept


@kernel
def turn_over(w: World, own_rule: Combine, events: Floats, row: int, now: int) -> int:
    """Let some organisations leave and newcomers take their rows; return the next event row."""
    org, p, gone = w.org, w.p, 0
    for i in range(org.load.size):
        if uniform(p.seed, TURN, now, i, 0) < p.turnover:
            row = depart(w, own_rule, i, events, row, now)
            enter(org, w.ledger, w.around, w.scratch, p, i, now + 1, p.redraws_entrants)
            org.worked_alone[i] = -1
            gone += 1
    if gone > 0:
        void_slots(w)
        drop_ended(w)
    return row


@kernel
def change_environment(w: World, own_rule: Combine, events: Floats, row: int, now: int) -> int:
    """Let the world around change; return the next event row."""
    pull_to_core(w)
    if w.p.turbulence > 0.0:
        renew(w, now)
    if w.p.turnover > 0.0:
        row = turn_over(w, own_rule, events, row, now)
    return row
