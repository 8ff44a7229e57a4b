"""Where a response turns, and three tests of an inverted U."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimates import (
    INTERVAL_SCHEMA,
    LEVEL,
    Estimate,
    Floats,
    build_response_matrix,
    estimate_peak,
    estimate_turning_rate,
)
from analysis.inverted_u import assess_inverted_u, fit_parabola
from analysis.tidy import (
    check_runs,
    extract_values,
    format_point,
    has_common_seeds,
    is_constant,
    iterate_groups,
    list_levels,
)
from analysis.two_lines import fit_two_lines


def check_numeric_factor(runs: pl.DataFrame, factor: str, measure: str, by: Sequence[str]) -> None:
    """Refuse what is not a response to a numeric factor."""
    check_runs(runs, measure, factor, *by)
    if not runs[factor].dtype.is_numeric():
        raise AnalysisError(
            f"{factor} is {runs[factor].dtype}, not numbers; a response turns along a numeric"
            " factor: choose one"
        )
    list_levels(runs, factor)


def turning(
    runs: pl.DataFrame, factor: str, measure: str, by: Sequence[str] = (), *, level: float = LEVEL
) -> pl.DataFrame:
    """Estimate where the mean response is highest, and beyond which level it erodes.

    Args:
        runs: a row per run: factors, the measure, ``replicate``. Every replicate has one run per
            level of the factor.
        factor: numeric factor along which the response turns.
        measure: column of the response.
        by: other factors; every combination of their levels is estimated by itself.
        level: confidence level, 0 to 1.

    Returns:
        Two rows per group: ``by``, ``factor``, ``measure``, ``point`` ("peak": the level with the
        highest mean; "erodes from": the level, interpolated, beyond which the mean stays below its
        first value), ``value``, ``low``, ``high`` (units of the factor; infinity is not within the
        range tried; null where the measure does not respond), ``n``, ``level``, ``method``.
        Intervals are bootstrap percentiles over whole replicates.

    Raises:
        AnalysisError: a column is missing, the factor is not numeric or has one level, or the
            design is incomplete.

    Source:
        Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13 (percentiles).

    Example:
        >>> from analysis.examples import make_example_runs
        >>> table = turning(make_example_runs(), "imitation.rate", "joint_value", ["structure"])
        >>> table.filter(structure="hub").select("point", pl.col("value").round(3)).rows()
        [('peak', 0.2), ('erodes from', 0.303)]
    """
    check_numeric_factor(runs, factor, measure, by)
    rows: list[dict[str, Any]] = []
    for where, part in iterate_groups(runs, by):
        levels, values = build_response_matrix(part, measure, factor)
        responds = float(np.ptp(values, axis=1).max()) > 0.0
        for point, estimate_of in (("peak", estimate_peak), ("erodes from", estimate_turning_rate)):
            row: dict[str, Any] = {**where, "factor": factor, "measure": measure, "point": point}
            columns: dict[str, Any] = {"value": None, "low": None, "high": None, "n": len(values)}
            method = "no effect of the factor"
            if responds:
                columns = estimate_of(levels, values, level)._asdict()
                method = "bootstrap over replicates, percentile"
            rows.append(row | columns | {"level": level, "method": method})
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides=INTERVAL_SCHEMA)


def inverted_u_tests(
    runs: pl.DataFrame, factor: str, measure: str, by: Sequence[str] = (), *, level: float = LEVEL
) -> pl.DataFrame:
    """Test the claim of an inverted U three times; a claim worth making passes all.

    Args:
        runs: a row per run: factors, the measure, ``replicate`` and, for common random numbers,
            ``seed``.
        factor: numeric factor with three levels or more.
        measure: column of the response.
        by: other factors; every combination of their levels is tested by itself.
        level: confidence level, 0 to 1; a test rejects at 1 - ``level``.

    Returns:
        Three rows per group: ``by``, ``factor``, ``measure``; ``top`` (units of the factor);
        ``before`` and ``after``, the slopes on its sides with ``_low`` and ``_high`` (for "halves"
        differences from the ends); ``p_value``, the larger of the two tests that each consists of,
        so that none needs a correction (1 where a slope has the wrong sign); ``shape`` ("inverted
        U", "U", "none"); ``n``, ``method``, ``level``.

    Raises:
        AnalysisError: a column is missing, the factor is not numeric, the measure does not vary, or
            there are too few levels or replicates.

    Source:
        Two lines: Simonsohn (2018), Adv. Methods Pract. Psychol. Sci. 1, 538-555. Quadratic: Lind &
        Mehlum (2010), Oxford Bull. Econ. Stat. 72, 109-118; levelling curves mislead it. Halves:
        the top of one half of the replicates, tested on the other half.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs().filter(structure="hub")
        >>> table = inverted_u_tests(runs, "imitation.rate", "joint_value")
        >>> table["top"].round(2).to_list(), table["shape"].to_list()
        ([0.2, 0.17, 0.2], ['inverted U', 'inverted U', 'inverted U'])
    """
    check_numeric_factor(runs, factor, measure, by)
    common = has_common_seeds(runs)
    rows = []
    for where, part in iterate_groups(runs, by):
        if is_constant(extract_values(part, measure)):
            raise AnalysisError(
                f"all values of {measure} at {format_point(where)} are equal, so there is no shape"
                " to test; leave this out"
            )
        lines = apply_two_lines(part, factor, measure, common, level)
        others = (test(part, factor, measure, level) for test in (apply_parabola, apply_halves))
        rows += [
            {**where, "factor": factor, "measure": measure, **row, "level": level}
            for row in (lines, *others)
        ]
    return pl.DataFrame(rows, infer_schema_length=None)


def make_test_row(
    top: float, before: Estimate, after: Estimate, p_value: float, level: float, method: str
) -> dict[str, Any]:
    """Return one test as columns."""
    shape = "none" if p_value >= 1.0 - level else "inverted U" if before.value > 0.0 else "U"
    sides = {
        f"{side}{end}": value
        for side, estimate in (("before", before), ("after", after))
        for end, value in (("", estimate.value), ("_low", estimate.low), ("_high", estimate.high))
    }
    return {
        "top": top,
        **sides,
        "p_value": p_value,
        "shape": shape,
        "n": before.n,
        "method": method,
    }


def apply_two_lines(
    part: pl.DataFrame, factor: str, measure: str, common: bool, level: float
) -> dict[str, Any]:
    """Return the two-lines test."""
    fit = fit_two_lines(
        extract_values(part, factor),
        extract_values(part, measure),
        extract_values(part, "replicate"),
        common=common,
        level=level,
    )
    return make_test_row(
        fit.break_point, fit.before.slope, fit.after.slope, fit.p_value, level, fit.method
    )


def compute_one_sided_p(estimate: Estimate, level: float) -> float:
    """Return the p value of "not above 0" for a mean with Student's interval."""
    error = (
        (estimate.high - estimate.low)
        / 2.0
        / float(stats.t.ppf((1.0 + level) / 2.0, estimate.n - 1))
    )
    if error <= 0.0:
        return 0.0 if estimate.value > 0.0 else 1.0
    return float(stats.t.sf(estimate.value / error, estimate.n - 1))


def compute_turning_p(before: Estimate, after: Estimate, level: float) -> float:
    """Return the p value of "it does not turn": the weaker of two slopes of opposite sign."""
    if before.value * after.value >= 0.0:
        return 1.0
    up, down = (before, -after) if before.value > 0.0 else (-before, after)
    return max(compute_one_sided_p(up, level), compute_one_sided_p(down, level))


def apply_parabola(part: pl.DataFrame, factor: str, measure: str, level: float) -> dict[str, Any]:
    """Return the test of Lind & Mehlum (2010), replicates as units."""
    x: Floats = extract_values(part, factor)
    fit = fit_parabola(
        x,
        extract_values(part, measure),
        extract_values(part, "replicate"),
        (float(x.min()), float(x.max())),
        level,
    )
    p_value = compute_turning_p(fit.slope_low, fit.slope_high, level)
    return make_test_row(
        float(fit.tops[0]),
        fit.slope_low,
        fit.slope_high,
        p_value,
        level,
        "quadratic, Lind & Mehlum 2010; Student over replicates",
    )


def apply_halves(part: pl.DataFrame, factor: str, measure: str, level: float) -> dict[str, Any]:
    """Return the test of a top that was picked on the other half of the replicates."""
    shape = assess_inverted_u(*build_response_matrix(part, measure, factor), level)
    p_value = max(compute_one_sided_p(shape.rise, level), compute_one_sided_p(shape.fall, level))
    return make_test_row(
        shape.top,
        shape.rise,
        -shape.fall,
        p_value,
        level,
        "halves: top picked on one, tested on the other; Student",
    )
