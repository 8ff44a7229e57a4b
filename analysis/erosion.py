"""Erosion within a run: peak, end and half-life of its course, and the part due to imitation."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from analysis.bootstrap import compute_bca_interval, compute_ratio_of_means
from analysis.errors import AnalysisError
from analysis.estimates import INTERVAL_SCHEMA, LEVEL, Floats, estimate_mean
from analysis.means import estimate_difference
from analysis.tidy import (
    Samples,
    check_level,
    check_runs,
    check_table,
    extract_values,
    format_point,
    iterate_groups,
    list_comparisons,
    select_one_run_each,
)

WINDOWS_PER_RUN = 20  # peak and end are means over this part of the rounds
RUN_KEYS = ("replicate", "seed", "run")


def compute_run_courses(
    series: pl.DataFrame,
    factors: Sequence[str],
    measure: str = "synergy",
    window: int | None = None,
) -> pl.DataFrame:
    """Return the course of every run: peak, end, loss and half-life.

    ``window`` (recorded rounds) defaults to a twentieth of them. A peak is the highest of many
    windows, so it exceeds its mean by random variation alone. Columns: the factors, ``replicate``,
    ``seed``, ``run``, ``peak``, ``peak_round``, ``end``, ``loss`` (peak minus end), ``half_life``
    (rounds from the peak to the first window at or below half of it; null if there is none) and
    ``watched`` (rounds from the peak to the end of the run).
    """
    keys = list(dict.fromkeys([*factors, *RUN_KEYS]))
    check_table(series, *keys, "round")
    extract_values(series, measure)
    rows = [
        dict(zip(keys, key, strict=True))
        | compute_run_course(part["round"].to_numpy(), part[measure].to_numpy(), window)
        for key, part in series.sort("round", maintain_order=True).group_by(
            keys, maintain_order=True
        )
    ]
    return pl.DataFrame(
        rows,
        infer_schema_length=None,
        schema_overrides={"seed": series["seed"].dtype, "half_life": pl.Float64},
    ).sort(keys)


def compute_run_course(moments: Floats, values: Floats, window: int | None) -> dict[str, Any]:
    """Return the course of one run."""
    wide = max(1, len(moments) // WINDOWS_PER_RUN) if window is None else window
    if not 1 <= wide <= len(moments):
        raise AnalysisError(f"the window is {wide} recorded rounds; it can be 1 to {len(moments)}")
    smooth = np.convolve(values, np.full(wide, 1.0 / wide), mode="valid")
    top = int(smooth.argmax())
    below = np.flatnonzero(smooth[top:] <= smooth[top] / 2.0)
    halved = below.size > 0 and smooth[top] > 0.0
    return {
        "peak": float(smooth[top]),
        "peak_round": float(moments[top]),
        "end": float(smooth[-1]),
        "loss": float(smooth[top] - smooth[-1]),
        "half_life": float(moments[top + below[0]] - moments[top]) if halved else None,
        "watched": float(moments[smooth.size - 1] - moments[top]),
    }


def erosion(
    series: pl.DataFrame,
    by: Sequence[str] = (),
    *,
    rate: str = "imitation.rate",
    off: Any = 0.0,
    measure: str = "synergy",
    window: int | None = None,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Estimate peak, end and loss within a run, and how much of each imitation causes.

    The effect of imitation is the difference from runs with the same seeds and imitation off. It
    can be negative for the loss: where imitation keeps the peak low, little is left to lose.

    Args:
        series: a row per run and recorded round: factors, ``replicate``, ``seed``, ``run``,
            ``round`` and the measure.
        by: factors besides ``rate``; every combination of their levels is estimated by itself.
        rate: factor of imitation.
        off: level of ``rate`` without imitation.
        measure: column whose course is followed.
        window: recorded rounds over which peak and end average; none for a twentieth of them.
        level: confidence level, 0 to 1.

    Returns:
        A row per quantity and part: ``by``, ``rate``, ``quantity`` ("peak", "end", "loss"),
        ``part`` ("with imitation", "without imitation", "caused by imitation", and "share caused"
        of a loss whose interval lies above 0), ``value``, ``low``, ``high`` (units of the measure,
        or a share), ``n``, ``method``, ``level``.

    Raises:
        AnalysisError: a column is missing or not finite, or runs without imitation have other
            seeds.

    Example:
        >>> from analysis.examples import make_example_series
        >>> table = erosion(make_example_series()).filter(quantity="loss")
        >>> table.select("part", pl.col("value").round(3)).rows()[2:]
        [('caused by imitation', 0.155), ('share caused', 0.875)]
    """
    courses = compute_run_courses(series, [*by, rate], measure, window)
    rows = []
    for quantity in ("peak", "end", "loss"):
        for where, at, samples in list_comparisons(courses, rate, off, quantity, by, "paired"):
            labels = {**where, rate: at, "quantity": quantity}
            parts = estimate_erosion_parts(samples, quantity, level)
            rows += [{**labels, **part} for part in parts]
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(level=pl.lit(level))


def estimate_erosion_parts(samples: Samples, quantity: str, level: float) -> list[dict[str, Any]]:
    """Return a quantity with and without imitation, and what imitation causes of it.

    The share that imitation causes is of a loss whose interval lies above 0.
    """
    caused, _, method = estimate_difference(samples, level=level)
    with_imitation = estimate_mean(samples.first, level)
    parts = [
        ("with imitation", with_imitation, "mean, Student"),
        ("without imitation", estimate_mean(samples.second, level), "mean, Student"),
        ("caused by imitation", caused, method),
    ]
    if quantity == "loss" and with_imitation.low > 0.0 and not samples.no_spread:
        share = compute_bca_interval(
            [samples.first - samples.second, samples.first],
            compute_ratio_of_means,
            paired=True,
            level=level,
        )
        parts.append(("share caused", share, "paired, BCa bootstrap"))
    return [
        {"part": part, **estimate._asdict(), "method": method} for part, estimate, method in parts
    ]


