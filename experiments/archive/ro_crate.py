"""What a replication archive says of itself to machines: RO-Crate 1.1 metadata, a flat JSON-LD graph of files, people, software and actions.

It is written here and not by the library ``rocrate``: that stamps the present date and random identifiers, copies files by itself, and brings
an HTTP client along, while the metadata of an archive must be the same whenever it is made. Source: RO-Crate Metadata Specification 1.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from experiments.archive.environment import WHEEL_FILE
from experiments.archive.recipe import ENVIRONMENT_FOLDER, INPUTS_FOLDER, RESULTS_FOLDER, Recipe
from experiments.archive.zip import CHECKSUMS_FILE, ArchiveEntries, measure_entry_size
from experiments.store.manifest import StudyManifest
from sim import __version__

CRATE_METADATA_FILE = "ro-crate-metadata.json"
CRATE_CONTEXT, CRATE_PROFILE = (
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/crate/1.1",
)
SPDX_LICENCES_URL = "https://spdx.org/licenses/"
MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".tex": "application/x-tex",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".gif": "image/gif",
    ".yaml": "application/yaml",
    ".json": "application/json",
    ".html": "text/html",
    ".py": "text/x-python",
    ".sh": "application/x-sh",
    ".whl": "application/zip",
    ".txt": "text/plain",
    ".cff": "application/yaml",
    ".sha256": "text/plain",
    "": "text/plain",
}
ARCHIVE_FOLDERS = {
    RESULTS_FOLDER: (
        "What the study found: tables, figures with captions and the tables behind them"
    ),
    INPUTS_FOLDER: (
        "What the study starts from: its file, own code, data; its commands are given here"
    ),
    ENVIRONMENT_FOLDER: (
        "The software: this framework as a wheel, and pins of all packages it needs"
    ),
}
ARCHIVE_DESCRIPTION = (
    "Configuration, results, figures and software of a simulation study, with the commands that"
    " make it again."
)
CrateEntity = dict[str, Any]


@dataclass(frozen=True)
class ArchiveContents:
    """What an archive holds, as its descriptions need it.

    Attributes:
        title: of the study.
        question: what it asks.
        hypotheses: what it expects.
        manifest: how its results came about.
        recipe: how they are made again.
        entries: files by place; those that describe the archive are added later.
        captions: of figures, by the stem of their files.
        authors: who made the study; empty when they did not say.
        licence: SPDX identifier of the licence of everything but the software; None when its authors chose none.
        seconds: processor time of its runs; None when it is not known.
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


def format_crate_metadata(contents: ArchiveContents) -> str:
    """Return the metadata of an archive."""
    parts = [make_file_entity(place, contents) for place in sorted(contents.entries)]
    folders = [make_folder_entity(name, contents.entries) for name in ARCHIVE_FOLDERS]
    actions = list(make_action_entities(contents))
    described = {
        "@id": CRATE_METADATA_FILE,
        "@type": "CreativeWork",
        "conformsTo": make_crate_reference(CRATE_PROFILE),
        "about": make_crate_reference("./"),
    }
    graph = [
        described,
        make_root_entity(contents, actions),
        *folders,
        *parts,
        *actions,
        *make_context_entities(contents),
    ]
    return (
        json.dumps({"@context": CRATE_CONTEXT, "@graph": graph}, indent=2, ensure_ascii=False)
        + "\n"
    )


def make_root_entity(contents: ArchiveContents, actions: Iterable[CrateEntity]) -> CrateEntity:
    """Return what the archive is."""
    top = [place for place in sorted(contents.entries) if "/" not in place]
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Replication archive: {contents.title}",
        "description": f"{contents.question} {ARCHIVE_DESCRIPTION}",
        "datePublished": contents.manifest.ended.date().isoformat(),
        "license": make_crate_reference(
            SPDX_LICENCES_URL + contents.licence if contents.licence else "LICENSE"
        ),
        **(
            {
                "author": [
                    make_crate_reference(make_person_identifier(name)) for name in contents.authors
                ]
            }
            if contents.authors
            else {}
        ),
        "hasPart": [
            make_crate_reference(name)
            for name in (*(f"{folder}/" for folder in ARCHIVE_FOLDERS), *top)
        ],
        "mentions": [make_crate_reference(action["@id"]) for action in actions],
    }


def make_folder_entity(name: str, entries: ArchiveEntries) -> CrateEntity:
    """Return what a folder of the archive is."""
    inside = [
        make_crate_reference(place) for place in sorted(entries) if place.startswith(f"{name}/")
    ]
    return {
        "@id": f"{name}/",
        "@type": "Dataset",
        "name": name,
        "description": ARCHIVE_FOLDERS[name],
        "hasPart": inside,
    }


def make_file_entity(place: str, contents: ArchiveContents) -> CrateEntity:
    """Return what a file of the archive is; a figure is described by its caption."""
    path = PurePosixPath(place)
    software = path.suffix == ".whl"
    entity = {
        "@id": quote(place),
        "@type": ["File", "SoftwareApplication"] if software else "File",
        "name": path.name,
    }
    caption = contents.captions.get(path.stem) if place.startswith(f"{RESULTS_FOLDER}/") else None
    if caption is not None:
        entity["description"] = caption
    if path.name == "LICENSE":
        entity["description"] = "The licence of the software, and what is known of that of the rest"
    if path.suffix in MEDIA_TYPES:
        entity["encodingFormat"] = MEDIA_TYPES[path.suffix]
    if software:
        entity |= {
            "softwareVersion": __version__,
            "softwareRequirements": f"Python {contents.manifest.python}",
        }
    if place == CHECKSUMS_FILE:  # holds the checksum of this metadata, and so is written after it
        return entity
    return entity | {"contentSize": str(measure_entry_size(contents.entries[place]))}


def make_action_entities(contents: ArchiveContents) -> Iterable[CrateEntity]:
    """Walk through the commands that made the results, with what each took and made."""
    study = f"{INPUTS_FOLDER}/{contents.recipe.study}.yaml"
    for number, step in enumerate(contents.recipe.steps, start=1):
        yield {
            "@id": f"#command-{number}",
            "@type": "CreateAction",
            "name": step.command[0],
            "description": step.spoken(f"../{RESULTS_FOLDER}"),
            "instrument": make_crate_reference(f"{ENVIRONMENT_FOLDER}/{WHEEL_FILE}"),
            "object": make_crate_reference(
                study if number == 1 else f"{RESULTS_FOLDER}/runs.parquet"
            ),
            "result": [make_crate_reference(f"{RESULTS_FOLDER}/{name}") for name in step.files],
            **({"endTime": contents.manifest.ended.isoformat()} if number == 1 else {}),
        }


def make_context_entities(contents: ArchiveContents) -> Iterable[CrateEntity]:
    """Walk through people and the licence."""
    yield from (
        {"@id": make_person_identifier(name), "@type": "Person", "name": name}
        for name in contents.authors
    )
    if contents.licence:
        place = SPDX_LICENCES_URL + contents.licence
        yield {
            "@id": place,
            "@type": "CreativeWork",
            "name": contents.licence,
            "description": f"SPDX {contents.licence}",
            "url": place,
        }


def make_crate_reference(place: str) -> CrateEntity:
    """Return a reference to another entity."""
    return {"@id": place if ":" in place or place.startswith("#") else quote(place)}


def make_person_identifier(name: str) -> str:
    """Return the identifier of a person in this graph."""
    return f"#{quote(name)}"
