"""Compile the kernels of the classics: kept as long as the shared parts and the file they stand in stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.compilation import entry

NAME = re.compile(r"[a-z_]+_\d{4}")  # of a classic: author and year
HERE = Path(__file__).parent
UNDER = tuple(HERE.parent / f"{name}.py" for name in ("compilation", "linking", "randomness"))  # what the classics need of the core


def shared_sources() -> tuple[Path, ...]:
    """Return the modules that any classic may call: what lies here and is no classic itself, and what they need of the core."""
    return (*(path for path in sorted(HERE.glob("*.py")) if not NAME.fullmatch(path.stem)), *UNDER)


def classic_entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel of a classic that is called from Python, and keep it on disk."""
    own = Path(function.__code__.co_filename)
    return entry(function, tuple(sorted({*shared_sources(), own})))
