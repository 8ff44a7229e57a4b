"""Which factors matter: Sobol' indices and Morris' elementary effects of a stochastic model.

A sample in the unit cube comes with a measure by point and replicate (P, R), NaN where a run
failed. SALib gives the indices of the mean over replicates, which still holds noise: it makes first
indices too small and total indices too large. The indices of the response alone come beside them.
They use that the square of a mean difference is too large by its sampling variance, which the
replicates estimate (paired by replicate, so with common random numbers and without).
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.special import stdtrit

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Floats, estimate_mean, sample_replicate_weights
from analysis.sensitivity.noise import Noise, compute_jackknife_variance, estimate_noise
from analysis.sensitivity.responses import (
    SENSITIVITY_SEED,
    format_left_out_blocks,
    select_complete_blocks,
)

Problem = dict[str, Any]
BLOCKS, TRAJECTORIES = "blocks of the Saltelli sample", "trajectories"
MIN_BLOCKS, MIN_TRAJECTORIES = 8, 4
SIGNED_COLUMNS = ("mu", "mu_low", "mu_high", "sigma", "sigma_low", "sigma_high")  # not of groups
# Per index, within 100 to 1000 resamples: large samples take neither memory nor minutes.
RESAMPLED_NUMBERS = 500_000


class SobolIndices(NamedTuple):
    """Sobol' indices of the mean over replicates.

    Attributes:
        factors: a row per factor or group: ``first`` and ``total`` by SALib with ``_low`` and
            ``_high``; ``first_response`` and ``total_response`` are those of the response alone,
            without noise (null with one replicate).
        pairs: a row per pair: ``second`` with its interval; None without second order.
        noise: shares of pure noise.
        note: what is left out.
    """

    factors: pl.DataFrame
    pairs: pl.DataFrame | None
    noise: Noise
    note: str


class ElementaryEffects(NamedTuple):
    """Morris' elementary effects of the mean over replicates.

    Attributes:
        factors: a row per factor or group: ``mu``, ``mu_star`` and ``sigma`` with ``_low`` and
            ``_high``, and ``mu_star_noise``, mu* of a factor without effect (null with one
            replicate). Groups have no mu and sigma: their factors move in opposite directions.
        noise: shares of pure noise.
        note: what is left out.
    """

    factors: pl.DataFrame
    noise: Noise
    note: str


def list_groups(problem: Problem) -> list[str]:
    """Return the groups of a problem in SALib's order, or its factors if it has no groups."""
    return (
        list(dict.fromkeys(problem["groups"])) if problem.get("groups") else list(problem["names"])
    )


