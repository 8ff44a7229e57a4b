"""Messages without a browser: what is refused, what is malformed, and too many at once."""

import json
import random
import time

import pytest
from starlette.websockets import WebSocketDisconnect

from experiments.classroom import protection
from experiments.classroom.connection import FRAMES_IN_FLIGHT
from experiments.classroom.messages import (
    LARGEST_MESSAGE,
    MOST_ROUNDS,
    PROTOCOL_VERSION,
    read_message,
)
from experiments.classroom.round_clock import FROZEN_AFTER
from sim.errors import InputError
from tests.classroom.visiting import FakePage, visiting


def change(side, parameter, value):
    return "change", {"side": side, "parameter": parameter, "value": value}


NOT_ON_PAGE = "is not a parameter of the page"
FILE_OF_THE_PAGE = {"structure": "alliance", "values": {"population.source": "file"}}
REFUSED = [
    (*change("a", "imitation.rule", "mine.py:evil"), "allowed: success"),
    (*change("a", "production.pooling", "mine.py:evil"), "allowed: best"),
    (*change("a", "structure.topology", "mine.py:evil"), "allowed: none"),
    (*change("both", "population.path", "/etc/passwd"), NOT_ON_PAGE),
    (*change("both", "run.measures", "x.py:y"), NOT_ON_PAGE),
    (*change("a", "__class__", 1), NOT_ON_PAGE),
    (*change("both", "population.organisations", 5000), "the page goes up to 300"),
    (*change("both", "population.domains", 7), "the page needs at least 8"),
    (*change("a", "imitation.rate", 7), "imitation.rate is 7"),
    (*change("a", "imitation.rate", True), "imitation.rate is True"),
    (*change("c", "imitation.rate", 0.1), "side"),
    ("form", {"side": "a", "name": "../../etc"}, "is not a preset"),
    ("seek", {"round": 900}, "is not played yet"),
    ("seek", {"round": MOST_ROUNDS + 1}, "round"),
    ("speed", {"per_second": 1e9}, "per_second"),
    ("look", {"side": "a", "organisation": -1}, "organisation"),
    ("step", {"evil": 1}, "evil"),
    ("dance", {}, "dance"),
    ("hello", {"protocol": PROTOCOL_VERSION}, "`hello` comes once"),
    ("choose", {"scenario": {"a": FILE_OF_THE_PAGE}}, NOT_ON_PAGE),
    ("choose", {"scenario": {"a": {"structure": "../../etc"}}}, "is not a preset"),
    ("choose", {"scenario": {"shared": {"imitation.rate": 0.5}}}, "belongs to one side"),
]


@pytest.mark.parametrize(("kind", "fields", "sentence"), REFUSED)
def test_what_is_not_allowed_is_refused_in_a_sentence_and_changes_nothing(
    client, kind, fields, sentence
):
    with visiting(client) as page:
        page.send(kind, **fields)
        assert sentence in page.receive("refused")["sentence"]
        page.send("pause")
        assert page.receive("state")["scenario"] == page.state["scenario"]


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("hello", {"protocol": 1}, "reload the page"),
        ("step", {}, "the first message is `step`; send `hello` first"),
    ],
)
def test_the_first_message_must_be_a_hello_of_this_protocol(client, kind, fields, sentence):
    with client.websocket_connect("/page") as socket:
        page = FakePage(socket)
        page.send(kind, **fields)
        refused = page.receive("refused")
        assert sentence in refused["sentence"] and refused["final"]
        with pytest.raises(WebSocketDisconnect) as closed:
            page.receive("welcome")
        assert closed.value.code == 4003 and closed.value.reason == "refused"


KINDS = "hello play step seek change choose look bands painted".split()
JUNK = [None, True, -1, 1e308, "x", [], {}, [[[[]]]], {"kind": "step"}, "\u0000", 2**80]


