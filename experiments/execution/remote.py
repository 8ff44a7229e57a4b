"""The part of a study that happens on a Dask worker.

Each thread of the worker does chunks of runs in a separate process, so that a run that kills its
process does not kill the worker.
"""

from __future__ import annotations

import multiprocessing
import pickle
import platform
import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from importlib.metadata import version
from multiprocessing.util import Finalize
from typing import Any, NamedTuple

from distributed import get_worker

from experiments.execution.engines import Task, WorkerProcesses
from experiments.models.target import RunResult, Target
from sim import __version__

NUMERICAL_PACKAGES = ("mesa", "numpy", "scipy", "numba", "networkx")
CANCELLATION_POLL_INTERVAL = 0.2  # seconds between checks whether a chunk was cancelled

WorkerReport = tuple[str, float, RunResult | None, str]
SoftwareVersions = dict[str, str]


class WorkerContext(NamedTuple):
    """What all chunks of a study share.

    Attributes:
        study: an identifier that is new whenever a study is executed.
        target: the model to run.
        time_limit: seconds a run may take; None: no limit.
        versions: the versions that a worker must have.
    """

    study: str
    target: Target
    time_limit: float | None
    versions: SoftwareVersions


class VersionMismatchError(Exception):
    """A worker has other versions of the model or its libraries and would give other numbers."""


class WorkerProcessLostError(Exception):
    """The process for a chunk of runs is gone, or the chunk was cancelled."""


def collect_software_versions(target: Target) -> SoftwareVersions:
    """Return the versions that the numbers of a run depend on."""
    libraries = {name: version(name) for name in NUMERICAL_PACKAGES}
    return {
        "model": target.compute_version(),
        "overbruggen": __version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **libraries,
    }


def describe_version_differences(here: SoftwareVersions, there: SoftwareVersions) -> str:
    """Return in words which versions differ."""
    return ", ".join(
        f"{name} {there.get(name)} there and {version_here} here"
        for name, version_here in here.items()
        if there.get(name) != version_here
    )


# --- on a worker ----------------------------------------------------------------------------------

_thread_state = threading.local()  # .runner of this thread
_chunk_runners: dict[str, list[ChunkRunner]] = {}  # all of this worker, by study


class ChunkRunner:
    """Does the chunks of one thread of a worker in a process, which keeps its imports between them.

    It belongs to one study.
    """

    def __init__(self, context: WorkerContext) -> None:
        allow_child_processes()
        self.context, self.checked, self.stopped = context, False, False
        self._stopping = threading.Lock()
        self.processes = WorkerProcesses(1, context.target, context.time_limit)

    def check_versions(self) -> None:
        """Refuse other versions than the study's; checks only once.

        The new process answers, because this one may be older than the packages on disk.
        """
        if self.checked:
            return
        future = self.processes.submit_call(collect_software_versions, self.context.target)
        self._wait_for([future])
        if future.result() != self.context.versions:
            raise VersionMismatchError(
                describe_version_differences(self.context.versions, future.result())
            )
        self.checked = True

    def run_tasks(self, tasks: Sequence[Task]) -> list[WorkerReport]:
        """Do runs one after the other, unless their chunk is cancelled."""
        futures = [self.processes.submit_task(task) for task in tasks]
        self._wait_for(futures)
        return [
            self.processes.await_outcome(task, future)[1:]
            for task, future in zip(tasks, futures, strict=True)
        ]

    def _wait_for(self, futures: Sequence[Future[Any]]) -> None:
        """Wait until all futures are done."""
        check, waiting = CancellationCheck(), set(futures)
        while waiting:
            waiting = wait(waiting, timeout=CANCELLATION_POLL_INTERVAL).not_done
            if waiting and (self.stopped or check.is_cancelled()):
                raise WorkerProcessLostError

    def stop(self) -> None:
        """End the process at once.

        Two threads may call this. The lock keeps the second from closing a file twice, whose
        number may belong to another file by then.
        """
        with self._stopping:
            if not self.stopped:
                self.stopped = True
                self.processes.stop()


class CancellationCheck:
    """Checks whether the chunk of this thread was cancelled, or its client is gone."""

    def __init__(self) -> None:
        worker = get_worker()
        self._tasks, self._key = worker.state.tasks, worker.get_current_task()

    def is_cancelled(self) -> bool:
        """Return whether nobody waits for the chunk any more."""
        task: Any = self._tasks.get(self._key)
        return task is None or task.state == "cancelled"


def allow_child_processes() -> None:
    """Let this worker have child processes.

    Under a nanny a worker is a daemonic process, and Python allows those no children, because they
    would outlive a terminated worker. Ours do not (``engines.end_with_parent``). Dask's own way,
    ``distributed.worker.daemon: false``, would have to be set on every machine, and there is no
    public call that does it from inside.
    """
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]


def run_chunk(context: bytes, tasks: bytes) -> list[WorkerReport]:
    """Do a chunk of runs; both arguments are pickled, so that the scheduler need not read them."""
    runner = get_chunk_runner(pickle.loads(context))
    try:
        runner.check_versions()
        return runner.run_tasks(pickle.loads(tasks))
    except Exception as error:
        stop_chunk_runner(runner)
        if isinstance(error, RuntimeError):  # pebble's, for a process that died between runs
            raise WorkerProcessLostError from error
        raise


def get_chunk_runner(context: WorkerContext) -> ChunkRunner:
    """Return this thread's runner; every study gets a new one."""
    runner: ChunkRunner | None = getattr(_thread_state, "runner", None)
    if (
        runner is not None
        and runner.context.study == context.study
        and not runner.stopped
        and runner.processes.active
    ):
        return runner
    if runner is not None:
        stop_chunk_runner(runner)
    _thread_state.runner = ChunkRunner(context)
    _chunk_runners.setdefault(context.study, []).append(_thread_state.runner)
    return _thread_state.runner


def stop_chunk_runner(runner: ChunkRunner) -> None:
    """Stop a runner and forget it."""
    _thread_state.runner = None
    runner.stop()
    known_runners = _chunk_runners.get(runner.context.study, [])
    if runner in known_runners:
        known_runners.remove(runner)


def stop_all_chunk_runners() -> None:
    """Stop all runners of this worker before it ends, because it would wait for its children."""
    for study in list(_chunk_runners):
        for runner in _chunk_runners.pop(study):
            runner.stop()


# Processes of a nanny do not call functions registered with atexit.
Finalize(None, stop_all_chunk_runners, exitpriority=0)


def stop_chunk_runners_of_study(study: str) -> None:
    """Stop all runners of a study, in threads, because a worker must not be kept waiting."""
    for runner in _chunk_runners.pop(study, []):
        threading.Thread(target=runner.stop, daemon=True).start()
