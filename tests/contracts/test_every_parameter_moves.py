"""Every parameter moves an outcome, every choice is another choice, and where theory says the sign,
the sign is right.
"""

from itertools import combinations
from typing import Literal, get_args, get_origin

import pytest

from experiments.configuration import list_parameters
from sim.config import FORM_TOPOLOGIES, IMITATION_RULES, POOLING_RULES, Config
from sim.model import CollaborationModel
from sim.presets import list_structure_presets, load_structure

# A world in which every mechanism is at work.
BUSY = {
    "population": {"organisations": 40},
    "imitation": {"rate": 0.1},
    "production": {"uncertainty": 0.2},
    "environment": {"turbulence": 0.1, "turnover": 0.01},
    "letting_go": {"cooling_off": 2},
    "search": {"cost": 0.01},
    "run": {"rounds": 60},
}
# parameter: (low, high, what the mechanism needs to be felt)
PUSHES = {
    "population.organisations": (20, 50, {}),
    "population.domains": (8, 14, {}),
    "population.budget": (1.0, 4.0, {}),
    "population.concentration": (0.1, 2.0, {}),
    "population.base_skill": (0.0, 0.1, {}),
    "population.sectors": ({"a": 1.0}, {"a": 1.0, "b": 1.0}, {}),
    "population.capacity": (1, 3, {}),
    "population.ledger_slots": (5, 40, {}),
    "challenge.value": (0.5, 2.0, {}),
    "challenge.breadth_premium": (0.0, 2.0, {}),
    "challenge.affinity": (0.0, 1.0, {}),
    "challenge.workload": (2.0, 20.0, {}),
    "challenge.deadline": (5, 50, {}),
    "challenge.aspiration": (0.1, 0.8, {}),
    "challenge.breadths": (
        [{"lowest": 1, "highest": 2, "share": 1}],
        [{"lowest": 5, "highest": 8, "share": 1}],
        {},
    ),
    "search.meetings": (1, 16, {}),
    "search.cost": (0.0, 0.1, {}),
    "search.directory_sample": (1, 20, {"structure": "platform"}),
    "search.noise": (0.0, 0.5, {}),
    "understanding.decay": ("linear", "exponential", {}),
    "understanding.reach": (0.5, 5.0, {}),
    "understanding.familiarity_gain": (0.0, 0.9, {}),
    "understanding.mediated_learning": (0.0, 1.0, {"structure": "platform"}),
    "trust.initial": (0.2, 0.9, {}),
    "trust.initial_across_sectors": (0.2, 0.9, {}),
    "trust.threshold": (0.0, 0.9, {}),
    "trust.gain": (0.0, 0.5, {}),
    "trust.loss": (0.0, 0.8, {}),
    "trust.crowding_out": (0.0, 1.0, {}),
    "production.depth": (1.0, 3.0, {}),
    "production.floor": (0.001, 0.2, {}),
    "production.complementarity": (-5.0, 1.0, {}),
    "production.pooling": ("best", "additive", {}),
    "production.uncertainty": (0.0, 0.5, {}),
    "imitation.rule": ("blind", "conformity", {}),
    "imitation.rate": (0.0, 0.5, {}),
    "imitation.strength": (0.0, 0.9, {}),
    "imitation.selectivity": (0.0, 1.0, {}),
    "imitation.upward_only": (False, True, {}),
    "learning.practice": (0.0, 0.1, {}),
    "learning.identity": (0.0, 0.5, {}),
    "learning.bridging_start": (0.0, 1.0, {}),
    "learning.reflection": (0.0, 1.0, {}),
    "learning.bridging_gain": (0.0, 0.9, {}),
    "learning.forgetting": (0.0, 0.5, {}),
    "learning.performance_rate": (0.02, 0.9, {}),
    "letting_go.surplus_rate": (0.05, 1.0, {}),
    "letting_go.cooling_off": (0, 20, {}),
    "environment.turbulence": (0.0, 0.5, {}),
    "environment.obsolescence": (0.0, 1.0, {}),
    "environment.pick_up": (0.0, 1.0, {}),
    "environment.turnover": (0.0, 0.1, {}),
    "structure.name": ("one", "other", {}),
    "structure.mix": ({"hub": 1.0}, {"movement": 1.0}, {"structure": "mixed"}),
    "structure.topology": ("complete", "ring", {}),
    "structure.min_size": (2, 4, {}),
    "structure.max_size": (2, 8, {}),
    "structure.formalisation": (0.0, 1.0, {}),
    "structure.setup_cost": (0.0, 1.0, {}),
    "structure.link_cost": (0.0, 0.2, {}),
    "structure.rule_cost": (0.0, 2.0, {}),
    "structure.exit_cost": (0.0, 2.0, {}),
    "structure.mediator_understanding": (0.3, 1.0, {"structure": "platform"}),
    "structure.extra_links": (0.0, 1.0, {"structure": "movement"}),
    "structure.entry": ("invitation", "open", {}),
    "structure.discovery.encounter": (0.0, 5.0, {}),
    "structure.discovery.referral": (0.0, 5.0, {}),
    "structure.discovery.directory": (0.0, 5.0, {}),
    "structure.discovery.convenor": (0.0, 5.0, {}),
    "structure.exposure": ("linked", "leaders", {}),
    "structure.seen_at_most": (1, 10, {"structure": "platform"}),
    "structure.persistence": (0.0, 1.0, {}),
    "structure.inertia": (0.0, 1.0, {}),
    "structure.term": (0, 5, {}),
    "structure.modularity": (0.0, 1.0, {}),
    "structure.sharing": ("equal", "contribution", {}),
    "run.rounds": (30, 60, {}),
    "run.seed": (1, 2, {}),
    "run.record_every": (1, 7, {}),
    "run.measures": (("core",), ("core", "network"), {}),
    "run.window": (2, 50, {"measures": ["core", "network"]}),
}
FROM_FILE = {
    "population.source",
    "population.path",
    "population.minimum_projects",
    "population.sample_seed",
}  # tests/unit/test_population_file.py


