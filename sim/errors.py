"""The error that a user can correct: shown as one sentence, never as a traceback."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Wrong input: what it is, its value, what is allowed and what to do next."""


def format_value(value: object) -> str:
    """Return a value as one short line, for a sentence."""
    return " ".join(reprlib.repr(value).split())


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return a question for the nearest known name, or nothing when none is near."""
    # analysis.names has the same two lines: sim and analysis may not import each other.
    near = get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""
