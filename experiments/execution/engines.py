"""Engines, which execute runs behind one small interface: tasks in, outcomes out, in any order.

Every engine survives the death of a worker and a run that raises an error: that costs only the run.
The result of a run does not depend on the engine that executed it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import chain
from threading import Thread
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

from pebble import CONSTS, ProcessExpired, ProcessPool
from pebble.pool import process

from experiments.models.target import RecordingOptions, RunResult, Target
from experiments.store.journal import RUN_DIED, RUN_DONE, RUN_FAILED, RUN_TIMED_OUT

# Pebble measures time limits by the wall clock, which may be set while a run takes place.
vars(process)["time"] = SimpleNamespace(time=time.monotonic, sleep=time.sleep)
# Seconds until the others notice that a worker died while it received a run or returned a result.
CONSTS.channel_lock_timeout = 10.0
# Seconds for a worker to end by itself: nothing it holds is needed, and Ctrl-C must not take long.
CONSTS.term_timeout = 0.2
# Enough tasks to keep workers busy, few enough to stay small and to stop fast.
IN_FLIGHT_PER_WORKER = 16


class Task(NamedTuple):
    """One run to do, with its id, settled parameters, seed and what to record."""

    run: str
    target: Target
    parameters: dict[str, object]
    seed: int
    recording: RecordingOptions


class TaskOutcome(NamedTuple):
    """How a task ended: its status, its duration, and its result or the reason for having none."""

    task: Task
    status: str
    seconds: float = 0.0
    result: RunResult | None = None
    reason: str = ""


class Engine(Protocol):
    """Executes tasks."""

    def run_tasks(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Walk through the outcomes as they arrive; take tasks only when there is room for them."""


def run_task(task: Task) -> TaskOutcome:
    """Do one run in this process."""
    started = time.perf_counter()
    try:
        result = task.target.run(task.parameters, task.seed, task.recording)
    except Exception:
        return TaskOutcome(
            task, RUN_FAILED, time.perf_counter() - started, None, traceback.format_exc()
        )
    return TaskOutcome(task, RUN_DONE, time.perf_counter() - started, result)


def run_task_in_worker(task: Task) -> tuple[str, float, RunResult | None, str]:
    """Do one run in a worker; the task itself need not travel back."""
    return run_task(task)[1:]


class SerialEngine:
    """Does runs in this process, one after the other.

    It needs no start-up, but a run that kills its process kills the study.
    """

    def run_tasks(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Do the tasks in order."""
        yield from map(run_task, tasks)


def prepare_worker(target: Target) -> None:
    """Prepare a worker process: it ignores Ctrl-C, ends with its parent, and imports the model.

    Imports do not count towards a run's time limit. If they fail, the run itself reports why.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=end_with_parent, daemon=True).start()
    with suppress(Exception):
        target.warm_up()


def end_with_parent() -> None:
    """End this process when its parent was killed, because nobody waits for its run any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class WorkerProcesses:
    """Processes on this machine that do runs of one target.

    Each run has its own time limit, and a run that dies does not affect the others.
    """

    def __init__(self, count: int, target: Target, time_limit: float | None) -> None:
        self.time_limit = time_limit
        context = multiprocessing.get_context("spawn")
        self._pool: Any = ProcessPool(
            count, initializer=prepare_worker, initargs=(target,), context=context
        )

    @property
    def active(self) -> bool:
        """Whether the processes accept runs."""
        return bool(self._pool.active)

    def submit_task(self, task: Task) -> Future[Any]:
        """Schedule a run."""
        return self._pool.schedule(run_task_in_worker, args=(task,), timeout=self.time_limit)

    def submit_call(self, function: Callable[..., Any], *arguments: object) -> Future[Any]:
        """Schedule a call of a function in one of the processes."""
        return self._pool.schedule(function, args=arguments)

    def await_outcome(self, task: Task, future: Future[Any]) -> TaskOutcome:
        """Wait for a scheduled run and return how it ended."""
        try:
            return TaskOutcome(task, *future.result())
        except TookTooLong:
            return TaskOutcome(
                task,
                RUN_TIMED_OUT,
                self.time_limit or 0.0,
                None,
                f"took longer than the limit of {self.time_limit:g} seconds",
            )
        except ProcessExpired as death:
            return TaskOutcome(
                task, RUN_DIED, 0.0, None, f"its worker died with exit code {death.exitcode}"
            )

    def stop(self) -> None:
        """End the processes at once."""
        self._pool.stop()
        self._pool.join()


class PoolEngine:
    """Does runs in processes on this machine.

    They start with the first task and stay for later ones (adaptive replicates) until the engine is
    left.
    """

    def __init__(self, workers: int, time_limit: float | None = None) -> None:
        self.workers, self.time_limit = workers, time_limit
        self._processes: WorkerProcesses | None = None

    def __enter__(self) -> PoolEngine:
        return self

    def __exit__(self, *reason: object) -> None:
        self.stop()

    def run_tasks(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Do the tasks with a bounded number in flight."""
        tasks = iter(tasks)
        first = next(tasks, None)
        if first is None:
            return
        waiting: dict[Future[Any], Task] = {}
        processes = self._processes = self._processes or WorkerProcesses(
            self.workers, first.target, self.time_limit
        )
        try:
            for task in chain((first,), tasks):
                waiting[processes.submit_task(task)] = task
                if len(waiting) >= IN_FLIGHT_PER_WORKER * self.workers:
                    yield from collect_finished_tasks(waiting, processes)
            while waiting:
                yield from collect_finished_tasks(waiting, processes)
        except BaseException:  # the pool broke, or nobody consumes the remaining outcomes
            self.stop()
            raise

    def stop(self) -> None:
        """End the processes if there are any."""
        if self._processes is not None:
            self._processes.stop()
            self._processes = None


def collect_finished_tasks(
    waiting: dict[Future[Any], Task], processes: WorkerProcesses
) -> Iterator[TaskOutcome]:
    """Wait until a task ends; remove all ended tasks and yield their outcomes.

    Raises:
        BrokenProcessPool: the pool ended, and its waiting tasks will never be done.
    """
    while not (done := wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED).done):
        if not processes.active:
            raise BrokenProcessPool("the pool ended before its tasks")
    for future in done:
        yield processes.await_outcome(waiting.pop(future), future)


def count_available_cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
