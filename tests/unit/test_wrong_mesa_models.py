"""One clear sentence for every wrong model, parameter or measure of a Mesa model."""

import re
import shutil

import pytest

from experiments.models.mesa import probe_seeding, read_mesa_target
from sim.errors import InputError
from tests.mesa_targets import OTHERS, example, measures_of, other


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ({"rounds": 3}, "model.class is missing"),
        ({"class": "mesa.examples:Schelling"}, "model.rounds is None; give the number of rounds"),
        ({"class": "mesa.examples:Schelling", "rounds": 0}, "model.rounds is 0"),
        ({"class": "mesa.examples:Schelling", "rounds": True}, "model.rounds is True"),
        (
            {"class": "mesa.examples:Schelling", "rounds": 3, "mesures": ["happy"]},
            "model.mesures is not known. Did you mean measures?",
        ),
        (
            {"class": "mesa.examples:Schelling", "rounds": 3, "measures": [1]},
            "model.measures is [1]; give a list of names",
        ),
        (
            {"class": "mesa.examples:Schelling", "rounds": 3, "measures": ["happy", "happy"]},
            "names happy twice",
        ),
        (
            {"class": "mesa.examples:Schelling", "rounds": 3, "objects": ["simulator"]},
            "write {parameter: package.module:Class}",
        ),
        (
            {"class": "Schelling", "rounds": 3},
            "Schelling names no class; write package.module:Class",
        ),
        (
            {"class": "mesa.examples:Scheling", "rounds": 3},
            "mesa.examples has no Scheling. Did you mean Schelling?",
        ),
        ({"class": "no_such_module:Model", "rounds": 3}, "No module named 'no_such_module'"),
        ({"class": "nowhere.py:Model", "rounds": 3}, "there is no file"),
        ({"class": f"{OTHERS}:NotAModel", "rounds": 3}, "is not a Mesa model"),
        (
            {
                "class": "mesa.examples:WolfSheep",
                "rounds": 3,
                "objects": {"simulater": "builtins:dict"},
            },
            "Did you mean simulator?",
        ),
    ],
)
def test_bad_models_get_a_sentence(model, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        read_mesa_target(model).settle({})


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("Walk", {"walker": 3}, "walker is not a parameter of Walk. Did you mean walkers?"),
        ("Walk", {"seed": 3}, "seed comes from the study"),
        ("Walk", {"rng": 3}, "rng comes from the study"),
        ("PassesOn", {"rng": 3}, "rng comes from the study"),
        ("Needs", {}, "needed is missing: Needs needs a value for needed"),
        ("Walk", {"model.rounds": 0.5}, "model.rounds is 0.5"),
        ("Walk", {"model.measures": "pull"}, "model.measures cannot be a factor"),
    ],
)
def test_bad_parameters_get_a_sentence(name, settings, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        other(name).settle(settings)


def test_an_object_is_not_also_a_parameter():
    target, _ = example("WolfSheep")
    with pytest.raises(InputError, match=r"simulator is created for every run by model\.objects"):
        target.settle({"simulator": 1})


@pytest.mark.parametrize(
    ("name", "measures", "sentence"),
    [
        (
            "Walk",
            ["mean_plase"],
            (
                "mean_plase is not a measure of Walk. Did you mean mean_place? There are the model"
                " reporters mean_place, history"
            ),
        ),
        ("Walk", ["nonsense"], "the attributes running, steps, pull"),
        ("Walk", ["_seed"], "_seed is not a measure"),
        ("Walk", ["history"], "the measure history is list, not a number"),
        ("Walk", ["above"], "the measure above is a method that takes arguments"),
        ("NeverCollects", ["mean_place"], "call self.datacollector.collect(self)"),
        ("ReportsNothing", [], "ReportsNothing has no model reporters"),
    ],
)
def test_bad_measures_get_a_sentence_before_the_study_and_in_a_run(name, measures, sentence):
    target = other(name, measures=measures)
    for attempt in (lambda: probe_seeding(target, target.settle({})), lambda: measures_of(target)):
        with pytest.raises(InputError, match=re.escape(sentence)):
            attempt()


def test_a_file_called_like_another_module_is_refused(tmp_path):
    shutil.copy(OTHERS, tmp_path / "statistics.py")
    with pytest.raises(
        InputError, match="already has another module called statistics; rename yours"
    ):
        read_mesa_target({"class": f"{tmp_path / 'statistics.py'}:Walk", "rounds": 1}).settle({})
