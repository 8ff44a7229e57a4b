"""What a page may ask of many runs: thirty of its own scenario, or of a classic in a lesson."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from experiments.classroom.bands import BandMaker
from experiments.classroom.classic_runs import play_classic_sides
from experiments.classroom.connection import Connection
from experiments.classroom.lessons import ClassicPart, find_classic_part
from experiments.classroom.messages import BandsMessage, ClassicMessage
from experiments.classroom.open_pages import DISCONNECT_ERRORS
from experiments.classroom.scenario import Side

RunsMessage = BandsMessage | ClassicMessage


def start_runs(message: RunsMessage, page: Connection, band_maker: BandMaker) -> None:
    """Start the runs that a page asks for; it gets them when they are done."""
    if isinstance(message, BandsMessage):
        page.runs.start(partial(send_bands, page, band_maker, message.rounds))
    else:
        part = find_classic_part(message.lesson, message.part)
        page.runs.start(partial(send_classic_runs, page, band_maker, message, part))


async def send_bands(page: Connection, band_maker: BandMaker, rounds: int) -> None:
    """Send the bands of both sides, and before them how many runs are done."""
    sides = page.session.sides
    schedules = {name: side.list_configs() for name, side in sides.items()}

    async def report_progress(done: int, of: int) -> None:
        await page.send("bands_progress", done=done, of=of)

    seed = sides["a"].config.run.seed
    bands = await band_maker.make_bands(schedules, seed, rounds, report_progress)
    await page.send("bands", **bands)
    for watcher in page.list_watchers():
        with suppress(*DISCONNECT_ERRORS):
            await watcher.send("bands", **bands)


async def send_classic_runs(
    page: Connection, band_maker: BandMaker, message: ClassicMessage, part: ClassicPart
) -> None:
    """Send the runs of a classic."""
    values: dict[Side, dict[str, Any]] = {
        "a": part.build_parameters("a", message.a),
        "b": part.build_parameters("b", message.b),
    }
    runs = await play_classic_sides(band_maker, part.classic, values, message.seed)
    await page.send("classic_runs", lesson=message.lesson, part=message.part, **runs)
