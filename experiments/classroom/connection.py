"""The connection of one page: its socket, what it shows, and the frames it has yet to paint."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket

from experiments.classroom.background_runs import BackgroundRuns
from experiments.classroom.client_state import ClientState
from experiments.classroom.history import shorten_history
from experiments.classroom.open_pages import DISCONNECT_ERRORS, OpenPages
from experiments.classroom.scenario import Scenario
from experiments.classroom.session import Session

FRAMES_IN_FLIGHT = 2  # frames that a page may have received and not yet painted


class Connection:
    """A page and the session it shows: its own, or the teacher's if it only watches.

    A page gets frames no faster than it paints them. One that lags misses frames, and gets the
    newest one when it has caught up.
    """

    def __init__(
        self,
        socket: WebSocket,
        session: Session,
        open_pages: OpenPages,
        *,
        is_student: bool = False,
        watches: bool = False,
    ) -> None:
        self.socket, self.session, self.open_pages = socket, session, open_pages
        self.is_student, self.watches = is_student, watches
        self.client_state = ClientState()
        self.runs = BackgroundRuns(self.send)
        self._sent_history: dict[str, Any] | None = None
        self._frame_number = 0
        self._unpainted: deque[int] = deque()  # numbers of frames
        self._last_painted = time.monotonic()
        self._missed_frame = False
        self._started, self._painted = asyncio.Event(), asyncio.Event()
        self._sending = asyncio.Lock()

    # --- to this page ----------------------------------------------------------------------------

    async def send(self, kind: str, **fields: Any) -> None:
        """Send one message."""
        async with self._sending:
            await self.socket.send_text(
                json.dumps({"kind": kind, **fields}, separators=(",", ":"), allow_nan=False)
            )

    async def send_scene(self) -> None:
        """Send everything, as to a page that shows nothing yet."""
        self.client_state = ClientState()
        self._unpainted.clear()
        await self.send("scene", **self.session.describe_scene())
        await self.send_frame()
        await self.send_state()

    async def send_state(self) -> None:
        """Send the clock, the choices, and the history if it changed."""
        history = None if self.watches else shorten_history(self.session)
        news = {} if history == self._sent_history else {"history": history}
        self._sent_history = history
        await self.send("state", **self.session.describe_state(), **news)

    async def send_frame(self) -> None:
        """Send what changed since the last frame."""
        self._frame_number += 1
        if not self._unpainted:
            self._last_painted = time.monotonic()
        self._unpainted.append(self._frame_number)
        self._missed_frame = False
        frame = self.client_state.build_frame(self.session)
        await self.send("frame", number=self._frame_number, **frame)

    async def send_newest_frame(self) -> None:
        """Send what changed, unless the page lags."""
        if self.lags:
            self._missed_frame = True
        else:
            await self.send_frame()

    async def send_missed_frame(self) -> None:
        """Send the newest frame if the page missed it."""
        if self._missed_frame:
            await self.send_frame()

    # --- to this page and those that watch it ----------------------------------------------------

    def list_watchers(self) -> list[Connection]:
        """Return the pages that watch this one."""
        watchers = self.open_pages.list_watchers(self.session)
        return [page for page in watchers if isinstance(page, Connection)]

    async def broadcast_scene(self) -> None:
        """Send everything."""
        await self.send_scene()
        for page in self.list_watchers():
            with suppress(*DISCONNECT_ERRORS):
                await page.send_scene()

    async def broadcast_frame(self) -> None:
        """Send what changed; watchers that lag get it later."""
        await self.send_frame()
        for page in self.list_watchers():
            with suppress(*DISCONNECT_ERRORS):
                await page.send_newest_frame()

    async def broadcast_state(self) -> None:
        """Send the clock and the choices."""
        await self.send_state()
        for page in self.list_watchers():
            with suppress(*DISCONNECT_ERRORS):
                await page.send_state()

    # --- painting --------------------------------------------------------------------------------

    @property
    def lags(self) -> bool:
        """Whether the page has as many unpainted frames as it may have."""
        return len(self._unpainted) >= FRAMES_IN_FLIGHT

    @property
    def time_since_painting(self) -> float:
        """Seconds since the page last painted a frame."""
        return time.monotonic() - self._last_painted

    async def note_painted(self, number: int) -> None:
        """Note that frames up to this number are on the screen."""
        while self._unpainted and self._unpainted[0] <= number:
            self._unpainted.popleft()
        self._last_painted = time.monotonic()
        self._painted.set()
        if self._missed_frame and not self.session.playing:
            async with self.session.busy:
                await self.send_missed_frame()

    async def wait_for_painting(self, seconds: float) -> bool:
        """Wait some seconds for the page to paint a frame; tell whether it did."""
        self._painted.clear()
        try:
            await asyncio.wait_for(self._painted.wait(), seconds)
        except TimeoutError:
            return False
        return True

    # --- the session -----------------------------------------------------------------------------

    def start_playing(self) -> None:
        """Start the clock, unless all rounds are played."""
        self.session.playing = not self.session.finished
        self._started.set()

    async def wait_for_start(self) -> None:
        """Wait until the clock is started."""
        self._started.clear()
        await self._started.wait()

    def begin(self, scenario: Scenario) -> None:
        """Begin a scenario at round 0, and cancel runs of the one before."""
        self.session.begin(scenario)
        self.runs.cancel()