def half_lives(
    series: pl.DataFrame,
    factors: Sequence[str],
    *,
    measure: str = "synergy",
    window: int | None = None,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Estimate the median half-life of a measure at every point of a design.

    Runs that never lose half count as longer than they were watched (censored).

    Args:
        series: a row per run and recorded round: factors, ``replicate``, ``seed``, ``run``,
            ``round`` and the measure.
        factors: all factors that vary.
        measure: column whose course is followed.
        window: recorded rounds over which the peak averages; none for a twentieth of them.
        level: confidence level, 0 to 1.

    Returns:
        A row per point: the factors, ``measure``, ``value``, ``low``, ``high`` (rounds from the
        peak to half of it; null where the curve does not reach one half), ``halved`` (number of
        runs that lose half), ``n``, ``level``, ``method``.

    Raises:
        AnalysisError: a column is missing or not finite, or a point has one replicate.

    Source:
        Kaplan & Meier (1958), J. Am. Stat. Assoc. 53; interval of Brookmeyer & Crowley (1982),
        Biometrics 38, with the log-log transform of Greenwood's variance; by scipy.

    Example:
        >>> from analysis.examples import make_example_series
        >>> table = half_lives(make_example_series(), ["imitation.rate"])
        >>> table.select("imitation.rate", "value", "halved").rows()
        [(0.0, None, 0), (0.2, 25.0, 4)]
    """
    courses = compute_run_courses(series, factors, measure, window)
    check_runs(courses, "peak", *factors)
    rows = []
    for where, part in iterate_groups(courses, factors):
        at = select_one_run_each(part, format_point(where))
        median = compute_kaplan_meier_median(
            at["half_life"].fill_null(float("nan")).to_numpy(), at["watched"].to_numpy(), level
        )
        halved = len(at) - at["half_life"].null_count()
        labels = {"level": level, "method": "Kaplan-Meier median"}
        rows.append(
            {**where, "measure": measure, **median, "halved": halved, "n": len(at), **labels}
        )
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides=INTERVAL_SCHEMA)


def compute_kaplan_meier_median(
    times: Floats, watched: Floats, level: float = LEVEL
) -> dict[str, float | None]:
    """Return the median of times with its interval; a time is NaN if longer than ``watched``."""
    seen = np.isfinite(times)
    if not seen.any():
        return {"value": None, "low": None, "high": None}
    curve = stats.ecdf(stats.CensoredData(uncensored=times[seen], right=watched[~seen])).sf
    with warnings.catch_warnings():
        # There is no interval where the curve is 1 or 0; NaN is not below a half.
        warnings.simplefilter("ignore", RuntimeWarning)
        ends = curve.confidence_interval(level, method="log-log")

    def find_median(survival: Floats) -> float | None:
        below = np.flatnonzero(survival <= 0.5)
        return float(curve.quantiles[below[0]]) if below.size else None

    return {
        "value": find_median(curve.probabilities),
        "low": find_median(ends.low.probabilities),
        "high": find_median(ends.high.probabilities),
    }


def caused_by_round(
    series: pl.DataFrame,
    by: Sequence[str] = (),
    *,
    rate: str = "imitation.rate",
    off: Any = 0.0,
    measure: str = "synergy",
    level: float = LEVEL,
) -> pl.DataFrame:
    """Estimate the effect of imitation in every round: same seeds with imitation minus without.

    Args:
        series: a row per run and recorded round: factors, ``replicate``, ``seed``, ``round`` and
            the measure.
        by: factors besides ``rate``.
        rate: factor of imitation.
        off: level of ``rate`` without imitation.
        measure: column to compare.
        level: confidence level, 0 to 1, of each round by itself.

    Returns:
        A row per group and round: ``by``, ``rate``, ``round``, ``value``, ``low``, ``high`` (units
        of the measure), ``n``, ``level``, ``method``.

    Raises:
        AnalysisError: a column is missing or not finite, or a run has no counterpart with the same
            seed and imitation off.

    Example:
        >>> from analysis.examples import make_example_series
        >>> table = caused_by_round(make_example_series())
        >>> table.select("round", pl.col("value").round(3)).row(-1)
        (39, -0.16)
    """
    check_table(series, "round")
    check_runs(series, measure, rate, *by)
    check_level(series, rate, off)
    keys = [*by, "replicate", "seed", "round"]
    without = series.filter(pl.col(rate) == off).select(*keys, without=pl.col(measure))
    with_it = series.filter(pl.col(rate) != off)
    paired = with_it.join(without, on=keys, how="left", maintain_order="left")
    if paired["without"].null_count() or len(paired) != len(with_it):
        raise AnalysisError(
            f"not every run has one with the same seed at {rate}={off}; run the full factorial with"
            " common random numbers"
        )
    rows = []
    for where, part in iterate_groups(
        paired.with_columns(change=pl.col(measure) - pl.col("without")), [*by, rate, "round"]
    ):
        values = extract_values(select_one_run_each(part, format_point(where)), "change")
        rows.append({**where, **estimate_mean(values, level)._asdict()})
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        level=pl.lit(level), method=pl.lit("paired, Student, per round")
    )
