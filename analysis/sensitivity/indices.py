"""Which factors matter: Sobol' indices and Morris' elementary effects of a stochastic model, by SALib, with intervals and the part of noise.

A sample in the unit cube comes with a measure by point and replicate (P, R), NaN where a run failed. The indices are those of the mean over
replicates, which still holds luck: noise makes first indices too small and total indices too large. Beside SALib's figures stand those of
the response alone. They use that the square of a mean difference is too large by its sampling variance, which replicates tell
(paired by replicate, so it holds with common random numbers and without).
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
from analysis.sensitivity.responses import format_left_out_blocks, select_complete_blocks

Problem = dict[str, Any]
BLOCKS, TRAJECTORIES = "blocks of the Saltelli sample", "trajectories"
MIN_BLOCKS, MIN_TRAJECTORIES = 8, 4
INDICES_SEED = 1  # of the bootstrap; SALib takes 0 for no seed
RESAMPLED_NUMBERS = 500_000  # per index, between 100 and 1000 resamples: large samples take neither memory nor minutes


class SobolIndices(NamedTuple):
    """Sobol' indices of the mean over replicates.

    Attributes:
        factors: a row per factor or group: ``first`` and ``total`` by SALib with ``_low`` and ``_high``; the same of the response alone, noise
            taken out, as ``first_response`` and ``total_response`` (null with one replicate).
        pairs: a row per pair: ``second`` with its interval; None without second order.
        noise: shares of pure noise.
        note: what was left out.
    """

    factors: pl.DataFrame
    pairs: pl.DataFrame | None
    noise: Noise
    note: str


class ElementaryEffects(NamedTuple):
    """Morris' elementary effects of the mean over replicates.

    Attributes:
        factors: a row per factor or group: ``mu``, ``mu_star`` and ``sigma`` with ``_low`` and ``_high``, and ``mu_star_noise``, what mu* would be
            of a factor that does nothing (null with one replicate). Groups have no mu and sigma: their factors move in opposite directions.
        noise: shares of pure noise.
        note: what was left out.
    """

    factors: pl.DataFrame
    noise: Noise
    note: str


def list_groups(problem: Problem) -> list[str]:
    """Return what is compared: the groups of a problem in SALib's order, or its factors."""
    return (
        list(dict.fromkeys(problem["groups"])) if problem.get("groups") else list(problem["names"])
    )


