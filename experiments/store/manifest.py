"""The manifest of a results folder: how its results came about, and whether they are complete."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sim.errors import InputError

MANIFEST_FILE = "manifest.json"


class BaseManifest(BaseModel):
    """How any results came about.

    Attributes:
        overbruggen: version of this program.
        commit: its commit, with "-dirty" when files differed from it; None outside a checkout.
        command: the command line.
        seed: seed of the run, or of the study.
        started: when this command began, by the wall clock.
        ended: ``started`` plus the time that passed until the manifest was written.
        python: version of Python.
        machine: operating system and processor.
        packages: versions of the libraries that results depend on.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    overbruggen: str
    commit: str | None
    command: str
    seed: int
    started: datetime
    ended: datetime
    python: str
    machine: str
    packages: dict[str, str]


class RunManifest(BaseManifest):
    """The manifest of one run.

    Attributes:
        overrides: the overrides of the command line; None in folders of earlier versions, which did
            not record them.
        model: the published model that was run; None for our own model.
    """

    kind: Literal["run"]
    overrides: tuple[str, ...] | None = None
    model: str | None = None


class StudyManifest(BaseManifest):
    """The manifest of a study.

    Attributes:
        study: name of the study.
        overrides: the overrides of the command line.
        factors: the factors of the study.
        version: fingerprint of the model.
        common_random_numbers: whether replicate r has the same seed at every point; earlier
            versions did not record it, and it was their default.
        model: the published model that was run; None for our own model, and for a Mesa model of the
            study's file.
        complete: whether all runs ended and are in the tables.
        runs: the number of finished runs; None while the study is not complete.
        failed: the number of failed runs; None while the study is not complete.
        execution: where the study was executed, with all settings; empty in folders of earlier
            versions.
    """

    kind: Literal["study"]
    study: str
    overrides: tuple[str, ...]
    factors: tuple[str, ...]
    version: str
    common_random_numbers: bool = True
    model: str | None = None
    complete: bool
    runs: int | None = None
    failed: int | None = None
    execution: dict[str, Any] = {}


Manifest = RunManifest | StudyManifest
MANIFEST_ADAPTER: TypeAdapter[Manifest] = TypeAdapter(
    Annotated[Manifest, Field(discriminator="kind")]
)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a results folder.

    Raises:
        InputError: the folder does not exist, has no manifest, or the manifest is damaged.
    """
    path = folder / MANIFEST_FILE
    if not folder.exists():
        raise InputError(
            f"{folder} does not exist, so it is not a results folder; give the folder that"
            " `overbruggen run` or `study` wrote"
        )
    if not path.is_file():
        raise InputError(
            f"{folder} is not a results folder: it has no {MANIFEST_FILE}; give the folder that"
            " `overbruggen run` or `study` wrote"
        )
    try:
        return MANIFEST_ADAPTER.validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}; make it readable, or give another folder"
        ) from error
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"][1:])) or "as a whole"  # the first is the kind
        raise InputError(
            f"{path} is not a manifest that `overbruggen` wrote, or was damaged ({where}:"
            f" {wrong['msg']}); run it again"
        ) from error


def read_study_manifest(folder: Path) -> StudyManifest:
    """Read the manifest of a study's folder.

    Raises:
        InputError: as ``read_manifest``, or the folder is that of one run.
    """
    manifest = read_manifest(folder)
    if not isinstance(manifest, StudyManifest):
        raise InputError(f"{folder} holds one run, not a study; give the folder of a study")
    return manifest
