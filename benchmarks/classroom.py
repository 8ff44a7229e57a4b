"""The classroom page in figures: painted rounds, first picture, a class of thirty, memory. ``make bench-classroom`` prints the table.

Painted rounds are counted in the page, as distinct round numbers seen while the screen is painted. The thirty pages are clients without a
screen: thirty browsers on the server's own cores would measure the browsers.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import connect

sys.path.insert(0, str(Path(__file__).parents[1]))

from experiments.classroom.messages import PROTOCOL_VERSION
from tests.browser.visit import ROOT, Visit, browser_path, browsing

SECONDS = 8.0  # of every measurement of a rate
WINDOWS, WINDOW = 5, 3.0  # painted rounds: the median of so many measurements of so many seconds
PAGES, PAGES_SPEED = 30, 10.0
SOAK = float(os.environ.get("SOAK", "60"))  # seconds
WARM_UP = 200  # rounds a session has played when its memory is measured
FIRST_PICTURES = 5
COUNT_PAINTED = """(seconds) => new Promise((done) => {
  const seen = new Set(), begun = performance.now();
  const look = () => {
    seen.add(document.body.dataset.round);
    const passed = (performance.now() - begun) / 1000;
    if (passed < seconds) requestAnimationFrame(look); else done((seen.size - 1) / passed);
  };
  requestAnimationFrame(look);
})"""
Row = tuple[str, str, str]


class Server:
    """A server of the page in a process of its own, and what it uses."""

    def __init__(self) -> None:
        words = [
            sys.executable,
            "-u",
            "-m",
            "experiments",
            "classroom",
            "--no-browser",
            "--port",
            "0",
        ]
        self.process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        found = None
        while found is None:
            found = re.search(
                r"http://127\.0\.0\.1:\d+/",
                self.process.stdout.readline() if self.process.stdout else "",
            )
        self.address = found.group()

    def memory(self) -> float:
        """Return the resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu(self) -> float:
        """Return the CPU seconds used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving() -> Iterator[Server]:
    """Serve the page."""
    server = Server()
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=20)


class Client:
    """A page without a screen: it says at once that a frame is painted."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.rounds: set[int] = set()
        self.state: dict[str, Any] = {}

    async def say(self, kind: str, **more: Any) -> None:
        """Say something."""
        await self.socket.send(json.dumps({"kind": kind, **more}))

    async def hear(self, until: float) -> None:
        """Take what comes until a moment."""
        while (left := until - time.monotonic()) > 0:
            try:
                message = json.loads(await asyncio.wait_for(self.socket.recv(), left))
            except TimeoutError:
                return
            if message["kind"] == "frame":
                self.rounds.add(message["round"])
                await self.say("painted", number=message["number"])
            elif message["kind"] == "state":
                self.state = message


def scenario(organisations: int, seed: int) -> dict[str, Any]:
    """Return two forms under imitation."""
    sides = {
        side: {"structure": form, "values": {"imitation.rate": 0.1}}
        for side, form in (("a", "alliance"), ("b", "hub"))
    }
    return {"shared": {"population.organisations": organisations, "run.seed": seed}, **sides}


async def joined(server: Server, organisations: int, seed: int) -> Client:
    """Open a page."""
    socket = await connect(
        server.address.replace("http", "ws") + "page",
        compression=None,
        origin=server.address.rstrip("/"),
    )
    client = Client(socket)
    await client.say("hello", protocol=PROTOCOL_VERSION, scenario=scenario(organisations, seed))
    await client.hear(time.monotonic() + 0.3)
    return client


async def class_of(server: Server, organisations: int) -> tuple[list[float], float]:
    """Return the rounds a second of every page of a class that plays, and the share of a core the server took."""
    pages = [await joined(server, organisations, seed) for seed in range(PAGES)]
    for page in pages:
        await page.say("speed", per_second=PAGES_SPEED)
        await page.say("play")
    await asyncio.gather(*(page.hear(time.monotonic() + 2.0) for page in pages))
    for page in pages:
        page.rounds = set()
    begun, used = time.monotonic(), server.cpu()
    await asyncio.gather(*(page.hear(begun + SECONDS) for page in pages))
    rates = [len(page.rounds) / SECONDS for page in pages]
    share = (server.cpu() - used) / (time.monotonic() - begun)
    for page in pages:
        await page.socket.close()
    return rates, share


def a_class() -> Iterator[Row]:
    """Measure a class of thirty pages."""
    for organisations in (60, 100):
        with serving() as server:
            rates, share = asyncio.run(class_of(server, organisations))
        what = (
            f"{PAGES} joined pages at {PAGES_SPEED:g} rounds a second, {organisations}"
            " organisations a side: rounds a second"
        )
        yield what, f"{np.mean(rates):.1f} (slowest page {min(rates):.1f})", "10"
        yield "the same: CPU of the server", f"{share:.0%} of a core", "two cores"


