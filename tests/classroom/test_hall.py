"""A class without a browser: who may do what, a role-play from start to end, those that look on."""

import asyncio
import io
import json
from contextlib import contextmanager
from xml.etree import ElementTree

import pytest

from experiments.classroom.access import draw_qr_code
from experiments.classroom.connection import Connection
from experiments.classroom.open_pages import OpenPages
from experiments.classroom.scenario import Scenario
from experiments.classroom.server import Classroom
from experiments.classroom.session import Session
from sim.interactive.decisions import Decision
from tests.classroom.test_server import SCENARIO, Page, visiting

FEW = SCENARIO | {"shared": {"population.organisations": 2, "run.seed": 3}}


@pytest.fixture
def classroom():
    return Classroom(code="ABC234", address="127.0.0.1", port=80)


@contextmanager
def student(client, **hello):
    with visiting(client, joins=True, **hello) as page:
        yield page


def roles_begin(teacher, *students):
    teacher.say("roles", begin=True)
    return [page.hear("role") for page in students]


def series_of(classroom, page):
    """The measures of both sides of a page's session, round by round."""
    return {
        side: played.series
        for side, played in classroom.registry.find(page.welcome["session"]).sides.items()
    }


def after_round(page):
    """What a player is told when the open round is played."""
    while True:
        told = page.hear("role")
        if not told["open"] and told["round"] > 0:
            return told


def test_students_get_organisations_in_order_and_see_them_as_the_model_has_them(client, classroom):
    with visiting(client) as teacher, student(client) as one, student(client) as other:
        teacher.step(8)
        views = roles_begin(teacher, one, other)
        assert [view["organisation"] for view in views] == [0, 1]
        model = classroom.registry.find(teacher.welcome["session"]).sides["a"].model
        for i, view in enumerate(views):
            organisation = model.organisation(i)
            assert view["sector"] == organisation.sector
            assert {
                known["partner"]: (known["meetings"], known["joint"]) for known in view["known"]
            } == {
                known["partner"].row: (known["meetings"], known["joint"])
                for known in organisation.ledger()
            }
            assert [team["serial"] for team in view["teams"]] == [
                team.serial for team in organisation.collaborations
            ]
            assert all(
                0.0 <= known["trust"] <= 1.0 and 0.0 <= known["understanding"] <= 1.0
                for known in view["known"]
            )


def test_a_round_is_played_when_all_have_decided_and_tells_what_came_of_it(client):
    with visiting(client) as teacher, student(client) as one, student(client) as other:
        roles_begin(teacher, one, other)
        teacher.say("open_round", seconds=600)
        assert one.hear("role")["open"]
        one.say("decide", meet=[5, 9], accepts=False)
        other.say("decide", leave=99)
        told = after_round(one)
        assert told["round"] == 1 and told["answers"] == {"meet": "done"}
        assert {5, 9} <= {known["partner"] for known in told["known"]}
        assert after_round(other)["answers"] == {"leave": "impossible"}


def test_the_rules_decide_for_whoever_does_not_and_nobody_decides_for_side_b(client, classroom):
    with visiting(client) as plain:
        by_rules = plain.step(1)[0]["series"]
    with visiting(client) as teacher, student(client) as one, student(client) as other:
        roles_begin(teacher, one, other)
        teacher.say("open_round", seconds=600)
        one.hear("role")
        teacher.say("close_round")
        assert after_round(one)["answers"] is None
        series = series_of(classroom, teacher)
        assert series["a"] == by_rules["a"] and series["b"] == by_rules["b"]
        teacher.say("open_round", seconds=600)
        one.say("decide", accepts=False)
        one.hear("role")
        teacher.say("close_round")
        assert other.hear("role")["organisation"] == 1


def test_what_players_decided_is_replayed_when_the_past_is_looked_at(client, classroom):
    with visiting(client) as teacher, student(client) as one:
        roles_begin(teacher, one)
        for now in range(3):
            teacher.say("open_round", seconds=600)
            while not one.hear("role")["open"]:
                pass
            one.say("decide", meet=[now + 3], accepts=False)
            after_round(one)
        teacher.step(4)
        teacher.say("seek", round=3)
        teacher.hear("frame")
        teacher.say("look", side="a", organisation=0)
        assert [
            known["partner"]
            for known in sorted(
                teacher.hear("story")["partners"], key=lambda known: known["partner"]
            )
        ] == [3, 4, 5]
        session = classroom.registry.find(teacher.welcome["session"])
        held = session.sides["a"].series[3:7]
        teacher.say("seek", round=3)
        teacher.say("change", side="b", parameter="imitation.rate", value=0.9)
        teacher.hear("state")
        teacher.step(4)
        assert session.sides["a"].series[3:7] == held  # played anew from the same decisions


