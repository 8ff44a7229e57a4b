"""Tests of an inverted U: known shapes, and how often they cry wolf."""

import numpy as np
import pytest
from scipy import stats

from analysis.errors import AnalysisError
from analysis.inverted_u import assess_inverted_u, compare_tops, fit_parabola

LEVELS = np.linspace(0.0, 1.0, 6)
DRAWS = 2000


def noisy(curve, rng, replicates=20):
    """Curves whose levels share noise, plus noise specific to each level."""
    return curve + rng.normal(0, 1, (replicates, 1)) + rng.normal(0, 1, (replicates, curve.size))


def test_finds_the_top_of_a_hump():
    found = assess_inverted_u(
        LEVELS, noisy(100.0 * LEVELS * (1.0 - LEVELS) ** 2, np.random.default_rng(1), 60)
    )
    assert found.top == pytest.approx(0.4)
    assert found.rise.low > 0.0
    assert found.fall.low > 0.0


@pytest.mark.parametrize(
    "curve", [np.zeros(6), 3.0 * LEVELS, -3.0 * LEVELS], ids=["flat", "rising", "falling"]
)
def test_no_false_alarm_beyond_its_level(curve):
    rng = np.random.default_rng(2)
    alarms = sum(
        found.rise.low > 0.0 and found.fall.low > 0.0
        for found in (assess_inverted_u(LEVELS, noisy(curve, rng)) for _ in range(DRAWS))
    )
    assert (
        stats.binomtest(alarms, DRAWS, 0.025, alternative="greater").pvalue > 1e-6
    )  # a correct test fails for one seed in a million


def test_own_tops_of_known_curves():
    low, high = np.tile(-((LEVELS - 0.2) ** 2), (10, 1)), np.tile(-((LEVELS - 0.8) ** 2), (10, 1))
    first, second, gain, other_gain = compare_tops(LEVELS, high, low)
    assert (first, second) == pytest.approx((0.8, 0.2))
    assert (gain.value, other_gain.value) == pytest.approx((0.36, 0.36))


def test_own_tops_of_equal_curves_raise_no_false_alarm():
    rng = np.random.default_rng(5)
    curve, alarms = 3.0 * LEVELS * (1.0 - LEVELS), 0
    for _ in range(DRAWS):
        _, _, gain, other_gain = compare_tops(LEVELS, noisy(curve, rng), noisy(curve, rng))
        alarms += gain.low > 0.0 and other_gain.low > 0.0
    assert (
        stats.binomtest(alarms, DRAWS, 0.025, alternative="greater").pvalue > 1e-6
    )  # a correct test fails for one seed in a million


def test_parabola_recovers_slopes_and_top():
    rng = np.random.default_rng(3)
    replicate = np.repeat(np.arange(30.0), 40)
    x = rng.uniform(0.0, 2.0, replicate.size)
    fit = fit_parabola(x, 2.4 * x - x**2 + rng.normal(0, 0.2, x.size), replicate, (0.1, 1.9))
    assert fit.slope_low.low < 2.2 < fit.slope_low.high
    assert fit.slope_high.low < -1.4 < fit.slope_high.high
    assert fit.tops[0] == pytest.approx(1.2, abs=0.05)


def test_parabola_without_a_top_is_highest_at_an_end():
    replicate = np.repeat(np.arange(5.0), 10)
    x = np.tile(np.linspace(0.0, 2.0, 10), 5)
    assert fit_parabola(x, x**2, replicate, (0.0, 2.0)).tops[0] == 2.0
    assert fit_parabola(x, -x + 0.1 * x**2, replicate, (0.0, 2.0)).tops[0] == 0.0


def test_slopes_cover_as_often_as_they_say():
    rng = np.random.default_rng(4)
    replicate, hits, draws = np.repeat(np.arange(8.0), 12), 0, 1000
    for _ in range(draws):
        x = rng.uniform(0.0, 1.0, replicate.size)
        slope = fit_parabola(x, x + rng.normal(0, 1, x.size), replicate, (0.0, 1.0)).slope_low
        hits += slope.low <= 1.0 <= slope.high
    assert (
        stats.binomtest(hits, draws, 0.95).pvalue > 1e-6
    )  # a correct interval fails for one seed in a million


def test_too_little_is_refused():
    with pytest.raises(AnalysisError, match="4 replicates"):
        assess_inverted_u(LEVELS, np.zeros((3, 6)))
    with pytest.raises(AnalysisError, match="4 or more"):
        fit_parabola(np.arange(3.0), np.arange(3.0), np.zeros(3), (0.0, 2.0))
