"""Parameters that change while a model runs, and copies that are told: both leave the rules as they
are.
"""

import numpy as np
import pytest

from sim.config import IMITATION_RULES, Config
from sim.errors import InputError
from sim.interactive.parameter_changes import FIXED_PARAMETERS, can_change_between_rounds
from sim.model import CollaborationModel
from sim.presets import load_structure
from tests.contracts.test_every_parameter_moves import BUSY, PUSHES

ROUNDS = 30


def busy(path=None, value=None, structure=None):
    """A world in which every mechanism is at work, with one parameter set."""
    values = {group: dict(fields) for group, fields in BUSY.items()}
    if structure:
        values["structure"] = load_structure(structure).model_dump()
    if path:
        group, _, name = path.partition(".")
        fields = values.setdefault(group, {})
        for part in name.split(".")[:-1]:
            fields[part] = dict(fields.get(part, {}))
            fields = fields[part]
        fields[name.rpartition(".")[2]] = value
    return Config.model_validate(values)


LIVE = [
    path
    for path, (_, _, needs) in PUSHES.items()
    if can_change_between_rounds(path) and not set(needs) - {"structure"}
]


@pytest.mark.parametrize("path", LIVE)
def test_a_changed_model_reads_the_same_numbers_as_one_built_so(path):
    _, high, needs = PUSHES[path]
    changed = CollaborationModel(busy(structure=needs.get("structure")))
    try:
        wanted = busy(path, high, needs.get("structure"))
    except ValueError:
        pytest.skip("this value needs another field beside it")
    built = CollaborationModel(wanted)
    changed.change(wanted)
    assert changed.world.p == built.world.p
    for mine, theirs in zip(changed.world.forms, built.world.forms, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_change_acts_from_the_next_round_on_and_not_before():
    steady, switched = CollaborationModel(busy()), CollaborationModel(busy())
    steady.run(ROUNDS)
    switched.run(10)
    switched.change(busy("imitation.rate", 0.0))
    switched.run(ROUNDS - 10)
    copies, fewer = (
        steady.rounds_table()["copies"].to_numpy(),
        switched.rounds_table()["copies"].to_numpy(),
    )
    np.testing.assert_array_equal(copies[:10], fewer[:10])
    assert copies[10:].sum() > 0 and fewer[10:].sum() == 0


def test_a_change_to_the_same_changes_nothing():
    steady, touched = CollaborationModel(busy()), CollaborationModel(busy())
    steady.run(ROUNDS)
    for _ in range(ROUNDS):
        touched.change(busy())
        touched.step()
    assert steady.rounds_table().equals(touched.rounds_table())


@pytest.mark.parametrize("path", FIXED_PARAMETERS)
def test_what_a_model_is_built_from_is_refused_and_nothing_changes(path):
    start = "mixed" if path == "structure.mix" else None
    model = CollaborationModel(busy(structure=start))
    others = {
        "population": ("population.organisations", 41),
        "run": ("run.seed", 9),
        "challenge.breadths": ("challenge.breadths", [{"share": 1}]),
        "learning.bridging_start": ("learning.bridging_start", 0.9),
        "structure.name": ("structure.name", "other"),
        "structure.max_size": ("structure.max_size", 9),
        "structure.mix": ("structure.mix", {"hub": 1.0}),
    }
    before = model.config
    with pytest.raises(InputError, match=f"{path} cannot change while a model runs"):
        model.change(busy(*others[path], start))
    assert model.config is before


@pytest.mark.parametrize("rule", IMITATION_RULES)
@pytest.mark.parametrize("structure", ["alliance", "platform", "movement", "hub"])
def test_copies_told_are_the_copies_made(rule, structure):
    """As many are told as the measure counts, and a watched run is the same run."""
    config = busy("imitation.rule", rule, structure)
    plain, watched = CollaborationModel(config), CollaborationModel(config)
    plain.run(ROUNDS)
    told = []
    for _ in range(ROUNDS):
        pairs = watched.step_watched()
        told.append(len(pairs))
        assert (pairs[:, 0] != pairs[:, 1]).all()
        assert rule != "conformity" or (pairs[:, 1] == -1).all()
    assert plain.rounds_table().equals(watched.rounds_table())
    assert sum(told) > 0
    np.testing.assert_allclose(
        np.array(told), plain.rounds_table()["copies"].to_numpy() * config.population.organisations
    )
