"""Which command made which file of a study's folder, of which results: so that each can be made again, and a change is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from experiments.store.files import write_text
from sim.errors import InputError

PROVENANCE_FILE = "provenance.json"
FOLDER_PLACEHOLDER = "FOLDER"  # stands in a command for the folder, which may lie anywhere
RUNS_FILE = "runs.parquet"


class ProvenanceEntry(BaseModel):
    """What one command made.

    Attributes:
        command: its words after ``overbruggen``, with ``FOLDER`` for the folder; ``study`` alone for what the study itself made.
        runs: SHA-256 of the table of runs it was made of.
        files: what it made, by name, with the SHA-256 of each.
    """

    model_config = ConfigDict(frozen=True)

    command: tuple[str, ...]
    runs: str
    files: dict[str, str]


PROVENANCE_ADAPTER = TypeAdapter(tuple[ProvenanceEntry, ...])


def compute_checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_provenance(folder: Path) -> tuple[ProvenanceEntry, ...]:
    """Return what was made in a folder, in order; nothing for folders of earlier versions, which do not say."""
    path = folder / PROVENANCE_FILE
    if not path.exists():
        return ()
    try:
        return PROVENANCE_ADAPTER.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(
            f"{path} was damaged and does not say what was made here; `overbruggen resume {folder}`"
            " writes it anew"
        ) from error


def record_provenance(folder: Path, command: Sequence[str], names: Iterable[str]) -> None:
    """Note that a command made files; what made them before counts no more."""
    made = ProvenanceEntry(
        command=tuple(command),
        runs=compute_checksum(folder / RUNS_FILE),
        files={name: compute_checksum(folder / name) for name in sorted(set(names))},
    )
    kept = [
        before.model_copy(update={"files": exclude_files(before.files, made.files)})
        for before in read_provenance_if_valid(folder)
        if before.command != made.command
    ]
    entries = (*(before for before in kept if before.files), made)
    write_text(
        PROVENANCE_ADAPTER.dump_json(entries, indent=2).decode() + "\n", folder / PROVENANCE_FILE
    )


def read_provenance_if_valid(folder: Path) -> tuple[ProvenanceEntry, ...]:
    """Return what was made before; a damaged record is replaced."""
    try:
        return read_provenance(folder)
    except InputError:
        return ()


def exclude_files(files: dict[str, str], others: dict[str, str]) -> dict[str, str]:
    """Return files that are not among others."""
    return {name: sum_of for name, sum_of in files.items() if name not in others}
