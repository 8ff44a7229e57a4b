"""What a results folder says of itself: what was asked, by which version, on which machine, when, and how far it got."""

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
        commit: the commit it was at, "-dirty" when files differed from it; None outside a checkout.
        command: what was typed.
        seed: seed of the run, or of the study.
        started: when this command began, on the wall's clock.
        ended: ``started`` and the time that passed until this was written.
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
    """What the folder of one run says of itself.

    Attributes:
        overrides: what was changed on the command line; None in folders of earlier versions, which do not say.
        model: the classic that was run; None for our own model.
    """

    kind: Literal["run"]
    overrides: tuple[str, ...] | None = None
    model: str | None = None


class StudyManifest(BaseManifest):
    """What the folder of a study says of itself.

    Attributes:
        study: name of the study.
        overrides: what was changed on the command line.
        factors: what the study varies.
        version: fingerprint of the model.
        common_random_numbers: whether replicate r has the same seed at every point; earlier versions do not say, and did so unless told.
        model: the classic that is run; None for our own model, and for a Mesa model of the study's file.
        complete: whether all runs came to an end and stand in the tables.
        runs: how many are done; None while the study is not complete.
        failed: how many failed; None while the study is not complete.
        execution: where it was executed, with all settings; earlier versions do not say.
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
    """Read a results folder's manifest."""
    path = folder / MANIFEST_FILE
    if not folder.exists():
        raise InputError(
            f"{folder} does not exist, so it is no results folder; give the folder that"
            " `overbruggen run` or `study` wrote"
        )
    if not path.is_file():
        raise InputError(
            f"{folder} is no results folder: it has no {MANIFEST_FILE}; give the folder that"
            " `overbruggen run` or `study` wrote"
        )
    try:
        return MANIFEST_ADAPTER.validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}; let it be read, or give another folder"
        ) from error
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"][1:])) or "as a whole"  # the first is the kind
        raise InputError(
            f"{path} is no manifest that `overbruggen` wrote, or was damaged ({where}:"
            f" {wrong['msg']}); run it again"
        ) from error


def read_study_manifest(folder: Path) -> StudyManifest:
    """Read the manifest of a study's folder."""
    manifest = read_manifest(folder)
    if not isinstance(manifest, StudyManifest):
        raise InputError(f"{folder} holds one run and no study; give the folder of a study")
    return manifest
