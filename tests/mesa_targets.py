"""Targets of Mesa models for tests: Mesa's examples, and models as users write them."""

from pathlib import Path

from experiments.models.mesa import read_mesa_target
from experiments.models.target import RecordingOptions

OTHERS = Path(__file__).parent / "mesa_models_of_others.py"
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
