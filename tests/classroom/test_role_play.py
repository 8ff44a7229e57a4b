"""A class without a browser: who may do what, role-plays, and pages that watch."""

import asyncio
import io
import json
from xml.etree import ElementTree

import pytest

from experiments.classroom.access import draw_qr_code
from experiments.classroom.connection import Connection
from experiments.classroom.messages import PROTOCOL_VERSION
from experiments.classroom.open_pages import OpenPages
from experiments.classroom.scenario import Scenario
from experiments.classroom.server import Classroom
from experiments.classroom.session import Session
from sim.interactive.decisions import Decision
from tests.classroom.visiting import SCENARIO, FakePage, rows_of, visiting, visiting_student

FEW = SCENARIO | {"shared": {"population.organisations": 2, "run.seed": 3}}


@pytest.fixture
def classroom():
    return Classroom(code="ABC234", address="127.0.0.1", port=80)


def begin_role_play(teacher, *students):
    """Begin a role-play; return what each student sees."""
    teacher.send("roles", begin=True)
    return [page.receive("role") for page in students]


def find_series(classroom, page):
    """Return the measures of both sides of a page's session, a row per round."""
    sides = classroom.registry.find(page.welcome["session"]).sides
    return {name: side.series for name, side in sides.items()}


def receive_played_round(page):
    """Return what a player receives when the open round is played."""
    while (view := page.receive("role"))["open"] or view["round"] == 0:
        pass
    return view


def test_students_get_organisations_in_order_and_see_them_as_the_model_has_them(client, classroom):
    with (
        visiting(client) as teacher,
        visiting_student(client) as one,
        visiting_student(client) as other,
    ):
        teacher.step(8)
        views = begin_role_play(teacher, one, other)
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


def test_a_round_is_played_when_all_have_decided_and_players_see_what_came_of_it(client):
    with (
        visiting(client) as teacher,
        visiting_student(client) as one,
        visiting_student(client) as other,
    ):
        begin_role_play(teacher, one, other)
        teacher.send("open_round", seconds=600)
        assert one.receive("role")["open"]
        one.send("decide", meet=[5, 9], accepts=False)
        other.send("decide", leave=99)
        view = receive_played_round(one)
        assert view["round"] == 1 and view["answers"] == {"meet": "done"}
        assert {5, 9} <= {known["partner"] for known in view["known"]}
        assert receive_played_round(other)["answers"] == {"leave": "impossible"}


def test_the_rules_decide_for_whoever_does_not_and_nobody_decides_for_side_b(client, classroom):
    with visiting(client) as plain:
        by_rules = plain.step(1)[0]["series"]
    with (
        visiting(client) as teacher,
        visiting_student(client) as one,
        visiting_student(client) as other,
    ):
        begin_role_play(teacher, one, other)
        teacher.send("open_round", seconds=600)
        one.receive("role")
        teacher.send("close_round")
        assert receive_played_round(one)["answers"] is None
        series = find_series(classroom, teacher)
        assert series == {side: rows_of(by_rules[side]) for side in "ab"}
        teacher.send("open_round", seconds=600)
        one.send("decide", accepts=False)
        one.receive("role")
        teacher.send("close_round")
        assert other.receive("role")["organisation"] == 1


def test_what_players_decided_is_replayed_after_going_back(client, classroom):
    with visiting(client) as teacher, visiting_student(client) as one:
        begin_role_play(teacher, one)
        for now in range(3):
            teacher.send("open_round", seconds=600)
            while not one.receive("role")["open"]:
                pass
            one.send("decide", meet=[now + 3], accepts=False)
            receive_played_round(one)
        teacher.step(4)
        teacher.send("seek", round=3)
        teacher.receive("frame")
        teacher.send("look", side="a", organisation=0)
        partners = teacher.receive("story")["partners"]
        assert sorted(known["partner"] for known in partners) == [3, 4, 5]
        session = classroom.registry.find(teacher.welcome["session"])
        before = session.sides["a"].series[3:7]
        teacher.send("seek", round=3)
        teacher.send("change", side="b", parameter="imitation.rate", value=0.9)
        teacher.receive("state")
        teacher.step(4)
        assert session.sides["a"].series[3:7] == before  # replayed from the same decisions


