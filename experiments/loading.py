"""Results in Python and notebooks: ``experiments.load`` and ``experiments.scan``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from experiments.store.folder import open_storage_copy
from experiments.store.manifest import StudyManifest, read_manifest
from experiments.store.results import (
    Frame,
    Reader,
    Results,
    RunTables,
    StudyTables,
    read_run_tables,
    read_study_tables,
    scan_table,
)


def load(
    folder: str | Path, incomplete: bool = False
) -> StudyTables[pl.DataFrame] | RunTables[pl.DataFrame]:
    """Read the results of a study or a run into memory.

    Args:
        folder: the folder that ``overbruggen study`` or ``overbruggen run`` wrote.
        incomplete: also accept a study that was interrupted or is still running. The tables then
            hold the runs that have finished, in their final form and order. The folder is not
            changed.

    Returns:
        The tables as polars frames, with the manifest. A study gives ``StudyTables`` (runs,
        events, series, failures), a run gives ``RunTables`` (rounds, events, challenges).
        ``.to_pandas()`` converts the frames to pandas.

    Raises:
        InputError: the folder does not exist, holds no results, is incomplete or is damaged. The
            message names the command that helps.

    Example:
        After ``overbruggen study structure_and_imitation structure=hub,alliance
        imitation.rate=0,0.1 production.depth=2 replicates=3 --out results/small``:

        >>> results = load("results/small")
        >>> results.factors
        ('structure', 'imitation.rate', 'production.depth')
        >>> results.runs.height  # 4 points x 3 replicates
        12
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if incomplete and isinstance(manifest, StudyManifest) and not manifest.complete:
        return read_finished_runs(folder, manifest)
    return read_result_tables(folder, pl.read_parquet)


def scan(folder: str | Path) -> StudyTables[pl.LazyFrame] | RunTables[pl.LazyFrame]:
    """Open the results of a study or a run as lazy frames.

    polars reads only the columns and rows that a query needs, so the tables may be larger than
    memory.

    Args:
        folder: the folder that ``overbruggen study`` or ``overbruggen run`` wrote.

    Returns:
        The same tables as ``load``, as lazy frames.

    Raises:
        InputError: the folder does not exist, holds no results, is incomplete or is damaged.

    Example:
        After the study in the example of ``load``:

        >>> hubs = scan("results/small").runs.filter(pl.col("structure") == "hub")
        >>> hubs.select(pl.len()).collect().item()
        6
    """
    return read_result_tables(Path(folder), scan_table)


def read_result_tables(
    folder: Path, reader: Reader[Frame]
) -> StudyTables[Frame] | RunTables[Frame]:
    """Read the tables of a study or of a run, as the manifest says."""
    manifest = read_manifest(folder)
    return (
        read_study_tables(folder, manifest, reader)
        if isinstance(manifest, StudyManifest)
        else read_run_tables(folder, manifest, reader)
    )


def read_finished_runs(folder: Path, manifest: StudyManifest) -> Results:
    """Write the tables of the runs that have finished into a temporary folder, and read them."""
    # Imported here: a finished study is read without designs and models.
    from experiments.design.recorded_study import (
        get_point_labels,
        load_recorded_study,
        plan_study,
        refuse_another_version,
    )
    from experiments.design.result_tables import write_ordered_tables

    study = load_recorded_study(folder)
    plan, points = plan_study(study)
    refuse_another_version(folder, plan, manifest)
    with tempfile.TemporaryDirectory() as elsewhere:
        levels = [get_point_labels(point) for point in points]
        counts = write_ordered_tables(
            plan,
            levels,
            open_storage_copy(folder, Path(elsewhere)),
            [study.most_replicates] * len(points),
        )
        finished = manifest.model_copy(update={"complete": True, "failed": counts.failed})
        tables = read_study_tables(Path(elsewhere), finished, pl.read_parquet)
    failures = tables.failures
    if failures is not None:
        failures = failures.with_columns(
            pl.col("command").str.replace(elsewhere, str(folder), literal=True)
        )
    return tables._replace(failures=failures, manifest=manifest)
