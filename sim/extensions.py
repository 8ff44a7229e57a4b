"""A researcher's own rules: ordinary Python in one file, named in YAML as ``file.py:name`` or ``package.module:name``."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from sim.compilation import callback
from sim.errors import InputError


def is_own(name: str) -> bool:
    """Tell whether a name points at somebody's own function."""
    return ":" in name


def check_name(parameter: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that is neither one of ours nor a reference to an own function."""
    known = sorted(known)
    if name in known or is_own(name):
        return
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise InputError(f"{parameter} is {name}; allowed: {', '.join(known)}, or an own function as file.py:name.{hint}")


def load_function(parameter: str, reference: str) -> Callable[..., Any]:
    """Return the function a reference names."""
    place, _, name = reference.rpartition(":")
    try:
        if place.endswith(".py"):
            path = Path(place).expanduser()
            if not path.is_file():
                raise InputError(f"{parameter} is {reference}; the file {path} does not exist: give its path from the folder you start in")
            spec = importlib.util.spec_from_file_location(path.stem, path)
            assert spec is not None and spec.loader is not None  # a .py file has both
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        else:
            module = importlib.import_module(place)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{parameter} is {reference}; {place} cannot be loaded: {type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        near = get_close_matches(name, dir(module), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise InputError(f"{parameter} is {reference}; {place} has no function {name}.{hint}")
    return function


def larger(pooled: float, contribution: float) -> float:
    """Pool by the best; what kernels are handed when no own rule is named."""
    return max(pooled, contribution)


@cache
def compile_pooling(reference: str | None) -> Any:
    """Return a compiled pooling rule: a function of the pooled capability so far and one more contribution."""
    function = larger if reference is None else load_function("production.pooling", reference)
    try:
        return callback(function)
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"production.pooling is {reference}; it must turn two numbers into one with arithmetic and the math module alone: {reason}"
        ) from error