def draw_malformed(draw):
    """Return a text that is not a valid message, most of the time."""
    kind = draw.choice([*KINDS, "x" * draw.randrange(50)])
    change = {"kind": "change", "side": "a"}
    change |= {"parameter": draw.choice(JUNK), "value": draw.choice(JUNK)}
    texts = [
        "",
        "null",
        "{",
        "[]",
        '"step"',
        "\u0000" * draw.randrange(1, 9),
        "[" * draw.randrange(1, 3000),
        json.dumps("x" * draw.randrange(200)),
        json.dumps(draw.choice(JUNK)),
        json.dumps({"kind": kind, draw.choice("abc"): draw.choice(JUNK)}),
        json.dumps({draw.choice(["Kind", "k"]): kind}),
        json.dumps(change),
        json.dumps({"kind": "choose", "scenario": draw.choice(JUNK[3:])}),
        '{"kind": "seek", "round": NaN}',
    ]
    return draw.choice(texts)


def test_malformed_messages_raise_nothing_but_a_sentence():
    draw, refused = random.Random(2), 0
    for _ in range(10_000):
        try:
            read_message(draw_malformed(draw))
        except InputError as reason:
            refused += 1
            assert "\n" not in str(reason)[:200]
    assert refused > 9_000


def is_valid(text):
    """Tell whether the server can do something with a text; it refuses a second hello later."""
    try:
        return read_message(text).kind != "hello"
    except InputError:
        return False


def test_ten_thousand_malformed_messages_leave_the_server_well(client, classroom, monkeypatch):
    """All are read, for the rate is not limited here, and each gets one sentence."""
    monkeypatch.setattr(protection, "MESSAGE_BURST", 1e9)
    draw = random.Random(1)
    texts = [draw_malformed(draw) for _ in range(12_000)]
    malformed = [text for text in texts if not is_valid(text)][:10_000]
    assert len(malformed) == 10_000
    with visiting(client) as bystander:
        with visiting(client) as page:
            refused = 0
            for start in range(0, len(malformed), 500):
                for text in malformed[start : start + 500]:
                    page.socket.send_text(text)
                page.send("pause")
                while (answer := page.socket.receive_json())["kind"] != "state":
                    assert answer["kind"] in ("refused", "room")
                    refused += answer["kind"] == "refused"
            assert refused == 10_000
        assert bystander.step(1)[0]["round"] == 1
    with visiting(client) as page:
        assert page.step(2)[-1]["round"] == 2
    assert len(classroom.registry) <= 3


def test_a_page_that_sends_too_much_is_read_later_and_nothing_is_lost(client, monkeypatch):
    monkeypatch.setattr(protection, "MESSAGE_BURST", 5.0)
    monkeypatch.setattr(protection, "MOST_MESSAGES_PER_SECOND", 100.0)
    with visiting(client) as page:
        begun = time.monotonic()
        for _ in range(60):
            page.send("pause")
        for _ in range(60):
            page.receive("state")
        assert time.monotonic() - begun > 0.5  # 55 of them wait a hundredth of a second each


def test_a_page_that_paints_nothing_gets_no_more_and_its_clock_stops(client, classroom):
    with visiting(client) as page:
        page.send("speed", per_second=50)
        page.send("play")
        time.sleep(FROZEN_AFTER + 1.5)
        session = classroom.registry.find(page.welcome["session"])
        stopped = session.shown
        time.sleep(0.6)
        assert session.shown == stopped > FRAMES_IN_FLIGHT
        page.send("pause")
        frames = 0
        while (
            (message := page.socket.receive_json())["kind"] != "state"
            or message["playing"]
            or not message["round"]
        ):
            frames += message["kind"] == "frame"
        assert frames <= FRAMES_IN_FLIGHT + 1  # and the newest one when it pauses
        page.send("painted", number=10_000)
        page.send("step")
        assert page.receive("frame")["round"] == stopped + 1


def test_a_message_that_is_too_large_ends_the_connection(client):
    with visiting(client) as page:
        page.socket.send_text("x" * (LARGEST_MESSAGE + 1))
        with pytest.raises(WebSocketDisconnect) as closed:
            page.receive("state")
        assert closed.value.code == 1009
