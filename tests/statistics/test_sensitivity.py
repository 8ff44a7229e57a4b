"""Sobol' indices, Morris' effects and the share of noise against closed forms and SALib."""

import numpy as np
import polars as pl
import pytest
from SALib.analyze import morris as salib_morris
from SALib.sample import morris as trajectories
from SALib.sample import sobol as saltelli
from SALib.test_functions import Ishigami, Sobol_G
from scipy import stats

from analysis.errors import AnalysisError
from analysis.sensitivity.indices import (
    compute_effects_by_trajectory,
    elementary_effects,
    sobol_indices,
)
from analysis.sensitivity.noise import compute_mean_squares, estimate_noise, format_noise_note
from analysis.sensitivity.responses import collect_responses, select_complete_blocks

ONE_IN_A_MILLION = 1e-6
ISHIGAMI_VARIANCE = (
    7**2 / 8 + 0.1 * np.pi**4 / 5 + 0.1**2 * np.pi**8 / 18 + 0.5
)  # Ishigami & Homma (1990)
ISHIGAMI_FIRST = [
    0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2 / ISHIGAMI_VARIANCE,
    7**2 / 8 / ISHIGAMI_VARIANCE,
    0.0,
]
ISHIGAMI_BOTH = 8 * 0.1**2 * np.pi**8 / 225 / ISHIGAMI_VARIANCE  # of the first and third factor
ISHIGAMI_TOTAL = [ISHIGAMI_FIRST[0] + ISHIGAMI_BOTH, ISHIGAMI_FIRST[1], ISHIGAMI_BOTH]
G_COEFFICIENTS = [0.0, 1.0, 4.5, 9.0]


def problem(factors, groups=None):
    names = [f"x{number}" for number in range(factors)]
    return {"num_vars": factors, "names": names, "bounds": [[0.0, 1.0]] * factors} | (
        {"groups": groups} if groups else {}
    )


def ishigami(unit):
    return Ishigami.evaluate(2 * np.pi * unit - np.pi)


def noisy(response, spread, replicates, seed, common_spread=0.0):
    """Responses with noise specific to each point, and noise that all points share."""
    rng = np.random.default_rng(seed)
    return (
        response[:, None]
        + rng.normal(0, common_spread, (1, replicates))
        + rng.normal(0, spread, (len(response), replicates))
    )


# --- Sobol'


def test_ishigami_without_noise():
    unit = saltelli.sample(problem(3), 2048, seed=1)
    found = sobol_indices(problem(3), ishigami(unit)[:, None], True, common=True)
    assert found.factors["first"].to_list() == pytest.approx(ISHIGAMI_FIRST, abs=0.02)
    assert found.factors["total"].to_list() == pytest.approx(ISHIGAMI_TOTAL, abs=0.02)
    assert found.pairs["second"].to_list() == pytest.approx([0, ISHIGAMI_BOTH, 0], abs=0.03)
    assert found.factors["first_response"].null_count() == 3  # one replicate gives no noise
    assert np.isnan(found.noise.run.value)


def test_sobol_g_without_noise():
    unit = saltelli.sample(problem(4), 2048, calc_second_order=False, seed=2)
    found = sobol_indices(
        problem(4), Sobol_G.evaluate(unit, np.array(G_COEFFICIENTS))[:, None], False, common=True
    )
    partial = 1 / (3 * (1 + np.array(G_COEFFICIENTS)) ** 2)
    variance = np.prod(1 + partial) - 1
    assert found.factors["first"].to_numpy() == pytest.approx(partial / variance, abs=0.02)
    assert found.factors["total"].to_numpy() == pytest.approx(
        partial * np.prod(1 + partial) / (1 + partial) / variance, abs=0.02
    )
    assert found.pairs is None


def test_groups_of_factors():
    grouped = problem(3, ["ends", "middle", "ends"])
    unit = saltelli.sample(grouped, 2048, seed=3)
    found = sobol_indices(grouped, ishigami(unit)[:, None], True, common=True)
    assert found.factors["factor"].to_list() == ["ends", "middle"]
    expected = [ISHIGAMI_FIRST[0] + ISHIGAMI_BOTH, ISHIGAMI_FIRST[1]]
    assert found.factors["first"].to_list() == pytest.approx(expected, abs=0.03)
    assert found.pairs.select("factor", "with").rows() == [("ends", "middle")]


