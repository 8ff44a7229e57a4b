"""Means per cell of a design; their intervals count replicates. Most figures draw these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import INTERVAL_SCHEMA, estimate_mean
from analysis.names import check_columns, check_numeric_columns

ROWS_PER_SLICE = 100_000
CELL_SCHEMA: dict[str, Any] = {"measure": pl.String, **INTERVAL_SCHEMA, "n": pl.Int64}
NO_INTERVAL_NOTE = "One replicate: there is no interval"


def select_finite(runs: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Return the runs that have a value, which must not be the same in all of them."""
    check_numeric_columns(runs, measure)
    has_value = runs[measure].is_finite().fill_null(False)
    finite = runs if has_value.all() else runs.filter(has_value)
    if finite.is_empty():
        raise AnalysisError(
            f"{measure} has no value in any of {len(runs)} runs (NaN or infinite); draw another"
            " measure"
        )
    lowest, highest = finite[measure].to_numpy().min(), finite[measure].to_numpy().max()
    if lowest == highest:
        raise AnalysisError(
            f"{measure} is {lowest:g} in every run; nothing varies, so there is nothing to draw"
        )
    return finite


def iterate_cells(
    runs: pl.DataFrame, by: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], pl.DataFrame]]:
    """Walk through the combinations of levels of ``by``, in order of appearance.

    Each comes with its rows and the other columns. Runs are grouped slice by slice: polars would
    take five times the memory of a million runs to group them at once.
    """
    rest = [name for name in runs.columns if name not in by]
    slices: dict[tuple[Any, ...], list[pl.DataFrame]] = {}
    for part in runs.iter_slices(ROWS_PER_SLICE):
        for levels, rows in part.group_by(by, maintain_order=True):
            slices.setdefault(levels, []).append(rows.select(rest))
    for levels in list(slices):
        yield levels, pl.concat(slices.pop(levels))


def iterate_replicate_means(
    runs: pl.DataFrame, cells: Sequence[str], measure: str
) -> Iterator[tuple[tuple[Any, ...], pl.DataFrame]]:
    """Walk through the cells: their levels, and the measure by replicate.

    The measure is averaged over all factors that are not among ``cells``.
    """
    check_columns(runs, *cells, "replicate")
    finite = select_finite(runs, measure).select(
        list(dict.fromkeys((*cells, "replicate", measure)))
    )
    for levels, cell in iterate_cells(finite, cells):
        repeated = cell["replicate"].is_duplicated().any()
        yield (
            levels,
            (
                cell.group_by("replicate", maintain_order=True).agg(pl.col(measure).mean())
                if repeated
                else cell
            ),
        )


def compute_replicate_means(runs: pl.DataFrame, cells: Sequence[str], measure: str) -> pl.DataFrame:
    """Return the measure per cell and replicate, averaged over all other factors.

    Runs without a value are left out.
    """
    kinds = {cell: runs.schema[cell] for cell in cells}
    return pl.concat(
        cell.select(
            *(
                pl.lit(level, kind).alias(name)
                for level, (name, kind) in zip(levels, kinds.items(), strict=True)
            ),
            "replicate",
            measure,
        )
        for levels, cell in iterate_replicate_means(runs, cells, measure)
    )


def compute_cell_means(runs: pl.DataFrame, cells: Sequence[str], measure: str) -> pl.DataFrame:
    """Return a row per cell: its levels and the columns of ``CELL_SCHEMA`` (95 %, Student).

    A cell of one replicate has no interval (NaN). Runs of one replicate within a cell, which
    differ in factors that are not among ``cells``, count as one: the interval counts replicates.
    """
    rows = [
        (*levels, measure, *estimate_mean(cell[measure].to_numpy()))
        for levels, cell in iterate_replicate_means(runs, cells, measure)
    ]
    kinds = {cell: runs.schema[cell] for cell in cells}
    return pl.DataFrame(rows, schema={**kinds, **CELL_SCHEMA}, orient="row")


def format_replicates(counts: pl.Series) -> str:
    """Return the number of replicates behind a figure, for its caption."""
    fewest, most = int(np.min(counts.to_numpy())), int(np.max(counts.to_numpy()))
    return (
        f"n = {most} replicate{'s' if most > 1 else ''}"
        if fewest == most
        else f"n = {fewest} to {most} replicates"
    )


def format_missing_runs(runs: pl.DataFrame, measures: Sequence[str]) -> str:
    """Return how many runs have no value of a measure, for a caption; nothing if all have one."""
    counts = {
        measure: int((~runs[measure].is_finite().fill_null(False)).sum())
        for measure in dict.fromkeys(measures)
    }
    parts = [
        f"{count} of {len(runs)} runs have no {measure}"
        for measure, count in counts.items()
        if count
    ]
    return f" Left out: {'; '.join(parts)}." if parts else ""


def format_averaging(runs: pl.DataFrame, factors: Sequence[str], used: Sequence[str]) -> str:
    """Return the other factors of the design that a figure averages over, for its caption."""
    others = [factor for factor in factors if factor not in used and runs[factor].n_unique() > 1]
    return f" Averaged over {' and '.join(others)}." if others else ""
