"""One page's connection: reads its messages, keeps its clock, and sends what changed - never more than it can paint."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from functools import singledispatchmethod
from typing import Any

from starlette.websockets import WebSocket

from experiments.classroom import messages as said
from experiments.classroom.bands import LARGEST_TIME, BandMaker
from experiments.classroom.classic_runs import classic_runs
from experiments.classroom.lessons import ClassicPart, classic_part
from experiments.classroom.registry import Registry
from experiments.classroom.scenario import Side
from experiments.classroom.session import Held, Session
from experiments.classroom.stories import glance, story
from sim.errors import InputError

IN_FLIGHT = 2  # frames a page may have that it has not painted yet
FROZEN_AFTER = 2.0  # seconds without a painted frame after which the clock waits for the page
UNTHROTTLED = said.FASTEST  # at this speed the clock waits for every frame to be painted


class Connection:
    """A page and its session."""

    def __init__(self, socket: WebSocket, registry: Registry, maker: BandMaker, session: Session) -> None:
        self.socket, self.registry, self.maker, self.session = socket, registry, maker, session
        self.held = Held()
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
            await self.socket.send_text(json.dumps({"kind": kind, **told}, separators=(",", ":"), allow_nan=False))

    async def send_scene(self) -> None:
        """Send everything, as to a page that has nothing."""
        self.held = Held()
        self._unpainted.clear()
        await self.send("scene", **self.session.scene())
        await self.send_frame()
        await self.send_state()

    async def send_state(self) -> None:
        """Send the clock and the choices."""
        await self.send("state", **self.session.state())

    async def send_frame(self) -> None:
        """Send what changed since the last frame."""
        self._number += 1
        if not self._unpainted:
            self._last_painted = time.monotonic()
        self._unpainted.append(self._number)
        self._behind = False
        await self.send("frame", number=self._number, **self.held.frame(self.session))

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
        """Tell whether the clock may go on; wait a little for a page that froze, or that sets the pace itself."""
        lags = len(self._unpainted) >= IN_FLIGHT
        frozen = lags and time.monotonic() - self._last_painted > FROZEN_AFTER
        if not frozen and not (lags and self.session.speed >= UNTHROTTLED):
            return True
        self._painted.clear()
        try:
            await asyncio.wait_for(self._painted.wait(), 0.5)
        except TimeoutError:
            return False
        return True

    async def _tick(self) -> None:
        """Go on by a round, and tell the page unless it lags."""
        self.session.advance()
        if len(self._unpainted) < IN_FLIGHT:
            await self.send_frame()
        else:
            self._behind = True
        if not self.session.playing or self.session.finished:
            self.session.playing = False
            await self.catch_up()
            await self.send_state()

    async def catch_up(self) -> None:
        """Send the newest frame if the page missed it."""
        if self._behind:
            await self.send_frame()

    # --- what the page says ------------------------------------------------------------------------------------------

    async def hear(self, message: said.AnyMessage) -> None:
        """Do what the page asks."""
        if isinstance(message, said.Painted):
            await self._note_painted(message)
            return
        if not self.registry.is_attached(self.session, self):
            return
        self.session.last_used = time.monotonic()
        if isinstance(message, said.Bands):
            self._beside(self._tell_bands(message.rounds))
            return
        if isinstance(message, said.Classic):
            self._beside(self._tell_classic(message, classic_part(message.lesson, message.part)))
            return
        async with self.session.busy:
            await self._act(message)

    async def _note_painted(self, message: said.Painted) -> None:
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
    async def _(self, message: said.Play) -> None:
        self.session.playing = not self.session.finished
        self._wake.set()
        await self.send_state()

    @_act.register
    async def _(self, message: said.Pause) -> None:
        self.session.playing = False
        await self.catch_up()
        await self.send_state()

    @_act.register
    async def _(self, message: said.Step) -> None:
        self.session.playing = False
        self.session.advance()
        await self.send_frame()
        await self.send_state()

    @_act.register
    async def _(self, message: said.Speed) -> None:
        self.session.speed = message.per_second
        await self.send_state()

    @_act.register
    async def _(self, message: said.Seek) -> None:
        self.session.playing = False
        self.session.seek(message.round)
        await self.send_frame()
        await self.send_state()

    @_act.register
    async def _(self, message: said.Reset) -> None:
        self.session.begin(self.session.scenario)
        await self.send_scene()

    @_act.register
    async def _(self, message: said.Choose) -> None:
        self.session.begin(message.scenario)
        await self.send_scene()

    @_act.register
    async def _(self, message: said.Change) -> None:
        await self.session.change(message.side, message.parameter, message.value)
        await self._send_choices()

    @_act.register
    async def _(self, message: said.Form) -> None:
        self.session.choose_form(message.side, message.name)
        await self._send_choices()

    async def _send_choices(self) -> None:
        """Tell the page what it chose; at round 0 nothing was played yet, so that everything can act at once."""
        if self.session.frontier == 0 and any(self.session.waiting().values()):
            self.session.begin(self.session.scenario)
            await self.send_scene()
            return
        self.held.forget_after(self.session.frontier)
        await self.send_frame()
        await self.send_state()

    @_act.register
    async def _(self, message: said.Look) -> None:
        told = await story(self.session.sides[message.side], message.organisation, self.session.shown)
        await self.send("story", side=message.side, **told)

    @_act.register
    async def _(self, message: said.Glance) -> None:
        told = await glance(self.session.sides[message.side], message.organisation, self.session.shown)
        await self.send("glance", side=message.side, **told)

    # --- bands -------------------------------------------------------------------------------------------------------

    def _beside(self, telling: Coroutine[Any, Any, None]) -> None:
        """Play many runs beside the page; asking again gives up the earlier ones."""
        if self._bands is not None:
            self._bands.cancel()
        self._bands = asyncio.create_task(refused(self.send, in_time(telling)))

    async def _tell_bands(self, rounds: int) -> None:
        """Send the bands, and before that how far they are."""
        sides = self.session.sides
        terms = {side: tuple(played.terms) for side, played in sides.items()}

        async def tell(done: int, of: int) -> None:
            await self.send("bands_progress", done=done, of=of)

        found = await self.maker.bands(terms, sides["a"].config.run.seed, rounds, tell)
        await self.send("bands", **found)

    async def _tell_classic(self, message: said.Classic, part: ClassicPart) -> None:
        """Send the runs of a classic."""
        chosen: dict[Side, dict[str, Any]] = {"a": part.parameters("a", message.a), "b": part.parameters("b", message.b)}
        found = await classic_runs(self.maker, part.classic, chosen, message.seed)
        await self.send("classic_runs", lesson=message.lesson, part=message.part, **found)

    def close(self) -> None:
        """Give up what is under way."""
        if self._bands is not None:
            self._bands.cancel()


async def in_time(telling: Awaitable[None]) -> None:
    """Await runs beside the page; InputError when they take too long."""
    try:
        await telling
    except TimeoutError as late:
        raise InputError(f"thirty runs of this take more than {LARGEST_TIME:g} s; choose fewer organisations or rounds") from late


async def refused(send: Callable[..., Awaitable[None]], action: Awaitable[None]) -> None:
    """Do something; what is not allowed is told in a sentence."""
    try:
        await action
    except InputError as reason:
        await send("refused", sentence=str(reason))
