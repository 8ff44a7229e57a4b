"""Speed and memory of the classroom page: painted rounds, first picture, a class of thirty.

``make bench-classroom`` prints the table. The page itself counts painted rounds, as different round
numbers at the times when the screen is painted. The thirty pages of a class are clients without a
screen, because thirty browsers on the server's cores would measure the browsers.
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

CLASS_SECONDS = 8.0  # in which the rounds of a class are counted
WINDOWS, WINDOW_SECONDS = 5, 3.0  # of counting painted rounds; the table has the median
PAGES, PAGES_SPEED = 30, 10.0
SOAK_SECONDS = float(os.environ.get("SOAK", "60"))
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
    """A server of the page in a separate process, whose memory and CPU time are measured."""

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
        address = None
        while address is None:
            address = re.search(
                r"http://127\.0\.0\.1:\d+/",
                self.process.stdout.readline() if self.process.stdout else "",
            )
        self.address = address.group()

    def read_memory(self) -> float:
        """Return the resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def read_cpu_seconds(self) -> float:
        """Return the CPU seconds used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serve_page() -> Iterator[Server]:
    """Serve the page."""
    server = Server()
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=20)


class Client:
    """A page without a screen, which confirms every frame at once as painted."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.rounds: set[int] = set()
        self.state: dict[str, Any] = {}

    async def send(self, kind: str, **more: Any) -> None:
        """Send a message."""
        await self.socket.send(json.dumps({"kind": kind, **more}))

    async def receive_until(self, until: float) -> None:
        """Receive messages until a moment of the monotonic clock."""
        while (left := until - time.monotonic()) > 0:
            try:
                message = json.loads(await asyncio.wait_for(self.socket.recv(), left))
            except TimeoutError:
                return
            if message["kind"] == "frame":
                self.rounds.add(message["round"])
                await self.send("painted", number=message["number"])
            elif message["kind"] == "state":
                self.state = message


def make_scenario(organisations: int, seed: int) -> dict[str, Any]:
    """Return a scenario that compares two forms with imitation."""
    sides = {
        side: {"structure": form, "values": {"imitation.rate": 0.1}}
        for side, form in (("a", "alliance"), ("b", "hub"))
    }
    return {"shared": {"population.organisations": organisations, "run.seed": seed}, **sides}


async def connect_client(server: Server, organisations: int, seed: int, **more: Any) -> Client:
    """Return a client that has greeted the server."""
    socket = await connect(
        server.address.replace("http", "ws") + "page",
        compression=None,
        origin=server.address.rstrip("/"),
    )
    client = Client(socket)
    scenario = make_scenario(organisations, seed)
    await client.send("hello", protocol=PROTOCOL_VERSION, scenario=scenario, **more)
    return client


async def open_page(server: Server, organisations: int, seed: int) -> Client:
    """Return a client that has opened a page."""
    client = await connect_client(server, organisations, seed)
    await client.receive_until(time.monotonic() + 0.3)
    return client


async def measure_class_of(server: Server, organisations: int) -> tuple[list[float], float]:
    """Return the rounds per second of every page of a class, and the server's share of a core."""
    pages = [await open_page(server, organisations, seed) for seed in range(PAGES)]
    for page in pages:
        await page.send("speed", per_second=PAGES_SPEED)
        await page.send("play")
    await asyncio.gather(*(page.receive_until(time.monotonic() + 2.0) for page in pages))
    for page in pages:
        page.rounds = set()
    begun, used = time.monotonic(), server.read_cpu_seconds()
    await asyncio.gather(*(page.receive_until(begun + CLASS_SECONDS) for page in pages))
    rates = [len(page.rounds) / CLASS_SECONDS for page in pages]
    share = (server.read_cpu_seconds() - used) / (time.monotonic() - begun)
    for page in pages:
        await page.socket.close()
    return rates, share


def measure_class() -> Iterator[Row]:
    """Measure a class of thirty pages."""
    for organisations in (60, 100):
        with serve_page() as server:
            rates, share = asyncio.run(measure_class_of(server, organisations))
        what = (
            f"{PAGES} joined pages at {PAGES_SPEED:g} rounds a second, {organisations}"
            " organisations a side: rounds a second"
        )
        yield what, f"{np.mean(rates):.1f} (slowest page {min(rates):.1f})", "10"
        yield "the same: CPU of the server", f"{share:.0%} of a core", "two cores"


