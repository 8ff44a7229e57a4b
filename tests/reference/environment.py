"""The environment, from docs/rules.md section 8."""

from math import log

from tests.reference.draws import pick
from tests.reference.let_go import expect, hand_back

RENEWAL, PICK_UP, TURNOVER = 17, 18, 19


def change(m):
    e = m.config.environment
    for i in m.organisations:
        i.x = [
            x + m.config.learning.identity * (core - x) for x, core in zip(i.x, i.core, strict=True)
        ]
    if m.draws.u(RENEWAL, m.now, 0, 0) < e.turbulence:
        renew(m)
    if e.turnover > 0:
        turn_over(m)


def renew(m):
    e, n = m.config.environment, len(m.demand)
    k = pick(m.draws.u(RENEWAL, m.now, 0, 1), n)
    for i in m.organisations:
        i.x[k] *= 1 - e.obsolescence
        i.core[k] *= 1 - e.obsolescence
        if m.draws.u(PICK_UP, m.now, i.row, 0) < e.pick_up:
            i.x[k] = i.core[k] = m.draws.u(PICK_UP, m.now, i.row, 1)
            i.x, i.core = m.fitted(i.x), m.fitted(i.core)
    m.demand[k] = -log(1 - m.draws.u(RENEWAL, m.now, 0, 2)) * (sum(m.demand) / n)
    total = sum(m.demand)
    m.demand = [d / total for d in m.demand] if total > 0 else [1 / n] * n


def turn_over(m):
    gone = []
    for i in m.organisations:
        if m.draws.u(TURNOVER, m.now, i.row, 0) >= m.config.environment.turnover:
            continue
        for team in list(i.teams):
            if team.owner is i:
                team.owner = None
            if len(team.members) - 1 < team.form.min_size:
                m.saw_end(team, "turnover")
                hand_back(m, team, False)
                for j in list(team.members):
                    team.remove(j)
                m.list.remove(team)
            else:
                team.remove(i)
                expect(m, team)
        i.enter(m.now + 1)
        gone.append(i)
    if gone:
        for o in m.organisations:
            o.slots = [s for s in o.slots if s.partner not in gone]
