"""Results for Python and notebooks: ``experiments.load(folder)``, and ``experiments.scan(folder)`` for what does not fit in memory."""

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
    """Read what a study or a run left in its folder into memory.

    Args:
        folder: the folder that ``overbruggen study`` or ``overbruggen run`` wrote.
        incomplete: also take a study that was interrupted, or runs at this moment, and give the runs that finished so
            far, in the same form and order as at the end. The folder is left as it is.

    Returns:
        The tables as polars frames, with the manifest; ``.to_pandas()`` gives pandas frames.

    Raises:
        InputError: the folder does not exist, holds no results, is incomplete, or was damaged; says what to do.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if incomplete and isinstance(manifest, StudyManifest) and not manifest.complete:
        return read_finished_runs(folder, manifest)
    return read_result_tables(folder, pl.read_parquet)


def scan(folder: str | Path) -> StudyTables[pl.LazyFrame] | RunTables[pl.LazyFrame]:
    """Open what a study or a run left in its folder as lazy frames, which read no more than a question needs.

    Args:
        folder: the folder that ``overbruggen study`` or ``overbruggen run`` wrote.

    Raises:
        InputError: as ``load``.
    """
    return read_result_tables(Path(folder), scan_table)


def read_result_tables(
    folder: Path, reader: Reader[Frame]
) -> StudyTables[Frame] | RunTables[Frame]:
    """Read whatever kind of results a folder holds."""
    manifest = read_manifest(folder)
    return (
        read_study_tables(folder, manifest, reader)
        if isinstance(manifest, StudyManifest)
        else read_run_tables(folder, manifest, reader)
    )


def read_finished_runs(folder: Path, manifest: StudyManifest) -> Results:
    """Put the runs that finished so far in order elsewhere, as the end of the study would, and read that."""
    # Only here: what is finished is read without designs and models.
    from experiments.design.plan import AdaptiveReplicates
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
    replicates = (
        study.replicates.at_most
        if isinstance(study.replicates, AdaptiveReplicates)
        else study.replicates
    )
    with tempfile.TemporaryDirectory() as elsewhere:
        levels = [get_point_labels(point) for point in points]
        tally = write_ordered_tables(
            plan, levels, open_storage_copy(folder, Path(elsewhere)), [replicates] * len(points)
        )
        ended = manifest.model_copy(update={"complete": True, "failed": tally.failed})
        found = read_study_tables(Path(elsewhere), ended, pl.read_parquet)
    failures = found.failures
    if failures is not None:
        failures = failures.with_columns(
            pl.col("command").str.replace(elsewhere, str(folder), literal=True)
        )
    return found._replace(failures=failures, manifest=manifest)
