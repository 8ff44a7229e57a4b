"""The story of an organisation: what the frames showed, from the round in which it entered."""

import json

from experiments.classroom import side
from experiments.classroom.scenario import Scenario
from experiments.classroom.stories import collect_past
from tests.classroom.visiting import SCENARIO, visiting


def test_a_story_holds_what_the_frames_held(client):
    with visiting(client) as page:
        copied = {}
        for frame in page.step(25):
            for copy in frame["a"]["copies"]:
                copied.setdefault(copy["copier"], []).append(copy["model"])
        assert copied
        i = max(copied, key=lambda one: len(copied[one]))
        page.send("look", side="a", organisation=i)
        story = page.receive("story")
        times = {one["organisation"]: one["times"] for one in story["copied"]}
        assert times == {model: copied[i].count(model) for model in times}
        assert sum(times.values()) <= len(copied[i])
        page.send("seek", round=0)
        page.receive("state")
        page.send("look", side="a", organisation=i)
        assert page.receive("story")["copied"] == []


def test_the_story_of_a_newcomer_begins_when_it_took_the_place(client, classroom):
    values = {"environment.turnover": 0.1, "imitation.rate": 0.5}
    settings = {"structure": "alliance", "values": values}
    with visiting(client, SCENARIO | {"a": settings, "b": settings}) as page:
        frames = page.step(20)
        played = classroom.registry.find(page.welcome["session"]).sides["a"]
        newcomers = {now: played.load_snapshot(now).entered for now in range(21)}
        entered = {i: now for now in newcomers for i in newcomers[now]}
        count = sum(frame["a"]["entered"] for frame in frames)
        assert count == sum(map(len, newcomers.values())) > 10
        for i in range(20):
            page.send("look", side="a", organisation=i)
            story = page.receive("story")
            assert story["since"] == entered.get(i, 0)
            assert all(one["started"] > story["since"] for one in story["collaborations"])
            if story["since"] == 20:  # it has just entered: nothing learned, nobody known
                assert story["skills"] == story["core"]
                assert not story["partners"] and not story["copied"]
        assert 20 in entered.values()


def test_a_story_reads_every_round_once(monkeypatch):
    scenario = Scenario.model_validate_json(json.dumps(SCENARIO))
    played = side.PlayedSide(scenario.build_configs()["a"])
    for _ in range(12):
        played.play()
    read = []
    unpack = side.unpack_round_snapshot
    monkeypatch.setattr(
        side, "unpack_round_snapshot", lambda packed: read.append(packed) or unpack(packed)
    )
    assert collect_past(played, 0, 12)["since"] == 0
    assert len(read) == len(set(read)) == 11  # rounds 1 to 11; the newest is not packed
