"""Coming back: a session that the server freed, or lost when it was started again, shows the same rounds as before."""

import asyncio
import json

import pytest
from starlette.testclient import TestClient

from experiments.classroom import history as courses
from experiments.classroom.messages import LARGEST_MESSAGE, MOST_CHANGES
from experiments.classroom.registry import SessionRegistry
from experiments.classroom.scenario import Scenario
from experiments.classroom.server import Classroom, build_app
from sim.errors import InputError
from tests.classroom.test_server import SCENARIO, visiting


def change(page, side, parameter, value):
    page.say("change", side=side, parameter=parameter, value=value)
    return page.hear("state")


def seek(page, now):
    page.say("seek", round=now)
    return page.hear("state")


def decide(teacher, students, *decisions):
    """One round of a role-play, decided by everybody."""
    teacher.say("open_round", seconds=600)
    for student, decision in zip(students, decisions, strict=True):
        student.say("decide", **decision)
    state = teacher.hear("state")
    for student in students:
        while not (told := student.hear("role"))["answers"] or told["open"]:
            pass
    return state


def play_with_changes(page):
    """Change at once on one side and on both, go back and change the past, and let something wait for a reset; return the last state."""
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


def shown(classroom, page):
    """Everything a page can see of its session, round by round."""
    session = classroom.registry.find(page.welcome["session"])
    now = session.shown
    return {side: (played.tape, played.series) for side, played in session.sides.items()} | {
        "shown": now,
        "scenario": session.scenario,
    }


def free_all(registry):
    registry.idle_after = -1.0
    registry.free_idle()
    assert len(registry) == 0
    registry.idle_after = 900.0


def comes_back(state, **more):
    """What a page that saw this state says on a server that was started again."""
    return {
        "scenario": state["scenario"],
        "round": state["round"],
        "frontier": state["frontier"],
        **more,
    }


def test_a_freed_session_comes_back_with_all_rounds_as_they_were(client, classroom):
    with visiting(client) as page:
        state, token = play_with_changes(page), page.welcome["session"]
        before = shown(classroom, page)
    free_all(classroom.registry)
    with visiting(client, session=token) as page:
        assert page.welcome["session"] == token and not page.welcome["incomplete"]
        assert shown(classroom, page) == before
        assert page.first["round"] == 17 and page.first["series"]["a"] == before["a"][1]
        assert page.state["waiting"] == state["waiting"] != {"a": [], "b": []}
        assert page.step(4)[-1]["frontier"] == 21  # and it plays on
    with visiting(client) as page:  # the changes made a difference
        page.step(len(before["a"][1]))
        assert shown(classroom, page)["a"] != before["a"]


def test_a_server_started_again_shows_the_same_rounds_from_what_the_page_says(client, classroom):
    with visiting(client) as page:
        assert not page.state["course"].get("changes")
        page.step(5)
        told = change(page, "a", "imitation.rate", 0.5)["course"]
        assert [
            (one["round"], one["side"], one["parameter"], one["value"]) for one in told["changes"]
        ] == [(5, "a", "imitation.rate", 0.5)]
        assert "course" not in seek(page, 3)  # sent when it differs, not with every state
        page.say("reset")
        assert not page.hear("state")["course"].get("changes")
        page.say("choose", scenario=SCENARIO)
        page.hear("state")
        state = play_with_changes(page)
        before, told = (
            shown(classroom, page),
            courses.shorten_history(classroom.registry.find(page.welcome["session"])),
        )
    other = Classroom()
    with (
        TestClient(build_app(other)) as client,
        visiting(client, course=told, **comes_back(state)) as page,
    ):
        assert shown(other, page) == before and page.state["waiting"] == state["waiting"]


@pytest.mark.parametrize("restart", [False, True])
def test_decisions_of_a_role_play_come_back(client, classroom, restart):
    with (
        visiting(client) as teacher,
        visiting(client, joins=True) as one,
        visiting(client, joins=True) as other,
    ):
        teacher.step(6)
        teacher.say("roles", begin=True)
        for now in range(3):
            state = decide(
                teacher,
                (one, other),
                {"meet": [4 + now, 9], "accepts": False},
                {"meet": [15], "invite": [12]},
            )
        before, token = shown(classroom, teacher), teacher.welcome["session"]
        seats, tokens = (
            dict(classroom.registry.find(token).seats),
            [page.welcome["session"] for page in (one, other)],
        )
        told = state["course"]
        assert len(told["decisions"]) == 6
    free_all(classroom.registry)
    after = Classroom() if restart else classroom
    with (
        TestClient(build_app(after)) as client,
        visiting(client, session=token, course=told, **comes_back(state)) as teacher,
    ):
        assert shown(after, teacher) == before and not teacher.welcome["incomplete"]
        if restart:
            return
        with (
            visiting(client, joins=True, session=tokens[1]),
            visiting(client, joins=True, session=tokens[0]),
        ):  # in another order
            teacher.say("roles", begin=True)
            while not (room := teacher.hear("room"))["roles"]:
                pass
            assert (
                room["roles"]["players"] == [0, 1] and classroom.registry.find(token).seats == seats
            )
    with TestClient(build_app(after)) as client, visiting(client) as plain:
        plain.step(9)
        assert shown(after, plain)["a"] != before["a"]