async def session_memory(server: Server, organisations: int, sessions: int) -> float:
    """Return the MB a session takes after rounds of play: the slope over many, which all start after one that warms up."""
    first = await grown(server, organisations, 0)
    before = server.memory()
    others = [await grown(server, organisations, seed) for seed in range(1, sessions + 1)]
    after = server.memory()
    for page in (first, *others):
        await page.socket.close()
    return (after - before) / sessions


async def grown(server: Server, organisations: int, seed: int) -> Client:
    """Open a page whose session has played."""
    socket = await connect(
        server.address.replace("http", "ws") + "page",
        compression=None,
        origin=server.address.rstrip("/"),
    )
    client = Client(socket)
    await client.say(
        "hello", protocol=PROTOCOL_VERSION, scenario=scenario(organisations, seed), round=WARM_UP
    )
    while client.state.get("round") != WARM_UP:
        await client.hear(time.monotonic() + 0.2)
    return client


async def soak(server: Server, seconds: float) -> tuple[float, float, int]:
    """Play as fast as it goes, begin again at the end, and so on; return memory in MB after a minute at most, at the end, and rounds played."""
    client = await joined(server, 100, 1)
    await client.say("speed", per_second=60)
    begun, early, rounds = time.monotonic(), None, 0
    while time.monotonic() < begun + seconds:
        await client.say("play")
        await client.hear(time.monotonic() + 5.0)
        if client.state.get("round", 0) >= client.state.get("most", 1):
            rounds += len(client.rounds)
            client.rounds = set()
            await client.say("reset")
            if early is None or time.monotonic() < begun + 60.0:
                early = server.memory()
    return early or server.memory(), server.memory(), rounds + len(client.rounds)


def memory() -> Iterator[Row]:
    """Measure memory per session, and whether it stays."""
    for organisations, asked in ((60, "under 5 MB"), (100, "under 5 MB"), (300, "")):
        with serving() as server:
            megabytes = asyncio.run(session_memory(server, organisations, 20))
        yield (
            f"memory per session, two sides of {organisations}, {WARM_UP} rounds played",
            f"{megabytes:.2f} MB",
            asked,
        )
    with serving() as server:
        early, late, rounds = asyncio.run(soak(server, SOAK))
    yield (
        (
            f"a session that plays for {SOAK:g} s, {rounds:,} rounds painted: memory of the server"
            " at the end / after its first 1,000 rounds"
        ),
        f"{late:.0f} / {early:.0f} MB",
        "steady",
    )


def painted(server: Server, browser: Any) -> Iterator[Row]:
    """Measure painted rounds a second and the first picture."""
    for organisations, asked in ((100, 20), (300, 10)):
        search = f"?a=alliance&a.imitation.rate=0.1&b=hub&b.imitation.rate=0.1&run.seed=3&population.organisations={organisations}&lang=en"
        moments = []
        for _ in range(FIRST_PICTURES):
            begun = time.monotonic()
            page = Visit(browser, server.address, search)
            moments.append(time.monotonic() - begun)
            page.close()
        page = Visit(browser, server.address, search)
        rates = {}
        for speed in (20, 60):
            page.say(kind="speed", per_second=speed)
            page.tab.click("#play")
            page.tab.wait_for_timeout(1000)
            rates[speed] = float(
                np.median([page.tab.evaluate(COUNT_PAINTED, WINDOW) for _ in range(WINDOWS)])
            )
            page.pause()
            page.seek(0)
        page.close()
        yield (
            f"painted rounds a second, two sides of {organisations}, 20 rounds asked",
            f"{rates[20]:.1f}",
            f"{asked}",
        )
        yield "the same, as fast as it goes (60)", f"{rates[60]:.1f}", f"at least {asked}"
        yield (
            f"first picture, two sides of {organisations}, median (slowest) of {FIRST_PICTURES}",
            f"{np.median(moments):.2f} s ({max(moments):.2f} s)",
            "within 2 s",
        )


def in_browser() -> Iterator[Row]:
    """Measure what needs a browser."""
    if browser_path() is None:
        yield (
            "painted rounds",
            "not measured: no browser is on this machine (apt-get install chromium)",
            "",
        )
        return
    with serving() as server, browsing() as browser:
        yield from painted(server, browser)


def main() -> None:
    """Measure and print the table, or the parts named: in_browser, a_class, memory."""
    parts = {measure.__name__: measure for measure in (in_browser, a_class, memory)}
    print("| measured | value | asked |\n|---|---|---|")
    for name in sys.argv[1:] or parts:
        for row in parts[name]():
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
