"""Means, differences and turning points; their intervals count replicates, not rounds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.errors import AnalysisError
from analysis.names import check_columns

Floats = NDArray[np.float64]
LEVEL = 0.95
EQUIVALENCE_ALPHA = 0.05  # of each of the two one-sided tests
PERCENTILE_RESAMPLES = 2000
BOOTSTRAP_SEED = 0  # fixed, so that the same results give the same intervals
INTERVAL_SCHEMA = dict.fromkeys(("value", "low", "high"), pl.Float64)


class Estimate(NamedTuple):
    """A value with its interval; ``n`` counts replicates."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Return value and interval as text; the value alone where there is no interval."""
        return (
            f"{self.value:.3f}"
            if np.isnan(self.low) and np.isnan(self.high)
            else f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"
        )

    def __neg__(self) -> Estimate:
        """Return the estimate of the opposite sign."""
        return Estimate(-self.value, -self.high, -self.low, self.n)


def compute_simultaneous_level(comparisons: int, level: float = LEVEL) -> float:
    """Return the level of each of several intervals that hold jointly at ``level`` (Bonferroni)."""
    if comparisons < 1:
        raise AnalysisError(f"a family of comparisons has one or more; got {comparisons}")
    return 1.0 - (1.0 - level) / comparisons


def estimate_mean(values: Floats, level: float = LEVEL) -> Estimate:
    """Return the mean with Student's interval; a single value has none (NaN)."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        raise AnalysisError(
            f"a mean needs finite values; got {values.size} of which"
            f" {int((~np.isfinite(values)).sum())} are not"
        )
    centre = float(values.mean())
    if values.size == 1:
        return Estimate(centre, float("nan"), float("nan"), 1)
    half = (
        float(stdtrit(values.size - 1, (1 + level) / 2))
        * float(values.std(ddof=1))
        / np.sqrt(values.size)
    )
    return Estimate(centre, centre - half, centre + half, values.size)


def compute_half_width(values: Floats, level: float = LEVEL) -> float:
    """Return half the width of the interval of a mean, of the values that are finite.

    Fewer than two have no interval: the half width is infinite.
    """
    finite = values[np.isfinite(values)]
    if finite.size < 2:
        return float("inf")
    mean = estimate_mean(finite, level)
    return (mean.high - mean.low) / 2.0


def estimate_paired_difference(first: Floats, second: Floats, level: float = LEVEL) -> Estimate:
    """Return the mean of ``first - second``, paired by replicate (common random numbers)."""
    if len(first) != len(second):
        raise AnalysisError(
            f"paired values must be equally many; got {len(first)} and {len(second)}"
        )
    return estimate_mean(np.asarray(first) - np.asarray(second), level)


def build_response_matrix(runs: pl.DataFrame, measure: str, factor: str) -> tuple[Floats, Floats]:
    """Return the factor's levels (L,) and the measure by replicate and level (R, L), complete."""
    check_columns(runs, measure, factor, "replicate")
    wide = runs.sort(factor).pivot(
        on=factor, index="replicate", values=measure, aggregate_function="len"
    )
    counts = wide.drop("replicate").to_numpy()
    if np.isnan(counts.astype(float)).any() or (counts != 1).any():
        raise AnalysisError(
            f"{measure} by {factor} is not complete: every replicate needs one run per level"
        )
    levels = runs[factor].unique().sort().to_numpy().astype(np.float64)
    ordered = runs.sort("replicate", factor)[measure].to_numpy().reshape(-1, levels.size)
    return levels, ordered.astype(np.float64)


def sample_replicate_weights(
    replicates: int, resamples: int = PERCENTILE_RESAMPLES, seed: int = BOOTSTRAP_SEED
) -> Floats:
    """Return weights (resamples, replicates) that average replicates drawn with replacement."""
    picks = np.random.default_rng(seed).integers(0, replicates, size=(resamples, replicates))
    weights: Floats = np.apply_along_axis(np.bincount, 1, picks, minlength=replicates) / replicates
    return weights


def resample_means(values: Floats) -> Floats:
    """Return mean curves (resamples, L) of whole replicates drawn with replacement."""
    means: Floats = sample_replicate_weights(len(values)) @ values
    return means


def estimate_peak(levels: Floats, values: Floats, level: float = LEVEL) -> Estimate:
    """Return the factor level of the highest mean, with a bootstrap percentile interval."""
    best = float(levels[int(values.mean(axis=0).argmax())])
    if len(values) == 1:
        return Estimate(best, float("nan"), float("nan"), 1)
    low, high = compute_percentile_interval(levels[resample_means(values).argmax(axis=1)], level)
    return Estimate(best, low, high, len(values))


def find_turning_levels(levels: Floats, curves: Floats) -> Floats:
    """Return per curve (C, L) the factor level beyond which it stays below its first value.

    The level is interpolated. A curve that ends above its first value gives infinity; one that
    never rises above it gives the first level.
    """
    gain = curves - curves[:, :1]
    turning_levels = np.full(len(curves), np.inf)
    for c, line in enumerate(gain):
        if line[-1] >= 0:
            continue
        last = int(np.flatnonzero(line >= 0)[-1])
        turning_levels[c] = levels[last] + (levels[last + 1] - levels[last]) * line[last] / (
            line[last] - line[last + 1]
        )
    return turning_levels


def estimate_turning_rate(levels: Floats, values: Floats, level: float = LEVEL) -> Estimate:
    """Return the factor level beyond which the mean curve stays below its first value.

    The interval holds bootstrap percentiles.
    """
    value = float(find_turning_levels(levels, values.mean(axis=0, keepdims=True))[0])
    if len(values) == 1:
        return Estimate(value, float("nan"), float("nan"), 1)
    low, high = compute_percentile_interval(
        find_turning_levels(levels, resample_means(values)), level
    )
    return Estimate(value, low, high, len(values))


def compute_percentile_interval(values: Floats, level: float = LEVEL) -> tuple[float, float]:
    """Return the equal-tailed interval of values; order statistics, so that infinities remain."""
    ordered = np.sort(values)
    low = int(np.floor((1 - level) / 2 * (ordered.size - 1)))
    return float(ordered[low]), float(ordered[ordered.size - 1 - low])
