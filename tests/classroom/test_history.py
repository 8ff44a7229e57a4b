"""Coming back: a session that was freed, or lost in a restart, shows the same rounds again."""

import asyncio
import json

import pytest
from starlette.testclient import TestClient

from experiments.classroom import history
from experiments.classroom.messages import LARGEST_MESSAGE, MOST_CHANGES, PROTOCOL_VERSION
from experiments.classroom.registry import SessionRegistry
from experiments.classroom.scenario import Scenario
from experiments.classroom.server import Classroom, build_app
from sim.errors import InputError
from tests.classroom.visiting import SCENARIO, rows_of, visiting


def change(page, side, parameter, value):
    page.send("change", side=side, parameter=parameter, value=value)
    return page.receive("state")


def seek(page, now):
    page.send("seek", round=now)
    return page.receive("state")


def decide(teacher, students, *decisions):
    """One round of a role-play, decided by everybody."""
    teacher.send("open_round", seconds=600)
    for student, decision in zip(students, decisions, strict=True):
        student.send("decide", **decision)
    state = teacher.receive("state")
    for student in students:
        while not (view := student.receive("role"))["answers"] or view["open"]:
            pass
    return state


def play_with_changes(page):
    """Change settings at once, change the past, and let a setting wait; return the last state."""
    page.step(5)
    change(page, "a", "imitation.rate", 0.5)
    page.step(4)
    change(page, "both", "structure.formalisation", 0.9)
    page.step(6)
    change(page, "b", "structure.topology", "ring")
    page.step(3)
    seek(page, 12)
    change(page, "b", "trust.gain", 0.4)
    page.step(8)
    change(page, "both", "population.organisations", 30)  # waits
    return seek(page, 17)


def collect_rounds(classroom, page):
    """Return everything that a page can see of its session, round by round."""
    session = classroom.registry.find(page.welcome["session"])
    now = session.shown
    return {
        side: (played.packed_rounds, played.series) for side, played in session.sides.items()
    } | {
        "shown": now,
        "scenario": session.scenario,
    }


def free_all(registry):
    """Free all sessions, as if they were idle for long."""
    registry.idle_after = -1.0
    registry.free_idle()
    assert len(registry) == 0
    registry.idle_after = 900.0


def build_hello(state, **more):
    """Return what a page that had this state sends to a server that has restarted."""
    return {
        "scenario": state["scenario"],
        "round": state["round"],
        "frontier": state["frontier"],
        **more,
    }


def test_a_freed_session_comes_back_with_all_rounds_as_they_were(client, classroom):
    with visiting(client) as page:
        state, token = play_with_changes(page), page.welcome["session"]
        before = collect_rounds(classroom, page)
    free_all(classroom.registry)
    with visiting(client, session=token) as page:
        assert page.welcome["session"] == token and not page.welcome["incomplete"]
        assert collect_rounds(classroom, page) == before
        assert page.first["round"] == 17 and rows_of(page.first["series"]["a"]) == before["a"][1]
        assert page.state["waiting"] == state["waiting"] != {"a": [], "b": []}
        assert page.step(4)[-1]["frontier"] == 21  # and it plays on
    with visiting(client) as page:  # the changes made a difference
        page.step(len(before["a"][1]))
        assert collect_rounds(classroom, page)["a"] != before["a"]


def test_a_server_started_again_shows_the_same_rounds_from_what_the_page_sends(client, classroom):
    with visiting(client) as page:
        assert not page.state["history"].get("changes")
        page.step(5)
        kept = change(page, "a", "imitation.rate", 0.5)["history"]
        assert [
            (one["round"], one["side"], one["parameter"], one["value"]) for one in kept["changes"]
        ] == [(5, "a", "imitation.rate", 0.5)]
        assert "history" not in seek(page, 3)  # sent when it differs, not with every state
        page.send("reset")
        assert not page.receive("state")["history"].get("changes")
        page.send("choose", scenario=SCENARIO)
        page.receive("state")
        state = play_with_changes(page)
        before = collect_rounds(classroom, page)
        kept = history.shorten_history(classroom.registry.find(page.welcome["session"]))
    other = Classroom()
    with (
        TestClient(build_app(other)) as client,
        visiting(client, history=kept, **build_hello(state)) as page,
    ):
        assert collect_rounds(other, page) == before and page.state["waiting"] == state["waiting"]


