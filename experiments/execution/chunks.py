"""What is sent next to a cluster: fresh runs in chunks, chunks that were lost, and runs under suspicion, one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from experiments.execution.engines import Task

CHUNK_TARGET_SECONDS = (
    1.0  # seconds a chunk should take: far more than it costs to send, and little is lost with it
)
LARGEST_CHUNK = 500  # runs in a chunk


class Chunk(NamedTuple):
    """Runs that are sent together; ``alone`` when nothing else is on the cluster meanwhile, so that what happens is their doing."""

    tasks: tuple[Task, ...]
    alone: bool = False


class ChunkQueue:
    """Hands out chunks, and takes back those that did not come to an end.

    Args:
        tasks: fresh runs; taken when there is room for them.
        size: runs in a chunk; None: as many as take about a second.
    """

    def __init__(self, tasks: Iterable[Task], size: int | None) -> None:
        self._fresh, self._size = iter(tasks), size
        self._lost: deque[Chunk] = deque()
        self._suspects: deque[Task] = deque()
        self._runs, self._seconds = 0, 0.0

    def next(self, in_flight: int, room: int) -> Chunk | None:
        """Return a chunk to send now, if there is one and room for it; a suspect goes out when nothing else is in flight."""
        if self._suspects:
            return Chunk((self._suspects.popleft(),), alone=True) if not in_flight else None
        if in_flight >= room:
            return None
        if self._lost:
            return self._lost.popleft()
        tasks = tuple(islice(self._fresh, self.size))
        return Chunk(tasks) if tasks else None

    @property
    def size(self) -> int:
        """Runs in the next chunk: one until it is known how long they take."""
        if self._size is not None:
            return self._size
        return (
            min(
                LARGEST_CHUNK,
                max(1, round(CHUNK_TARGET_SECONDS * self._runs / max(self._seconds, 1e-9))),
            )
            if self._runs
            else 1
        )

    def learn(self, seconds: Sequence[float]) -> None:
        """Note how long runs took."""
        self._runs += len(seconds)
        self._seconds += sum(seconds)

    def put_back(self, chunk: Chunk) -> None:
        """Take back a chunk that was lost through no fault of its own."""
        if chunk.alone:
            self._suspects.extendleft(chunk.tasks)
        else:
            self._lost.append(chunk)

    def suspect(self, chunk: Chunk) -> None:
        """Take back a chunk with which workers died: one of its runs may be what kills them."""
        self._suspects.extend(chunk.tasks)
