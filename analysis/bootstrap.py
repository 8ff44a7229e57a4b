"""Bootstrap intervals over replicates: bias-corrected and accelerated (Efron 1987), by scipy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimates import BOOTSTRAP_SEED, LEVEL, Estimate, Floats

BCA_RESAMPLES = 4999


def compute_bca_interval(
    samples: Sequence[Floats],
    statistic: Callable[..., Any],
    *,
    paired: bool = False,
    level: float = LEVEL,
) -> Estimate:
    """Return a statistic of samples with its BCa interval.

    ``statistic(*samples, axis)`` is vectorised along ``axis``. Paired samples are resampled
    together. ``n`` is the size of the smallest sample.
    """
    value = float(statistic(*samples, axis=-1))
    with warnings.catch_warnings():
        # The error below names this case.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        interval = stats.bootstrap(
            tuple(samples),
            statistic,
            paired=paired,
            vectorized=True,
            n_resamples=BCA_RESAMPLES,
            batch=500,
            confidence_level=level,
            method="BCa",
            rng=np.random.default_rng(BOOTSTRAP_SEED),
        ).confidence_interval
    if not (np.isfinite(interval.low) and np.isfinite(interval.high)):
        raise AnalysisError(
            f"the values vary too little for a BCa interval (n = {min(map(len, samples))}); use"
            " Student's or run more replicates"
        )
    return Estimate(value, float(interval.low), float(interval.high), min(map(len, samples)))


def compute_mean(values: Floats, axis: int) -> Any:
    """Return the mean along an axis."""
    return np.mean(values, axis=axis)


def compute_difference_of_means(first: Floats, second: Floats, axis: int) -> Any:
    """Return the difference of two means along an axis."""
    return np.mean(first, axis=axis) - np.mean(second, axis=axis)


def compute_ratio_of_means(first: Floats, second: Floats, axis: int) -> Any:
    """Return the ratio of two means along an axis."""
    return np.mean(first, axis=axis) / np.mean(second, axis=axis)
