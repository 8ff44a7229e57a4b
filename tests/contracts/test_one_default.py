"""The default model stands once, in sim/config/: from Python and from the command line it is the
same to the bit.
"""

import pytest
import yaml

from experiments.configuration import load_config
from sim.config import Config
from sim.model import CollaborationModel
from sim.presets import find_configs_folder, load_structure

NAMES = {"structure": {"name": "alliance"}}
DEFAULT_PRESETS = {
    "structure": "alliance",
    "population": "drawn",
    "imitation": "none",
    "environment": "calm",
}


def test_python_and_the_command_line_start_from_the_same_configuration():
    assert load_config() == Config()


def test_python_and_the_command_line_play_the_same_run():
    by_command, by_python = (
        CollaborationModel(config).run() for config in (load_config(), Config())
    )
    assert by_python.rounds_table().equals(by_command.rounds_table())
    assert by_python.events_table().equals(by_command.events_table())
    assert len(by_python.events_table()) > 0


def test_one_channel_changed_leaves_the_others_at_their_defaults():
    by_command = load_config(["structure.discovery.directory=1"])
    assert by_command == Config.model_validate({"structure": {"discovery": {"directory": 1.0}}})


def test_a_run_starts_from_the_presets_that_are_the_defaults():
    text = (find_configs_folder() / "config.yaml").read_text(encoding="utf-8")
    named = [entry for entry in yaml.safe_load(text)["defaults"] if isinstance(entry, dict)]
    assert {group: preset for entry in named for group, preset in entry.items()} == DEFAULT_PRESETS


@pytest.mark.parametrize(("group", "preset"), DEFAULT_PRESETS.items())
def test_a_preset_that_is_the_default_repeats_no_value(group, preset):
    text = (find_configs_folder() / group / f"{preset}.yaml").read_text(encoding="utf-8")
    assert (yaml.safe_load(text) or {}) == NAMES.get(group, {})


def test_a_mix_reads_the_default_form_in_full():
    assert load_structure("alliance") == Config().structure
