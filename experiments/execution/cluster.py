"""Dask as an engine: chunks of runs on the workers of a cluster, which may die, and whose scheduler may go away and come back.

What came back once is never asked for again, and what had not come back is sent again as it was: a run gives the same bits wherever
and however often it is done.
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

CHUNKS_PER_THREAD = 3  # in flight: one is done, one waits there, one is on its way
POLL_INTERVAL = 0.2  # seconds between looks at what does not announce itself
WORKER_COUNT_INTERVAL = 2.0  # seconds between counts of the workers
CONNECT_TIMEOUT = 5.0  # seconds for one attempt to reach a scheduler
SHUTDOWN_TIMEOUT = 0.5  # seconds that workers are given to hear that a study is over: nothing depends on it, and Ctrl-C must not take long
WORKER_CHECK_TIMEOUT = 60.0  # seconds that workers are given to show what they are before the first run; they may be busy with something else


class LostSchedulerError(Exception):
    """The scheduler went away; what was in flight has to be sent again."""


CONNECTION_ERRORS = (
    LostSchedulerError,
    OSError,
    TimeoutError,
    CancelledError,
)  # OSError: Dask's broken connections are such


class ClusterSource(Protocol):
    """Where a cluster comes from."""

    @property
    def where(self) -> str:
        """Where it is, for sentences."""

    def connect(self) -> Client:
        """Connect to its scheduler; OSError if it cannot be reached."""

    def keep_up(self) -> None:
        """See to it that there are workers; called now and then."""

    def close(self) -> None:
        """Let go of it."""


class AddressSource(NamedTuple):
    """A cluster that others look after, by the address of its scheduler."""

    address: str

    @property
    def where(self) -> str:
        """Its address."""
        return f"at {self.address}"

    def connect(self) -> Client:
        """Connect to the scheduler."""
        return Client(self.address, timeout=CONNECT_TIMEOUT)

    def keep_up(self) -> None:
        """Leave the workers to those who started them."""

    def close(self) -> None:
        """Leave it as it is."""


class SentChunk(NamedTuple):
    """A chunk that is on the cluster."""

    future: Future
    chunk: Chunk


class DaskEngine:
    """An engine on a Dask cluster.

    Args:
        source: where the cluster comes from.
        target: what is run.
        time_limit: seconds a run may take.
        chunk: runs sent together; None: as many as take about a second.
        patience: seconds without a scheduler or without any worker after which it stops.
        tell: shows a sentence.

    Raises:
        InputError: the scheduler cannot be reached, or workers have another version of the model.
    """

    def __init__(
        self,
        source: ClusterSource,
        target: Target,
        time_limit: float | None,
        chunk: int | None,
        patience: float,
        tell: Callable[[str], None],
    ) -> None:
        self.source, self.chunk, self.patience, self.tell = source, chunk, patience, tell
        self.order = WorkerContext(
            uuid.uuid4().hex, target, time_limit, collect_software_versions(target)
        )
        self._order = pickle.dumps(self.order)
        self._in_flight: dict[str, SentChunk] = {}
        self._arrived: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._crew = WorkerMonitor(source, patience, tell)

    def __enter__(self) -> DaskEngine:
        """Connect, and look whether the workers there are would give the same numbers."""
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
            check_cluster_workers(self._client, self._order)
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        """Cancel what is queued, let workers end what they hold, and let go of the cluster."""
        ending = Thread(target=self._end, daemon=True)
        ending.start()
        ending.join(SHUTDOWN_TIMEOUT if any(raised) else CONNECT_TIMEOUT)
        with suppress(*CONNECTION_ERRORS):
            self._client.close(timeout=SHUTDOWN_TIMEOUT)
        self.source.close()

    def _end(self) -> None:
        """Tell the cluster that the study is over."""
        with suppress(Exception):  # it may be gone
            if self._client.status == "running":
                self._client.cancel([sent.future for sent in self._in_flight.values()], force=True)
                self._client.run(stop_chunk_runners_of_study, self.order.study, on_error="ignore")

    # --- runs ----------------------------------------------------------------------------------------------------------------

    def outcomes(self, tasks: Iterable[Task]) -> Iterator[TaskOutcome]:
        """Keep a bounded number of chunks in flight."""
        supply = ChunkQueue(tasks, self.chunk)
        while True:
            raise_if_interrupted()
            try:
                self._send(supply)
                if not self._in_flight:
                    return
                outcomes = self._come_in(supply)
            except CONNECTION_ERRORS:
                self._reconnect(supply)
            else:
                yield from outcomes

    def _send(self, supply: ChunkQueue) -> None:
        """Send chunks as long as there is room for them."""
        room = CHUNKS_PER_THREAD * max(1, self._crew.threads(self._client))
        while (chunk := supply.next(len(self._in_flight), room)) is not None:
            future = self._client.submit(
                run_chunk,
                self._order,
                pickle.dumps(chunk.tasks),
                pure=False,
                key=f"runs-{uuid.uuid4().hex}",
            )
            self._in_flight[future.key] = SentChunk(future, chunk)
            future.add_done_callback(self._arrived.put)

    def _come_in(self, supply: ChunkQueue) -> list[TaskOutcome]:
        """Wait a moment for chunks; return what became of their runs, and put back what has to be done again."""
        ended = [
            self._in_flight[future.key] for future in self._ended() if future.key in self._in_flight
        ]
        if self._client.status != "running" or any(
            sent.future.status not in ("finished", "error") for sent in ended
        ):
            raise LostSchedulerError
        finished = [sent for sent in ended if sent.future.status == "finished"]
        found = list(
            zip(finished, self._client.gather([sent.future for sent in finished]), strict=True)
        )
        outcomes = []
        for sent, reports in found:
            supply.learn([seconds for _, seconds, _, _ in reports])
            outcomes += [
                TaskOutcome(task, *report)
                for task, report in zip(sent.chunk.tasks, reports, strict=True)
            ]
        for sent in ended:
            if sent.future.status == "error":
                outcomes += resolve_failed_chunk(sent.chunk, sent.future.exception(), supply)
            del self._in_flight[sent.future.key]
        return outcomes

    def _ended(self) -> list[Future]:
        """Wait a moment; return chunks that came to an end, in whatever way."""
        with suppress(queue.Empty):
            ended = [self._arrived.get(timeout=POLL_INTERVAL)]
            while not self._arrived.empty():
                ended.append(self._arrived.get())
            return ended
        return []

    def _reconnect(self, supply: ChunkQueue) -> None:
        """Wait for the scheduler to come back; everything that was in flight is sent again."""
        for sent in self._in_flight.values():
            supply.put_back(sent.chunk)
        self._in_flight.clear()
        with suppress(*CONNECTION_ERRORS):
            self._client.close(timeout=SHUTDOWN_TIMEOUT)
        self.tell(
            f"The scheduler {self.source.where} went away; waiting for it to come back, up to"
            f" {self.patience:g} seconds."
        )
        until = time.monotonic() + self.patience
        while True:
            raise_if_interrupted()
            try:
                self._client = self.source.connect()
            except CONNECTION_ERRORS as error:
                if time.monotonic() > until:
                    raise make_patience_error(
                        f"the scheduler {self.source.where} did not come back within"
                        f" {self.patience:g} seconds"
                    ) from error
                time.sleep(POLL_INTERVAL)
            else:
                self.tell("It is back; what had not come in is sent again.")
                return


class WorkerMonitor:
    """The workers of a cluster: how many runs they can do at a time, and how long there has been nobody."""

    def __init__(self, source: ClusterSource, patience: float, tell: Callable[[str], None]) -> None:
        self.source, self.patience, self.tell = source, patience, tell
        self._threads, self._counted, self._nobody_since = 0, -WORKER_COUNT_INTERVAL, 0.0

    def threads(self, client: Client) -> int:
        """Return how many runs workers can do at a time, counted now and then."""
        now = time.monotonic()
        if now - self._counted < WORKER_COUNT_INTERVAL:
            return self._threads
        self.source.keep_up()
        self._threads, self._counted = sum(client.nthreads().values()), now
        if self._threads:
            self._nobody_since = 0.0
        elif not self._nobody_since:
            self._nobody_since = now
            self.tell(
                f"No workers {self.source.where} yet; waiting for some, up to {self.patience:g}"
                " seconds."
            )
        elif now - self._nobody_since > self.patience:
            raise make_patience_error(
                f"there was no worker {self.source.where} for {self.patience:g} seconds"
            )
        return self._threads


def make_patience_error(why: str) -> InputError:
    """Return the sentence with which an engine stops that waited in vain."""
    return InputError(
        f"{why}; what finished is kept, `overbruggen resume FOLDER` goes on with it, and"
        " execution.patience sets how long to wait"
    )


def check_cluster_workers(client: Client, order: bytes) -> None:
    """Let every worker there is show that it can do runs, and would give the same numbers; those that come later show it with their first chunk."""
    there = client.nthreads()
    futures = [
        client.submit(run_chunk, order, pickle.dumps(()), workers=[worker], pure=False)
        for worker in there
    ]
    with suppress(*CONNECTION_ERRORS):
        wait(futures, timeout=WORKER_CHECK_TIMEOUT)
    for worker, future in zip(there, futures, strict=True):
        if future.status == "error":
            raise make_worker_error(future.exception(), f"the worker {worker}")


def resolve_failed_chunk(
    chunk: Chunk, error: BaseException, supply: ChunkQueue
) -> list[TaskOutcome]:
    """Decide what becomes of a chunk that gave no reports: its runs are done again one by one, and one that was alone is guilty."""
    if not isinstance(error, KilledWorker | WorkerProcessLostError):
        raise make_worker_error(error, "a worker")
    if not chunk.alone:
        supply.suspect(chunk)
        return []
    died = (
        f"{error.allowed_failures + 1} workers died"
        if isinstance(error, KilledWorker)
        else "its process could not go on"
    )
    return [
        TaskOutcome(task, RUN_DIED, 0.0, None, f"{died} while they did this run alone")
        for task in chunk.tasks
    ]


def make_worker_error(error: BaseException, who: str) -> InputError:
    """Return the sentence for a worker that cannot do runs of this study."""
    if isinstance(error, VersionMismatchError):
        return InputError(
            f"{who} would give other numbers: {error}; let it use the same environment and files as"
            " here"
        )
    reason = " ".join(str(error).split())
    return InputError(
        f"{who} cannot run this study: {reason}; let it, and the scheduler, use the same"
        " environment and files as here"
    )


def silence_dask() -> None:
    """Leave it to our own sentences to say what happens to the cluster, and do not let one attempt to connect take long."""
    for name in (
        "distributed",
        *(name for name in logging.root.manager.loggerDict if name.startswith("distributed.")),
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    dask.config.set({"distributed.comm.timeouts.connect": CONNECT_TIMEOUT})
