"""The files of a results folder: what each holds, and whether a folder is free for a study."""

from __future__ import annotations

import shutil
from fnmatch import fnmatchcase
from pathlib import Path

from experiments.store.files import wrap_write_errors
from experiments.store.folder import LOCK_FILE
from experiments.store.manifest import MANIFEST_FILE
from experiments.store.provenance import PROVENANCE_FILE, RUNS_FILE
from sim.errors import InputError

STUDY_COMMAND, STUDY_FILE, CONFIG_FILE = "study", "study.yaml", "config.yaml"
FAILURES_FILE, REPORT_FILE = "failures.parquet", "report.html"
STUDY_TABLE_FILES = (RUNS_FILE, "events.parquet", "series.parquet", FAILURES_FILE)
FILES_BEFORE_MANIFEST = (LOCK_FILE, STUDY_FILE, CONFIG_FILE)  # in the order of writing

# By name or pattern, in the order in which lists show them.
RESULT_FILES = {
    RUNS_FILE: (
        "one row per finished run, in the order of the design: factor levels, replicate, seed, id"
        " and measures"
    ),
    "events.parquet": "one row per collaboration (of another model: per event it records)",
    "series.parquet": "one row per run and recorded round",
    FAILURES_FILE: "one row per failed run: status, reason and the command that repeats it",
    "rounds.parquet": "one row per recorded round",
    "challenges.parquet": "one row per challenge",
    "organisations.parquet": "the expertise of every organisation at the start and at the end",
    "members.parquet": "the members of every collaboration at several moments",
    CONFIG_FILE: (
        "the complete configuration with all defaults (of a study: of its first point, from which"
        " other points differ in their factor levels)"
    ),
    STUDY_FILE: "the study's file, without the overrides, which are in the manifest",
    MANIFEST_FILE: "versions, commit, command, seed, machine and times of the results",
    PROVENANCE_FILE: "the command that made each file, with checksums",
    "tables.md": "the tables as Markdown",
    "tables.tex": "the tables as LaTeX (booktabs)",
    "table_*.csv": "the numbers of one table, not rounded",
    REPORT_FILE: "the report: question, design, results, figures, methods and limits on one page",
}


def describe_result_file(name: str) -> str | None:
    """Return what a file of a results folder holds; None for figures and unknown files."""
    return next(
        (content for pattern, content in RESULT_FILES.items() if fnmatchcase(name, pattern)), None
    )


def refuse_occupied_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that is not free for a study.

    It is free if it is empty, or holds only what an interrupted study wrote before its manifest;
    ``overwrite`` also allows any results folder.
    """
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    has_lock = LOCK_FILE in names
    if not names or (
        has_lock and all(name in FILES_BEFORE_MANIFEST or name.endswith(".draft") for name in names)
    ):
        return
    if not overwrite:
        raise InputError(
            f"{folder} exists already; `overbruggen resume {folder}` continues its study, --out"
            " names another folder, --overwrite replaces this one"
        )
    if not has_lock and MANIFEST_FILE not in names:
        raise InputError(
            f"{folder} is not a results folder (it has no {MANIFEST_FILE}) and is not overwritten;"
            " give another folder with --out"
        )


def clear_study_folder(folder: Path, overwrite: bool) -> None:
    """Clear a folder that this process has locked.

    The manifest goes first: without it nobody can resume a folder that is partly cleared.
    """
    refuse_occupied_folder(folder, overwrite)
    with wrap_write_errors():
        (folder / MANIFEST_FILE).unlink(missing_ok=True)
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK_FILE:
                path.unlink()
