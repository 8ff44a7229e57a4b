"""Lessons: valid scenarios, texts in both languages, and answers that come from runs."""

import json
import re

import numpy as np
import pytest

from experiments.classroom.bands import play_batch
from experiments.classroom.lessons import (
    FORM_CONTROL,
    ClassicPart,
    LessonPart,
    describe_lessons,
    find_classic_part,
    read_lessons,
)
from experiments.classroom.rehearsal import find_higher_side, format_question_row
from experiments.classroom.scenario import SideSettings, list_page_parameters
from experiments.classroom.server import PAGE_FOLDER
from experiments.classroom.snapshots import CHARTED_MEASURES
from sim.classics.registry import load_classic
from sim.errors import InputError
from tests.classroom.visiting import visiting

WORDS = {
    language: json.loads(
        (PAGE_FOLDER / "i18n" / f"lessons.{language}.json").read_text(encoding="utf-8")
    )
    for language in ("en", "nl")
}
PARTS = [
    (name, number, part)
    for name, parts in read_lessons().items()
    for number, part in enumerate(parts)
]
OUTCOMES = {"a", "b", "same"}
every_part = pytest.mark.parametrize(
    ("name", "number", "part"), PARTS, ids=[f"{name}.{number + 1}" for name, number, _ in PARTS]
)


def list_texts(words, before=""):
    """Return every text by its dotted path."""
    if isinstance(words, str):
        return {before: words}
    entries = words.items() if isinstance(words, dict) else enumerate(words)
    return {
        path: text
        for key, inner in entries
        for path, text in list_texts(inner, f"{before}.{key}").items()
    }


def find_placeholders(text):
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_have_the_same_texts():
    english, dutch = list_texts(WORDS["en"]), list_texts(WORDS["nl"])
    assert english.keys() == dutch.keys()
    for path, text in english.items():
        assert text.strip() and dutch[path].strip(), path
        assert find_placeholders(text) == find_placeholders(dutch[path]), path
    same = {path for path, text in english.items() if text == dutch[path]}
    assert same <= {".ui.run.a", ".ui.run.b", ".ui.many_runs", ".measures.synergy"} | {
        path for path in same if len(english[path]) < 15
    }


def test_there_are_six_lessons_of_our_own_and_classics_and_each_has_its_words():
    own = [name for name, parts in read_lessons().items() if isinstance(parts[0], LessonPart)]
    assert own == [
        "alone_or_together",
        "finding_and_trust",
        "using_differences",
        "imitation",
        "which_form_when",
        "letting_go",
    ]
    for words in WORDS.values():
        assert list(words["lessons"]) == list(read_lessons())
        for name, parts in read_lessons().items():
            assert len(words["lessons"][name]["parts"]) == len(parts)


@every_part
def test_a_part_names_only_what_there_is(name, number, part):
    known = CHARTED_MEASURES
    if isinstance(part, ClassicPart):
        known = load_classic(part.classic).MEASURES
    assert {part.measure, *part.also} <= set(known)
    assert describe_lessons()[name][number]["measure"] == part.measure
    assert part.measure not in part.also
    for words in WORDS.values():
        text = words["lessons"][name]["parts"][number]
        assert text["options"].keys() == text["answers"].keys() == OUTCOMES
        assert len(set(text["answers"].values())) == 3
        numbers = {"a", "b"} | {
            f"{measure}_{side}" for measure in (part.measure, *part.also) for side in "ab"
        }
        assert all(find_placeholders(answer) <= numbers for answer in text["answers"].values())
        assert {part.measure, *part.also} <= words["measures"].keys()
        assert ("rule" in text) == isinstance(part, ClassicPart)
        for side, answer in text["answers"].items():
            assert {"a", "b"} <= find_placeholders(answer), (name, number, side)


@every_part
def test_both_sides_are_valid_and_differ_in_a_control_of_the_part(name, number, part):
    if isinstance(part, ClassicPart):
        values = {side: part.build_parameters(side, {}) for side in "ab"}
        differing = {
            key for key in values["a"] | values["b"] if values["a"].get(key) != values["b"].get(key)
        }
        assert differing and differing <= part.controls.keys()
        for side in "ab":  # what the page sends at the start
            part.build_parameters(
                side,
                {
                    name: value
                    for name, value in getattr(part, side).values.items()
                    if name in part.controls
                },
            )
        defaults = load_classic(part.classic).Parameters()
        for control, reach in part.controls.items():
            assert reach.allows(getattr(defaults, control))
            for value in reach.choices or (reach.low, reach.high):
                whole = isinstance(getattr(defaults, control), int)
                for side in "ab":
                    part.build_parameters(side, {control: int(value) if whole else value})
        for words in WORDS.values():
            assert part.controls.keys() <= words["controls"].keys()
            assert {one for reach in part.controls.values() for one in reach.choices} <= words[
                "choices"
            ].keys()
        return
    configs = part.build_scenario().build_configs()
    assert configs["a"] != configs["b"]
    differing = {
        path
        for path in part.a.values.keys() | part.b.values.keys()
        if part.a.values.get(path) != part.b.values.get(path)
    }
    assert set(part.controls) <= {FORM_CONTROL, *list_page_parameters()}
    assert differing <= set(part.controls) and (
        part.a.structure == part.b.structure or FORM_CONTROL in part.controls
    )
    assert bool(differing) or part.a.structure != part.b.structure


