"""What a replication archive holds: the data behind its descriptions, and one sentence per file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from experiments.archive.environment import WHEEL_FILE
from experiments.archive.recipe import (
    ENVIRONMENT_FOLDER,
    INPUTS_FOLDER,
    RECIPE_FILE,
    RESULTS_FOLDER,
    Recipe,
)
from experiments.archive.zip import CHECKSUMS_FILE, ArchiveEntries
from experiments.store.layout import describe_result_file
from experiments.store.manifest import StudyManifest
from sim import __version__

CRATE_METADATA_FILE, REBUILD_SCRIPT_FILE = "ro-crate-metadata.json", "rebuild.sh"
README_FILE, LICENCES_FILE, CITATION_FILE = "README.md", "LICENSE", "CITATION.cff"
CONSTRAINTS_FILE, REQUIREMENTS_FILE = "constraints.txt", "requirements.txt"

ARCHIVE_FOLDERS = {
    RESULTS_FOLDER: (
        "The results of the study: tables, figures with captions and the tables behind them"
    ),
    INPUTS_FOLDER: (
        "The inputs of the study: its file, user-defined code, data; its commands start here"
    ),
    ENVIRONMENT_FOLDER: (
        "The software: this framework as a wheel, and pins of all packages it needs"
    ),
}
ARCHIVE_FILES = {
    README_FILE: "the description of this archive",
    LICENCES_FILE: "the licences of the software and of everything else",
    CITATION_FILE: "how to cite this archive",
    REBUILD_SCRIPT_FILE: "reproduces everything and compares it",
    RECIPE_FILE: "the commands, and the files that each makes, for programs",
    CHECKSUMS_FILE: "the SHA-256 of every file",
    CRATE_METADATA_FILE: "metadata as RO-Crate 1.1",
    f"{ENVIRONMENT_FOLDER}/{CONSTRAINTS_FILE}": "the version of every package",
    f"{ENVIRONMENT_FOLDER}/{REQUIREMENTS_FILE}": "the packages to install",
    f"{ENVIRONMENT_FOLDER}/{WHEEL_FILE}": f"Overbruggen {__version__}",
}


@dataclass(frozen=True)
class ArchiveContents:
    """What an archive holds, as its descriptions need it.

    Attributes:
        title: of the study.
        question: of the study.
        hypotheses: of the study.
        manifest: how its results came about.
        recipe: how to reproduce them.
        entries: files by place; those that describe the archive are added later.
        captions: of figures, by the stem of their files.
        authors: of the study; empty if they did not give their names.
        licence: SPDX identifier of the licence of everything but the software; None if its authors
            chose none.
        seconds: processor time of its runs; None if it is not known.
    """

    title: str
    question: str
    hypotheses: tuple[str, ...]
    manifest: StudyManifest
    recipe: Recipe
    entries: ArchiveEntries
    captions: dict[str, str]
    authors: tuple[str, ...]
    licence: str | None
    seconds: float | None


def describe_archive_file(place: str, contents: ArchiveContents) -> str | None:
    """Return what a file of an archive holds, of a figure its caption; None if nothing is known."""
    folder, _, name = place.partition("/")
    if place in ARCHIVE_FILES:
        return ARCHIVE_FILES[place]
    if folder == INPUTS_FOLDER:
        is_study = name == f"{contents.recipe.study}.yaml"
        return (
            "the study's file, with which its command starts" if is_study else "used by the study"
        )
    if folder == RESULTS_FOLDER:
        return describe_result_file(name) or contents.captions.get(PurePosixPath(name).stem)
    return None
