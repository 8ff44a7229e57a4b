"""A server and a real browser for tests and screenshots; neither may reach another machine."""

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"projector": (1280, 720), "large": (1920, 1080), "phone": (390, 844)}
PATIENCE = 60.0  # seconds; a busy machine is slow, which is not a fault of the page
# The server ends at once, with a message, when it tries to reach another machine.
SERVE = """
import os, sys
OWN = ("127.", "::1", "192.0.2.1")
NAMES = (None, "127.0.0.1", "localhost", b"127.0.0.1")
def watch(event, arguments):
    address = arguments[1] if event == "socket.connect" else None
    outside = isinstance(address, tuple) and not str(address[0]).startswith(OWN)
    if outside or (event == "socket.getaddrinfo" and arguments[0] not in NAMES):
        print("LEFT THE MACHINE:", event, arguments, flush=True)
        os._exit(9)
sys.addaudithook(watch)
from experiments.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def browser_path():
    """Return where a browser is, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


@contextmanager
def served(*options):
    """Serve the page at an address; fail when the server left the machine or raised an error."""
    command = [
        sys.executable,
        "-u",
        "-c",
        SERVE,
        "classroom",
        "--no-browser",
        "--port",
        "0",
        *map(str, options),
    ]
    server = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        lines = []
        while not lines or "http://127.0.0.1:" not in lines[-1]:
            line = server.stdout.readline()
            assert line, "".join(lines)
            lines.append(line)
        yield next(word for word in lines[-1].split() if word.startswith("http://"))
        assert server.poll() is None, "the server ended"
    finally:
        server.terminate()
        output = server.communicate(timeout=20)[0]
    assert "LEFT THE MACHINE" not in output
    assert "Traceback" not in output, output


@contextmanager
def browsing(machine="127.0.0.1"):
    """Start the browser; it can reach this one machine and no other."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        reach = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {machine}"
        browser = playwright.chromium.launch(executable_path=browser_path(), args=[*FLAGS, reach])
        yield browser
        browser.close()


def until(condition, what):
    """Wait until a condition holds; return what it gives."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.03)
    raise AssertionError(f"waited {PATIENCE:g} seconds for: {what}")


class Visit:
    """One tab with the page; it notes faults, and requests to other machines."""

    def __init__(self, browser, address, search="", size="projector", **options):
        width, height = SIZES[size]
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", **options
        )
        self.tab = self.context.new_page()
        self.faults, self.outside = [], []
        self.tab.on(
            "console",
            lambda line: (
                self.faults.append(line.text) if line.type in ("error", "warning") else None
            ),
        )
        self.tab.on("pageerror", lambda error: self.faults.append(str(error)))
        self.tab.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:", "blob:"))
                else self.outside.append(request.url)
            ),
        )
        self.tab.goto(address + search)
        self.ready()

    def ready(self):
        """Wait until the first picture is painted."""
        until(
            lambda: self.tab.evaluate(
                "document.body.dataset.status === 'open' && document.body.dataset.round !=="
                " undefined"
            ),
            "the first picture",
        )

    @property
    def round(self):
        """The round on the screen."""
        return int(self.tab.evaluate("document.body.dataset.round"))

    def send(self, **message):
        """Send a message to the server as the page would."""
        self.tab.evaluate("(message) => page.connection.send(message)", message)

    def play_to(self, now):
        """Play until a round is on the screen, and pause."""
        self.send(kind="speed", per_second=20)
        self.tab.click("#play")
        until(lambda: self.round >= now, f"round {now}")
        self.pause()

    def pause(self):
        """Pause, and wait until the clock has stopped and the last frame is on the screen."""
        if self.tab.evaluate("document.body.querySelector('#play').classList.contains('playing')"):
            self.tab.click("#play")
        until(
            lambda: (
                not self.tab.evaluate(
                    "document.body.querySelector('#play').classList.contains('playing')"
                )
            ),
            "the clock to stop",
        )
        until(lambda: self.tab.evaluate("page.unpainted === null"), "the last frame to be painted")

    def seek(self, now):
        """Go to a round that was played."""
        self.send(kind="seek", round=now)
        until(lambda: self.round == now, f"round {now}")

    def side(self, name):
        """Return what the page holds of a side."""
        return self.tab.evaluate(
            "(side) => { const w = page.worlds[side]; return { strongest: w.strongest, peak:"
            " w.peak, sector: w.sector, series: w.series, teams: [...w.teams].sort((a, b) => a[0] -"
            " b[0]).map(([serial, team]) => [serial, team.form, ...team.members]) }; }",
            name,
        )

    def close(self):
        """Close the tab; fail when it noted a fault or a request to another machine."""
        self.context.close()
        assert not self.faults, self.faults
        assert not self.outside, self.outside
