"""All sessions of a server: by an unguessable token, bounded in number, freed when idle."""

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
    """Sessions by token; a page knows only its own token."""

    def __init__(self, most: int = MOST_SESSIONS, idle_after: float = IDLE_AFTER) -> None:
        self.most, self.idle_after = most, idle_after
        self._sessions: dict[str, Session] = {}
        self._saved = SavedSessions()
        self._connections: dict[str, object] = {}  # which connection uses a session, by token

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

    async def reopen(self, token: str | None) -> Session | None:
        """Return a freed session, replayed, or None when nothing of it is kept."""
        saved = self._saved.find(token) if token else None
        if saved is None:
            return None
        self._check_room()
        session = await saved.restore()
        # Another connection of the same page may have been faster.
        return self.find(saved.token) or self._admit(session)

    async def replay(
        self, history: SessionHistory, scenario: Scenario, frontier: int, shown: int
    ) -> Session:
        """Return a session replayed from the history that a page kept."""
        self._check_room()
        return self._admit(await restore_session(history, scenario, frontier, shown))

    def _list_unused(self) -> list[Session]:
        """Return the sessions that no page uses."""
        return [
            session for token, session in self._sessions.items() if token not in self._connections
        ]

    def _check_room(self) -> None:
        """Raise InputError when pages use as many sessions as there may be.

        Checked before a session is played, so that no session is played for nothing.
        """
        if len(self._sessions) >= self.most and not self._list_unused():
            raise InputError(
                f"{self.most} pages are open, as many as this server takes; close one and reload"
            )

    def _admit(self, session: Session) -> Session:
        """Add a session and return it; the session unused for longest makes room.

        Others had their turn while the session was played, so room is made here, where nobody
        has a turn between making room and adding.
        """
        self.free_idle()
        self._check_room()
        if len(self._sessions) >= self.most:
            self._free(min(self._list_unused(), key=lambda unused: unused.last_used))
        self._sessions[session.token] = session
        self._saved.forget(session.token)
        return session

    def _free(self, session: Session) -> None:
        """Drop a session, and keep its history."""
        self._saved.save(session)
        del self._sessions[session.token]

    def attach(self, session: Session, connection: object) -> None:
        """Note which connection uses a session: the last one that asked for it."""
        self._connections[session.token] = connection
        session.last_used = time.monotonic()

    def is_attached(self, session: Session, connection: object) -> bool:
        """Tell whether a connection still is the one that uses a session."""
        return self._connections.get(session.token) is connection

    def detach(self, session: Session, connection: object) -> None:
        """Note that a connection ended; the session waits for its page with the clock stopped."""
        if self.is_attached(session, connection):
            del self._connections[session.token]
            session.playing = False
        session.last_used = time.monotonic()

    def free_idle(self) -> None:
        """Free sessions that have had no page for long."""
        now = time.monotonic()
        for session in self._list_unused():
            if now - session.last_used > self.idle_after:
                self._free(session)