def sobol_indices(
    problem: Problem, values: Floats, second_order: bool, common: bool
) -> SobolIndices:
    """Return Sobol' indices from Saltelli's sample.

    Args:
        problem: SALib's problem; with groups, indices are those of groups.
        values: a measure by point and replicate (P, R), points in SALib's order; NaN where a run failed.
        second_order: the sample is one for pairs too.
        common: replicate r has the same seed at every point.
    """
    from SALib.analyze import sobol

    names = list_groups(problem)
    whole = select_complete_blocks(values, len(names) * (1 + second_order) + 2, BLOCKS, MIN_BLOCKS)
    blocks = whole.values
    means = blocks.mean(axis=2)
    if np.ptp(means[:, [0, -1]]) == 0:
        raise AnalysisError(
            "the mean is the same at all independent points of the sample: there is no variance to"
            " share out"
        )
    resamples = int(np.clip(RESAMPLED_NUMBERS // len(blocks), 100, 1000))
    found = sobol.analyze(
        problem,
        means.ravel(),
        calc_second_order=second_order,
        num_resamples=resamples,
        conf_level=LEVEL,
        seed=INDICES_SEED,
    )
    columns: dict[str, Any] = {"factor": names}
    for ours, theirs in (("first", "S1"), ("total", "ST")):
        columns |= make_interval_columns(ours, found[theirs], found[f"{theirs}_conf"])
    columns |= compute_response_indices(
        blocks[:, 0], blocks[:, 1 : len(names) + 1], blocks[:, -1], resamples
    )
    pairs = None
    if second_order:
        above = list(combinations(range(len(names)), 2))
        second, half = (np.array([found[key][pair] for pair in above]) for key in ("S2", "S2_conf"))
        pairs = pl.DataFrame(
            {"factor": [names[i] for i, _ in above], "with": [names[j] for _, j in above]}
            | make_interval_columns("second", second, half)
        )
    return SobolIndices(
        pl.DataFrame(columns),
        pairs,
        estimate_noise(blocks[:, [0, -1]], common),
        format_left_out_blocks(whole, BLOCKS),
    )


def make_interval_columns(name: str, value: Floats, half: Floats) -> dict[str, Floats]:
    """Return three columns: a value and the ends of its interval."""
    return {name: value, f"{name}_low": value - half, f"{name}_high": value + half}


def compute_response_indices(a: Floats, ab: Floats, b: Floats, resamples: int) -> dict[str, Any]:
    """Return first and total indices of the response alone, with bootstrap percentile intervals over blocks.

    Args:
        a: the measure at the first points of the blocks, by replicate (N, R).
        ab: at the points between, by block, factor and replicate (N, D, R).
        b: at the last points of the blocks.
        resamples: how many.

    Null with one replicate, and when the variance of the response cannot be told from 0. Estimators: Saltelli et al. (2010), table 2 (b) and (f),
    with the sampling (co)variance over replicates taken from every product and square.
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
    shared_luck = (last * moved).sum(axis=2) / (replicates - 1) / replicates
    first = b.mean(axis=1)[:, None] * moved.mean(axis=2) - shared_luck
    total = 0.5 * (moved.mean(axis=2) ** 2 - moved.var(axis=2, ddof=1) / replicates)
    weights = np.vstack(
        [
            np.full((1, blocks), 1 / blocks),
            sample_replicate_weights(blocks, resamples, INDICES_SEED),
        ]
    )
    variance = compute_response_variance(np.stack([a, b], axis=1), weights)
    told = variance > 0
    if not told[0] or told.mean() < (1 + LEVEL) / 2:
        return nothing
    columns: dict[str, Any] = {}
    for index, parts in (("first", first), ("total", total)):
        drawn = (weights @ parts)[told] / variance[told, None]
        low, high = np.quantile(drawn[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        columns |= {
            f"{index}_response": drawn[0],
            f"{index}_response_low": low,
            f"{index}_response_high": high,
        }
    return columns


def compute_response_variance(values: Floats, weights: Floats) -> Floats:
    """Return the variance between points without that of luck, of values by block, point and replicate (N, 2, R), per row of weights."""
    means = values.mean(axis=2)
    between = weights @ (means**2).mean(axis=1) - (weights @ means.mean(axis=1)) ** 2
    within = weights @ values.var(axis=2, ddof=1).mean(axis=1)
    shared = (weights @ values.mean(axis=1)).var(axis=1, ddof=1)
    variance: Floats = between - np.maximum(within - shared, 0.0) / values.shape[2]
    return variance


def elementary_effects(
    problem: Problem, unit: Floats, values: Floats, levels: int, common: bool
) -> ElementaryEffects:
    """Return Morris' measures from trajectories.

    Args:
        problem: SALib's problem; with groups, measures are those of groups.
        unit: the sample (P, D).
        values: a measure by point and replicate (P, R), points in the sample's order; NaN where a run failed.
        levels: of the sample's grid.
        common: replicate r has the same seed at every point.

    Intervals count trajectories: Student's for mu and mu*, a jackknife of the logarithm for sigma.
    """
    from SALib.analyze import morris

    names = list_groups(problem)
    size = len(names) + 1
    whole = select_complete_blocks(values, size, TRAJECTORIES, MIN_TRAJECTORIES)
    sample = unit.reshape(-1, size, unit.shape[1])[whole.kept]
    found = morris.analyze(
        dict(problem),
        sample.reshape(-1, unit.shape[1]),
        whole.values.mean(axis=2).ravel(),
        conf_level=LEVEL,
        num_levels=levels,
        seed=INDICES_SEED,
    )
    place = {name: row for row, name in enumerate(found["names"])}
    picked = {
        key: np.array([float(np.ma.filled(found[key], np.nan)[place[name]]) for name in names])
        for key in ("mu", "mu_star", "sigma")
    }
    effects = compute_effects_by_trajectory(problem, sample, whole.values, levels)
    columns: dict[str, Any] = {"factor": names}
    single = np.array([list(problem.get("groups") or names).count(name) == 1 for name in names])
    centre = effects.mean(axis=2)
    for key, of in (("mu", centre), ("mu_star", np.abs(centre))):
        ends = [estimate_mean(of[:, column]) for column in range(len(names))]
        columns |= {
            key: picked[key],
            f"{key}_low": [e.low for e in ends],
            f"{key}_high": [e.high for e in ends],
        }
    columns |= compute_sigma_interval(centre)
    columns["sigma"] = picked["sigma"]
    columns["mu_star_noise"] = compute_noise_floor(effects)
    table = pl.DataFrame(columns, nan_to_null=True)
    of_one = [
        name
        for name in table.columns
        if name.startswith(("mu_low", "mu_high", "sigma")) or name == "mu"
    ]
    table = table.with_columns(
        pl.when(pl.Series(single)).then(pl.col(name)).alias(name) for name in of_one
    )
    return ElementaryEffects(
        table, estimate_noise(whole.values, common), format_left_out_blocks(whole, TRAJECTORIES)
    )


def compute_effects_by_trajectory(
    problem: Problem, sample: Floats, values: Floats, levels: int
) -> Floats:
    """Return elementary effects by trajectory, group and replicate (T, G, R): the rise of the measure per unit of the factor.

    SALib keeps its own to itself; these have the same means (tested). A group's factors move in directions of their own, so only the size of its
    effects means something.
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
    """Return the interval of the standard deviation of effects (T, G), from a jackknife of its logarithm over trajectories."""
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
    """Return what mu* would be of a factor that does nothing: the mean size of normal luck in the mean over replicates of effects (T, G, R)."""
    replicates = effects.shape[2]
    if replicates < 2:
        return np.full(effects.shape[1], np.nan)
    level: Floats = np.sqrt(2 / np.pi * effects.var(axis=2, ddof=1).mean(axis=0) / replicates)
    return level