async def measure_session_memory(server: Server, organisations: int, sessions: int) -> float:
    """Return the MB per session: the growth over many sessions, after a first one as warm-up."""
    first = await open_played_page(server, organisations, 0)
    before = server.read_memory()
    others = [
        await open_played_page(server, organisations, seed) for seed in range(1, sessions + 1)
    ]
    after = server.read_memory()
    for page in (first, *others):
        await page.socket.close()
    return (after - before) / sessions


async def open_played_page(server: Server, organisations: int, seed: int) -> Client:
    """Return a client whose session has played the warm-up rounds."""
    client = await connect_client(server, organisations, seed, round=WARM_UP)
    while client.state.get("round") != WARM_UP:
        await client.receive_until(time.monotonic() + 0.2)
    return client


async def play_for(server: Server, seconds: float) -> tuple[float, float, int]:
    """Play as fast as possible for some time, and start again at every end.

    Returns:
        The server's memory in MB within the first minute, its memory at the end, and the number of
        rounds.
    """
    client = await open_page(server, 100, 1)
    await client.send("speed", per_second=60)
    begun, early, rounds = time.monotonic(), None, 0
    while time.monotonic() < begun + seconds:
        await client.send("play")
        await client.receive_until(time.monotonic() + 5.0)
        if client.state.get("round", 0) >= client.state.get("most", 1):
            rounds += len(client.rounds)
            client.rounds = set()
            await client.send("reset")
            if early is None or time.monotonic() < begun + 60.0:
                early = server.read_memory()
    return early or server.read_memory(), server.read_memory(), rounds + len(client.rounds)


def measure_memory() -> Iterator[Row]:
    """Measure the memory per session, and whether it stays constant."""
    for organisations, target in ((60, "under 5 MB"), (100, "under 5 MB"), (300, "")):
        with serve_page() as server:
            megabytes = asyncio.run(measure_session_memory(server, organisations, 20))
        yield (
            f"memory per session, two sides of {organisations}, {WARM_UP} rounds played",
            f"{megabytes:.2f} MB",
            target,
        )
    with serve_page() as server:
        early, late, rounds = asyncio.run(play_for(server, SOAK_SECONDS))
    yield (
        (
            f"a session that plays for {SOAK_SECONDS:g} s, {rounds:,} rounds painted: memory of the"
            " server at the end / within the first minute"
        ),
        f"{late:.0f} / {early:.0f} MB",
        "steady",
    )


def measure_painted_rounds(server: Server, browser: Any) -> Iterator[Row]:
    """Measure painted rounds per second and the time to the first picture."""
    for organisations, target in ((100, 20), (300, 10)):
        search = (
            "?a=alliance&a.imitation.rate=0.1&b=hub&b.imitation.rate=0.1&run.seed=3"
            f"&population.organisations={organisations}&lang=en"
        )
        moments = []
        for _ in range(FIRST_PICTURES):
            begun = time.monotonic()
            page = Visit(browser, server.address, search)
            moments.append(time.monotonic() - begun)
            page.close()
        page = Visit(browser, server.address, search)
        rates = {}
        for speed in (20, 60):
            page.send(kind="speed", per_second=speed)
            page.tab.click("#play")
            page.tab.wait_for_timeout(1000)
            rates[speed] = float(
                np.median(
                    [page.tab.evaluate(COUNT_PAINTED, WINDOW_SECONDS) for _ in range(WINDOWS)]
                )
            )
            page.pause()
            page.seek(0)
        page.close()
        yield (
            f"painted rounds a second, two sides of {organisations}, 20 rounds asked",
            f"{rates[20]:.1f}",
            f"{target}",
        )
        yield "the same, as fast as it goes (60)", f"{rates[60]:.1f}", f"at least {target}"
        yield (
            f"first picture, two sides of {organisations}, median (slowest) of {FIRST_PICTURES}",
            f"{np.median(moments):.2f} s ({max(moments):.2f} s)",
            "within 2 s",
        )


def measure_in_browser() -> Iterator[Row]:
    """Measure what needs a browser, if there is one."""
    if browser_path() is None:
        yield (
            "painted rounds",
            "not measured: no browser is on this machine (apt-get install chromium)",
            "",
        )
        return
    with serve_page() as server, browsing() as browser:
        yield from measure_painted_rounds(server, browser)


def main() -> None:
    """Measure and print the table, or only the parts that are named as arguments."""
    parts = {
        "in_browser": measure_in_browser,
        "a_class": measure_class,
        "memory": measure_memory,
    }
    print("| measured | value | target |\n|---|---|---|")
    for name in sys.argv[1:] or parts:
        for row in parts[name]():
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
