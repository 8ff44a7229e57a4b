"""Do what a study still lacks: hand its missing runs to an engine and keep what comes back."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
import polars as pl

from analysis.estimates import estimate_mean
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

SAVE_AFTER_RUNS, SAVE_AFTER_SECONDS = 200, 2.0  # what is lost at most when everything stops


class StoppedError(InputError):
    """A run failed and the study was asked to stop at the first failure."""


class StudyRunner:
    """Does the missing runs of a plan.

    Args:
        plan: all runs.
        storage: where finished runs are kept.
        engine: where runs are executed.
        wanted: what is kept of a run beside its measures.
        tell: called with every outcome, for progress.
        retry: run those again that failed before.
        fail_fast: stop at the first failure.
    """

    def __init__(
        self,
        plan: Plan,
        storage: RunStorage,
        engine: Engine,
        wanted: RecordingOptions,
        tell: Callable[[str], None] = lambda status: None,
        retry: bool = False,
        fail_fast: bool = False,
    ) -> None:
        self.plan, self.storage, self.engine = plan, storage, engine
        self.wanted, self.tell, self.retry, self.fail_fast = wanted, tell, retry, fail_fast
        self.ended = storage.ended()

    def replicate(self, replicates: int | AdaptiveReplicates) -> list[int]:
        """Do all replicates of all points; return how many every point has got."""
        points = len(self.plan.points)
        if isinstance(replicates, int):
            self._do([0] * points, [replicates] * points)
            return [replicates] * points
        counts = [0] * points
        goal = [replicates.at_least] * points
        while goal != counts:
            self._do(counts, goal)
            too_wide = self._too_wide(
                [count if count < replicates.at_most else 0 for count in goal], replicates
            )
            counts = goal
            goal = [
                min(count + replicates.batch, replicates.at_most) if point in too_wide else count
                for point, count in enumerate(counts)
            ]
        return counts

    def _too_wide(self, counts: Sequence[int], wanted: AdaptiveReplicates) -> set[int]:
        """Return the points, of those with a count, that need more replicates; failed runs count as replicates but give no value."""
        runs = self.storage.measured(list(wanted.half_width))
        planned = pl.DataFrame(
            (
                (run.id, run.point, run.replicate)
                for run in self.plan.walk_runs([0] * len(counts), counts)
            ),
            schema={"run": pl.String, "point": pl.Int64, "replicate": pl.Int64},
            orient="row",
        )
        found = planned.join(runs, on="run", how="left").sort(
            "point", "replicate"
        )  # sums depend on the order, in the last bit
        return {
            int(point)
            for (point,), part in found.group_by("point")
            if any(
                compute_stopping_half_width(part[measure].to_numpy()) > width
                for measure, width in wanted.half_width.items()
            )
        }

    def _do(self, first: Sequence[int], last: Sequence[int]) -> None:
        """Do the missing ones of these replicates, chunk by chunk."""
        chunk: list[TaskOutcome] = []
        begun = time.monotonic()
        try:
            for outcome in self.engine.outcomes(self._missing(first, last)):
                raise_if_interrupted()
                checked = self._checked(outcome)
                chunk.append(checked)
                self.tell(checked.status)
                if self.fail_fast and checked.status != RUN_DONE:
                    raise StoppedError(
                        f"run {checked.task.run} {checked.status}, and --fail-fast stops there:"
                        f" {extract_last_line(checked.reason)}"
                    )
                if len(chunk) >= SAVE_AFTER_RUNS or time.monotonic() - begun > SAVE_AFTER_SECONDS:
                    full, chunk = (
                        chunk,
                        [],
                    )  # first: an interruption while it is being kept must not have it kept twice
                    self._keep(full)
                    begun = time.monotonic()
        finally:
            self._keep(chunk)

    def _missing(self, first: Sequence[int], last: Sequence[int]) -> Iterator[Task]:
        """Walk through the tasks of runs that did not end yet, or failed when retrying; points that stand twice in a design are done once."""
        parameters = lru_cache(POINTS_PER_TURN)(self.plan.settle_point)
        for runs in split_runs(self.plan.walk_in_turns(first, last)):
            ended = (
                dict(self.ended.filter(pl.col("run").is_in([run.id for run in runs])).iter_rows())
                if len(self.ended)
                else {}
            )
            for run in runs:
                status = ended.get(run.id)
                if run.point not in self.plan.repeated and (
                    status is None or (self.retry and status != RUN_DONE)
                ):
                    yield Task(
                        run.id, self.plan.target, parameters(run.point), run.seed, self.wanted
                    )

    def _checked(self, outcome: TaskOutcome) -> TaskOutcome:
        """Turn a run with measures that are no numbers into a failure."""
        if outcome.harvest is None:
            return outcome
        undefined = list_undefined_measures(
            outcome.harvest.measures, self.plan.target.may_be_undefined
        )
        return (
            outcome._replace(status=RUN_UNDEFINED, reason=f"not a number: {', '.join(undefined)}")
            if undefined
            else outcome
        )

    def _keep(self, chunk: Sequence[TaskOutcome]) -> None:
        """Write what a chunk of runs left."""
        if not chunk:
            return
        number = self.storage.chunk
        records = []
        for outcome in chunk:
            measures = (
                convert_measures_to_floats(outcome.harvest.measures)
                if outcome.harvest is not None
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
        self.storage.write(records, collect_detail_tables(chunk))


def compute_stopping_half_width(values: np.ndarray) -> float:
    """Return half the width of the 95 % interval of a mean; infinite when there are too few values for one."""
    values = values[np.isfinite(values)]
    if values.size < 2:
        return math.inf
    estimate = estimate_mean(values)
    return (estimate.high - estimate.low) / 2.0


def collect_detail_tables(chunk: Sequence[TaskOutcome]) -> dict[str, pl.DataFrame]:
    """Return the events and series of a chunk of runs, with the run's id."""
    tables: dict[str, list[pl.DataFrame]] = {}
    for outcome in chunk:
        if outcome.harvest is not None and outcome.status == RUN_DONE:
            for kind, table in (
                ("events", outcome.harvest.events),
                ("series", outcome.harvest.series),
            ):
                if table is not None:
                    tables.setdefault(kind, []).append(
                        table.with_columns(pl.lit(outcome.task.run).alias("run"))
                    )
    return {kind: pl.concat(found, how="diagonal_relaxed") for kind, found in tables.items()}


def extract_last_line(text: str) -> str:
    """Return the last line of a traceback, which says what happened."""
    return text.strip().splitlines()[-1] if text.strip() else ""
