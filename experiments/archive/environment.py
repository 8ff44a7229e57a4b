"""The software of an archive: pins of all packages, and this framework itself as a wheel.

The wheel is built from the files in use and not by a build backend, because a checkout and an
installation must give the same bytes every time, without a network. Its format is the binary
distribution format of Python packages (PEP 427).
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import analysis
import experiments
import sim
from experiments.archive.zip import ArchiveEntry, write_zip
from experiments.store.files import find_project_file
from sim import __version__
from sim.errors import InputError

DISTRIBUTION_NAME = "overbruggen"
WHEEL_FILE = f"{DISTRIBUTION_NAME}-{__version__}-py3-none-any.whl"
FRAMEWORK_PACKAGES = (sim, analysis, experiments)
LICENCE_FILE = "LICENSE"


class FrameworkMetadata(NamedTuple):
    """The metadata of this framework for installers.

    Attributes:
        metadata: the file METADATA of a wheel.
        requires: the requirements.
        commands: the file entry_points.txt of a wheel.
        licence: the text of the licence.
    """

    metadata: str
    requires: list[str]
    commands: str
    licence: str


def read_framework_metadata() -> FrameworkMetadata:
    """Return the metadata of this framework.

    In a checkout the project file has it, because an old installation may differ from that file.
    """
    project = find_project_file()
    return read_installed_metadata() if project is None else read_checkout_metadata(project)


def read_installed_metadata() -> FrameworkMetadata:
    """Return the metadata of the installed wheel."""
    package = find_installed_package(DISTRIBUTION_NAME)
    texts = [
        package.read_text(name) for name in ("METADATA", "entry_points.txt", "licenses/LICENSE")
    ]
    if None in texts or package.version != __version__:
        raise InputError(
            f"the installation of {DISTRIBUTION_NAME} {package.version} is not complete, or"
            f" version {__version__} runs instead; install it again"
        )
    metadata, commands, licence = map(str, texts)
    return FrameworkMetadata(metadata, package.requires or [], commands, licence)


def read_checkout_metadata(file: Path) -> FrameworkMetadata:
    """Return the metadata in the project file of a checkout."""
    project: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project.get("optional-dependencies", {})
    requires = [
        *project["dependencies"],
        *(add_extra_marker(text, extra) for extra, texts in extras.items() for text in texts),
    ]
    head = {
        "Metadata-Version": "2.4",
        "Name": project["name"],
        "Version": __version__,
        "Summary": project["description"],
    }
    head |= {
        "License-Expression": project["license"],
        "License-File": LICENCE_FILE,
        "Requires-Python": project["requires-python"],
    }
    lines = [f"{key}: {value}" for key, value in head.items()]
    lines += [f"Provides-Extra: {extra}" for extra in extras] + [
        f"Requires-Dist: {text}" for text in requires
    ]
    commands = "".join(f"{name} = {place}\n" for name, place in project["scripts"].items())
    return FrameworkMetadata(
        "\n".join([*lines, ""]),
        requires,
        f"[console_scripts]\n{commands}",
        (file.parent / LICENCE_FILE).read_text(encoding="utf-8"),
    )


def add_extra_marker(text: str, extra: str) -> str:
    """Return a requirement that applies only to an installation with an extra."""
    requirement = Requirement(text)
    requirement.marker = Marker(
        f"({requirement.marker}) and extra == '{extra}'"
        if requirement.marker
        else f"extra == '{extra}'"
    )
    return str(requirement)


def collect_pins(others: Iterable[str] = ()) -> dict[str, str]:
    """Return the version of every required package, by name, with the requirements of each.

    Args:
        others: packages that are required in addition to those of this framework.
    """
    pins: dict[str, str] = {}
    seen = set[tuple[str, str]]()
    waiting = [
        *list_needed_packages(read_framework_metadata().requires, ""),
        *((name, "") for name in others),
    ]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) not in seen:
            seen.add((name, extra))
            package = find_installed_package(name)
            pins[package.name] = package.version
            waiting += list_needed_packages(package.requires or [], extra)
    return dict(sorted(pins.items(), key=lambda pin: pin[0].lower()))


def list_needed_packages(requires: Iterable[str], extra: str) -> list[tuple[str, str]]:
    """Return the packages that requirements name for this machine, as pairs of name and extra.

    Every package is there without an extra and with each of the extras that are required.
    """
    applicable = [
        requirement
        for requirement in map(Requirement, requires)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra})
    ]
    return [
        (canonicalize_name(requirement.name), name)
        for requirement in applicable
        for name in ("", *sorted(requirement.extras))
    ]


def find_installed_package(name: str) -> Distribution:
    """Return the metadata of an installed package; refuse one that is not installed."""
    try:
        return distribution(name)
    except PackageNotFoundError as error:
        raise InputError(
            f"the package {name} is not installed here, so its version cannot be pinned; install it"
            " and package again"
        ) from error


def format_pip_constraints(versions: dict[str, str]) -> str:
    """Return pins in the form that ``pip install -c`` reads."""
    return "".join(f"{name}=={version}\n" for name, version in versions.items())


def build_wheel() -> bytes:
    """Return this framework as a wheel."""
    folder, framework = f"{DISTRIBUTION_NAME}-{__version__}.dist-info", read_framework_metadata()
    files = list_framework_files()
    files[f"{folder}/METADATA"] = framework.metadata.encode()
    files[f"{folder}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: {DISTRIBUTION_NAME}\nRoot-Is-Purelib: true\nTag:"
        " py3-none-any\n".encode()
    )
    files[f"{folder}/entry_points.txt"] = framework.commands.encode()
    files[f"{folder}/licenses/{LICENCE_FILE}"] = framework.licence.encode()
    files[f"{folder}/RECORD"] = format_wheel_record(files, f"{folder}/RECORD")
    target = io.BytesIO()
    write_zip(target, files)
    return target.getvalue()


def list_framework_files() -> dict[str, ArchiveEntry]:
    """Return the files of this framework by place in a wheel.

    The project file of a checkout names files outside the packages, with their places in a wheel.
    """
    files: dict[str, ArchiveEntry] = {}
    for folder in (Path(str(package.__file__)).parent for package in FRAMEWORK_PACKAGES):
        files |= {f"{folder.name}/{name}": path for name, path in list_visible_files(folder)}
    project = find_project_file()
    if project is None:
        return files
    moved = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]["force-include"]
    for source, place in moved.items():
        path = project.parent / source
        files |= (
            {f"{place}/{name}": file for name, file in list_visible_files(path)}
            if path.is_dir()
            else {place: path}
        )
    return files


def list_visible_files(folder: Path) -> list[tuple[str, Path]]:
    """Return the files of a folder with their names, without hidden and compiled files."""
    files = [(path.relative_to(folder), path) for path in folder.rglob("*") if path.is_file()]
    return [
        (name.as_posix(), path)
        for name, path in files
        if not any(part.startswith((".", "__pycache__")) for part in name.parts)
    ]


def format_wheel_record(files: dict[str, ArchiveEntry], record: str) -> bytes:
    """Return a wheel's list of its files with checksums and sizes, except of the list itself."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for place in sorted(files):
        entry = files[place]
        content = entry if isinstance(entry, bytes) else entry.read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow([place, f"sha256={digest}", len(content)])
    writer.writerow([record, "", ""])
    return text.getvalue().encode()