@pytest.mark.parametrize("restart", [False, True])
def test_decisions_of_a_role_play_come_back(client, classroom, restart):
    with (
        visiting(client) as teacher,
        visiting(client, as_student=True) as one,
        visiting(client, as_student=True) as other,
    ):
        teacher.step(6)
        teacher.send("roles", begin=True)
        for now in range(3):
            state = decide(
                teacher,
                (one, other),
                {"meet": [4 + now, 9], "accepts": False},
                {"meet": [15], "invite": [12]},
            )
        before, token = collect_rounds(classroom, teacher), teacher.welcome["session"]
        seats, tokens = (
            dict(classroom.registry.find(token).seats),
            [page.welcome["session"] for page in (one, other)],
        )
        kept = state["history"]
        assert len(kept["decisions"]) == 6
    free_all(classroom.registry)
    after = Classroom() if restart else classroom
    with (
        TestClient(build_app(after)) as client,
        visiting(client, session=token, history=kept, **build_hello(state)) as teacher,
    ):
        assert collect_rounds(after, teacher) == before and not teacher.welcome["incomplete"]
        if restart:
            return
        with (
            visiting(client, as_student=True, session=tokens[1]),
            visiting(client, as_student=True, session=tokens[0]),
        ):  # in another order
            teacher.send("roles", begin=True)
            while not (room := teacher.receive("room"))["roles"]:
                pass
            assert (
                room["roles"]["players"] == [0, 1] and classroom.registry.find(token).seats == seats
            )
    with TestClient(build_app(after)) as client, visiting(client) as plain:
        plain.step(9)
        assert collect_rounds(after, plain)["a"] != before["a"]


def test_a_page_is_informed_when_too_much_happened_to_come_back(client, classroom, monkeypatch):
    monkeypatch.setattr(history, "LARGEST_MESSAGE", history.HELLO_OVERHEAD + 700)
    with visiting(client) as teacher, visiting(client, as_student=True) as one:
        teacher.step(3)
        change(teacher, "a", "imitation.rate", 0.5)
        teacher.send("roles", begin=True)
        for _ in range(8):
            state = decide(teacher, (one,), {"meet": [4, 5, 6, 7, 8], "accepts": False})
        session = classroom.registry.find(teacher.welcome["session"])
        kept = history.shorten_history(session)
        assert kept["incomplete"] and "decisions" not in kept and len(kept["changes"]) == 1
        assert len(session.sides["a"].decisions) == 8 and state["round"] == 11
    other = Classroom()
    with TestClient(build_app(other)) as client:
        with visiting(client, history=kept, **build_hello(state)) as page:
            assert page.welcome["incomplete"] and page.first["round"] == 11
            assert other.registry.find(page.welcome["session"]).sides["a"].decisions == {}
            assert "incomplete" not in page.state["history"]  # what is played now comes back whole
            token, newer = page.welcome["session"], page.state["history"]
        with visiting(client, session=token) as page:  # a reload
            assert page.welcome["session"] == token and not page.welcome["incomplete"]
        free_all(other.registry)
        with visiting(client, session=token) as page:
            assert page.welcome["session"] == token and not page.welcome["incomplete"]
    with (
        TestClient(build_app(Classroom())) as client,
        visiting(client, history=newer, **build_hello(state)) as page,
    ):
        assert not page.welcome["incomplete"]


def test_the_longest_history_of_a_page_fits_into_a_hello(client, classroom):
    seen = set()
    with visiting(client, SCENARIO | {"shared": {"population.organisations": 2}}) as page:
        for now in range(150):
            state = change(page, "both", "imitation.rate", (now + 1) / 200)
            page.step(1)
            if "history" in state:
                hello = build_hello(
                    state,
                    history=state["history"],
                    session=page.welcome["session"],
                    code="x" * 16,
                    joins=False,
                    watch=False,
                )
                length = len(
                    json.dumps(
                        {"kind": "hello", "protocol": PROTOCOL_VERSION, **hello},
                        separators=(",", ":"),
                    )
                )
                seen.add(
                    (
                        len(state["history"].get("changes", ())),
                        state["history"].get("incomplete", False),
                        length,
                    )
                )
    assert max(length for _, _, length in seen) <= LARGEST_MESSAGE
    whole = max(count for count, incomplete, _ in seen if not incomplete)
    assert 100 < whole <= MOST_CHANGES and (0, True) in {
        (count, incomplete) for count, incomplete, _ in seen
    }


