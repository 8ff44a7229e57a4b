"""Designs, execution, results and the command line; from Python above all ``experiments.load(folder)``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.loading import load, scan

__all__ = ["load", "scan"]


def __getattr__(name: str) -> Any:
    """Import what reads results when it is first asked for, so that the command line starts fast."""
    if name in __all__:
        return getattr(import_module("experiments.loading"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
