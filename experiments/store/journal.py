"""The journal of a study: one line per chunk of finished runs, appended and synced.

Neither ``kill -9`` nor a power cut loses more than the last chunk. A line that was being written
when everything stopped is torn: it has no end, or does not parse. It counts as not written, so that
the events of a chunk belong to finished runs or to none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Set
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.store.files import wrap_write_errors, write_text

RUN_DONE, RUN_FAILED, RUN_DIED, RUN_TIMED_OUT, RUN_UNDEFINED = (
    "done",
    "failed",
    "died",
    "timed out",
    "undefined",
)


class RunRecord(NamedTuple):
    """One run that ended: its measures, or the reason for having none."""

    run: str
    chunk: int
    status: str
    seconds: float
    measures: dict[str, float]
    reason: str = ""


def format_journal_line(records: Iterable[RunRecord]) -> bytes:
    """Return a chunk as one line; numbers keep every bit, NaN and infinities included."""
    return (
        json.dumps([record._asdict() for record in records], separators=(",", ":")).encode() + b"\n"
    )


def parse_journal_line(line: bytes) -> list[RunRecord] | None:
    """Return the chunk of a line; None if the line is torn."""
    if not line.endswith(b"\n"):
        return None
    try:
        return [RunRecord(**record) for record in json.loads(line)]
    except (ValueError, TypeError):
        return None


class Journal:
    """An append-only file of chunks."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, records: Iterable[RunRecord]) -> None:
        """Write a chunk of records and make sure it is on disk.

        If that fails, for example on a full disk, the journal stays as it was.
        """
        size = self.path.stat().st_size if self.path.exists() else 0
        with wrap_write_errors():
            try:
                with self.path.open("ab") as file:
                    file.write(format_journal_line(records))
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                if self.path.exists():
                    os.truncate(self.path, size)
                raise

    def read_records(self) -> Iterator[RunRecord]:
        """Walk through the records up to the first torn line."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                chunk = parse_journal_line(line)
                if chunk is None:
                    return
                yield from chunk

    def truncate_torn_end(self) -> None:
        """Remove a torn line and all after it, so that the next chunk starts a new line."""
        size = 0
        if not self.path.exists():
            return
        with wrap_write_errors(), self.path.open("rb+") as file:
            for line in file:
                if parse_journal_line(line) is None:
                    break
                size += len(line)
            file.truncate(size)
            os.fsync(file.fileno())

    def drop_chunks(self, chunks: Set[int]) -> None:
        """Remove the records of some chunks."""
        records = list(self.read_records())
        remaining = [record for record in records if record.chunk not in chunks]
        if len(remaining) < len(records):
            lines = [
                format_journal_line(chunk) for _, chunk in groupby(remaining, attrgetter("chunk"))
            ]
            write_text(b"".join(lines).decode(), self.path)

    def clear(self) -> None:
        """Remove all records, which are in parts now."""
        with wrap_write_errors():
            self.path.unlink(missing_ok=True)


def list_undefined_measures(
    measures: dict[str, float], may_be_undefined: frozenset[str]
) -> list[str]:
    """Return the measures that are not finite although they must be."""
    return [
        name
        for name, value in measures.items()
        if name not in may_be_undefined and not np.isfinite(value)
    ]


def convert_measures_to_floats(measures: dict[str, Any]) -> dict[str, float]:
    """Return measures as Python floats, which JSON writes with every bit."""
    return {name: float(value) for name, value in measures.items()}
