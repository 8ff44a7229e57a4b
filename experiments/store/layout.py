"""Which files a study's folder holds, and whether a folder is free for a study."""

from __future__ import annotations

import shutil
from pathlib import Path

from experiments.store.files import writing
from experiments.store.folder import LOCK
from experiments.store.manifest import MANIFEST
from sim.errors import InputError

STUDY, STUDY_FILE, CONFIG = "study", "study.yaml", "config.yaml"

BEGUN = {LOCK, STUDY_FILE, CONFIG}  # what a study writes before its manifest

TABLES = ("runs.parquet", "events.parquet", "series.parquet", "failures.parquet")



def refuse_unless_free(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is ours and may be overwritten, or was left when a study had hardly begun."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    ours = LOCK in names
    if not names or (ours and all(name in BEGUN or name.endswith(".draft") for name in names)):
        return
    if not overwrite:
        raise InputError(f"{folder} exists already; `overbruggen resume {folder}` goes on with it, --out names another, --overwrite replaces it")
    if not ours and MANIFEST not in names:
        raise InputError(f"{folder} is no results folder (it has no {MANIFEST}) and is not overwritten; give another with --out")



def make_room(folder: Path, overwrite: bool) -> None:
    """Clear a folder that this process holds, the manifest first: without it nobody goes on with what is half cleared."""
    refuse_unless_free(folder, overwrite)
    with writing():
        (folder / MANIFEST).unlink(missing_ok=True)
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()

