"""Tests of an inverted U: does a response rise to a top inside the range and fall after it?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.errors import AnalysisError
from analysis.estimates import (
    LEVEL,
    Estimate,
    Floats,
    estimate_mean,
    estimate_paired_difference,
    sample_replicate_weights,
)


class InvertedU(NamedTuple):
    """Rise to a top inside the range and fall from it; an inverted U needs both above 0."""

    top: float
    rise: Estimate
    fall: Estimate


def split_halves(values: Floats) -> tuple[Floats, Floats]:
    """Return the replicates in two halves: one to pick the best level, one to test it.

    A level that is tested on the replicates it was picked from would raise false alarms.
    """
    if len(values) < 4:
        raise AnalysisError(
            f"picking a level and testing it need 4 replicates or more; there are {len(values)}"
        )
    return values[::2], values[1::2]


def find_best_level(values: Floats, first: int, last: int) -> int:
    """Return the position, from ``first`` to ``last``, of the level with the highest mean."""
    return first + int(values[:, first : last + 1].mean(axis=0).argmax())


def assess_inverted_u(levels: Floats, values: Floats, level: float = LEVEL) -> InvertedU:
    """Test an inverted U on replicates by level (R, L), paired by replicate; its top is inside."""
    if levels.size < 3:
        raise AnalysisError(f"an inverted U needs three levels or more; there are {levels.size}")
    picking, testing = split_halves(values)
    top = find_best_level(picking, 1, levels.size - 2)
    rise, fall = (
        estimate_paired_difference(testing[:, top], testing[:, end], level) for end in (0, -1)
    )
    return InvertedU(float(levels[top]), rise, fall)


def compare_tops(
    levels: Floats, first: Floats, second: Floats, level: float = LEVEL
) -> tuple[float, float, Estimate, Estimate]:
    """Return the tops of two sets of curves (R, L), and how much better each is at its own top."""
    a, b = (
        find_best_level(split_halves(values)[0], 0, levels.size - 1) for values in (first, second)
    )
    first_tested, second_tested = split_halves(first)[1], split_halves(second)[1]
    gain = estimate_paired_difference(first_tested[:, a], first_tested[:, b], level)
    return (
        float(levels[a]),
        float(levels[b]),
        gain,
        estimate_paired_difference(second_tested[:, b], second_tested[:, a], level),
    )


class Parabola(NamedTuple):
    """A quadratic fit per replicate: slopes at both ends of the range, and the tops.

    ``tops`` holds where in the range the pooled fit is highest, then that of every bootstrap
    sample.
    """

    slope_low: Estimate
    slope_high: Estimate
    tops: Floats


def fit_parabola(
    x: Floats, y: Floats, replicate: Floats, ends: tuple[float, float], level: float = LEVEL
) -> Parabola:
    """Fit ``y = a + b x + c x^2`` within replicates; ``ends`` is the range of ``x`` to judge.

    Slopes of opposite sign at the ends are the test of Lind & Mehlum (2010). Replicates are its
    units, since observations within a run are not independent.
    """
    low, high = ends
    slopes, moments = [], []
    for r in np.unique(replicate):
        design = np.vander(x[replicate == r], 3, increasing=True)
        if len(design) < 4:
            raise AnalysisError(
                f"replicate {r:g} has {len(design)} observations; a quadratic needs 4 or more"
            )
        squares, products = design.T @ design, design.T @ y[replicate == r]
        moments.append(np.column_stack([squares, products]))
        fitted = np.linalg.lstsq(design, y[replicate == r], rcond=None)[0]
        slopes.append(fitted[1] + 2.0 * fitted[2] * np.array([low, high]))
    per_replicate = np.array(slopes)
    tops = find_pooled_tops(np.array(moments), low, high)
    return Parabola(
        estimate_mean(per_replicate[:, 0], level), estimate_mean(per_replicate[:, 1], level), tops
    )


def find_pooled_tops(moments: Floats, low: float, high: float) -> Floats:
    """Return where in the range the pooled quadratic is highest: all replicates, then resamples.

    ``moments`` (R, 3, 4) are the normal equations of every replicate. A parabola without a top in
    the range is highest at an end.
    """
    weights = np.vstack(
        [np.full(len(moments), 1.0 / len(moments)), sample_replicate_weights(len(moments))]
    )
    pooled = np.tensordot(weights, moments, axes=1)
    fitted = np.linalg.solve(pooled[:, :, :3], pooled[:, :, 3:])[:, :, 0]
    slope, curvature = fitted[:, 1], fitted[:, 2]
    better_end = np.where(slope * (high - low) + curvature * (high**2 - low**2) > 0.0, high, low)
    tops: Floats = np.where(
        curvature < 0.0, np.clip(-slope / (2.0 * curvature), low, high), better_end
    )
    return tops
