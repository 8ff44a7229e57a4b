"""Labels of axes and names in captions: names in words, with units if they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

# From a column to the label of its axis, with its unit in parentheses.
Labels = Mapping[str, str]
NO_LABELS: Labels = {}
JOINT_VALUE_LABEL = "Joint value\n(per organisation and round)"
SYNERGY_LABEL = "Synergy\n(per organisation and round)"
DIVERSITY_WITHIN_LABEL = "Diversity within collaborations\n(root mean square distance)"


def format_label(name: str, labels: Labels = NO_LABELS, width: int = 34) -> str:
    """Return the label of an axis: the given label, or the name in words.

    Lines break before a unit and where they are too long.
    """
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


def format_inline_label(name: str, labels: Labels = NO_LABELS) -> str:
    """Return the label as it reads within a sentence."""
    return lower_first_letter(format_one_line_label(name, labels))


def format_per_level(what: str, by: str | None, labels: Labels = NO_LABELS) -> str:
    """Return ", a line per form" for a caption; nothing without a factor."""
    return f", a {what} per {format_inline_label(by, labels)}" if by else ""


def lower_first_letter(words: str) -> str:
    """Return words as they read within a sentence."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def format_name(name: str) -> str:
    """Return a column's name as a reader would write it."""
    words = name.rpartition(".")[2].replace("_", " ")
    return words[:1].upper() + words[1:]


def join_names(names: Sequence[str]) -> str:
    """Return names as an enumeration: a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
