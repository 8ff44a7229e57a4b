"""How a study's results are made again: the commands in order, what each makes, and what they need that an archive does not hold."""

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
FAILURES_FILE = "failures.parquet"
VARYING_FAILURE_COLUMNS = (
    "seconds",
    "reason",
    "command",
)  # columns of failures that hold times and paths
NEVER_COMPARED_FILES = (MANIFEST_FILE, PROVENANCE_FILE)  # hold times, the machine, paths
MANIFEST_DEPENDENT_FILES = (
    REPORT_FILE,
)  # hold what the manifest says: equal when it is the stored one, and not when runs are done again


class RebuildStep(BaseModel):
    """One command and what it makes.

    Attributes:
        command: its words after ``overbruggen``, given in the folder of inputs; ``FOLDER`` stands for the folder of results.
        files: what it makes there, by name, with the SHA-256 expected of each.
    """

    model_config = ConfigDict(frozen=True)

    command: tuple[str, ...]
    files: dict[str, str]

    def words(self, folder: Path | str) -> list[str]:
        """Return the words of the command for a folder of results."""
        return [str(folder) if word == FOLDER_PLACEHOLDER else word for word in self.command]

    def spoken(self, folder: Path | str) -> str:
        """Return the command as it is typed."""
        return shlex.join(["overbruggen", *self.words(folder)])


class Recipe(BaseModel):
    """How the results of an archive are made again.

    Attributes:
        study: name of the study.
        own_model: whether the study runs a model of its authors, and not ours.
        version: fingerprint of the model.
        python: version of Python that made the results.
        steps: what to do; the study first, then whatever else was asked of its results.
        data: files of organisations that the archive does not hold.
        not_compared: files of the results that no command makes again.
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
    """Read the recipe of an archive."""
    try:
        return Recipe.model_validate_json((folder / RECIPE_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(
            f"{folder} has no {RECIPE_FILE} that says how to make its results again, or a damaged"
            " one; fetch the archive again"
        ) from error


def compose_study_command(manifest: StudyManifest) -> tuple[str, ...]:
    """Return the command that makes a study's results anew, with all that it was extended by."""
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
    """Return the commands that made what is in a study's folder; files that were taken away since are not asked for.

    Raises:
        InputError: something changed since it was made, or belongs to earlier results.
    """
    made = sorted(read_provenance(folder), key=lambda entry: entry.command != (STUDY_COMMAND,))
    if not made or made[0].command != (STUDY_COMMAND,):
        raise InputError(
            f"{folder} does not say which commands made it (an earlier version wrote it);"
            f" `overbruggen resume {folder}` adds that"
        )
    now = compute_checksum(folder / RUNS_FILE)
    steps = []
    for entry in made:
        there = {
            name: promised for name, promised in entry.files.items() if (folder / name).exists()
        }
        command = (
            compose_study_command(manifest) if entry.command == (STUDY_COMMAND,) else entry.command
        )
        refuse_changed_files(folder, entry, there, now)
        if there:
            steps.append(RebuildStep(command=command, files=there))
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
    folder: Path, made: ProvenanceEntry, there: dict[str, str], now: str
) -> None:
    """Refuse files that changed since a command made them, or that it made of other results than are there now."""
    words = ["resume", FOLDER_PLACEHOLDER] if made.command == (STUDY_COMMAND,) else made.command
    again = RebuildStep(command=tuple(words), files={}).spoken(folder)
    for name, promised in there.items():
        if compute_checksum(folder / name) != promised:
            raise InputError(
                f"{folder / name} changed since it was made; `{again}` makes it again, or take it"
                " away"
            )
    if there and made.runs != now:
        raise InputError(
            f"{folder / next(iter(there))} was made of earlier results; `{again}` makes it anew, or"
            " take it away"
        )


def list_files_not_made(names: Sequence[str], steps: Sequence[RebuildStep]) -> tuple[str, ...]:
    """Return which files of the results no command makes again, besides those that cannot be equal."""
    made = {name for step in steps for name in step.files}
    return tuple(
        sorted(name for name in names if name not in made and name not in NEVER_COMPARED_FILES)
    )