def test_only_the_teacher_leads_and_only_players_decide(client):
    with visiting(client) as teacher, visiting_student(client) as one:
        for kind, fields in (
            ("everyone", {}),
            ("roles", {"begin": True}),
            ("open_round", {"seconds": 10}),
            ("close_round", {}),
        ):
            one.send(kind, **fields)
            assert "only the teacher can do this" in one.receive("refused")["sentence"]
        one.send("decide")
        assert "no role-play has begun" in one.receive("refused")["sentence"]
        teacher.send("close_round")
        assert "no role-play has begun" in teacher.receive("refused")["sentence"]
        begin_role_play(teacher, one)
        teacher.send("close_round")
        assert "no round is open" in teacher.receive("refused")["sentence"]
        one.send("decide")
        assert "no round is open for you" in one.receive("refused")["sentence"]
        teacher.send("open_round", seconds=600)
        one.send("decide", meet=[0])
        assert "names itself" in one.receive("refused")["sentence"]
        one.send("decide", meet=[299])
        assert "is not there" in one.receive("refused")["sentence"]
        one.send("decide", evil=1)
        assert "evil" in one.receive("refused")["sentence"]
        teacher.send("decide")
        assert "no round is open for you" in teacher.receive("refused")["sentence"]


def test_a_player_that_comes_back_keeps_its_organisation_and_the_teacher_ends_the_play_by_leaving(
    client, classroom
):
    with visiting(client) as teacher:
        with visiting_student(client) as first, visiting_student(client) as other:
            begin_role_play(teacher, first, other)
            token = other.welcome["session"]
        with visiting_student(client, session=token) as other:
            assert other.receive("role")["organisation"] == 1
        with visiting_student(client) as newcomer:
            assert newcomer.receive("role")["organisation"] == 2
            teacher.socket.close()
            assert newcomer.receive("role") == {"kind": "role", "over": True}
            assert classroom.open_pages.role_play is None


def test_with_more_students_than_organisations_some_watch(client):
    with (
        visiting(client, FEW) as teacher,
        visiting_student(client) as one,
        visiting_student(client) as two,
        visiting_student(client) as three,
    ):
        views = begin_role_play(teacher, one, two, three)
        assert [view["organisation"] for view in views] == [0, 1, None]
        teacher.send("open_round", seconds=600)
        for page in (one, two):
            page.send("decide")
        assert receive_played_round(three)["round"] == 1


@pytest.mark.parametrize(("kind", "fields"), [("reset", {}), ("choose", {"scenario": FEW})])
def test_a_new_beginning_in_the_middle_closes_the_round_and_forgets_what_was_decided(
    client, classroom, kind, fields
):
    with visiting(client, fields.get("scenario", SCENARIO)) as plain:
        plain.step(1)
        by_rules = find_series(classroom, plain)
    with (
        visiting(client) as teacher,
        visiting_student(client) as one,
        visiting_student(client) as two,
        visiting_student(client) as three,
    ):
        begin_role_play(teacher, one, two, three)
        teacher.send("open_round", seconds=600)
        one.send("decide", accepts=False)
        two.send("decide", meet=[19])
        three.send("decide")
        for page in (one, two, three):
            receive_played_round(page)
        teacher.send("open_round", seconds=600)
        three.send("decide", meet=[19], accepts=False)
        while not three.receive("role")["decided"]:
            pass
        teacher.send(kind, **fields)
        teacher.receive("scene")
        views = [receive_restart(page) for page in (one, two, three)]
        assert [view["organisation"] for view in views] == [0, 1, None if fields else 2]
        # No round was played in which the rules decided for a player.
        assert [view.get("answers") for view in views] == [{}, {}, None if fields else {}]
        teacher.send("close_round")
        assert "no round is open" in teacher.receive("refused")["sentence"]
        teacher.send("open_round", seconds=600)
        assert one.receive("role")["answers"] == {}
        teacher.send("close_round")
        assert receive_played_round(one)["answers"] is None
        assert find_series(classroom, teacher) == by_rules


