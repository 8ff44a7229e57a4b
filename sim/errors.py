"""The one kind of error a user can mend: shown as a sentence, never as a traceback."""

from __future__ import annotations

import reprlib


class InputError(ValueError):
    """Something the user gave is wrong: says what, its value, what is allowed and what to do next."""


def format_value(value: object) -> str:
    """Return a value as one short line, for a sentence."""
    return " ".join(reprlib.repr(value).split())
