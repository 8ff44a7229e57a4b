"""What a folder holds, as tables: everything that reads results reads them here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import polars as pl

from experiments.store.manifest import RunManifest, StudyManifest, read_study_manifest
from sim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Frame = TypeVar("Frame")
Reader = Callable[[Path], Frame]
RUN_AGAIN_ADVICE = "run it again"


class StudyTables(NamedTuple, Generic[Frame]):
    """What a study found.

    Attributes:
        runs: a row per run that is done, in the order of the design: levels of the factors, replicate, seed, id and measures.
        events: a row per collaboration (of another model: per what it records); None unless the study keeps events.
        series: a row per run and recorded round; None unless the study asks for series.
        failures: a row per run that failed, with its reason and the command that does it again; None when none did.
        manifest: how these results came about.
    """

    runs: Frame
    events: Frame | None
    series: Frame | None
    failures: Frame | None
    manifest: StudyManifest

    @property
    def factors(self) -> tuple[str, ...]:
        """What the study varies: the columns of ``runs`` that hold levels."""
        return self.manifest.factors

    def to_pandas(self) -> StudyTables[pd.DataFrame]:
        """Return the same with pandas frames."""
        return StudyTables(
            convert_to_pandas(self.runs),
            convert_to_pandas(self.events),
            convert_to_pandas(self.series),
            convert_to_pandas(self.failures),
            self.manifest,
        )


class RunTables(NamedTuple, Generic[Frame]):
    """What one run left.

    Attributes:
        rounds: a row per recorded round.
        events: a row per collaboration; None for a classic.
        challenges: a row per challenge; None for a classic.
        manifest: how these results came about.
    """

    rounds: Frame
    events: Frame | None
    challenges: Frame | None
    manifest: RunManifest

    def to_pandas(self) -> RunTables[pd.DataFrame]:
        """Return the same with pandas frames."""
        return RunTables(
            convert_to_pandas(self.rounds),
            convert_to_pandas(self.events),
            convert_to_pandas(self.challenges),
            self.manifest,
        )


Results = StudyTables[pl.DataFrame]


def read_results(folder: Path) -> Results:
    """Read what a study wrote into memory."""
    return read_study_tables(folder, read_study_manifest(folder), pl.read_parquet)


def read_columns(
    folder: Path, chosen: Callable[[StudyManifest, pl.Schema], Sequence[str]]
) -> Results:
    """Read what a study wrote into memory, of its runs the chosen columns alone: a million runs then take little of it."""
    manifest = read_study_manifest(folder)

    def reader(path: Path) -> pl.DataFrame:
        if path.stem != "runs":
            return pl.read_parquet(path)
        return pl.read_parquet(
            path, columns=list(chosen(manifest, pl.Schema(pl.read_parquet_schema(path))))
        )

    return read_study_tables(folder, manifest, reader)


def read_study_tables(
    folder: Path, manifest: StudyManifest, reader: Reader[Frame]
) -> StudyTables[Frame]:
    """Read the tables of a study that is complete.

    Raises:
        InputError: a table is not there though the manifest says so, or was damaged.
    """
    if not manifest.complete:
        raise InputError(
            f"{folder} is incomplete: its study was interrupted or still runs; `overbruggen resume"
            f" {folder}` does what is missing"
        )
    again = f"`overbruggen resume {folder}` writes it anew"
    events, series = (
        read_table(folder, name, reader, again) if (folder / f"{name}.parquet").exists() else None
        for name in ("events", "series")
    )
    failures = read_table(folder, "failures", reader, again) if manifest.failed else None
    return StudyTables(
        read_table(folder, "runs", reader, again), events, series, failures, manifest
    )


def read_run_tables(folder: Path, manifest: RunManifest, reader: Reader[Frame]) -> RunTables[Frame]:
    """Read the tables of one run."""
    rounds = read_table(folder, "rounds", reader, RUN_AGAIN_ADVICE)
    events, challenges = (
        None if manifest.model else read_table(folder, name, reader, RUN_AGAIN_ADVICE)
        for name in ("events", "challenges")
    )
    return RunTables(rounds, events, challenges, manifest)


def read_table(folder: Path, name: str, reader: Reader[Frame], otherwise: str) -> Frame:
    """Read one table; if that fails, say so and what to do."""
    path = folder / f"{name}.parquet"
    try:
        return reader(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{path} cannot be read: {str(error).splitlines()[0]}; it is missing or damaged:"
            f" {otherwise}"
        ) from error


def scan_table(path: Path) -> pl.LazyFrame:
    """Return a table that is read where and when it is needed; a damaged one is found out here."""
    frame = pl.scan_parquet(path)
    frame.collect_schema()
    return frame


def convert_to_pandas(frame: Any) -> Any:
    """Return a table as a pandas frame; one that is not there stays away."""
    try:
        return None if frame is None else frame.lazy().collect().to_pandas()
    except ImportError as error:
        raise InputError(
            f"pandas frames need pandas and pyarrow ({error}): pip install 'overbruggen[pandas]'"
        ) from error
