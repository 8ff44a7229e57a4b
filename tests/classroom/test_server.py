"""The classroom server without a browser: messages, caps, sessions that do not meet, coming back."""

import json
import random
import time
from contextlib import contextmanager

import pytest
from starlette.websockets import WebSocketDisconnect

from experiments.classroom import server, side
from experiments.classroom.access import MOST_WRONG_CODES, AccessControl
from experiments.classroom.connection import FRAMES_IN_FLIGHT, FROZEN_AFTER
from experiments.classroom.messages import LARGEST_MESSAGE, MOST_ROUNDS, read_message
from experiments.classroom.scenario import Scenario
from experiments.classroom.stories import collect_past
from sim.errors import InputError

SCENARIO = {
    "shared": {"population.organisations": 20, "run.seed": 3},
    "a": {"structure": "alliance", "values": {"imitation.rate": 0.2}},
    "b": {"structure": "hub", "values": {"imitation.rate": 0.2}},
}


class Page:
    """What a page says and hears."""

    def __init__(self, socket):
        self.socket = socket

    def say(self, kind, **more):
        self.socket.send_text(json.dumps({"kind": kind, **more}))

    def hear(self, kind):
        """Return the next message of a kind; frames on the way are noted as painted."""
        while True:
            message = json.loads(self.socket.receive_text())
            if message["kind"] == "frame":
                self.say("painted", number=message["number"])
            if message["kind"] == kind:
                return message

    def step(self, rounds=1):
        frames = []
        for _ in range(rounds):
            self.say("step")
            frames.append(self.hear("frame"))
            self.hear("state")
        return frames


@contextmanager
def visiting(client, scenario=SCENARIO, **hello):
    with client.websocket_connect("/page", headers={"origin": "http://testserver"}) as socket:
        page = Page(socket)
        page.say("hello", protocol=1, scenario=scenario, **hello)
        page.welcome = page.hear("welcome")
        page.scene = page.hear("scene")
        page.first = page.hear("frame")
        page.state = page.hear("state")
        yield page


def test_first_frame_is_whole_and_later_ones_tell_what_changed(client):
    with visiting(client) as page:
        assert page.first["round"] == 0
        assert len(page.first["a"]["organisations"]) == 20 == len(page.scene["places"])
        held = {"a": {}, "b": {}}
        for frame in page.step(12):
            for side, teams in held.items():
                for serial in frame[side]["gone"]:
                    del teams[str(serial)]
                teams.update(frame[side]["teams"])
        page.say("seek", round=0)
        page.hear("frame")
        page.say("seek", round=12)
        again = page.hear("frame")
        assert again["a"]["teams"] == held["a"] and again["b"]["teams"] == held["b"]


def test_only_what_changed_is_sent(client):
    with visiting(client) as page:
        frames = page.step(30)
        whole = len(json.dumps(page.first))
        assert len(json.dumps(frames[-1])) < whole
        assert all(len(frame["series"]["a"]) == 1 for frame in frames)


def test_a_lost_connection_comes_back_to_the_same_round(client):
    with visiting(client) as page:
        page.step(5)
        token = page.welcome["session"]
    with visiting(client, session=token) as page:
        assert page.welcome["session"] == token
        assert page.first["round"] == 5
        assert len(page.first["series"]["a"]) == 5


def test_a_second_tab_takes_the_session_over(client):
    with visiting(client) as first:
        with visiting(client, session=first.welcome["session"]) as second:
            second.step()
            first.say("step")
            with pytest.raises(WebSocketDisconnect) as closed:
                first.hear("state")
            assert closed.value.code == 4001


def test_sessions_do_not_meet(client):
    with visiting(client) as one, visiting(client) as other:
        one.step(4)
        other.say("pause")
        assert other.hear("state")["round"] == 0
        assert one.welcome["session"] != other.welcome["session"]


