"""Erosion within a run: peak, end and half-life from its time series, and the part that imitation causes (paired counterfactuals)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from analysis.bootstrap import compute_bca_interval, compute_ratio_of_means
from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Floats, estimate_mean
from analysis.means import estimate_difference
from analysis.tidy import (
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
    """Return the course of every run: peak, end, how much is lost, and after how many rounds half is.

    ``window`` (recorded rounds) defaults to a twentieth of them. A peak is the highest of many windows, so it lies above its mean by luck alone.
    Columns: the factors, ``replicate``, ``seed``, ``run``, ``peak``, ``peak_round``, ``end``, ``loss`` (peak minus end), ``half_life`` (rounds
    from the peak to the first window at or below half of it; null if there is none) and ``watched`` (rounds from the peak to the end of the run).
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
    """Return peak, end and loss with and without imitation, and what imitation causes of each: the same seeds with imitation off.

    The share of the loss that imitation causes is given only where there is a loss to speak of (its interval lies above 0); it can be negative,
    when imitation keeps the peak so low that less is left to lose.

    Columns: ``by``, ``rate``, ``quantity`` (peak, end, loss), ``part`` ("without imitation", "with imitation", "caused by imitation", "share
    caused"), ``value``, ``low``, ``high``, ``n``, ``level``, ``method``.
    """
    found = compute_run_courses(series, [*by, rate], measure, window)
    rows = []
    for quantity in ("peak", "end", "loss"):
        for where, at, samples in list_comparisons(found, rate, off, quantity, by, "paired"):
            known = {**where, rate: at, "quantity": quantity}
            caused, _, method = estimate_difference(samples, level=level)
            parts = {
                "with imitation": estimate_mean(samples.first, level),
                "without imitation": estimate_mean(samples.second, level),
            }
            rows += [
                {**known, "part": part, **estimate._asdict(), "method": "mean, Student"}
                for part, estimate in parts.items()
            ]
            rows.append(
                {**known, "part": "caused by imitation", **caused._asdict(), "method": method}
            )
            if quantity == "loss" and parts["with imitation"].low > 0.0 and not samples.no_spread:
                share = compute_bca_interval(
                    [samples.first - samples.second, samples.first],
                    compute_ratio_of_means,
                    paired=True,
                    level=level,
                )
                rows.append(
                    {
                        **known,
                        "part": "share caused",
                        **share._asdict(),
                        "method": "paired, BCa bootstrap",
                    }
                )
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(level=pl.lit(level))


def half_lives(
    series: pl.DataFrame,
    factors: Sequence[str],
    *,
    measure: str = "synergy",
    window: int | None = None,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Return the median half-life at every point, runs that never lose half counted as longer than they were watched (Kaplan & Meier 1958).

    The interval comes from the survival curve's (log-log Greenwood; Brookmeyer & Crowley 1982); an end that is not reached is null.
    Columns: the factors, ``measure``, ``value``, ``low``, ``high`` (rounds), ``halved`` (runs that lose half), ``n``, ``level``, ``method``.
    """
    found = compute_run_courses(series, factors, measure, window)
    check_runs(found, "peak", *factors)
    rows = []
    for where, part in iterate_groups(found, factors):
        at = select_one_run_each(part, format_point(where))
        median = compute_kaplan_meier_median(
            at["half_life"].fill_null(float("nan")).to_numpy(), at["watched"].to_numpy(), level
        )
        halved = len(at) - at["half_life"].null_count()
        rows.append(
            {
                **where,
                "measure": measure,
                **median,
                "halved": halved,
                "n": len(at),
                "level": level,
                "method": "Kaplan-Meier median",
            }
        )
    return pl.DataFrame(
        rows,
        infer_schema_length=None,
        schema_overrides={name: pl.Float64 for name in ("value", "low", "high")},
    )


def compute_kaplan_meier_median(
    times: Floats, watched: Floats, level: float = LEVEL
) -> dict[str, float | None]:
    """Return the median of times, some of them not seen to their end (NaN: longer than ``watched``), with its interval."""
    seen = np.isfinite(times)
    if not seen.any():
        return {"value": None, "low": None, "high": None}
    curve = stats.ecdf(stats.CensoredData(uncensored=times[seen], right=watched[~seen])).sf
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # there is no interval where the curve is 1 or 0; NaN is not below a half
        ends = curve.confidence_interval(level, method="log-log")

    def reached(survival: Floats) -> float | None:
        below = np.flatnonzero(survival <= 0.5)
        return float(curve.quantiles[below[0]]) if below.size else None

    return {
        "value": reached(curve.probabilities),
        "low": reached(ends.low.probabilities),
        "high": reached(ends.high.probabilities),
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
    """Return, round by round, the measure with imitation minus the same seeds without it; intervals hold at each round by itself.

    Columns: ``by``, ``rate``, ``round``, ``value``, ``low``, ``high``, ``n``, ``level``, ``method``.
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
