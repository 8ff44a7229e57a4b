"""Reproduces the study of a replication archive with its commands, and compares every file."""

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
    FAILURES_FILE,
    STUDY_FILE,
    STUDY_TABLE_FILES,
    refuse_occupied_folder,
)
from experiments.store.provenance import compute_checksum
from sim.errors import InputError

FILE_SAME, FILE_DIFFERENT, FILE_NOT_MADE = "same", "different", "not made"
STORED_FILES = ("manifest.json", STUDY_FILE, CONFIG_FILE, *STUDY_TABLE_FILES)


class FileComparison(NamedTuple):
    """A reproduced file: its name, its expected and present SHA-256, and whether it is equal."""

    name: str
    expected: str
    found: str
    outcome: str


def rebuild_archive(
    archive: Path, out: Path, overwrite: bool, figures_only: bool, workers: int | None
) -> bool:
    """Reproduce the results of an archive in a new folder; show which files are the same.

    Args:
        archive: the archive that ``overbruggen package`` wrote, or the folder with its files.
        out: the folder for the results.
        overwrite: replace existing results.
        figures_only: do no runs; make tables and figures from the results in the archive.
        workers: processes for the runs; None: one per core.

    Returns:
        Whether every compared file is equal.

    Raises:
        InputError: the archive does not exist, another version of the software made it, or data
            that it needs is missing.
    """
    with open_archive(archive) as folder:
        broken = find_broken_files(folder)
        if broken:
            rows = [(place, outcome) for place, outcome in broken.items()]
            print_table(
                Table(
                    "Files of the archive that do not match its checksums",
                    ("file", "outcome"),
                    rows,
                )
            )
            print_text(
                f"{len(broken)} files of {archive} changed since it was made, so nothing was"
                " reproduced; unpack it or fetch it again."
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


# --- checks ---------------------------------------------------------------------------------------


def refuse_other_model(archive: Path, recipe: Recipe) -> None:
    """Refuse to reproduce results with another version of our model."""
    present = CollaborationTarget().compute_version()
    if not recipe.own_model and present != recipe.version:
        raise InputError(
            f"{archive} was made with model version {recipe.version}, and here it is {present};"
            " install the Overbruggen that is in the archive, as its README.md says (sh rebuild.sh"
            " does)"
        )


def warn_of_packages(folder: Path, recipe: Recipe) -> None:
    """Print which packages have another version here than in the archive."""
    lines = (folder / ENVIRONMENT_FOLDER / "constraints.txt").read_text(encoding="utf-8").split()
    others = [
        line
        for line in lines
        if find_installed_version(line.partition("==")[0]) != line.partition("==")[2]
    ]
    if others:
        print_text(
            "The archive pins other versions than those installed here, so bytes may differ:"
            f" {', '.join(others)}."
        )
    python = sys.version.split()[0]
    if python != recipe.python:
        print_text(f"Python {recipe.python} made the results, and this is Python {python}.")


def find_installed_version(name: str) -> str:
    """Return the version of a package; nothing if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def refuse_missing_data(folder: Path, data: OrganisationData) -> None:
    """Refuse missing or changed files of organisations that the archive does not hold."""
    for name, expected in data.files.items():
        # An absolute path replaces the folder of inputs.
        place = Path(INPUTS_FOLDER) / Path(name).expanduser()
        if not (folder / place).is_file() or compute_checksum(folder / place) != expected:
            state = (
                "is another file than the study read"
                if (folder / place).is_file()
                else "is not in the archive"
            )
            raise InputError(
                f"{name} {state}; unpack the archive and put the file with SHA-256 {expected} at"
                f" {place}, or use --figures-only"
            )


# --- reproducing ----------------------------------------------------------------------------------


def rebuild_all_results(
    folder: Path, out: Path, overwrite: bool, recipe: Recipe, workers: int | None
) -> Iterator[FileComparison]:
    """Give all commands of the recipe; compare the files of each as soon as it ends."""
    for data in recipe.data:
        refuse_missing_data(folder, data)
    refuse_occupied_folder(out, overwrite)
    more_words = [
        *(["--overwrite"] if overwrite else []),
        *([] if workers is None else ["--workers", str(workers)]),
    ]
    for number, step in enumerate(recipe.steps):
        print_text(f"$ {step.format_command(out)}")
        run_archive_command(
            folder, [*step.list_words(out), *(more_words if number == 0 else [])], show=number == 0
        )
        yield from (
            compare_rebuilt_file(name, expected, out, folder)
            for name, expected in step.files.items()
            if name not in MANIFEST_DEPENDENT_FILES
        )


def rebuild_figures(
    folder: Path, out: Path, overwrite: bool, recipe: Recipe
) -> Iterator[FileComparison]:
    """Make the tables and figures from the stored results; compare them."""
    with create_results_folder(out, overwrite) as draft:
        for name in STORED_FILES:
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(folder / RESULTS_FOLDER / name, draft / name)
        write_tables_and_figures(draft)
        first, *others = recipe.steps
        yield from (
            compare_rebuilt_file(name, expected, draft, folder)
            for name, expected in first.files.items()
            if name not in STORED_FILES
        )
        for step in others:
            print_text(f"$ {step.format_command(out)}")
            run_archive_command(folder, step.list_words(draft))
            yield from (
                compare_rebuilt_file(name, expected, draft, folder)
                for name, expected in step.files.items()
            )


def run_archive_command(folder: Path, words: list[str], show: bool = False) -> None:
    """Give one command in the folder of inputs, in a new process that does not change the archive.

    Args:
        folder: of the archive.
        words: the command.
        show: print its output.

    Raises:
        InputError: the command failed.
    """
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    project = find_project_file()
    # A checkout need not be installed, and user-defined modules are among the inputs.
    places = [
        *([str(project.parent)] if project else []),
        str((folder / INPUTS_FOLDER).resolve()),
        os.environ.get("PYTHONPATH", ""),
    ]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, places))
    done = subprocess.run(
        [sys.executable, "-m", "experiments", *words],
        cwd=folder / INPUTS_FOLDER,
        env=environment,
        stdout=None if show else subprocess.DEVNULL,
        check=False,
    )
    # Runs may have failed in the original study too.
    if done.returncode not in (EXIT_DONE, EXIT_RUNS_FAILED):
        raise InputError(
            f"overbruggen {words[0]} ended with exit status {done.returncode}, so its files cannot"
            " be compared; its message is above"
        )


# --- comparing ------------------------------------------------------------------------------------


def compare_rebuilt_file(name: str, expected: str, out: Path, folder: Path) -> FileComparison:
    """Compare a reproduced file with its expected checksum."""
    path = out / name
    if not path.exists():
        return FileComparison(name, expected, "", FILE_NOT_MADE)
    found = compute_checksum(path)
    if found == expected or (
        name == FAILURES_FILE and has_equal_failures(path, folder / RESULTS_FOLDER / name)
    ):
        return FileComparison(name, expected, found, FILE_SAME)
    return FileComparison(
        name,
        expected,
        found,
        f"{FILE_DIFFERENT}{describe_table_difference(path, folder / RESULTS_FOLDER / name)}",
    )


def has_equal_failures(first: Path, second: Path) -> bool:
    """Return whether the same runs failed in the same way, apart from times and paths."""
    return (
        pl.read_parquet(first)
        .drop(VARYING_FAILURE_COLUMNS)
        .equals(pl.read_parquet(second).drop(VARYING_FAILURE_COLUMNS))
    )


def describe_table_difference(first: Path, second: Path) -> str:
    """Return how far the numbers of two tables differ; nothing if other cells differ."""
    if first.suffix not in (".parquet", ".csv"):
        return ""
    a, b = (
        (pl.read_parquet if path.suffix == ".parquet" else pl.read_csv)(path)
        for path in (first, second)
    )
    if a.schema != b.schema or len(a) != len(b):
        return ": other rows or columns"
    numbers = [name for name, kind in a.schema.items() if kind.is_float()]
    others = [name for name in a.columns if name not in numbers]
    if not numbers or not a.select(others).equals(b.select(others)):
        return ""
    x, y = a.select(numbers).to_numpy(), b.select(numbers).to_numpy()
    finite = np.isfinite(x) & np.isfinite(y)
    scale = np.maximum(np.abs(y[finite]), np.finfo(float).tiny)
    largest = float(np.max(np.abs(x - y)[finite] / scale, initial=0.0))
    return f": numbers differ by at most {largest:.0e} of their size"


def show_rebuild_outcome(
    compared: list[FileComparison], recipe: Recipe, out: Path, figures_only: bool
) -> bool:
    """Show which files are the same and which differ; return whether all are the same."""
    rows = [
        (name, expected[:12], found[:12], outcome) for name, expected, found, outcome in compared
    ]
    print_table(
        Table(
            "Reproduced files",
            ("file", "expected", "found", "outcome"),
            rows,
            "SHA-256, the first 12 of 64 digits; checksums.sha256 has all.",
        )
    )
    manifest_dependent = (
        []
        if figures_only
        else [
            name for step in recipe.steps for name in step.files if name in MANIFEST_DEPENDENT_FILES
        ]
    )
    print_text(
        f"Not compared: {', '.join([*NEVER_COMPARED_FILES, *manifest_dependent])} and, of"
        f" {FAILURES_FILE}, {', '.join(VARYING_FAILURE_COLUMNS)}, because they contain times, paths"
        " and the machine."
    )
    if recipe.not_compared:
        print_text(
            "Not compared, because no command is known that makes them:"
            f" {', '.join(recipe.not_compared)}."
        )
    if figures_only:
        print_text("Not reproduced: the stored tables of runs, events, series and failures.")
    others = sum(outcome != FILE_SAME for *_, outcome in compared)
    print_text(
        f"{len(compared) - others} of {len(compared)} files are the"
        f" same{f', {others} are not' if others else ''}; results in {out}."
    )
    return not others