@pytest.mark.parametrize("common", [True, False])
def test_noise_is_removed_from_the_indices_and_reported(common):
    unit = saltelli.sample(problem(3), 2048, calc_second_order=False, seed=4)
    spread, replicates = 6.0, 4
    found = sobol_indices(
        problem(3), noisy(ishigami(unit), spread, replicates, 5, 10.0 * common), False, common
    )
    noise = spread**2 / replicates / (ISHIGAMI_VARIANCE + spread**2 / replicates)
    expected = {
        "first": np.array(ISHIGAMI_FIRST) * (1 - noise),
        "total": np.array(ISHIGAMI_TOTAL) * (1 - noise) + noise,
        "first_response": np.array(ISHIGAMI_FIRST),
        "total_response": np.array(ISHIGAMI_TOTAL),
    }
    for name, truth in expected.items():  # five standard errors off: one seed in a million for each
        error = (found.factors[f"{name}_high"] - found.factors[f"{name}_low"]).to_numpy() / (
            2 * 1.96
        )
        assert (np.abs(found.factors[name].to_numpy() - truth) < 5 * error).all(), name
    assert (
        np.abs(found.factors["total"].to_numpy() - np.array(ISHIGAMI_TOTAL))[2] > 5 * error[2]
    ).all()  # what noise adds would be seen
    assert found.noise.means.value == pytest.approx(noise, abs=0.02)


def test_intervals_of_indices_cover_as_often_as_they_say():
    """Bootstrap intervals are approximate: about 94 % at 128 blocks; 100 tries.

    A false alarm happens 1 time in 10^6.
    """
    hits = np.zeros(2)
    for seed in range(100):
        unit = np.random.default_rng(seed).random((128, 2 * 2))
        a, b = unit[:, :2], unit[:, 2:]
        swapped = [np.column_stack([b[:, 0], a[:, 1]]), np.column_stack([a[:, 0], b[:, 1]])]
        points = np.stack([a, *swapped, b], axis=1).reshape(-1, 2)
        response = points[:, 0] + 0.5 * points[:, 1] + points[:, 0] * points[:, 1]
        found = sobol_indices(
            problem(2), noisy(response, 0.3, 3, seed), False, common=False
        ).factors
        parts = (
            np.array([1.5**2, 1.0, 1 / 12]) / 12
        )  # variances of the first factor, the second, and both
        truth = parts[0] / parts.sum(), (parts[0] + parts[2]) / parts.sum()
        for place, name in enumerate(("first_response", "total_response")):
            hits[place] += found[f"{name}_low"][0] <= truth[place] <= found[f"{name}_high"][0]
    assert all(
        stats.binomtest(int(count), 100, 0.94).pvalue > ONE_IN_A_MILLION for count in hits
    ), hits


def test_when_noise_drowns_the_response_the_indices_of_the_response_are_withheld():
    unit = saltelli.sample(problem(2), 64, calc_second_order=False, seed=6)
    found = sobol_indices(
        problem(2), np.random.default_rng(7).normal(0, 1, (len(unit), 3)), False, common=False
    )
    assert found.factors["first_response"].null_count() == 2
    assert found.noise.run.high == 1.0


def test_bytes_are_the_same_every_time():
    unit = saltelli.sample(problem(3), 64, seed=8)
    values = noisy(ishigami(unit), 1.0, 3, 9)
    assert sobol_indices(problem(3), values, True, True).factors.equals(
        sobol_indices(problem(3), values, True, True).factors
    )


# --- noise


@pytest.mark.parametrize("common", [True, False])
def test_interval_of_the_noise_share_covers(common):
    """Law of total variance: response 1, shared noise .5 (if common), specific noise .5.

    At least 94 % in 400 tries; a false alarm happens 1 time in 10^6.
    """
    shared = 0.5 * common
    truth = (0.5 + shared) / (1.5 + shared), 0.5 / 5 / (1 + 0.5 / 5)
    hits, rng = np.zeros(2), np.random.default_rng(10)
    for _ in range(400):
        response = rng.uniform(-np.sqrt(3), np.sqrt(3), (100, 2, 1))
        values = (
            response + rng.normal(0, shared**0.5, (1, 1, 5)) + rng.normal(0, 0.5**0.5, (100, 2, 5))
        )
        found = estimate_noise(values, common)
        hits += [
            share.low <= true <= share.high
            for share, true in zip((found.run, found.means), truth, strict=True)
        ]
    assert all(
        stats.binomtest(int(count), 400, 0.94, alternative="less").pvalue > ONE_IN_A_MILLION
        for count in hits
    ), hits


