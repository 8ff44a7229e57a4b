"""A page without a browser: it opens a session on a test client, sends messages and receives."""

import json
from contextlib import contextmanager

from experiments.classroom.messages import PROTOCOL_VERSION

SCENARIO = {
    "shared": {"population.organisations": 20, "run.seed": 3},
    "a": {"structure": "alliance", "values": {"imitation.rate": 0.2}},
    "b": {"structure": "hub", "values": {"imitation.rate": 0.2}},
}


class FakePage:
    """A page that paints every frame at once."""

    def __init__(self, socket):
        self.socket = socket

    def send(self, kind, **fields):
        self.socket.send_text(json.dumps({"kind": kind, **fields}))

    def receive(self, kind):
        """Return the next message of a kind; frames on the way are noted as painted."""
        while True:
            message = json.loads(self.socket.receive_text())
            if message["kind"] == "frame":
                self.send("painted", number=message["number"])
            if message["kind"] == kind:
                return message

    def step(self, rounds=1):
        """Play some rounds one by one; return their frames."""
        frames = []
        for _ in range(rounds):
            self.send("step")
            frames.append(self.receive("frame"))
            self.receive("state")
        return frames


@contextmanager
def visiting(client, scenario=SCENARIO, **hello):
    """Open a page, and keep what it receives first."""
    with client.websocket_connect("/page", headers={"origin": "http://testserver"}) as socket:
        page = FakePage(socket)
        page.send("hello", protocol=PROTOCOL_VERSION, scenario=scenario, **hello)
        page.welcome = page.receive("welcome")
        page.scene = page.receive("scene")
        page.first = page.receive("frame")
        page.state = page.receive("state")
        yield page


@contextmanager
def visiting_student(client, **hello):
    """Open the page of a student."""
    with visiting(client, as_student=True, **hello) as page:
        yield page


def rows_of(series):
    """Return values by measure as a row per round."""
    return [list(row) for row in zip(*series.values(), strict=True)]
