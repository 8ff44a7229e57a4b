"""Which classics there are.

Every file of this folder that is named after author and year, with its class as ``MODEL``.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from sim.classics.kernels import CLASSIC_NAME, CLASSICS_FOLDER

if TYPE_CHECKING:
    from sim.classics.classic import (
        ClassicModel,
    )  # Mesa is slow to import, and a list of names does not need it


@cache
def list_classics() -> tuple[str, ...]:
    """Return the names of all classics."""
    return tuple(
        sorted(
            path.stem for path in CLASSICS_FOLDER.glob("*.py") if CLASSIC_NAME.fullmatch(path.stem)
        )
    )


@cache
def load_classic(name: str) -> type[ClassicModel]:
    """Return a classic by name; its file is imported when first asked for."""
    model: type[ClassicModel] = import_module(f"sim.classics.{name}").MODEL
    return model
