"""Factors: numbers from YAML, levels from overrides, and ranges with equal bins."""

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from experiments.configuration import parse_override
from experiments.design.factors import Level, Range, find_level_at_share, read_factor


def test_yaml_numbers_without_a_decimal_point_are_numbers():
    assert yaml.safe_load("1e-3") == "1e-3"
    assert read_factor("trust.gain", ["1e-3", 0.1]) == [
        Level(0.001, {"trust.gain": 0.001}),
        Level(0.1, {"trust.gain": 0.1}),
    ]
    assert read_factor("trust.gain", {"low": "1e-3", "high": "1e-1"}) == Range(
        "trust.gain", 0.001, 0.1
    )


def test_hydras_syntax_makes_factors():
    changes = {
        "a=0,0.1,0.2": (0, 0.1, 0.2),
        "a=range(0,0.5,0.1)": (0.0, 0.1, 0.2, 0.3, 0.4),
        "a=range(1,4)": (1, 2, 3),
        "a=choice(hub,'in a, quote')": ("hub", "in a, quote"),
        "a=[core,network],[core]": (["core", "network"], ["core"]),
        "structure=glob(*or*)": ("consortium", "network", "platform"),
    }
    for text, values in changes.items():
        assert parse_override(text).several
        assert parse_override(text).values == values, text
    assert parse_override("a=interval(0,0.5)").interval == (0.0, 0.5)
    assert not parse_override("a=[1,2]").several


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.floats(0, 1))
def test_linear_and_log_ranges_scale(low, width, share):
    value = Range("a", low, low + width).find_level(share).label
    assert low <= value <= low + width
    assert value == pytest.approx(low + share * width, abs=1e-9 * max(1.0, abs(low), width))
    upper = Range("a", width, width * 1000, "log").find_level(share).label
    assert np.log(upper / width) / np.log(1000) == pytest.approx(share, abs=1e-9)


@given(st.integers(-20, 20), st.integers(2, 30))
def test_whole_ranges_and_categories_have_equal_bins(low, count):
    shares = (np.arange(count * 10) + 0.5) / (count * 10)
    factor = Range("a", low, low + count - 1, whole=True)
    found = [factor.find_level(share).label for share in shares.tolist()]
    assert [found.count(low + number) for number in range(count)] == [10] * count
    levels = [Level(number, {}) for number in range(count)]
    found = [find_level_at_share(levels, share).label for share in shares.tolist()]
    assert [found.count(number) for number in range(count)] == [10] * count
    assert (find_level_at_share(levels, 0.0), find_level_at_share(levels, 1.0)) == (
        levels[0],
        levels[-1],
    )


@given(st.integers(2, 12), st.integers(1, 6))
def test_a_grid_of_at_least_as_many_levels_tries_every_category(count, more):
    size = 2 * ((count + 1) // 2) + 2 * more
    levels = [Level(number, {}) for number in range(count)]
    for grid in (count, size):
        assert {
            find_level_at_share(levels, step / (grid - 1)).label for step in range(grid)
        } == set(range(count))


def test_whole_log_range_has_equal_bins_on_its_scale():
    shares = (np.arange(30_000) + 0.5) / 30_000
    found = [
        Range("a", 1, 7, "log", whole=True).find_level(share).label for share in shares.tolist()
    ]
    np.testing.assert_allclose(
        [found.count(n) / 30_000 for n in range(1, 8)],
        [np.log((n + 1) / n) / np.log(8) for n in range(1, 8)],
        atol=1e-3,
    )
