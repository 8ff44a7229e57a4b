"""Where runs are executed: one small interface, tasks in, what became of them out, in any order.

Every engine survives the death of a worker and a run that raises: that costs the run alone. Which engine ran a task
leaves no trace in what the run gave.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple, Protocol

from pebble import CONSTS, ProcessExpired, ProcessPool

from experiments.journal import DIED, DONE, FAILED, TIMED_OUT
from experiments.targets import Harvest, Target, Wanted

CONSTS.term_timeout = 0.2  # seconds a worker is given to end by itself: nothing it holds is needed, and Ctrl-C must not take long
IN_FLIGHT_PER_WORKER = 16  # enough to keep workers busy, few enough to stay small and stop fast


class Task(NamedTuple):
    """One run to do."""

    run: str
    target: Target
    parameters: dict[str, object]
    seed: int
    wanted: Wanted


class Outcome(NamedTuple):
    """What became of a task."""

    task: Task
    status: str
    seconds: float = 0.0
    harvest: Harvest | None = None
    reason: str = ""


class Engine(Protocol):
    """Executes tasks."""

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Walk through what became of the tasks, as it comes; tasks are taken when there is room for them."""


def perform(task: Task) -> Outcome:
    """Do one run, in whatever process this is."""
    started = time.perf_counter()
    try:
        harvest = task.target.run(task.parameters, task.seed, task.wanted)
    except Exception:
        return Outcome(task, FAILED, time.perf_counter() - started, None, traceback.format_exc())
    return Outcome(task, DONE, time.perf_counter() - started, harvest)


def perform_apart(task: Task) -> tuple[str, float, Harvest | None, str]:
    """Do one run in a worker; the task itself need not travel back."""
    return perform(task)[1:]


class ThisProcess:
    """One run after the other in this process: no start-up, but a run that dies takes everything with it."""

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do the tasks in order."""
        yield from map(perform, tasks)


def prepare_worker(target: Target) -> None:
    """Leave Ctrl-C to the parent, and import what runs need before their time counts; if that fails, the run will say why."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(Exception):
        target.warm()


class Pool:
    """Processes on this machine; each run has a time limit of its own and may die alone."""

    def __init__(self, workers: int, time_limit: float | None = None) -> None:
        self.workers, self.time_limit = workers, time_limit

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Keep a bounded number of tasks in flight."""
        tasks = iter(tasks)
        first = next(tasks, None)
        if first is None:
            return
        waiting: dict[Future[Any], Task] = {}
        context = multiprocessing.get_context("spawn")
        pool: Any = ProcessPool(self.workers, initializer=prepare_worker, initargs=(first.target,), context=context)
        try:
            for task in chain((first,), tasks):
                waiting[pool.schedule(perform_apart, args=(task,), timeout=self.time_limit)] = task
                if len(waiting) >= IN_FLIGHT_PER_WORKER * self.workers:
                    yield from self._come_in(waiting, pool)
            while waiting:
                yield from self._come_in(waiting, pool)
            pool.close()
        finally:
            pool.stop()
            pool.join()

    def _come_in(self, waiting: dict[Future[Any], Task], pool: Any) -> Iterator[Outcome]:
        """Wait until a task is done; take out all that are. A pool that broke before it took a task in says nothing of it."""
        while not (done := wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED).done):
            if not pool.active:
                raise BrokenProcessPool("the pool ended before its tasks")
        for future in done:
            yield self._outcome(waiting.pop(future), future)

    def _outcome(self, task: Task, future: Future[Any]) -> Outcome:
        """Wait for one task."""
        try:
            return Outcome(task, *future.result())
        except TookTooLong:
            return Outcome(task, TIMED_OUT, self.time_limit or 0.0, None, f"took longer than the limit of {self.time_limit:g} seconds")
        except ProcessExpired as death:
            return Outcome(task, DIED, 0.0, None, f"its worker died with exit code {death.exitcode}")


def available_cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