def receive_restart(page):
    """Return what a player receives when the session begins again."""
    while (view := page.receive("role"))["open"] or view["round"] > 0:
        pass
    return view


def test_no_player_missed_a_round_that_the_rules_played_alone(client):
    """A step is not a round of the role-play; going back and on leaves none either."""
    with visiting(client) as teacher, visiting_student(client) as one:
        begin_role_play(teacher, one)
        teacher.send("open_round", seconds=600)
        teacher.send("close_round")
        assert receive_played_round(one)["answers"] is None
        teacher.step(1)
        teacher.send("open_round", seconds=600)
        assert one.receive("role")["answers"] == {}
        teacher.send("seek", round=0)
        teacher.send("change", side="a", parameter="imitation.rate", value=0.9)
        while teacher.receive("state")["frontier"]:
            pass
        teacher.send("open_round", seconds=600)
        while (view := one.receive("role"))["round"]:
            pass
        assert view["answers"] == {}


class SilentPage:
    """A page without a socket."""

    def __init__(self, scenario, is_student):
        self.session, self.is_student, self.watches = Session(scenario), is_student, False

    async def send(self, kind, **fields): ...

    async def broadcast_frame(self): ...

    async def broadcast_state(self): ...


def test_a_round_that_waits_to_be_played_is_cancelled_when_the_session_begins_again():
    async def play():
        scenario = Scenario.model_validate_json(json.dumps(SCENARIO))
        open_pages = OpenPages()
        teacher, student = SilentPage(scenario, False), SilentPage(scenario, True)
        for page in (teacher, student):
            await open_pages.enter(page)
        await open_pages.begin_role_play(teacher)
        await open_pages.open_round(600)
        async with teacher.session.busy:
            deciding = asyncio.create_task(open_pages.decide(student, Decision(meet=(19,))))
            for _ in range(3):
                await asyncio.sleep(0)
            assert not open_pages.role_play.is_open  # all have decided: it waits for the session
            teacher.session.begin(scenario)
            await open_pages.restart_role_play(teacher.session)
        await deciding
        assert teacher.session.frontier == 0 and not open_pages.role_play.decisions

    asyncio.run(play())


def test_a_student_that_enters_while_the_role_play_ends_is_informed(client, classroom, monkeypatch):
    send_scene = Connection.send_scene

    async def end_role_play_meanwhile(page):
        await send_scene(page)
        if page.is_student:
            await page.open_pages.end_role_play()

    with visiting(client) as teacher:
        teacher.send("roles", begin=True)
        while not teacher.receive("room")["roles"]:
            pass
        monkeypatch.setattr(Connection, "send_scene", end_role_play_meanwhile)
        with visiting_student(client) as late:
            assert late.welcome["in_role_play"]
            assert late.receive("role") == {"kind": "role", "over": True}


def test_a_page_that_watches_sees_the_teachers_rounds_and_changes_nothing(client):
    with client.websocket_connect("/page") as socket:
        page = FakePage(socket)
        page.send("hello", protocol=PROTOCOL_VERSION, watch=True)
        assert "open the teacher's page first" in page.receive("refused")["sentence"]
    with visiting(client) as teacher, visiting(client, watch=True) as watcher:
        assert watcher.welcome["session"] is None and not watcher.welcome["teacher"]
        frames = teacher.step(3)
        watched = [watcher.receive("frame") for _ in range(3)]
        assert [frame["a"] for frame in watched] == [frame["a"] for frame in frames]
        watcher.send("reset")
        assert "only watches" in watcher.receive("refused")["sentence"]
        assert teacher.step(1)[0]["round"] == 4


def test_the_qr_code_is_the_teachers_alone(client, classroom, monkeypatch):
    answer = client.get("/invitation.svg")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.content == draw_qr_code("http://127.0.0.1:80/#code=ABC234")
    root = ElementTree.parse(io.BytesIO(answer.content)).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    monkeypatch.setattr(classroom.access, "is_teacher", lambda address: False)
    assert client.get("/invitation.svg").status_code == 404
