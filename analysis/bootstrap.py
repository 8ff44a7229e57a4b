"""Bootstrap intervals over replicates: bias-corrected and accelerated (Efron 1987), by scipy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Estimate, Floats

BCA_RESAMPLES = 4999
BOOTSTRAP_SEED = 0  # fixed, so that the same results give the same intervals


def compute_bca_interval(
    samples: Sequence[Floats],
    statistic: Callable[..., Any],
    *,
    paired: bool = False,
    level: float = LEVEL,
) -> Estimate:
    """Return a statistic of one or more samples with its BCa interval; with ``paired`` samples are resampled together.

    ``statistic(*samples, axis)`` is vectorised along ``axis``. ``n`` is the size of the smallest sample.
    """
    value = float(statistic(*samples, axis=-1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # said below, in a sentence
        found = stats.bootstrap(
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
    if not (np.isfinite(found.low) and np.isfinite(found.high)):
        raise AnalysisError(
            f"the values vary too little for a BCa interval (n = {min(map(len, samples))}); use"
            " Student's or run more replicates"
        )
    return Estimate(value, float(found.low), float(found.high), min(map(len, samples)))


def compute_mean(values: Floats, axis: int) -> Any:
    """Return the mean along an axis."""
    return np.mean(values, axis=axis)


def compute_difference_of_means(first: Floats, second: Floats, axis: int) -> Any:
    """Return the difference of two means along an axis."""
    return np.mean(first, axis=axis) - np.mean(second, axis=axis)


def compute_ratio_of_means(first: Floats, second: Floats, axis: int) -> Any:
    """Return the ratio of two means along an axis."""
    return np.mean(first, axis=axis) / np.mean(second, axis=axis)
