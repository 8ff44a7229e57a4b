"""Reads the tables of a results folder; everything that reads results reads them here."""

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
    """The results of a study: its tables and its manifest.

    The tables are polars frames, lazy polars frames (``experiments.scan``) or pandas frames
    (``to_pandas``).

    Attributes:
        runs: one row per finished run, in the order of the design. Columns: the level of every
            factor, ``replicate``, ``seed``, ``run`` (its id), and every measure
            (docs/measures.md). A measure of something that did not occur in a run is NaN.
        events: one row per collaboration (of another model: per event it records), with the
            columns that identify its run; None unless the study has ``keep: [events]``.
        series: one row per run and recorded round; None unless the study has ``series``.
        failures: one row per failed run: its status, its reason and the command that repeats it;
            None if no run failed.
        manifest: how the results came about: versions, commit, command, seed, machine, times.

    Example:
        >>> results = read_results(Path("results/small"))
        >>> results.factors
        ('structure', 'imitation.rate', 'production.depth')
        >>> results.runs.height == results.manifest.runs
        True
        >>> results.failures is None
        True
    """

    runs: Frame
    events: Frame | None
    series: Frame | None
    failures: Frame | None
    manifest: StudyManifest

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors of the study, which are columns of ``runs``."""
        return self.manifest.factors

    def to_pandas(self) -> StudyTables[pd.DataFrame]:
        """Return the same tables as pandas frames.

        Returns:
            The tables with the same rows and columns; a table that is None stays None.

        Raises:
            InputError: pandas or pyarrow is not installed.

        Example:
            >>> frames = read_results(Path("results/small")).to_pandas()
            >>> frames.runs.groupby("structure")["joint_value"].count().to_dict()
            {'alliance': 6, 'hub': 6}
        """
        return StudyTables(
            convert_to_pandas(self.runs),
            convert_to_pandas(self.events),
            convert_to_pandas(self.series),
            convert_to_pandas(self.failures),
            self.manifest,
        )


class RunTables(NamedTuple, Generic[Frame]):
    """The results of one run: its tables and its manifest.

    The tables are polars frames, lazy polars frames (``experiments.scan``) or pandas frames
    (``to_pandas``).

    Attributes:
        rounds: one row per recorded round.
        events: one row per collaboration; None for a published model (``model=march_1991``).
        challenges: one row per challenge; None for a published model.
        manifest: how the results came about: versions, commit, command, seed, machine, times.

    Example:
        >>> import experiments
        >>> results = experiments.load("results/one")
        >>> results.rounds.height
        10
        >>> results.events.height > 0
        True
    """

    rounds: Frame
    events: Frame | None
    challenges: Frame | None
    manifest: RunManifest

    def to_pandas(self) -> RunTables[pd.DataFrame]:
        """Return the same tables as pandas frames.

        Returns:
            The tables with the same rows and columns; a table that is None stays None.

        Raises:
            InputError: pandas or pyarrow is not installed.

        Example:
            >>> import experiments
            >>> frames = experiments.load("results/one").to_pandas()
            >>> len(frames.rounds)
            10
        """
        return RunTables(
            convert_to_pandas(self.rounds),
            convert_to_pandas(self.events),
            convert_to_pandas(self.challenges),
            self.manifest,
        )


Results = StudyTables[pl.DataFrame]


def read_results(folder: Path) -> Results:
    """Read the results of a complete study into memory.

    Args:
        folder: the folder that ``overbruggen study`` wrote.

    Returns:
        The tables of the study as polars frames, with its manifest.

    Raises:
        InputError: the folder does not exist, is not the folder of a study, is incomplete, or a
            table in it is missing or damaged.

    Example:
        >>> results = read_results(Path("results/small"))
        >>> results.runs["replicate"].unique().sort().to_list()
        [0, 1, 2]
    """
    return read_study_tables(folder, read_study_manifest(folder), pl.read_parquet)


def read_columns(
    folder: Path, choose: Callable[[StudyManifest, pl.Schema], Sequence[str]]
) -> Results:
    """Read the results of a study, but only some columns of its runs, to save memory.

    Args:
        folder: the study's folder.
        choose: returns the columns to read.
    """
    manifest = read_study_manifest(folder)

    def read_chosen(path: Path) -> pl.DataFrame:
        if path.stem != "runs":
            return pl.read_parquet(path)
        return pl.read_parquet(
            path, columns=list(choose(manifest, pl.Schema(pl.read_parquet_schema(path))))
        )

    return read_study_tables(folder, manifest, read_chosen)


def read_study_tables(
    folder: Path, manifest: StudyManifest, reader: Reader[Frame]
) -> StudyTables[Frame]:
    """Read the tables of a complete study.

    Raises:
        InputError: the study is incomplete, or a table is missing or damaged.
    """
    if not manifest.complete:
        raise InputError(
            f"{folder} is incomplete: its study was interrupted or still runs; `overbruggen resume"
            f" {folder}` does the missing runs"
        )
    advice = f"`overbruggen resume {folder}` rewrites it"
    events, series = (
        read_table(folder, name, reader, advice) if (folder / f"{name}.parquet").exists() else None
        for name in ("events", "series")
    )
    failures = read_table(folder, "failures", reader, advice) if manifest.failed else None
    return StudyTables(
        read_table(folder, "runs", reader, advice), events, series, failures, manifest
    )


def read_run_tables(folder: Path, manifest: RunManifest, reader: Reader[Frame]) -> RunTables[Frame]:
    """Read the tables of one run."""
    rounds = read_table(folder, "rounds", reader, RUN_AGAIN_ADVICE)
    events, challenges = (
        None if manifest.model else read_table(folder, name, reader, RUN_AGAIN_ADVICE)
        for name in ("events", "challenges")
    )
    return RunTables(rounds, events, challenges, manifest)


def read_table(folder: Path, name: str, reader: Reader[Frame], advice: str) -> Frame:
    """Read one table.

    Raises:
        InputError: the table is missing or damaged; ``advice`` is what to do then.
    """
    path = folder / f"{name}.parquet"
    try:
        return reader(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{path} cannot be read: {str(error).splitlines()[0]}; it is missing or damaged:"
            f" {advice}"
        ) from error


def scan_table(path: Path) -> pl.LazyFrame:
    """Return a table as a lazy frame; raises now if the table is damaged."""
    frame = pl.scan_parquet(path)
    frame.collect_schema()
    return frame


def convert_to_pandas(frame: Any) -> Any:
    """Return a table as a pandas frame; None stays None."""
    try:
        return None if frame is None else frame.lazy().collect().to_pandas()
    except ImportError as error:
        raise InputError(
            f"pandas frames need pandas and pyarrow ({error}): pip install 'overbruggen[pandas]'"
        ) from error