def test_moments_are_those_of_the_analysis_of_variance():
    values = np.random.default_rng(11).normal(0, 1, (7, 4)) + np.arange(4)
    residual = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    found = compute_mean_squares(values)
    assert found.specific == pytest.approx((residual**2).sum() / (6 * 3))
    assert found.between == pytest.approx(values.mean(axis=1).var(ddof=1))
    assert found.within == pytest.approx(values.var(axis=1, ddof=1).mean())


def test_what_is_said_of_noise_depends_on_seeds():
    values = np.random.default_rng(12).normal(0, 1, (20, 1, 2))
    two = estimate_noise(values, True)
    assert (
        np.isnan(two.means.low)
        and two.run.low > 0.3
        and "Two common seeds are too few" in format_noise_note(two, True)
    )
    assert "seed of its own" in format_noise_note(estimate_noise(values, False), False)
    assert "One replicate" in format_noise_note(estimate_noise(values[:, :, :1], False), False)
    still = np.repeat(np.random.default_rng(13).normal(0, 1, (20, 1, 1)), 3, axis=2)
    assert estimate_noise(still, True).run[:3] == pytest.approx(
        (0.0, 0.0, 0.0), abs=1e-12
    )  # a model without noise


# --- Morris


def test_morris_of_a_linear_function_is_its_slopes():
    unit = trajectories.sample(problem(3), 10, num_levels=4, seed=1)
    found = elementary_effects(
        problem(3), unit, (3 * unit[:, 0] - unit[:, 1])[:, None], 4, True
    ).factors
    assert found["mu"].to_list() == pytest.approx([3, -1, 0])
    assert found["mu_star"].to_list() == pytest.approx([3, 1, 0])
    assert found["sigma"].to_list() == pytest.approx([0, 0, 0], abs=1e-12)
    assert found["mu_star_noise"].null_count() == 3


@pytest.mark.parametrize("groups", [None, ["a", "b", "a"]])
def test_effects_by_trajectory_have_the_means_of_salib(groups):
    described = problem(3, groups)
    unit = trajectories.sample(described, 12, num_levels=6, seed=2)
    outcome = ishigami(unit)
    expected = salib_morris.analyze(dict(described), unit, outcome, num_levels=6, seed=1)
    size = len(set(groups or "xyz")) + 1
    effects = compute_effects_by_trajectory(
        described, unit.reshape(-1, size, 3), outcome.reshape(-1, size, 1), 6
    )[:, :, 0]
    assert np.abs(effects).mean(axis=0) == pytest.approx(np.array(expected["mu_star"]))
    if not groups:
        assert effects.mean(axis=0) == pytest.approx(np.array(expected["mu"]))
        assert effects.std(axis=0, ddof=1) == pytest.approx(np.array(expected["sigma"]))


def test_groups_have_no_sigma():
    grouped = problem(3, ["a", "b", "a"])
    unit = trajectories.sample(grouped, 10, seed=3)
    found = elementary_effects(grouped, unit, noisy(ishigami(unit), 0.1, 2, 4), 4, False).factors
    assert found["factor"].to_list() == ["a", "b"]
    assert found["sigma"].is_null().to_list() == found["mu"].is_null().to_list() == [True, False]


def test_intervals_of_effects_cover_and_noise_is_as_large_as_reported():
    """Effects 1 + x have mu* 1.5 on average over a grid of levels; 150 tries of 20 trajectories.

    A false alarm at 94 % happens 1 time in 10^6.
    """
    hits, noise, idle = np.zeros(2), [], []
    for seed in range(150):
        unit = trajectories.sample(problem(3), 20, num_levels=4, seed=seed)
        values = noisy((1 + unit[:, 1]) * unit[:, 0] + unit[:, 1], 0.2, 4, seed)
        found = elementary_effects(problem(3), unit, values, 4, False).factors
        hits[0] += found["mu_star_low"][0] <= 1.5 <= found["mu_star_high"][0]
        true_sigma = np.sqrt(
            np.var([1, 4 / 3, 5 / 3, 2]) + 2 * 0.2**2 / 4 / (2 / 3) ** 2
        )  # of the factor, and of noise
        hits[1] += found["sigma_low"][0] <= true_sigma <= found["sigma_high"][0]
        noise.append(found["mu_star_noise"][2])
        idle.append(found["mu_star"][2])
    assert all(
        stats.binomtest(int(count), 150, 0.94).pvalue > ONE_IN_A_MILLION for count in hits
    ), hits
    assert stats.ttest_rel(noise, idle).pvalue > ONE_IN_A_MILLION
    assert np.mean(noise) == pytest.approx(np.sqrt(2 / np.pi * 2 * 0.2**2 / 4) * 1.5, rel=0.02)


