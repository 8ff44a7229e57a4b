"""Effect sizes and equivalence: published values, statsmodels, coverage and rejection rates."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import effectsize_smd
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.effects import (
    compute_d_z,
    compute_hedges_g,
    compute_newcombe_interval,
    compute_noncentral_t_interval,
    compute_small_sample_factor,
    effects,
    estimate_superiority,
)
from analysis.equivalence import equivalence
from analysis.errors import AnalysisError
from analysis.tidy import Samples
from tests.statistics.tidy_tables import two_forms

DRAWS = 1000


def samples(rng, shift, n=12, m=15, paired=False):
    return Samples(rng.normal(shift, 1.0, n), rng.normal(0.0, 1.0, n if paired else m), paired)


def test_hedges_g_is_statsmodels():
    both = samples(np.random.default_rng(1), 0.8)
    g = compute_hedges_g(both).estimate
    first, second = both.first, both.second
    expected, variance = effectsize_smd(
        first.mean(), first.std(ddof=1), first.size, second.mean(), second.std(ddof=1), second.size
    )
    assert g.value == pytest.approx(
        expected, rel=2e-3
    )  # its small-sample factor is the approximation 1 - 3 / (4 df - 1)
    assert (g.low, g.high) == pytest.approx(
        (expected - 1.96 * variance**0.5, expected + 1.96 * variance**0.5), abs=0.1
    )


def test_small_sample_factor_in_closed_form():
    """J(2) = 1 / sqrt(pi) and J(4) = sqrt(2 / pi), from the gamma function of halves."""
    assert [compute_small_sample_factor(df) for df in (2, 4)] == pytest.approx(
        [np.pi**-0.5, (2 / np.pi) ** 0.5]
    )


def test_noncentral_interval_inverts_the_distribution():
    for t, df in ((0.0, 5), (2.5, 9), (-4.0, 30), (60.0, 29)):
        low, high = compute_noncentral_t_interval(t, df)
        assert (stats.nct.sf(t, df, low), stats.nct.cdf(t, df, high)) == pytest.approx(
            (0.025, 0.025), abs=1e-6
        )


def covered(estimates, truth):
    hits = sum(e.low <= truth <= e.high for e in estimates)
    return stats.binomtest(hits, DRAWS, 0.95)


def test_intervals_of_g_and_d_z_cover_as_often_as_they_say():
    rng = np.random.default_rng(2)
    ratio = [compute_hedges_g(samples(rng, 0.7)).estimate for _ in range(DRAWS)]
    shrunk = 0.7 * compute_small_sample_factor(
        25
    )  # the interval is that of delta, times the factor that takes the bias out of g
    assert (
        covered(ratio, shrunk).pvalue > 1e-6
    )  # a correct interval fails for one seed in a million
    paired = [compute_d_z(samples(rng, 0.7, paired=True)).estimate for _ in range(DRAWS)]
    assert covered(paired, 0.7 / 2**0.5).pvalue > 1e-6


def test_superiority_of_known_samples():
    assert estimate_superiority(
        Samples(np.array([1.0, 2.0, 4.0]), np.array([2.0, 3.0]), False)
    ).estimate.value == pytest.approx(2.5 / 6)
    paired = estimate_superiority(
        Samples(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 2.0, 1.0, 1.0]), True)
    ).estimate
    assert paired.value == pytest.approx(3.5 / 4)
    apart = estimate_superiority(Samples(np.arange(10.0) + 100, np.arange(10.0), False)).estimate
    assert apart.value == apart.high == 1.0
    assert 0.6 < apart.low < 1.0


def test_superiority_covers_nearly_as_often_as_it_says():
    """Newcombe (2006) reports mean coverage near the level; less than 93 % would be a fault."""
    rng, truth = np.random.default_rng(3), stats.norm.cdf(1.0 / 2**0.5)
    found = [estimate_superiority(samples(rng, 1.0)).estimate for _ in range(DRAWS)]
    hits = sum(e.low <= truth <= e.high for e in found)
    assert (
        stats.binomtest(hits, DRAWS, 0.93, alternative="less").pvalue > 1e-6
    )  # fails for one seed in a million if it covers 93 %


def test_newcombe_is_symmetric():
    low, high = compute_newcombe_interval(0.8, 12, 9)
    other_low, other_high = compute_newcombe_interval(0.2, 12, 9)
    assert (low, high) == pytest.approx((1 - other_high, 1 - other_low))


def test_table_names_what_it_gives():
    rng = np.random.default_rng(4)
    first, second = rng.normal(1, 1, 8), rng.normal(0, 1, 8)
    assert effects(two_forms(first, second), "structure", "alliance", "y")["effect"].to_list() == [
        "d_z",
        "probability of superiority",
    ]
    assert (
        effects(two_forms(first, second, common=False), "structure", "alliance", "y")["effect"][0]
        == "Hedges' g"
    )
    with pytest.raises(AnalysisError, match="same in every replicate"):
        effects(two_forms(first, first - 1.0), "structure", "alliance", "y")


def test_equivalence_is_statsmodels_and_agrees_with_its_interval():
    rng = np.random.default_rng(5)
    for common in (True, False):
        first, second = rng.normal(0.1, 1, 40), rng.normal(0, 1.5, 40)
        row = equivalence(
            two_forms(first, second, common), "structure", "alliance", "y", (-0.8, 0.8)
        ).row(0, named=True)
        if common:
            expected = DescrStatsW(first - second).ttost_mean(-0.8, 0.8)[0]
        else:
            expected = CompareMeans(DescrStatsW(first), DescrStatsW(second)).ttost_ind(
                -0.8, 0.8, usevar="unequal"
            )[0]
        assert row["p_value"] == pytest.approx(expected)
        assert (
            row["equivalent"]
            == (row["p_value"] < 0.05)
            == (row["low"] > -0.8 and row["high"] < 0.8)
        )
        assert row["level"] == pytest.approx(0.9)


def test_equivalence_at_the_bound_is_claimed_as_often_as_alpha():
    rng = np.random.default_rng(6)
    claims = 0
    for _ in range(DRAWS):
        first = rng.normal(1.0, 1.0, 20)  # true difference 1, the bound
        claims += equivalence(
            two_forms(first, np.zeros(20)), "structure", "alliance", "y", (-1.0, 1.0)
        )["equivalent"][0]
    assert (
        stats.binomtest(claims, DRAWS, 0.05).pvalue > 1e-6
    )  # a correct test fails for one seed in a million


def test_bounds_the_wrong_way_round_are_refused():
    with pytest.raises(AnalysisError, match="must be below"):
        equivalence(two_forms([1.0, 2.0], [2.0, 1.0]), "structure", "alliance", "y", (1.0, -1.0))
