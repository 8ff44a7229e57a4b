"""How much of a measure's variance is noise: what differs between replicates at one point.

A run at point x with seed r gives y = f(x) + g(r) + h(x, r): the response, noise that all points
share under common random numbers, and noise specific to the point (with independent seeds all noise
is h). By the law of total variance, the variance of a single run is Var f + Var g + Var h. The
variance of means over R replicates, between points, is Var f + Var h / R, because g moves all
points alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri, stdtrit

from analysis.estimates import LEVEL, Estimate, Floats

NO_VALUE = float("nan")


class MeanSquares(NamedTuple):
    """Mean squares of points (P) by replicates (R).

    Attributes:
        between: variance of the means of points.
        within: variance within points.
        specific: variance of the noise that is specific to a point.
    """

    between: Floats
    within: Floats
    specific: Floats


class Noise(NamedTuple):
    """Shares of pure noise, from 0 to 1.

    Attributes:
        run: in the variance of single runs; ``n`` counts replicates.
        means: in the variance between points of the means over replicates.
        specific: variance of the noise that is specific to a point, Var h (squared units of the
            measure); the standard error of a mean over R replicates is the root of ``specific /
            R``.
        replicates: R.
    """

    run: Estimate
    means: Estimate
    specific: float
    replicates: int


def compute_mean_squares(values: Floats) -> MeanSquares:
    """Return the mean squares of values (P, R)."""
    return _combine_sums([np.asarray(part.sum(axis=0)) for part in _sum_blocks(values[:, None, :])])


def _sum_blocks(blocks: Floats) -> tuple[Floats, ...]:
    """Return sums per block of values (B, K, R).

    They are the number of points, the sums of means, of their squares and of variances within
    points, and the sums of values by replicate.
    """
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
    """Return mean squares from sums over blocks, as ``_sum_blocks`` orders them."""
    points, means, squares, within, by_replicate = sums
    between = (squares - means**2 / points) / (points - 1)
    shared = (by_replicate / points[..., None]).var(axis=-1, ddof=1)
    specific = np.maximum((within / points - shared) * points / (points - 1), 0.0)
    return MeanSquares(between, within / points, specific)


def _compute_shares(squares: MeanSquares, observed: int, replicates: int) -> Floats:
    """Return the shares of noise in single runs and in means over ``replicates``, not clipped.

    The mean squares are of ``observed`` replicates.
    """
    response, noise = squares.between - squares.specific / observed, squares.specific / replicates
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array([squares.within / (response + squares.within), noise / (response + noise)])


def estimate_noise(values: Floats, common: bool) -> Noise:
    """Estimate the share of noise in the variance of a measure.

    Args:
        values: a measure by block, point and replicate (B, K, R), complete; blocks are independent
            samples, K is 1 for a sample of points.
        common: whether replicate r has the same seed at every point (common random numbers).

    Returns:
        The shares in single runs and in means over the R replicates, 0 to 1, with 95 % intervals;
        all NaN with one replicate. Intervals are a jackknife over blocks. Under common random
        numbers they also count the R seeds: for single runs by the chi-square interval of the
        shared noise, for means by a jackknife over replicates (three or more).

    Source:
        Law of total variance; Efron & Stein (1981), Annals of Statistics 9 (jackknife); Zou &
        Donner (2008), Statistics in Medicine 27 (MOVER, which combines both intervals).

    Example:
        >>> response = np.linspace(0.0, 1.0, 20)[:, None, None]
        >>> noise = np.array([0.1, -0.1, 0.0]) * (-1.0) ** np.arange(20)[:, None, None]
        >>> share = estimate_noise(response + noise, common=False).run
        >>> round(share.value, 3), round(share.low, 3), round(share.high, 3)
        (0.097, 0.054, 0.139)
    """
    blocks, _, replicates = values.shape
    if replicates < 2:
        unknown = Estimate(NO_VALUE, NO_VALUE, NO_VALUE, replicates)
        return Noise(unknown, unknown, NO_VALUE, replicates)
    centred = values - values.mean()
    parts = _sum_blocks(centred)
    sums = [np.asarray(part.sum(axis=0)) for part in parts]
    squares = _combine_sums(sums)
    shares = _compute_shares(squares, replicates, replicates)
    without = _combine_sums([whole - part for whole, part in zip(sums, parts, strict=True)])
    variance = compute_jackknife_variance(_compute_shares(without, replicates, replicates).T)
    half = stdtrit(blocks - 1.0, (1 + LEVEL) / 2) * np.sqrt(variance)
    low, high = shares - half, shares + half
    if common:
        flat = centred.reshape(-1, replicates)
        low[0], high[0] = _compute_interval_with_seeds(squares, shares[0], float(half[0]), flat)
        low[1], high[1] = shares[1] + np.array([-1, 1]) * _compute_half_width_of_means(
            float(variance[1]), blocks, flat
        )
    ends = zip(*(np.clip(part, 0, 1) for part in (shares, low, high)), strict=True)
    run, means = (
        Estimate(float(value), float(least), float(most), replicates) for value, least, most in ends
    )
    return Noise(run, means, float(squares.specific), replicates)


def _compute_interval_with_seeds(
    squares: MeanSquares, share: float, half: float, values: Floats
) -> tuple[float, float]:
    """Return the interval of the share in runs of values (P, R), over blocks and seeds.

    ``half`` is its half-width over blocks.
    """
    replicates = values.shape[1]
    shared = float(values.mean(axis=0).var(ddof=1))
    response = float(squares.between) - float(squares.specific) / replicates
    if response <= 0:
        return share - half, share + half
    quantiles = chdtri(replicates - 1, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])  # upper tail first
    within = float(squares.within) - shared + (replicates - 1) * shared / quantiles
    low, high = within / (response + within)
    return share - float(np.hypot(share - low, half)), share + float(np.hypot(high - share, half))


def _compute_half_width_of_means(variance: float, blocks: int, values: Floats) -> float:
    """Return half the interval of the share in means of values (P, R); NaN for two replicates.

    It adds the variance over blocks and that over replicates.
    """
    replicates = values.shape[1]
    if replicates < 3:
        return NO_VALUE
    without_one = [
        _compute_shares(
            compute_mean_squares(np.delete(values, r, axis=1)), replicates - 1, replicates
        )[1]
        for r in range(replicates)
    ]
    seeds = float(compute_jackknife_variance(np.array(without_one)))
    both = variance + seeds
    freedom = (
        both**2 / (variance**2 / (blocks - 1) + seeds**2 / (replicates - 1)) if both > 0 else 1.0
    )
    return float(stdtrit(freedom, (1 + LEVEL) / 2) * np.sqrt(both))


def compute_jackknife_variance(without: Floats) -> Floats:
    """Return the jackknife variance of an estimate from its values without one unit (N, ...)."""
    count = len(without)
    variance: Floats = (count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return variance


def format_noise_note(noise: Noise, common: bool) -> str:
    """Return how much is noise, and how much of it remains in means, for a note."""
    count = noise.replicates
    if count < 2:
        return (
            "One replicate per point: the share of noise is unknown; run the study with"
            " replicates=2 or more."
        )
    shared = (
        "Replicate r has the same seed at every point (common random numbers), so the noise that"
        " all points share cancels between them; the noise specific to a point remains,"
        f" {format_percent(noise.means)} of the variance between means of {count} replicates."
        if common
        else (
            f"Every run has a seed of its own; of the variance between means of {count} replicates"
            f" {format_percent(noise.means)} is noise."
        )
    )
    few = (
        " Two common seeds are too few for an interval of the latter; three or more give one."
        if common and count == 2
        else ""
    )
    return (
        f"Pure noise is {format_percent(noise.run)} of the variance of single runs. {shared}{few}"
    )


def format_percent(share: Estimate) -> str:
    """Return a share as a percentage, with its interval if it has one."""
    interval = "" if np.isnan(share.low) else f" [{100 * share.low:.1f}, {100 * share.high:.1f}]"
    return f"{100 * share.value:.1f} %{interval}"
