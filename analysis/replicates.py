"""How many replicates are enough: a stable coefficient of variation, or a narrow interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Floats, estimate_mean
from analysis.tidy import (
    check_runs,
    extract_values,
    format_point,
    iterate_groups,
    list_comparisons,
    select_one_run_each,
)

TOLERANCE = 0.01
MAX_REPLICATES = 10_000_000


def compute_coefficients_of_variation(values: Floats) -> Floats:
    """Return the standard deviation over the mean of the first 2, 3, ... values."""
    n = np.arange(1, values.size + 1)
    # Without the mean, squares of large numbers do not drown a small spread.
    centre = values.mean()
    sums, squares = np.cumsum(values - centre), np.cumsum((values - centre) ** 2)
    spread = np.sqrt(np.maximum(0.0, squares - sums**2 / n)[1:] / (n[1:] - 1))
    coefficients: Floats = spread / np.abs(centre + sums[1:] / n[1:])
    return coefficients


def find_stable_place(course: Floats, tolerance: float) -> int | None:
    """Return the place of the first value from which no later one differs by ``tolerance``.

    None if only the last one qualifies.
    """
    later_high = np.maximum.accumulate(course[::-1])[::-1]
    later_low = np.minimum.accumulate(course[::-1])[::-1]
    still = np.flatnonzero(np.maximum(later_high - course, course - later_low) < tolerance)
    return int(still[0]) if still[0] < course.size - 1 else None


def variance_stability(
    runs: pl.DataFrame,
    factors: Sequence[str],
    measures: Sequence[str],
    tolerance: float = TOLERANCE,
) -> pl.DataFrame:
    """Find the number of replicates beyond which the coefficient of variation is stable.

    The number depends on the order of replicates and on how many there are. It can show that there
    are too few, but hardly that there are enough.

    Args:
        runs: a row per run: factors, measures, ``replicate``.
        factors: all factors that vary.
        measures: columns to examine.
        tolerance: largest difference between coefficients that counts as none.

    Returns:
        A row per point and measure: the factors, ``measure``, ``value`` (the coefficient over all
        replicates, without unit), ``enough`` (the smallest number whose coefficient differs by less
        than ``tolerance`` from that of every larger number; null if only the last does), ``n``,
        ``tolerance``, ``method``. Both are null where the 95 % interval of the mean holds 0: there
        the coefficient means nothing.

    Raises:
        AnalysisError: a column is missing, or a point has one replicate or several runs of one.

    Source:
        Lee et al. (2015), JASSS 18(4) 4, stability of the coefficient of variation.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs().filter(pl.col("imitation.rate") == 0.2)
        >>> table = variance_stability(runs, ["structure"], ["joint_value"])
        >>> table.select("structure", pl.col("value").round(3), "enough").rows()
        [('hub', 0.023, 2), ('alliance', 0.025, 4)]
    """
    rows = []
    for measure in measures:
        check_runs(runs, measure, *factors)
        for where, part in iterate_groups(runs, factors):
            values = extract_values(select_one_run_each(part, format_point(where)), measure)
            rows.append({**where, "measure": measure, **assess_stability(values, tolerance)})
    return pl.DataFrame(
        rows, infer_schema_length=None, schema_overrides={"value": pl.Float64, "enough": pl.Int64}
    )


def assess_stability(values: Floats, tolerance: float) -> dict[str, Any]:
    """Return the coefficient of variation of values, and from how many on it is stable."""
    interval = estimate_mean(values)
    counts = {"n": values.size, "tolerance": tolerance}
    if interval.low <= 0.0 <= interval.high:
        return {"value": None, "enough": None, **counts, "method": "none: the mean may be 0"}
    course = compute_coefficients_of_variation(values)
    place = find_stable_place(course, tolerance)
    return {
        "value": float(course[-1]),
        "enough": None if place is None else place + 2,
        **counts,
        "method": "coefficient of variation, Lee et al. 2015",
    }


def compute_variation_course(
    runs: pl.DataFrame, factors: Sequence[str], measure: str
) -> pl.DataFrame:
    """Return the coefficient of variation of the first ``n`` replicates at every point.

    Columns: the factors, ``n`` (2, 3, ...) and ``value``.
    """
    check_runs(runs, measure, *factors)
    parts = []
    for where, part in iterate_groups(runs, factors):
        course = compute_coefficients_of_variation(
            extract_values(select_one_run_each(part, format_point(where)), measure)
        )
        labels = [pl.lit(level).alias(factor) for factor, level in where.items()]
        parts.append(
            pl.DataFrame({"n": np.arange(2, course.size + 2), "value": course}).select(
                *labels, "n", "value"
            )
        )
    return pl.concat(parts)


def find_smallest_number(spread: float, half_width: float, level: float = LEVEL) -> int:
    """Return the smallest number of replicates whose Student interval is no wider than this."""

    def is_wide(n: int) -> bool:
        return float(stats.t.ppf((1.0 + level) / 2.0, n - 1)) * spread / n**0.5 > half_width

    low, high = 1, 2
    while is_wide(high):
        low, high = high, 2 * high
        if high > MAX_REPLICATES:
            raise AnalysisError(
                f"a half width of {half_width:g} takes more than {MAX_REPLICATES} replicates at"
                f" standard deviation {spread:.3g}; ask for less"
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_wide(middle) else (low, middle)
    return high


def estimate_replicates_needed(
    values: Floats, half_width: float, level: float = LEVEL
) -> dict[str, Any]:
    """Return how many replicates the spread of values needs, with an interval.

    Its ends are the numbers for the ends of the interval of the spread (chi-square).
    """
    df, spread = values.size - 1, float(values.std(ddof=1))
    ends = [
        spread * float(np.sqrt(df / stats.chi2.ppf(tail, df)))
        for tail in ((1.0 + level) / 2.0, (1.0 - level) / 2.0)
    ]
    value, low, high = (find_smallest_number(s, half_width, level) for s in (spread, *ends))
    return {
        "value": value,
        "low": low,
        "high": high,
        "n": values.size,
        "half_width": half_width,
        "level": level,
    }


def replicates_needed(
    runs: pl.DataFrame,
    factors: Sequence[str],
    measure: str,
    half_width: float,
    *,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Estimate how many replicates make the interval of the mean narrow enough.

    Args:
        runs: a row per run: factors, the measure, ``replicate``.
        factors: all factors that vary.
        measure: column to average.
        half_width: half the width of the interval that is wanted, in units of the measure.
        level: confidence level, 0 to 1.

    Returns:
        A row per point: the factors, ``measure``, ``value`` (number of replicates), ``low``,
        ``high`` (the numbers if the spread is as small, or as large, as the chi-square interval
        allows; plan for ``high`` when few replicates were run), ``n`` (replicates run),
        ``half_width``, ``level``, ``method``.

    Raises:
        AnalysisError: the half width is not above 0 or takes too many replicates, a column is
            missing, or a point has one replicate.

    Source:
        Student's interval, t s / sqrt(n), solved for n.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs().filter(pl.col("imitation.rate") == 0.2)
        >>> table = replicates_needed(runs, ["structure"], "joint_value", half_width=0.01)
        >>> table.select("structure", "value", "low", "high").rows()
        [('hub', 30, 13, 164), ('alliance', 30, 13, 164)]
    """
    check_half_width(half_width)
    check_runs(runs, measure, *factors)
    rows = [
        {
            **where,
            "measure": measure,
            **estimate_replicates_needed(
                extract_values(select_one_run_each(part, format_point(where)), measure),
                half_width,
                level,
            ),
        }
        for where, part in iterate_groups(runs, factors)
    ]
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(method=pl.lit("mean, Student"))


