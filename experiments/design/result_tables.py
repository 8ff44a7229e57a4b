"""The tables of a study's results, in the order of its design."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import polars as pl

from experiments.design.plan import Plan, PlannedRun
from experiments.store.files import write_table
from experiments.store.folder import DETAIL_TABLES, ROWS_PER_SLICE, RunStorage, write_rows_in_order

PointLabels = Sequence[dict[str, object]]  # per point: its columns in the table of runs


class RunCounts(NamedTuple):
    """How many runs of a study are done, and how many failed."""

    done: int
    failed: int


def write_ordered_tables(
    plan: Plan, levels: PointLabels, storage: RunStorage, counts: Sequence[int]
) -> RunCounts:
    """Write the tables of results in the order of the design; return the counts of runs."""
    storage.compact()
    for kind in ("runs", *DETAIL_TABLES):
        parts = storage.list_parts(kind)
        if parts or kind == "runs":
            write_rows_in_order(
                generate_key_frames(plan, levels, counts, kind),
                parts,
                storage.folder / f"{kind}.parquet",
            )
    done = pl.scan_parquet(storage.folder / "runs.parquet").select(pl.len()).collect().item()
    return RunCounts(int(done), write_failures(plan, levels, storage, counts))


def write_failures(
    plan: Plan, levels: PointLabels, storage: RunStorage, counts: Sequence[int]
) -> int:
    """Write the table of failed runs and return their number.

    A row has the point, the seed, the reason and the command that repeats this run.
    """
    path = storage.folder / "failures.parquet"
    path.unlink(missing_ok=True)
    failed = storage.read_failures()
    if failed.is_empty():
        return 0
    failed_ids = failed["run"].implode()
    keys = [
        frame.filter(pl.col("run").is_in(failed_ids))
        for frame in generate_key_frames(plan, levels, counts, "runs")
    ]
    table = pl.concat(keys).join(failed, on="run", maintain_order="left")
    if table.is_empty():  # the failed runs belong to another version of the model
        return 0
    command = pl.format("overbruggen rerun {} {}", pl.lit(str(storage.folder)), "run")
    write_table(table.with_columns(command.alias("command")), path)
    return len(table)


def generate_key_frames(
    plan: Plan, levels: PointLabels, counts: Sequence[int], kind: str
) -> Iterator[pl.DataFrame]:
    """Walk through the key columns of a table, in slices: levels, replicate, seed and run id."""
    for runs in split_runs(plan.walk_runs([0] * len(counts), counts)):
        yield build_key_frame([build_run_key(run, levels, kind) for run in runs])


def build_run_key(run: PlannedRun, levels: PointLabels, kind: str) -> dict[str, object]:
    """Return the key columns of one run; events have their own ``form``, so theirs is prefixed."""
    labels = {
        f"run.{name}" if kind != "runs" and name == "form" else name: level
        for name, level in levels[run.point].items()
    }
    return {**labels, "replicate": run.replicate, "seed": run.seed, "run": run.id}


def split_runs(runs: Iterator[PlannedRun]) -> Iterator[list[PlannedRun]]:
    """Walk through runs in slices, which take little memory."""
    while part := list(islice(runs, ROWS_PER_SLICE)):
        yield part


def build_key_frame(rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    """Return keys as a table."""
    return pl.DataFrame(rows, schema_overrides={"seed": pl.UInt64}, infer_schema_length=None)
