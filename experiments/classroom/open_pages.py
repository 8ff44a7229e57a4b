"""All open pages of a class: of the teacher, of students, and of those that watch.

What is sent to all students, and the role-play, are here.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Protocol

from starlette.websockets import WebSocketDisconnect

from experiments.classroom.roleplay import RolePlay
from experiments.classroom.scenario import Scenario
from experiments.classroom.session import Session
from sim.errors import InputError
from sim.interactive.decisions import Decision
from sim.state import NOBODY

# What sending raises when the page has gone.
DISCONNECT_ERRORS = (WebSocketDisconnect, RuntimeError)


class ClassPage(Protocol):
    """What this module needs of the connection of a page."""

    session: Session
    is_student: bool
    watches: bool

    async def send(self, kind: str, **fields: Any) -> None:
        """Send one message."""

    def begin(self, scenario: Scenario) -> None:
        """Begin a scenario at round 0, and cancel runs of the one before."""

    async def send_scene(self) -> None:
        """Send everything."""

    async def broadcast_frame(self) -> None:
        """Send what changed, also to those that watch."""

    async def broadcast_state(self) -> None:
        """Send the clock and the choices, also to those that watch."""


class OpenPages:
    """All open pages, the scenario that was sent to students last, and the role-play."""

    def __init__(self) -> None:
        self.pages: list[ClassPage] = []
        self.sent_scenario: Scenario | None = None
        self.role_play: RolePlay | None = None
        self._leader: ClassPage | None = None  # the page in whose session the roles are played
        self._clock: asyncio.Task[None] | None = None

    def list_students(self) -> list[ClassPage]:
        """Return the pages of students."""
        return [page for page in self.pages if page.is_student]

    def list_teachers(self) -> list[ClassPage]:
        """Return the pages of the teacher that have a session of their own."""
        return [page for page in self.pages if not page.is_student and not page.watches]

    def list_watchers(self, session: Session) -> list[ClassPage]:
        """Return the pages that watch a session."""
        return [page for page in self.pages if page.watches and page.session is session]

    def find_watched_session(self) -> Session:
        """Return the session of the teacher's page that was used last."""
        sessions = [page.session for page in self.list_teachers()]
        if not sessions:
            raise InputError("there is nothing to watch; open the teacher's page first")
        return max(sessions, key=lambda session: session.last_used)

    async def enter(self, page: ClassPage, in_role_play: bool = False) -> None:
        """Add a page; a student that enters a role-play gets an organisation.

        Args:
            page: the page that enters.
            in_role_play: whether the page was informed that a role-play runs. If the role-play is
                over by now, the page is informed of that.
        """
        self.pages.append(page)
        if page.is_student and self.role_play is not None:
            self.role_play.assign_seat(page.session.token)
            await self._send_role(page)
        elif in_role_play:
            await page.send("role", over=True)
        await self._send_room()

    async def leave(self, page: ClassPage) -> None:
        """Remove a page; the organisation of a player waits for it."""
        if page not in self.pages:
            return
        self.pages.remove(page)
        if page is self._leader:
            await self.end_role_play()
        await self._send_room()

    async def _send_room(self) -> None:
        """Send the teacher's pages who is there, and how far the players are."""
        room: dict[str, Any] = {
            "students": len(self.list_students()),
            "roles": self.role_play.describe_progress() if self.role_play else None,
        }
        for page in self.list_teachers():
            with suppress(*DISCONNECT_ERRORS):
                await page.send("room", **room)

    # --- the same scenario for everybody ---------------------------------------------------------

    async def send_scenario(self, scenario: Scenario) -> int:
        """Begin a scenario on the page of every student; return on how many."""
        self.sent_scenario = scenario
        reached = 0
        for page in self.list_students():
            with suppress(*DISCONNECT_ERRORS):
                async with page.session.busy:
                    page.begin(scenario)
                    await page.send("sent")
                    await page.send_scene()
                reached += 1
        return reached

    # --- the role-play ---------------------------------------------------------------------------

    async def begin_role_play(self, leader: ClassPage) -> None:
        """Give every student an organisation of side A of the leader's session."""
        await self.end_role_play()
        students = [page.session.token for page in self.list_students()]
        leader.session.seats = {
            token: i
            for token, i in leader.session.seats.items()
            if token in students and i != NOBODY
        }
        self.role_play, self._leader = RolePlay(leader.session), leader
        for token in students:
            self.role_play.assign_seat(token)
        await self._send_roles()

    async def restart_role_play(self, session: Session) -> None:
        """Note that a session began again: a role-play in it closes its round and goes on."""
        if self.role_play is None or self.role_play.session is not session:
            return
        self._stop_clock()
        self.role_play.restart([page.session.token for page in self.list_students()])
        await self._send_roles()

    async def end_role_play(self) -> None:
        """Give all organisations back to the rules."""
        self._stop_clock()
        if self.role_play is None:
            return
        self.role_play = self._leader = None
        for page in self.list_students():
            with suppress(*DISCONNECT_ERRORS):
                await page.send("role", over=True)
        await self._send_room()

    def _stop_clock(self) -> None:
        """Stop the clock, unless the clock itself asks for it."""
        if self._clock is not None and self._clock is not asyncio.current_task():
            self._clock.cancel()
        self._clock = None

    def _require_role_play(self) -> RolePlay:
        """Return the role-play; raise InputError when there is none."""
        if self.role_play is None:
            raise InputError("no role-play has begun; begin one first")
        return self.role_play

    async def open_round(self, seconds: float) -> None:
        """Let players decide; the clock plays the round when time is up."""
        role_play = self._require_role_play()
        self._stop_clock()
        role_play.open_round(seconds)
        for page in self.list_students():
            role_play.assign_seat(page.session.token)
        self._clock = asyncio.create_task(self._close_round_after(seconds))
        await self._send_roles()

    async def _close_round_after(self, seconds: float) -> None:
        """Play the round when time is up."""
        await asyncio.sleep(seconds)
        with suppress(InputError):
            await self.close_round()

    async def close_round(self) -> None:
        """Play the round with what was decided, and show it to all."""
        role_play, leader = self._require_role_play(), self._leader
        if leader is None or not role_play.is_open:
            raise InputError("no round is open; open one first")
        self._stop_clock()
        role_play.is_open = False  # before others have their turn: a round is played once
        side = role_play.side
        async with leader.session.busy:
            if role_play.side is not side:
                return  # the session began again meanwhile, and nobody decided anything there
            await role_play.play_round()
            with suppress(*DISCONNECT_ERRORS):
                await leader.broadcast_frame()
                await leader.broadcast_state()
        await self._send_roles()

    async def decide(self, page: ClassPage, decision: Decision) -> None:
        """Note what a player decided; the round is played when everybody has decided."""
        role_play = self._require_role_play()
        role_play.decide(page.session.token, decision)
        await self._send_role(page)
        await self._send_room()
        if role_play.is_decided_by([student.session.token for student in self.list_students()]):
            await self.close_round()

    async def _send_roles(self) -> None:
        """Send every player the view of its organisation, and the teacher the progress."""
        for page in self.list_students():
            await self._send_role(page)
        await self._send_room()

    async def _send_role(self, page: ClassPage) -> None:
        """Send a player what its organisation sees."""
        if self.role_play is not None:
            with suppress(*DISCONNECT_ERRORS):
                await page.send("role", **self.role_play.build_view(page.session.token))
