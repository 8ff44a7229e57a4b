"""Compile the kernels of the classics.

Compiled code is kept while the shared modules and the classic's own file stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.runtime.compilation import entry, is_compiled

CLASSIC_NAME = re.compile(r"[a-z_]+_\d{4}")  # of a classic: author and year
CLASSICS_FOLDER = Path(__file__).parent
CORE_SOURCES = tuple(
    CLASSICS_FOLDER.parent / "runtime" / f"{name}.py"
    for name in ("compilation", "kernel_mode", "linking", "plain_python", "randomness")
)  # what the classics need of the core


def list_shared_sources() -> tuple[Path, ...]:
    """Return the modules that any classic may call.

    All modules here that are no classic themselves, and what they need of the core.
    """
    return (
        *(
            path
            for path in sorted(CLASSICS_FOLDER.glob("*.py"))
            if not CLASSIC_NAME.fullmatch(path.stem)
        ),
        *CORE_SOURCES,
    )


def classic_entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel of a classic that is called from Python, and keep it on disk."""
    return entry(function, list_sources_of(Path(function.__code__.co_filename)))


def list_sources_of(own: Path) -> tuple[Path, ...]:
    """Return everything that kernels of a file may call."""
    return tuple(sorted({*list_shared_sources(), own}))


def is_classic_compiled(own: Path) -> bool:
    """Return whether a classic's kernels were compiled on this machine before."""
    return is_compiled(list_sources_of(own), f"{own.stem}.*.nbc")
