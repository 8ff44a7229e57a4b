"""All sessions of a server: found by an unguessable token, bounded in number, freed when nobody uses them."""

from __future__ import annotations

import time

from experiments.classroom.course import Records, played_again
from experiments.classroom.messages import Course
from experiments.classroom.scenario import Scenario
from experiments.classroom.session import Session
from sim.errors import InputError

MOST_SESSIONS = 64
IDLE_AFTER = 15 * 60.0  # seconds without a page


class Registry:
    """Sessions by token; a page knows its own token alone."""

    def __init__(self, most: int = MOST_SESSIONS, idle_after: float = IDLE_AFTER) -> None:
        self.most, self.idle_after = most, idle_after
        self._sessions: dict[str, Session] = {}
        self._freed = Records()
        self._attached: dict[str, object] = {}  # by which connection a session is used

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, token: str | None) -> Session | None:
        """Return a session by its token, if it is still there."""
        return self._sessions.get(token) if token else None

    def open(self, scenario: Scenario) -> Session:
        """Begin a session."""
        self._make_room()
        return self._admit(Session(scenario))

    async def come_back(self, token: str | None) -> Session | None:
        """Return a session that was freed, played again as it was, or None when nothing is known of it."""
        if token is None or token not in self._freed:
            return None
        self._make_room()
        session = await self._freed.bring_back(token)
        return self.find(token) or self._admit(session)  # another connection of the page may have been faster

    async def play_again(self, course: Course, wanted: Scenario, frontier: int, shown: int) -> Session:
        """Return a session that is played as a page says it was, at the round it showed."""
        self._make_room()
        return self._admit(await played_again(course, wanted, frontier, shown))

    def _make_room(self) -> None:
        """Free idle sessions; where there are too many, the one that nobody used for longest makes room."""
        self.free_idle()
        if len(self._sessions) >= self.most:
            unused = [s for token, s in self._sessions.items() if token not in self._attached]
            if not unused:
                raise InputError(f"{self.most} pages are open, as many as this server takes; close one and reload")
            self._free(min(unused, key=lambda s: s.last_used))

    def _admit(self, session: Session) -> Session:
        """Take a session in, and return it."""
        self._sessions[session.token] = session
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
        for session in [s for t, s in self._sessions.items() if t not in self._attached and now - s.last_used > self.idle_after]:
            self._free(session)