IMPOSSIBLE = [
    {"changes": [{"round": 2, "side": "a", "parameter": "population.source", "value": "x"}]},
    {"changes": [{"round": 2, "side": "a", "parameter": "population.organisations", "value": 30}]},
    {"changes": [{"round": 2, "side": "a", "parameter": "imitation.rate", "value": 3.0}]},
]


@pytest.mark.parametrize("forged", IMPOSSIBLE)
def test_an_impossible_history_is_refused_in_a_sentence(client, forged):
    with client.websocket_connect("/page") as socket:
        socket.send_json(
            {
                "kind": "hello",
                "protocol": PROTOCOL_VERSION,
                "scenario": SCENARIO,
                "round": 4,
                "history": {"begun": SCENARIO, **forged},
            }
        )
        answer = socket.receive_json()
        assert answer["kind"] == "refused"
        assert forged["changes"][0]["parameter"] in answer["sentence"]


def test_impossible_decisions_are_left_to_the_rules_and_the_page_is_informed(client):
    forged = {
        "begun": SCENARIO,
        # There are twenty organisations.
        "decisions": [{"round": 1, "organisation": 25, "meet": [3]}],
    }
    with visiting(client, round=4, history=forged) as page:
        assert page.welcome["incomplete"] and page.first["round"] == 4


def test_histories_are_bounded_in_number_and_size(client, classroom, monkeypatch):
    classroom.registry._saved.most = 2
    tokens = []
    for _ in range(4):
        with visiting(client) as page:
            page.step(2)
            tokens.append(page.welcome["session"])
    free_all(classroom.registry)
    assert [classroom.registry._saved.find(token) is not None for token in tokens] == [
        False,
        False,
        True,
        True,
    ]
    monkeypatch.setattr(history, "LARGEST_SAVED_HISTORY", 10)
    with visiting(client) as page:
        token = page.welcome["session"]
    free_all(classroom.registry)
    with visiting(client, session=token, round=2) as page:  # then the page's own hello counts
        assert page.welcome["session"] != token and page.first["round"] == 2


def free_sessions(registry, count):
    """Begin sessions of three rounds, and free them; return their tokens."""
    scenario = Scenario.model_validate_json(json.dumps(SCENARIO))
    tokens = [asyncio.run(registry.open(scenario, 3)).token for _ in range(count)]
    free_all(registry)
    return tokens


def test_a_session_comes_back_when_making_room_drops_its_own_history():
    registry = SessionRegistry(most=1)
    registry._saved.most = 1
    (token,) = free_sessions(registry, 1)
    # Idle, and in the only place: its history takes the place of the other one's.
    asyncio.run(registry.open(Scenario()))
    session = asyncio.run(registry.reopen(token))
    assert session.token == token and session.frontier == 3
    assert len(registry) == 1 and registry.find(token) is session


def test_many_that_come_back_at_once_stay_within_the_bound():
    registry = SessionRegistry()
    tokens = free_sessions(registry, 5)
    registry.most = 2

    async def reopen(token):
        session = await registry.reopen(token)
        registry.attach(session, token)
        return session

    async def reopen_all():
        return await asyncio.gather(*map(reopen, tokens), return_exceptions=True)

    results = asyncio.run(reopen_all())
    back = [session for session in results if not isinstance(session, InputError)]
    assert len(back) == len(registry) == 2 and all(
        registry.find(session.token) is session for session in back
    )
    registry.detach(back[0], back[0].token)
    late = next(
        token
        for token, session in zip(tokens, results, strict=True)
        if isinstance(session, InputError)
    )
    assert asyncio.run(reopen(late)).frontier == 3  # a refused page loses nothing