def replicates_needed_to_compare(
    runs: pl.DataFrame,
    factor: str,
    reference: Any,
    measure: str,
    half_width: float,
    by: Sequence[str] = (),
    *,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Estimate how many replicates make the interval of a paired difference narrow enough.

    Common random numbers are needed; they make this number smaller than that for means.

    Args:
        runs: a row per run: factors, the measure, ``replicate`` and ``seed``.
        factor: factor whose levels are compared.
        reference: level that is subtracted.
        measure: column to compare.
        half_width: half the width of the interval that is wanted, in units of the measure.
        by: other factors; every combination of their levels is compared by itself.
        level: confidence level, 0 to 1.

    Returns:
        A row per comparison: ``by``, the factor, ``reference``, then as ``replicates_needed``.

    Raises:
        AnalysisError: as ``replicates_needed``, or the seeds are not common.

    Source:
        Student's interval of paired differences, t s / sqrt(n), solved for n.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs().filter(pl.col("imitation.rate") == 0.2)
        >>> table = replicates_needed_to_compare(runs, "structure", "hub", "joint_value", 0.01)
        >>> table.select("structure", "value", "high").rows()
        [('alliance', 29, 157)]
    """
    check_half_width(half_width)
    rows = [
        {
            **where,
            factor: at,
            "reference": reference,
            "measure": measure,
            **estimate_replicates_needed(pair.first - pair.second, half_width, level),
        }
        for where, at, pair in list_comparisons(runs, factor, reference, measure, by, "paired")
    ]
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        method=pl.lit("paired difference, Student")
    )


def check_half_width(half_width: float) -> None:
    """Refuse a half width that is not above 0."""
    if not half_width > 0.0:
        raise AnalysisError(f"the half width is {half_width:g}; it must be above 0")
