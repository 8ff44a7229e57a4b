"""The rounds: the one kernel Python calls. Its body reads like the paper."""

from __future__ import annotations

from sim.compilation import entry, kernel
from sim.measures import measure
from sim.phases.environment import change_environment
from sim.phases.find import find
from sim.phases.imitate import imitate
from sim.phases.let_go import let_go
from sim.phases.work import look_alone, work
from sim.production import Combine
from sim.state import Floats, World

FIRST_HALF, SECOND_HALF, WHOLE = 1, 2, 3  # an own imitation rule in Python acts between the halves


@kernel
def begin(w: World) -> None:
    """Clear the tallies of the round and look at what everybody would make alone."""
    w.around.tally[:] = 0.0
    w.org.earned[:] = 0.0
    look_alone(w.org, w.scratch, w.p)


@kernel
def book(w: World) -> None:
    """Book what was earned."""
    org = w.org
    for i in range(org.load.size):
        org.performance[i] += w.p.performance_rate * (org.earned[i] - org.performance[i])
        org.earned_total[i] += org.earned[i]


@entry
def play(w: World, own_rule: Combine, first: int, rounds: int, part: int, rows: Floats, events: Floats) -> tuple[int, int, int]:
    """Play rounds; stop early when the event buffer could overflow. Return rounds played, rows and events written."""
    recorded, written = 0, 0
    for now in range(first, first + rounds):
        if written + w.col.order.size > events.shape[0]:
            return now - first, recorded, written
        if part & FIRST_HALF:
            begin(w)
            find(w, own_rule, now)
            work(w, own_rule, now)
            imitate(w, now)
        if part & SECOND_HALF:
            written = let_go(w, own_rule, events, written, now)
            written = change_environment(w, own_rule, events, written, now)
            book(w)
            if (now + 1) % w.p.record_every == 0:
                measure(w, rows[recorded])
                recorded += 1
    return rounds, recorded, written
