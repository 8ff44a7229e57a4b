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

vars(process)["time"] = SimpleNamespace(
    time=time.monotonic, sleep=time.sleep
)  # time limits are in seconds that pass, not in the wall clock's
CONSTS.channel_lock_timeout = 10.0  # seconds until the others notice that a worker died while it was taking a run or giving its results
CONSTS.term_timeout = 0.2  # seconds a worker is given to end by itself: nothing it holds is needed, and Ctrl-C must not take long
IN_FLIGHT_PER_WORKER = 16  # enough to keep workers busy, few enough to stay small and stop fast


class Task(NamedTuple):
    """One run to do."""

    run: str
    target: Target
    parameters: dict[str, object]
    seed: int
    wanted: RecordingOptions


class TaskOutcome(NamedTuple):
    """What became of a task."""

    task: Task
    status: str
    seconds: float = 0.0
    harvest: RunResult | None = None
    reason: str = ""


class Engine(Protocol):
    """Executes tasks."""

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Walk through what became of the tasks, as it comes; tasks are taken when there is room for them."""


def run_task(task: Task) -> TaskOutcome:
    """Do one run, in whatever process this is."""
    started = time.perf_counter()
    try:
        harvest = task.target.run(task.parameters, task.seed, task.wanted)
    except Exception:
        return TaskOutcome(
            task, RUN_FAILED, time.perf_counter() - started, None, traceback.format_exc()
        )
    return TaskOutcome(task, RUN_DONE, time.perf_counter() - started, harvest)


def run_task_in_worker(task: Task) -> tuple[str, float, RunResult | None, str]:
    """Do one run in a worker; the task itself need not travel back."""
    return run_task(task)[1:]


class SerialEngine:
    """One run after the other in this process: no start-up, but a run that dies takes everything with it."""

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Do the tasks in order."""
        yield from map(run_task, tasks)


def prepare_worker(target: Target) -> None:
    """Leave Ctrl-C to the parent, end when it ends, and import what runs need before their time counts; if that fails, the run will say why."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=end_with_parent, daemon=True).start()
    with suppress(Exception):
        target.warm_up()


def end_with_parent() -> None:
    """End this process when its parent ended without saying so, for nobody waits for its run any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class WorkerProcesses:
    """Processes on this machine that do runs of one target; each run has a time limit of its own and may die alone."""

    def __init__(self, count: int, target: Target, time_limit: float | None) -> None:
        self.time_limit = time_limit
        context = multiprocessing.get_context("spawn")
        self._pool: Any = ProcessPool(
            count, initializer=prepare_worker, initargs=(target,), context=context
        )

    @property
    def active(self) -> bool:
        """Whether runs can be sent."""
        return bool(self._pool.active)

    def send(self, task: Task) -> Future[Any]:
        """Let a run be done when there is room for it."""
        return self._pool.schedule(run_task_in_worker, args=(task,), timeout=self.time_limit)

    def ask(self, function: Callable[..., Any], *arguments: object) -> Future[Any]:
        """Let one of the processes say what a function gives there."""
        return self._pool.schedule(function, args=arguments)

    def outcome(self, task: Task, future: Future[Any]) -> TaskOutcome:
        """Wait for one run."""
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
        """End the processes, whatever they are doing."""
        self._pool.stop()
        self._pool.join()


class PoolEngine:
    """Processes on this machine, as an engine: they start with the first task, and stay for further ones (adaptive replicates) until it is left."""

    def __init__(self, workers: int, time_limit: float | None = None) -> None:
        self.workers, self.time_limit = workers, time_limit
        self._processes: WorkerProcesses | None = None

    def __enter__(self) -> PoolEngine:
        return self

    def __exit__(self, *reason: object) -> None:
        self.stop()

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Keep a bounded number of tasks in flight."""
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
                waiting[processes.send(task)] = task
                if len(waiting) >= IN_FLIGHT_PER_WORKER * self.workers:
                    yield from collect_finished_tasks(waiting, processes)
            while waiting:
                yield from collect_finished_tasks(waiting, processes)
        except BaseException:  # broken, or nobody asks for the rest
            self.stop()
            raise

    def stop(self) -> None:
        """End the processes, if there are any."""
        if self._processes is not None:
            self._processes.stop()
            self._processes = None


def collect_finished_tasks(
    waiting: dict[Future[Any], Task], processes: WorkerProcesses
) -> Iterator[TaskOutcome]:
    """Wait until a task is done; take out all that are. A pool that broke before it took a task in says nothing of it."""
    while not (done := wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED).done):
        if not processes.active:
            raise BrokenProcessPool("the pool ended before its tasks")
    for future in done:
        yield processes.outcome(waiting.pop(future), future)


def count_available_cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