def test_no_lesson_knows_its_outcome():
    assert {field for kind in (LessonPart, ClassicPart) for field in kind.model_fields} == {
        "shared",
        "a",
        "b",
        "rounds",
        "measure",
        "also",
        "controls",
        "rules",
        "classic",
    }


def test_bands_hold_the_second_half_of_every_run(client):
    part = read_lessons()["imitation"][0]
    scenario = part.build_scenario().model_copy(
        update={"shared": {"run.seed": 5, "population.organisations": 20}}
    )
    with visiting(client, scenario.model_dump()) as page:
        page.send("bands", rounds=20)
        late = page.receive("bands")["late"]
    for side, config in scenario.build_configs().items():
        runs = np.array(play_batch([(0, config)], range(6, 36), 20))  # (runs, rounds, measures)
        assert np.allclose(
            np.array(list(late[side].values())), runs[:, 10:].mean(axis=1).T, atol=1e-5
        )


def test_runs_of_a_classic_are_those_of_the_model(client):
    with visiting(client) as page:
        page.send("classic", lesson="march", part=0, seed=7, b={"p1": 0.5})
        runs = page.receive("classic_runs")
    model = load_classic("march_1991")

    def play(p1, seed):
        table = model(rounds=10, p1=p1, rng=seed).run().rounds_table().drop("round")
        return {measure: table[measure].to_numpy()[1:] for measure in model.MEASURES}

    for side, p1 in (("a", 0.1), ("b", 0.5)):
        assert runs["series"][side].keys() == runs["late"][side].keys() == set(model.MEASURES)
        own, last = play(p1, 7), play(p1, 37)
        for measure in model.MEASURES:
            assert np.allclose(runs["series"][side][measure], own[measure], atol=1e-4)
            late = runs["late"][side][measure]
            assert len(late) == 30
            assert np.isclose(late[-1], last[measure][5:].mean(), atol=1e-4)


@pytest.mark.parametrize(
    ("request_fields", "sentence"),
    [
        ({"lesson": "marsh", "part": 0}, "marsh is not a lesson. Did you mean march?"),
        ({"lesson": "march", "part": 9}, "part 9 of march does not play a classic"),
        ({"lesson": "imitation", "part": 0}, "part 0 of imitation does not play a classic"),
        (
            {"lesson": "march", "part": 0, "a": {"individuals": 90000}},
            "individuals is not a control of this lesson.",
        ),
        ({"lesson": "march", "part": 0, "a": {"p1": 7.0}}, "p1 is 7.0; allowed: 0.05 to 1"),
        (
            {"lesson": "lazer_friedman", "part": 0, "b": {"network": "os"}},
            "network is os; allowed: line, ring, small_world, random, complete",
        ),
        ({"lesson": "lazer_friedman", "part": 1, "b": {"k": 2.5}}, "k"),
    ],
)
def test_only_what_a_lesson_offers_is_played(client, request_fields, sentence):
    with visiting(client) as page:
        page.send("classic", seed=1, **request_fields)
        assert page.receive("refused")["sentence"].startswith(sentence)


def test_runs_that_take_too_long_are_refused(client, monkeypatch):
    monkeypatch.setattr("experiments.classroom.bands.BATCH_TIME_LIMIT", 0.001)
    with visiting(client) as page:
        page.send("classic", lesson="hong_page", part=0, seed=1)
        assert "choose fewer organisations or rounds" in page.receive("refused")["sentence"]


def test_a_part_that_is_no_classic_is_refused():
    with pytest.raises(InputError, match="not a lesson"):
        find_classic_part("nothing", 0)
    assert isinstance(read_lessons()["imitation"][0].a, SideSettings)


def test_a_rehearsal_decides_as_lessons_do():
    ones = np.ones(30)
    wins = [np.where(np.arange(30) < n, 2.0, 0.0) for n in (30, 22, 21, 9, 8, 0)]
    assert [find_higher_side(ones, other) for other in [*wins, ones]] == [
        "B",
        "B",
        *["no clear difference"] * 2,
        "A",
        "A",
        "no clear difference",
    ]
    row = format_question_row("march", 1, read_lessons()["march"][0], seeds=(1,))
    assert row.startswith("| march 1 | code_score | 0.") and " of 30 |" in row
