"""Settings of the designs: types and limits.

Defaults and explanations are in configs/design/, a file per design.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from analysis.names import suggest_name, suggest_or_list
from experiments.configuration import format_allowed_values
from sim.config import LARGEST_SEED
from sim.errors import InputError
from sim.presets import find_configs_folder

LARGEST_SAMPLE = 2**20
COMPOSITIONS = ("cross", "zip")


class Settings(BaseModel):
    """Settings of one choice in a group; unknown names are refused, defaults are in configs/."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


SettingsType = TypeVar("SettingsType", bound=Settings)


class FullFactorial(Settings):
    """No settings."""


class PairedDesign(Settings):
    """No settings."""


class FractionalFactorial(Settings):
    """No settings."""


class OneAtATime(Settings):
    """The base point."""

    base: dict[str, Any] = Field(description="{factor: level}")


class TableDesign(Settings):
    """The file of points."""

    file: str

    @field_validator("file", mode="before")
    @classmethod
    def require_file(cls, value: Any) -> Any:
        """Refuse a table without a file."""
        if value is None:
            raise ValueError("the design table needs a file: design.file=points.csv")
        return value


class SeededDesign(Settings):
    """A design that draws random numbers."""

    seed: int = Field(ge=0, le=LARGEST_SEED)


class LatinHypercube(SeededDesign):
    """Latin hypercube."""

    samples: int = Field(ge=1, le=LARGEST_SAMPLE)
    strength: int = Field(ge=1, le=2)
    optimization: Literal["random-cd"] | None


class PowerOfTwoDesign(SeededDesign):
    """A design on a Sobol' sequence."""

    samples: int = Field(ge=1, le=LARGEST_SAMPLE)
    scramble: bool

    @field_validator("samples")
    @classmethod
    def refuse_unbalanced(cls, value: int) -> int:
        """Refuse a sample size at which a Sobol' sequence is not balanced."""
        if value & (value - 1):
            below = 1 << (value.bit_length() - 1)
            raise ValueError(
                f"design.samples is {value}; a Sobol' sequence is balanced at powers of two only:"
                f" take {below} or {2 * below}"
            )
        return value


class SobolSequence(PowerOfTwoDesign):
    """Sobol' sequence."""


class GroupedDesign(Settings):
    """A design whose factors may be grouped."""

    groups: dict[str, list[str]] = Field(description="{group: [factor, factor]}")

    @field_validator("groups")
    @classmethod
    def refuse_overlap(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        """Refuse a factor in two groups."""
        members = [member for group in value.values() for member in group]
        twice = [member for member in members if members.count(member) > 1]
        if twice:
            raise ValueError(f"design.groups names {twice[0]} twice; a factor belongs to one group")
        return value


class Sobol(PowerOfTwoDesign, GroupedDesign):
    """Saltelli's sample for Sobol' indices."""

    second_order: bool


class Morris(SeededDesign, GroupedDesign):
    """Morris' trajectories."""

    trajectories: int = Field(ge=2, le=LARGEST_SAMPLE)
    levels: int = Field(ge=2, le=1024)
    optimal: int | None = Field(ge=2)

    @model_validator(mode="after")
    def check(self) -> Morris:
        """Refuse an odd grid, and more optimal trajectories than trajectories."""
        if self.levels % 2:
            raise ValueError(
                f"design.levels is {self.levels}; the grid of morris needs an even number: take"
                f" {self.levels + 1}"
            )
        if self.optimal is not None and self.optimal >= self.trajectories:
            raise ValueError(
                f"design.optimal is {self.optimal}; allowed: 2 to {self.trajectories - 1}, fewer"
                " than design.trajectories"
            )
        return self


@cache
def list_design_names() -> tuple[str, ...]:
    """Return the names of the designs that come with the package."""
    return tuple(sorted(path.stem for path in (find_configs_folder() / "design").glob("*.yaml")))


def read_default_settings(name: Any) -> dict[str, Any]:
    """Read the defaults of a design."""
    if name in COMPOSITIONS:
        raise InputError(
            f"{name} composes designs; list them: design: {{{name}: [{{name: ..., factors: [...]}},"
            " {name: ..., factors: [...]}]}"
        )
    if name not in list_design_names():
        raise InputError(
            f"{name} is not a design; allowed:"
            f" {', '.join(list_design_names())}.{suggest_name(str(name), list_design_names())}"
        )
    return (
        yaml.safe_load(
            (find_configs_folder() / "design" / f"{name}.yaml").read_text(encoding="utf-8")
        )
        or {}
    )


def check_design_settings(
    name: str, kind: type[Settings], settings: dict[str, Any]
) -> dict[str, Any]:
    """Return the settings of a design, checked and complete."""
    return validate_settings("design", name, kind, settings).model_dump()


def validate_settings(
    group: str, name: str, kind: type[SettingsType], settings: dict[str, Any]
) -> SettingsType:
    """Return the settings of one choice in a group of configurations, checked."""
    for key in settings:
        if key not in kind.model_fields:
            known = list(kind.model_fields)
            raise InputError(
                f"{group}.{key} is not a setting of"
                f" {name}.{suggest_or_list(str(key), known) if known else ' It has none.'}"
            )
    try:
        return kind.model_validate(settings)
    except ValidationError as error:
        raise InputError(explain_setting_error(group, kind, error)) from error


def explain_setting_error(group: str, kind: type[Settings], error: ValidationError) -> str:
    """Return the first error in the settings as one sentence."""
    first = error.errors()[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    setting, value = str(first["loc"][0]), first["input"]
    field = kind.model_fields[setting]
    if first["type"] == "string_pattern_mismatch":
        return f"{group}.{setting} is {value!r}; allowed: {field.description}"
    return (
        f"{group}.{setting} is {value!r}: {first['msg'][0].lower()}{first['msg'][1:]}. Allowed:"
        f" {field.description or format_allowed_values(field)}."
    )
