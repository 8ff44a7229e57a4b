"""What a study found, as tables."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from experiments.store import read_table


class Results(NamedTuple):
    """What a study found: a row per run; if the study keeps them, a row per collaboration and a row per run and recorded round."""

    runs: pl.DataFrame
    events: pl.DataFrame | None
    series: pl.DataFrame | None = None


def read_results(folder: Path) -> Results:
    """Read what a study wrote."""
    events, series = (read_table(folder, name) if (folder / f"{name}.parquet").exists() else None for name in ("events", "series"))
    return Results(read_table(folder, "runs"), events, series)
