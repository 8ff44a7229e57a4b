"""The record of which command made which file of a study's folder, from which results.

Every file can then be made again, and a change of a file is noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from experiments.store.files import write_text
from sim.errors import InputError

PROVENANCE_FILE = "provenance.json"
FOLDER_PLACEHOLDER = "FOLDER"  # replaces the folder in a command, because a folder may be moved
RUNS_FILE = "runs.parquet"


class ProvenanceEntry(BaseModel):
    """The files that one command made.

    Attributes:
        command: its words after ``overbruggen``, with ``FOLDER`` for the folder; only ``study`` for
            the study itself.
        runs: SHA-256 of the table of runs from which the files were made.
        files: SHA-256 of every file, by name.
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
    """Return the entries of a folder, in order; none for folders of earlier versions.

    Raises:
        InputError: the record was damaged.
    """
    path = folder / PROVENANCE_FILE
    if not path.exists():
        return ()
    try:
        return PROVENANCE_ADAPTER.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(
            f"{path} was damaged, so it does not show which command made which file; `overbruggen"
            f" resume {folder}` rewrites it"
        ) from error


def record_provenance(folder: Path, command: Sequence[str], names: Iterable[str]) -> None:
    """Record that a command made files; an earlier command no longer counts for them."""
    new_entry = ProvenanceEntry(
        command=tuple(command),
        runs=compute_checksum(folder / RUNS_FILE),
        files={name: compute_checksum(folder / name) for name in sorted(set(names))},
    )
    earlier_entries = [
        entry.model_copy(update={"files": exclude_files(entry.files, new_entry.files)})
        for entry in read_provenance_if_valid(folder)
        if entry.command != new_entry.command
    ]
    entries = (*(entry for entry in earlier_entries if entry.files), new_entry)
    write_text(
        PROVENANCE_ADAPTER.dump_json(entries, indent=2).decode() + "\n", folder / PROVENANCE_FILE
    )


def read_provenance_if_valid(folder: Path) -> tuple[ProvenanceEntry, ...]:
    """Return the entries of a folder; none if the record was damaged."""
    try:
        return read_provenance(folder)
    except InputError:
        return ()


def exclude_files(files: dict[str, str], others: dict[str, str]) -> dict[str, str]:
    """Return the files that are not among others."""
    return {name: checksum for name, checksum in files.items() if name not in others}
