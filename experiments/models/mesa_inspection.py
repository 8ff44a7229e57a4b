"""Inspect a user's Mesa model: its class, its source, its constructor and its measures."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import numbers
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from analysis.names import suggest_name, suggest_or_list
from experiments.models.fingerprint import strip_source
from sim.errors import InputError

SEED_KEYWORDS = ("rng", "seed")  # Mesa's names, the recommended one first
CATCH_ALL_KINDS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

UNKNOWN_ATTRIBUTE = object()

# --- finding --------------------------------------------------------------------------------------


@cache
def load_object(reference: str) -> Any:
    """Return what ``package.module:Name`` or ``file.py:Name`` names."""
    place, colon, name = reference.rpartition(":")
    if not colon or not place or not name:
        raise InputError(
            f"{reference} names no class; write package.module:Class or file.py:Class, for example"
            " mesa.examples:Schelling"
        )
    if place.endswith(".py"):
        module = load_python_file(Path(place), reference)
    else:
        look_last_in(Path.cwd())
        module = load_module(place, reference)
    if not hasattr(module, name):
        raise InputError(
            f"{reference} does not exist: {place} has no {name}.{suggest_name(name, dir(module))}"
        )
    return getattr(module, name)


def load_model_class(reference: str) -> Any:
    """Return the model class a reference names."""
    from mesa import Model

    model = load_object(reference)
    if not (isinstance(model, type) and issubclass(model, Model)):
        raise InputError(f"{reference} is not a Mesa model; name a class derived from mesa.Model")
    return model


def load_python_file(path: Path, reference: str) -> ModuleType:
    """Import a file as a script: it can import files in its folder or its package."""
    if not path.is_file():
        raise InputError(
            f"{reference} does not exist: there is no file {path}; give its path from the folder"
            " you start in"
        )
    folder, names = path.resolve().parent, [path.stem]
    while (folder / "__init__.py").exists():
        folder, names = folder.parent, [folder.name, *names]
    if is_module_name_taken(names[0], folder):
        raise InputError(
            f"{reference} cannot be loaded: Python already has another module called {names[0]};"
            " rename yours"
        )
    with look_first_in(folder):
        return load_module(".".join(names), reference)


def is_module_name_taken(name: str, folder: Path) -> bool:
    """Return whether a name belongs to a module in another place."""
    if name in sys.stdlib_module_names:
        return True
    spec = importlib.util.find_spec(name)
    return (
        spec is not None
        and spec.origin is not None
        and folder not in Path(spec.origin).resolve().parents
    )


def load_module(name: str, reference: str) -> ModuleType:
    """Import a module."""
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise InputError(
            f"{reference} cannot be loaded: {type(error).__name__}: {error}"
        ) from error


@contextmanager
def look_first_in(folder: Path) -> Iterator[None]:
    """Let imports search a folder first, as for a script there; afterwards last.

    The folder stays in the path because a model may import while it runs.
    """
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        look_last_in(folder)


def look_last_in(folder: Path) -> None:
    """Let imports search a folder last, so that its files do not hide installed modules."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


# --- source ---------------------------------------------------------------------------------------


def list_source_files(model: type) -> list[tuple[str, Path]]:
    """Return the source files of a model by name.

    They are the files of its package, or the files in its folder that it imports. A model derived
    from another has the other's files too; Mesa's base classes are covered by Mesa's version.
    """
    modules = {kind.__module__ for kind in model.__mro__} - {"builtins", "mesa.model"}
    roots = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    return sorted(file for root in roots for file in find_module_files(sys.modules[root]))


def find_module_files(module: ModuleType) -> Iterator[tuple[str, Path]]:
    """Walk through the files of a package, or a file and the files beside it that it imports."""
    if hasattr(module, "__path__"):
        for folder in map(Path, module.__path__):
            yield from (
                (path.relative_to(folder.parent).as_posix(), path) for path in folder.rglob("*.py")
            )
    elif module.__file__:
        folder = Path(module.__file__).parent
        # Other files beside an installed file do not belong to it.
        if folder.name == "site-packages":
            yield Path(module.__file__).name, Path(module.__file__)
            return
        finder = ModuleFinder(path=[str(folder)])
        finder.import_hook(module.__name__)
        files = [getattr(part, "__file__", None) for part in finder.modules.values()]
        yield from (
            (path.relative_to(folder).as_posix(), path) for path in map(Path, filter(None, files))
        )


def compute_source_hash(reference: str) -> str:
    """Return a hash of the source of a model; source that has changed is imported again."""
    now = _hash_source(load_model_class(reference))
    if now != _hash_imported_source(reference):
        files = {str(path) for _, path in list_source_files(load_model_class(reference))}
        for name in [
            name
            for name, module in sys.modules.items()
            if getattr(module, "__file__", None) in files
        ]:
            del sys.modules[name]
        importlib.invalidate_caches()
        load_object.cache_clear()
        _hash_imported_source.cache_clear()
        return _hash_imported_source(reference)
    return now


@cache
def _hash_imported_source(reference: str) -> str:
    """Return the hash that the source had when this process imported it."""
    return _hash_source(load_model_class(reference))


def _hash_source(model: type) -> str:
    """Hash the name of a class and the code of its source files, wherever they are stored."""
    digest = hashlib.sha256(model.__qualname__.encode())
    for name, path in list_source_files(model):
        digest.update(name.encode() + strip_source(path.read_bytes()))
    return digest.hexdigest()


