"""Every parameter moves an outcome: pushed low and high, some measure of some run must differ."""

import pytest

from experiments.configuration import parameter_paths
from sim.config import Config
from sim.model import CollaborationModel
from sim.presets import load_structure

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
    "challenge.breadths": ([{"lowest": 1, "highest": 2, "share": 1}], [{"lowest": 5, "highest": 8, "share": 1}], {}),
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
FROM_FILE = {"population.source", "population.path", "population.minimum_projects", "population.sample_seed"}  # tests/unit/test_population_file.py


def outcomes(path, value, needs):
    values = {group: dict(given) for group, given in BUSY.items()}
    values["structure"] = load_structure(needs.get("structure", "alliance")).model_dump()
    if "measures" in needs:
        values["run"]["measures"] = needs["measures"]
    target = values
    *groups, name = path.split(".")
    for group in groups:
        target = target.setdefault(group, {})
    target[name] = value
    model = CollaborationModel(Config.model_validate(values)).run()
    return model.rounds_table(), model.events_table()


def test_every_parameter_has_a_push():
    assert set(PUSHES) | FROM_FILE == set(parameter_paths())


@pytest.mark.parametrize("path", PUSHES)
def test_parameter_moves_an_outcome(path):
    low, high, needs = PUSHES[path]
    first, second = outcomes(path, low, needs), outcomes(path, high, needs)
    assert not (first[0].equals(second[0]) and first[1].equals(second[1]))
