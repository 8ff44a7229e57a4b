"""The RO-Crate 1.1 metadata of a replication archive.

It is a flat JSON-LD graph of files, people, software and actions. The library ``rocrate`` does not
write it, because it adds the present date and random identifiers, copies files itself and needs an
HTTP client, while an archive must have the same metadata whenever it is made.

Source: RO-Crate Metadata Specification 1.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from experiments.archive.contents import (
    ARCHIVE_FOLDERS,
    CRATE_METADATA_FILE,
    LICENCES_FILE,
    ArchiveContents,
    describe_archive_file,
)
from experiments.archive.environment import WHEEL_FILE
from experiments.archive.recipe import ENVIRONMENT_FOLDER, INPUTS_FOLDER, RESULTS_FOLDER
from experiments.archive.zip import CHECKSUMS_FILE, ArchiveEntries, measure_entry_size
from experiments.store.provenance import RUNS_FILE
from sim import __version__

CRATE_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
CRATE_PROFILE = "https://w3id.org/ro/crate/1.1"
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
ARCHIVE_DESCRIPTION = (
    "Configuration, results, figures and software of a simulation study, with the commands that"
    " reproduce it."
)
CrateEntity = dict[str, Any]


def format_crate_metadata(contents: ArchiveContents) -> str:
    """Return the metadata of an archive."""
    parts = [make_file_entity(place, contents) for place in sorted(contents.entries)]
    folders = [make_folder_entity(name, contents.entries) for name in ARCHIVE_FOLDERS]
    actions = list(make_action_entities(contents))
    descriptor = {
        "@id": CRATE_METADATA_FILE,
        "@type": "CreativeWork",
        "conformsTo": make_crate_reference(CRATE_PROFILE),
        "about": make_crate_reference("./"),
    }
    graph = [
        descriptor,
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
    """Return the entity of the whole archive."""
    top = [place for place in sorted(contents.entries) if "/" not in place]
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Replication archive: {contents.title}",
        "description": f"{contents.question} {ARCHIVE_DESCRIPTION}",
        "datePublished": contents.manifest.ended.date().isoformat(),
        "license": make_crate_reference(
            SPDX_LICENCES_URL + contents.licence if contents.licence else LICENCES_FILE
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
    """Return the entity of a folder."""
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
    """Return the entity of a file; its caption describes a figure."""
    path = PurePosixPath(place)
    software = path.suffix == ".whl"
    entity = {
        "@id": quote(place),
        "@type": ["File", "SoftwareApplication"] if software else "File",
        "name": path.name,
    }
    description = describe_archive_file(place, contents)
    if description is not None:
        entity["description"] = description
    if path.suffix in MEDIA_TYPES:
        entity["encodingFormat"] = MEDIA_TYPES[path.suffix]
    if software:
        entity |= {
            "softwareVersion": __version__,
            "softwareRequirements": f"Python {contents.manifest.python}",
        }
    if place == CHECKSUMS_FILE:  # contains the checksum of this metadata, so it is written later
        return entity
    return entity | {"contentSize": str(measure_entry_size(contents.entries[place]))}


def make_action_entities(contents: ArchiveContents) -> Iterable[CrateEntity]:
    """Walk through the entities of the commands that made the results."""
    study = f"{INPUTS_FOLDER}/{contents.recipe.study}.yaml"
    for number, step in enumerate(contents.recipe.steps, start=1):
        yield {
            "@id": f"#command-{number}",
            "@type": "CreateAction",
            "name": step.command[0],
            "description": step.format_command(f"../{RESULTS_FOLDER}"),
            "instrument": make_crate_reference(f"{ENVIRONMENT_FOLDER}/{WHEEL_FILE}"),
            "object": make_crate_reference(
                study if number == 1 else f"{RESULTS_FOLDER}/{RUNS_FILE}"
            ),
            "result": [make_crate_reference(f"{RESULTS_FOLDER}/{name}") for name in step.files],
            **({"endTime": contents.manifest.ended.isoformat()} if number == 1 else {}),
        }


def make_context_entities(contents: ArchiveContents) -> Iterable[CrateEntity]:
    """Walk through the entities of people and of the licence."""
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
