"""Who is in the room: the pages of the teacher, of the students and of those that look on; what is sent to all, and the role-play."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Protocol

from starlette.websockets import WebSocketDisconnect

from experiments.classroom.roleplay import RolePlay
from experiments.classroom.scenario import Scenario
from experiments.classroom.session import Session
from sim.errors import InputError
from sim.state import NOBODY

DISCONNECT_ERRORS = (
    WebSocketDisconnect,
    RuntimeError,
)  # what sending to a page says that went away


class ClassPage(Protocol):
    """What the hall needs of a page's connection."""

    session: Session
    is_student: bool
    watches: bool

    async def send(self, kind: str, **told: Any) -> None:
        """Send one message."""

    def begin(self, scenario: Scenario) -> None:
        """Begin a scenario at round 0, and give up what was under way of the one before."""

    async def send_scene(self) -> None:
        """Send everything."""

    async def tell_frame(self) -> None:
        """Send what changed, to those that look on too."""

    async def tell_state(self) -> None:
        """Send the clock and the choices, to those that look on too."""


class OpenPages:
    """All pages that are open."""

    def __init__(self) -> None:
        self.pages: list[ClassPage] = []
        self.sent: Scenario | None = None  # what was sent to all last
        self.roles: RolePlay | None = None
        self._leader: ClassPage | None = (
            None  # the teacher's page in whose session the roles are played
        )
        self._clock: asyncio.Task[None] | None = None

    def students(self) -> list[ClassPage]:
        """Return the pages of students."""
        return [page for page in self.pages if page.is_student]

    def watchers(self, session: Session) -> list[ClassPage]:
        """Return the pages that look on at a session."""
        return [page for page in self.pages if page.watches and page.session is session]

    def shown_session(self) -> Session:
        """Return the session of the teacher's page that was used last."""
        teachers = [page.session for page in self.pages if not page.is_student and not page.watches]
        if not teachers:
            raise InputError("there is nothing to look on at; open the teacher's page first")
        return max(teachers, key=lambda session: session.last_used)

    async def enter(self, page: ClassPage, plays: bool = False) -> None:
        """Let a page in; a student that comes into a role-play gets its organisation, one that was told it ``plays`` hears if that is over by now."""
        self.pages.append(page)
        if page.is_student and self.roles is not None:
            self.roles.seat(page.session.token)
            await self._tell_role(page)
        elif plays:
            await page.send("role", over=True)
        await self._tell_room()

    async def leave(self, page: ClassPage) -> None:
        """Note that a page is gone; the organisation of a player waits for it."""
        if page not in self.pages:
            return
        self.pages.remove(page)
        if page is self._leader:
            await self.end_roles()
        await self._tell_room()

    async def _tell_room(self) -> None:
        """Tell the teacher's pages who is there, and how far the players are."""
        told: dict[str, Any] = {
            "students": len(self.students()),
            "roles": self.roles.told() if self.roles else None,
        }
        for page in list(self.pages):
            if not page.is_student and not page.watches:
                with suppress(*DISCONNECT_ERRORS):
                    await page.send("room", **told)

    # --- the same for everybody --------------------------------------------------------------------------------------

    async def send_everyone(self, scenario: Scenario) -> int:
        """Begin a scenario on every student's page; return on how many."""
        self.sent = scenario
        reached = 0
        for page in self.students():
            with suppress(*DISCONNECT_ERRORS):
                async with page.session.busy:
                    page.begin(scenario)
                    await page.send("sent")
                    await page.send_scene()
                reached += 1
        return reached

    # --- the role-play -----------------------------------------------------------------------------------------------

    async def begin_roles(self, leader: ClassPage) -> None:
        """Give every student an organisation of side A of the leader's session."""
        await self.end_roles()
        students = [page.session.token for page in self.students()]
        leader.session.seats = {
            token: i
            for token, i in leader.session.seats.items()
            if token in students and i != NOBODY
        }
        self.roles, self._leader = RolePlay(leader.session), leader
        for token in students:
            self.roles.seat(token)
        await self.tell_roles()

    async def begin_anew(self, session: Session) -> None:
        """Note that a session began anew: a role-play in it closes its round, and goes on where nothing was decided yet."""
        if self.roles is None or self.roles.session is not session:
            return
        self._stop_clock()
        self.roles.begin_anew([page.session.token for page in self.students()])
        await self.tell_roles()

    async def end_roles(self) -> None:
        """Give all organisations back to the rules."""
        self._stop_clock()
        if self.roles is None:
            return
        self.roles = self._leader = None
        for page in self.students():
            with suppress(*DISCONNECT_ERRORS):
                await page.send("role", over=True)
        await self._tell_room()

    def _stop_clock(self) -> None:
        """Stop the clock, unless it is the one that asks."""
        if self._clock is not None and self._clock is not asyncio.current_task():
            self._clock.cancel()
        self._clock = None

    def _running(self) -> RolePlay:
        """Return the role-play, or say that there is none."""
        if self.roles is None:
            raise InputError("no role-play has begun; begin one first")
        return self.roles

    async def open_round(self, seconds: float) -> None:
        """Let players decide; the clock plays the round when time is up."""
        roles = self._running()
        self._stop_clock()
        roles.open(seconds)
        for page in self.students():
            roles.seat(page.session.token)
        self._clock = asyncio.create_task(self._wait(seconds))
        await self.tell_roles()

    async def _wait(self, seconds: float) -> None:
        """Play the round when time is up."""
        await asyncio.sleep(seconds)
        with suppress(InputError):
            await self.close_round()

    async def close_round(self) -> None:
        """Play the round with what was decided, and show it to all."""
        roles, leader = self._running(), self._leader
        if leader is None or not roles.is_open:
            raise InputError("no round is open; open one first")
        self._stop_clock()
        roles.is_open = False  # before anybody else gets a turn: a round is played once
        world = roles.side
        async with leader.session.busy:
            if roles.side is not world:
                return  # the session began anew meanwhile: nobody decided anything there
            await roles.play()
            with suppress(*DISCONNECT_ERRORS):
                await leader.tell_frame()
                await leader.tell_state()
        await self.tell_roles()

    async def decide(self, page: ClassPage, decision: Any) -> None:
        """Note what a player decided; the round is played when everybody has."""
        roles = self._running()
        roles.decide(page.session.token, decision)
        await self._tell_role(page)
        await self._tell_room()
        if roles.all_decided([one.session.token for one in self.students()]):
            await self.close_round()

    async def tell_roles(self) -> None:
        """Tell every player its organisation's view, and the teacher how far they are."""
        for page in self.students():
            await self._tell_role(page)
        await self._tell_room()

    async def _tell_role(self, page: ClassPage) -> None:
        """Tell a player what its organisation sees."""
        if self.roles is not None:
            with suppress(*DISCONNECT_ERRORS):
                await page.send("role", **self.roles.view(page.session.token))
