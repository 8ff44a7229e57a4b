"""How many replicates are enough: when the coefficient of variation stands still, and when an interval is narrow enough."""

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
    centre = (
        values.mean()
    )  # subtracted, so that squares of large numbers do not drown a small spread
    sums, squares = np.cumsum(values - centre), np.cumsum((values - centre) ** 2)
    spread = np.sqrt(np.maximum(0.0, squares - sums**2 / n)[1:] / (n[1:] - 1))
    found: Floats = spread / np.abs(centre + sums[1:] / n[1:])
    return found


def find_stable_place(course: Floats, tolerance: float) -> int | None:
    """Return the place of the first value that no later one leaves by ``tolerance`` or more; None if only the last has that."""
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
    """Return from how many replicates on the coefficient of variation stands still at every point (Lee et al. 2015).

    ``enough`` is the smallest n whose coefficient differs from that of every larger number of replicates there is by less than ``tolerance``,
    null if that is not so before the last. It depends on the order of replicates and on how many there are: it can show that there are too few,
    hardly that there are enough. Where the 95 % interval of the mean holds 0 the coefficient means nothing and is null.

    Columns: the factors, ``measure``, ``value`` (the coefficient over all replicates), ``enough``, ``n``, ``tolerance``, ``method``.
    """
    rows = []
    for measure in measures:
        check_runs(runs, measure, *factors)
        for where, part in iterate_groups(runs, factors):
            values = extract_values(select_one_run_each(part, format_point(where)), measure)
            about = estimate_mean(values)
            row: dict[str, Any] = {
                **where,
                "measure": measure,
                "value": None,
                "enough": None,
                "n": values.size,
                "tolerance": tolerance,
            }
            method = "none: the mean may be 0"
            if not about.low <= 0.0 <= about.high:
                course = compute_coefficients_of_variation(values)
                place_settled = find_stable_place(course, tolerance)
                row |= {
                    "value": float(course[-1]),
                    "enough": None if place_settled is None else place_settled + 2,
                }
                method = "coefficient of variation, Lee et al. 2015"
            rows.append({**row, "method": method})
    return pl.DataFrame(
        rows, infer_schema_length=None, schema_overrides={"value": pl.Float64, "enough": pl.Int64}
    )


def compute_variation_course(
    runs: pl.DataFrame, factors: Sequence[str], measure: str
) -> pl.DataFrame:
    """Return the coefficient of variation of the first 2, 3, ... replicates at every point: the factors, ``n`` and ``value``."""
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
    """Return the smallest number of replicates whose Student interval has this half width or less, for a standard deviation."""

    def wide(n: int) -> bool:
        return float(stats.t.ppf((1.0 + level) / 2.0, n - 1)) * spread / n**0.5 > half_width

    low, high = 1, 2
    while wide(high):
        low, high = high, 2 * high
        if high > MAX_REPLICATES:
            raise AnalysisError(
                f"a half width of {half_width:g} takes more than {MAX_REPLICATES} replicates at"
                f" standard deviation {spread:.3g}; ask for less"
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wide(middle) else (low, middle)
    return high


def estimate_replicates_needed(
    values: Floats, half_width: float, level: float = LEVEL
) -> dict[str, Any]:
    """Return how many replicates the spread of these asks for, and for the ends of the interval of that spread (chi-square)."""
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
    """Return how many replicates make the interval of the mean this narrow at every point.

    ``high`` is the number to run by when few replicates have been seen: the spread may be larger than it looks.
    Columns: the factors, ``measure``, ``value``, ``low``, ``high``, ``n`` (replicates seen), ``half_width``, ``level``, ``method``.
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
    """Return the same for paired differences from the reference level; common random numbers make these fewer, and must be there."""
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
