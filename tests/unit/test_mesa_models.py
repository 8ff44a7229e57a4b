"""Users' Mesa models as targets of studies; Mesa's examples give the expected numbers."""

import numpy as np
import pytest
from mesa.examples import BoltzmannWealth, Schelling, WolfSheep
from mesa.experimental.devs import ABMSimulator

from experiments.models.mesa import read_mesa_target
from experiments.models.target import RecordingOptions
from tests.mesa_targets import EXAMPLES, NOTHING, example, measures_of, other


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


def test_arguments_pass_through_to_the_class_a_model_derives_from():
    assert other("PassesOn").settle({"pull": 0.5})["pull"] == 0.5
    assert measures_of(other("PassesOn", measures=["pull"]), pull=0.5) == {"pull": 0.5}


def test_a_run_gets_its_own_copy_of_arguments():
    target = other("SpoilsArguments", measures=["total"])
    parameters = target.settle({"places": [1.0, 2.0]})
    assert [target.run(parameters, 1, NOTHING).measures["total"] for _ in range(2)] == [3.0, 3.0]


def test_defaults_that_are_no_plain_values_stay_in_the_constructor():
    assert "moments" not in other("Needs").settle({"needed": 3})
