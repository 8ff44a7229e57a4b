"""From declared parameters to the numbers that kernels read.

A parameter that is a number is read as that number, a choice by its code (``sim.config.Sharing``
and the like). Everything else, such as a path, is nothing a kernel reads.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, cast

import numpy as np
from pydantic.fields import FieldInfo

from sim.config import LARGEST_SEED, Config, Group, Structure, list_choices

NUMBER_KINDS = (bool, int, float, float | None)
READ_FROM_ARRAYS = ("organisations", "domains")  # a population from a file decides these


def can_encode(field: FieldInfo) -> bool:
    """Return whether kernels can read a parameter."""
    return field.annotation in NUMBER_KINDS or bool(list_choices(field))


def encode_value(field: FieldInfo, value: Any) -> Any:
    """Return the number that kernels read for a parameter; 0 for one that has none."""
    choices = list_choices(field)
    if choices:
        return choices.index(value) if value in choices else len(choices)
    if field.annotation in (bool, int):
        is_seed = any(getattr(limit, "le", 0) == LARGEST_SEED for limit in field.metadata)
        return np.uint64(value) if is_seed else value
    return 0.0 if value is None else float(value)


def build_tuple_type(title: str, fields: Iterable[str]) -> Any:
    """Return a named tuple; mypy cannot know its fields, as a declaration names them."""
    return namedtuple(title, fields)


@cache
def build_settings_type(group: type[Group]) -> Any:
    """Return the named tuple that holds what kernels read of a group."""
    names = [
        name
        for name, field in group.model_fields.items()
        if (can_encode(field) or _is_group(field)) and name not in READ_FROM_ARRAYS
    ]
    kind = build_tuple_type(group.__name__, names)
    # Pickle looks classes up by name and would not find this one.
    kind.__reduce__ = lambda settings: (_restore_settings, (group, tuple(settings)))
    return kind


def _restore_settings(group: type[Group], values: Sequence[Any]) -> Any:
    """Make settings again that were pickled."""
    return build_settings_type(group)(*values)


def _is_group(field: FieldInfo) -> bool:
    """Return whether a field holds parameters of its own; forms are columns of their own."""
    kind = field.annotation
    return isinstance(kind, type) and issubclass(kind, Group) and kind is not Structure


def encode_group(group: Group) -> Any:
    """Return a group's settings as kernels read them."""
    kind = build_settings_type(type(group))
    fields = type(group).model_fields
    return kind(
        *(
            encode_group(value) if isinstance(value, Group) else encode_value(fields[name], value)
            for name, value in ((name, getattr(group, name)) for name in kind._fields)
        )
    )


def build_settings(config: Config) -> Config:
    """Return the settings of a run, as kernels read them: ``settings.trust.gain``.

    This is a named tuple, but it is typed as the configuration that it mirrors, so that mypy checks
    every path a kernel reads. Only choices differ: they are codes here.
    """
    return cast(Config, encode_group(config))


FormColumns = build_tuple_type(
    "FormColumns",
    (
        *(name for name, field in Structure.model_fields.items() if can_encode(field)),
        "channels",  # (F, channels) cumulated shares of structure.discovery
        "link_count",  # (F, S + 1) expected links by team size
        "linked",  # (F, S + 1, S, S) 1 where two positions are linked
    ),
)


def encode_forms(structures: Sequence[Structure]) -> dict[str, np.ndarray[Any, Any]]:
    """Return a column per field of the forms that kernels read, in the order of declaration."""
    return {
        name: np.array([encode_value(field, getattr(form, name)) for form in structures]).astype(
            np.float64 if field.annotation in (float, float | None) else np.int32
        )
        for name, field in Structure.model_fields.items()
        if can_encode(field)
    }
