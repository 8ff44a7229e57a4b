"""Sessions without a browser: frames, rewinding, what waits for a reset, and coming back."""

import json

import pytest
from starlette.websockets import WebSocketDisconnect

from experiments.classroom.messages import PROTOCOL_VERSION
from experiments.classroom.snapshots import CHARTED_MEASURES
from tests.classroom.visiting import FakePage, rows_of, visiting


def test_first_frame_is_whole_and_later_ones_hold_what_changed(client):
    with visiting(client) as page:
        assert page.first["round"] == 0
        numbers = page.first["a"]["organisations"]["number"]
        assert numbers == list(range(20)) and len(page.scene["places"]) == 20
        teams = {"a": {}, "b": {}}
        for frame in page.step(12):
            for side, known in teams.items():
                for serial in frame[side]["gone"]:
                    del known[str(serial)]
                known.update(frame[side]["teams"])
        page.send("seek", round=0)
        page.receive("frame")
        page.send("seek", round=12)
        again = page.receive("frame")
        assert {side: again[side]["teams"] for side in "ab"} == teams


def test_only_what_changed_is_sent(client):
    with visiting(client) as page:
        frames, token = page.step(30), page.welcome["session"]
        for frame in frames:
            assert frame["series"]["a"].keys() == set(CHARTED_MEASURES)
            assert all(len(values) == 1 for values in frame["series"]["a"].values())
    with visiting(client, session=token) as page:  # the same round, to a page that shows nothing
        assert len(json.dumps(frames[-1])) < len(json.dumps(page.first)) / 2


def test_everything_in_a_frame_has_a_name(client):
    """Forms, reasons and models are sent by name, so that the page counts nothing by hand."""
    with visiting(client) as page:
        assert page.scene["forms"]["b"]["hub"]["topology"] == "star"
        frames = page.step(40)
        teams = [team for frame in frames for team in frame["b"]["teams"].values()]
        assert {team["form"] for team in teams} == {"hub"}
        assert all(len(team["members"]) >= 2 for team in teams)
        reasons = {reason for frame in frames for reason in frame["a"]["ended"]}
        assert {"solved", "surplus"} <= reasons
        copies = [copy for frame in frames for copy in frame["a"]["copies"]]
        assert copies and all(copy.keys() == {"copier", "model"} for copy in copies)


def test_a_copy_of_the_mean_has_no_model(client):
    conformity = {"structure": "alliance", "values": {"imitation.rule": "conformity"}}
    conformity["values"]["imitation.rate"] = 0.5
    with visiting(client, {"a": conformity, "b": conformity}) as page:
        copies = [copy for frame in page.step(10) for copy in frame["a"]["copies"]]
        assert copies and all(copy["model"] is None for copy in copies)
        page.send("look", side="a", organisation=copies[-1]["copier"])
        copied = page.receive("story")["copied"]
        assert [one["organisation"] for one in copied] == [None] and copied[0]["times"] > 0


def test_a_lost_connection_comes_back_to_the_same_round(client):
    with visiting(client) as page:
        page.step(5)
        token = page.welcome["session"]
    with visiting(client, session=token) as page:
        assert page.welcome["session"] == token
        assert page.first["round"] == 5
        assert len(page.first["series"]["a"]["trust"]) == 5


def test_a_second_tab_takes_the_session_over(client):
    with visiting(client) as first:
        with visiting(client, session=first.welcome["session"]) as second:
            second.step()
            first.send("step")
            with pytest.raises(WebSocketDisconnect) as closed:
                first.receive("state")
            assert closed.value.code == 4001 and closed.value.reason == "moved"


def test_sessions_do_not_meet(client):
    with visiting(client) as one, visiting(client) as other:
        one.step(4)
        other.send("pause")
        assert other.receive("state")["round"] == 0
        assert one.welcome["session"] != other.welcome["session"]


def test_changing_the_past_goes_on_from_there(client):
    """The same value gives the same future again, another value gives another."""
    with visiting(client) as page:
        first = [rows_of(frame["series"]["a"])[0] for frame in page.step(20)]

        def play_again(rate):
            page.send("seek", round=8)
            page.receive("state")
            page.send("change", side="a", parameter="imitation.rate", value=rate)
            assert page.receive("state")["frontier"] == 8
            return [rows_of(frame["series"]["a"])[0] for frame in page.step(12)]

        assert play_again(0.9) != first[8:]
        assert play_again(0.2) == first[8:]


def test_what_waits_for_a_reset_waits(client):
    with visiting(client) as page:
        page.step(3)
        page.send("form", side="b", name="platform")
        assert "structure.name" in page.receive("state")["waiting"]["b"]
        page.send("change", side="b", parameter="imitation.rate", value=0.5)
        assert "imitation.rate" not in page.receive("state")["waiting"]["b"]
        page.send("reset")
        assert list(page.receive("scene")["forms"]["b"]) == ["platform"]
        state = page.receive("state")
        assert state["round"] == 0 and state["waiting"] == {"a": [], "b": []}


def test_sessions_are_bounded_and_those_in_use_stay(client, classroom):
    classroom.registry.most = 2
    with visiting(client) as one, visiting(client):
        with client.websocket_connect("/page") as socket:
            page = FakePage(socket)
            page.send("hello", protocol=PROTOCOL_VERSION)
            assert "2 pages are open" in page.receive("refused")["sentence"]
        assert one.step()[0]["round"] == 1
    with visiting(client):
        assert len(classroom.registry) == 2
