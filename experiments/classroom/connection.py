"""One page's connection: reads its messages, keeps its clock, and sends what changed - never more than it can paint."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial, singledispatchmethod
from typing import Any

from starlette.websockets import WebSocket

from experiments.classroom import messages as said
from experiments.classroom.bands import BATCH_TIME_LIMIT, BandMaker
from experiments.classroom.classic_runs import play_classic_sides
from experiments.classroom.history import shorten_history
from experiments.classroom.lessons import ClassicPart, find_classic_part
from experiments.classroom.open_pages import DISCONNECT_ERRORS, OpenPages
from experiments.classroom.registry import SessionRegistry
from experiments.classroom.scenario import Scenario, Side
from experiments.classroom.session import ClientState, Session
from experiments.classroom.stories import build_story, describe_skills
from sim.errors import InputError

FRAMES_IN_FLIGHT = 2  # frames a page may have that it has not painted yet
FROZEN_AFTER = 2.0  # seconds without a painted frame after which the clock waits for the page
RECHECK_AFTER = 0.5  # seconds
UNTHROTTLED_SPEED = (
    said.MOST_ROUNDS_PER_SECOND
)  # at this speed the clock waits for every frame to be painted


class Connection:
    """A page and its session: its own, or the teacher's, which it watches; a student's page takes part in what the class does."""

    def __init__(
        self,
        socket: WebSocket,
        registry: SessionRegistry,
        maker: BandMaker,
        hall: OpenPages,
        session: Session,
        student: bool = False,
        watches: bool = False,
    ) -> None:
        self.socket, self.registry, self.maker, self.hall, self.session = (
            socket,
            registry,
            maker,
            hall,
            session,
        )
        self.is_student, self.watches = student, watches
        self.held = ClientState()
        self._course: dict[str, Any] | None = (
            None  # how the session was played, as the page was told
        )
        self._number = 0
        self._unpainted: deque[int] = deque()
        self._last_painted = time.monotonic()
        self._behind = False  # whether the page was not told of the newest round yet
        self._wake, self._painted = asyncio.Event(), asyncio.Event()
        self._bands: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()

    # --- sending -----------------------------------------------------------------------------------------------------

    async def send(self, kind: str, **told: Any) -> None:
        """Send one message."""
        async with self._sending:
            await self.socket.send_text(
                json.dumps({"kind": kind, **told}, separators=(",", ":"), allow_nan=False)
            )

    async def send_scene(self) -> None:
        """Send everything, as to a page that has nothing."""
        self.held = ClientState()
        self._unpainted.clear()
        await self.send("scene", **self.session.scene())
        await self.send_frame()
        await self.send_state()

    async def send_state(self) -> None:
        """Send the clock and the choices."""
        course = None if self.watches else shorten_history(self.session)
        news = {} if course == self._course else {"course": course}
        self._course = course
        await self.send("state", **self.session.state(), **news)

    async def send_frame(self) -> None:
        """Send what changed since the last frame."""
        self._number += 1
        if not self._unpainted:
            self._last_painted = time.monotonic()
        self._unpainted.append(self._number)
        self._behind = False
        await self.send("frame", number=self._number, **self.held.frame(self.session))

    def _viewers(self) -> list[Connection]:
        """Return those that look on at this page."""
        return [page for page in self.hall.watchers(self.session) if isinstance(page, Connection)]

    def begin(self, scenario: Scenario) -> None:
        """Begin a scenario at round 0, and give up the runs of the one before."""
        self.session.begin(scenario)
        self.give_up()

    async def _begin_anew(self, scenario: Scenario) -> None:
        """Begin a scenario, show it to all that look on, and to those that play in it."""
        self.begin(scenario)
        await self.tell_scene()
        await self.hall.begin_anew(self.session)

    async def tell_scene(self) -> None:
        """Send everything, to those that look on too."""
        await self.send_scene()
        for page in self._viewers():
            with suppress(*DISCONNECT_ERRORS):
                await page.send_scene()

    async def tell_frame(self) -> None:
        """Send what changed, to those that look on too unless they lag."""
        await self.send_frame()
        for page in self._viewers():
            with suppress(*DISCONNECT_ERRORS):
                await page.show_newest()

    async def tell_state(self) -> None:
        """Send the clock and the choices, to those that look on too."""
        await self.send_state()
        for page in self._viewers():
            with suppress(*DISCONNECT_ERRORS):
                await page.send_state()

    async def show_newest(self) -> None:
        """Send what changed, unless the page lags: it then gets it later."""
        if len(self._unpainted) < FRAMES_IN_FLIGHT:
            await self.send_frame()
        else:
            self._behind = True

    # --- the clock ---------------------------------------------------------------------------------------------------

    async def keep_clock(self) -> None:
        """Play round after round while the session plays; a page that lags misses frames, one that froze stops the clock."""
        due = time.monotonic()
        while True:
            if not self.session.playing:
                self._wake.clear()
                await self._wake.wait()
                due = time.monotonic()
                continue
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if await self._may_go_on():
                async with self.session.busy:
                    if self.session.playing:
                        await self._tick()
            due = max(due + 1.0 / self.session.speed, time.monotonic() - 1.0 / self.session.speed)

    async def _may_go_on(self) -> bool:
        """Tell whether the clock may go on; wait for a page that lags: a round's time, or as long as it takes if it froze or sets the pace itself."""
        if len(self._unpainted) < FRAMES_IN_FLIGHT:
            return True
        frozen = time.monotonic() - self._last_painted > FROZEN_AFTER
        waits = frozen or self.session.speed >= UNTHROTTLED_SPEED
        self._painted.clear()
        try:
            await asyncio.wait_for(
                self._painted.wait(),
                RECHECK_AFTER if waits else min(RECHECK_AFTER, 1.0 / self.session.speed),
            )
        except TimeoutError:
            return not waits
        return True

    async def _tick(self) -> None:
        """Go on by a round, and tell the page unless it lags."""
        self.session.advance()
        for page in (self, *self._viewers()):
            with suppress(*(() if page is self else DISCONNECT_ERRORS)):
                await page.show_newest()
        if not self.session.playing or self.session.finished:
            self.session.playing = False
            await self.catch_up()
            await self.tell_state()

    async def catch_up(self) -> None:
        """Send the newest frame if the page missed it."""
        if self._behind:
            await self.send_frame()

    # --- what the page says ------------------------------------------------------------------------------------------

    async def hear(self, message: said.AnyPageMessage) -> None:
        """Do what the page asks."""
        if isinstance(message, said.PaintedMessage):
            await self._note_painted(message)
            return
        if self.watches and not isinstance(message, said.LookMessage | said.GlanceMessage):
            raise InputError("this page only looks on")
        if not self.watches and not self.registry.is_attached(self.session, self):
            return
        if not self.watches:
            self.session.last_used = time.monotonic()
        if isinstance(
            message,
            said.EveryoneMessage
            | said.RolesMessage
            | said.OpenRoundMessage
            | said.CloseRoundMessage
            | said.DecideMessage,
        ):
            await self._take_part(message)
            return
        if isinstance(message, said.BandsMessage):
            self._beside(partial(self._tell_bands, message.rounds))
            return
        if isinstance(message, said.ClassicMessage):
            self._beside(
                partial(
                    self._tell_classic, message, find_classic_part(message.lesson, message.part)
                )
            )
            return
        async with self.session.busy:
            await self._act(message)

    async def _note_painted(self, message: said.PaintedMessage) -> None:
        """Note that frames are on the screen."""
        while self._unpainted and self._unpainted[0] <= message.number:
            self._unpainted.popleft()
        self._last_painted = time.monotonic()
        self._painted.set()
        if self._behind and not self.session.playing:
            async with self.session.busy:
                await self.catch_up()

    @singledispatchmethod
    async def _act(self, message: Any) -> None:
        """Do what a message asks, one kind each below."""
        raise InputError("say hello once, at the beginning")

    @_act.register
    async def _(self, message: said.PlayMessage) -> None:
        self.session.playing = not self.session.finished
        self._wake.set()
        await self.tell_state()

    @_act.register
    async def _(self, message: said.PauseMessage) -> None:
        self.session.playing = False
        await self.catch_up()
        await self.tell_state()

    @_act.register
    async def _(self, message: said.StepMessage) -> None:
        self.session.playing = False
        self.session.advance()
        await self.tell_frame()
        await self.tell_state()

    @_act.register
    async def _(self, message: said.SpeedMessage) -> None:
        self.session.speed = message.per_second
        await self.tell_state()

    @_act.register
    async def _(self, message: said.SeekMessage) -> None:
        self.session.playing = False
        self.session.seek(message.round)
        await self.tell_frame()
        await self.tell_state()

    @_act.register
    async def _(self, message: said.ResetMessage) -> None:
        await self._begin_anew(self.session.scenario)

    @_act.register
    async def _(self, message: said.ChooseMessage) -> None:
        await self._begin_anew(message.scenario)

    @_act.register
    async def _(self, message: said.ChangeMessage) -> None:
        await self.session.change(message.side, message.parameter, message.value)
        await self._send_choices()

    @_act.register
    async def _(self, message: said.FormMessage) -> None:
        self.session.choose_form(message.side, message.name)
        await self._send_choices()

    async def _send_choices(self) -> None:
        """Tell the page what it chose; at round 0 nothing was played yet, so that everything can act at once."""
        if self.session.frontier == 0 and any(self.session.waiting().values()):
            await self._begin_anew(self.session.scenario)
            return
        for page in (self, *self._viewers()):
            page.held.forget_after(self.session.frontier)
        await self.tell_frame()
        await self.tell_state()

    @_act.register
    async def _(self, message: said.LookMessage) -> None:
        told = await build_story(
            self.session.sides[message.side], message.organisation, self.session.shown
        )
        await self.send("story", side=message.side, **told)

    @_act.register
    async def _(self, message: said.GlanceMessage) -> None:
        told = await describe_skills(
            self.session.sides[message.side], message.organisation, self.session.shown
        )
        await self.send("glance", side=message.side, **told)

    # --- the class ---------------------------------------------------------------------------------------------------

    async def _take_part(
        self,
        message: (
            said.EveryoneMessage
            | said.RolesMessage
            | said.OpenRoundMessage
            | said.CloseRoundMessage
            | said.DecideMessage
        ),
    ) -> None:
        """Do what concerns the whole class: students decide, everything else is the teacher's."""
        if isinstance(message, said.DecideMessage):
            await self.hall.decide(self, message.decision())
        elif self.is_student:
            raise InputError("this is the teacher's to do")
        elif isinstance(message, said.EveryoneMessage):
            await self.send("sent", pages=await self.hall.send_everyone(self.session.scenario))
        elif isinstance(message, said.OpenRoundMessage):
            await self.hall.open_round(message.seconds)
        elif isinstance(message, said.CloseRoundMessage):
            await self.hall.close_round()
        elif message.begin:
            await self.hall.begin_roles(self)
        else:
            await self.hall.end_roles()

    # --- bands -------------------------------------------------------------------------------------------------------

    def _beside(self, telling: Callable[[], Awaitable[None]]) -> None:
        """Play many runs beside the page; asking again gives up the earlier ones."""

        async def tell() -> None:
            await report_refusal(self.send, await_runs(telling()))

        self.give_up()
        self._bands = asyncio.create_task(tell())

    async def _tell_bands(self, rounds: int) -> None:
        """Send the bands, and before that how far they are."""
        sides = self.session.sides
        terms = {side: played.in_force() for side, played in sides.items()}

        async def tell(done: int, of: int) -> None:
            await self.send("bands_progress", done=done, of=of)

        found = await self.maker.bands(terms, sides["a"].config.run.seed, rounds, tell)
        for page in (self, *self._viewers()):
            with suppress(*DISCONNECT_ERRORS):
                await page.send("bands", **found)

    async def _tell_classic(self, message: said.ClassicMessage, part: ClassicPart) -> None:
        """Send the runs of a classic."""
        chosen: dict[Side, dict[str, Any]] = {
            "a": part.parameters("a", message.a),
            "b": part.parameters("b", message.b),
        }
        found = await play_classic_sides(self.maker, part.classic, chosen, message.seed)
        await self.send("classic_runs", lesson=message.lesson, part=message.part, **found)

    def give_up(self) -> None:
        """Give up the runs that are under way."""
        if self._bands is not None:
            self._bands.cancel()


async def await_runs(telling: Awaitable[None]) -> None:
    """Await runs beside the page; InputError when they take too long."""
    try:
        await telling
    except TimeoutError as late:
        raise InputError(
            f"thirty runs of this take more than {BATCH_TIME_LIMIT:g} s; choose fewer organisations"
            " or rounds"
        ) from late


async def report_refusal(send: Callable[..., Awaitable[None]], action: Awaitable[None]) -> None:
    """Do something; what is not allowed is told in a sentence."""
    try:
        await action
    except InputError as reason:
        await send("refused", sentence=str(reason))
