"""An engine that runs chunks of runs on the workers of a Dask cluster.

Workers may die, and the scheduler may go away and come back. A run with a result is never repeated,
and a run without one is sent again unchanged: it gives the same bits wherever it is done.
"""

from __future__ import annotations

import logging
import pickle
import queue
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from threading import Thread
from typing import NamedTuple, Protocol

import dask
from distributed import Client, Future, wait
from distributed.scheduler import KilledWorker

from experiments.execution.chunks import Chunk, ChunkQueue
from experiments.execution.engines import Task, TaskOutcome
from experiments.execution.remote import (
    VersionMismatchError,
    WorkerContext,
    WorkerProcessLostError,
    collect_software_versions,
    run_chunk,
    stop_chunk_runners_of_study,
)
from experiments.interrupts import raise_if_interrupted
from experiments.models.target import Target
from experiments.store.journal import RUN_DIED
from sim.errors import InputError

CHUNKS_PER_THREAD = 3  # in flight: one runs, one waits on the worker, one is on its way
POLL_INTERVAL = 0.2  # seconds between checks of what does not announce itself
WORKER_COUNT_INTERVAL = 2.0  # seconds between counts of the workers
CONNECT_TIMEOUT = 5.0  # seconds for one attempt to reach a scheduler
# Seconds to inform workers that a study ended: nothing depends on it, and Ctrl-C must be fast.
SHUTDOWN_TIMEOUT = 0.5
# Seconds for workers to report their versions before the first run; they may be busy otherwise.
WORKER_CHECK_TIMEOUT = 60.0


class LostSchedulerError(Exception):
    """The scheduler went away; chunks in flight have to be sent again."""


# Dask raises OSError for a broken connection.
CONNECTION_ERRORS = (LostSchedulerError, OSError, TimeoutError, CancelledError)


class ClusterSource(Protocol):
    """Provides a cluster."""

    @property
    def where(self) -> str:
        """The place of the cluster, as a part of sentences."""

    def connect(self) -> Client:
        """Connect to the scheduler; raises OSError if it cannot be reached."""

    def request_workers(self) -> None:
        """Request the workers that are missing; called again and again."""

    def close(self) -> None:
        """Release the cluster."""


class AddressSource(NamedTuple):
    """A cluster that the user started, by the address of its scheduler."""

    address: str

    @property
    def where(self) -> str:
        """The address."""
        return f"at {self.address}"

    def connect(self) -> Client:
        """Connect to the scheduler."""
        return Client(self.address, timeout=CONNECT_TIMEOUT)

    def request_workers(self) -> None:
        """Do nothing: the user starts the workers."""

    def close(self) -> None:
        """Do nothing: the cluster stays."""


class SentChunk(NamedTuple):
    """A chunk that is on the cluster."""

    future: Future
    chunk: Chunk


