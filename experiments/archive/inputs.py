"""What a study starts from, besides this framework: its file, own code, tables of points, files of organisations, other packages.

All of it is named from the folder the study was started in. A run's id is made from the names and contents of these files (a Mesa model:
from its contents alone), so that runs with the ids that the study would give now prove that nothing changed since.
"""

from __future__ import annotations

import importlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from experiments.archive.environment import FRAMEWORK_PACKAGES
from experiments.archive.zip import ArchiveEntry
from experiments.design.plan import Plan
from experiments.design.study import Study
from experiments.models.collaboration import FILES_KEY, CollaborationTarget
from experiments.models.mesa import MesaTarget
from experiments.models.mesa_inspection import find_module_files, load_model_class, load_object
from experiments.store.layout import STUDY_FILE
from experiments.store.provenance import compute_checksum
from sim.errors import InputError

CODE_SUFFIX = ".py"


class OrganisationData(BaseModel):
    """A file of organisations, or a folder of them, as the study names it, with the SHA-256 of each of its files, named alike."""

    model_config = ConfigDict(frozen=True)

    path: str
    files: dict[str, str]


@dataclass
class ArchiveInputs:
    """What a study starts from.

    Attributes:
        study: its file, in which own models are named by their places among ``files``.
        files: own code and tables of points, by place in the folder the study is started in.
        data: files of organisations, which are packed only when asked for.
        packages: installed packages that own models and functions come from.
    """

    study: bytes
    files: dict[str, ArchiveEntry] = field(default_factory=dict)
    data: list[OrganisationData] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)


def collect_archive_inputs(folder: Path, study: Study, plan: Plan) -> ArchiveInputs:
    """Return what the study of a folder starts from.

    Raises:
        InputError: a file is named by a path that another machine does not have.
    """
    found = ArchiveInputs((folder / STUDY_FILE).read_bytes())
    for leaf in study.design.list_leaves():
        table = leaf.settings.get("file")
        if isinstance(table, str):
            found.files[check_relative_path("design.file", table)] = Path(table)
    if isinstance(plan.target, MesaTarget):
        add_mesa_model(found, plan.target)
    elif isinstance(plan.target, CollaborationTarget):
        add_user_defined_inputs(found, plan)
    return found


def check_relative_path(parameter: str, path: str) -> str:
    """Return the place of a file in the folder a study is started in.

    Raises:
        InputError: it lies elsewhere.
    """
    place = PurePosixPath(path)
    if place.is_absolute() or ".." in place.parts or path.startswith("~"):
        raise InputError(
            f"{parameter} names {path}, a place of this machine that every run's id or caption"
            " holds, so that nobody else would get the same bytes; name it from the folder you"
            f" start in ({place.name}), run the study again and package that"
        )
    return place.as_posix()


# --- own functions and organisations -------------------------------------------------------------------------------------


def add_user_defined_inputs(found: ArchiveInputs, plan: Plan) -> None:
    """Add the functions of one's own and the files of organisations that any point of a study names."""
    seen = set[str]()
    for point in range(len(plan.points)):
        parameters = plan.settle_point(point)
        path = parameters["population"]["path"]
        for parameter, reference in list_user_defined_references(parameters):
            place = reference.rpartition(":")[0]
            if place.endswith(CODE_SUFFIX):
                found.files[check_relative_path(parameter, place)] = Path(place)
            elif place not in seen:
                seen.add(place)
                add_module_files(found, [importlib.import_module(place)])
        if path in parameters.get(FILES_KEY, {}) and path not in seen:
            seen.add(path)
            found.data.append(
                OrganisationData(
                    path=path,
                    files={
                        name: compute_checksum(part) for name, part in list_organisation_files(path)
                    },
                )
            )


def list_user_defined_references(parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Walk through the functions of one's own that a configuration names, with the parameter that does."""
    named = [
        ("imitation.rule", parameters["imitation"]["rule"]),
        ("production.pooling", parameters["production"]["pooling"]),
    ]
    named += [
        ("structure.topology", parameters["structure"]["topology"]),
        *(("run.measures", name) for name in parameters["run"]["measures"]),
    ]
    yield from ((parameter, name) for parameter, name in named if ":" in name)


def list_organisation_files(path: str) -> list[tuple[str, Path]]:
    """Return a file, or the files of a folder, by their paths as the study would name them."""
    whole = Path(path).expanduser()
    if whole.is_file():
        return [(path, whole)]
    return [
        (f"{path.rstrip('/')}/{part.name}", part)
        for part in sorted(whole.iterdir())
        if part.is_file()
    ]


# --- a researcher's model ------------------------------------------------------------------------------------------------


def add_mesa_model(found: ArchiveInputs, target: MesaTarget) -> None:
    """Add a Mesa model's files, or the package it comes from; a file that lies elsewhere moves in, and the study names it there."""
    made = [load_object(reference) for _, reference in target.objects]
    kinds = [
        kind
        for kind in load_model_class(target.model).__mro__
        if kind.__module__ not in ("builtins", "mesa.model")
    ]
    add_module_files(found, (sys.modules[kind.__module__] for kind in (*kinds, *made)))
    given = yaml.safe_load(found.study)
    model = given["model"]
    moved = {**model, "class": relocate_model_reference(model["class"], found)}
    if model.get("objects"):
        moved["objects"] = {
            name: relocate_model_reference(reference, found)
            for name, reference in model["objects"].items()
        }
    if moved != model:
        found.study = yaml.safe_dump(
            given | {"model": moved}, sort_keys=False, allow_unicode=True
        ).encode()


def relocate_model_reference(reference: str, found: ArchiveInputs) -> str:
    """Return a reference to a model by the place of its file in the folder a study is started in."""
    path, _, name = reference.rpartition(":")
    if not path.endswith(CODE_SUFFIX):
        return reference
    whole = Path(path).expanduser().resolve()
    place = next(
        (
            place
            for place, entry in found.files.items()
            if isinstance(entry, Path) and entry.resolve() == whole
        ),
        None,
    )
    return reference if place is None else f"{place}:{name}"


def add_module_files(found: ArchiveInputs, modules: Iterable[ModuleType]) -> None:
    """Add the files of modules with what they belong to and import beside them; of an installed package its name."""
    roots = {module.__name__.partition(".")[0] for module in modules} - sys.stdlib_module_names
    for root in sorted(roots - {room.__name__ for room in FRAMEWORK_PACKAGES}):
        if is_installed_module(sys.modules[root]):
            found.packages |= set(packages_distributions().get(root, ()))
        else:
            found.files |= {
                find_model_file_place(name, path): path
                for name, path in find_module_files(sys.modules[root])
            }


def is_installed_module(module: ModuleType) -> bool:
    """Tell whether a module was installed, and is no file of one's own."""
    places = [Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")]
    files = [module.__file__] if module.__file__ else list(module.__path__)
    return any(place in Path(file).resolve().parents for place in places for file in files)


def find_model_file_place(name: str, path: Path) -> str:
    """Return where a file of a model lies in the folder a study is started in; by its name in its package if it lies elsewhere."""
    here = Path.cwd().resolve()
    return path.resolve().relative_to(here).as_posix() if here in path.resolve().parents else name
