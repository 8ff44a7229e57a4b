"""Mesa models of others as what a study runs, with Mesa's own examples as the ones to agree
with.
"""

import copyreg
import gc
import multiprocessing
import pickle
import random
import re
import shutil
import tracemalloc
from pathlib import Path

import mesa
import numpy as np
import pytest
from mesa.examples import BoltzmannWealth, Schelling, WolfSheep
from mesa.experimental.devs import ABMSimulator

from experiments.models.collaboration import CollaborationTarget
from experiments.models.mesa import probe_seeding, read_mesa_target
from experiments.models.mesa_inspection import list_source_files, load_model_class
from experiments.models.target import RecordingOptions
from sim.errors import InputError

OTHERS = Path(__file__).parents[1] / "mesa_models_of_others.py"
SIMULATED = {"simulator": "mesa.experimental.devs:ABMSimulator"}
EXAMPLES = {
    "Schelling": (
        {"rounds": 12, "measures": ["happy", "pct_happy", "steps"]},
        {"homophily": 0.5, "density": 0.7, "width": 12},
    ),
    "BoltzmannWealth": ({"rounds": 12, "measures": ["Gini"]}, {"n": 30}),
    "WolfSheep": (
        {"rounds": 40, "measures": ["Wolves", "Sheep", "Grass"], "objects": SIMULATED},
        {"initial_sheep": 60, "width": 12},
    ),
}
NOTHING = RecordingOptions()


def example(name):
    model, settings = EXAMPLES[name]
    target = read_mesa_target({"class": f"mesa.examples:{name}", **model})
    return target, target.settle(settings)


def other(name, rounds=5, **more):
    return read_mesa_target({"class": f"{OTHERS}:{name}", "rounds": rounds, **more})


def measures_of(target, seed=1, **settings):
    return target.run(target.settle(settings), seed, NOTHING).measures


# --- Mesa's examples


@pytest.mark.parametrize("name", EXAMPLES)
def test_same_seed_same_numbers_other_seed_others(name):
    target, parameters = example(name)
    seed = 2**63 + 11
    first = target.run(parameters, seed, RecordingOptions(series_every=1))
    again = target.run(parameters, np.uint64(seed), RecordingOptions(series_every=1))
    other_seed = target.run(parameters, 12, RecordingOptions(series_every=1))
    assert first.measures == again.measures and first.series.equals(again.series)
    assert not first.series.equals(other_seed.series)
    assert first.events is None


@pytest.mark.parametrize("seed", [1, 2**63 + 11])
def test_schelling_equals_a_loop_by_hand(seed):
    target, parameters = example("Schelling")
    found = target.run(parameters, seed, RecordingOptions(series_every=5))
    model = Schelling(homophily=0.5, density=0.7, width=12, seed=seed)
    for _ in range(12):
        if model.running:
            model.step()
    table = model.datacollector.get_model_vars_dataframe()
    assert found.measures == {
        "happy": model.happy,
        "pct_happy": table["pct_happy"].iloc[-1],
        "steps": model.steps,
        "happy_mean": np.mean(table["happy"]),
        "pct_happy_mean": np.mean(list(table["pct_happy"])),
    }
    assert found.series["round"].to_list() == [r for r in (5, 10) if r <= model.steps]
    assert found.series["happy"].to_list() == [table["happy"][r] for r in found.series["round"]]


def test_boltzmann_equals_a_loop_by_hand():
    target, parameters = example("BoltzmannWealth")
    model = BoltzmannWealth(n=30, seed=7)
    for _ in range(12):
        model.step()
    ginis = model.datacollector.model_vars["Gini"]
    assert target.run(parameters, 7, NOTHING).measures == {
        "Gini": model.compute_gini(),
        "Gini_mean": np.mean(ginis),
    }


def test_wolf_sheep_equals_a_loop_by_hand_and_its_grass_grows():
    target, parameters = example("WolfSheep")
    simulator = ABMSimulator()
    model = WolfSheep(initial_sheep=60, width=12, seed=7, simulator=simulator)
    simulator.run_for(40)
    found = target.run(parameters, 7, RecordingOptions(series_every=1))
    assert found.series.drop("round").to_dict(as_series=False) == {
        name: values[1:] for name, values in model.datacollector.model_vars.items()
    }
    assert found.series["Grass"].diff().max() > 0


def test_a_model_stops_when_it_says_so():
    target = read_mesa_target(
        {
            "class": "mesa.examples:Schelling",
            "rounds": 500,
            "measures": ["happy", "population", "steps"],
        }
    )
    found = measures_of(target, homophily=0.2)
    assert found["steps"] < 100 and found["happy"] == found["population"]


