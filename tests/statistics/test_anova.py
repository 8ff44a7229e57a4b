"""Shares of variance against statsmodels, numbers of replicates against their definition."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from analysis.anova import regression_shares, variance_shares
from analysis.errors import AnalysisError
from analysis.replicates import (
    compute_coefficients_of_variation,
    compute_variation_course,
    find_smallest_number,
    find_stable_place,
    replicates_needed,
    replicates_needed_to_compare,
    variance_stability,
)
from tests.statistics.tidy_tables import factorial, two_forms

LEVELS = {"form": ["hub", "alliance", "network"], "imitation.rate": [0.0, 0.1], "depth": [1.0, 2.0]}


def noisy(common=True, seed=1):
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 1, 50)

    def value(r, **at):
        return (
            len(at["form"]) * at["depth"]
            - 5 * at["imitation.rate"]
            + shared[r] * common
            + rng.normal(0, 1)
        )

    return factorial(LEVELS, value, 7, common)


@pytest.mark.parametrize("common", [True, False])
def test_variance_shares_are_those_of_the_full_model(common):
    runs = noisy(common)
    shares = variance_shares(runs, list(LEVELS), "y", order=3)
    frame = pd.DataFrame(runs.rename({"imitation.rate": "rate"}).to_dict(as_series=False))
    table = anova_lm(
        ols(
            "y ~ C(form) * C(rate) * C(depth)" + (" + C(replicate)" if common else ""), frame
        ).fit(),
        typ=2,
    )
    names = {
        "form": "C(form)",
        "form x imitation.rate": "C(form):C(rate)",
        "form x imitation.rate x depth": "C(form):C(rate):C(depth)",
    }
    if common:
        names["replicate (common seeds)"] = "C(replicate)"
    for ours, theirs in names.items():
        row = shares.filter(source=ours).row(0, named=True)
        assert (row["sum_of_squares"], row["df"], row["f"], row["p_value"]) == pytest.approx(
            tuple(table.loc[theirs])
        )
    assert shares["sum_of_squares"][-1] == pytest.approx(table.loc["Residual", "sum_sq"])
    assert shares["eta_squared"].sum() == pytest.approx(1.0)
    total, noise = shares["sum_of_squares"].sum(), shares["sum_of_squares"][-1] / shares["df"][-1]
    assert shares["omega_squared"][0] == pytest.approx(
        (shares["sum_of_squares"][0] - 2 * noise) / (total + noise)
    )


def test_interactions_above_the_order_are_one_row():
    shares = variance_shares(noisy(), list(LEVELS), "y", order=1)
    assert shares["source"].to_list()[3:] == [
        "higher order",
        "replicate (common seeds)",
        "residual (replicate noise)",
    ]
    assert shares["eta_squared"].sum() == pytest.approx(1.0)


def test_no_effect_is_found_as_often_as_the_level_says():
    rng = np.random.default_rng(2)
    alarms = np.zeros(3)
    for _ in range(200):
        shared = rng.normal(0, 2, 4)
        runs = factorial(
            {"a": [0, 1, 2], "b": [0, 1]},
            lambda r, a, b, shared=shared: shared[r] + rng.normal(),
            4,
        )
        alarms += variance_shares(runs, ["a", "b"], "y")["p_value"][:3].to_numpy() < 0.05
    for count in alarms:
        assert (
            stats.binomtest(int(count), 200, 0.05).pvalue > 1e-6
        )  # a correct test fails for one seed in a million


def test_incomplete_designs_are_refused():
    runs = noisy()
    with pytest.raises(AnalysisError, match="11 of the 12 points"):
        variance_shares(runs.slice(7), list(LEVELS), "y")
    with pytest.raises(AnalysisError, match="not every point has one run"):
        variance_shares(runs.slice(1), list(LEVELS), "y")
    with pytest.raises(AnalysisError, match="not every point has one run"):
        variance_shares(runs, ["form", "depth"], "y")
    with pytest.raises(AnalysisError, match="no noise"):
        variance_shares(
            factorial({"a": [0, 1], "b": [0, 1]}, lambda r, a, b: a + 2 * b + r), ["a", "b"], "y"
        )


def sampled(slopes=(2.0, -1.0), noise=0.3, points=60):
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 1, (points, 2)) * (1.0, 10.0)
    rows = [
        {
            "a": a,
            "b": b,
            "replicate": r,
            "y": slopes[0] * a + slopes[1] * b / 10 + rng.normal(0, noise),
        }
        for a, b in x
        for r in range(4)
    ]
    return pl.DataFrame(rows)


def test_regression_recovers_slopes_and_noise():
    runs = sampled()
    found = regression_shares(runs, ["a", "b"], "y")
    points = runs.unique(["a", "b"])
    for row, slope in zip(
        found.iter_rows(named=True),
        (2.0 * points["a"].std(), -points["b"].std() / 10),
        strict=False,
    ):
        assert row["low"] < slope < row["high"]
    shares = dict(zip(found["term"], found["share"], strict=True))
    means = runs.group_by("a", "b").agg(pl.col("y").mean())["y"]
    assert shares["replicate noise"] == pytest.approx(0.3**2 / 4 / means.var(), rel=0.3)
    assert shares["all terms"] + shares["replicate noise"] + shares["left"] == pytest.approx(1.0)
    assert abs(shares["left"]) < 0.05  # the surface is a plane: nothing is left but noise
    assert shares["a"] > shares["b"] > shares["a x b"]


def test_regression_refuses_what_it_cannot_do():
    with pytest.raises(AnalysisError, match="not numbers"):
        regression_shares(noisy(), ["form", "depth"], "y")
    with pytest.raises(AnalysisError, match="points or more"):
        regression_shares(sampled(points=4), ["a", "b"], "y")
    with pytest.raises(AnalysisError, match="one replicate"):
        regression_shares(
            sampled().filter((pl.col("a") > 0.5) | (pl.col("replicate") == 0)), ["a", "b"], "y"
        )


def test_coefficients_of_variation_are_those_of_the_first_n():
    values = np.random.default_rng(4).normal(1000.0, 0.1, 30)
    expected = [values[:n].std(ddof=1) / values[:n].mean() for n in range(2, 31)]
    assert compute_coefficients_of_variation(values) == pytest.approx(expected, rel=1e-6)


def test_settled_from_known_courses():
    assert find_stable_place(np.array([0.5, 0.2, 0.105, 0.1, 0.102]), 0.01) == 2
    assert find_stable_place(np.array([0.1, 0.1, 0.1]), 0.01) == 0
    assert find_stable_place(np.array([0.1, 0.2, 0.3]), 0.01) is None


def test_variance_stability_table():
    rng = np.random.default_rng(5)
    runs = two_forms(rng.normal(10, 1, 200), rng.normal(0, 1, 200))
    sure, none = variance_stability(runs, ["structure"], ["y"], 0.01).iter_rows(named=True)
    course = (
        compute_variation_course(runs, ["structure"], "y")
        .filter(structure="hub")["value"]
        .to_numpy()
    )
    at = sure["enough"] - 2
    assert np.abs(course[at:] - course[at]).max() < 0.01
    assert np.abs(course[at - 1 :] - course[at - 1]).max() >= 0.01
    assert (none["value"], none["enough"], none["method"]) == (
        None,
        None,
        "none: the mean may be 0",
    )


@pytest.mark.parametrize(("spread", "half_width"), [(1.0, 0.5), (3.0, 0.1), (0.2, 5.0)])
def test_smallest_number_is_the_smallest(spread, half_width):
    n = find_smallest_number(spread, half_width)

    def half(count):
        return stats.t.ppf(0.975, count - 1) * spread / count**0.5

    assert half(n) <= half_width
    assert n == 2 or half(n - 1) > half_width


def test_pairs_need_fewer_replicates_than_means():
    rng = np.random.default_rng(6)
    shared = rng.normal(0, 1, 20)
    runs = two_forms(shared + rng.normal(0.2, 0.1, 20), shared)
    alone = replicates_needed(runs, ["structure"], "y", 0.1)
    paired = replicates_needed_to_compare(runs, "structure", "alliance", "y", 0.1)
    assert paired["value"][0] < alone["value"].min() / 10
    assert (alone["low"] < alone["value"]).all()
    assert (alone["value"] < alone["high"]).all()
    with pytest.raises(AnalysisError, match="above 0"):
        replicates_needed(runs, ["structure"], "y", 0.0)