def test_only_the_teacher_leads_and_only_players_decide(client):
    with visiting(client) as teacher, student(client) as one:
        for kind, more in (
            ("everyone", {}),
            ("roles", {"begin": True}),
            ("open_round", {"seconds": 10}),
            ("close_round", {}),
        ):
            one.say(kind, **more)
            assert "the teacher's to do" in one.hear("refused")["sentence"]
        one.say("decide")
        assert "no role-play has begun" in one.hear("refused")["sentence"]
        teacher.say("close_round")
        assert "no role-play has begun" in teacher.hear("refused")["sentence"]
        roles_begin(teacher, one)
        teacher.say("close_round")
        assert "no round is open" in teacher.hear("refused")["sentence"]
        one.say("decide")
        assert "no round is open for you" in one.hear("refused")["sentence"]
        teacher.say("open_round", seconds=600)
        one.say("decide", meet=[0])
        assert "names itself" in one.hear("refused")["sentence"]
        one.say("decide", meet=[299])
        assert "is not there" in one.hear("refused")["sentence"]
        one.say("decide", evil=1)
        assert "evil" in one.hear("refused")["sentence"]
        teacher.say("decide")
        assert "no round is open for you" in teacher.hear("refused")["sentence"]


def test_a_player_that_comes_back_keeps_its_organisation_and_the_teacher_ends_the_play_by_leaving(
    client, classroom
):
    with visiting(client) as teacher:
        with student(client) as first, student(client) as other:
            roles_begin(teacher, first, other)
            token = other.welcome["session"]
        with student(client, session=token) as other:
            assert other.hear("role")["organisation"] == 1
        with student(client) as newcomer:
            assert newcomer.hear("role")["organisation"] == 2
            teacher.socket.close()
            assert newcomer.hear("role") == {"kind": "role", "over": True}
            assert classroom.hall.roles is None


def test_with_more_students_than_organisations_some_look_on(client):
    with (
        visiting(client, FEW) as teacher,
        student(client) as one,
        student(client) as two,
        student(client) as three,
    ):
        assert [view["organisation"] for view in roles_begin(teacher, one, two, three)] == [
            0,
            1,
            None,
        ]
        teacher.say("open_round", seconds=600)
        for page in (one, two):
            page.say("decide")
        assert after_round(three)["round"] == 1


@pytest.mark.parametrize(("kind", "more"), [("reset", {}), ("choose", {"scenario": FEW})])
def test_a_new_beginning_in_the_middle_closes_the_round_and_forgets_what_was_decided(
    client, classroom, kind, more
):
    with visiting(client, more.get("scenario", SCENARIO)) as plain:
        plain.step(1)
        by_rules = series_of(classroom, plain)
    with (
        visiting(client) as teacher,
        student(client) as one,
        student(client) as two,
        student(client) as three,
    ):
        roles_begin(teacher, one, two, three)
        teacher.say("open_round", seconds=600)
        one.say("decide", accepts=False)
        two.say("decide", meet=[19])
        three.say("decide")
        for page in (one, two, three):
            after_round(page)
        teacher.say("open_round", seconds=600)
        three.say("decide", meet=[19], accepts=False)
        while not three.hear("role")["decided"]:
            pass
        teacher.say(kind, **more)
        teacher.hear("scene")
        views = [begun_anew(page) for page in (one, two, three)]
        assert [view["organisation"] for view in views] == ([0, 1, None] if more else [0, 1, 2])
        assert [view.get("answers") for view in views] == (
            [{}, {}, None] if more else [{}, {}, {}]
        )  # no round was played that rules decided
        teacher.say("close_round")
        assert "no round is open" in teacher.hear("refused")["sentence"]
        teacher.say("open_round", seconds=600)
        assert one.hear("role")["answers"] == {}
        teacher.say("close_round")
        assert after_round(one)["answers"] is None
        assert series_of(classroom, teacher) == by_rules


def begun_anew(page):
    """What a player is told when the open round is given up."""
    while (told := page.hear("role"))["open"] or told["round"] > 0:
        pass
    return told


def test_a_round_by_rules_alone_is_none_that_a_player_missed(client):
    """Going back to round 0 and on from there leaves no round of the role-play, and so does a step after one."""
    with visiting(client) as teacher, student(client) as one:
        roles_begin(teacher, one)
        teacher.say("open_round", seconds=600)
        teacher.say("close_round")
        assert after_round(one)["answers"] is None
        teacher.step(1)
        teacher.say("open_round", seconds=600)
        assert one.hear("role")["answers"] == {}
        teacher.say("seek", round=0)
        teacher.say("change", side="a", parameter="imitation.rate", value=0.9)
        while teacher.hear("state")["frontier"]:
            pass
        teacher.say("open_round", seconds=600)
        while (told := one.hear("role"))["round"]:
            pass
        assert told["answers"] == {}


