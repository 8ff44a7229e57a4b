"""What a study found, as tables: a row per run, and a row per collaboration if it keeps events."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from experiments.store import read_table


class Results(NamedTuple):
    """What a study found: a row per run, and a row per collaboration if the study keeps events."""

    runs: pl.DataFrame
    events: pl.DataFrame | None


def read_results(folder: Path) -> Results:
    """Read what a study wrote."""
    events = read_table(folder, "events") if (folder / "events.parquet").exists() else None
    return Results(read_table(folder, "runs"), events)
