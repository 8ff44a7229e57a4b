"""Which files a study's folder holds, and whether a folder is free for a study."""

from __future__ import annotations

import shutil
from pathlib import Path

from experiments.store.files import wrap_write_errors
from experiments.store.folder import LOCK_FILE
from experiments.store.manifest import MANIFEST_FILE
from sim.errors import InputError

STUDY_COMMAND, STUDY_FILE, CONFIG_FILE = "study", "study.yaml", "config.yaml"
REPORT_FILE = "report.html"

FILES_BEFORE_MANIFEST = {
    LOCK_FILE,
    STUDY_FILE,
    CONFIG_FILE,
}  # what a study writes before its manifest

STUDY_TABLE_FILES = ("runs.parquet", "events.parquet", "series.parquet", "failures.parquet")


def refuse_occupied_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is ours and may be overwritten, or was left when a study had hardly begun."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    ours = LOCK_FILE in names
    if not names or (
        ours and all(name in FILES_BEFORE_MANIFEST or name.endswith(".draft") for name in names)
    ):
        return
    if not overwrite:
        raise InputError(
            f"{folder} exists already; `overbruggen resume {folder}` goes on with it, --out names"
            " another, --overwrite replaces it"
        )
    if not ours and MANIFEST_FILE not in names:
        raise InputError(
            f"{folder} is no results folder (it has no {MANIFEST_FILE}) and is not overwritten;"
            " give another with --out"
        )


def clear_study_folder(folder: Path, overwrite: bool) -> None:
    """Clear a folder that this process holds, the manifest first: without it nobody goes on with what is half cleared."""
    refuse_occupied_folder(folder, overwrite)
    with wrap_write_errors():
        (folder / MANIFEST_FILE).unlink(missing_ok=True)
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK_FILE:
                path.unlink()
