"""What stands beside axes: names in words, units if they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

Labels = Mapping[
    str, str
]  # from a column to what stands beside its axis, with its unit in parentheses
NO_LABELS: Labels = {}


def format_label(name: str, labels: Labels = NO_LABELS, width: int = 34) -> str:
    """Return what stands beside an axis: the label that is given, or the name in words; lines are broken before a unit and where too long."""
    words = labels.get(name) or format_name(name)
    if len(words) <= width:
        return words
    before, parenthesis, unit = words.partition(" (")
    return (
        "\n".join([*wrap(before, width), *wrap(f"({unit}", width)])
        if parenthesis
        else "\n".join(wrap(words, width))
    )


def format_one_line_label(name: str, labels: Labels = NO_LABELS) -> str:
    """Return the label on one line."""
    return format_label(name, labels, 1000).replace("\n", " ")


def format_name(name: str) -> str:
    """Return a column's name as a reader would write it."""
    words = name.rpartition(".")[2].replace("_", " ")
    return words[:1].upper() + words[1:]


def join_names(names: Sequence[str]) -> str:
    """Return names as an enumeration: a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