# choice parameter: what the mechanism needs to be felt, and what a choice needs to be allowed
CHOICES = {
    "understanding.decay": ({}, {}),
    "production.pooling": ({}, {}),
    "imitation.rule": ({"imitation.rate": 0.3}, {}),
    "imitation.upward_only": ({"imitation.rate": 0.3}, {}),
    "structure.sharing": ({}, {}),
    "structure.entry": ({}, {}),
    "structure.exposure": ({"imitation.rate": 0.3}, {}),
    "structure.topology": (
        {"structure.exposure": "leaders", "structure.max_size": 8, "structure.link_cost": 0.01},
        {
            "mediated": {"structure.mediator_understanding": 0.9},
            "random": {"structure.extra_links": 0.3},
        },
    ),
}
NAMED = {
    "production.pooling": POOLING_RULES,
    "imitation.rule": IMITATION_RULES,
    "structure.topology": FORM_TOPOLOGIES,
}
CHANNELS = ("encounter", "referral", "directory", "convenor")

# parameter: (low, high, outcome, sign, what the mechanism needs to be felt). Reasons a reader may
# doubt stand beside.
SIGNS = [
    ("challenge.value", 0.8, 1.25, "joint_value", +1, {}),
    ("challenge.affinity", 0.0, 1.0, "value_alone", +1, {}),  # challenges near the own field
    ("challenge.workload", 2.0, 8.0, "solved", -1, {}),
    ("challenge.deadline", 8, 60, "expired", -1, {}),
    ("search.cost", 0.0, 0.02, "joint_value", -1, {}),
    ("search.noise", 0.0, 0.5, "synergy", -1, {}),  # partners that looked better than they are
    ("trust.initial", 0.3, 0.9, "trust", +1, {}),
    ("trust.threshold", 0.3, 1.0, "started", -1, {}),
    ("understanding.reach", 1.0, 4.0, "understanding_alike", +1, {}),
    ("understanding.familiarity_gain", 0.05, 0.6, "understanding_bridged", +1, {}),
    ("learning.bridging_start", 0.1, 0.8, "understanding_bridged", +1, {}),
    ("learning.identity", 0.0, 0.3, "diversity", +1, {"imitation.rate": 0.2}),
    ("production.floor", 0.01, 0.1, "value_alone", +1, {}),
    ("imitation.rate", 0.0, 0.3, "diversity", -1, {"imitation.strength": 0.3}),
    ("imitation.strength", 0.05, 0.5, "diversity_within", -1, {"imitation.rate": 0.2}),
    (
        "structure.link_cost",
        0.0,
        0.8,
        "joint_value",
        -1,
        {},
    ),  # a small cost also keeps teams away that would lose: no sure sign
    ("structure.max_size", 2, 8, "team_size", +1, {}),
    ("structure.term", 2, 20, "lifetime", +1, {}),
    ("letting_go.cooling_off", 0, 30, "repeat_share", -1, {}),
    (
        "environment.obsolescence",
        0.0,
        1.0,
        "joint_value",
        -1,
        {"environment.turbulence": 0.2, "environment.pick_up": 0.0},
    ),
]
PAIRS = 8


