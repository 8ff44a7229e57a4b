"""A dry run of a study: its configurations, and estimates of its duration and size on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import polars.selectors as cs

from analysis.tables import Table
from experiments.design.plan import ID_LENGTH, AdaptiveReplicates, Plan
from experiments.design.result_tables import build_key_frame
from experiments.design.study import Point, Study
from experiments.execution.engines import PoolEngine, Task, TaskOutcome
from experiments.execution.runner import collect_detail_tables
from experiments.execution.settings import Execution
from experiments.models.target import RecordingOptions
from experiments.store.files import write_table
from experiments.store.journal import RUN_DONE, convert_measures_to_floats

PROBE_POINTS = 9  # spread over the design
PROBE_SECONDS = 10.0  # of runs, after which no further point is tried
SIZE_SAMPLE_ROWS = 5_000  # of the table whose size is measured
COPIES_ON_DISK = 2  # results are in the parts and, in order, in the tables at the end


class CostEstimate(NamedTuple):
    """What runs cost, estimated from a few.

    Attributes:
        tried: how many runs were done.
        reasons: why some of them failed.
        seconds: shortest, mean and longest time of a run, in seconds.
        bytes_per_run: what a run adds to the disk.
    """

    tried: int
    reasons: list[str]
    seconds: tuple[float, float, float]
    bytes_per_run: float


def perform_dry_run(
    study: Study, plan: Plan, points: Sequence[Point], execution: Execution
) -> list[Table]:
    """Do a few runs spread over a design; return tables of its configurations and its cost."""
    outcomes = run_probes(
        plan, RecordingOptions(study.series, "events" in study.keep), execution.time_limit
    )
    return [
        *tabulate_configurations(points[0], points[-1]),
        tabulate_study_cost(
            study, len(points), estimate_run_cost(outcomes, points), execution.parallel_runs or 1
        ),
    ]


def spread_positions(count: int, wanted: int = PROBE_POINTS) -> list[int]:
    """Return positions spread over a sequence, its two ends first."""
    last = count - 1
    inner = {round(last * step / (wanted - 1)) for step in range(1, wanted - 1)} - {0, last}
    return [*dict.fromkeys((0, last)), *sorted(inner)]


def run_probes(
    plan: Plan, recording: RecordingOptions, time_limit: float | None
) -> list[TaskOutcome]:
    """Do the first replicate of some points in another process, which a run may kill.

    The first point is done twice and its first outcome dropped: the first run of a process is slow.
    """
    runs = [plan.plan_run(point, 0) for point in (0, *spread_positions(len(plan.points)))]
    tasks = [
        Task(run.id, plan.target, plan.settle_point(run.point), run.seed, recording) for run in runs
    ]
    spent, outcomes = 0.0, list[TaskOutcome]()
    with PoolEngine(1, time_limit) as pool:
        for outcome in pool.run_tasks(tasks):
            outcomes.append(outcome)
            spent += outcome.seconds
            if spent > PROBE_SECONDS and len(outcomes) > 1:
                break
    return outcomes[1:]


def estimate_run_cost(outcomes: Sequence[TaskOutcome], points: Sequence[Point]) -> CostEstimate:
    """Estimate the cost of a run from the outcomes of a few."""
    seconds = [outcome.seconds for outcome in outcomes]
    done = [outcome for outcome in outcomes if outcome.status == RUN_DONE]
    reasons = [
        outcome.reason.strip().splitlines()[-1]
        for outcome in outcomes
        if outcome.status != RUN_DONE
    ]
    labels = points[0].levels
    return CostEstimate(
        len(outcomes),
        reasons,
        (min(seconds), sum(seconds) / len(seconds), max(seconds)),
        estimate_written_bytes(done, labels) / max(1, len(done)),
    )


def estimate_written_bytes(outcomes: Sequence[TaskOutcome], labels: Mapping[str, object]) -> float:
    """Return the bytes that runs add to tables of results."""
    rows = [
        {
            **labels,
            "replicate": 0,
            "seed": outcome.task.seed,
            "run": outcome.task.run,
            **convert_measures_to_floats(outcome.result.measures),
        }
        for outcome in outcomes
        if outcome.result
    ]
    if not rows:
        return 0.0
    return COPIES_ON_DISK * sum(
        measure_table_bytes(table)
        for table in (build_key_frame(rows), *collect_detail_tables(outcomes).values())
    )


def measure_table_bytes(table: pl.DataFrame) -> float:
    """Return the bytes of a table as part of a large one, without Parquet's metadata of columns."""
    copies = -(-SIZE_SAMPLE_ROWS // len(table)) if len(table) else 1
    large = enlarge_table(table, copies)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.parquet"
        write_table(large, path)
        whole = path.stat().st_size
        write_table(large.clear(), path)
        return (whole - path.stat().st_size) / copies


def enlarge_table(table: pl.DataFrame, copies: int) -> pl.DataFrame:
    """Return copies of a table that compress as badly as the results of further runs.

    Every copy has other ids, other seeds and other last digits of its numbers.
    """
    row = pl.int_range(pl.len())
    mark = pl.struct("run", row // max(1, len(table)))  # equal in all rows of a run
    values = cs.float()
    return pl.concat([table] * copies).with_columns(
        pl.when(values == values.round()).then(values).otherwise(values * (1.0 + 1e-9 * row)),
        cs.by_name("seed", require_all=False).hash() ^ mark.hash(),
        pl.format("{}{}", mark.hash(0), mark.hash(1)).str.slice(0, ID_LENGTH).alias("run"),
    )


# --- what is shown --------------------------------------------------------------------------------


def tabulate_study_cost(study: Study, points: int, cost: CostEstimate, parallel_runs: int) -> Table:
    """Return the runs of a study, their duration and their size on disk."""
    replicates = study.replicates
    low, high = (
        (replicates.at_least, replicates.at_most)
        if isinstance(replicates, AdaptiveReplicates)
        else (replicates, replicates)
    )
    least, mean, most = cost.seconds
    rows = [
        ("points", f"{points:,}"),
        ("replicates per point", format_low_to_high(f"{low:,}", f"{high:,}")),
        ("runs", format_low_to_high(f"{points * low:,}", f"{points * high:,}")),
        ("a run", f"{mean:.3g} s ({least:.3g} to {most:.3g})"),
        (
            f"time, {parallel_runs} at once",
            format_low_to_high(
                *(format_time_span(points * count * mean / parallel_runs) for count in (low, high))
            ),
        ),
        (
            "disk",
            format_low_to_high(
                *(format_byte_count(points * count * cost.bytes_per_run) for count in (low, high))
            ),
        ),
    ]
    note = (
        f"Times and sizes from {cost.tried} runs of points spread over the design, done one at a"
        " time; set-up and tables at the end come on top."
    )
    failures = "".join(
        f" {len(cost.reasons)} of them failed: {reason}." for reason in cost.reasons[:1]
    )
    return Table(f"{study.name}: {study.question}", ("", ""), rows, note + failures)


def format_low_to_high(low: str, high: str) -> str:
    """Return one number, or two with "to" between them."""
    return low if low == high else f"{low} to {high}"


def format_time_span(seconds: float) -> str:
    """Return a time span: seconds with a unit below one minute, else hours, minutes and seconds."""
    return f"{seconds:.2g} s" if seconds < 60.0 else str(timedelta(seconds=round(seconds)))


def format_byte_count(count: float) -> str:
    """Return a number of bytes with a decimal unit."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000.0:
            return f"{count:.3g} {unit}"
        count /= 1000.0
    return f"{count:.3g} TB"


def tabulate_configurations(first: Point, last: Point) -> list[Table]:
    """Return the configurations of the first and the last point: what differs, what is shared."""
    one, other = (
        flatten_nested_parameters(first.parameters),
        flatten_nested_parameters(last.parameters),
    )
    differing = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    differences = [(name, str(one.get(name, "")), str(other.get(name, ""))) for name in differing]
    shared = [(name, str(value)) for name, value in one.items() if name not in differing]
    return [
        Table(
            "First and last configuration, where they differ",
            ("parameter", "first point", "last point"),
            differences,
        ),
        Table("What both share", ("parameter", "value"), shared),
    ]


def flatten_nested_parameters(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested parameters by their dotted paths."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= (
            flatten_nested_parameters(value, f"{prefix}{name}.")
            if isinstance(value, Mapping) and value
            else {f"{prefix}{name}": value}
        )
    return flat
