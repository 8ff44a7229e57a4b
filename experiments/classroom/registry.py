"""All sessions of a server: found by an unguessable token, bounded in number, freed when nobody uses them."""

from __future__ import annotations

import time

from experiments.classroom.history import SavedSessions, restore_session
from experiments.classroom.messages import SessionHistory
from experiments.classroom.scenario import Scenario
from experiments.classroom.session import Session
from sim.errors import InputError

MOST_SESSIONS = 64
IDLE_AFTER = 15 * 60.0  # seconds without a page


class SessionRegistry:
    """Sessions by token; a page knows its own token alone."""

    def __init__(self, most: int = MOST_SESSIONS, idle_after: float = IDLE_AFTER) -> None:
        self.most, self.idle_after = most, idle_after
        self._sessions: dict[str, Session] = {}
        self._freed = SavedSessions()
        self._attached: dict[str, object] = {}  # by which connection a session is used

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, token: str | None) -> Session | None:
        """Return a session by its token, if it is still there."""
        return self._sessions.get(token) if token else None

    async def open(self, scenario: Scenario, now: int = 0) -> Session:
        """Begin a session, and play it to a round."""
        self._check_room()
        session = Session(scenario)
        await session.play_to(now)
        return self._admit(session)

    async def come_back(self, token: str | None) -> Session | None:
        """Return a session that was freed, played again as it was, or None when nothing is known of it."""
        record = self._freed.find(token) if token else None
        if record is None:
            return None
        self._check_room()
        session = await record.played_again()
        return self.find(record.token) or self._admit(
            session
        )  # another connection of the page may have been faster

    async def play_again(
        self, course: SessionHistory, wanted: Scenario, frontier: int, shown: int
    ) -> Session:
        """Return a session that is played as a page says it was, at the round it showed."""
        self._check_room()
        return self._admit(await restore_session(course, wanted, frontier, shown))

    def _unused(self) -> list[Session]:
        """Return the sessions that no page uses."""
        return [session for token, session in self._sessions.items() if token not in self._attached]

    def _check_room(self) -> None:
        """Raise InputError where pages use as many sessions as there may be: asked before one is played, so that none is played for nothing."""
        if len(self._sessions) >= self.most and not self._unused():
            raise InputError(
                f"{self.most} pages are open, as many as this server takes; close one and reload"
            )

    def _admit(self, session: Session) -> Session:
        """Take a session in, and return it; where there are too many, the one that nobody used for longest makes room.

        Others had their turn while it was played, so room is made here, where nobody else has a turn between that and the taking in.
        """
        self.free_idle()
        self._check_room()
        if len(self._sessions) >= self.most:
            self._free(min(self._unused(), key=lambda s: s.last_used))
        self._sessions[session.token] = session
        self._freed.forget(session.token)
        return session

    def _free(self, session: Session) -> None:
        """Forget a session but for how it was played."""
        self._freed.keep(session)
        del self._sessions[session.token]

    def attach(self, session: Session, connection: object) -> None:
        """Note which connection uses a session: the last one that asked for it."""
        self._attached[session.token] = connection
        session.last_used = time.monotonic()

    def is_attached(self, session: Session, connection: object) -> bool:
        """Tell whether a connection still is the one that uses a session."""
        return self._attached.get(session.token) is connection

    def detach(self, session: Session, connection: object) -> None:
        """Note that a connection ended; the session waits for its page to come back, with the clock stopped."""
        if self.is_attached(session, connection):
            del self._attached[session.token]
            session.playing = False
        session.last_used = time.monotonic()

    def free_idle(self) -> None:
        """Free sessions whose page has been gone for long."""
        now = time.monotonic()
        for session in [s for s in self._unused() if now - s.last_used > self.idle_after]:
            self._free(session)