def test_changing_the_past_goes_on_from_there(client):
    """Going back and setting what was set before gives the same future; setting another value another."""
    with visiting(client) as page:
        first = [frame["series"]["a"][0] for frame in page.step(20)]
        page.say("seek", round=8)
        page.hear("state")
        page.say("change", side="a", parameter="imitation.rate", value=0.9)
        assert page.hear("state")["frontier"] == 8
        other = [frame["series"]["a"][0] for frame in page.step(12)]
        assert other != first[8:]
        page.say("seek", round=8)
        page.hear("state")
        page.say("change", side="a", parameter="imitation.rate", value=0.2)
        assert page.hear("state")["frontier"] == 8
        assert [frame["series"]["a"][0] for frame in page.step(12)] == first[8:]


def test_what_waits_for_a_reset_waits(client):
    with visiting(client) as page:
        page.step(3)
        page.say("form", side="b", name="platform")
        assert "structure.name" in page.hear("state")["waiting"]["b"]
        page.say("change", side="b", parameter="imitation.rate", value=0.5)
        assert "imitation.rate" not in page.hear("state")["waiting"]["b"]
        page.say("reset")
        assert page.hear("scene")["forms"]["b"][0]["name"] == "platform"
        state = page.hear("state")
        assert state["round"] == 0 and state["waiting"] == {"a": [], "b": []}


def test_a_story_tells_what_the_frames_told(client):
    with visiting(client) as page:
        copied = {}
        for frame in page.step(25):
            for copier, model in frame["a"]["copies"]:
                copied.setdefault(copier, []).append(model)
        assert copied
        i = max(copied, key=lambda one: len(copied[one]))
        page.say("look", side="a", organisation=i)
        story = page.hear("story")
        assert sum(times for _, times in story["copied"]) <= len(copied[i])
        assert dict(story["copied"]) == {
            model: copied[i].count(model) for model, _ in story["copied"]
        }
        page.say("seek", round=0)
        page.hear("state")
        page.say("look", side="a", organisation=i)
        assert page.hear("story")["copied"] == []


def test_bands_are_of_thirty_runs(client):
    with visiting(client) as page:
        page.step(12)
        page.say("bands", rounds=12)
        bands = page.hear("bands")
        assert bands["runs"] == 30
        low, mean, high = bands["a"][0]
        assert len(low) == len(mean) == len(high) == 12
        assert all(a <= c for a, c in zip(low, high, strict=True))


BAD = [
    (
        "change",
        {"side": "a", "parameter": "imitation.rule", "value": "mine.py:evil"},
        "allowed: success",
    ),
    (
        "change",
        {"side": "a", "parameter": "production.pooling", "value": "mine.py:evil"},
        "allowed: best",
    ),
    (
        "change",
        {"side": "a", "parameter": "structure.topology", "value": "mine.py:evil"},
        "allowed: none",
    ),
    (
        "change",
        {"side": "both", "parameter": "population.path", "value": "/etc/passwd"},
        "is not a parameter of the page",
    ),
    (
        "change",
        {"side": "both", "parameter": "run.measures", "value": "x.py:y"},
        "is not a parameter of the page",
    ),
    (
        "change",
        {"side": "a", "parameter": "__class__", "value": 1},
        "is not a parameter of the page",
    ),
    (
        "change",
        {"side": "both", "parameter": "population.organisations", "value": 5000},
        "the page goes up to 300",
    ),
    ("change", {"side": "a", "parameter": "imitation.rate", "value": 7}, "imitation.rate is 7"),
    (
        "change",
        {"side": "a", "parameter": "imitation.rate", "value": True},
        "imitation.rate is True",
    ),
    ("change", {"side": "c", "parameter": "imitation.rate", "value": 0.1}, "side"),
    ("form", {"side": "a", "name": "../../etc"}, "is not a preset"),
    ("seek", {"round": 900}, "is not played yet"),
    ("seek", {"round": MOST_ROUNDS + 1}, "round"),
    ("speed", {"per_second": 1e9}, "per_second"),
    ("look", {"side": "a", "organisation": -1}, "organisation"),
    ("step", {"evil": 1}, "evil"),
    ("dance", {}, "dance"),
    ("hello", {"protocol": 1}, "say hello once"),
    (
        "choose",
        {"scenario": {"a": {"structure": "alliance", "values": {"population.source": "file"}}}},
        "is not a parameter of the page",
    ),
    ("choose", {"scenario": {"shared": {"imitation.rate": 0.5}}}, "belongs to one side"),
]


