"""The folder of a study: made once, growing while runs finish, whole again after any interruption.

    manifest.json      what was asked, by which version, on which machine, and how far it got
    study.yaml         the study with all that was changed on the command line
    journal.jsonl      runs that finished since the last compaction
    parts/             finished runs, events and time series, compacted by rename
    runs.parquet ...   at the end: everything in the order of the design

A run counts as finished when its line in the journal, or its row in a part, is on disk; its events and series are written
before that line, so what the journal names is there. Files that no finished run names are left-overs of an interruption.
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
ROWS_PER_SLICE = 20_000  # rows that are put in order at a time
PARQUET_ROW_GROUP_SIZE = 10_000
MEASURED_SUFFIX = "_measured"  # appended to what was measured where a factor has the same name
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
    """Hold a folder for this process alone; the lock goes with the process, however it ends.

    Raises:
        InputError: another process holds it, or something could not be written there meanwhile.
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
        begun = (folder / "manifest.json").exists()
        raise make_write_error(
            folder,
            reason,
            (
                f"and `overbruggen resume {folder}` goes on"
                if begun
                else "or give another folder with --out"
            ),
        ) from reason


def refuse_folder_in_use(folder: Path) -> None:
    """Refuse a folder in which a study runs at this moment."""
    if (folder / LOCK_FILE).exists():
        with lock_folder(folder):
            pass


