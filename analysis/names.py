"""Checks of the columns and levels that a figure or an estimate needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import polars as pl

from analysis.errors import AnalysisError

MAX_NAMES_SHOWN = 14


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return a question for the nearest known name, or nothing when none is near."""
    # sim.errors has the same two lines: sim and analysis may not import each other.
    near = get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def suggest_or_list(name: str, known: Sequence[str]) -> str:
    """Return a question for the nearest known name, or a list of the known names."""
    more = ", ..." if len(known) > MAX_NAMES_SHOWN else ""
    return suggest_name(name, known) or f" Known: {', '.join(known[:MAX_NAMES_SHOWN])}{more}."


def check_columns(table: pl.DataFrame, *names: str, advice: str = "") -> None:
    """Refuse a table that lacks a column."""
    for name in names:
        if name not in table.columns:
            raise AnalysisError(
                f"there is no column {name}{advice}.{suggest_or_list(name, table.columns)}"
            )


def check_numeric_columns(table: pl.DataFrame, *names: str) -> None:
    """Refuse columns that are missing or hold no numbers."""
    check_columns(table, *names)
    for name in names:
        if not table[name].dtype.is_numeric():
            raise AnalysisError(f"{name} holds no numbers; a measure is needed here")


def check_several_levels(table: pl.DataFrame, *factors: str) -> None:
    """Refuse factors that are missing or have a single level."""
    check_columns(table, *factors)
    for factor in factors:
        levels = table[factor].unique()
        if len(levels) < 2:
            raise AnalysisError(
                f"{factor} has one level ({', '.join(map(str, levels))}); this figure compares"
                " levels: vary it in the study"
            )


def check_several_replicates(table: pl.DataFrame) -> None:
    """Refuse a single replicate where an estimate or a figure needs an interval."""
    check_columns(table, "replicate")
    if table["replicate"].n_unique() < 2:
        raise AnalysisError(
            "one replicate gives no interval; run the study with replicates=2 or more"
        )