class DaskEngine:
    """An engine on a Dask cluster.

    Args:
        source: provides the cluster.
        target: the model to run.
        time_limit: seconds a run may take; None: no limit.
        chunk_size: runs that are sent together; None: as many as take about a second.
        patience: seconds without a scheduler or without any worker after which it gives up.
        show: prints a sentence.

    Raises:
        InputError: the scheduler cannot be reached, or workers have another version of the model.
    """

    def __init__(
        self,
        source: ClusterSource,
        target: Target,
        time_limit: float | None,
        chunk_size: int | None,
        patience: float,
        show: Callable[[str], None],
    ) -> None:
        self.source, self.chunk_size = source, chunk_size
        self.patience, self.show = patience, show
        self.context = WorkerContext(
            uuid.uuid4().hex, target, time_limit, collect_software_versions(target)
        )
        self._pickled_context = pickle.dumps(self.context)
        self._in_flight: dict[str, SentChunk] = {}
        self._arrived: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._monitor = WorkerMonitor(source, patience, show)

    def __enter__(self) -> DaskEngine:
        """Connect, and check that the present workers would give the same numbers."""
        silence_dask()
        try:
            self._client = self.source.connect()
        except CONNECTION_ERRORS as error:
            self.source.close()
            where = self.source.where
            raise InputError(
                f"no Dask scheduler answers {where}; start one with `dask scheduler`, or correct"
                " execution.address"
            ) from error
        try:
            check_cluster_workers(self._client, self._pickled_context)
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        """Cancel queued chunks, stop the runs of this study, and release the cluster."""
        ending = Thread(target=self._stop_runs, daemon=True)
        ending.start()
        ending.join(SHUTDOWN_TIMEOUT if any(raised) else CONNECT_TIMEOUT)
        with suppress(*CONNECTION_ERRORS):
            self._client.close(timeout=SHUTDOWN_TIMEOUT)
        self.source.close()

    def _stop_runs(self) -> None:
        """Stop what the cluster still does for this study."""
        with suppress(Exception):  # the cluster may be gone
            if self._client.status == "running":
                self._client.cancel([sent.future for sent in self._in_flight.values()], force=True)
                self._client.run(stop_chunk_runners_of_study, self.context.study, on_error="ignore")

    # --- runs -------------------------------------------------------------------------------------

    def run_tasks(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Do the tasks with a bounded number of chunks in flight."""
        chunks = ChunkQueue(tasks, self.chunk_size)
        while True:
            raise_if_interrupted()
            try:
                self._send_chunks(chunks)
                if not self._in_flight:
                    return
                outcomes = self._collect_outcomes(chunks)
            except CONNECTION_ERRORS:
                self._reconnect(chunks)
            else:
                yield from outcomes

    def _send_chunks(self, chunks: ChunkQueue) -> None:
        """Send chunks as long as there is room for them."""
        room = CHUNKS_PER_THREAD * max(1, self._monitor.count_threads(self._client))
        while (chunk := chunks.take_chunk(len(self._in_flight), room)) is not None:
            future = self._client.submit(
                run_chunk,
                self._pickled_context,
                pickle.dumps(chunk.tasks),
                pure=False,
                key=f"runs-{uuid.uuid4().hex}",
            )
            self._in_flight[future.key] = SentChunk(future, chunk)
            future.add_done_callback(self._arrived.put)

    def _collect_outcomes(self, chunks: ChunkQueue) -> list[TaskOutcome]:
        """Wait a moment for chunks; return the outcomes of their runs, and put back lost chunks."""
        ended = [
            self._in_flight[future.key]
            for future in self._wait_for_futures()
            if future.key in self._in_flight
        ]
        if self._client.status != "running" or any(
            sent.future.status not in ("finished", "error") for sent in ended
        ):
            raise LostSchedulerError
        finished = [sent for sent in ended if sent.future.status == "finished"]
        gathered = self._client.gather([sent.future for sent in finished])
        outcomes = []
        for sent, reports in zip(finished, gathered, strict=True):
            chunks.record_durations([seconds for _, seconds, _, _ in reports])
            outcomes += [
                TaskOutcome(task, *report)
                for task, report in zip(sent.chunk.tasks, reports, strict=True)
            ]
        for sent in ended:
            if sent.future.status == "error":
                outcomes += resolve_failed_chunk(sent.chunk, sent.future.exception(), chunks)
            del self._in_flight[sent.future.key]
        return outcomes

    def _wait_for_futures(self) -> list[Future]:
        """Wait a moment; return the futures that finished, failed or were cancelled."""
        with suppress(queue.Empty):
            ended = [self._arrived.get(timeout=POLL_INTERVAL)]
            while not self._arrived.empty():
                ended.append(self._arrived.get())
            return ended
        return []

    def _reconnect(self, chunks: ChunkQueue) -> None:
        """Wait for the scheduler to come back; every chunk in flight is then sent again."""
        for sent in self._in_flight.values():
            chunks.put_back(sent.chunk)
        self._in_flight.clear()
        with suppress(*CONNECTION_ERRORS):
            self._client.close(timeout=SHUTDOWN_TIMEOUT)
        self.show(
            f"The scheduler {self.source.where} went away; waiting for it to come back, up to"
            f" {self.patience:g} seconds."
        )
        deadline = time.monotonic() + self.patience
        while True:
            raise_if_interrupted()
            try:
                self._client = self.source.connect()
            except CONNECTION_ERRORS as error:
                if time.monotonic() > deadline:
                    raise make_patience_error(
                        f"the scheduler {self.source.where} did not come back within"
                        f" {self.patience:g} seconds"
                    ) from error
                time.sleep(POLL_INTERVAL)
            else:
                self.show("It is back; runs without results are sent again.")
                return


class WorkerMonitor:
    """Counts the threads of a cluster's workers, and gives up when there is none for too long."""

    def __init__(self, source: ClusterSource, patience: float, show: Callable[[str], None]) -> None:
        self.source, self.patience, self.show = source, patience, show
        self._threads, self._counted_at, self._empty_since = 0, -WORKER_COUNT_INTERVAL, 0.0

    def count_threads(self, client: Client) -> int:
        """Return how many runs the workers can do at once; counts only every few seconds."""
        now = time.monotonic()
        if now - self._counted_at < WORKER_COUNT_INTERVAL:
            return self._threads
        self.source.request_workers()
        self._threads, self._counted_at = sum(client.nthreads().values()), now
        if self._threads:
            self._empty_since = 0.0
        elif not self._empty_since:
            self._empty_since = now
            self.show(
                f"No workers {self.source.where} yet; waiting for some, up to {self.patience:g}"
                " seconds."
            )
        elif now - self._empty_since > self.patience:
            raise make_patience_error(
                f"there was no worker {self.source.where} for {self.patience:g} seconds"
            )
        return self._threads


def make_patience_error(reason: str) -> InputError:
    """Return the error of an engine that gave up waiting."""
    return InputError(
        f"{reason}; finished runs are kept: `overbruggen resume FOLDER` continues the study, and"
        " execution.patience sets how long it waits"
    )


def check_cluster_workers(client: Client, context: bytes) -> None:
    """Check that every present worker can do runs and would give the same numbers.

    Workers that join later are checked with their first chunk.
    """
    workers = client.nthreads()
    futures = [
        client.submit(run_chunk, context, pickle.dumps(()), workers=[worker], pure=False)
        for worker in workers
    ]
    with suppress(*CONNECTION_ERRORS):
        wait(futures, timeout=WORKER_CHECK_TIMEOUT)
    for worker, future in zip(workers, futures, strict=True):
        if future.status == "error":
            raise make_worker_error(future.exception(), f"the worker {worker}")


def resolve_failed_chunk(
    chunk: Chunk, error: BaseException, chunks: ChunkQueue
) -> list[TaskOutcome]:
    """Return the outcomes of a chunk whose worker gave no reports.

    Its runs are done again one by one. A run with which a worker dies although it was sent alone
    counts as died.

    Raises:
        InputError: the worker cannot do runs of this study.
    """
    if not isinstance(error, KilledWorker | WorkerProcessLostError):
        raise make_worker_error(error, "a worker")
    if not chunk.alone:
        chunks.mark_suspect(chunk)
        return []
    cause = (
        f"{error.allowed_failures + 1} workers died while they did this run alone"
        if isinstance(error, KilledWorker)
        else "its process ended while it did this run alone"
    )
    return [TaskOutcome(task, RUN_DIED, 0.0, None, cause) for task in chunk.tasks]


def make_worker_error(error: BaseException, worker: str) -> InputError:
    """Return the error for a worker that cannot do runs of this study."""
    if isinstance(error, VersionMismatchError):
        return InputError(
            f"{worker} would give other numbers: {error}; start it, and the scheduler, with the"
            " same environment and files as here"
        )
    reason = " ".join(str(error).split())
    return InputError(
        f"{worker} cannot run this study: {reason}; start it, and the scheduler, with the same"
        " environment and files as here"
    )


def silence_dask() -> None:
    """Turn off Dask's own log, which our messages replace, and shorten its connection attempts."""
    for name in (
        "distributed",
        *(name for name in logging.root.manager.loggerDict if name.startswith("distributed.")),
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    dask.config.set({"distributed.comm.timeouts.connect": CONNECT_TIMEOUT})
