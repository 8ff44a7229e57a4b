"""Runs the missing runs of a study with an engine and saves their outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import polars as pl

from analysis.estimates import compute_half_width
from experiments.design.plan import POINTS_PER_TURN, AdaptiveReplicates, Plan
from experiments.design.result_tables import split_runs
from experiments.execution.engines import Engine, Task, TaskOutcome
from experiments.interrupts import raise_if_interrupted
from experiments.models.target import RecordingOptions
from experiments.store.folder import RunStorage
from experiments.store.journal import (
    RUN_DONE,
    RUN_UNDEFINED,
    RunRecord,
    convert_measures_to_floats,
    list_undefined_measures,
)
from sim.errors import InputError

# A power cut loses at most this many runs, or the runs of this many seconds.
SAVE_AFTER_RUNS, SAVE_AFTER_SECONDS = 200, 2.0


class StoppedError(InputError):
    """A run failed and the study was asked to stop at the first failure."""


class StudyRunner:
    """Does the missing runs of a plan.

    Args:
        plan: all runs.
        storage: saves finished runs.
        engine: executes runs.
        recording: what to record of a run in addition to its measures.
        count_outcome: called with the status of every outcome, to show progress.
        retry: repeat runs that failed before.
        fail_fast: stop at the first failure.
    """

    def __init__(
        self,
        plan: Plan,
        storage: RunStorage,
        engine: Engine,
        recording: RecordingOptions,
        count_outcome: Callable[[str], None] = lambda status: None,
        retry: bool = False,
        fail_fast: bool = False,
    ) -> None:
        self.plan, self.storage, self.engine = plan, storage, engine
        self.recording, self.count_outcome = recording, count_outcome
        self.retry, self.fail_fast = retry, fail_fast
        self.statuses = storage.read_statuses()

    def run_replicates(self, replicates: int | AdaptiveReplicates) -> list[int]:
        """Do all replicates of all points; return how many every point has."""
        points = len(self.plan.points)
        if isinstance(replicates, int):
            self._run_missing([0] * points, [replicates] * points)
            return [replicates] * points
        counts = [0] * points
        goal = [replicates.at_least] * points
        while goal != counts:
            self._run_missing(counts, goal)
            too_wide = self._find_wide_points(
                [count if count < replicates.at_most else 0 for count in goal], replicates
            )
            counts = goal
            goal = [
                min(count + replicates.batch, replicates.at_most) if point in too_wide else count
                for point, count in enumerate(counts)
            ]
        return counts

    def _find_wide_points(self, counts: Sequence[int], stopping: AdaptiveReplicates) -> set[int]:
        """Return the points, of those with a count, whose intervals are still too wide.

        Failed runs count as replicates but give no value.
        """
        runs = self.storage.read_measures(list(stopping.half_width))
        planned = pl.DataFrame(
            (
                (run.id, run.point, run.replicate)
                for run in self.plan.walk_runs([0] * len(counts), counts)
            ),
            schema={"run": pl.String, "point": pl.Int64, "replicate": pl.Int64},
            orient="row",
        )
        # Sorted, because the last bit of a sum depends on the order.
        measured = planned.join(runs, on="run", how="left").sort("point", "replicate")
        return {
            int(point)
            for (point,), part in measured.group_by("point")
            if any(
                compute_half_width(part[measure].to_numpy()) > width
                for measure, width in stopping.half_width.items()
            )
        }

    def _run_missing(self, first: Sequence[int], last: Sequence[int]) -> None:
        """Do the missing ones of these replicates, and save them chunk by chunk."""
        chunk: list[TaskOutcome] = []
        begun = time.monotonic()
        try:
            for outcome in self.engine.run_tasks(self._list_missing_tasks(first, last)):
                raise_if_interrupted()
                checked = self._check_measures(outcome)
                chunk.append(checked)
                self.count_outcome(checked.status)
                if self.fail_fast and checked.status != RUN_DONE:
                    raise StoppedError(
                        f"run {checked.task.run} {checked.status}, and --fail-fast stops there:"
                        f" {extract_last_line(checked.reason)}"
                    )
                if len(chunk) >= SAVE_AFTER_RUNS or time.monotonic() - begun > SAVE_AFTER_SECONDS:
                    # Emptied before it is saved: an interruption must not save it twice.
                    full, chunk = chunk, []
                    self._save(full)
                    begun = time.monotonic()
        finally:
            self._save(chunk)

    def _list_missing_tasks(self, first: Sequence[int], last: Sequence[int]) -> Iterator[Task]:
        """Walk through the tasks of runs that have not ended, or that failed when retrying.

        A point that a design has twice is done once.
        """
        parameters = lru_cache(POINTS_PER_TURN)(self.plan.settle_point)
        for runs in split_runs(self.plan.walk_in_turns(first, last)):
            ended = (
                dict(
                    self.statuses.filter(pl.col("run").is_in([run.id for run in runs])).iter_rows()
                )
                if len(self.statuses)
                else {}
            )
            for run in runs:
                status = ended.get(run.id)
                if run.point not in self.plan.repeated and (
                    status is None or (self.retry and status != RUN_DONE)
                ):
                    yield Task(
                        run.id, self.plan.target, parameters(run.point), run.seed, self.recording
                    )

    def _check_measures(self, outcome: TaskOutcome) -> TaskOutcome:
        """Return an outcome as a failure if a measure is not a number though it must be one."""
        if outcome.result is None:
            return outcome
        undefined = list_undefined_measures(
            outcome.result.measures, self.plan.target.may_be_undefined
        )
        return (
            outcome._replace(status=RUN_UNDEFINED, reason=f"not a number: {', '.join(undefined)}")
            if undefined
            else outcome
        )

    def _save(self, chunk: Sequence[TaskOutcome]) -> None:
        """Save the outcomes of a chunk of runs."""
        if not chunk:
            return
        number = self.storage.chunk
        records = []
        for outcome in chunk:
            measures = (
                convert_measures_to_floats(outcome.result.measures)
                if outcome.result is not None
                else {}
            )
            records.append(
                RunRecord(
                    outcome.task.run,
                    number,
                    outcome.status,
                    outcome.seconds,
                    measures,
                    outcome.reason,
                )
            )
        self.storage.write_chunk(records, collect_detail_tables(chunk))


def collect_detail_tables(chunk: Sequence[TaskOutcome]) -> dict[str, pl.DataFrame]:
    """Return the events and series of a chunk of runs, with the run's id."""
    tables: dict[str, list[pl.DataFrame]] = {}
    for outcome in chunk:
        if outcome.result is not None and outcome.status == RUN_DONE:
            for kind, table in (
                ("events", outcome.result.events),
                ("series", outcome.result.series),
            ):
                if table is not None:
                    tables.setdefault(kind, []).append(
                        table.with_columns(pl.lit(outcome.task.run).alias("run"))
                    )
    return {kind: pl.concat(parts, how="diagonal_relaxed") for kind, parts in tables.items()}


def extract_last_line(text: str) -> str:
    """Return the last line of a traceback: the error itself."""
    return text.strip().splitlines()[-1] if text.strip() else ""