def test_what_is_too_much_to_come_back_is_said(client, classroom, monkeypatch):
    monkeypatch.setattr(courses, "LARGEST_MESSAGE", courses.HELLO_OVERHEAD + 700)
    with visiting(client) as teacher, visiting(client, joins=True) as one:
        teacher.step(3)
        change(teacher, "a", "imitation.rate", 0.5)
        teacher.say("roles", begin=True)
        for _ in range(8):
            state = decide(teacher, (one,), {"meet": [4, 5, 6, 7, 8], "accepts": False})
        session = classroom.registry.find(teacher.welcome["session"])
        told = courses.shorten_history(session)
        assert told["incomplete"] and "decisions" not in told and len(told["changes"]) == 1
        assert len(session.sides["a"].decided) == 8 and state["round"] == 11
    other = Classroom()
    with TestClient(build_app(other)) as client:
        with visiting(client, course=told, **comes_back(state)) as page:
            assert page.welcome["incomplete"] and page.first["round"] == 11
            assert other.registry.find(page.welcome["session"]).sides["a"].decided == {}
            assert "incomplete" not in page.state["course"]  # what is played now comes back whole
            token, course = page.welcome["session"], page.state["course"]
        with visiting(client, session=token) as page:  # a reload
            assert page.welcome["session"] == token and not page.welcome["incomplete"]
        free_all(other.registry)
        with visiting(client, session=token) as page:
            assert page.welcome["session"] == token and not page.welcome["incomplete"]
    with (
        TestClient(build_app(Classroom())) as client,
        visiting(client, course=course, **comes_back(state)) as page,
    ):
        assert not page.welcome["incomplete"]


def test_the_longest_course_a_page_is_told_fits_into_a_hello(client, classroom):
    seen = set()
    with visiting(client, SCENARIO | {"shared": {"population.organisations": 2}}) as page:
        for now in range(150):
            state = change(page, "both", "imitation.rate", (now + 1) / 200)
            page.step(1)
            if "course" in state:
                hello = comes_back(
                    state,
                    course=state["course"],
                    session=page.welcome["session"],
                    code="x" * 16,
                    joins=False,
                    watch=False,
                )
                length = len(
                    json.dumps({"kind": "hello", "protocol": 1, **hello}, separators=(",", ":"))
                )
                seen.add(
                    (
                        len(state["course"].get("changes", ())),
                        state["course"].get("incomplete", False),
                        length,
                    )
                )
    assert max(length for _, _, length in seen) <= LARGEST_MESSAGE
    whole = max(count for count, incomplete, _ in seen if not incomplete)
    assert 100 < whole <= MOST_CHANGES and (0, True) in {
        (count, incomplete) for count, incomplete, _ in seen
    }


BAD = [
    {"changes": [{"round": 2, "side": "a", "parameter": "population.source", "value": "x"}]},
    {"changes": [{"round": 2, "side": "a", "parameter": "population.organisations", "value": 30}]},
    {"changes": [{"round": 2, "side": "a", "parameter": "imitation.rate", "value": 3.0}]},
]


@pytest.mark.parametrize("course", BAD)
def test_a_course_that_cannot_have_been_is_refused_in_a_sentence(client, course):
    with client.websocket_connect("/page") as socket:
        socket.send_json(
            {
                "kind": "hello",
                "protocol": 1,
                "scenario": SCENARIO,
                "round": 4,
                "course": {"begun": SCENARIO, **course},
            }
        )
        answer = socket.receive_json()
        assert (
            answer["kind"] == "refused" and course["changes"][0]["parameter"] in answer["sentence"]
        )


def test_decisions_that_cannot_have_been_leave_the_rules_and_are_told(client):
    forged = {
        "begun": SCENARIO,
        "decisions": [{"round": 1, "organisation": 25, "meet": [3]}],
    }  # twenty organisations are there
    with visiting(client, round=4, course=forged) as page:
        assert page.welcome["incomplete"] and page.first["round"] == 4


def test_courses_are_bounded_in_number_and_size(client, classroom, monkeypatch):
    classroom.registry._freed.most = 2
    tokens = []
    for _ in range(4):
        with visiting(client) as page:
            page.step(2)
            tokens.append(page.welcome["session"])
    free_all(classroom.registry)
    assert [classroom.registry._freed.find(token) is not None for token in tokens] == [
        False,
        False,
        True,
        True,
    ]
    monkeypatch.setattr(courses, "LARGEST_SAVED_HISTORY", 10)
    with visiting(client) as page:
        token = page.welcome["session"]
    free_all(classroom.registry)
    with visiting(client, session=token, round=2) as page:  # then the page's own word counts
        assert page.welcome["session"] != token and page.first["round"] == 2


def sessions(registry, count):
    """Begin sessions of three rounds, and free them; return their tokens."""
    scenario = Scenario.model_validate_json(json.dumps(SCENARIO))
    tokens = [asyncio.run(registry.open(scenario, 3)).token for _ in range(count)]
    free_all(registry)
    return tokens


def test_a_session_comes_back_when_room_for_it_pushes_its_own_course_out():
    registry = SessionRegistry(most=1)
    registry._freed.most = 1
    (token,) = sessions(registry, 1)
    asyncio.run(
        registry.open(Scenario())
    )  # idle, and the only place: its course takes the place of the other one's
    session = asyncio.run(registry.come_back(token))
    assert session.token == token and session.frontier == 3
    assert len(registry) == 1 and registry.find(token) is session


def test_many_that_come_back_at_once_stay_within_the_bound():
    registry = SessionRegistry()
    tokens = sessions(registry, 5)
    registry.most = 2

    async def come(token):
        session = await registry.come_back(token)
        registry.attach(session, token)
        return session

    async def all_come():
        return await asyncio.gather(*map(come, tokens), return_exceptions=True)

    came = asyncio.run(all_come())
    back = [session for session in came if not isinstance(session, InputError)]
    assert len(back) == len(registry) == 2 and all(
        registry.find(session.token) is session for session in back
    )
    registry.detach(back[0], back[0].token)
    late = next(
        token
        for token, session in zip(tokens, came, strict=True)
        if isinstance(session, InputError)
    )
    assert asyncio.run(come(late)).frontier == 3  # who was turned away loses nothing
