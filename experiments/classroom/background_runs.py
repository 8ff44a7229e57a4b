"""Runs beside a page: thirty runs of its scenario or of a classic, sent when they are done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from experiments.classroom.bands import BAND_RUNS, BATCH_TIME_LIMIT
from sim.errors import InputError

SendMessage = Callable[..., Awaitable[None]]  # called with the kind of a message and its fields


async def report_refusal(send: SendMessage, action: Awaitable[Any]) -> None:
    """Do something; send the sentence of an InputError to the page."""
    try:
        await action
    except InputError as reason:
        await send("refused", sentence=str(reason))


async def limit_time(runs: Awaitable[Any]) -> None:
    """Await runs; raise InputError when they take too long."""
    try:
        await runs
    except TimeoutError as late:
        raise InputError(
            f"{BAND_RUNS} runs take more than {BATCH_TIME_LIMIT:g} s; choose fewer organisations"
            " or rounds"
        ) from late


class BackgroundRuns:
    """The runs that one page waits for; a new request cancels the one before."""

    def __init__(self, send: SendMessage) -> None:
        self._send = send
        self._task: asyncio.Task[None] | None = None

    def start(self, play_and_send: Callable[[], Awaitable[Any]]) -> None:
        """Play runs and send their result, beside everything else that the page does."""

        async def play() -> None:
            await report_refusal(self._send, limit_time(play_and_send()))

        self.cancel()
        self._task = asyncio.create_task(play())

    def cancel(self) -> None:
        """Cancel runs in progress."""
        if self._task is not None:
            self._task.cancel()
