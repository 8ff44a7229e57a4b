"""A measure by point and replicate, with gaps where runs failed, and its complete blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import Floats
from analysis.names import suggest_or_list

# Significant digits of a level: shares of a range may differ in the last bit between machines.
LEVEL_DIGITS = 12
MAX_LOST_SHARE = 0.5
SENSITIVITY_SEED = 1  # of bootstraps, samples and folds; SALib takes 0 for no seed


class CompleteBlocks(NamedTuple):
    """The blocks of a design of which no run failed.

    Attributes:
        values: a measure (B, K, R) in B blocks of K points, by replicate.
        complete: which of all blocks these are.
        total: number of all blocks.
    """

    values: Floats
    complete: np.ndarray
    total: int

    @property
    def lost(self) -> int:
        """Number of blocks that are left out."""
        return self.total - len(self.values)


def collect_responses(runs: pl.DataFrame, points: pl.DataFrame, measure: str) -> Floats:
    """Return a measure by point and replicate (P, R); NaN where a run is missing.

    Args:
        runs: a row per run that finished: factors, ``replicate``, measures.
        points: a row per point in the order of the design, a column per factor; points may repeat.
        measure: column of ``runs``.
    """
    check_measure(runs, measure, tuple(points.columns))
    factors = points.columns
    for column in (*factors, "replicate"):
        if column not in runs.columns:
            raise AnalysisError(
                f"the runs have no column {column}.{suggest_or_list(column, runs.columns)}"
            )
    design, levels = (normalise_factors(frame, points, runs) for frame in (points, runs))
    places = design.unique(maintain_order=True).with_row_index("place")
    at = design.join(places, on=factors, how="left", nulls_equal=True, maintain_order="left")[
        "place"
    ].to_numpy()
    placed = levels.with_columns(runs["replicate"], runs[measure].cast(pl.Float64).alias("value"))
    placed = placed.join(places, on=factors, nulls_equal=True).unique(
        ["place", "replicate"], maintain_order=True
    )
    if placed.is_empty():
        raise AnalysisError(
            "none of the design's points is among the runs, so these belong to another design; run"
            " the study again"
        )
    replicates = placed["replicate"].unique().sort()
    values = np.full((len(places), len(replicates)), np.nan)
    values[
        placed["place"].to_numpy(),
        np.searchsorted(replicates.to_numpy(), placed["replicate"].to_numpy()),
    ] = placed["value"].to_numpy()
    response: Floats = values[at]
    return response


def normalise_factors(
    frame: pl.DataFrame, points: pl.DataFrame, runs: pl.DataFrame
) -> pl.DataFrame:
    """Return the factors of a frame as two frames can compare them: rounded numbers, or text."""
    numbers = {
        name
        for name in points.columns
        if points[name].dtype.is_numeric() and runs[name].dtype.is_numeric()
    }
    columns = [
        (
            pl.col(name).cast(pl.Float64).round_sig_figs(LEVEL_DIGITS)
            if name in numbers
            else pl.col(name).cast(pl.String)
        )
        for name in points.columns
    ]
    try:
        return frame.select(columns)
    except pl.exceptions.PolarsError as error:
        raise AnalysisError(
            "a factor has levels that are neither numbers nor text; give them names, as scenarios"
            " in the study's file"
        ) from error


def check_measure(runs: pl.DataFrame, measure: str, factors: Sequence[str]) -> None:
    """Refuse a measure that is missing, has no value in some runs, or has one value in all."""
    keys = {*factors, "replicate", "seed", "run"}
    known = [name for name, kind in runs.schema.items() if name not in keys and kind.is_numeric()]
    if measure not in known:
        raise AnalysisError(
            f"{measure} is not a measure of these runs.{suggest_or_list(measure, known)}"
        )
    values = runs[measure].cast(pl.Float64).to_numpy()
    finite = np.isfinite(values)
    if not finite.all():
        raise AnalysisError(
            f"{measure} has no value in {int((~finite).sum())} of {values.size} runs, where it is"
            " not defined; choose a measure that every run has"
        )
    if values.size == 0 or values.min() == values.max():
        raise AnalysisError(
            f"{measure} is {f'{values[0]:g} in all runs' if values.size else 'in no run'}: there is"
            " nothing to explain"
        )


def select_complete_blocks(values: Floats, size: int, what: str, minimum: int) -> CompleteBlocks:
    """Return the blocks of ``size`` consecutive points that have all their runs.

    Args:
        values: a measure by point and replicate (P, R), NaN where a run is missing.
        size: points per block.
        what: name of the blocks, for the error.
        minimum: fewest blocks that the analysis needs.
    """
    if len(values) % size:
        raise AnalysisError(
            f"the design has {len(values)} points, which is no multiple of {size}: these are not"
            f" {what} of this study"
        )
    blocks = values.reshape(-1, size, values.shape[1])
    complete = np.asarray(np.isfinite(blocks).all(axis=(1, 2)))
    count = int(complete.sum())
    if count < MAX_LOST_SHARE * len(blocks):
        raise AnalysisError(
            f"failed runs leave {count} of {len(blocks)} {what} complete, fewer than half, which do"
            " not represent the design; see failures.parquet, fix the cause or narrow the factors,"
            " and resume with --retry-failed"
        )
    if count < minimum:
        raise AnalysisError(
            f"{count} {what} are too few; the analysis needs {minimum} or more, so raise the"
            " samples of the design"
        )
    return CompleteBlocks(blocks[complete], complete, len(blocks))


def format_left_out_blocks(blocks: CompleteBlocks, what: str) -> str:
    """Return how many blocks are left out because of failed runs, for a note."""
    if not blocks.lost:
        return ""
    return (
        f" {blocks.lost} of {blocks.total} {what} are left out because runs in them failed: the"
        " results hold only where the model does not fail."
    )
