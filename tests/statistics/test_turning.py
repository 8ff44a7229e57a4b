"""Where responses turn and cross: known curves, false alarms, and coverage of intervals."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.crossings import crossings, find_sign_changes
from analysis.errors import AnalysisError
from analysis.turning import inverted_u_tests, turning
from analysis.two_lines import find_flat_part, fit_two_lines
from tests.statistics.tidy_tables import factorial

LEVELS = np.linspace(0.0, 1.0, 6)
GRID = {"rate": LEVELS.tolist()}


def hump(x):
    return 4.0 * x * (1.0 - x)


def noisy(curve, seed, replicates=12, spread=0.1):
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 1, replicates)
    return factorial(
        GRID, lambda r, rate: curve(rate) + shared[r] + rng.normal(0, spread), replicates
    )


def observations(curve, rng, replicates=12, spread=0.3):
    x, replicate = np.tile(LEVELS, replicates), np.repeat(np.arange(float(replicates)), LEVELS.size)
    return (
        x,
        curve(x)
        + rng.normal(0, 1, replicates)[replicate.astype(int)]
        + rng.normal(0, spread, x.size),
        replicate,
    )


def test_two_lines_find_a_hump():
    found = fit_two_lines(*observations(hump, np.random.default_rng(1)), common=True)
    assert 0.3 < found.break_point < 0.7
    assert found.before.slope.low > 0.0 > found.after.slope.high
    assert found.p_value < 0.01


@pytest.mark.parametrize(
    "curve",
    [np.zeros_like, np.sqrt, lambda x: -2.0 * x, np.log1p],
    ids=["flat", "levels off", "falls", "log"],
)
def test_two_lines_cry_wolf_no_more_than_their_level(curve):
    rng, draws = np.random.default_rng(2), 300
    alarms = sum(
        fit_two_lines(*observations(curve, rng), common=True).p_value < 0.05 for _ in range(draws)
    )
    assert (
        stats.binomtest(alarms, draws, 0.05, alternative="greater").pvalue > 1e-6
    )  # a correct test fails for one seed in a million


def test_two_lines_of_a_curve_that_levels_off_where_the_quadratic_is_fooled():
    runs = noisy(lambda x: min(4.0 * x, 1.0), 3, 20, 0.02)
    tests = {
        row["method"].split(",")[0].split(":")[0]: row
        for row in inverted_u_tests(runs, "rate", "y").iter_rows(named=True)
    }
    assert tests["quadratic"]["shape"] == "inverted U"  # the published criticism (Simonsohn 2018)
    assert tests["two lines"]["shape"] == "none"
    assert tests["halves"]["shape"] == "none"


def test_all_three_tests_find_a_hump_and_table_says_n():
    found = inverted_u_tests(noisy(hump, 4), "rate", "y")
    assert found["shape"].to_list() == ["inverted U"] * 3
    assert found["n"].to_list() == [12, 12, 6]
    assert found["top"][1] == pytest.approx(0.5, abs=0.05)


def test_robust_lines_are_two_regressions_with_hc3():
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, 200)
    y = hump(x) + rng.normal(0, 0.2, 200)
    found = fit_two_lines(x, y, np.arange(200.0), common=False)
    for line, part in (
        (found.before, x <= found.break_point),
        (found.after, x >= found.break_point),
    ):
        apart = sm.OLS(y[part], sm.add_constant(x[part])).fit(cov_type="HC3")
        assert line.slope.value == pytest.approx(apart.params[1])
        assert line.t == pytest.approx(apart.tvalues[1])
    assert "HC3" in found.method


def test_break_point_is_robin_hoods():
    """By hand: the quantile of the flat part at the second line's share of the strength of both."""
    x, y, replicate = observations(hump, np.random.default_rng(6))
    centred = y - np.array([y[replicate == r].mean() for r in replicate])
    flat = find_flat_part(x, centred)
    middle, strength = np.median(flat), []
    for part in (x <= middle, x >= middle):
        slopes = [
            np.polyfit(x[part & (replicate == r)], y[part & (replicate == r)], 1)[0]
            for r in np.unique(replicate)
        ]
        strength.append(abs(stats.ttest_1samp(slopes, 0).statistic))
    assert fit_two_lines(x, y, replicate, common=True).break_point == pytest.approx(
        np.quantile(flat, strength[1] / sum(strength))
    )


