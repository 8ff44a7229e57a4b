"""The lessons of the page: their scenarios, read from lessons.yaml and checked.

The texts of a lesson are among the words of the page; its answers come from the class's own runs.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from analysis.names import suggest_name
from experiments.classroom.scenario import Scalar, Scenario, Side, SideSettings
from experiments.classroom.vocabulary import read_rules
from experiments.configuration import explain_validation_error
from sim.classics.classic import ClassicModel
from sim.classics.registry import load_classic
from sim.errors import InputError

LESSONS_FILE = Path(__file__).parent / "lessons.yaml"
FORM_CONTROL = "form"  # the control that chooses a preset of structure, above the networks


class LessonEntry(BaseModel):
    """An entry of lessons.yaml: no unknown fields, strict types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LessonPart(LessonEntry):
    """One question of a lesson, answered by runs of the collaboration model on both sides."""

    shared: dict[str, Scalar] = Field(default_factory=dict)
    a: SideSettings
    b: SideSettings
    rounds: int = Field(100, ge=10, le=1000)
    measure: str
    also: tuple[str, ...] = ()
    controls: tuple[str, ...]
    rules: tuple[str, ...]

    def build_scenario(self) -> Scenario:
        """Return what the page plays."""
        return Scenario(shared={"run.seed": 1, **self.shared}, a=self.a, b=self.b)

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to know of it."""
        return self.model_dump(include={"rounds", "measure", "also", "controls"}) | {
            "scenario": self.build_scenario().model_dump(),
            "rules": [read_rules()[path] for path in self.rules],
        }


class ClassicControl(LessonEntry):
    """The values that the page may give a parameter of a classic: a range, or choices."""

    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()

    def allows(self, value: Scalar) -> bool:
        """Tell whether the page may choose this value."""
        if self.choices:
            return value in self.choices
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.low is not None and self.high is not None and self.low <= value <= self.high


class ClassicSide(LessonEntry):
    """What a side of a classic sets; everything else is as published."""

    values: dict[str, Scalar]


class ClassicPart(LessonEntry):
    """One question of a lesson, answered by a published model under two settings."""

    classic: str
    a: ClassicSide
    b: ClassicSide
    rounds: int = Field(100, ge=10, le=1000)
    measure: str
    also: tuple[str, ...] = ()
    controls: dict[str, ClassicControl]

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to know of it."""
        model = load_classic(self.classic)
        return self.model_dump() | {
            "defaults": model.Parameters().model_dump(include=set(self.controls)),
            "source": read_classic_source(model),
        }

    def build_parameters(self, side: Side, chosen: dict[str, Scalar]) -> dict[str, Scalar]:
        """Return the parameters of a side with what the page chose.

        Raise InputError for a parameter that the lesson has no control for, or a value that the
        control does not allow.
        """
        for name, value in chosen.items():
            if name not in self.controls:
                raise InputError(
                    f"{name} is not a control of this"
                    f" lesson.{suggest_name(name, tuple(self.controls))}"
                )
            if not self.controls[name].allows(value):
                raise InputError(
                    f"{name} is {value}; allowed: {format_control_values(self.controls[name])}"
                )
        values = {**getattr(self, side).values, **chosen, "rounds": self.rounds}
        try:
            load_classic(self.classic).Parameters.model_validate(values)
        except ValidationError as error:
            raise InputError(explain_validation_error(error)) from error
        return values


def format_control_values(control: ClassicControl) -> str:
    """Return what a control allows, in words."""
    return ", ".join(control.choices) if control.choices else f"{control.low:g} to {control.high:g}"


def read_classic_source(model: type[ClassicModel]) -> str:
    """Return where a classic was published, from the docstring of its module."""
    text = sys.modules[model.__module__].__doc__ or ""
    return " ".join(text.partition("Source: ")[2].split())


AnyLessonPart = Annotated[ClassicPart | LessonPart, Field(union_mode="left_to_right")]


@cache
def read_lessons() -> dict[str, tuple[LessonPart | ClassicPart, ...]]:
    """Return the parts of every lesson, by name."""
    entries = yaml.safe_load(LESSONS_FILE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, tuple[AnyLessonPart, ...]]).validate_json(json.dumps(entries))


@cache
def describe_lessons() -> dict[str, list[dict[str, Any]]]:
    """Return what the page needs to know of all lessons."""
    return {name: [part.describe() for part in parts] for name, parts in read_lessons().items()}


def find_classic_part(lesson: str, number: int) -> ClassicPart:
    """Return a part of a lesson on a classic; raise InputError when there is none."""
    parts = read_lessons().get(lesson)
    if parts is None:
        raise InputError(f"{lesson} is not a lesson.{suggest_name(lesson, tuple(read_lessons()))}")
    part = parts[number] if number < len(parts) else None
    if not isinstance(part, ClassicPart):
        raise InputError(f"part {number} of {lesson} does not play a classic")
    return part
