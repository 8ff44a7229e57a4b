"""The random worlds of the tests vary every parameter; else a rule that reads it goes unchecked."""

from collections import defaultdict
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings

from experiments.configuration import list_parameters
from sim.config import list_choices
from tests.configurations import NARROWED, NOT_DRAWN, configurations

EXAMPLES = 200  # the same every time


def read(config, path):
    """Return the value of a parameter by its dotted path."""
    for name in path.split("."):
        config = getattr(config, name)
    return config


@cache
def draw_values():
    """Return, by parameter, the values that random configurations take."""
    found = defaultdict(set)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(configurations())
    def collect(config):
        for path in list_parameters():
            found[path].add(str(read(config, path)))

    collect()
    return found


def test_every_parameter_is_drawn_but_those_with_a_reason():
    drawn = {path for path, values in draw_values().items() if len(values) > 1}
    assert set(list_parameters()) - drawn == set(NOT_DRAWN)
    assert all(NOT_DRAWN.values())


@pytest.mark.parametrize("path", [p for p, f in list_parameters().items() if list_choices(f)])
def test_every_choice_is_drawn(path):
    if path not in NOT_DRAWN:
        assert draw_values()[path] >= set(list_choices(list_parameters()[path]))


def test_what_is_narrowed_exists():
    assert set(NARROWED) <= set(list_parameters())
