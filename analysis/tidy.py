"""Checks of a tidy table before an estimate; its runs apart by point, group and pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import Floats
from analysis.names import check_columns, check_several_replicates, suggest_or_list

Pairing = Literal["auto", "paired", "unpaired"]
PAIRINGS = ("auto", "paired", "unpaired")
ROUNDING_TOLERANCE = 1e-12  # relative; values closer than this differ by rounding alone


def check_table(table: pl.DataFrame, *columns: str) -> None:
    """Refuse a table that is empty or lacks a column."""
    check_columns(table, *columns)
    if table.is_empty():
        raise AnalysisError("the table has no rows; give the runs of a study")


def extract_values(table: pl.DataFrame, measure: str) -> Floats:
    """Return a measure as finite numbers."""
    check_table(table, measure)
    if not (table[measure].dtype.is_numeric() or table[measure].dtype == pl.Boolean):
        raise AnalysisError(
            f"{measure} is {table[measure].dtype}, not numbers; choose a measure, not a label"
        )
    values = table[measure].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    missing = int((~np.isfinite(values)).sum())
    if missing:
        raise AnalysisError(
            f"{measure} is missing or not finite in {missing} of {values.size} rows; leave these"
            " out or choose another measure"
        )
    return values


def is_constant(values: Floats) -> bool:
    """Return whether all values are equal but for rounding."""
    return float(np.ptp(values)) <= ROUNDING_TOLERANCE * float(np.abs(values).max())


def check_runs(runs: pl.DataFrame, measure: str, *factors: str) -> None:
    """Refuse runs from which nothing can be estimated.

    They lack a column, have a missing value, one value everywhere, or one replicate.
    """
    check_table(runs, "replicate", *factors)
    if is_constant(extract_values(runs, measure)):
        raise AnalysisError(
            f"all {len(runs)} values of {measure} are equal, so there is nothing to estimate;"
            " choose another measure"
        )
    check_several_replicates(runs)


def list_levels(runs: pl.DataFrame, factor: str) -> list[Any]:
    """Return the levels of a factor, two or more: numbers by size, names by appearance."""
    check_table(runs, factor)
    levels = runs[factor].unique(maintain_order=True).to_list()
    if len(levels) < 2:
        raise AnalysisError(f"{factor} has one level, {levels[0]}; a comparison needs two or more")
    return sorted(levels) if runs[factor].dtype.is_numeric() else levels


def check_level(runs: pl.DataFrame, factor: str, level: Any) -> Any:
    """Return the level if the factor has it."""
    levels = list_levels(runs, factor)
    if level not in levels:
        hint = suggest_or_list(str(level), list(map(str, levels)))
        raise AnalysisError(f"{factor} has no level {level}.{hint}")
    return level


def has_common_seeds(runs: pl.DataFrame) -> bool:
    """Return whether every replicate has the same seed at all points (common random numbers)."""
    return bool(
        "seed" in runs.columns
        and runs.group_by("replicate").agg(pl.col("seed").n_unique())["seed"].max() == 1
    )


def iterate_groups(
    runs: pl.DataFrame, by: Sequence[str]
) -> Iterator[tuple[dict[str, Any], pl.DataFrame]]:
    """Walk through the combinations of levels of ``by``, in order of appearance.

    Without ``by`` all runs are one group.
    """
    if not by:
        yield {}, runs
        return
    check_table(runs, *by)
    for levels, part in runs.group_by(list(by), maintain_order=True):
        yield dict(zip(by, levels, strict=True)), part


def select_one_run_each(runs: pl.DataFrame, point: str) -> pl.DataFrame:
    """Return the runs at a point by replicate: one run each, two replicates or more."""
    if runs["replicate"].is_duplicated().any():
        raise AnalysisError(
            f"there are several runs per replicate at {point}; name the other factors, or filter"
            " the runs to one level of each"
        )
    if len(runs) < 2:
        raise AnalysisError(
            f"there is one replicate at {point}, which gives no interval; run the study with"
            " replicates=2 or more"
        )
    return runs.sort("replicate")


def format_point(levels: dict[str, Any]) -> str:
    """Return a point of a design in words."""
    return ", ".join(f"{name}={level}" for name, level in levels.items()) or "the only point"


def format_level(level: Any) -> str:
    """Return a level as text, numbers without trailing zeros."""
    return f"{level:g}" if isinstance(level, float) else str(level)


class Samples(NamedTuple):
    """Two samples of a measure; when paired, value by value of the same replicate and seed."""

    first: Floats
    second: Floats
    paired: bool

    @property
    def n(self) -> int:
        """Number of replicates that count: the pairs, or the smaller sample."""
        return min(self.first.size, self.second.size)

    @property
    def no_spread(self) -> bool:
        """Whether nothing varies: all differences of pairs, or both samples, are equal."""
        if self.paired:
            return is_constant(self.first - self.second) or float(
                np.ptp(self.first - self.second)
            ) <= ROUNDING_TOLERANCE * float(np.abs(self.first).max())
        return is_constant(self.first) and is_constant(self.second)


def pair_samples(
    first: pl.DataFrame, second: pl.DataFrame, measure: str, pairing: Pairing
) -> Samples:
    """Return a measure in two sets of runs, paired by replicate where both have the same seeds.

    Raises:
        AnalysisError: ``pairing="paired"`` and the seeds or replicates are not common.
    """
    if pairing not in PAIRINGS:
        raise AnalysisError(f"pairing is {pairing!r}; it can be {', '.join(PAIRINGS)}")
    if pairing != "unpaired":
        check_table(first, "seed")
        both = first.select("replicate", "seed").join(
            second.select("replicate", "seed"), on="replicate", suffix="_of_second"
        )
        if len(both) > 1 and both["seed"].equals(both["seed_of_second"], check_names=False):
            one, other = (
                extract_values(
                    runs.join(both, on="replicate", how="semi").sort("replicate"), measure
                )
                for runs in (first, second)
            )
            return Samples(one, other, paired=True)
        if pairing == "paired":
            raise AnalysisError(
                "the runs have no common seeds, so they cannot be paired; use pairing='unpaired' or"
                " common_random_numbers=true"
            )
    return Samples(extract_values(first, measure), extract_values(second, measure), False)


class Comparison(NamedTuple):
    """A level of a factor beside the reference level, within a combination of other factors."""

    where: dict[str, Any]
    level: Any
    samples: Samples


def list_comparisons(
    runs: pl.DataFrame,
    factor: str,
    reference: Any,
    measure: str,
    by: Sequence[str] = (),
    pairing: Pairing = "auto",
) -> list[Comparison]:
    """Return every level of a factor beside the reference level, per group of ``by``."""
    check_runs(runs, measure, factor, *by)
    check_level(runs, factor, reference)
    comparisons = []
    for where, part in iterate_groups(runs, by):
        parts = {
            level: select_one_run_each(
                part.filter(pl.col(factor) == level), format_point({**where, factor: level})
            )
            for level in part[factor].unique(maintain_order=True)
        }
        if reference not in parts:
            raise AnalysisError(
                f"there are no runs at {format_point({**where, factor: reference})}, the reference;"
                " run the full factorial"
            )
        for level, runs_at in parts.items():
            if level != reference:
                comparisons.append(
                    Comparison(
                        where, level, pair_samples(runs_at, parts[reference], measure, pairing)
                    )
                )
    return comparisons
