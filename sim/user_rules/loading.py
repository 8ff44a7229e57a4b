"""User-defined rules: ordinary Python in one file.

YAML names them as ``file.py:name`` or ``package.module:name``.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import InputError, format_value, suggest_name
from sim.runtime.compilation import compile_callback


def is_user_defined(name: str) -> bool:
    """Return whether a name refers to a user-defined function."""
    return ":" in name


def check_name(parameter: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that is neither one of ours nor a reference to a user-defined function."""
    known = sorted(known)
    if name in known or is_user_defined(name):
        return
    raise InputError(
        f"{parameter} is {name}; allowed: {', '.join(known)}, or a user-defined function as"
        f" file.py:name.{suggest_name(name, known)}"
    )


def load_module(parameter: str, reference: str, place: str) -> Any:
    """Return the module a reference names; a file is loaded once for every reference."""
    try:
        if not place.endswith(".py"):
            return importlib.import_module(place)
        path = Path(place).expanduser()
        if not path.is_file():
            raise InputError(
                f"{parameter} is {reference}; the file {path} does not exist: give its path from"
                " the folder you start in"
            )
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None  # a .py file has both
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{parameter} is {reference}; {place} cannot be loaded: {describe_error(error)}; fix"
            " it so that it can be imported"
        ) from error


def load_function(parameter: str, reference: str) -> Callable[..., Any]:
    """Return the function a reference names, as its file defines it."""
    place, _, name = reference.rpartition(":")
    if not place or not name:
        raise InputError(
            f"{parameter} is {reference}; write file.py:name, for example my_rules.py:nearest"
        )
    module = load_module(parameter, reference, place)
    function = getattr(module, name, None)
    if callable(function):
        return function
    if hasattr(module, name):
        raise InputError(
            f"{parameter} is {reference}; {name} in {place} is {format_value(function)}, no"
            " function: name a function"
        )
    functions = [known for known in dir(module) if callable(getattr(module, known, None))]
    raise InputError(
        f"{parameter} is {reference}; {place} has no function"
        f" {name}.{suggest_name(name, functions)}"
    )


def load_user_function(parameter: str, reference: str) -> Callable[..., Any]:
    """Return the function a reference names.

    What it raises becomes one sentence, and what it yields a list.
    """
    function = load_function(parameter, reference)

    @wraps(function)
    def guarded(*given: Any) -> Any:
        try:
            result = function(*given)
            return list(result) if isinstance(result, Iterator) else result
        except (Exception, SystemExit) as error:
            raise InputError(
                f"{parameter} {reference} raised {describe_error(error, function)}; fix the"
                " function"
            ) from error

    return guarded


def load_user_measure(reference: str) -> Callable[..., float]:
    """Return a researcher's measure; what is no number is refused."""
    function = load_user_function("run.measures", reference)

    @wraps(function)
    def measure(model: Any) -> float:
        value = function(model)
        if not isinstance(value, (Real, np.bool_)):
            raise InputError(
                f"run.measures {reference} returned {format_value(value)}; a measure must return a"
                " number (nan where there is none)"
            )
        return float(value)

    return measure


def describe_error(error: BaseException, function: Callable[..., Any] | None = None) -> str:
    """Return an error's kind and first line, and where in the file of ``function`` it came up."""
    text = next(iter(str(error).strip().splitlines()), "")
    code = getattr(inspect.unwrap(function), "__code__", None) if function is not None else None
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if code is not None and frame.filename == code.co_filename
    ]
    place = (
        f" (line {lines[-1]} of {Path(code.co_filename).name})"
        if lines and code is not None
        else ""
    )
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"


def take_larger(pooled: float, contribution: float) -> float:
    """Pool by the best; what kernels get when no user-defined rule is named."""
    return max(pooled, contribution)


PROBE_VALUES = np.linspace(0.0, 1.0, 21).tolist()  # capabilities and contributions lie in [0, 1]


@contextmanager
def report_callback_errors(parameter: str, reference: str) -> Iterator[None]:
    """Report what a compiled user-defined function raised.

    It cannot stop a kernel, so the error is caught and reported afterwards.
    """
    raised: list[BaseException] = []
    before = sys.unraisablehook

    def hear(unraisable: Any) -> None:
        if isinstance(unraisable.exc_value, Exception):
            raised[:] = raised or [unraisable.exc_value]
        else:
            before(unraisable)

    sys.unraisablehook = hear
    try:
        yield
    finally:
        sys.unraisablehook = before
    if raised:
        raise InputError(
            f"{parameter} {reference} raised {describe_error(raised[0])}; fix the function"
        ) from raised[0]


@cache
def compile_pooling(reference: str | None) -> Any:
    """Return a compiled pooling rule.

    It is a function of the pooled capability so far and one more contribution.
    """
    if reference is None:
        return compile_callback(take_larger)
    function = load_function("production.pooling", reference)
    try:
        compiled = compile_callback(function)
    except Exception as error:
        raise InputError(
            f"production.pooling is {reference}; it must turn two numbers into one with arithmetic"
            f" and the math module alone: {describe_error(error)}"
        ) from error
    probe_pooling(reference, compiled.ctypes)
    return compiled


def probe_pooling(reference: str, pool: Callable[[float, float], float]) -> None:
    """Refuse a pooling rule that fails or gives no capability in [0, 1] x [0, 1]."""
    with report_callback_errors("production.pooling", reference):
        found = [
            (pooled, contribution, pool(pooled, contribution))
            for pooled in PROBE_VALUES
            for contribution in PROBE_VALUES
        ]
    for pooled, contribution, value in found:
        if not isfinite(value) or value < 0.0:
            raise InputError(
                f"production.pooling {reference} gives {value:g} for pooled {pooled:g} and"
                f" contribution {contribution:g}; allowed: a finite number, 0 or more, wherever"
                " both lie between 0 and 1"
            )