def put(values, path, value):
    """Write a value at its path in nested groups."""
    *groups, name = path.split(".")
    for group in groups:
        values = values.setdefault(group, {})
    values[name] = value


def played(given, start=BUSY):
    """A run of a world with parameters set by path."""
    values = {group: dict(settings) for group, settings in start.items()}
    for path, value in given.items():
        put(values, path, value)
    return CollaborationModel(Config.model_validate(values)).run()


def busy(structure, given):
    """What a run of the busy world under a preset measured."""
    model = played({"structure": load_structure(structure).model_dump()} | given)
    return model.rounds_table(), model.events_table()


def same(first, second):
    return first[0].equals(second[0]) and first[1].equals(second[1])


def choices(path):
    """All that a choice parameter allows, as its declaration or its registry has it."""
    group, name = path.split(".")
    kind = Config.model_fields[group].annotation.model_fields[name].annotation
    return (
        tuple(NAMED[path]) if path in NAMED else (False, True) if kind is bool else get_args(kind)
    )


def is_choice(path):
    """Whether a parameter is declared as a choice."""
    kind = Config
    for part in path.split("."):
        kind = kind.model_fields[part].annotation
    return kind is bool or get_origin(kind) is Literal


def find_push(path):
    """Return how a parameter is pushed: as ``PUSHES`` says, else between its declared limits."""
    if path in PUSHES:
        return PUSHES[path]
    field = list_parameters()[path]
    limits = {
        sign: getattr(limit, sign)
        for limit in field.metadata
        for sign in ("ge", "gt", "le", "lt")
        if hasattr(limit, sign)
    }
    low = limits.get("ge", field.default / 2)
    return low, limits.get("le", max(2 * field.default, low + 1)), {}


def test_what_is_pushed_is_a_parameter():
    assert set(PUSHES) | FROM_FILE <= set(list_parameters())


def test_every_choice_parameter_is_known():
    assert {path for path in list_parameters() if is_choice(path)} - FROM_FILE == set(
        CHOICES
    ) - set(NAMED)


PUSHED = [path for path in list_parameters() if path not in FROM_FILE and path not in CHOICES]


@pytest.mark.parametrize("path", [*PUSHES, *(path for path in PUSHED if path not in PUSHES)])
def test_parameter_moves_an_outcome(path):
    low, high, needs = find_push(path)
    given = {"run.measures": needs["measures"]} if "measures" in needs else {}
    first, second = (
        busy(needs.get("structure", "alliance"), given | {path: value}) for value in (low, high)
    )
    assert not same(first, second)


def all_different(runs):
    """Fail, naming the two, when two runs measured the same."""
    alike = [pair for pair in combinations(runs, 2) if same(runs[pair[0]], runs[pair[1]])]
    assert not alike


@pytest.mark.parametrize("path", CHOICES)
def test_no_two_choices_come_to_the_same(path):
    needs, allowed = CHOICES[path]
    assert len(choices(path)) >= 2
    all_different(
        {
            choice: busy("alliance", needs | allowed.get(choice, {}) | {path: choice})
            for choice in choices(path)
        }
    )


def test_no_two_ways_of_finding_come_to_the_same():
    """Each channel for three in four meetings; alone, a channel that needs acquaintances would fall
    back on encounter.
    """
    rest = {f"structure.discovery.{channel}": 1.0 for channel in CHANNELS}
    all_different(
        {
            channel: busy("alliance", rest | {f"structure.discovery.{channel}": 9.0})
            for channel in CHANNELS
        }
    )


def test_no_two_presets_come_to_the_same():
    all_different(
        {preset: busy(preset, {"structure.name": "same"}) for preset in list_structure_presets()}
    )


@pytest.mark.parametrize(("path", "low", "high", "outcome", "sign", "needs"), SIGNS)
def test_parameter_moves_its_outcome_the_way_theory_says(path, low, high, outcome, sign, needs):
    """Eight pairs of runs with the same seed, low and high: every pair differs in the direction of
    the sign.

    Over seeds the mean difference is five standard deviations of a pair or more, so that a correct
    model whose draws are renewed fails one sign of the twenty for fewer than one renewal in ten
    thousand (8 x 20 x 3e-7, taking differences as normal). A parameter without effect passes for 1
    in 256 at most; one with no connection at all differs by 0 and fails.
    """
    world = {"population": {"organisations": 150}, "run": {"rounds": 100}}
    differences = []
    for seed in range(1, PAIRS + 1):
        given = {"run.seed": seed} | needs
        below, above = (
            played(given | {path: value}, world).summary()[outcome] for value in (low, high)
        )
        differences.append(sign * (above - below))
    assert min(differences) > 0, differences