def test_all_model_reporters_are_measures_when_none_are_named():
    target = read_mesa_target({"class": "mesa.examples:Schelling", "rounds": 2})
    names = ["happy", "pct_happy", "population", "minority_pct"]
    assert list(measures_of(target)) == [*names, *(f"{name}_mean" for name in names)]


def test_rounds_can_be_a_factor_and_defaults_are_part_of_parameters():
    target = read_mesa_target(
        {"class": "mesa.examples:BoltzmannWealth", "rounds": 3, "measures": ["Gini", "steps"]}
    )
    parameters = target.settle({"n": 20, "model.rounds": 8})
    assert parameters == {
        "n": 20,
        "width": 10,
        "height": 10,
        "model.rounds": 8,
        "model.measures": ["Gini", "steps"],
    }
    assert target.run(parameters, 1, NOTHING).measures["steps"] == 8


# --- models of others


def test_methods_and_reporters_are_measured():
    found = other("Walk", measures=["mean_place", "pull"])
    assert list(measures_of(found, pull=0.25)) == ["mean_place", "pull", "mean_place_mean"]
    method = other("NeverCollects", measures=["draw"])
    assert measures_of(method)["draw"] == np.random.default_rng(1).normal()


def test_what_may_be_undefined_may_be_so_on_average():
    assert other("Walk", may_be_undefined=["mean_place"]).may_be_undefined == {
        "mean_place",
        "mean_place_mean",
    }
    assert other("Walk").may_be_undefined == frozenset()


@pytest.mark.parametrize("name", ["Walk", "PassesOn", "SchellingPassesOn", "Needs"])
def test_the_seed_arrives_however_the_constructor_takes_it(name):
    target = other(name, measures=["happy" if name.startswith("Schelling") else "mean_place"])
    parameters = target.settle({"needed": 1} if name == "Needs" else {})
    assert (
        target.run(parameters, 5, NOTHING).measures == target.run(parameters, 5, NOTHING).measures
    )
    assert (
        target.run(parameters, 5, NOTHING).measures != target.run(parameters, 6, NOTHING).measures
    )
    assert probe_seeding(target, parameters) is None


def test_arguments_pass_through_to_the_class_a_model_derives_from():
    assert other("PassesOn").settle({"pull": 0.5})["pull"] == 0.5
    assert measures_of(other("PassesOn", measures=["pull"]), pull=0.5) == {"pull": 0.5}


def test_a_run_gets_its_own_copy_of_arguments():
    target = other("SpoilsArguments", measures=["total"])
    parameters = target.settle({"places": [1.0, 2.0]})
    assert [target.run(parameters, 1, NOTHING).measures["total"] for _ in range(2)] == [3.0, 3.0]


def test_defaults_that_are_no_plain_values_stay_in_the_constructor():
    assert "moments" not in other("Needs").settle({"needed": 3})


@pytest.mark.parametrize("name", EXAMPLES)
def test_seeded_models_get_no_warning(name):
    target, parameters = example(name)
    assert probe_seeding(target, parameters) is None
    assert probe_seeding(CollaborationTarget(), {}) is None


def test_mesas_own_unseeded_example_is_found():
    """VirusOnNetwork lets networkx draw its network without a seed."""
    target = read_mesa_target({"class": "mesa.examples:VirusOnNetwork", "rounds": 3})
    assert "it draws from random or numpy.random" in probe_seeding(target, target.settle({}))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("DrawsFromPython", "it draws from random or numpy.random"),
        ("DrawsFromNumpy", "it draws from random or numpy.random"),
        ("OwnGenerator", "two runs with the same seed differ"),
        ("ForgetsSeed", "two runs with the same seed differ"),
        ("TakesNoSeed", "its constructor takes neither rng nor seed"),
        ("DrawsNothing", "its first rounds are the same whatever the seed"),
    ],
)
def test_models_that_escape_their_seed_get_a_warning(name, reason):
    target = other(name, measures=["mean_place"])
    warning = probe_seeding(target, target.settle({}))
    assert f"{name} is not seeded through Mesa's rng: {reason}" in warning
    assert "super().__init__(rng=rng)" in warning


def test_a_model_that_fails_at_once_gets_a_warning():
    target = other("Breaks")
    assert (
        probe_seeding(target, target.settle({}))
        == "Breaks fails in its first rounds: RuntimeError: no room"
    )


# --- apart


