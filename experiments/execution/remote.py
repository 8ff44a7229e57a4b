"""What a Dask worker does for a study: chunks of runs, each thread of the worker in a process of its own that may die alone."""

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
CANCELLATION_POLL_INTERVAL = 0.2  # seconds between looks whether anybody still waits for a chunk

WorkerReport = tuple[str, float, RunResult | None, str]
SoftwareVersions = dict[str, str]


class WorkerContext(NamedTuple):
    """What all chunks of one study have in common; ``study`` is another name every time a study is executed."""

    study: str
    target: Target
    time_limit: float | None
    identity: SoftwareVersions


class VersionMismatchError(Exception):
    """A worker would give other numbers: it has another version of the model, or of something its numbers depend on."""


class WorkerProcessLostError(Exception):
    """The process that was to do a chunk of runs is gone, or nobody waits for the chunk any more."""


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
    """Return in words what two places have not in common."""
    return ", ".join(
        f"{name} {there.get(name)} there and {of} here"
        for name, of in here.items()
        if there.get(name) != of
    )


# --- on a worker ---------------------------------------------------------------------------------------------------------

_thread_state = threading.local()  # .study and .bench of this thread
_chunk_runners: dict[str, list[ChunkRunner]] = {}  # all of this worker, by study


class ChunkRunner:
    """The process in which one thread of a worker does its runs; it is made for one study and keeps its imports from chunk to chunk."""

    def __init__(self, order: WorkerContext) -> None:
        allow_child_processes()
        self.order, self.checked, self.stopped = order, False, False
        self._stopping = threading.Lock()
        self.processes = WorkerProcesses(1, order.target, order.time_limit)

    def check(self) -> None:
        """Refuse once to work with other versions; asked in the new process, for this one may be older than what it finds on disk."""
        if self.checked:
            return
        asked = self.processes.ask(collect_software_versions, self.order.target)
        self._await([asked])
        if asked.result() != self.order.identity:
            raise VersionMismatchError(
                describe_version_differences(self.order.identity, asked.result())
            )
        self.checked = True

    def perform(self, tasks: Sequence[Task]) -> list[WorkerReport]:
        """Do runs one after the other, as long as somebody waits for them."""
        futures = [self.processes.send(task) for task in tasks]
        self._await(futures)
        return [
            self.processes.outcome(task, future)[1:]
            for task, future in zip(tasks, futures, strict=True)
        ]

    def _await(self, futures: Sequence[Future[Any]]) -> None:
        """Wait until all came to an end."""
        wanted, waiting = CancellationCheck(), set(futures)
        while waiting:
            waiting = wait(waiting, timeout=CANCELLATION_POLL_INTERVAL).not_done
            if waiting and (self.stopped or not wanted.holds()):
                raise WorkerProcessLostError

    def stop(self) -> None:
        """End the process, whatever it is doing; once, for two threads may ask for it, and a file closed twice may be another's by then."""
        with self._stopping:
            if not self.stopped:
                self.stopped = True
                self.processes.stop()


class CancellationCheck:
    """Whether the chunk that this thread does is still wanted: a client may have stopped, or may be gone."""

    def __init__(self) -> None:
        worker = get_worker()
        self._known, self._key = worker.state.tasks, worker.get_current_task()

    def holds(self) -> bool:
        """Tell it now."""
        task: Any = self._known.get(self._key)
        return task is not None and task.state != "cancelled"


def allow_child_processes() -> None:
    """Let this worker have processes.

    Under a nanny a worker is a daemonic process, and Python allows those no children, for they would outlive a worker that
    is terminated. Ours do not (``engines.end_with_parent``). Dask's own way, ``distributed.worker.daemon: false``, would have
    to be set on every machine; there is no public call that does it from inside.
    """
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]


def run_chunk(order: bytes, tasks: bytes) -> list[WorkerReport]:
    """Do a chunk of runs; both come pickled, so that the scheduler need not look into them."""
    bench = get_chunk_runner(pickle.loads(order))
    try:
        bench.check()
        return bench.perform(pickle.loads(tasks))
    except Exception as error:
        stop_chunk_runner(bench)
        if isinstance(error, RuntimeError):  # pebble's, for a process that died between runs
            raise WorkerProcessLostError from error
        raise


def get_chunk_runner(order: WorkerContext) -> ChunkRunner:
    """Return this thread's bench, made anew for every study."""
    bench: ChunkRunner | None = getattr(_thread_state, "bench", None)
    if (
        bench is not None
        and bench.order.study == order.study
        and not bench.stopped
        and bench.processes.active
    ):
        return bench
    if bench is not None:
        stop_chunk_runner(bench)
    _thread_state.bench = ChunkRunner(order)
    _chunk_runners.setdefault(order.study, []).append(_thread_state.bench)
    return _thread_state.bench


def stop_chunk_runner(bench: ChunkRunner) -> None:
    """End a bench."""
    _thread_state.bench = None
    bench.stop()
    known = _chunk_runners.get(bench.order.study, [])
    if bench in known:
        known.remove(bench)


def stop_all_chunk_runners() -> None:
    """End all that this worker holds; before it ends itself, for it would wait for its children."""
    for study in list(_chunk_runners):
        for bench in _chunk_runners.pop(study):
            bench.stop()


Finalize(
    None, stop_all_chunk_runners, exitpriority=0
)  # atexit is not heeded in the processes of a nanny


def stop_chunk_runners_of_study(study: str) -> None:
    """End all that this worker holds for a study; in a thread, for a worker must not be kept waiting."""
    for bench in _chunk_runners.pop(study, []):
        threading.Thread(target=bench.stop, daemon=True).start()
