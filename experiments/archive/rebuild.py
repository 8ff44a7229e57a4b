"""Make the study of a replication archive again, by the commands its README gives, and compare every file with what it must be."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from analysis.tables import Table
from experiments.archive.inputs import OrganisationData
from experiments.archive.recipe import (
    ENVIRONMENT_FOLDER,
    FAILURES_FILE,
    INPUTS_FOLDER,
    MANIFEST_DEPENDENT_FILES,
    NEVER_COMPARED_FILES,
    RESULTS_FOLDER,
    VARYING_FAILURE_COLUMNS,
    Recipe,
    read_recipe,
)
from experiments.archive.zip import find_broken_files, open_archive
from experiments.console import print_table, print_text
from experiments.exit_statuses import EXIT_DONE, EXIT_RUNS_FAILED
from experiments.models.collaboration import CollaborationTarget
from experiments.presentation.study_results import write_tables_and_figures
from experiments.store.files import create_results_folder, find_project_file
from experiments.store.layout import (
    CONFIG_FILE,
    STUDY_FILE,
    STUDY_TABLE_FILES,
    refuse_occupied_folder,
)
from experiments.store.provenance import compute_checksum
from sim.errors import InputError

FILE_SAME, FILE_DIFFERENT, FILE_NOT_MADE = "same", "different", "not made"
STORED_FILES = ("manifest.json", STUDY_FILE, CONFIG_FILE, *STUDY_TABLE_FILES)


class FileComparison(NamedTuple):
    """A file that was made again: its name, the SHA-256 it must have and has, and what that comes to."""

    name: str
    expected: str
    found: str
    outcome: str


def rebuild_archive(
    archive: Path, out: Path, overwrite: bool, figures_only: bool, workers: int | None
) -> bool:
    """Make the results of an archive again in a new folder; show which files are the same.

    Args:
        archive: what ``overbruggen package`` wrote, or the folder it was unpacked to.
        out: where the results go.
        overwrite: replace results that are there.
        figures_only: do no runs; make tables and figures from the results in the archive.
        workers: processes for the runs; all cores unless told.

    Returns:
        Whether everything that can be equal is.

    Raises:
        InputError: there is no archive, it is not the software here that made it, or data it needs is not there.
    """
    with open_archive(archive) as folder:
        wrong = find_broken_files(folder)
        if wrong:
            rows = [(place, what) for place, what in wrong.items()]
            print_table(
                Table(
                    "Files of the archive that are not what its checksums promise",
                    ("file", "outcome"),
                    rows,
                )
            )
            print_text(
                f"{len(wrong)} files of {archive} changed since it was made, so nothing was made"
                " again; unpack or fetch it anew."
            )
            return False
        recipe = read_recipe(folder)
        refuse_other_model(archive, recipe)
        warn_of_packages(folder, recipe)
        whole = out.resolve()
        compared = list(
            rebuild_figures(folder, whole, overwrite, recipe)
            if figures_only
            else rebuild_all_results(folder, whole, overwrite, recipe, workers)
        )
    return show_rebuild_outcome(compared, recipe, out, figures_only)


# --- what is checked before ----------------------------------------------------------------------------------------------


def refuse_other_model(archive: Path, recipe: Recipe) -> None:
    """Refuse to make results again by another version of our model."""
    here = CollaborationTarget().compute_version()
    if not recipe.own_model and here != recipe.version:
        raise InputError(
            f"{archive} was made with model version {recipe.version}, and here it is {here};"
            " install the Overbruggen that is in the archive, as its README.md says (sh rebuild.sh"
            " does)"
        )


def warn_of_packages(folder: Path, recipe: Recipe) -> None:
    """Say which packages are here in another version than the archive pins."""
    lines = (folder / ENVIRONMENT_FOLDER / "constraints.txt").read_text(encoding="utf-8").split()
    others = [
        line
        for line in lines
        if find_installed_version(line.partition("==")[0]) != line.partition("==")[2]
    ]
    if others:
        print_text(
            "Here in other versions than the archive pins, so that bytes may differ:"
            f" {', '.join(others)}."
        )
    python = sys.version.split()[0]
    if python != recipe.python:
        print_text(f"The results were made with Python {recipe.python}, and this is {python}.")


def find_installed_version(name: str) -> str:
    """Return the version of a package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def refuse_missing_data(folder: Path, data: OrganisationData) -> None:
    """Refuse to begin without the files of organisations that the archive leaves out, or with others."""
    for name, promised in data.files.items():
        place = (
            Path(INPUTS_FOLDER) / Path(name).expanduser()
        )  # a path of its own, if it is absolute
        if not (folder / place).is_file() or compute_checksum(folder / place) != promised:
            state = (
                "is another file than the study read"
                if (folder / place).is_file()
                else "is not in the archive"
            )
            raise InputError(
                f"{name} {state}; unpack the archive and put the one with SHA-256 {promised} at"
                f" {place}, or say --figures-only"
            )


# --- making it again -----------------------------------------------------------------------------------------------------


def rebuild_all_results(
    folder: Path, out: Path, overwrite: bool, recipe: Recipe, workers: int | None
) -> Iterator[FileComparison]:
    """Do all runs and everything that was made of them; compare what each command made as soon as it ends."""
    for data in recipe.data:
        refuse_missing_data(folder, data)
    refuse_occupied_folder(out, overwrite)
    more = [
        *(["--overwrite"] if overwrite else []),
        *([] if workers is None else ["--workers", str(workers)]),
    ]
    for number, step in enumerate(recipe.steps):
        print_text(f"$ {step.spoken(out)}")
        run_archive_command(
            folder, [*step.words(out), *(more if number == 0 else [])], shown=number == 0
        )
        yield from (
            compare_rebuilt_file(name, promised, out, folder)
            for name, promised in step.files.items()
            if name not in MANIFEST_DEPENDENT_FILES
        )


