"""What Pebble's pools of processes do not survive by themselves: a worker that dies while it has no run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor
from itertools import chain

from experiments.execution.engines import Engine, Task, TaskOutcome
from experiments.store.journal import RUN_DIED

MAX_POOL_BREAKS = (
    3  # in a row without any outcome: then it is the runs themselves that break every pool
)


class RestartingEngine:
    """Another engine, begun anew with what was under way whenever its pool breaks."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Walk through what became of the tasks; every one has one outcome, however often the pool broke."""
        under_way: dict[str, Task] = {}
        new, breaks = track_tasks(tasks, under_way), 0
        while True:
            try:
                for outcome in self.engine.outcomes(chain(list(under_way.values()), new)):
                    del under_way[outcome.task.run]
                    breaks = 0
                    yield outcome
                return
            except RuntimeError as error:
                if not is_broken_pool(error):
                    raise
                breaks += 1
            if breaks == MAX_POOL_BREAKS:
                lost, breaks = list(under_way.values()), 0
                under_way.clear()
                yield from (
                    TaskOutcome(
                        task,
                        RUN_DIED,
                        0.0,
                        None,
                        f"{MAX_POOL_BREAKS} pools of workers broke before any run ended",
                    )
                    for task in lost
                )


def track_tasks(tasks: Iterable[Task], under_way: dict[str, Task]) -> Iterator[Task]:
    """Hand tasks on and note that they were."""
    for task in tasks:
        under_way[task.run] = task
        yield task


def is_broken_pool(error: RuntimeError) -> bool:
    """Tell whether a pool broke; one that did says so in words alone when it is given more to do."""
    return isinstance(error, BrokenExecutor) or str(error) == "Unexpected error within the Pool"
