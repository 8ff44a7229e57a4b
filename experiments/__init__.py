"""Designs, execution, results and the command line.

From Python, ``experiments.load(folder)`` reads results.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.loading import load, scan

__all__ = ["load", "scan"]


def __getattr__(name: str) -> Any:
    """Import ``load`` and ``scan`` on first use, so that the command line starts fast."""
    if name in __all__:
        return getattr(import_module("experiments.loading"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
