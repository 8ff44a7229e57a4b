"""Results for Python and notebooks: ``experiments.load(folder)``, and ``experiments.scan(folder)`` for what does not fit in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from experiments.store.folder import view
from experiments.store.manifest import StudyManifest, read_manifest
from experiments.store.results import Frame, Reader, Results, RunTables, StudyTables, opened, run_tables_in, study_tables_in


def load(folder: str | Path, incomplete: bool = False) -> StudyTables[pl.DataFrame] | RunTables[pl.DataFrame]:
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
        return finished_so_far(folder, manifest)
    return tables_in(folder, pl.read_parquet)


def scan(folder: str | Path) -> StudyTables[pl.LazyFrame] | RunTables[pl.LazyFrame]:
    """Open what a study or a run left in its folder as lazy frames, which read no more than a question needs.

    Args:
        folder: the folder that ``overbruggen study`` or ``overbruggen run`` wrote.

    Raises:
        InputError: as ``load``.
    """
    return tables_in(Path(folder), opened)


def tables_in(folder: Path, reader: Reader[Frame]) -> StudyTables[Frame] | RunTables[Frame]:
    """Read whatever kind of results a folder holds."""
    manifest = read_manifest(folder)
    return study_tables_in(folder, manifest, reader) if isinstance(manifest, StudyManifest) else run_tables_in(folder, manifest, reader)


def finished_so_far(folder: Path, manifest: StudyManifest) -> Results:
    """Put the runs that finished so far in order elsewhere, as the end of the study would, and read that."""
    # Only here: what is finished is read without designs and models.
    from experiments.design.ordering import put_in_order
    from experiments.design.plan import Adaptive
    from experiments.design.recorded import plan_of, point_labels, refuse_another_version, study_in

    study = study_in(folder)
    plan, points = plan_of(study)
    refuse_another_version(folder, plan, manifest)
    replicates = study.replicates.at_most if isinstance(study.replicates, Adaptive) else study.replicates
    with tempfile.TemporaryDirectory() as elsewhere:
        levels = [point_labels(point) for point in points]
        tally = put_in_order(plan, levels, view(folder, Path(elsewhere)), [replicates] * len(points))
        ended = manifest.model_copy(update={"complete": True, "failed": tally.failed})
        found = study_tables_in(Path(elsewhere), ended, pl.read_parquet)
    failures = found.failures
    if failures is not None:
        failures = failures.with_columns(pl.col("command").str.replace(elsewhere, str(folder), literal=True))
    return found._replace(failures=failures, manifest=manifest)
