"""The inputs of a study besides this framework.

They are its file, user-defined code, tables of points, files of organisations and other packages.
All paths are relative to the folder in which the study was started. A run's id depends on the names
and contents of these files (of a Mesa model only on its contents). Runs that still have the ids of
the study therefore prove that no input changed.
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
    """A file of organisations, or a folder of them.

    Attributes:
        path: as the study names it.
        files: the SHA-256 of every file, by its path as the study would name it.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    files: dict[str, str]


@dataclass
class ArchiveInputs:
    """The inputs of a study.

    Attributes:
        study: its file, in which user-defined models have the paths that they have in ``files``.
        files: user-defined code and tables of points, by path from the folder of inputs.
        data: files of organisations, which an archive includes only on request.
        packages: installed packages with user-defined models and functions.
    """

    study: bytes
    files: dict[str, ArchiveEntry] = field(default_factory=dict)
    data: list[OrganisationData] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)


def collect_archive_inputs(folder: Path, study: Study, plan: Plan) -> ArchiveInputs:
    """Return the inputs of the study in a folder.

    Raises:
        InputError: an input has a path that other machines do not have.
    """
    inputs = ArchiveInputs((folder / STUDY_FILE).read_bytes())
    for leaf in study.design.list_leaves():
        table = leaf.settings.get("file")
        if isinstance(table, str):
            inputs.files[check_relative_path("design.file", table)] = Path(table)
    if isinstance(plan.target, MesaTarget):
        add_mesa_model(inputs, plan.target)
    elif isinstance(plan.target, CollaborationTarget):
        add_user_defined_inputs(inputs, plan)
    return inputs


def check_relative_path(parameter: str, path: str) -> str:
    """Return the path of a file from the folder in which a study is started.

    Raises:
        InputError: the file is not below that folder.
    """
    place = PurePosixPath(path)
    if place.is_absolute() or ".." in place.parts or path.startswith("~"):
        raise InputError(
            f"{parameter} is {path}, a path of this machine; run ids and captions contain it, so"
            " nobody else would get the same bytes; use a path relative to the folder you start in"
            f" ({place.name}), run the study again and package that"
        )
    return place.as_posix()


# --- user-defined functions and organisations -----------------------------------------------------


def add_user_defined_inputs(inputs: ArchiveInputs, plan: Plan) -> None:
    """Add the user-defined functions and the files of organisations of all points of a study."""
    seen = set[str]()
    for point in range(len(plan.points)):
        parameters = plan.settle_point(point)
        path = parameters["population"]["path"]
        for parameter, reference in list_user_defined_references(parameters):
            place = reference.rpartition(":")[0]
            if place.endswith(CODE_SUFFIX):
                inputs.files[check_relative_path(parameter, place)] = Path(place)
            elif place not in seen:
                seen.add(place)
                add_module_files(inputs, [importlib.import_module(place)])
        if path in parameters.get(FILES_KEY, {}) and path not in seen:
            seen.add(path)
            inputs.data.append(
                OrganisationData(
                    path=path,
                    files={
                        name: compute_checksum(part) for name, part in list_organisation_files(path)
                    },
                )
            )


def list_user_defined_references(parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Walk through the user-defined functions of a configuration: the parameter, the reference."""
    names = [
        ("imitation.rule", parameters["imitation"]["rule"]),
        ("production.pooling", parameters["production"]["pooling"]),
        ("structure.topology", parameters["structure"]["topology"]),
        *(("run.measures", name) for name in parameters["run"]["measures"]),
    ]
    yield from ((parameter, name) for parameter, name in names if ":" in name)


def list_organisation_files(path: str) -> list[tuple[str, Path]]:
    """Return a file, or the files of a folder, with their paths as the study would name them."""
    whole = Path(path).expanduser()
    if whole.is_file():
        return [(path, whole)]
    return [
        (f"{path.rstrip('/')}/{part.name}", part)
        for part in sorted(whole.iterdir())
        if part.is_file()
    ]


# --- Mesa models ----------------------------------------------------------------------------------


def add_mesa_model(inputs: ArchiveInputs, target: MesaTarget) -> None:
    """Add the files of a Mesa model, or the package it comes from.

    A file from elsewhere moves into the inputs, and the study then names it there.
    """
    objects = [load_object(reference) for _, reference in target.objects]
    classes = [
        base
        for base in load_model_class(target.model).__mro__
        if base.__module__ not in ("builtins", "mesa.model")
    ]
    add_module_files(inputs, (sys.modules[kind.__module__] for kind in (*classes, *objects)))
    study = yaml.safe_load(inputs.study)
    model = study["model"]
    moved = {**model, "class": relocate_model_reference(model["class"], inputs)}
    if model.get("objects"):
        moved["objects"] = {
            name: relocate_model_reference(reference, inputs)
            for name, reference in model["objects"].items()
        }
    if moved != model:
        inputs.study = yaml.safe_dump(
            study | {"model": moved}, sort_keys=False, allow_unicode=True
        ).encode()


def relocate_model_reference(reference: str, inputs: ArchiveInputs) -> str:
    """Return a reference to a model with the path of its file in the inputs."""
    path, _, name = reference.rpartition(":")
    if not path.endswith(CODE_SUFFIX):
        return reference
    whole = Path(path).expanduser().resolve()
    place = next(
        (
            place
            for place, entry in inputs.files.items()
            if isinstance(entry, Path) and entry.resolve() == whole
        ),
        None,
    )
    return reference if place is None else f"{place}:{name}"


def add_module_files(inputs: ArchiveInputs, modules: Iterable[ModuleType]) -> None:
    """Add the files of modules, of their packages and of what they import from the same folder.

    Of an installed package only the name is added.
    """
    roots = {module.__name__.partition(".")[0] for module in modules} - sys.stdlib_module_names
    for root in sorted(roots - {package.__name__ for package in FRAMEWORK_PACKAGES}):
        if is_installed_module(sys.modules[root]):
            inputs.packages |= set(packages_distributions().get(root, ()))
        else:
            inputs.files |= {
                find_model_file_place(name, path): path
                for name, path in find_module_files(sys.modules[root])
            }


def is_installed_module(module: ModuleType) -> bool:
    """Return whether a module belongs to an installed package."""
    places = [Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib")]
    files = [module.__file__] if module.__file__ else list(module.__path__)
    return any(place in Path(file).resolve().parents for place in places for file in files)


def find_model_file_place(name: str, path: Path) -> str:
    """Return the path of a model's file in the inputs.

    It is the path from the present folder, or for a file from elsewhere its name in its package.
    """
    here = Path.cwd().resolve()
    return path.resolve().relative_to(here).as_posix() if here in path.resolve().parents else name
