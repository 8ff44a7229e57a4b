"""Which runs are sent to a cluster next: new ones in chunks, lost chunks, suspects one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from experiments.execution.engines import Task

# Seconds: a chunk then takes far longer than sending it, and its loss costs little.
CHUNK_TARGET_SECONDS = 1.0
LARGEST_CHUNK = 500  # runs


class Chunk(NamedTuple):
    """Runs that are sent together.

    Attributes:
        tasks: the runs.
        alone: whether the cluster does nothing else meanwhile, so that they cause a worker's death.
    """

    tasks: tuple[Task, ...]
    alone: bool = False


class ChunkQueue:
    """Hands out chunks, and takes back those that did not finish.

    Args:
        tasks: new runs; consumed only as far as there is room for them.
        size: runs per chunk; None: as many as take about a second.
    """

    def __init__(self, tasks: Iterable[Task], size: int | None) -> None:
        self._new, self._size = iter(tasks), size
        self._lost: deque[Chunk] = deque()
        self._suspects: deque[Task] = deque()
        self._runs, self._seconds = 0, 0.0

    def take_chunk(self, in_flight: int, room: int) -> Chunk | None:
        """Return a chunk to send now; None if there is none or no room for it.

        A suspect is sent when nothing else is in flight.
        """
        if self._suspects:
            return Chunk((self._suspects.popleft(),), alone=True) if not in_flight else None
        if in_flight >= room:
            return None
        if self._lost:
            return self._lost.popleft()
        tasks = tuple(islice(self._new, self.size))
        return Chunk(tasks) if tasks else None

    @property
    def size(self) -> int:
        """Runs in the next chunk: one until the duration of a run is known."""
        if self._size is not None:
            return self._size
        if not self._runs:
            return 1
        target = round(CHUNK_TARGET_SECONDS * self._runs / max(self._seconds, 1e-9))
        return min(LARGEST_CHUNK, max(1, target))

    def record_durations(self, seconds: Sequence[float]) -> None:
        """Record how long finished runs took."""
        self._runs += len(seconds)
        self._seconds += sum(seconds)

    def put_back(self, chunk: Chunk) -> None:
        """Take back a chunk that was lost through no fault of its own."""
        if chunk.alone:
            self._suspects.extendleft(chunk.tasks)
        else:
            self._lost.append(chunk)

    def mark_suspect(self, chunk: Chunk) -> None:
        """Take back a chunk with which workers died: one of its runs may kill them."""
        self._suspects.extend(chunk.tasks)
