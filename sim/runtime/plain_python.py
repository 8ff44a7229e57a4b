"""Run kernels as plain Python functions that give the numbers of compiled kernels.

Compiled kernels count in 64 bits, and overflow and division by zero raise nothing. Elements of
NumPy arrays keep the width of their array and warn. An entry therefore gives its kernels arrays
whose elements are Python numbers, and silences NumPy while they run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any

import numpy as np

# What compiled kernels widen to 64 bits when they read it. Words of 64 bits stay NumPy's, which
# wrap around as compiled ones do, and so do real numbers, which may be divided by zero.
WIDENED_SCALARS = (np.signedinteger, np.uint8, np.uint16, np.uint32, np.bool_)


class WideningArray(np.ndarray):
    """An array whose whole numbers and truth values are read as Python's."""

    def __getitem__(self, index: Any) -> Any:
        value = super().__getitem__(index)
        return value.item() if isinstance(value, WIDENED_SCALARS) else value


class PythonCallback:
    """A user's function of two numbers, called from kernels that run as Python.

    Compiled code cannot raise what a callback raises: it reports the error to
    ``sys.unraisablehook`` and goes on with
    0. This does the same, so that one place explains the error.
    """

    def __init__(self, function: Callable[..., float]) -> None:
        self.function = function

    def __call__(self, first: float, second: float) -> float:
        """Return the user's number, or 0 where there is none."""
        try:
            return float(self.function(float(first), float(second)))
        except Exception as error:
            report: Any = sys.unraisablehook
            report(SimpleNamespace(exc_type=type(error), exc_value=error, object=self.function))
            return 0.0

    @property
    def ctypes(self) -> Callable[[float, float], float]:
        """The function as Python calls it, by the name that Numba has for it."""
        return self


def widen_arguments(value: Any) -> Any:
    """Return an argument with its arrays as kernels read them, in named tuples too."""
    if isinstance(value, np.ndarray):
        return value.view(WideningArray)
    if isinstance(value, WIDENED_SCALARS):
        return value.item()
    if isinstance(value, tuple):
        return rebuild_tuple(value, widen_arguments)
    return value


def unwrap_results(value: Any) -> Any:
    """Return a result as a compiled kernel gives it: ordinary arrays and Python numbers."""
    if isinstance(value, np.ndarray):
        return value.view(np.ndarray)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return rebuild_tuple(value, unwrap_results)
    return value


def rebuild_tuple(values: tuple[Any, ...], convert: Callable[[Any], Any]) -> Any:
    """Return a tuple of the same kind with every value converted."""
    converted = [convert(value) for value in values]
    return type(values)(*converted) if hasattr(values, "_fields") else tuple(converted)


def run_as_python(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel that Python calls, with every kernel it calls running as Python."""

    @wraps(function)
    def run(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return unwrap_results(function(*[widen_arguments(value) for value in arguments]))

    return run
