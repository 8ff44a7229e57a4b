"""Verdicts on cells: known cases, and how often a correct model is called different."""

import numpy as np
import polars as pl
import pytest

from analysis.docking import FALSE_ALARM_RATE, MeanWithError, compare_with_reference
from experiments.docking.comparison import CELL_FACTOR, compare_crossing, format_point_key
from experiments.docking.reference import list_docks, read_dock
from sim.errors import InputError


@pytest.mark.parametrize(
    ("ours", "reference", "verdict"),
    [
        (MeanWithError(0.50, 0.001), MeanWithError(0.51, 0.001), "equivalent"),
        (MeanWithError(0.50, 0.001), MeanWithError(0.60, 0.001), "different"),
        (MeanWithError(0.50, 0.001), MeanWithError(0.51, 0.050), "open"),
        (MeanWithError(0.50, 0.050), MeanWithError(0.51, 0.001), "open"),
        (MeanWithError(1.0, 0.0), MeanWithError(1.0, 0.0), "equivalent"),
        (MeanWithError(1.0, 0.0), MeanWithError(1.5, 0.0), "different"),
    ],
)
def test_known_cases(ours, reference, verdict):
    assert compare_with_reference(ours, reference, 0.05, 10).verdict == verdict


def test_equivalence_is_at_five_percent_on_the_margin():
    """A model that is off by the margin is called equivalent in 5 % of cases.

    The tolerance is four standard errors.
    """
    rng, cases = np.random.default_rng(1), 4000
    draws = rng.normal(0.05, np.hypot(0.01, 0.01), cases)
    share = np.mean(
        [
            compare_with_reference(
                MeanWithError(draw, 0.01), MeanWithError(0.0, 0.01), 0.05, 1
            ).verdict
            == "equivalent"
            for draw in draws
        ]
    )
    assert abs(share - 0.05) < 4 * np.sqrt(0.05 * 0.95 / cases)


def test_a_correct_model_is_seldom_called_different():
    """A dock of ten imprecise cells; one seed in a thousand exceeds the bound by chance."""
    rng, docks, cells = np.random.default_rng(2), 2000, 10
    draws = rng.normal(0.0, np.hypot(0.1, 0.1), (docks, cells))
    alarms = sum(
        any(
            compare_with_reference(
                MeanWithError(d, 0.1), MeanWithError(0.0, 0.1), 0.05, cells
            ).verdict
            == "different"
            for d in dock
        )
        for dock in draws
    )
    assert alarms <= docks * FALSE_ALARM_RATE + 3.1 * np.sqrt(docks * FALSE_ALARM_RATE)


@pytest.mark.parametrize("name", list_docks())
def test_every_dock_can_be_read_and_names_its_sources(name):
    dock = read_dock(name)
    assert dock.about.source
    assert all(cell.mark in ("P", "R", "E") for cell in dock.cells if cell.value is not None)
    assert all(dock.find_margin(cell.measure) > 0 for cell in dock.cells if cell.value is not None)


def curve(dock, crossing, shifts, slope=2.0):
    """Return artificial runs along a curve that crosses its level at the reference value.

    Each replicate is moved up by a shift.
    """
    rows = []
    for cell in (cell for cell in dock.cells if crossing.is_along(cell)):
        height = crossing.level + slope * (cell.settings[crossing.of] - crossing.value)
        rows += [
            {
                CELL_FACTOR: format_point_key(dock.collect_settings(cell)),
                "replicate": r,
                crossing.measure: height + shift,
            }
            for r, shift in enumerate(shifts)
        ]
    return pl.DataFrame(rows)


def test_a_crossing_and_its_standard_error_are_those_of_a_straight_line():
    dock = read_dock("guimera_2005")
    shifts = np.random.default_rng(4).normal(0.0, 0.05, 50)
    for crossing in dock.about.crossings:
        compared = compare_crossing(dock, crossing, curve(dock, crossing, shifts), 6)
        assert compared.ours.value == pytest.approx(crossing.value - shifts.mean() / 2.0)
        assert compared.ours.error == pytest.approx(shifts.std(ddof=1) / np.sqrt(50) / 2.0)
        assert compared.comparison.verdict == "equivalent"
    assert dock.find_margin(dock.crossings[0].measure) == pytest.approx(0.1 * (0.58 - 0.29))


def test_a_curve_that_does_not_cross_gets_one_sentence():
    dock = read_dock("guimera_2005")
    crossing = dock.about.crossings[0]
    with pytest.raises(InputError, match="largest_share does not cross 0.5 along p"):
        compare_crossing(dock, crossing, curve(dock, crossing, [9.0, 9.1]), 6)