def rebuild_figures(
    folder: Path, out: Path, overwrite: bool, recipe: Recipe
) -> Iterator[FileComparison]:
    """Make tables and figures from the stored results; compare them."""
    with create_results_folder(out, overwrite) as draft:
        for name in STORED_FILES:
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(folder / RESULTS_FOLDER / name, draft / name)
        write_tables_and_figures(draft)
        first, *others = recipe.steps
        yield from (
            compare_rebuilt_file(name, promised, draft, folder)
            for name, promised in first.files.items()
            if name not in STORED_FILES
        )
        for step in others:
            print_text(f"$ {step.spoken(out)}")
            run_archive_command(folder, step.words(draft))
            yield from (
                compare_rebuilt_file(name, promised, draft, folder)
                for name, promised in step.files.items()
            )


def run_archive_command(folder: Path, words: list[str], shown: bool = False) -> None:
    """Give one command in the folder of inputs, in a process of its own; nothing is written into the archive.

    Args:
        folder: of the archive.
        words: the command.
        shown: let it say how it gets on.

    Raises:
        InputError: the command did not do its work.
    """
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    project = find_project_file()
    places = [
        *([str(project.parent)] if project else []),
        str((folder / INPUTS_FOLDER).resolve()),
        os.environ.get("PYTHONPATH", ""),
    ]
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, places)
    )  # a checkout need not be installed; own modules lie among the inputs
    to = None if shown else subprocess.DEVNULL
    done = subprocess.run(
        [sys.executable, "-m", "experiments", *words],
        cwd=folder / INPUTS_FOLDER,
        env=environment,
        stdout=to,
        check=False,
    )
    # Runs may have failed in the original study too.
    if done.returncode not in (EXIT_DONE, EXIT_RUNS_FAILED):
        raise InputError(
            f"overbruggen {words[0]} ended with exit status {done.returncode}, so that its files"
            " cannot be compared; see above why"
        )


# --- comparing -----------------------------------------------------------------------------------------------------------


def compare_rebuilt_file(name: str, promised: str, out: Path, folder: Path) -> FileComparison:
    """Compare a file that was made again with what it must be."""
    path = out / name
    if not path.exists():
        return FileComparison(name, promised, "", FILE_NOT_MADE)
    found = compute_checksum(path)
    if found == promised or (
        name == FAILURES_FILE and has_equal_failures(path, folder / RESULTS_FOLDER / name)
    ):
        return FileComparison(name, promised, found, FILE_SAME)
    return FileComparison(
        name,
        promised,
        found,
        f"{FILE_DIFFERENT}{describe_table_difference(path, folder / RESULTS_FOLDER / name)}",
    )


def has_equal_failures(first: Path, second: Path) -> bool:
    """Tell whether the same runs failed in the same way; times and paths differ by nature."""
    return (
        pl.read_parquet(first)
        .drop(VARYING_FAILURE_COLUMNS)
        .equals(pl.read_parquet(second).drop(VARYING_FAILURE_COLUMNS))
    )


def describe_table_difference(first: Path, second: Path) -> str:
    """Say how far two tables are apart, if they are alike but for numbers."""
    if first.suffix not in (".parquet", ".csv"):
        return ""
    a, b = (
        (pl.read_parquet if path.suffix == ".parquet" else pl.read_csv)(path)
        for path in (first, second)
    )
    if a.schema != b.schema or len(a) != len(b):
        return ": other rows or columns"
    numbers = [name for name, kind in a.schema.items() if kind.is_float()]
    rest = [name for name in a.columns if name not in numbers]
    if not numbers or not a.select(rest).equals(b.select(rest)):
        return ""
    x, y = a.select(numbers).to_numpy(), b.select(numbers).to_numpy()
    both = np.isfinite(x) & np.isfinite(y)
    apart = float(
        np.max(np.abs(x - y)[both] / np.maximum(np.abs(y[both]), np.finfo(float).tiny), initial=0.0)
    )
    return f": numbers at most {apart:.0e} of their size apart"


def show_rebuild_outcome(
    compared: list[FileComparison], recipe: Recipe, out: Path, figures_only: bool
) -> bool:
    """Show what is the same and what not; return whether everything is."""
    rows = [
        (name, expected[:12], found[:12], outcome) for name, expected, found, outcome in compared
    ]
    print_table(
        Table(
            "Made again",
            ("file", "expected", "found", "outcome"),
            rows,
            "SHA-256, the first 12 of 64 digits; checksums.sha256 has all.",
        )
    )
    telling = (
        []
        if figures_only
        else [
            name for step in recipe.steps for name in step.files if name in MANIFEST_DEPENDENT_FILES
        ]
    )
    print_text(
        f"Not compared: {', '.join([*NEVER_COMPARED_FILES, *telling])} and, of {FAILURES_FILE},"
        f" {', '.join(VARYING_FAILURE_COLUMNS)}, which hold times, paths and the machine."
    )
    if recipe.not_compared:
        print_text(
            "Not compared, for no command is known that makes them:"
            f" {', '.join(recipe.not_compared)}."
        )
    if figures_only:
        print_text(
            "Not made again: the tables of runs, events, series and failures, which are the stored"
            " ones."
        )
    others = sum(outcome != FILE_SAME for *_, outcome in compared)
    print_text(
        f"{len(compared) - others} of {len(compared)} files are the"
        f" same{f', {others} are not' if others else ''}; made in {out}."
    )
    return not others
