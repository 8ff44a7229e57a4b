"""Where a response turns: the rate beyond which imitation erodes, and every claim of an inverted U under three tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimates import (
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
    is_constant,
    iterate_groups,
    list_levels,
)
from analysis.two_lines import fit_two_lines


def check_numeric_factor(runs: pl.DataFrame, factor: str, measure: str, by: Sequence[str]) -> None:
    """Refuse what is not a response to a factor of numbers."""
    check_runs(runs, measure, factor, *by)
    if not runs[factor].dtype.is_numeric():
        raise AnalysisError(
            f"{factor} is {runs[factor].dtype}, not numbers; where a response turns is asked of a"
            " factor of numbers"
        )
    list_levels(runs, factor)


def turning(
    runs: pl.DataFrame, factor: str, measure: str, by: Sequence[str] = (), *, level: float = LEVEL
) -> pl.DataFrame:
    """Return per group where the mean response is highest, and from where on it stays below its first value.

    Intervals are bootstrap percentiles over replicates, all levels of a replicate together. Infinity: not within the range tried. Where the
    measure does not move with the factor (nobody works together) the value is null.

    Columns: ``by``, ``factor``, ``measure``, ``point`` ("peak", "erodes from"), ``value``, ``low``, ``high``, ``n``, ``level``, ``method``.
    """
    check_numeric_factor(runs, factor, measure, by)
    rows: list[dict[str, Any]] = []
    for where, part in iterate_groups(runs, by):
        levels, values = build_response_matrix(part, measure, factor)
        moves = float(np.ptp(values, axis=1).max()) > 0.0
        for point, estimate_of in (("peak", estimate_peak), ("erodes from", estimate_turning_rate)):
            row: dict[str, Any] = {**where, "factor": factor, "measure": measure, "point": point}
            found: dict[str, Any] = {"value": None, "low": None, "high": None, "n": len(values)}
            method = "no effect of the factor"
            if moves:
                found, method = (
                    estimate_of(levels, values, level)._asdict(),
                    "bootstrap over replicates, percentile",
                )
            rows.append(row | found | {"level": level, "method": method})
    return pl.DataFrame(
        rows,
        infer_schema_length=None,
        schema_overrides={name: pl.Float64 for name in ("value", "low", "high")},
    )


def inverted_u_tests(
    runs: pl.DataFrame, factor: str, measure: str, by: Sequence[str] = (), *, level: float = LEVEL
) -> pl.DataFrame:
    """Put the claim of an inverted U to three tests per group; a claim worth making passes all.

    "two lines" (Simonsohn 2018) asks for slopes of opposite sign around a break point, each significant two-sided; "quadratic" (Lind & Mehlum
    2010) for a parabola that rises at the low end and falls at the high end, one-sided, and is fooled by curves that level off; "halves" picks
    the top on half of the replicates and tests on the other half, one-sided, that both ends lie below it. ``p_value`` is the larger of the two
    tests that each consists of, so none needs a correction for being two; 1 where a slope points the wrong way.

    Columns: ``by``, ``factor``, ``measure``, ``top``, ``before``, ``before_low``, ``before_high``, ``after``, ``after_low``, ``after_high``
    (slopes; for "halves" differences), ``p_value``, ``shape`` ("inverted U", "U" or "none"), ``n``, ``level``, ``method``.
    """
    check_numeric_factor(runs, factor, measure, by)
    common = (
        "seed" in runs.columns
        and runs.group_by("replicate").agg(pl.col("seed").n_unique())["seed"].max() == 1
    )
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
            {**where, "factor": factor, "measure": measure, **found, "level": level}
            for found in (lines, *others)
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
    found = fit_two_lines(
        extract_values(part, factor),
        extract_values(part, measure),
        extract_values(part, "replicate"),
        common=common,
        level=level,
    )
    return make_test_row(
        found.break_point, found.before.slope, found.after.slope, found.p_value, level, found.method
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
    """Return the p value of "it does not turn": the weaker of rising before and falling after, or of both the other way round."""
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
    """Return the test of a top picked on the other half of the replicates."""
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
