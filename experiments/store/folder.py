"""The finished runs of a study on disk: a folder that survives any interruption.

``experiments.store.layout`` describes its files. A finished run is first a record of the journal;
``compact`` then moves the journal into Parquet files in ``parts/``, and at the end
``write_rows_in_order`` writes the tables from the parts.

A run counts as finished when its record in the journal, or its row in a part, is on disk. Its
events and series are written before that record, so they exist for every run of the journal. Files
without a finished run are leftovers of an interruption.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from experiments.store.files import (
    NotWrittenError,
    make_write_error,
    wrap_write_errors,
    write_file,
    write_table,
)
from experiments.store.journal import RUN_DONE, Journal, RunRecord
from sim.errors import InputError

COMPACT_AFTER = 20_000  # records; about 30 MB of journal
ROWS_PER_SLICE = 20_000  # put in order at a time
PARQUET_ROW_GROUP_SIZE = 10_000
MEASURED_SUFFIX = "_measured"  # appended to a measure that has the name of a factor
DETAIL_TABLES = ("events", "series")
LOCK_FILE = ".lock"
LEDGER_SCHEMA = {
    "run": pl.String,
    "chunk": pl.Int64,
    "status": pl.String,
    "seconds": pl.Float64,
    "reason": pl.String,
}


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder for this process; the lock ends with the process, also when it is killed.

    Raises:
        InputError: another process has the lock, or the disk failed while this one had it.
    """
    try:
        with wrap_write_errors():
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / LOCK_FILE).open("a")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    f"{folder} is in use by another process; wait for it, stop it, or give another"
                    " folder with --out"
                ) from None
            yield
    except NotWrittenError as reason:
        can_resume = (folder / "manifest.json").exists()
        raise make_write_error(
            folder,
            reason,
            (
                f"and `overbruggen resume {folder}` continues the study"
                if can_resume
                else "or give another folder with --out"
            ),
        ) from reason


def refuse_folder_in_use(folder: Path) -> None:
    """Refuse a folder that another process has locked."""
    if (folder / LOCK_FILE).exists():
        with lock_folder(folder):
            pass