@pytest.mark.parametrize(("kind", "more", "sentence"), BAD)
def test_what_is_not_allowed_is_told_in_a_sentence_and_changes_nothing(
    client, kind, more, sentence
):
    with visiting(client) as page:
        page.say(kind, **more)
        assert sentence in page.hear("refused")["sentence"]
        page.say("pause")
        assert page.hear("state")["scenario"] == page.state["scenario"]


def malformed(draw):
    """Return a message that is none."""
    kind = draw.choice(
        [
            "hello",
            "play",
            "step",
            "seek",
            "change",
            "choose",
            "look",
            "bands",
            "painted",
            "x" * draw.randrange(50),
        ]
    )
    junk = [
        None,
        True,
        -1,
        1e308,
        "x" * draw.randrange(200),
        [],
        {},
        [[[[]]]],
        {"kind": "step"},
        "\u0000",
        2**80,
    ]
    made = draw.choice(
        [
            "",
            "null",
            "{",
            "[]",
            '"step"',
            "\u0000" * draw.randrange(1, 9),
            "[" * draw.randrange(1, 3000),
            json.dumps(draw.choice(junk)),
            json.dumps({"kind": kind, draw.choice("abc"): draw.choice(junk)}),
            json.dumps({draw.choice(["Kind", "k"]): kind}),
            json.dumps(
                {
                    "kind": "change",
                    "side": "a",
                    "parameter": draw.choice(junk),
                    "value": draw.choice(junk),
                }
            ),
            json.dumps({"kind": "choose", "scenario": draw.choice(junk[3:])}),
            '{"kind": "seek", "round": NaN}',
        ]
    )
    return made


def test_malformed_messages_raise_nothing_but_a_sentence():
    """The server reads no more than its rate allows; here all are read."""
    draw = random.Random(2)
    for _ in range(10_000):
        text = malformed(draw)
        try:
            read_message(text)
        except InputError as reason:
            assert "\n" not in str(reason)[:200]


def is_one(text):
    """Whether the server can do something with a message; a second hello is read, and refused then."""
    try:
        return read_message(text).kind != "hello"
    except InputError:
        return False


def test_ten_thousand_malformed_messages_leave_the_server_well(client, classroom, monkeypatch):
    """All are read, for the cap is lifted, and each is answered by one sentence."""
    monkeypatch.setattr(server, "MESSAGE_BURST", 1e9)
    draw = random.Random(1)
    sent = [text for text in (malformed(draw) for _ in range(12_000)) if not is_one(text)][:10_000]
    assert len(sent) == 10_000
    with visiting(client) as bystander:
        with visiting(client) as page:
            refused = 0
            for start in range(0, len(sent), 500):
                for text in sent[start : start + 500]:
                    page.socket.send_text(text)
                page.say("pause")
                while (answer := page.socket.receive_json())["kind"] != "state":
                    assert answer["kind"] in ("refused", "room")
                    refused += answer["kind"] == "refused"
            assert refused == 10_000
        before = bystander.step(1)[0]["round"]
        assert before == 1
    with visiting(client) as page:
        assert page.step(2)[-1]["round"] == 2
    assert len(classroom.registry) <= 3


def test_a_page_that_says_too_much_is_heard_later_and_nothing_is_lost(client, monkeypatch):
    monkeypatch.setattr(server, "MESSAGE_BURST", 5.0)
    monkeypatch.setattr(server, "MOST_MESSAGES_PER_SECOND", 100.0)
    with visiting(client) as page:
        begun = time.monotonic()
        for _ in range(60):
            page.say("pause")
        for _ in range(60):
            page.hear("state")
        assert (
            time.monotonic() - begun > 0.5
        )  # of it 55 wait for their turn, a hundredth of a second each