# --- failed runs


def test_a_failed_run_costs_its_block_whole():
    unit = saltelli.sample(problem(3), 64, seed=5)
    values = noisy(ishigami(unit), 1.0, 3, 6)
    gaps = values.copy()
    gaps[8 * 3 + 2, 1] = np.nan  # of the fourth block
    found = sobol_indices(problem(3), gaps, True, True)
    without = sobol_indices(
        problem(3), np.delete(values.reshape(64, 8, 3), 3, axis=0).reshape(-1, 3), True, True
    )
    assert found.factors.equals(without.factors) and found.noise == without.noise
    assert "1 of 64 blocks" in found.note and not without.note


def test_a_failed_run_costs_its_trajectory_whole():
    unit = trajectories.sample(problem(3), 10, seed=6)
    values = noisy(ishigami(unit), 1.0, 2, 7)
    gaps = values.copy()
    gaps[4, 0] = np.nan  # of the second trajectory
    complete = np.r_[0:4, 8:40]
    found = elementary_effects(problem(3), unit, gaps, 4, True)
    assert found.factors.equals(
        elementary_effects(problem(3), unit[complete], values[complete], 4, True).factors
    )
    assert "1 of 10 trajectories" in found.note


def test_too_many_failures_are_refused():
    values = np.zeros((80, 2))
    values[:41:4] = np.nan
    with pytest.raises(AnalysisError, match="leave 9 of 20 blocks complete, fewer than half"):
        select_complete_blocks(values, 4, "blocks", 2)
    with pytest.raises(AnalysisError, match="5 blocks are too few; the analysis needs 8"):
        select_complete_blocks(np.zeros((20, 2)), 4, "blocks", 8)
    with pytest.raises(AnalysisError, match="21 points, which is no multiple of 4"):
        select_complete_blocks(np.zeros((21, 2)), 4, "blocks", 8)


# --- from runs to responses

POINTS = pl.DataFrame({"rate": [0.1, 0.3, 0.1], "form": ["hub", "hub", "hub"]})


def runs():
    return pl.DataFrame(
        {
            "rate": [0.1, 0.1, 0.1 + 0.2],
            "form": ["hub"] * 3,
            "replicate": [0, 1, 0],
            "seed": [1, 2, 1],
            "run": ["a", "b", "c"],
            "value": [1.0, 2.0, 3.0],
            "undefined": [1.0, float("nan"), 3.0],
            "same": [1.0] * 3,
        }
    )


def test_responses_stand_in_the_order_of_the_design_with_gaps_and_repeats():
    repeated = pl.concat(
        [runs(), runs().head(2)]
    )  # a point that repeats has its runs twice in the table
    found = collect_responses(repeated.reverse(), POINTS, "value")
    assert np.array_equal(found, [[1, 2], [3, np.nan], [1, 2]], equal_nan=True)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("valeu", "valeu is not a measure of these runs. Did you mean value?"),
        ("rate", "rate is not a measure"),
        ("undefined", "undefined has no value in 1 of 3 runs"),
        ("same", "same is 1 in all runs: there is nothing to explain"),
    ],
)
def test_measures_that_explain_nothing_are_refused(measure, expected):
    with pytest.raises(AnalysisError, match=expected):
        collect_responses(runs(), POINTS, measure)


def test_runs_of_another_design_are_refused():
    with pytest.raises(AnalysisError, match="another design"):
        collect_responses(runs(), POINTS.with_columns(rate=pl.lit(0.7)), "value")
    with pytest.raises(AnalysisError, match="no column rate"):
        collect_responses(runs().drop("rate"), POINTS, "value")
