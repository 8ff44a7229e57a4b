"""Means at every point of a design, and differences from a reference, with intervals: tidy table in, table out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import polars as pl
from scipy import stats

from analysis.bootstrap import compute_bca_interval, compute_difference_of_means, compute_mean
from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Estimate, compute_simultaneous_level, estimate_mean
from analysis.tidy import (
    Pairing,
    Samples,
    check_runs,
    extract_values,
    format_point,
    is_constant,
    iterate_groups,
    list_comparisons,
    select_one_run_each,
)

Interval = Literal["student", "bca"]
INTERVAL_NAMES = {"student": "Student", "bca": "BCa bootstrap"}
NO_SPREAD = (  # stands as the method where an interval has no width because nothing varies
    "all equal"
)


def means(
    runs: pl.DataFrame,
    factors: Sequence[str],
    measures: Sequence[str],
    *,
    interval: Interval = "student",
    level: float = LEVEL,
) -> pl.DataFrame:
    """Return the mean of measures at every point of a design.

    Columns: the factors, ``measure``, ``value``, ``low``, ``high``, ``n`` (replicates), ``level``, ``method``. A point where all replicates
    are equal has an interval without width and says so in ``method``.

    Raises:
        AnalysisError: a column is missing, a measure is not finite or never varies, or a point has one replicate or several runs per replicate.
    """
    check_interval(interval)
    for measure in measures:
        check_runs(runs, measure, *factors)
    rows = []
    for where, part in iterate_groups(runs, factors):
        at = select_one_run_each(part, format_point(where))
        for measure in measures:
            values = extract_values(at, measure)
            if is_constant(values):
                estimate, method = (
                    Estimate(float(values[0]), float(values[0]), float(values[0]), values.size),
                    NO_SPREAD,
                )
            else:
                estimate = (
                    estimate_mean(values, level)
                    if interval == "student"
                    else compute_bca_interval([values], compute_mean, level=level)
                )
                method = f"mean, {INTERVAL_NAMES[interval]}"
            rows.append(
                {
                    **where,
                    "measure": measure,
                    **estimate._asdict(),
                    "level": level,
                    "method": method,
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def check_interval(interval: str) -> None:
    """Refuse an interval that is not known."""
    if interval not in INTERVAL_NAMES:
        raise AnalysisError(f"interval is {interval!r}; it can be {', '.join(INTERVAL_NAMES)}")


class Difference(NamedTuple):
    """A difference with its interval, the p value of the hypothesis that it is 0 (None where nothing varies), and how it was made."""

    estimate: Estimate
    p_value: float | None
    method: str


def estimate_difference(
    samples: Samples, interval: Interval = "student", level: float = LEVEL
) -> Difference:
    """Return the mean of the first sample minus that of the second: Student's t on pairs, Welch's without, or BCa."""
    first, second, paired = samples
    kind = "paired" if paired else "unpaired, Welch"
    if samples.no_spread:
        value = float(first.mean() - second.mean())
        return Difference(Estimate(value, value, value, samples.n), None, f"{kind}: {NO_SPREAD}")
    test = (
        stats.ttest_rel(first, second)
        if paired
        else stats.ttest_ind(first, second, equal_var=False)
    )
    if interval == "student":
        bounds = test.confidence_interval(level)
        estimate = Estimate(
            float(first.mean() - second.mean()), float(bounds.low), float(bounds.high), samples.n
        )
        return Difference(estimate, float(test.pvalue), f"{kind}, Student" if paired else kind)
    estimate = (
        compute_bca_interval([first - second], compute_mean, level=level)
        if paired
        else compute_bca_interval([first, second], compute_difference_of_means, level=level)
    )
    return Difference(estimate, float(test.pvalue), f"{kind}, BCa bootstrap")


def differences(
    runs: pl.DataFrame,
    factor: str,
    reference: Any,
    measures: Sequence[str],
    by: Sequence[str] = (),
    *,
    pairing: Pairing = "auto",
    interval: Interval = "student",
    simultaneous: bool = False,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Return measures at every level of a factor minus those at the reference level, within every combination of levels of ``by``.

    ``pairing``: "auto" pairs replicates that have the same seed (common random numbers) and else uses Welch's test; "paired" refuses runs
    without common seeds; "unpaired" never pairs. With ``simultaneous`` the whole table covers at ``level`` (Bonferroni over its rows).

    Columns: ``by``, ``factor``, ``reference``, ``measure``, ``value``, ``low``, ``high``, ``n``, ``p_value`` (t test, null where nothing
    varies; not corrected), ``level``, ``method``.

    Raises:
        AnalysisError: as in ``means``; besides, the factor has one level or lacks the reference, or seeds are not common.
    """
    check_interval(interval)
    found = [
        (measure, pair)
        for measure in measures
        for pair in list_comparisons(runs, factor, reference, measure, by, pairing)
    ]
    each = compute_simultaneous_level(len(found), level) if simultaneous else level
    rows = []
    for measure, (where, at, samples) in found:
        estimate, p_value, method = estimate_difference(samples, interval, each)
        more = f"; Bonferroni over {len(found)}" if simultaneous else ""
        tested = {"p_value": p_value, "level": level, "method": method + more}
        rows.append(
            {
                **where,
                factor: at,
                "reference": reference,
                "measure": measure,
                **estimate._asdict(),
                **tested,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides={"p_value": pl.Float64})
