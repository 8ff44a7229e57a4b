"""The recipe of an archive: the commands that reproduce a study's results, in order."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from experiments.archive.inputs import OrganisationData
from experiments.store.layout import REPORT_FILE, STUDY_COMMAND
from experiments.store.manifest import MANIFEST_FILE, StudyManifest
from experiments.store.provenance import (
    FOLDER_PLACEHOLDER,
    PROVENANCE_FILE,
    RUNS_FILE,
    ProvenanceEntry,
    compute_checksum,
    read_provenance,
)
from sim.errors import InputError

RECIPE_FILE = "rebuild.json"
INPUTS_FOLDER, RESULTS_FOLDER, ENVIRONMENT_FOLDER = "inputs", "results", "environment"
VARYING_FAILURE_COLUMNS = ("seconds", "reason", "command")  # contain times and paths
NEVER_COMPARED_FILES = (MANIFEST_FILE, PROVENANCE_FILE)  # contain times, the machine, paths
# Repeat the manifest: equal for the stored manifest, and different when runs are repeated.
MANIFEST_DEPENDENT_FILES = (REPORT_FILE,)


class RebuildStep(BaseModel):
    """One command and the files it makes.

    Attributes:
        command: its words after ``overbruggen``, to be given in the folder of inputs; ``FOLDER``
            is replaced by the folder of results.
        files: the expected SHA-256 of every file it makes, by name.
    """

    model_config = ConfigDict(frozen=True)

    command: tuple[str, ...]
    files: dict[str, str]

    def list_words(self, folder: Path | str) -> list[str]:
        """Return the words of the command for a folder of results."""
        return [str(folder) if word == FOLDER_PLACEHOLDER else word for word in self.command]

    def format_command(self, folder: Path | str) -> str:
        """Return the command line for a folder of results."""
        return shlex.join(["overbruggen", *self.list_words(folder)])


class Recipe(BaseModel):
    """How to reproduce the results of an archive.

    Attributes:
        study: name of the study.
        own_model: whether the study runs a user's model, not ours.
        version: fingerprint of the model.
        python: version of Python that made the results.
        steps: the commands; the study first, then those that used its results.
        data: files of organisations that the archive does not hold.
        not_compared: files of the results that no command makes.
    """

    model_config = ConfigDict(frozen=True)

    study: str
    own_model: bool
    version: str
    python: str
    steps: tuple[RebuildStep, ...]
    data: tuple[OrganisationData, ...]
    not_compared: tuple[str, ...]


def read_recipe(folder: Path) -> Recipe:
    """Read the recipe of an archive.

    Raises:
        InputError: the recipe is missing or damaged.
    """
    try:
        return Recipe.model_validate_json((folder / RECIPE_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(
            f"{folder} has no {RECIPE_FILE} with the commands that made its results, or a damaged"
            " one; fetch the archive again"
        ) from error


def compose_study_command(manifest: StudyManifest) -> tuple[str, ...]:
    """Return the command that makes a study's results, including all its extensions."""
    limit = manifest.execution.get("time_limit")
    return (
        STUDY_COMMAND,
        f"{manifest.study}.yaml",
        *manifest.overrides,
        *(() if limit is None else ("--time-limit", str(limit))),
        "--out",
        FOLDER_PLACEHOLDER,
    )


def list_rebuild_steps(folder: Path, manifest: StudyManifest) -> list[RebuildStep]:
    """Return the commands that made the present files of a study's folder.

    Raises:
        InputError: a file changed since it was made, or was made from earlier results.
    """
    entries = sorted(read_provenance(folder), key=lambda entry: entry.command != (STUDY_COMMAND,))
    if not entries or entries[0].command != (STUDY_COMMAND,):
        raise InputError(
            f"{folder} has no record of the commands that made it (an earlier version wrote it);"
            f" `overbruggen resume {folder}` adds that"
        )
    runs_checksum = compute_checksum(folder / RUNS_FILE)
    steps = []
    for entry in entries:
        present = {
            name: checksum for name, checksum in entry.files.items() if (folder / name).exists()
        }
        command = (
            compose_study_command(manifest) if entry.command == (STUDY_COMMAND,) else entry.command
        )
        refuse_changed_files(folder, entry, present, runs_checksum)
        if present:
            steps.append(RebuildStep(command=command, files=present))
    if (
        (folder / REPORT_FILE).exists()
        and find_spec("experiments.report.page")
        and not any(REPORT_FILE in step.files for step in steps)
    ):
        steps.append(
            RebuildStep(
                command=("report", FOLDER_PLACEHOLDER),
                files={REPORT_FILE: compute_checksum(folder / REPORT_FILE)},
            )
        )
    return steps


def refuse_changed_files(
    folder: Path, entry: ProvenanceEntry, checksums: dict[str, str], runs_checksum: str
) -> None:
    """Refuse files that changed since a command made them, or that it made from earlier results.

    Args:
        folder: the study's folder.
        entry: the record of the command.
        checksums: of its files that are present, as recorded.
        runs_checksum: of the present table of runs.
    """
    words = ["resume", FOLDER_PLACEHOLDER] if entry.command == (STUDY_COMMAND,) else entry.command
    command = RebuildStep(command=tuple(words), files={}).format_command(folder)
    for name, recorded in checksums.items():
        if compute_checksum(folder / name) != recorded:
            raise InputError(
                f"{folder / name} changed since it was made; `{command}` makes it again, or remove"
                " it"
            )
    if checksums and entry.runs != runs_checksum:
        raise InputError(
            f"{folder / next(iter(checksums))} was made from earlier results; `{command}` makes it"
            " again, or remove it"
        )


def list_files_not_made(names: Sequence[str], steps: Sequence[RebuildStep]) -> tuple[str, ...]:
    """Return the files of the results that no command makes, without those that always differ."""
    made = {name for step in steps for name in step.files}
    return tuple(
        sorted(name for name in names if name not in made and name not in NEVER_COMPARED_FILES)
    )
