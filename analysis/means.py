"""Means at every point of a design, and differences from a reference, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import polars as pl
from scipy import stats

from analysis.bootstrap import compute_bca_interval, compute_difference_of_means, compute_mean
from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Estimate, Floats, compute_simultaneous_level, estimate_mean
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
NO_SPREAD = "all equal"  # the method of an interval without width, because nothing varies


def means(
    runs: pl.DataFrame,
    factors: Sequence[str],
    measures: Sequence[str],
    *,
    interval: Interval = "student",
    level: float = LEVEL,
) -> pl.DataFrame:
    """Estimate the mean of measures at every point of a design.

    Args:
        runs: a row per run: factors, measures and ``replicate``.
        factors: all factors that vary.
        measures: columns to average.
        interval: ``"student"``, or ``"bca"`` for the bias-corrected and accelerated bootstrap.
        level: confidence level, 0 to 1.

    Returns:
        A row per point and measure: the factors, ``measure``, ``value``, ``low``, ``high`` (units
        of the measure), ``n`` (replicates), ``level``, ``method``. Where all replicates are equal
        the interval has no width and ``method`` is "all equal".

    Raises:
        AnalysisError: a column is missing, a measure is not finite or never varies, or a point has
            one replicate or several runs per replicate.

    Source:
        Student (1908), Biometrika 6; Efron (1987), J. Am. Stat. Assoc. 82 (BCa).

    Example:
        >>> from analysis.examples import make_example_runs
        >>> table = means(make_example_runs(), ["structure", "imitation.rate"], ["joint_value"])
        >>> table.select("structure", "imitation.rate", "n").row(0)
        ('hub', 0.0, 6)
        >>> table.select(pl.col("value", "low", "high").round(3)).row(0)
        (0.997, 0.977, 1.016)
    """
    check_interval(interval)
    for measure in measures:
        check_runs(runs, measure, *factors)
    rows = []
    for where, part in iterate_groups(runs, factors):
        at = select_one_run_each(part, format_point(where))
        for measure in measures:
            estimate, method = estimate_point_mean(extract_values(at, measure), interval, level)
            labels = {"level": level, "method": method}
            rows.append({**where, "measure": measure, **estimate._asdict(), **labels})
    return pl.DataFrame(rows, infer_schema_length=None)


def estimate_point_mean(values: Floats, interval: Interval, level: float) -> tuple[Estimate, str]:
    """Return the mean of one point, and the name of the method."""
    if is_constant(values):
        only = float(values[0])
        return Estimate(only, only, only, values.size), NO_SPREAD
    estimate = (
        estimate_mean(values, level)
        if interval == "student"
        else compute_bca_interval([values], compute_mean, level=level)
    )
    return estimate, f"mean, {INTERVAL_NAMES[interval]}"


def check_interval(interval: str) -> None:
    """Refuse an interval that is not known."""
    if interval not in INTERVAL_NAMES:
        raise AnalysisError(f"interval is {interval!r}; it can be {', '.join(INTERVAL_NAMES)}")


class Difference(NamedTuple):
    """A difference with its interval, the p value of no difference, and the method.

    The p value is None where nothing varies.
    """

    estimate: Estimate
    p_value: float | None
    method: str


def estimate_difference(
    samples: Samples, interval: Interval = "student", level: float = LEVEL
) -> Difference:
    """Return the mean of the first sample minus that of the second.

    Pairs use Student's t, other samples Welch's, or both the BCa bootstrap.
    """
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
    """Compare every level of a factor with its reference level.

    Args:
        runs: a row per run: factors, measures, ``replicate`` and ``seed``.
        factor: factor whose levels are compared.
        reference: level that is subtracted.
        measures: columns to compare.
        by: other factors; every combination of their levels is compared by itself.
        pairing: ``"auto"`` pairs replicates that have the same seed (common random numbers) and
            else uses Welch's test; ``"paired"`` refuses runs without common seeds; ``"unpaired"``
            never pairs.
        interval: ``"student"`` or ``"bca"``, as in ``means``.
        simultaneous: whether all intervals of the table hold jointly (Bonferroni).
        level: confidence level, 0 to 1.

    Returns:
        A row per comparison: ``by``, the factor, ``reference``, ``measure``, ``value`` (level minus
        reference, units of the measure), ``low``, ``high``, ``n``, ``p_value`` (t test, not
        corrected; null where nothing varies), ``level``, ``method``.

    Raises:
        AnalysisError: as in ``means``; besides, the factor has one level or not the reference, or
            the seeds are not common.

    Source:
        Student (1908), Biometrika 6; Welch (1947), Biometrika 34.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs().filter(pl.col("imitation.rate") == 0.2)
        >>> table = differences(runs, "structure", "alliance", ["joint_value"])
        >>> table.select(pl.col("value", "low", "high").round(3)).row(0), table["method"][0]
        ((0.117, 0.09, 0.144), 'paired, Student')
    """
    check_interval(interval)
    compared = [
        (measure, pair)
        for measure in measures
        for pair in list_comparisons(runs, factor, reference, measure, by, pairing)
    ]
    each = compute_simultaneous_level(len(compared), level) if simultaneous else level
    more = f"; Bonferroni over {len(compared)}" if simultaneous else ""
    rows = []
    for measure, (where, at, samples) in compared:
        estimate, p_value, method = estimate_difference(samples, interval, each)
        labels = {**where, factor: at, "reference": reference, "measure": measure}
        tested = {"p_value": p_value, "level": level, "method": method + more}
        rows.append({**labels, **estimate._asdict(), **tested})
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides={"p_value": pl.Float64})
