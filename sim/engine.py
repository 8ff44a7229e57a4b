"""The rounds: the one kernel Python calls. Its body reads like the paper."""

from __future__ import annotations

from sim.observation.events import write_event
from sim.observation.measures import measure_round
from sim.phases.environment import change_environment
from sim.phases.find import find_partners
from sim.phases.imitate import imitate_others, prepare_imitation
from sim.phases.let_go import let_partners_go
from sim.phases.work import carry_out_work, compute_alone_values
from sim.runtime.compilation import entry, kernel
from sim.state import CollaborationTotal, EndReason, Floats, Integers, World
from sim.submodels.entering import enter_organisation
from sim.submodels.production import PoolingFunction

FIRST_HALF, SECOND_HALF = 1, 2  # a user-defined imitation rule in Python acts between the halves
ROUND_START = 4  # what persons decided comes after it
WHOLE_ROUND = ROUND_START | FIRST_HALF | SECOND_HALF
POPULATION_ENTRY = 8  # before round 0


@kernel
def enter_population(w: World) -> None:
    """Let all organisations enter at round 0."""
    for i in range(w.org.load.size):
        enter_organisation(w, i, 0)


@kernel
def begin_round(w: World) -> None:
    """Clear the tallies of the round and look at what everybody would make alone."""
    for entry_of_tally in range(w.around.tally.size):
        w.around.tally[entry_of_tally] = 0.0
    for i in range(w.org.earned.size):
        w.org.earned[i] = 0.0
    compute_alone_values(w)


@kernel
def book_earnings(w: World) -> None:
    """Book what was earned."""
    org, rate = w.org, w.p.learning.performance_rate
    for i in range(org.load.size):
        org.performance[i] += rate * (org.earned[i] - org.performance[i])
        org.earned_total[i] += org.earned[i]


@entry
def play_rounds(
    w: World,
    user_pooling: PoolingFunction,
    first: int,
    rounds: int,
    part: int,
    rows: Floats,
    events: Floats,
    copies: Integers,
) -> tuple[int, int, int]:
    """Play rounds; stop early when the event buffer could overflow.

    ``copies`` takes (copier, model) of one round's copies by rule, as many as it has rows. Return
    rounds played, and rows and events written.
    """
    recorded, written = 0, 0
    if part == POPULATION_ENTRY:
        enter_population(w)
        return 0, 0, 0
    for now in range(first, first + rounds):
        if written + w.col.order.size > events.shape[0]:
            return now - first, recorded, written
        if part & ROUND_START:
            begin_round(w)
        if part & FIRST_HALF:
            find_partners(w, user_pooling, now)
            carry_out_work(w, user_pooling, now)
            imitate_others(w, copies, now)
        if part & SECOND_HALF:
            written = let_partners_go(w, user_pooling, events, written, now)
            written = change_environment(w, user_pooling, events, written, now)
            book_earnings(w)
            if (now + 1) % w.p.run.record_every == 0:
                measure_round(w, rows[recorded])
                recorded += 1
    return rounds, recorded, written


@entry
def prepare_copying(w: World) -> None:
    """Note expertise before copying, users and leaders, where no compiled rule did."""
    prepare_imitation(w)


@entry
def write_running_events(w: World, events: Floats, now: int) -> None:
    """Write the records of collaborations that still run."""
    for position in range(w.col.totals[CollaborationTotal.RUNNING]):
        c = w.col.order[position]
        w.col.reason[c] = EndReason.RUNNING
        write_event(w, events[position], c, now)