@pytest.mark.parametrize("name", ["DrawsFromPython", "DrawsFromNumpy"])
def test_runs_of_an_unseeded_model_can_be_repeated_and_leave_no_trace(name):
    target = other(name, measures=["mean_place"])
    random.seed(1)
    np.random.seed(1)
    expected = random.random(), np.random.random()
    random.seed(1)
    np.random.seed(1)
    first, second, third = measures_of(target, 3), measures_of(target, 4), measures_of(target, 3)
    assert (random.random(), np.random.random()) == expected
    assert first == third != second


def models_alive():
    gc.collect()
    return sum(
        issubclass(type(thing), mesa.Model) for thing in gc.get_objects()
    )  # isinstance stumbles over dead proxies


def test_memory_is_flat_over_300_runs():
    target = read_mesa_target({"class": "mesa.examples:BoltzmannWealth", "rounds": 1})
    parameters = target.settle({"n": 20, "width": 5, "height": 5})
    counted, kinds, alive = len(mesa.Agent._ids), len(copyreg.dispatch_table), models_alive()

    def after(runs):
        for seed in range(runs):
            target.run(parameters, seed, NOTHING)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before, later = after(30), after(300)
    finally:
        tracemalloc.stop()
    assert later - before < 100_000  # bytes; 270 such models take 19 million
    assert (len(mesa.Agent._ids), len(copyreg.dispatch_table), models_alive()) == (
        counted,
        kinds,
        alive,
    )


def test_a_run_that_fails_leaves_no_model_either():
    target, known = other("Breaks"), len(mesa.Agent._ids)
    with pytest.raises(RuntimeError, match="no room"):
        measures_of(target)
    assert len(mesa.Agent._ids) == known


# --- bad inputs


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
        ("Walk", {"seed": 3}, "seed is given by the study"),
        ("Walk", {"rng": 3}, "rng is given by the study"),
        ("PassesOn", {"rng": 3}, "rng is given by the study"),
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
    with pytest.raises(InputError, match=r"simulator is made anew for every run by model\.objects"):
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


# --- version and travel

MODEL = """
from mesa import Model
from {place} import LEVEL


class Own(Model):
    def __init__(self, rng=None):
        super().__init__(rng=rng)
        self.level = LEVEL
"""


def test_version_is_that_of_the_file_and_of_what_it_imports_and_the_newest_is_run(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("own_model_a.py").write_text(MODEL.format(place="own_level_a"))
    Path("own_level_a.py").write_text("LEVEL = 1\n")
    target = read_mesa_target({"class": "own_model_a.py:Own", "rounds": 1, "measures": ["level"]})
    first = target.compute_version()
    assert measures_of(target) == {"level": 1}
    Path("own_report_a.py").write_text("print('not part of the model')\n")
    assert target.compute_version() == first
    Path("own_level_a.py").write_text("LEVEL = 1 + 1\n")
    assert target.compute_version() != first
    assert measures_of(target) == {"level": 2}


def test_version_is_of_the_whole_package_and_the_class_wherever_they_lie(tmp_path):
    package = tmp_path / "own_package"
    (package / "parts").mkdir(parents=True)
    for name in ("__init__.py", "parts/__init__.py"):
        (package / name).touch()
    (package / "parts" / "model.py").write_text(MODEL.format(place="..level"))
    (package / "level.py").write_text("LEVEL = 3\n")
    reference = f"{package / 'parts' / 'model.py'}:Own"
    assert measures_of(
        read_mesa_target({"class": reference, "rounds": 1, "measures": ["level"]})
    ) == {"level": 3}
    inside = [
        f"own_package/{name}"
        for name in ("__init__.py", "level.py", "parts/__init__.py", "parts/model.py")
    ]
    assert [name for name, _ in list_source_files(load_model_class(reference))] == inside
    assert (
        other("Walk").compute_version()
        == other("Walk", rounds=9).compute_version()
        != other("PassesOn").compute_version()
    )


def run_elsewhere(task):
    target, parameters, seed = task
    return target.run(parameters, seed, RecordingOptions(series_every=2))


def test_targets_travel_to_another_process(monkeypatch):
    monkeypatch.chdir(OTHERS.parent)
    own = read_mesa_target(
        {"class": f"{OTHERS.name}:Walk", "rounds": 5, "measures": ["mean_place"]}
    )
    monkeypatch.chdir(Path(__file__).parent)
    tasks = [(own, own.settle({}), 3), (*example("Schelling"), 3)]
    assert pickle.loads(pickle.dumps(own)) == own
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for there, here in zip(
            pool.map(run_elsewhere, tasks), map(run_elsewhere, tasks), strict=True
        ):
            assert there.measures == here.measures and there.series.equals(here.series)
