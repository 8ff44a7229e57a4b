"""What a study found, as tables: a row per run, and a row per collaboration if it keeps events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from experiments.design import Point, Study
from experiments.execute import Done
from experiments.store import read_table


class Results(NamedTuple):
    """What a study found: a row per run, and a row per collaboration if the study keeps events."""

    runs: pl.DataFrame
    events: pl.DataFrame | None


def collect(study: Study, points: Sequence[Point], done: Sequence[Done]) -> Results:
    """Return a row per run: factor levels, replicate, seed and measures; and the events with the same keys."""
    records, events = [], []
    seeds = study.seeds()
    for run in done:
        point, replicate = points[run.position // study.replicates], run.position % study.replicates
        config = point.config
        known = {"form": config.structure.name, "imitation_rate": config.imitation.rate, "depth": config.production.depth}
        keys = {**known, **point.levels, "replicate": replicate}
        records.append({**keys, "seed": seeds[replicate], **run.summary})
        if run.events is not None:
            labels = [pl.lit(value).alias(f"run.{name}" if name in run.events.columns else name) for name, value in keys.items()]
            events.append(run.events.with_columns(labels))
    runs = pl.DataFrame(records, schema_overrides={"seed": pl.UInt64}, infer_schema_length=None)
    return Results(runs, pl.concat(events) if events else None)


def read_results(folder: Path) -> Results:
    """Read what a study wrote."""
    events = read_table(folder, "events") if (folder / "events.parquet").exists() else None
    return Results(read_table(folder, "runs"), events)
