"""The lessons of the page: their scenarios from lessons.yaml, checked. What a lesson says is in the page's words and comes from the class's runs."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from analysis.names import nearest
from experiments.classroom.moments import CHARTED
from experiments.classroom.scenario import Choice, Scalar, Scenario, Side
from experiments.classroom.vocabulary import rules
from experiments.configuration import explain
from sim.classics.classic import ClassicModel
from sim.classics.registry import classic
from sim.errors import InputError

FILE = Path(__file__).parent / "lessons.yaml"
FORM = "form"  # the control that chooses a preset of structure; it stands above the networks


class Closed(BaseModel):
    """Closed to unknown fields, strict about types: 0.0 is no false."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Part(Closed):
    """One question of a lesson, answered by a run of our own model on both sides."""

    shared: dict[str, Scalar] = Field(default_factory=dict)
    a: Choice
    b: Choice
    rounds: int = Field(100, ge=10, le=1000)
    measure: str
    also: tuple[str, ...] = ()
    controls: tuple[str, ...]
    rules: tuple[str, ...]

    def scenario(self) -> Scenario:
        """Return what the page plays."""
        return Scenario(shared={"run.seed": 1, **self.shared}, a=self.a, b=self.b)

    def told(self) -> dict[str, Any]:
        """Return what the page is told of it."""
        equations = [rules()[path] for path in self.rules]
        return self.model_dump(include={"rounds", "measure", "also", "controls"}) | {
            "scenario": self.scenario().model_dump(), "measures": CHARTED, "rules": equations,
        }  # fmt: skip


class Control(Closed):
    """How far a parameter of a classic goes on the page: a range, or choices."""

    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()

    def allows(self, value: Scalar) -> bool:
        """Tell whether the page may choose this value."""
        if self.choices:
            return value in self.choices
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.low is not None and self.high is not None and self.low <= float(value) <= self.high  # type: ignore[arg-type]


class Values(Closed):
    """What a side of a classic sets; everything else is as published."""

    values: dict[str, Scalar]


class ClassicPart(Closed):
    """One question of a lesson, answered by a published model under two settings."""

    classic: str
    a: Values
    b: Values
    rounds: int = Field(100, ge=10, le=1000)
    measure: str
    also: tuple[str, ...] = ()
    controls: dict[str, Control]

    def told(self) -> dict[str, Any]:
        """Return what the page is told of it."""
        model = classic(self.classic)
        usual = model.Parameters().model_dump(include=set(self.controls))
        return self.model_dump() | {"measures": list(model.MEASURES), "usual": usual, "source": source(model)}

    def parameters(self, side: Side, chosen: dict[str, Scalar]) -> dict[str, Scalar]:
        """Return the parameters of a side where the page chose some; InputError for what the lesson has no control for."""
        for name, value in chosen.items():
            if name not in self.controls:
                raise InputError(f"{name} is not a control of this lesson.{nearest(name, tuple(self.controls))}")
            if not self.controls[name].allows(value):
                raise InputError(f"{name} is {value}; allowed: {allowed(self.controls[name])}")
        values = {**getattr(self, side).values, **chosen, "rounds": self.rounds}
        try:
            classic(self.classic).Parameters.model_validate(values)
        except ValidationError as error:
            raise InputError(explain(error)) from error
        return values


def allowed(control: Control) -> str:
    """Return what a control allows, in words."""
    return ", ".join(control.choices) if control.choices else f"{control.low:g} to {control.high:g}"


def source(model: type[ClassicModel]) -> str:
    """Return where a classic was published, as its module says."""
    text = sys.modules[model.__module__].__doc__ or ""
    return " ".join(text.partition("Source: ")[2].split())


AnyPart = Annotated[ClassicPart | Part, Field(union_mode="left_to_right")]


@cache
def lessons() -> dict[str, tuple[Part | ClassicPart, ...]]:
    """Return the parts of every lesson, by name."""
    written = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, tuple[AnyPart, ...]]).validate_json(json.dumps(written))


@cache
def lessons_told() -> dict[str, list[dict[str, Any]]]:
    """Return what the page is told of all lessons."""
    return {name: [part.told() for part in parts] for name, parts in lessons().items()}


def classic_part(lesson: str, number: int) -> ClassicPart:
    """Return a part of a lesson on a classic; InputError when there is none."""
    parts = lessons().get(lesson)
    if parts is None:
        raise InputError(f"{lesson} is not a lesson.{nearest(lesson, tuple(lessons()))}")
    part = parts[number] if number < len(parts) else None
    if not isinstance(part, ClassicPart):
        raise InputError(f"part {number} of {lesson} does not play a classic")
    return part
