"""Judging cells: known cases, and how often a correct model is called different."""

import numpy as np
import polars as pl
import pytest

from analysis.docking import FALSE_ALARM, Known, standing
from experiments.docking.comparing import CELL, crossed, key_of
from experiments.docking.reference import dock_names, read_dock
from sim.errors import InputError


@pytest.mark.parametrize(
    ("ours", "reference", "verdict"),
    [
        (Known(0.50, 0.001), Known(0.51, 0.001), "equivalent"),
        (Known(0.50, 0.001), Known(0.60, 0.001), "different"),
        (Known(0.50, 0.001), Known(0.51, 0.050), "open"),
        (Known(0.50, 0.050), Known(0.51, 0.001), "open"),
        (Known(1.0, 0.0), Known(1.0, 0.0), "equivalent"),
        (Known(1.0, 0.0), Known(1.5, 0.0), "different"),
    ],
)
def test_known_cases(ours, reference, verdict):
    assert standing(ours, reference, 0.05, 10).verdict == verdict


def test_equivalence_is_at_five_percent_on_the_margin():
    """A model that is off by exactly the margin is called equivalent in 5 % of cases: here within four standard errors of that."""
    rng, cases = np.random.default_rng(1), 4000
    draws = rng.normal(0.05, np.hypot(0.01, 0.01), cases)
    share = np.mean([standing(Known(draw, 0.01), Known(0.0, 0.01), 0.05, 1).verdict == "equivalent" for draw in draws])
    assert abs(share - 0.05) < 4 * np.sqrt(0.05 * 0.95 / cases)


def test_a_correct_model_is_seldom_called_different():
    """In a dock of ten cells that are not known well enough; a correct test exceeds this bound for one seed in a thousand."""
    rng, docks, cells = np.random.default_rng(2), 2000, 10
    draws = rng.normal(0.0, np.hypot(0.1, 0.1), (docks, cells))
    alarms = sum(any(standing(Known(d, 0.1), Known(0.0, 0.1), 0.05, cells).verdict == "different" for d in dock) for dock in draws)
    assert alarms <= docks * FALSE_ALARM + 3.1 * np.sqrt(docks * FALSE_ALARM)


@pytest.mark.parametrize("name", dock_names())
def test_every_dock_can_be_read_and_says_its_sources(name):
    dock = read_dock(name)
    assert dock.about.source
    assert all(cell.mark in ("P", "R", "E") for cell in dock.cells if cell.value is not None)
    assert all(dock.margin(cell.measure) > 0 for cell in dock.cells if cell.value is not None)


def curve(dock, crossing, shifts, slope=2.0):
    """Return made-up runs along a curve that crosses its level at the reference value, each replicate moved up by a shift."""
    rows = []
    for cell in (cell for cell in dock.cells if crossing.is_along(cell)):
        height = crossing.level + slope * (cell.settings[crossing.of] - crossing.value)
        rows += [{CELL: key_of(dock.place(cell)), "replicate": r, crossing.measure: height + shift} for r, shift in enumerate(shifts)]
    return pl.DataFrame(rows)


def test_a_crossing_and_its_standard_error_are_those_of_a_straight_line():
    dock = read_dock("guimera_2005")
    shifts = np.random.default_rng(4).normal(0.0, 0.05, 50)
    for crossing in dock.about.crossings:
        found = crossed(dock, crossing, curve(dock, crossing, shifts), 6)
        assert found.ours.value == pytest.approx(crossing.value - shifts.mean() / 2.0)
        assert found.ours.error == pytest.approx(shifts.std(ddof=1) / np.sqrt(50) / 2.0)
        assert found.standing.verdict == "equivalent"
    assert dock.margin(dock.crossings[0].measure) == pytest.approx(0.1 * (0.58 - 0.29))


def test_a_curve_that_does_not_cross_is_a_sentence():
    dock = read_dock("guimera_2005")
    crossing = dock.about.crossings[0]
    with pytest.raises(InputError, match="largest_share does not cross 0.5 along p"):
        crossed(dock, crossing, curve(dock, crossing, [9.0, 9.1]), 6)
