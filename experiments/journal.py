"""What finished, line by line: appended and synced per chunk, so that neither ``kill -9`` nor a power cut loses more than the last chunk.

A line that was being written when everything stopped is torn: it has no end, or does not parse. It counts as never written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

DONE, FAILED, DIED, TIMED_OUT, UNDEFINED = "done", "failed", "died", "timed out", "undefined"


class Record(NamedTuple):
    """One run that came to an end: what it gave, or why it gave nothing."""

    run: str
    chunk: int
    status: str
    seconds: float
    measures: dict[str, float]
    reason: str = ""

    def to_line(self) -> str:
        """Return the record as one line; numbers keep every bit, NaN and infinities included."""
        return json.dumps(self._asdict(), separators=(",", ":")) + "\n"


def from_line(line: bytes) -> Record | None:
    """Return the record of a line, or nothing if it is torn."""
    if not line.endswith(b"\n"):
        return None
    try:
        return Record(**json.loads(line))
    except (ValueError, TypeError):
        return None


class Journal:
    """An append-only file of records."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, records: Iterable[Record]) -> None:
        """Write a chunk of records and make sure it is on disk."""
        with self.path.open("ab") as file:
            file.write("".join(record.to_line() for record in records).encode())
            file.flush()
            os.fsync(file.fileno())

    def records(self) -> Iterator[Record]:
        """Walk through the records up to the first torn line."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                record = from_line(line)
                if record is None:
                    return
                yield record

    def mend(self) -> None:
        """Cut a torn end off, so that the next chunk starts on a line of its own."""
        whole = 0
        if not self.path.exists():
            return
        with self.path.open("rb+") as file:
            for line in file:
                if from_line(line) is None:
                    break
                whole += len(line)
            file.truncate(whole)
            os.fsync(file.fileno())

    def clear(self) -> None:
        """Forget all records; they stand elsewhere now."""
        self.path.unlink(missing_ok=True)


def undefined_among(measures: dict[str, float], may_be_undefined: frozenset[str]) -> list[str]:
    """Return the measures that are no numbers though they should be."""
    return [name for name, value in measures.items() if name not in may_be_undefined and not np.isfinite(value)]


def as_numbers(measures: dict[str, Any]) -> dict[str, float]:
    """Return measures as plain floats, which JSON writes with every bit."""
    return {name: float(value) for name, value in measures.items()}
