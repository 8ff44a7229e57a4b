"""The clock of one page: it plays round after round, as fast as the page can paint them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from experiments.classroom.connection import Connection
from experiments.classroom.messages import MOST_ROUNDS_PER_SECOND
from experiments.classroom.open_pages import DISCONNECT_ERRORS

FROZEN_AFTER = 2.0  # seconds without painting after which the clock waits for the page
RECHECK_AFTER = 0.5  # seconds
UNTHROTTLED_SPEED = MOST_ROUNDS_PER_SECOND  # here the clock waits until every frame is painted


async def run_clock(page: Connection) -> None:
    """Play round after round while the session of a page plays, until the task is cancelled.

    A page that lags misses frames. A page that froze stops the clock.
    """
    session, due = page.session, time.monotonic()
    while True:
        if not session.playing:
            await page.wait_for_start()
            due = time.monotonic()
            continue
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if await wait_until_ready(page):
            async with session.busy:
                if session.playing:
                    await play_round(page)
        due = max(due + 1.0 / session.speed, time.monotonic() - 1.0 / session.speed)


async def wait_until_ready(page: Connection) -> bool:
    """Tell whether the next round may be played; wait a while if the page lags.

    The clock waits one round for a page that lags, and as long as it takes for a page that froze
    or that plays at the highest speed.
    """
    if not page.lags:
        return True
    frozen = page.time_since_painting > FROZEN_AFTER
    must_paint = frozen or page.session.speed >= UNTHROTTLED_SPEED
    patience = RECHECK_AFTER if must_paint else min(RECHECK_AFTER, 1.0 / page.session.speed)
    painted = await page.wait_for_painting(patience)
    return painted or not must_paint


async def play_round(page: Connection) -> None:
    """Play one round and send it to the page and those that watch it, unless they lag."""
    page.session.advance()
    await page.send_newest_frame()
    for watcher in page.list_watchers():
        with suppress(*DISCONNECT_ERRORS):
            await watcher.send_newest_frame()
    if not page.session.playing or page.session.finished:
        page.session.playing = False
        await page.send_missed_frame()
        await page.broadcast_state()
