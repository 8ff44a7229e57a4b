"""Tests of an inverted U: does a response rise to a top inside the range and fall after it?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Estimate, Floats, mean, paired_difference, quantiles, resampled_picks


class InvertedU(NamedTuple):
    """Rise to the top and fall from it, both with intervals; an inverted U needs both above 0."""

    top: float
    rise: Estimate
    fall: Estimate


def inverted_u(levels: Floats, values: Floats, level: float = LEVEL) -> InvertedU:
    """Test an inverted U on replicates by level (R, L), paired by replicate.

    The top is picked on every other replicate and rise and fall are estimated on the rest, so that picking the best level
    raises no false alarm: with a flat or monotone truth "both lows above 0" happens at most as often as one-sided tests allow.
    A top at either end gives a rise or fall of exactly nothing.
    """
    if len(values) < 4:
        raise AnalysisError(f"an inverted U is tested on 4 replicates or more; there are {len(values)}")
    picking, testing = values[::2], values[1::2]
    top = int(picking.mean(axis=0).argmax())
    return InvertedU(
        float(levels[top]), paired_difference(testing[:, top], testing[:, 0], level), paired_difference(testing[:, top], testing[:, -1], level)
    )


def top_shift(levels: Floats, first: Floats, second: Floats, level: float = LEVEL) -> Estimate:
    """Return how far the top of ``first`` (R, L) lies above that of ``second``; bootstrap over replicates, drawn alike for both."""
    picks = resampled_picks(len(first))
    value = float(levels[first.mean(axis=0).argmax()] - levels[second.mean(axis=0).argmax()])
    shifts = levels[(picks @ first).argmax(axis=1)] - levels[(picks @ second).argmax(axis=1)]
    return Estimate(value, *quantiles(shifts, level), len(first))


class Parabola(NamedTuple):
    """A quadratic fit per replicate: slopes at the low and high end of the range, and where the pooled fit is highest."""

    slope_low: Estimate
    slope_high: Estimate
    tops: Floats  # where in the range the pooled fit is highest, then of every bootstrap sample


def parabola(x: Floats, y: Floats, replicate: Floats, ends: tuple[float, float], level: float = LEVEL) -> Parabola:
    """Fit ``y = a + b x + c x^2`` within replicates; ``ends`` is the range of ``x`` that is judged.

    Slopes of opposite sign at the ends are the test of Lind & Mehlum (2010); replicates are its units, since what happens
    within a run is not independent.
    """
    low, high = ends
    slopes, moments = [], []
    for r in np.unique(replicate):
        design = np.vander(x[replicate == r], 3, increasing=True)
        if len(design) < 4:
            raise AnalysisError(f"replicate {r:g} has {len(design)} observations; a quadratic needs 4 or more")
        squares, products = design.T @ design, design.T @ y[replicate == r]
        moments.append(np.column_stack([squares, products]))
        fitted = np.linalg.lstsq(design, y[replicate == r], rcond=None)[0]
        slopes.append(fitted[1] + 2.0 * fitted[2] * np.array([low, high]))
    per_replicate = np.array(slopes)
    tops = pooled_tops(np.array(moments), low, high)
    return Parabola(mean(per_replicate[:, 0], level), mean(per_replicate[:, 1], level), tops)


def pooled_tops(moments: Floats, low: float, high: float) -> Floats:
    """Return where in the range the quadratic through all replicates, then through bootstrap samples of them, is highest.

    ``moments`` (R, 3, 4) are the normal equations of every replicate. A parabola without a top in the range is highest at an end.
    """
    weights = np.vstack([np.full(len(moments), 1.0 / len(moments)), resampled_picks(len(moments))])
    pooled = np.tensordot(weights, moments, axes=1)
    fitted = np.linalg.solve(pooled[:, :, :3], pooled[:, :, 3:])[:, :, 0]
    slope, curvature = fitted[:, 1], fitted[:, 2]
    better_end = np.where(slope * (high - low) + curvature * (high**2 - low**2) > 0.0, high, low)
    tops: Floats = np.where(curvature < 0.0, np.clip(-slope / (2.0 * curvature), low, high), better_end)
    return tops
