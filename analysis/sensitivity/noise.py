"""How much of a measure's variance is chance: what differs between replicates at one point (law of total variance).

A run at point x with seed r gives y = f(x) + g(r) + h(x, r): the response, luck that all points share under common random numbers, and
luck of its own (with independent seeds all luck is h). The variance of a single run is Var f + Var g + Var h; the variance of means over R
replicates, between points, is Var f + Var h / R, because g moves all points alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri, stdtrit

from analysis.estimates import LEVEL, Estimate, Floats

NO_VALUE = float("nan")


class MeanSquares(NamedTuple):
    """Mean squares of points (P) by replicates (R): variance of the points' means, variance within points, and what is luck of their own."""

    between: Floats
    within: Floats
    own: Floats


class Noise(NamedTuple):
    """Shares of pure noise, from 0 to 1.

    Attributes:
        run: in the variance of single runs; ``n`` counts replicates.
        means: in the variance between points of the means over replicates.
        own: variance of luck of a point's own, Var h; what a mean over R replicates is off by is the root of ``own / R``.
        replicates: R.
    """

    run: Estimate
    means: Estimate
    own: float
    replicates: int


def compute_mean_squares(values: Floats) -> MeanSquares:
    """Return the mean squares of values (P, R)."""
    return _combine_sums([np.asarray(part.sum(axis=0)) for part in _sum_blocks(values[:, None, :])])


def _sum_blocks(blocks: Floats) -> tuple[Floats, ...]:
    """Return per block (B, K, R): number of points, sums of means and of their squares, of variances within points, and of values by replicate."""
    means = blocks.mean(axis=2)
    within = blocks.var(axis=2, ddof=1)
    return (
        np.full(len(blocks), float(blocks.shape[1])),
        means.sum(axis=1),
        (means**2).sum(axis=1),
        within.sum(axis=1),
        blocks.sum(axis=1),
    )


def _combine_sums(sums: Sequence[Floats]) -> MeanSquares:
    """Return mean squares from sums over blocks, in the order of ``_sums``; sums may be arrays of sums."""
    points, means, squares, within, by_replicate = sums
    between = (squares - means**2 / points) / (points - 1)
    shared = (by_replicate / points[..., None]).var(axis=-1, ddof=1)
    own = np.maximum((within / points - shared) * points / (points - 1), 0.0)
    return MeanSquares(between, within / points, own)


def _compute_shares(found: MeanSquares, seen: int, replicates: int) -> Floats:
    """Return the shares of noise in single runs and in means over so many replicates, from moments of which ``seen`` were seen; not cut off."""
    response, luck = found.between - found.own / seen, found.own / replicates
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array([found.within / (response + found.within), luck / (response + luck)])


def estimate_noise(values: Floats, common: bool) -> Noise:
    """Return the shares of noise with intervals.

    Args:
        values: a measure by block, point and replicate (B, K, R), complete; blocks were drawn independently.
        common: replicate r has the same seed at every point.

    Intervals: a jackknife over blocks. Under common random numbers R seeds are all the luck there is, and the interval counts them too: in the
    share of runs by the chi-square interval of what they share (normal luck; put together by MOVER, Zou & Donner 2008), in that of means by a
    jackknife over replicates, which takes 3. With one replicate nothing can be said: all NaN.
    """
    blocks, _, replicates = values.shape
    if replicates < 2:
        unknown = Estimate(NO_VALUE, NO_VALUE, NO_VALUE, replicates)
        return Noise(unknown, unknown, NO_VALUE, replicates)
    centred = values - values.mean()
    parts = _sum_blocks(centred)
    sums = [np.asarray(part.sum(axis=0)) for part in parts]
    found = _combine_sums(sums)
    shares = _compute_shares(found, replicates, replicates)
    without = _combine_sums([whole - part for whole, part in zip(sums, parts, strict=True)])
    variance = compute_jackknife_variance(_compute_shares(without, replicates, replicates).T)
    half = stdtrit(blocks - 1.0, (1 + LEVEL) / 2) * np.sqrt(variance)
    low, high = shares - half, shares + half
    if common:
        flat = centred.reshape(-1, replicates)
        low[0], high[0] = _compute_interval_with_seeds(found, shares[0], float(half[0]), flat)
        low[1], high[1] = shares[1] + np.array([-1, 1]) * _compute_half_width_of_means(
            float(variance[1]), blocks, flat
        )
    ends = zip(*(np.clip(part, 0, 1) for part in (shares, low, high)), strict=True)
    run, means = (
        Estimate(float(value), float(least), float(most), replicates) for value, least, most in ends
    )
    return Noise(run, means, float(found.own), replicates)


def _compute_interval_with_seeds(
    found: MeanSquares, share: float, half: float, values: Floats
) -> tuple[float, float]:
    """Return the interval of the share in runs, from its half-width over blocks and how well R seeds tell what they share, of values (P, R)."""
    replicates = values.shape[1]
    shared = float(values.mean(axis=0).var(ddof=1))
    response = float(found.between) - float(found.own) / replicates
    if response <= 0:
        return share - half, share + half
    quantiles = chdtri(replicates - 1, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])  # upper tail first
    within = float(found.within) - shared + (replicates - 1) * shared / quantiles
    low, high = within / (response + within)
    return share - float(np.hypot(share - low, half)), share + float(np.hypot(high - share, half))


def _compute_half_width_of_means(variance: float, blocks: int, values: Floats) -> float:
    """Return half the interval of the share in means: its variance over blocks and that over replicates, of values (P, R); NaN for two."""
    replicates = values.shape[1]
    if replicates < 3:
        return NO_VALUE
    fewer = [
        _compute_shares(
            compute_mean_squares(np.delete(values, r, axis=1)), replicates - 1, replicates
        )[1]
        for r in range(replicates)
    ]
    seeds = float(compute_jackknife_variance(np.array(fewer)))
    both = variance + seeds
    freedom = (
        both**2 / (variance**2 / (blocks - 1) + seeds**2 / (replicates - 1)) if both > 0 else 1.0
    )
    return float(stdtrit(freedom, (1 + LEVEL) / 2) * np.sqrt(both))


def compute_jackknife_variance(without: Floats) -> Floats:
    """Return the jackknife variance of an estimate from its values without one of N (N, ...)."""
    count = len(without)
    variance: Floats = (count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return variance


def format_noise_note(found: Noise, common: bool) -> str:
    """Say how much is noise, and how it is spread over points."""
    count = found.replicates
    if count < 2:
        return (
            "One replicate per point: how much of this is pure noise cannot be told; give"
            " replicates=2 or more."
        )
    shared = (
        "Replicate r has the same seed at every point, so the luck of a seed moves all points"
        " alike and cancels between them; what is left is how differently points take the same"
        f" luck, {format_percent(found.means)} of the variance between means of {count} replicates."
        if common
        else (
            f"Every run has a seed of its own; of the variance between means of {count} replicates"
            f" {format_percent(found.means)} is noise."
        )
    )
    few = (
        " Two common seeds are too few for an interval of the latter; three or more give one."
        if common and count == 2
        else ""
    )
    return (
        f"Pure noise is {format_percent(found.run)} of the variance of single runs. {shared}{few}"
    )


def format_percent(share: Estimate) -> str:
    """Return a share as percentage with its interval, if it has one."""
    interval = "" if np.isnan(share.low) else f" [{100 * share.low:.1f}, {100 * share.high:.1f}]"
    return f"{100 * share.value:.1f} %{interval}"