class Seen:
    """A page that keeps what it is told."""

    def __init__(self, session, is_student):
        self.session, self.is_student, self.watches, self.told = session, is_student, False, []

    async def send(self, kind, **told):
        self.told.append((kind, told))

    async def tell_frame(self): ...

    async def tell_state(self): ...


def test_a_round_that_waits_to_be_played_is_given_up_when_the_session_begins_anew():
    async def play():
        scenario = Scenario.model_validate_json(json.dumps(SCENARIO))
        hall, teacher, student = (
            OpenPages(),
            Seen(Session(scenario), False),
            Seen(Session(scenario), True),
        )
        for page in (teacher, student):
            await hall.enter(page)
        await hall.begin_roles(teacher)
        await hall.open_round(600)
        async with teacher.session.busy:
            deciding = asyncio.create_task(hall.decide(student, Decision(meet=(19,))))
            for _ in range(3):
                await asyncio.sleep(0)
            assert not hall.roles.is_open  # all have decided: it waits for the session
            teacher.session.begin(scenario)
            await hall.begin_anew(teacher.session)
        await deciding
        assert teacher.session.frontier == 0 and not hall.roles.decisions

    asyncio.run(play())


def test_a_student_that_comes_in_while_the_role_play_ends_is_told(client, classroom, monkeypatch):
    send_scene = Connection.send_scene

    async def slowly(connection):
        await send_scene(connection)
        if connection.is_student:
            await connection.hall.end_roles()

    with visiting(client) as teacher:
        teacher.say("roles", begin=True)
        while not teacher.hear("room")["roles"]:
            pass
        monkeypatch.setattr(Connection, "send_scene", slowly)
        with student(client) as late:
            assert late.welcome["plays"]
            assert late.hear("role") == {"kind": "role", "over": True}


@pytest.fixture
def given_up(classroom):
    """Let thirty runs take for ever; list the seeds of those that were given up."""
    seeds = []

    async def bands(terms, seed, rounds, tell):
        await tell(0, 30)
        try:
            await asyncio.Event().wait()
        finally:
            seeds.append(seed)

    classroom.maker.bands = bands
    return seeds


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("reset", {}),
        ("choose", {"scenario": SCENARIO}),
        ("form", {"side": "b", "name": "platform"}),
    ],
)
def test_thirty_runs_of_the_old_settings_are_given_up_at_a_new_beginning(
    client, given_up, kind, more
):
    with visiting(client) as page:
        page.say("bands", rounds=10)
        page.hear("bands_progress")
        page.say(kind, **more)
        page.hear("scene")
        page.hear("state")
        assert given_up == [3]


def test_thirty_runs_of_a_student_are_given_up_when_the_teacher_sends_a_scenario(client, given_up):
    with visiting(client) as teacher, student(client) as one:
        one.say("bands", rounds=10)
        one.hear("bands_progress")
        teacher.say("everyone")
        one.hear("scene")
        one.hear("state")
        assert given_up == [3]


def test_a_page_that_looks_on_sees_the_teachers_rounds_and_changes_nothing(client):
    with client.websocket_connect("/page") as socket:
        page = Page(socket)
        page.say("hello", protocol=1, watch=True)
        assert "open the teacher's page first" in page.hear("refused")["sentence"]
    with visiting(client) as teacher, visiting(client, watch=True) as watching:
        assert watching.welcome["session"] is None and not watching.welcome["teacher"]
        frames = teacher.step(3)
        seen = [watching.hear("frame") for _ in range(3)]
        assert [frame["a"] for frame in seen] == [frame["a"] for frame in frames]
        watching.say("reset")
        assert "only looks on" in watching.hear("refused")["sentence"]
        assert teacher.step(1)[0]["round"] == 4


def test_the_qr_code_is_the_teachers_alone(client, classroom, monkeypatch):
    drawn = client.get("/invitation.svg")
    assert drawn.status_code == 200 and drawn.headers["content-type"].startswith("image/svg+xml")
    assert drawn.content == draw_qr_code("http://127.0.0.1:80/#code=ABC234")
    assert (
        ElementTree.parse(io.BytesIO(drawn.content)).getroot().tag
        == "{http://www.w3.org/2000/svg}svg"
    )
    monkeypatch.setattr(classroom.door, "is_teacher", lambda address: False)
    assert client.get("/invitation.svg").status_code == 404
