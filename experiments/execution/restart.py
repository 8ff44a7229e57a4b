"""Restarts a pool of processes that broke, which Pebble does when an idle worker dies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor
from itertools import chain

from experiments.execution.engines import Engine, Task, TaskOutcome
from experiments.store.journal import RUN_DIED

# In a row, without any outcome: then the runs themselves break every pool.
MAX_POOL_BREAKS = 3


class RestartingEngine:
    """Another engine, which is restarted with its unfinished tasks whenever its pool breaks."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def run_tasks(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Walk through the outcomes: one per task, however often the pool breaks."""
        under_way: dict[str, Task] = {}
        new_tasks, breaks = track_tasks(tasks, under_way), 0
        while True:
            try:
                for outcome in self.engine.run_tasks(chain(list(under_way.values()), new_tasks)):
                    del under_way[outcome.task.run]
                    breaks = 0
                    yield outcome
                return
            except RuntimeError as error:
                if not is_broken_pool(error):
                    raise
                breaks += 1
            if breaks == MAX_POOL_BREAKS:
                lost_tasks, breaks = list(under_way.values()), 0
                under_way.clear()
                reason = f"{MAX_POOL_BREAKS} pools of workers broke before any run ended"
                yield from (TaskOutcome(task, RUN_DIED, 0.0, None, reason) for task in lost_tasks)


def track_tasks(tasks: Iterable[Task], under_way: dict[str, Task]) -> Iterator[Task]:
    """Walk through tasks and record each one as under way."""
    for task in tasks:
        under_way[task.run] = task
        yield task


def is_broken_pool(error: RuntimeError) -> bool:
    """Return whether an error means that a pool broke.

    A pool that broke earlier raises a plain RuntimeError for the next task: only its text shows it.
    """
    return isinstance(error, BrokenExecutor) or str(error) == "Unexpected error within the Pool"
