"""The collaboration model as a target of studies."""

import re
from pathlib import Path

import numpy as np
import pytest

from experiments.models.choice import choose_target
from experiments.models.collaboration import CollaborationTarget
from experiments.models.target import AT_THE_END, RecordingOptions
from sim.config import Config
from sim.errors import InputError
from sim.model import CollaborationModel

NOTHING = RecordingOptions()
SMALL = {"structure": "hub", "population.organisations": 20, "run.rounds": 30}


def test_our_model_equals_the_model_itself():
    target = choose_target(None, ())
    parameters = target.settle(SMALL)
    found = target.run(parameters, 2**63 + 1, RecordingOptions(series_every=10, events=True))
    config = Config.model_validate({**parameters, "run": {**parameters["run"], "seed": 2**63 + 1}})
    model = CollaborationModel(config).run()
    np.testing.assert_equal(found.measures, model.summary())
    assert found.series["round"].to_list() == [9, 19, 29]
    assert found.series.equals(model.rounds_table()[[9, 19, 29]])
    assert target.run(parameters, 2**63 + 1, RecordingOptions(AT_THE_END)).series.equals(
        model.rounds_table().tail(1)
    )
    assert found.events.equals(model.events_table())
    assert target.run(parameters, 1, NOTHING)[1:] == (None, None)


def test_our_parameters_are_complete_and_without_a_seed():
    parameters = CollaborationTarget(("population.organisations=20",)).settle(
        {"structure": "hub", "imitation.rate": 0.1}
    )
    assert parameters["structure"]["name"] == "hub" and parameters["imitation"]["rate"] == 0.1
    assert parameters["population"]["organisations"] == 20
    assert "seed" not in parameters["run"] and set(parameters) == set(Config.model_fields)


def test_what_is_undefined_in_our_runs_may_be():
    target = CollaborationTarget()
    measures = target.run(
        target.settle({**SMALL, "run.measures": ["core", "network"]}), 1, NOTHING
    ).measures
    assert {name for name, value in measures.items() if np.isnan(value)} <= target.may_be_undefined


def test_files_are_part_of_our_parameters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target, found = CollaborationTarget(), []
    for code in (
        "min(seen, key=lambda other: other.row)",
        "max(seen, key=lambda other: other.row)",
    ):
        Path("my_rule.py").write_text(f"def rule(member, seen, model):\n    return {code}\n")
        found.append(target.settle({**SMALL, "imitation.rule": "my_rule.py:rule"}))
    assert found[0]["files"] != found[1]["files"] and {**found[0], "files": {}} == {
        **found[1],
        "files": {},
    }
    assert target.run(found[0], 1, NOTHING).measures["joint_value"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"run.seed": 3}, "run.seed comes from the study"),
        ({"imitation.rat": 3}, "imitation.rat is not a parameter. Did you mean imitation.rate?"),
        ({"imitation.rate": 3}, "imitation.rate is 3"),
        ({"structure.name.deep": 3}, "structure.name.deep is not a parameter"),
        ({"imitation.rate.deep": 3}, "imitation.rate is {'deep': 3}: input should be a valid"),
        ({"structure": "hubb"}, "structure=hubb is not a preset"),
        ({"structur": "hub"}, "structur is not a parameter"),
        ({"imitation.rule": "nowhere.py:rule"}, "does not exist"),
        ({"structure": "mixed", "structure.mix": {"hub": 1.0, "huub": 1.0}}, "Did you mean hub?"),
    ],
)
def test_bad_settings_of_ours_get_a_sentence(settings, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        CollaborationTarget().settle(settings)
