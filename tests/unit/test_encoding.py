"""What kernels read of a configuration: every number under its own path, every choice as a code."""

import copy
import pickle

import numpy as np
import pytest

from sim.config import (
    Config,
    Decay,
    Entry,
    Exposure,
    FormTopology,
    ImitationRule,
    Sharing,
    list_choices,
)
from sim.encoding import build_settings, encode_forms
from sim.presets import list_structure_presets, load_structure


def test_a_number_is_read_under_its_own_path():
    config = Config.model_validate({"trust": {"gain": 1}, "run": {"seed": 2**64 - 1}})
    settings = build_settings(config)
    assert type(settings.trust.gain) is float and settings.trust.gain == 1.0
    assert settings.run.seed.dtype == np.uint64 and int(settings.run.seed) == 2**64 - 1
    assert settings.imitation.upward_only is False


@pytest.mark.parametrize("name", ["gaussian", "exponential", "linear"])
def test_a_choice_is_read_by_its_code(name):
    config = Config.model_validate({"understanding": {"decay": name}})
    assert build_settings(config).understanding.decay == Decay[name.upper()]


def test_a_function_of_the_users_has_a_code_of_its_own():
    config = Config.model_validate({"imitation": {"rule": "my_rules.py:nearest"}})
    assert build_settings(config).imitation.rule == ImitationRule.USER_DEFINED
    assert ImitationRule.USER_DEFINED not in range(
        len(list_choices(type(config.imitation).model_fields["rule"]))
    )


def test_kernels_read_no_number_that_a_file_decides():
    settings = build_settings(Config())
    assert not hasattr(settings.population, "organisations")
    assert not hasattr(settings.population, "domains")
    assert not hasattr(settings, "structure")


def test_settings_survive_copying_and_pickling():
    settings = build_settings(Config())
    assert pickle.loads(pickle.dumps(settings)) == settings == copy.deepcopy(settings)


def test_forms_are_columns_of_their_fields():
    names = list_structure_presets()
    forms = [load_structure(name) for name in names if name != "mixed"]
    columns = encode_forms(forms)
    by_name = {form.name: row for row, form in enumerate(forms)}
    assert columns["max_size"].tolist() == [form.max_size for form in forms]
    assert columns["extra_links"].tolist() == [form.extra_links or 0.0 for form in forms]
    assert columns["entry"][by_name["movement"]] == Entry.OPEN
    assert columns["exposure"][by_name["hub"]] == Exposure.CONVENOR
    assert columns["sharing"][by_name["hub"]] == Sharing.CONVENOR_FIRST
    assert columns["topology"][by_name["alone"]] == FormTopology.NONE
    assert {"name", "mix", "discovery"}.isdisjoint(columns)