class RunStorage:
    """Finished runs of one study."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.parts = folder, folder / "parts"
        with wrap_write_errors():
            self.parts.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(folder / "journal.jsonl")
        self.journal.mend()
        self._in_journal = 0
        self._drop_left_overs()
        named = (record.chunk for record in self.journal.records())
        self.chunk = 1 + max(
            [*map(parse_part_number, self.parts.glob("*.parquet")), *named], default=-1
        )

    # --- reading -----------------------------------------------------------------------------------------------------

    def ended(self) -> pl.DataFrame:
        """Return the newest status of every run that came to an end, in columns ``run`` and ``status``."""
        frames = [pl.read_parquet(path, columns=["run", "status"]) for path in self.paths("ledger")]
        journal = [(record.run, record.status) for record in self.journal.records()]
        schema = {"run": pl.String, "status": pl.String}
        table = pl.concat(
            [*frames, pl.DataFrame(journal, schema=schema, orient="row")]
        ).with_columns(pl.col("status").cast(pl.Categorical))
        return table.unique("run", keep="last") if table["run"].is_duplicated().any() else table

    def measured(self, measures: Sequence[str]) -> pl.DataFrame:
        """Return some measures of all finished runs, each with its ``run``; null where a run has no such measure."""
        self.compact()
        schema = {"run": pl.String} | dict.fromkeys(measures, pl.Float64)
        frames = [
            pl.read_parquet(
                path, columns=[name for name in schema if name in pl.read_parquet_schema(path)]
            )
            for path in self.paths("runs")
        ]
        return pl.concat([pl.DataFrame(schema=schema), *frames], how="diagonal_relaxed").unique(
            "run"
        )

    def failed(self) -> pl.DataFrame:
        """Return the newest attempt of every run that failed and did not do well later: status, seconds and reason."""
        self.compact()
        columns = ["run", "status", "seconds", "reason"]
        parts = [pl.scan_parquet(path).select(columns) for path in self.paths("ledger")]
        failures = pl.concat(
            [
                pl.DataFrame(schema=LEDGER_SCHEMA).select(columns),
                *(part.filter(pl.col("status") != RUN_DONE).collect() for part in parts),
            ]
        )
        if failures.is_empty():
            return failures
        once = failures["run"].implode()
        attempts = pl.concat([part.filter(pl.col("run").is_in(once)).collect() for part in parts])
        return attempts.unique("run", keep="last", maintain_order=True).filter(
            pl.col("status") != RUN_DONE
        )

    def paths(self, kind: str) -> list[Path]:
        """Return the parts of one kind, oldest first."""
        return sorted(self.parts.glob(f"{kind}-*.parquet"))

    # --- writing -----------------------------------------------------------------------------------------------------

    def write(self, records: Sequence[RunRecord], tables: dict[str, pl.DataFrame]) -> None:
        """Keep a chunk of finished runs: first what they left beside measures, then the lines that make them finished."""
        for kind, table in tables.items():
            self._write_part(kind, self.chunk, table)
        self.journal.append(records)
        self.chunk += 1
        self._in_journal += len(records)
        if self._in_journal >= COMPACT_AFTER:
            self.compact()

    def compact(self) -> None:
        """Move the journal into parts: measures of finished runs, and the ledger, which is renamed last and makes the move count."""
        records = list(self.journal.records())
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
        """Write a part under a temporary name and rename it when it is whole and on disk."""
        path = self.parts / f"{kind}-{number:08}.parquet"
        draft = path.with_suffix(".draft")
        write_table(table, draft)
        with wrap_write_errors():
            draft.rename(path)
            sync_folder(self.parts)

    def _drop_left_overs(self) -> None:
        """Remove what an interruption or a damaged file left: its runs count as not finished and are done again, to the same bits."""
        for draft in self.parts.glob("*.draft"):
            draft.unlink()
        damaged = {
            path
            for kind in ("runs", "ledger", *DETAIL_TABLES)
            for path in self.paths(kind)
            if not is_part_readable(path)
        }
        broken_chunks = {
            parse_part_number(path) for path in damaged if path.stem.startswith(DETAIL_TABLES)
        }
        for ledger in self.paths("ledger"):
            runs = ledger.with_name(ledger.name.replace("ledger", "runs"))
            if {ledger, runs} & damaged or broken_chunks & read_ledger_chunks(ledger):
                ledger.unlink()
        whole = {parse_part_number(path) for path in self.paths("ledger")}
        for path in self.paths("runs"):
            if parse_part_number(path) not in whole:
                path.unlink()
        moved = set[int]().union(*(read_ledger_chunks(path) for path in self.paths("ledger")))
        self.journal.drop(
            moved | broken_chunks
        )  # a compaction may have been interrupted just before it cleared the journal
        named = {record.chunk for record in self.journal.records()} | moved
        for path in (path for kind in DETAIL_TABLES for path in self.paths(kind)):
            if parse_part_number(path) not in named or path in damaged:
                path.unlink()


def open_storage_copy(folder: Path, elsewhere: Path) -> RunStorage:
    """Return what has finished in a folder that another process may be writing to; nothing there is touched."""
    journal = folder / "journal.jsonl"
    if (
        journal.exists()
    ):  # first: what is moved into parts meanwhile then stands in both, not in neither
        shutil.copy(journal, elsewhere)
    (elsewhere / "parts").mkdir()
    for part in (folder / "parts").glob("*.parquet"):
        (elsewhere / "parts" / part.name).symlink_to(part.resolve())
    return RunStorage(elsewhere)


def parse_part_number(path: Path) -> int:
    """Return the number of a part."""
    return int(path.stem.rpartition("-")[2])


def read_ledger_chunks(ledger: Path) -> set[int]:
    """Return the chunks whose runs a part of the ledger lists."""
    return set(pl.read_parquet(ledger, columns=["chunk"])["chunk"].unique().to_list())


def is_part_readable(path: Path) -> bool:
    """Tell whether a part is whole."""
    try:
        pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_rows_in_order(keys: Iterable[pl.DataFrame], parts: Sequence[Path], target: Path) -> None:
    """Write the rows of parts in the order of keys (frames with a column ``run`` and what goes beside it), without holding all in memory.

    Bytes depend on content and order alone, not on how rows came to stand in parts.
    """
    columns = list_part_columns(parts)
    slices = target.with_name(f".{target.stem}-slices")
    with wrap_write_errors():
        shutil.rmtree(slices, ignore_errors=True)
        slices.mkdir()
    for number, (path, among) in enumerate(write_key_slices(keys, parts, slices)):
        frame = pl.read_parquet(path)
        wanted = frame["run"].implode()
        found = [
            pl.scan_parquet(part).filter(pl.col("run").is_in(wanted)).collect() for part in among
        ]
        rows = pl.concat(
            [pl.DataFrame(schema={"run": pl.String}), *found], how="diagonal_relaxed"
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
    """Write each slice of keys into a folder; return it with the parts that may hold rows of it, so that not every part is read for every slice."""
    written, hashes = list[Path](), list[pl.DataFrame]()
    for number, frame in enumerate(keys):
        written.append(folder / f"keys-{number:06}.parquet")
        write_table(frame, written[-1])
        hashes.append(frame.select(pl.col("run").hash(), slice=pl.lit(number, pl.UInt32)))
    places = pl.concat(hashes)  # two runs with one hash: a part is read in vain
    among: list[list[Path]] = [[] for _ in written]
    for part in parts:
        runs = pl.read_parquet(part, columns=["run"]).select(pl.col("run").hash())
        for number in places.join(runs, on="run", how="semi")["slice"].unique():
            among[number].append(part)
    return list(zip(written, among, strict=True))


def list_part_columns(parts: Sequence[Path]) -> list[str]:
    """Return all columns of parts but ``run``: in their own order when all agree, else by name, so that the order of parts decides nothing."""
    each = {tuple(name for name in pl.read_parquet_schema(path) if name != "run") for path in parts}
    return list(each.pop()) if len(each) == 1 else sorted(set().union(*each))
