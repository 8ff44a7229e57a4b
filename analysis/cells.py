"""Means per cell of a design, with intervals that count replicates: what most figures draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import mean
from analysis.names import need, need_numbers


def finite(runs: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Return the runs that have a value, which must not be the same in all of them."""
    need_numbers(runs, measure)
    found = runs.filter(pl.col(measure).is_finite())
    if found.is_empty():
        raise AnalysisError(f"{measure} has no value in any of {len(runs)} runs (NaN or infinite); draw another measure")
    lowest, highest = found[measure].to_numpy().min(), found[measure].to_numpy().max()
    if lowest == highest:
        raise AnalysisError(f"{measure} is {lowest:g} in every run; nothing varies, so there is nothing to draw")
    return found


def by_replicate(runs: pl.DataFrame, cells: Sequence[str], measure: str) -> pl.DataFrame:
    """Return the measure per cell and replicate, averaged over all that is neither; runs without a value are left out."""
    need(runs, *cells, "replicate")
    return finite(runs, measure).group_by(*cells, "replicate", maintain_order=True).agg(pl.col(measure).mean())


def cell_means(runs: pl.DataFrame, cells: Sequence[str], measure: str) -> pl.DataFrame:
    """Return a row per cell: its levels, ``measure``, ``value``, ``low``, ``high`` (95 %, Student) and ``n`` replicates.

    A cell of one replicate has no interval (NaN). Runs of one replicate within a cell, which differ in factors that are not
    among ``cells``, count as one: the interval counts replicates.
    """
    averaged = by_replicate(runs, cells, measure)
    rows = [(*levels, measure, *mean(part[measure].to_numpy())) for levels, part in averaged.group_by(cells, maintain_order=True)]
    kinds = {cell: runs.schema[cell] for cell in cells}
    return pl.DataFrame(
        rows, schema={**kinds, "measure": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "n": pl.Int64}, orient="row"
    )


def replicates_text(counts: pl.Series) -> str:
    """Return how many replicates stand behind the values of a figure, in words for its caption."""
    fewest, most = int(np.min(counts.to_numpy())), int(np.max(counts.to_numpy()))
    return f"n = {most} replicate{'s' if most > 1 else ''}" if fewest == most else f"n = {fewest} to {most} replicates"


def left_out_text(runs: pl.DataFrame, measures: Sequence[str]) -> str:
    """Return how many runs have no value of a measure, for a caption; nothing when all have one."""
    counts = {measure: int((~runs[measure].is_finite().fill_null(False)).sum()) for measure in dict.fromkeys(measures)}
    parts = [f"{count} of {len(runs)} runs have no {measure}" for measure, count in counts.items() if count]
    return f" Left out: {'; '.join(parts)}." if parts else ""


def averaged_text(runs: pl.DataFrame, factors: Sequence[str], used: Sequence[str]) -> str:
    """Return over which other factors of the design a figure averages, for its caption."""
    others = [factor for factor in factors if factor not in used and runs[factor].n_unique() > 1]
    return f" Averaged over {' and '.join(others)}." if others else ""