def test_a_page_that_paints_nothing_gets_no_more_and_its_clock_stops(client, classroom):
    with visiting(client) as page:
        page.say("speed", per_second=50)
        page.say("play")
        time.sleep(FROZEN_AFTER + 1.5)
        session = classroom.registry.find(page.welcome["session"])
        stopped = session.shown
        time.sleep(0.6)
        assert session.shown == stopped > FRAMES_IN_FLIGHT
        page.say("pause")
        frames = 0
        while (
            (message := page.socket.receive_json())["kind"] != "state"
            or message["playing"]
            or not message["round"]
        ):
            frames += message["kind"] == "frame"
        assert frames <= FRAMES_IN_FLIGHT + 1  # the last one when it pauses: where it is
        page.say("painted", number=10_000)
        page.say("step")
        assert page.hear("frame")["round"] == stopped + 1


def test_a_message_that_is_too_large_ends_the_connection(client):
    with visiting(client) as page:
        page.socket.send_text("x" * (LARGEST_MESSAGE + 1))
        with pytest.raises(WebSocketDisconnect) as closed:
            page.hear("state")
        assert closed.value.code == 1009


def test_sessions_are_bounded_and_those_in_use_stay(client, classroom):
    classroom.registry.most = 2
    with visiting(client) as one, visiting(client):
        with client.websocket_connect("/page") as socket:
            Page(socket).say("hello", protocol=1)
            answer = socket.receive_json()
            assert answer["kind"] == "refused" and "2 pages are open" in answer["sentence"]
        assert one.step()[0]["round"] == 1
    with visiting(client):
        assert len(classroom.registry) == 2


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
def test_other_sites_cannot_reach_the_server(client, headers):
    assert client.get("/", headers=headers).status_code == 421
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/page", headers=headers) as socket,
    ):
        socket.receive_text()


def test_nothing_but_the_page_is_served(client):
    assert client.get("/").status_code == 200
    assert "default-src 'self'" in client.get("/").headers["content-security-policy"]
    for path in (
        "/../server.py",
        "/%2e%2e/server.py",
        "/js/../../server.py",
        "/js/..%2f..%2fserver.py",
    ):
        assert client.get(path).status_code in (404, 405)


def test_others_need_the_code_and_cannot_try_many():
    door = AccessControl("ABC234")
    door.check("127.0.0.1", None)
    door.check("192.168.1.7", "abc234 ")
    for _ in range(MOST_WRONG_CODES):
        with pytest.raises(InputError, match="not the code"):
            door.check("192.168.1.8", "WRONG1")
    with pytest.raises(InputError, match="too many"):
        door.check("192.168.1.8", "ABC234")
    with pytest.raises(InputError, match="--lan"):
        AccessControl(None).check("192.168.1.7", "ABC234")


def test_the_story_of_a_newcomer_begins_when_it_took_the_place(client, classroom):
    values = {
        "structure": "alliance",
        "values": {"environment.turnover": 0.1, "imitation.rate": 0.5},
    }
    with visiting(client, SCENARIO | {"a": values, "b": values}) as page:
        frames = page.step(20)
        side = classroom.registry.find(page.welcome["session"]).sides["a"]
        entered = {i: now for now in range(21) for i in side.moment(now).entered}
        assert (
            sum(frame["a"]["entered"] for frame in frames)
            == sum(len(side.moment(now).entered) for now in range(21))
            > 10
        )
        for i in range(20):
            page.say("look", side="a", organisation=i)
            told = page.hear("story")
            assert told["since"] == entered.get(i, 0)
            assert all(one["started"] > told["since"] for one in told["collaborations"])
            if told["since"] == 20:  # just come: nothing learned, nobody known
                assert (
                    told["skills"] == told["core"] and not told["partners"] and not told["copied"]
                )
        assert 20 in entered.values()


def test_a_story_reads_every_round_once(monkeypatch):
    played = side.PlayedSide(Scenario.model_validate_json(json.dumps(SCENARIO)).configs()["a"])
    for _ in range(12):
        played.play()
    read = []
    unpack = side.unpack_round_snapshot
    monkeypatch.setattr(
        side, "unpack_round_snapshot", lambda packed: read.append(packed) or unpack(packed)
    )
    assert collect_past(played, 0, 12)["since"] == 0
    assert len(read) == len(set(read)) == 11  # rounds 1 to 11; the newest is not packed