# --- constructor ----------------------------------------------------------------------------------


@cache
def find_seed_keyword(model: type) -> str | None:
    """Return the keyword of a model's seed; ``**kwargs`` are followed to the base classes."""
    for kind in model.__mro__:
        if "__init__" not in vars(kind):
            continue
        parameters = inspect.signature(vars(kind)["__init__"]).parameters
        for name in SEED_KEYWORDS:
            if name in parameters:
                return name
        if not any(
            parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()
        ):
            return None
    return None


def complete_arguments(
    model: type, arguments: Mapping[str, Any], created: Sequence[str]
) -> dict[str, Any]:
    """Check arguments against a constructor and add its defaults.

    Args:
        model: the class.
        arguments: arguments by name.
        created: names of arguments that are created for every run; they are not in ``arguments``.
    """
    parameters = list(inspect.signature(model).parameters.values())
    known = {
        parameter.name: parameter
        for parameter in parameters
        if parameter.kind not in CATCH_ALL_KINDS and parameter.name not in SEED_KEYWORDS
    }
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    for name in [*arguments, *created]:
        if name in SEED_KEYWORDS:
            raise InputError(
                f"{name} comes from the study, which gives every replicate its own; remove it and"
                " set the seed of the study"
            )
        if name not in known and not takes_any:
            raise InputError(
                f"{name} is not a parameter of"
                f" {model.__name__}.{suggest_or_list(name, list(known))}"
            )
    both = sorted(set(arguments) & set(created))
    if both:
        raise InputError(
            f"{both[0]} is created for every run by model.objects and cannot be a parameter as"
            " well; remove one of them"
        )
    missing = [
        name
        for name, parameter in known.items()
        if parameter.default is parameter.empty and name not in {*arguments, *created}
    ]
    if missing:
        raise InputError(
            f"{missing[0]} is missing: {model.__name__} needs a value for {', '.join(missing)};"
            " make it a factor or fix it in the study"
        )
    # Other defaults are not recorded; they are in the source, which the version covers.
    defaults = {
        name: parameter.default
        for name, parameter in known.items()
        if name not in created and is_json_value(parameter.default)
    }
    return defaults | dict(arguments)


def is_json_value(value: Any) -> bool:
    """Return whether JSON preserves a value."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_json_value(part) for key, part in value.items())
    if isinstance(value, list):
        return all(map(is_json_value, value))
    return value is None or type(value) in (bool, int, float, str)


# --- measuring ------------------------------------------------------------------------------------


def get_reporter_values(model: Any) -> dict[str, list[Any]]:
    """Return what the model reporters of a DataCollector have recorded so far."""
    collector = getattr(model, "datacollector", None)
    return dict(collector.model_vars) if collector is not None else {}


def list_measure_names(model: Any, measures: Sequence[str]) -> Sequence[str]:
    """Return the names of measures, which are all model reporters by default."""
    names = measures or list(get_reporter_values(model))
    if not names:
        raise InputError(
            f"{type(model).__name__} has no model reporters: name attributes in"
            f" model.measures.{describe_known_measures(model)}"
        )
    return names


def read_measure(model: Any, name: str) -> float:
    """Return the present value of a measure.

    It is the last value of a model reporter, an attribute, or what a method without arguments
    returns.
    """
    recorded = get_reporter_values(model)
    if name in recorded:
        if not recorded[name]:
            raise InputError(
                f"the model reporter {name} recorded nothing: call self.datacollector.collect(self)"
                " in __init__ and step"
            )
        return convert_measure_to_number(name, recorded[name][-1])
    value = getattr(model, name, UNKNOWN_ATTRIBUTE)
    if name.startswith("_") or value is UNKNOWN_ATTRIBUTE:
        raise InputError(
            f"{name} is not a measure of {type(model).__name__}."
            f"{suggest_name(name, list(recorded))}{describe_known_measures(model)}"
        )
    if not callable(value):
        return convert_measure_to_number(name, value)
    try:
        inspect.signature(value).bind()
    except TypeError as error:
        raise InputError(
            f"the measure {name} is a method that takes arguments; name a method that takes none"
        ) from error
    return convert_measure_to_number(name, value())


def compute_round_means(model: Any, names: Sequence[str]) -> dict[str, float]:
    """Return ``name_mean`` of every model reporter: the mean of all recorded values."""
    recorded = get_reporter_values(model)
    return {
        f"{name}_mean": float(
            np.mean([convert_measure_to_number(name, value) for value in recorded[name]])
        )
        for name in names
        if name in recorded
    }


def convert_measure_to_number(name: str, value: Any) -> float:
    """Return a measure as a number."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not isinstance(value, numbers.Real | np.bool_):
        raise InputError(
            f"the measure {name} is {type(value).__name__}, not a number; name measures that are"
            " numbers in model.measures"
        )
    return float(value)


def describe_known_measures(model: Any) -> str:
    """Return a sentence that lists what can be measured."""
    attributes = [
        name
        for name, value in vars(model).items()
        if not name.startswith("_") and isinstance(value, numbers.Real)
    ]
    return (
        f" There are the model reporters {', '.join(get_reporter_values(model)) or '(none)'} and"
        f" the attributes {', '.join(attributes)}."
    )
