"""A measure at every point of a design, by replicate, with gaps where runs failed; and the whole blocks among the points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import Floats
from analysis.names import suggest_or_list

LEVEL_DIGITS = 12  # significant digits of a level: shares of a range may differ in the last bit from machine to machine
MAX_LOST_SHARE = 0.5


class CompleteBlocks(NamedTuple):
    """The blocks of a design of which no run failed: values (B, K, R) of B blocks of K points, which blocks, and how many there were."""

    values: Floats
    kept: np.ndarray
    total: int

    @property
    def lost(self) -> int:
        """How many blocks were left out."""
        return self.total - len(self.values)


def collect_responses(runs: pl.DataFrame, points: pl.DataFrame, measure: str) -> Floats:
    """Return a measure by point and replicate (P, R); NaN where a run is missing.

    Args:
        runs: a row per run that finished: factors, ``replicate``, measures.
        points: a row per point in the order of the design, a column per factor; points may stand there twice.
        measure: column of ``runs``.
    """
    check_measure(runs, measure, tuple(points.columns))
    factors = points.columns
    for column in (*factors, "replicate"):
        if column not in runs.columns:
            raise AnalysisError(
                f"the runs have no column {column}.{suggest_or_list(column, runs.columns)}"
            )
    alike = [normalise_factors(frame, points, runs) for frame in (points, runs)]
    places = alike[0].unique(maintain_order=True).with_row_index("place")
    at = (
        alike[0]
        .join(places, on=factors, how="left", nulls_equal=True, maintain_order="left")["place"]
        .to_numpy()
    )
    found = alike[1].with_columns(runs["replicate"], runs[measure].cast(pl.Float64).alias("value"))
    found = found.join(places, on=factors, nulls_equal=True).unique(
        ["place", "replicate"], maintain_order=True
    )
    if found.is_empty():
        raise AnalysisError(
            "none of the design's points is among the runs, so these belong to another design; run"
            " the study again"
        )
    replicates = found["replicate"].unique().sort()
    values = np.full((len(places), len(replicates)), np.nan)
    values[
        found["place"].to_numpy(),
        np.searchsorted(replicates.to_numpy(), found["replicate"].to_numpy()),
    ] = found["value"].to_numpy()
    whole: Floats = values[at]
    return whole


def normalise_factors(
    frame: pl.DataFrame, points: pl.DataFrame, runs: pl.DataFrame
) -> pl.DataFrame:
    """Return the factors of a frame in a form that two frames share: numbers rounded, all else as text."""
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
    """Refuse a measure that is not there, is no number at some runs, or is the same at all."""
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


def select_complete_blocks(values: Floats, size: int, what: str, least: int) -> CompleteBlocks:
    """Return the blocks of ``size`` consecutive points whose runs are all there; a block with a gap is left out whole.

    Args:
        values: a measure by point and replicate (P, R), NaN where a run is missing.
        size: points per block.
        what: what blocks are called, for the sentence.
        least: fewest blocks the analysis can do with.
    """
    if len(values) % size:
        raise AnalysisError(
            f"the design has {len(values)} points, which is no multiple of {size}: these are not"
            f" {what} of this study"
        )
    blocks = values.reshape(-1, size, values.shape[1])
    kept = np.asarray(np.isfinite(blocks).all(axis=(1, 2)))
    count = int(kept.sum())
    if count < MAX_LOST_SHARE * len(blocks):
        raise AnalysisError(
            f"failed runs leave {count} of {len(blocks)} {what} whole, fewer than half; what is"
            " left says little about the whole. See failures.parquet, mend what fails or narrow"
            " the factors, and resume with --retry-failed"
        )
    if count < least:
        raise AnalysisError(
            f"{count} {what} are too few; the analysis needs {least} or more, so raise the samples"
            " of the design"
        )
    return CompleteBlocks(blocks[kept], kept, len(blocks))


def format_left_out_blocks(whole: CompleteBlocks, what: str) -> str:
    """Say how many blocks failed runs cost."""
    if not whole.lost:
        return ""
    return (
        f" {whole.lost} of {whole.total} {what} are left out whole because runs in them failed:"
        " where the model fails nothing is known, and the figures hold for where it does not."
    )
