"""The environment: identity, renewal of domains, turnover (rules.md, section 8)."""

from __future__ import annotations

from math import log

from sim.observation.events import write_event
from sim.phases.let_go import (
    remove_ended_collaborations,
    return_challenge,
)
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, draw_uniform, pick_index
from sim.state import JUST_ENTERED, NOBODY, EndReason, Floats, World
from sim.submodels.entering import enter_organisation, fit_budget
from sim.submodels.production import PoolingFunction
from sim.submodels.teams import remove_member, update_expectation

RENEWAL_STREAM, PICK_UP_STREAM, TURNOVER_STREAM = (
    int(Process.RENEWAL),
    int(Process.PICK_UP),
    int(Process.TURNOVER),
)


@kernel
def pull_to_core(w: World) -> None:
    """Pull expertise back to the own core."""
    expertise, core, rate = w.org.expertise, w.org.core, w.p.learning.identity
    if rate == 0.0:
        return
    for i in range(expertise.shape[0]):
        for k in range(expertise.shape[1]):
            expertise[i, k] += rate * (core[i, k] - expertise[i, k])


@kernel
def renew_domain(w: World, now: int) -> None:
    """Renew a domain, sometimes: old skill loses worth, some pick the new up, demand shifts."""
    org, p, demand = w.org, w.p, w.around.demand
    if draw_uniform(p.run.seed, RENEWAL_STREAM, now, 0, 0) >= p.environment.turbulence:
        return
    domains = demand.size
    k = pick_index(draw_uniform(p.run.seed, RENEWAL_STREAM, now, 0, 1), domains)
    for i in range(org.load.size):
        org.expertise[i, k] *= 1.0 - p.environment.obsolescence
        org.core[i, k] *= 1.0 - p.environment.obsolescence
        if draw_uniform(p.run.seed, PICK_UP_STREAM, now, i, 0) < p.environment.pick_up:
            skill = draw_uniform(p.run.seed, PICK_UP_STREAM, now, i, 1)
            org.expertise[i, k] = skill
            org.core[i, k] = skill
            fit_budget(org.expertise[i], p.population.budget)
            fit_budget(org.core[i], p.population.budget)
    mean = 0.0
    for other in range(domains):
        mean += demand[other]
    mean /= domains
    demand[k] = -log(1.0 - draw_uniform(p.run.seed, RENEWAL_STREAM, now, 0, 2)) * mean
    total = 0.0
    for other in range(domains):
        total += demand[other]
    for other in range(domains):
        demand[other] = demand[other] / total if total > 0.0 else 1.0 / domains


@kernel
def dissolve_collaboration(w: World, c: int, now: int) -> None:
    """End a collaboration that turnover left too small: nobody pays or reflects."""
    return_challenge(w, c, now)
    while w.col.size[c] > 0:
        remove_member(w, c, 0)
    w.col.reason[c] = EndReason.TURNOVER


@kernel
def leave_collaborations(
    w: World, user_pooling: PoolingFunction, i: int, events: Floats, row: int, now: int
) -> int:
    """Take an organisation out of all its collaborations; return the next event row."""
    org, col = w.org, w.col
    while org.load[i] > 0:
        c, member = org.places[i, 0], 0
        while col.members[c, member] != i:
            member += 1
        if col.size[c] - 1 < w.forms.min_size[col.form[c]]:
            col.reason[c] = EndReason.TURNOVER
            col.solved[c] = 0
            write_event(w, events[row], c, now)
            row += 1
            if col.owner[c] == i:
                col.owner[c] = NOBODY
            dissolve_collaboration(w, c, now)
        else:
            if col.owner[c] == i:
                col.owner[c] = NOBODY
            remove_member(w, c, member)
            update_expectation(w, user_pooling, c)
    return row


@kernel
def remove_departed_partners(w: World) -> None:
    """Remove all slots that name an organisation that left (``worked_alone`` says so)."""
    org, ledger = w.org, w.ledger
    for i in range(org.load.size):
        kept = 0
        for slot in range(ledger.used[i]):
            if org.worked_alone[ledger.partner[i, slot]] == JUST_ENTERED:
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
def replace_organisations(
    w: World, user_pooling: PoolingFunction, events: Floats, row: int, now: int
) -> int:
    """Let some organisations leave and newcomers take their rows; return the next event row."""
    org, p, gone = w.org, w.p, 0
    for i in range(org.load.size):
        if draw_uniform(p.run.seed, TURNOVER_STREAM, now, i, 0) < p.environment.turnover:
            row = leave_collaborations(w, user_pooling, i, events, row, now)
            enter_organisation(w, i, now + 1)
            org.worked_alone[i] = JUST_ENTERED
            gone += 1
    if gone > 0:
        remove_departed_partners(w)
        remove_ended_collaborations(w)
    return row


@kernel
def change_environment(
    w: World, user_pooling: PoolingFunction, events: Floats, row: int, now: int
) -> int:
    """Let the world around change; return the next event row."""
    pull_to_core(w)
    if w.p.environment.turbulence > 0.0:
        renew_domain(w, now)
    if w.p.environment.turnover > 0.0:
        row = replace_organisations(w, user_pooling, events, row, now)
    return row
