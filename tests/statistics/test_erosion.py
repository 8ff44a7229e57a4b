"""Erosion within a run: peak, end, loss and half-life of known series."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from analysis.erosion import (
    caused_by_round,
    compute_kaplan_meier_median,
    compute_run_course,
    erosion,
    half_lives,
)
from analysis.errors import AnalysisError


def test_course_of_a_known_series():
    values = np.array([0.0, 4.0, 4.0, 3.0, 2.0, 1.0])
    found = compute_run_course(np.arange(6), values, 1)
    assert found == {
        "peak": 4.0,
        "peak_round": 1.0,
        "end": 1.0,
        "loss": 3.0,
        "half_life": 3.0,
        "watched": 4.0,
    }


def falling(rate, r, moment):
    """An invented synergy: falls by half a unit by itself, and by ``rate`` more."""
    return 2.0 + 0.1 * r - (0.5 + rate * (1 + 0.1 * r)) * moment / 19


def make_series():
    rows = [
        {
            "imitation.rate": rate,
            "replicate": r,
            "seed": r,
            "run": f"{rate}{r}",
            "round": t,
            "synergy": falling(rate, r, t),
        }
        for rate in (0.0, 1.0)
        for r in range(4)
        for t in range(20)
    ]
    return pl.DataFrame(rows)


def test_erosion_of_known_series():
    found = {
        (row["quantity"], row["part"]): row
        for row in erosion(make_series(), window=1).iter_rows(named=True)
    }
    assert found["loss", "without imitation"]["value"] == pytest.approx(0.5)
    assert found["loss", "with imitation"]["value"] == pytest.approx(0.5 + 1.15)
    assert found["loss", "caused by imitation"]["value"] == pytest.approx(1.15)
    assert found["loss", "share caused"]["value"] == pytest.approx(1.15 / 1.65)
    assert found["peak", "caused by imitation"]["value"] == pytest.approx(0.0)
    by_round = caused_by_round(make_series())
    assert by_round["value"].to_numpy() == pytest.approx(-1.15 * np.arange(20) / 19)


def test_counterfactuals_need_the_same_seeds():
    other = make_series().with_columns(
        seed=pl.col("replicate") + (pl.col("imitation.rate") * 100).cast(pl.Int64)
    )
    with pytest.raises(AnalysisError, match="no common seeds"):
        erosion(other)
    with pytest.raises(AnalysisError, match="same seed"):
        caused_by_round(other)


def test_median_half_life_counts_runs_that_never_lose_half():
    assert (
        compute_kaplan_meier_median(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.full(5, 9.0))["value"]
        == 3.0
    )
    assert (
        compute_kaplan_meier_median(
            np.array([1.0, np.nan, np.nan, np.nan, np.nan]), np.full(5, 9.0)
        )["value"]
        is None
    )
    assert compute_kaplan_meier_median(np.full(3, np.nan), np.full(3, 9.0)) == {
        "value": None,
        "low": None,
        "high": None,
    }
    assert half_lives(make_series(), ["imitation.rate"], window=1)["halved"].to_list() == [0, 4]


def test_median_half_life_covers_nearly_as_often_as_it_says():
    """The interval of a Kaplan-Meier median is approximate; below 90 % at n = 30 is an error."""
    rng, draws, hits = np.random.default_rng(9), 400, 0
    for _ in range(draws):
        times, watched = rng.exponential(10.0, 30), rng.uniform(10.0, 40.0, 30)
        found = compute_kaplan_meier_median(np.where(times <= watched, times, np.nan), watched)
        hits += (found["low"] or 0.0) <= 10.0 * np.log(2.0) <= (found["high"] or np.inf)
    assert (
        stats.binomtest(hits, draws, 0.90, alternative="less").pvalue > 1e-6
    )  # fails for one seed in a million if it covers 90 %
