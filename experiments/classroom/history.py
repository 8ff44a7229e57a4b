"""How a session was played, in a few kB: enough to replay the same rounds.

The history holds the settings, what changed between rounds, and what persons decided. Draws are
keyed by seed and round, so nothing else is needed. The server keeps the histories of sessions that
it freed; every page keeps the history of its own session, for a server that has restarted.
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

HELLO_OVERHEAD = 1_024  # bytes of a hello besides scenario and history
MOST_SAVED_SESSIONS = 256  # freed sessions whose history is kept
LARGEST_SAVED_HISTORY = 16_384  # bytes, packed


def collect_history(session: Session) -> SessionHistory:
    """Return how a session was played."""
    changes = [
        RecordedChange.model_construct(round=period.start, side=name, parameter=path, value=value)
        for name, side in session.sides.items()
        for period in side.periods
        for path, value in period.changes.items()
    ]
    decisions = [
        record_decision(now, i, decision)
        for now, decisions in sorted(session.sides["a"].decisions.items())
        for i, decision in sorted(decisions.items())
    ]
    return SessionHistory.model_construct(
        begun=session.begun, changes=tuple(changes), decisions=tuple(decisions)
    )


def record_decision(now: int, i: int, decision: Decision) -> RecordedDecision:
    """Return a decision as a history holds it."""
    copy_from, copy_domain = decision.copy or (None, 0)
    fields: dict[str, Any] = {
        "meet": decision.meet,
        "invite": decision.invite,
        "join": decision.join,
        "leave": decision.leave,
        "accepts": decision.accepts,
    }
    return RecordedDecision.model_construct(
        round=now, organisation=i, copy_from=copy_from, copy_domain=copy_domain, **fields
    )


def shorten_history(session: Session) -> dict[str, Any]:
    """Return the history as the page keeps it, small enough for a hello.

    If it does not fit, the decisions are left out, and if need be the changes too.
    """
    history = collect_history(session)
    most = LARGEST_MESSAGE - HELLO_OVERHEAD - len(session.scenario.model_dump_json())
    without_decisions = history.model_copy(update={"decisions": (), "incomplete": True})
    without_changes = without_decisions.model_copy(update={"changes": ()})
    fitting = (
        candidate
        for candidate in (history, without_decisions)
        if len(candidate.changes) <= MOST_CHANGES
        and len(candidate.model_dump_json(exclude_defaults=True)) <= most
    )
    return next(fitting, without_changes).model_dump(exclude_defaults=True)


async def replay_history(history: SessionHistory, frontier: int) -> Session:
    """Return a session played again as before; raise InputError when that is impossible."""
    session = Session(history.begun)
    for change in history.changes:
        check_page_value(change.parameter, change.value)
        if is_shared(change.parameter) or not can_change_between_rounds(change.parameter):
            raise InputError(
                f"{change.parameter} cannot change between rounds; it acts on Begin again"
            )
    changes: dict[tuple[int, Side], dict[str, Any]] = {}
    for change in history.changes:
        changes.setdefault((change.round, change.side), {})[change.parameter] = change.value
    decisions: dict[int, dict[int, Decision]] = {}
    for record in history.decisions:
        decisions.setdefault(record.round, {})[record.organisation] = record.build_decision()
    for now in range(frontier + 1):
        for name, side in session.sides.items():
            side.change(replace_parameters(side.config, changes.get((now, name), {})))
            if now < frontier:
                side.play(decisions.get(now) if name == "a" else None)
        if now % ROUNDS_PER_TURN == 0:
            await asyncio.sleep(0)
    session.incomplete = history.incomplete
    return session


async def restore_session(
    history: SessionHistory, scenario: Scenario, frontier: int, shown: int
) -> Session:
    """Return a session as it was.

    If its decisions cannot be replayed, the rules play in their place and the session is marked
    incomplete.

    Args:
        history: how it was played.
        scenario: what the page had chosen last.
        frontier: the last round that was played.
        shown: the round that was shown.
    """
    scenario.build_configs()
    by_rules = history.model_copy(update={"decisions": (), "incomplete": True})
    try:
        session = await replay_history(history, frontier)
    except InputError:
        session = await replay_history(by_rules, frontier)
    session.scenario, session.shown = scenario, shown
    return session


class SavedSession(NamedTuple):
    """What the server keeps of a session that it freed."""

    token: str
    history: bytes  # packed
    scenario: Scenario
    frontier: int
    shown: int
    speed: float
    seats: dict[str, int]

    async def restore(self) -> Session:
        """Return the session as it was, under its token."""
        history = SessionHistory.model_validate_json(zlib.decompress(self.history))
        session = await restore_session(history, self.scenario, self.frontier, self.shown)
        session.token, session.speed, session.seats = self.token, self.speed, self.seats
        return session


class SavedSessions:
    """The histories of freed sessions by token, bounded in number and size; the oldest go first."""

    def __init__(self, most: int = MOST_SAVED_SESSIONS) -> None:
        self.most = most
        self._saved: OrderedDict[str, SavedSession] = OrderedDict()

    def save(self, session: Session) -> None:
        """Keep the history of a session, unless it is too long."""
        history = collect_history(session)
        packed = zlib.compress(history.model_dump_json(exclude_defaults=True).encode())
        if (
            len(packed) <= LARGEST_SAVED_HISTORY
            and len(history.changes) <= MOST_CHANGES
            and len(history.decisions) <= MOST_DECISIONS
        ):
            self._saved[session.token] = SavedSession(
                token=session.token,
                history=packed,
                scenario=session.scenario,
                frontier=session.frontier,
                shown=session.shown,
                speed=session.speed,
                seats=session.seats,
            )
        while len(self._saved) > self.most:
            self._saved.popitem(last=False)

    def find(self, token: str) -> SavedSession | None:
        """Return what is kept of a session, if anything is."""
        return self._saved.get(token)

    def forget(self, token: str) -> None:
        """Drop what is kept of a session."""
        self._saved.pop(token, None)
