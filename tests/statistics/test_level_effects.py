"""Effects of levels against scipy and SALib, and what is refused."""

import numpy as np
import polars as pl
import pytest
from SALib.analyze import ff as salib_ff
from SALib.sample import ff
from scipy import stats

from analysis.errors import AnalysisError
from analysis.sensitivity.level_effects import main_effects, one_at_a_time

POINTS = pl.DataFrame(
    {"rate": [0.0, 0.2, 0.4, 0.0], "form": ["hub", "hub", "hub", "network"], "fixed": [1.0] * 4}
)
VALUES = np.array([1.0, 1.5, 3.0, 0.5])[:, None] + np.random.default_rng(1).normal(0, 0.1, (4, 6))


def test_effects_are_paired_with_common_random_numbers_and_welchs_without():
    paired, apart = (one_at_a_time(POINTS, VALUES, common).effects for common in (True, False))
    assert paired.select("factor", "level", "base").rows() == [
        ("rate", "0.2", "0"),
        ("rate", "0.4", "0"),
        ("form", "network", "hub"),
    ]
    for row, place in enumerate((1, 2, 3)):
        expected = stats.ttest_rel(VALUES[place], VALUES[0]).confidence_interval(0.95)
        assert (paired["low"][row], paired["high"][row]) == pytest.approx(
            (expected.low, expected.high)
        )
        expected = stats.ttest_ind(VALUES[place], VALUES[0], equal_var=False).confidence_interval(
            0.95
        )
        assert (apart["low"][row], apart["high"][row]) == pytest.approx(
            (expected.low, expected.high)
        )
    assert paired["swing"][0] == pytest.approx(paired["effect"][1])


def test_a_failed_run_costs_its_pair_and_a_point_without_runs_is_named():
    gaps = VALUES.copy()
    gaps[1, 2] = gaps[3] = np.nan
    found = one_at_a_time(POINTS, gaps, True)
    assert found.effects["n"].to_list() == [5, 6]
    assert "form=network" in found.note
    gaps[0] = np.nan
    with pytest.raises(AnalysisError, match="the runs of the base failed"):
        one_at_a_time(POINTS, gaps, True)


def test_one_replicate_has_effects_without_interval():
    found = one_at_a_time(POINTS, VALUES[:, :1], True).effects
    assert found["low"].is_nan().all() and found["effect"].is_finite().all()


def test_designs_of_another_kind_are_refused():
    with pytest.raises(AnalysisError, match="differs from the base in rate and form"):
        one_at_a_time(
            pl.DataFrame({"rate": [0.0, 0.1], "form": ["hub", "network"]}), VALUES[:2], True
        )
    with pytest.raises(AnalysisError, match="no factor has a level beside its base"):
        one_at_a_time(POINTS.head(1), VALUES[:1], True)
    with pytest.raises(AnalysisError, match="two-level design"):
        main_effects(POINTS, VALUES, {"rate": (0.0, 0.4)})


def design():
    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0.0, 1.0]] * 4}
    return problem, ff.sample({**problem, "names": list("abcd")})


def test_main_effects_are_those_of_salib():
    problem, unit = design()
    outcome = 3 * unit[:, 0] - unit[:, 1] + 2 * unit[:, 2] * unit[:, 3]
    found = main_effects(
        pl.DataFrame(unit, schema=list("abcd")), outcome[:, None], dict.fromkeys("abcd", (0.0, 1.0))
    ).effects
    expected = salib_ff.analyze({**problem, "names": list("abcd")}, unit, outcome)["ME"]
    salibs = dict(
        zip("abcd", 2 * np.asarray(expected)[:4], strict=True)
    )  # SALib halves the difference
    assert dict(zip(found["factor"], found["effect"], strict=True)) == pytest.approx(
        {"a": 3, "b": -1, "c": 1, "d": 1}
    )
    assert salibs == pytest.approx({"a": 3, "b": -1, "c": 1, "d": 1})


def test_a_failed_run_costs_its_replicate():
    _, unit = design()
    values = unit[:, :1] + np.random.default_rng(2).normal(0, 0.1, (len(unit), 4))
    values[3, 1] = np.nan
    points, signs = pl.DataFrame(unit, schema=list("abcd")), dict.fromkeys("abcd", (0.0, 1.0))
    found = main_effects(points, values, signs)
    assert found.effects.equals(main_effects(points, values[:, [0, 2, 3]], signs).effects)
    assert "1 of 4 replicates" in found.note
    values[3, :3] = np.nan
    with pytest.raises(AnalysisError, match="1 of 4 replicates of the design complete"):
        main_effects(points, values, signs)
