"""Mesa models draw from their seed only, or a warning says how they do not; runs are isolated."""

import copyreg
import gc
import random
import tracemalloc

import mesa
import numpy as np
import pytest

from experiments.models.collaboration import CollaborationTarget
from experiments.models.mesa import probe_seeding, read_mesa_target
from tests.mesa_targets import EXAMPLES, NOTHING, example, measures_of, other


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
