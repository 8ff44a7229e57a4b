"""How a session was played, in a few kB: with its settings, what changed midway and what was decided, the same rounds come back.

Draws are keyed by seed and round, so nothing else has to be kept: the server keeps the course of a session that it frees, and every page
keeps the course of its own, for a server that is started anew.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import OrderedDict
from typing import Any, NamedTuple

from experiments.classroom.messages import (
    LARGEST_MESSAGE,
    MOST_CHANGES,
    MOST_DECISIONS,
    RecordedChange,
    RecordedDecision,
    SessionHistory,
)
from experiments.classroom.scenario import Scenario, Side, check_page_value, is_shared
from experiments.classroom.session import Session
from experiments.classroom.side import ROUNDS_PER_TURN
from sim.errors import InputError
from sim.interactive.decisions import Decision
from sim.interactive.parameter_changes import can_change_between_rounds, replace_parameters

HELLO_OVERHEAD = 1_024  # bytes of a hello besides scenario and course
MOST_SAVED_SESSIONS = 256  # freed sessions whose course is kept
LARGEST_SAVED_HISTORY = 16_384  # bytes, packed


def collect_history(session: Session) -> SessionHistory:
    """Return how a session was played."""
    changes = [
        RecordedChange.model_construct(round=term.start, side=side, parameter=path, value=value)
        for side, played in session.sides.items()
        for term in played.terms
        for path, value in term.changed.items()
    ]
    decisions = [
        record_decision(now, i, one)
        for now, decisions in sorted(session.sides["a"].decided.items())
        for i, one in sorted(decisions.items())
    ]
    return SessionHistory.model_construct(
        begun=session.begun, changes=tuple(changes), decisions=tuple(decisions)
    )


def record_decision(now: int, i: int, one: Decision) -> RecordedDecision:
    """Return a decision as a message tells it."""
    copied, field = one.copy or (None, 0)
    told: dict[str, Any] = {
        "meet": one.meet,
        "invite": one.invite,
        "join": one.join,
        "leave": one.leave,
        "accepts": one.accepts,
    }
    return RecordedDecision.model_construct(
        round=now, organisation=i, copy_from=copied, field=field, **told
    )


def shorten_history(session: Session) -> dict[str, Any]:
    """Return the course as the page keeps it: without decisions, or without changes too, where it would not fit into a hello."""
    course, most = (
        collect_history(session),
        LARGEST_MESSAGE - HELLO_OVERHEAD - len(session.scenario.model_dump_json()),
    )
    shorter = course.model_copy(update={"decisions": (), "incomplete": True})
    shortest = shorter.model_copy(update={"changes": ()})
    fits = (
        one
        for one in (course, shorter)
        if len(one.changes) <= MOST_CHANGES
        and len(one.model_dump_json(exclude_defaults=True)) <= most
    )
    return next(fits, shortest).model_dump(exclude_defaults=True)


async def replay_history(course: SessionHistory, frontier: int) -> Session:
    """Return a session that is played as it was before; InputError when that cannot have been."""
    session = Session(course.begun)
    for change in course.changes:
        check_page_value(change.parameter, change.value)
        if is_shared(change.parameter) or not can_change_between_rounds(change.parameter):
            raise InputError(f"{change.parameter} does not change midway; it acts on Begin again")
    changed: dict[tuple[int, Side], dict[str, Any]] = {}
    for change in course.changes:
        changed.setdefault((change.round, change.side), {})[change.parameter] = change.value
    decided: dict[int, dict[int, Decision]] = {}
    for one in course.decisions:
        decided.setdefault(one.round, {})[one.organisation] = one.decision()
    for now in range(frontier + 1):
        for side, played in session.sides.items():
            played.change(replace_parameters(played.config, changed.get((now, side), {})))
            if now < frontier:
                played.play(decided.get(now) if side == "a" else None)
        if now % ROUNDS_PER_TURN == 0:
            await asyncio.sleep(0)
    session.incomplete = course.incomplete
    return session


async def restore_session(
    course: SessionHistory, wanted: Scenario, frontier: int, shown: int
) -> Session:
    """Return a session that comes back: where its decisions cannot be played any more, the rules play in their place and it says so."""
    wanted.configs()
    by_rules = course.model_copy(update={"decisions": (), "incomplete": True})
    try:
        session = await replay_history(course, frontier)
    except InputError:
        session = await replay_history(by_rules, frontier)
    session.scenario, session.shown = wanted, shown
    return session


class SavedSession(NamedTuple):
    """What is kept of a session that was freed."""

    token: str
    course: bytes  # packed
    wanted: Scenario
    frontier: int
    shown: int
    speed: float
    seats: dict[str, int]

    async def played_again(self) -> Session:
        """Return the session as it was, under its token."""
        course = SessionHistory.model_validate_json(zlib.decompress(self.course))
        session = await restore_session(course, self.wanted, self.frontier, self.shown)
        session.token, session.speed, session.seats = self.token, self.speed, self.seats
        return session


class SavedSessions:
    """The courses of freed sessions by their tokens, bounded in number and size; those that were freed first are forgotten first."""

    def __init__(self, most: int = MOST_SAVED_SESSIONS) -> None:
        self.most = most
        self._kept: OrderedDict[str, SavedSession] = OrderedDict()

    def keep(self, session: Session) -> None:
        """Keep the course of a session, unless it is too long."""
        course = collect_history(session)
        packed = zlib.compress(course.model_dump_json(exclude_defaults=True).encode())
        if (
            len(packed) <= LARGEST_SAVED_HISTORY
            and len(course.changes) <= MOST_CHANGES
            and len(course.decisions) <= MOST_DECISIONS
        ):
            told = (session.scenario, session.frontier, session.shown, session.speed, session.seats)
            self._kept[session.token] = SavedSession(session.token, packed, *told)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)

    def find(self, token: str) -> SavedSession | None:
        """Return what is kept of a session, if anything is."""
        return self._kept.get(token)

    def forget(self, token: str) -> None:
        """Keep nothing of a session: it is back, or was never freed."""
        self._kept.pop(token, None)
