"""Which of several forms is best where, and with what probability: bootstrap over replicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from analysis.cells import compute_replicate_means
from analysis.errors import AnalysisError
from analysis.estimates import Floats, sample_replicate_weights
from analysis.names import check_several_replicates

REGION_SCHEMA: dict[str, Any] = {
    "winner": pl.String,
    "value": pl.Float64,
    "probability": pl.Float64,
    "runner_up": pl.String,
    "lead": pl.Float64,
    "n": pl.Int64,
}


def best_by_region(runs: pl.DataFrame, cells: Sequence[str], by: str, measure: str) -> pl.DataFrame:
    """Find the level of a factor with the highest mean in every cell of a design.

    Args:
        runs: a row per run: factors, the measure and ``replicate``. All levels in a cell have the
            same replicates.
        cells: factors that span the map.
        by: factor whose levels compete.
        measure: column to compare; higher is better.

    Returns:
        A row per cell: its levels, ``winner`` (levels that are exactly equal: "a = b"), its mean
        ``value`` (units of the measure), ``probability`` (share of bootstrap samples of whole
        replicates in which it has the highest mean; ties are divided), ``runner_up``, the ``lead``
        over it, ``n`` (replicates).

    Raises:
        AnalysisError: a column or a run is missing, there is one replicate, or the measure does not
            vary.

    Source:
        Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 6.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs()
        >>> best = best_by_region(runs, ["imitation.rate"], "structure", "joint_value")
        >>> best["winner"].to_list(), best["probability"][0]
        (['alliance', 'hub', 'hub', 'alliance'], 1.0)
    """
    check_several_replicates(runs)
    averaged = compute_replicate_means(runs, [*cells, by], measure)
    names = [str(name) for name in runs[by].unique(maintain_order=True)]
    groups = averaged.group_by(cells, maintain_order=True)
    rows = [
        (
            *levels,
            *find_winner(
                *collect_competitors(part, by, measure, ", ".join(map(str, levels))), names
            ),
        )
        for levels, part in groups
    ]
    return pl.DataFrame(
        rows, schema={**{cell: runs.schema[cell] for cell in cells}, **REGION_SCHEMA}, orient="row"
    )


def collect_competitors(
    part: pl.DataFrame, by: str, measure: str, where: str
) -> tuple[list[str], Floats]:
    """Return the levels that compete in a cell, and the measure by replicate and level (R, L)."""
    names = [str(name) for name in part[by].unique(maintain_order=True)]
    wide = part.with_columns(pl.col(by).cast(pl.String)).pivot(
        on=by, index="replicate", values=measure
    )
    values = wide.select(names).to_numpy().astype(np.float64)
    if np.isnan(values).any():
        raise AnalysisError(
            f"{measure} is missing for some replicates of some {by} at {where}; levels are compared"
            " on the same replicates alone"
        )
    if len(names) < 2:
        raise AnalysisError(
            f"{by} has one level ({names[0]}) at {where}; there is nothing to compare"
        )
    return names, values


def find_winner(
    names: Sequence[str], values: Floats, order: Sequence[str]
) -> tuple[str, float, float, str, float, int]:
    """Return the winner, its mean and probability, the runner-up, the lead, and n."""
    means = values.mean(axis=0)
    best = float(means.max())
    winners = [name for name in order if name in names and means[list(names).index(name)] == best]
    resampled = sample_replicate_weights(len(values)) @ values
    highest = np.isclose(resampled, resampled.max(axis=1, keepdims=True), rtol=1e-12, atol=0.0)
    shares = (highest / highest.sum(axis=1, keepdims=True)).mean(axis=0)
    probability = sum(float(shares[list(names).index(name)]) for name in winners)
    others = [
        (float(means[place]), name) for place, name in enumerate(names) if name not in winners
    ]
    second, runner_up = max(others) if others else (best, "")
    return " = ".join(winners), best, probability, runner_up, best - second, len(values)