def sobol_indices(
    problem: Problem, values: Floats, second_order: bool, common: bool
) -> SobolIndices:
    """Estimate Sobol' indices from a Saltelli sample.

    Args:
        problem: SALib's problem; with groups, indices are those of groups.
        values: a measure by point and replicate (P, R), points in SALib's order; NaN where a run
            failed.
        second_order: whether the sample is one for pairs too.
        common: whether replicate r has the same seed at every point (common random numbers).

    Returns:
        ``SobolIndices``: shares of the variance between points with 95 % bootstrap intervals over
        blocks, and the share of noise.

    Raises:
        AnalysisError: the measure does not vary, or failed runs leave too few blocks.

    Source:
        Saltelli et al. (2010), Computer Physics Communications 181, table 2 (b) and (f); by SALib.

    Example:
        >>> from SALib.sample import sobol as saltelli
        >>> problem = {"num_vars": 2, "names": ["rate", "trust"], "bounds": [[0, 1]] * 2}
        >>> unit = saltelli.sample(problem, 64, calc_second_order=False, seed=1)
        >>> values = unit[:, [0]] + 2 * unit[:, [1]]  # one replicate
        >>> indices = sobol_indices(problem, values, second_order=False, common=True)
        >>> indices.factors.select("factor", pl.col("total").round(1)).rows()
        [('rate', 0.2), ('trust', 0.8)]
    """
    names = list_groups(problem)
    size = len(names) * (1 + second_order) + 2
    complete = select_complete_blocks(values, size, BLOCKS, MIN_BLOCKS)
    blocks = complete.values
    if np.ptp(blocks[:, [0, -1]].mean(axis=2)) == 0:
        raise AnalysisError(
            "the mean is the same at all independent points of the sample: there is no variance to"
            " divide; widen the factors or choose another measure"
        )
    resamples = int(np.clip(RESAMPLED_NUMBERS // len(blocks), 100, 1000))
    columns, pairs = compute_mean_indices(problem, blocks, second_order, resamples)
    columns |= compute_response_indices(
        blocks[:, 0], blocks[:, 1 : len(names) + 1], blocks[:, -1], resamples
    )
    return SobolIndices(
        pl.DataFrame(columns),
        pairs,
        estimate_noise(blocks[:, [0, -1]], common),
        format_left_out_blocks(complete, BLOCKS),
    )


def compute_mean_indices(
    problem: Problem, blocks: Floats, second_order: bool, resamples: int
) -> tuple[dict[str, Any], pl.DataFrame | None]:
    """Return SALib's indices of the mean over replicates as columns, and those of pairs."""
    from SALib.analyze import sobol

    names = list_groups(problem)
    indices = sobol.analyze(
        problem,
        blocks.mean(axis=2).ravel(),
        calc_second_order=second_order,
        num_resamples=resamples,
        conf_level=LEVEL,
        seed=SENSITIVITY_SEED,
    )
    columns: dict[str, Any] = {"factor": names}
    for ours, theirs in (("first", "S1"), ("total", "ST")):
        columns |= make_interval_columns(ours, indices[theirs], indices[f"{theirs}_conf"])
    if not second_order:
        return columns, None
    above = list(combinations(range(len(names)), 2))
    second, half = (np.array([indices[key][pair] for pair in above]) for key in ("S2", "S2_conf"))
    pairs = pl.DataFrame(
        {"factor": [names[i] for i, _ in above], "with": [names[j] for _, j in above]}
        | make_interval_columns("second", second, half)
    )
    return columns, pairs


def make_interval_columns(name: str, value: Floats, half: Floats) -> dict[str, Floats]:
    """Return three columns: a value and the ends of its interval."""
    return {name: value, f"{name}_low": value - half, f"{name}_high": value + half}


def compute_response_indices(a: Floats, ab: Floats, b: Floats, resamples: int) -> dict[str, Any]:
    """Return first and total indices of the response alone, with bootstrap percentile intervals.

    Args:
        a: the measure at the first points of the blocks, by replicate (N, R).
        ab: at the points between, by block, factor and replicate (N, D, R).
        b: at the last points of the blocks.
        resamples: number of resamples of blocks.

    They are null with one replicate, and when the variance of the response cannot be distinguished
    from 0. Estimators: Saltelli et al. (2010), table 2 (b) and (f), with the sampling (co)variance
    over replicates subtracted from every product and square.
    """
    blocks, factors, replicates = ab.shape
    names = [
        f"{index}_response{end}" for index in ("first", "total") for end in ("", "_low", "_high")
    ]
    nothing = {name: pl.Series([None] * factors, dtype=pl.Float64) for name in names}
    if replicates < 2:
        return nothing
    a, ab, b = (part - ab.mean() for part in (a, ab, b))
    moved, last = ab - a[:, None], b[:, None] - b[:, None].mean(axis=2, keepdims=True)
    shared_noise = (last * moved).sum(axis=2) / (replicates - 1) / replicates
    first = b.mean(axis=1)[:, None] * moved.mean(axis=2) - shared_noise
    total = 0.5 * (moved.mean(axis=2) ** 2 - moved.var(axis=2, ddof=1) / replicates)
    weights = np.vstack(
        [
            np.full((1, blocks), 1 / blocks),
            sample_replicate_weights(blocks, resamples, SENSITIVITY_SEED),
        ]
    )
    variance = compute_response_variance(np.stack([a, b], axis=1), weights)
    positive = variance > 0
    if not positive[0] or positive.mean() < (1 + LEVEL) / 2:
        return nothing
    columns: dict[str, Any] = {}
    for index, parts in (("first", first), ("total", total)):
        resampled = (weights @ parts)[positive] / variance[positive, None]
        low, high = np.quantile(resampled[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        columns |= {
            f"{index}_response": resampled[0],
            f"{index}_response_low": low,
            f"{index}_response_high": high,
        }
    return columns


def compute_response_variance(values: Floats, weights: Floats) -> Floats:
    """Return the variance between points without noise, per row of weights.

    Values are by block, point and replicate (N, 2, R).
    """
    means = values.mean(axis=2)
    between = weights @ (means**2).mean(axis=1) - (weights @ means.mean(axis=1)) ** 2
    within = weights @ values.var(axis=2, ddof=1).mean(axis=1)
    shared = (weights @ values.mean(axis=1)).var(axis=1, ddof=1)
    variance: Floats = between - np.maximum(within - shared, 0.0) / values.shape[2]
    return variance


def elementary_effects(
    problem: Problem, unit: Floats, values: Floats, levels: int, common: bool
) -> ElementaryEffects:
    """Estimate Morris' measures from trajectories.

    Args:
        problem: SALib's problem; with groups, measures are those of groups.
        unit: the sample in the unit cube (P, D).
        values: a measure by point and replicate (P, R), points in the sample's order; NaN where a
            run failed.
        levels: number of levels of the sample's grid.
        common: whether replicate r has the same seed at every point (common random numbers).

    Returns:
        ``ElementaryEffects``, in units of the measure per range of the factor, with 95 % intervals
        over trajectories: Student's for mu and mu*, a jackknife of the logarithm for sigma.

    Raises:
        AnalysisError: failed runs leave too few trajectories.

    Source:
        Morris (1991), Technometrics 33; mu*: Campolongo et al. (2007), Environmental Modelling &
        Software 22; by SALib.

    Example:
        >>> from SALib.sample import morris
        >>> problem = {"num_vars": 2, "names": ["rate", "trust"], "bounds": [[0, 1]] * 2}
        >>> unit = morris.sample(problem, 8, num_levels=4, seed=1)
        >>> values = 3 * unit[:, [0]] - unit[:, [1]]  # one replicate
        >>> effects = elementary_effects(problem, unit, values, levels=4, common=True)
        >>> effects.factors.select("factor", pl.col("mu", "mu_star").round(1)).rows()
        [('rate', 3.0, 3.0), ('trust', -1.0, 1.0)]
    """
    names = list_groups(problem)
    size = len(names) + 1
    complete = select_complete_blocks(values, size, TRAJECTORIES, MIN_TRAJECTORIES)
    sample = unit.reshape(-1, size, unit.shape[1])[complete.complete]
    measures = compute_morris_measures(problem, sample, complete.values, levels)
    effects = compute_effects_by_trajectory(problem, sample, complete.values, levels)
    columns = {"factor": names, **make_effects_columns(measures, effects)}
    table = pl.DataFrame(columns, nan_to_null=True)
    single = [list(problem.get("groups") or names).count(name) == 1 for name in names]
    signed = [name for name in table.columns if name in SIGNED_COLUMNS]
    table = table.with_columns(
        pl.when(pl.Series(single)).then(pl.col(name)).alias(name) for name in signed
    )
    noise = estimate_noise(complete.values, common)
    return ElementaryEffects(table, noise, format_left_out_blocks(complete, TRAJECTORIES))


def compute_morris_measures(
    problem: Problem, sample: Floats, values: Floats, levels: int
) -> dict[str, Floats]:
    """Return SALib's mu, mu* and sigma of the mean over replicates, in the order of groups."""
    from SALib.analyze import morris

    measures = morris.analyze(
        dict(problem),
        sample.reshape(-1, sample.shape[2]),
        values.mean(axis=2).ravel(),
        conf_level=LEVEL,
        num_levels=levels,
        seed=SENSITIVITY_SEED,
    )
    place = {name: row for row, name in enumerate(measures["names"])}
    return {
        key: np.array(
            [
                float(np.ma.filled(measures[key], np.nan)[place[name]])
                for name in list_groups(problem)
            ]
        )
        for key in ("mu", "mu_star", "sigma")
    }


def make_effects_columns(measures: dict[str, Floats], effects: Floats) -> dict[str, Any]:
    """Return Morris' measures with their intervals from effects (T, G, R), as columns."""
    columns: dict[str, Any] = {}
    centre = effects.mean(axis=2)
    for key, of in (("mu", centre), ("mu_star", np.abs(centre))):
        ends = [estimate_mean(column) for column in of.T]
        columns |= {
            key: measures[key],
            f"{key}_low": [end.low for end in ends],
            f"{key}_high": [end.high for end in ends],
        }
    columns |= compute_sigma_interval(centre)
    columns["sigma"] = measures["sigma"]
    columns["mu_star_noise"] = compute_noise_floor(effects)
    return columns


def compute_effects_by_trajectory(
    problem: Problem, sample: Floats, values: Floats, levels: int
) -> Floats:
    """Return elementary effects by trajectory, group and replicate (T, G, R).

    They are the rise of the measure per unit of the factor. SALib does not return its effects;
    these have the same means (tested). The factors of a group move in different directions, so only
    the size of its effects has a meaning.
    """
    names = list_groups(problem)
    member_of = np.array([names.index(name) for name in problem.get("groups") or problem["names"]])
    steps = np.diff(sample, axis=1)
    moving = np.abs(steps).argmax(axis=2)  # a factor that moves in the step
    direction = np.sign(np.take_along_axis(steps, moving[:, :, None], axis=2))
    delta = levels / (2 * (levels - 1))
    effects = np.empty((len(sample), len(names), values.shape[2]))
    effects[np.arange(len(sample))[:, None], member_of[moving]] = (
        np.diff(values, axis=1) * direction / delta
    )
    return effects


def compute_sigma_interval(effects: Floats) -> dict[str, Floats]:
    """Return the interval of the standard deviation of effects (T, G).

    It is from a jackknife of its logarithm over trajectories.
    """
    count = len(effects)
    without = np.array(
        [np.delete(effects, row, axis=0).std(axis=0, ddof=1) for row in range(count)]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(without)
        half = stdtrit(count - 1, (1 + LEVEL) / 2) * np.sqrt(compute_jackknife_variance(logs))
        spread = effects.std(axis=0, ddof=1)
        return {
            "sigma": spread,
            "sigma_low": spread * np.exp(-half),
            "sigma_high": spread * np.exp(half),
        }


def compute_noise_floor(effects: Floats) -> Floats:
    """Return mu* of a factor without effect: the mean size of normal noise in effects (T, G, R)."""
    replicates = effects.shape[2]
    if replicates < 2:
        return np.full(effects.shape[1], np.nan)
    floor: Floats = np.sqrt(2 / np.pi * effects.var(axis=2, ddof=1).mean(axis=0) / replicates)
    return floor