def test_turning_table_of_known_curves():
    values = {"hub": (1.0, 1.2, 1.1, 0.9), "alone": (1.0, 1.0, 1.0, 1.0)}
    rates = [0.0, 0.1, 0.2, 0.5]
    runs = factorial(
        {"structure": list(values), "rate": rates},
        lambda r, structure, rate: values[structure][rates.index(rate)] + r,
    )
    rows = turning(runs, "rate", "y", ["structure"]).rows(named=True)
    assert [row["value"] for row in rows] == [pytest.approx(0.1), pytest.approx(0.35), None, None]
    assert rows[2]["method"] == "no effect of the factor"


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        ([1.0, 1.0, -1.0, -1.0, -1.0, -1.0], [(0.3, False)]),
        ([-1.0, 3.0, 3.0, 3.0, -1.0, -1.0], [(0.05, True), (0.75, False)]),
        ([1.0, 2.0, 1.0, 1.0, 1.0, 1.0], []),
        ([0.0, 1.0, 0.0, 1.0, 0.0, 0.0], []),  # touches 0, and starts and ends there
        ([1.0, 0.0, 0.0, -1.0, -1.0, -1.0], [(0.3, False)]),  # equal from .2 to .4: the middle
        ([0.0] * 6, []),
    ],
)
def test_sign_changes_of_known_gaps(gap, expected):
    assert [(pytest.approx(at), rises) for at, rises in expected] == list(
        map(tuple, find_sign_changes(LEVELS, np.array(gap)))
    )


def crossing_runs(rng, replicates=25, common=True):
    shared = rng.normal(0, 1, replicates)
    return factorial(
        {"structure": ["a", "b"], "rate": LEVELS.tolist()},
        lambda r, structure, rate: (
            shared[r] * common + (structure == "a") * (rate - 0.45) + rng.normal(0, 0.15)
        ),
        replicates,
        common,
    )


def test_crossing_covers_nearly_as_often_as_it_says():
    """A percentile interval over 25 replicates is a little short; below 90 % is an error."""
    rng, draws, hits = np.random.default_rng(7), 60, 0
    for _ in range(draws):
        row = (
            crossings(crossing_runs(rng), "rate", "structure", "y", pair=("a", "b"))
            .filter(overtakes="a")
            .row(0, named=True)
        )
        hits += (row["low"] or -1.0) <= 0.45 <= (row["high"] or 2.0)
    assert (
        stats.binomtest(hits, draws, 0.90, alternative="less").pvalue > 1e-6
    )  # fails for one seed in a million if it covers 90 %


def test_crossings_none_several_and_unpaired():
    rng = np.random.default_rng(8)
    curves = {
        "low": lambda x: 0.0,
        "high": lambda x: 1.0,
        "wave": lambda x: 0.5 + np.sin(2 * np.pi * x),
    }
    runs = factorial(
        {"structure": list(curves), "rate": LEVELS.tolist()},
        lambda r, structure, rate: curves[structure](rate) + rng.normal(0, 0.05),
    )
    found = crossings(runs, "rate", "structure", "y")
    assert found.filter(first="low", second="high").select(
        "crossing", "overtakes", "value", "support"
    ).rows() == [(0, "high", None, 1.0)]
    twice = found.filter(first="low", second="wave")
    assert twice["overtakes"].to_list() == ["low", "wave"]
    assert twice["value"].to_list() == pytest.approx([0.58, 0.92], abs=0.1)
    apart = crossings(crossing_runs(rng, common=False), "rate", "structure", "y").row(0, named=True)
    assert apart["method"] == "bootstrap over replicates, percentile"


def test_what_cannot_turn_is_refused():
    runs = factorial(
        {"structure": ["a", "b"], "rate": [0.0, 1.0]}, lambda r, structure, rate: r + rate
    )
    with pytest.raises(AnalysisError, match="not numbers"):
        turning(runs, "structure", "y")
    with pytest.raises(AnalysisError, match="three levels"):
        inverted_u_tests(runs, "rate", "y", ["structure"])
    with pytest.raises(AnalysisError, match="no level c"):
        crossings(runs, "rate", "structure", "y", pair=("a", "c"))
    with pytest.raises(AnalysisError, match="not complete"):
        turning(runs.slice(1), "rate", "y", ["structure"])
    with pytest.raises(AnalysisError, match="one side"):
        fit_two_lines(
            np.tile([0.0, 0.4, 0.5, 1.0], 3)[:11],
            np.arange(11.0),
            np.repeat([0.0, 1.0, 2.0], 4)[:11],
            common=True,
        )
    assert pl.DataFrame(turning(runs, "rate", "y", ["structure"])).height == 4