class RunStorage:
    """The finished runs of one study.

    Opening it repairs the folder after an interruption.

    Args:
        folder: the study's folder, which this process must have locked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.parts = folder, folder / "parts"
        with wrap_write_errors():
            self.parts.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(folder / "journal.jsonl")
        self.journal.truncate_torn_end()
        self._in_journal = 0
        self._remove_leftovers()
        in_journal = (record.chunk for record in self.journal.read_records())
        self.chunk = 1 + max(
            [*map(parse_part_number, self.parts.glob("*.parquet")), *in_journal], default=-1
        )

    # --- reading ----------------------------------------------------------------------------------

    def read_statuses(self) -> pl.DataFrame:
        """Return the newest status of every run that ended, in columns ``run`` and ``status``."""
        frames = [
            pl.read_parquet(path, columns=["run", "status"]) for path in self.list_parts("ledger")
        ]
        journal = [(record.run, record.status) for record in self.journal.read_records()]
        schema = {"run": pl.String, "status": pl.String}
        table = pl.concat(
            [*frames, pl.DataFrame(journal, schema=schema, orient="row")]
        ).with_columns(pl.col("status").cast(pl.Categorical))
        return table.unique("run", keep="last") if table["run"].is_duplicated().any() else table

    def read_measures(self, measures: Sequence[str]) -> pl.DataFrame:
        """Return some measures of all finished runs; null where a run does not have a measure."""
        self.compact()
        schema = {"run": pl.String} | dict.fromkeys(measures, pl.Float64)
        frames = [
            pl.read_parquet(
                path, columns=[name for name in schema if name in pl.read_parquet_schema(path)]
            )
            for path in self.list_parts("runs")
        ]
        return pl.concat([pl.DataFrame(schema=schema), *frames], how="diagonal_relaxed").unique(
            "run"
        )

    def read_failures(self) -> pl.DataFrame:
        """Return the status, seconds and reason of every failed run that has not succeeded since.

        A run that failed several times has its newest attempt.
        """
        self.compact()
        columns = ["run", "status", "seconds", "reason"]
        parts = [pl.scan_parquet(path).select(columns) for path in self.list_parts("ledger")]
        failures = pl.concat(
            [
                pl.DataFrame(schema=LEDGER_SCHEMA).select(columns),
                *(part.filter(pl.col("status") != RUN_DONE).collect() for part in parts),
            ]
        )
        if failures.is_empty():
            return failures
        failed_runs = failures["run"].implode()
        attempts = pl.concat(
            [part.filter(pl.col("run").is_in(failed_runs)).collect() for part in parts]
        )
        return attempts.unique("run", keep="last", maintain_order=True).filter(
            pl.col("status") != RUN_DONE
        )

    def list_parts(self, kind: str) -> list[Path]:
        """Return the parts of one kind, oldest first."""
        return sorted(self.parts.glob(f"{kind}-*.parquet"))

    # --- writing ----------------------------------------------------------------------------------

    def write_chunk(self, records: Sequence[RunRecord], tables: dict[str, pl.DataFrame]) -> None:
        """Save a chunk of runs: events and series, then the records that make the runs finished."""
        for kind, table in tables.items():
            self._write_part(kind, self.chunk, table)
        self.journal.append(records)
        self.chunk += 1
        self._in_journal += len(records)
        if self._in_journal >= COMPACT_AFTER:
            self.compact()

    def compact(self) -> None:
        """Move the journal into parts: measures, then the ledger, whose renaming makes it valid."""
        records = list(self.journal.read_records())
        if not records:
            return
        done = [record for record in records if record.status == RUN_DONE]
        number = self.chunk
        if done:
            self._write_part(
                "runs",
                number,
                pl.DataFrame(
                    [{"run": r.run, **r.measures} for r in done], infer_schema_length=None
                ),
            )
        rows = [{name: getattr(record, name) for name in LEDGER_SCHEMA} for record in records]
        self._write_part("ledger", number, pl.DataFrame(rows, schema=LEDGER_SCHEMA))
        self.journal.clear()
        self.chunk += 1
        self._in_journal = 0

    def _write_part(self, kind: str, number: int, table: pl.DataFrame) -> None:
        """Write a part under a temporary name and rename it when it is on disk."""
        path = self.parts / f"{kind}-{number:08}.parquet"
        draft = path.with_suffix(".draft")
        write_table(table, draft)
        with wrap_write_errors():
            draft.rename(path)
            sync_folder(self.parts)

    def _remove_leftovers(self) -> None:
        """Remove damaged files and the leftovers of an interruption.

        Their runs count as not finished, and are done again to the same bits.
        """
        for draft in self.parts.glob("*.draft"):
            draft.unlink()
        damaged = {
            path
            for kind in ("runs", "ledger", *DETAIL_TABLES)
            for path in self.list_parts(kind)
            if not is_part_readable(path)
        }
        broken_chunks = {
            parse_part_number(path) for path in damaged if path.stem.startswith(DETAIL_TABLES)
        }
        for ledger in self.list_parts("ledger"):
            runs = ledger.with_name(ledger.name.replace("ledger", "runs"))
            if {ledger, runs} & damaged or broken_chunks & read_ledger_chunks(ledger):
                ledger.unlink()
        compacted = {parse_part_number(path) for path in self.list_parts("ledger")}
        for path in self.list_parts("runs"):
            if parse_part_number(path) not in compacted:
                path.unlink()
        moved = set[int]().union(*(read_ledger_chunks(path) for path in self.list_parts("ledger")))
        # A compaction may have been interrupted just before it cleared the journal.
        self.journal.drop_chunks(moved | broken_chunks)
        finished = {record.chunk for record in self.journal.read_records()} | moved
        for path in (path for kind in DETAIL_TABLES for path in self.list_parts(kind)):
            if parse_part_number(path) not in finished or path in damaged:
                path.unlink()


def open_storage_copy(folder: Path, copy: Path) -> RunStorage:
    """Return the finished runs of a folder that another process may be writing to.

    Args:
        folder: the study's folder, which stays as it is.
        copy: an empty folder for a copy of the journal and links to the parts.
    """
    journal = folder / "journal.jsonl"
    # Copied before the parts: what is moved between the two is then in both, not in neither.
    if journal.exists():
        shutil.copy(journal, copy)
    (copy / "parts").mkdir()
    for part in (folder / "parts").glob("*.parquet"):
        (copy / "parts" / part.name).symlink_to(part.resolve())
    return RunStorage(copy)


def parse_part_number(path: Path) -> int:
    """Return the number of a part."""
    return int(path.stem.rpartition("-")[2])


def read_ledger_chunks(ledger: Path) -> set[int]:
    """Return the chunks of the runs in a part of the ledger."""
    return set(pl.read_parquet(ledger, columns=["chunk"])["chunk"].unique().to_list())


def is_part_readable(path: Path) -> bool:
    """Return whether a part can be read completely."""
    try:
        pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make the names of a folder's files survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_rows_in_order(keys: Iterable[pl.DataFrame], parts: Sequence[Path], target: Path) -> None:
    """Write the rows of parts in the order of keys, without holding all of them in memory.

    The bytes depend only on content and order, not on how the rows are spread over parts.

    Args:
        keys: frames with a column ``run`` and the columns to put before the parts' columns.
        parts: Parquet files with a column ``run``.
        target: the file to write.
    """
    columns = list_part_columns(parts)
    slices = target.with_name(f".{target.stem}-slices")
    with wrap_write_errors():
        shutil.rmtree(slices, ignore_errors=True)
        slices.mkdir()
    for number, (path, parts_of_slice) in enumerate(write_key_slices(keys, parts, slices)):
        frame = pl.read_parquet(path)
        runs = frame["run"].implode()
        matches = [
            pl.scan_parquet(part).filter(pl.col("run").is_in(runs)).collect()
            for part in parts_of_slice
        ]
        rows = pl.concat(
            [pl.DataFrame(schema={"run": pl.String}), *matches], how="diagonal_relaxed"
        ).select("run", *columns)
        rows = rows.rename(
            {name: f"{name}{MEASURED_SUFFIX}" for name in columns if name in frame.columns}
        )
        write_table(
            frame.join(rows, on="run", how="inner", maintain_order="left_right"),
            slices / f"ordered-{number:06}.parquet",
        )
    draft = target.with_suffix(".draft")
    ordered = pl.scan_parquet(sorted(slices.glob("ordered-*")))
    write_file(
        draft, lambda file: ordered.sink_parquet(file, row_group_size=PARQUET_ROW_GROUP_SIZE)
    )
    with wrap_write_errors():
        draft.rename(target)
        shutil.rmtree(slices)


def write_key_slices(
    keys: Iterable[pl.DataFrame], parts: Sequence[Path], folder: Path
) -> list[tuple[Path, list[Path]]]:
    """Write each slice of keys into a folder; return its path and the parts with rows of it.

    Not every part must then be read for every slice.
    """
    written, hashes = list[Path](), list[pl.DataFrame]()
    for number, frame in enumerate(keys):
        written.append(folder / f"keys-{number:06}.parquet")
        write_table(frame, written[-1])
        hashes.append(frame.select(pl.col("run").hash(), slice=pl.lit(number, pl.UInt32)))
    slices = pl.concat(hashes)  # two runs with the same hash only cost a part that is not needed
    parts_by_slice: list[list[Path]] = [[] for _ in written]
    for part in parts:
        runs = pl.read_parquet(part, columns=["run"]).select(pl.col("run").hash())
        for number in slices.join(runs, on="run", how="semi")["slice"].unique():
            parts_by_slice[number].append(part)
    return list(zip(written, parts_by_slice, strict=True))


def list_part_columns(parts: Sequence[Path]) -> list[str]:
    """Return all columns of parts except ``run``.

    They have the order of the parts when all agree, and are sorted otherwise, because the order of
    the parts is arbitrary.
    """
    each = {tuple(name for name in pl.read_parquet_schema(path) if name != "run") for path in parts}
    return list(each.pop()) if len(each) == 1 else sorted(set().union(*each))
