"""Estimates against scipy, closed forms and simulated coverage."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from analysis.comparison import make_summary_tables
from analysis.errors import AnalysisError
from analysis.estimates import (
    build_response_matrix,
    compute_simultaneous_level,
    estimate_mean,
    estimate_paired_difference,
    estimate_peak,
    estimate_turning_rate,
    find_turning_levels,
)

LEVELS = np.array([0.0, 0.1, 0.2, 0.5])


def test_mean_is_students():
    values = np.random.default_rng(1).normal(3, 2, 12)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    got = estimate_mean(values)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high))
    assert got.n == 12


def test_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(2)
    hits = sum(
        e.low <= 0 <= e.high for e in (estimate_mean(rng.normal(0, 1, 8)) for _ in range(4000))
    )
    assert (
        stats.binomtest(hits, 4000, 0.95).pvalue > 1e-6
    )  # a correct interval fails for one seed in a million


def test_paired_difference_is_the_paired_test():
    rng = np.random.default_rng(3)
    first = rng.normal(0, 1, 10)
    second = first + rng.normal(0.5, 0.1, 10)
    expected = stats.ttest_rel(first, second).confidence_interval(0.95)
    got = estimate_paired_difference(first, second)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high))


def test_one_value_has_no_interval_and_nan_is_refused():
    assert np.isnan(estimate_mean(np.array([1.0])).low)
    with pytest.raises(AnalysisError, match="finite"):
        estimate_mean(np.array([1.0, np.nan]))


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([1.0, 1.2, 1.0, 0.7], 0.2),  # exactly at its first value at 0.2, below it after
        ([1.0, 1.2, 1.1, 0.9], 0.35),  # half way between +0.1 at 0.2 and -0.1 at 0.5
        ([1.0, 0.9, 0.8, 0.7], 0.0),  # erodes from the start
        ([1.0, 1.1, 1.2, 1.3], np.inf),  # never within the range
        ([1.0, 0.9, 1.1, 1.2], np.inf),  # a dip that recovers does not count
    ],
)
def test_crossing_of_known_curves(curve, expected):
    assert find_turning_levels(LEVELS, np.array([curve]))[0] == pytest.approx(expected)


def test_turning_rate_and_peak_of_noisy_curves():
    noise = np.random.default_rng(4).normal(0, 0.01, (30, 1))
    curves = (
        np.array([1.0, 1.2, 1.1, 0.9]) + noise
    )  # all levels share their noise: the turning point does not move
    turn = estimate_turning_rate(LEVELS, curves)
    assert (turn.value, turn.low, turn.high) == pytest.approx((0.35, 0.35, 0.35))
    assert estimate_peak(LEVELS, curves)[:3] == (0.1, 0.1, 0.1)


def runs():
    rows = [
        {
            "form": form,
            "imitation_rate": rate,
            "depth": 2.0,
            "replicate": r,
            "joint_value": 1 + bonus - rate + 0.01 * r,
            "synergy": bonus - rate,
            "synergy_loss": 0.1 + rate,
            "synergy_half_life": 10.0 * r if r else float("nan"),
        }
        for form, bonus in (("hub", 0.2), ("alone", 0.0))
        for rate in (0.0, 0.1)
        for r in range(3)
    ]
    return pl.DataFrame(rows)


def test_tables_say_what_the_runs_say():
    value, turning, erosion = make_summary_tables(
        runs().sample(fraction=1.0, shuffle=True, seed=1).sort("form", descending=True)
    )
    assert value.rows[0] == (
        "hub",
        "1.210 [1.185, 1.235]",
        "1.110 [1.085, 1.135]",
        "0.100 [0.100, 0.100]",
    )
    assert turning.rows[0][3:] == ("0 [0, 0]", "0 [0, 0]")
    assert erosion.rows == [
        (
            "hub",
            "0.100 [0.100, 0.100]",
            "0.200 [0.200, 0.200]",
            "0.100 [0.100, 0.100]",
            "20 rounds (2 of 3)",
        )
    ]


def test_incomplete_runs_are_refused():
    with pytest.raises(AnalysisError, match="not complete"):
        build_response_matrix(
            runs().filter(pl.col("form") == "hub").head(5), "joint_value", "imitation_rate"
        )
    with pytest.raises(AnalysisError, match="no column synergy"):
        make_summary_tables(runs().drop("synergy"))
    with pytest.raises(AnalysisError, match="needs 0"):
        make_summary_tables(runs().filter(pl.col("imitation_rate") > 0))


def test_the_level_of_one_of_several_intervals_is_bonferronis():
    assert compute_simultaneous_level(5) == pytest.approx(0.99)
    with pytest.raises(AnalysisError, match="one or more"):
        compute_simultaneous_level(0)


def test_the_opposite_of_an_estimate():
    assert -estimate_mean(np.array([1.0, 2.0, 4.0])) == pytest.approx(
        estimate_mean(np.array([-1.0, -2.0, -4.0]))
    )
