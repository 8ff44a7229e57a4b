"""How a parameter is declared: its limits, its meaning, and what kernels read for it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

ASSUMED_SOURCE = "assumed; starting value of the trial implementation"
CALIBRATED_SOURCE = "calibrated: docs/calibration.md"
LARGEST_SEED = 2**64 - 1
LARGEST_COUNT = 1_000_000_000  # 32-bit numbers hold it, and the round it ends in
USER_DEFINED = "user_defined"  # what kernels call the choice of a user-defined function


def declare_parameter(
    default: Any,
    meaning: str,
    *,
    unit: str = "-",
    source: str = ASSUMED_SOURCE,
    symbol: str = "",
    choices: tuple[str, ...] = (),
    **limits: Any,
) -> Any:
    """Declare one parameter of a ``Group``.

    Args:
        default: its default, or a function that makes it.
        meaning: what it means, in words.
        unit: its unit.
        source: where its mechanism and default come from.
        symbol: its symbol in docs/rules.md.
        choices: built-in names, for a parameter that may also name a user-defined function.
        limits: pydantic's limits (ge, gt, le, lt, min_length, ...).

    Returns:
        A field of a pydantic model.

    Example:
        >>> class Kettle(Group):
        ...     warmth: float = declare_parameter(60.0, "warmth", unit="degrees", ge=0, le=100)
        >>> Kettle().warmth
        60.0
    """
    extra: dict[str, Any] = {"unit": unit, "source": source, "symbol": symbol}
    if choices:
        extra["choices"] = choices
        meaning = f"{meaning}: {', '.join(choices)}, or a user-defined function as file.py:name"
    options: dict[str, Any] = {"description": meaning, "json_schema_extra": extra, **limits}
    if callable(default):
        return Field(default_factory=default, **options)
    return Field(default, **options)


def list_choices(field: FieldInfo) -> tuple[str, ...]:
    """Return the names that a parameter chooses from, by code; none for one that holds numbers."""
    if get_origin(field.annotation) is Literal:
        return get_args(field.annotation)
    extra: Any = field.json_schema_extra or {}
    return tuple(extra.get("choices", ()))


def number_names(title: str, names: Iterable[str]) -> Any:
    """Return an enumeration that numbers names from 0, in capitals: ``Sharing.EQUAL``.

    Kernels compare and index by its members, which Numba compiles as the whole numbers they are.
    It is typed as Any: mypy cannot know members that come from a declaration. Numba refuses a
    kernel that reads one which does not exist.
    """
    return IntEnum(title, [name.upper() for name in names], start=0)


def number_choices(group: type[Group], name: str) -> Any:
    """Return the codes of a parameter's choices.

    A user-defined function, if allowed, comes last.
    """
    field = group.model_fields[name]
    closed = get_origin(field.annotation) is Literal
    return number_names(name, (*list_choices(field), *(() if closed else (USER_DEFINED,))))


class Group(BaseModel):
    """A group of parameters: closed to unknown names, checked on assignment, all numbers finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=False)

    @field_validator("*", mode="before")
    @classmethod
    def refuse_truth_values(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false where a number is wanted; pydantic would read them as 1 and 0."""
        kind = cls.model_fields[str(info.field_name)].annotation
        shares = value.values() if isinstance(value, dict) and get_origin(kind) is dict else ()
        if kind is not bool and any(isinstance(given, bool) for given in (value, *shares)):
            raise PydanticCustomError("truth_value", "input should be no true or false")
        return value
