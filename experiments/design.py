"""Designs: which configurations a study runs, with which seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import yaml

from experiments.configuration import (
    Values,
    check_override,
    compose_values,
    did_you_mean,
    groups,
    nearest,
    parameter_paths,
    refuse_twice,
    split_levels,
    validate,
)
from sim.config import LARGEST_SEED, Config
from sim.errors import InputError
from sim.measures import MEASURES
from sim.outcomes import OUTCOMES
from sim.presets import configs_folder

MOST_REPLICATES = 1_000_000
OWN_KEYS = ("replicates", "seed")
KEYS = ("form", "imitation_rate", "depth", "replicate", "seed")  # columns of every table of runs


@dataclass(frozen=True)
class Level:
    """One level of a factor: how it is called, and the presets and parameters it sets."""

    label: Any
    settings: dict[str, Any]


@dataclass(frozen=True)
class Point:
    """One configuration of a design, by the labels of its factor levels."""

    levels: dict[str, Any]
    config: Config


@dataclass(frozen=True)
class Study:
    """A full factorial design with common random numbers: replicate r has the same seed at every point.

    A factor is a preset, a parameter, or a named set of scenarios that set several at once.
    """

    name: str
    question: str
    factors: dict[str, list[Level]]
    replicates: int
    seed: int
    overrides: list[str] = field(default_factory=list)
    keep: tuple[str, ...] = ()

    def seeds(self) -> list[int]:
        """Return one independent seed per replicate."""
        return [int(s) for s in np.random.SeedSequence(self.seed).generate_state(self.replicates, np.uint64)]

    def points(self) -> list[Point]:
        """Return every point, each checked; presets are composed once per combination of presets."""
        return list(self._points())

    def _points(self) -> Iterator[Point]:
        """Walk through the full factorial."""
        bases: dict[tuple[str, ...], Values] = {}
        for combination in product(*self.factors.values()):
            settings = {path: value for level in combination for path, value in level.settings.items()}
            presets = tuple(f"{path}={value}" for path, value in settings.items() if "." not in path)
            if presets not in bases:
                bases[presets] = compose_values([*presets, *self.overrides])
            values = {group: deepcopy(given) for group, given in bases[presets].items()}
            for path, value in settings.items():
                if "." in path:
                    set_value(values, path, value)
            labels = {name: level.label for name, level in zip(self.factors, combination, strict=True)}
            yield Point(labels, validate(values))


def set_value(values: Values, path: str, level: Any) -> None:
    """Set a dotted parameter in nested values."""
    *groups, name = path.split(".")
    for group in groups:
        values = values.setdefault(group, {})
    values[name] = level


def study_names() -> list[str]:
    """Return the names of the studies that come with the package."""
    return sorted(path.stem for path in (configs_folder() / "study").glob("*.yaml"))


def load_study(name: str, overrides: Sequence[str] = ()) -> Study:
    """Read a study and apply overrides: ``a=1`` fixes a parameter or level, ``a=1,2`` makes it a factor."""
    if name not in study_names():
        raise InputError(f"{name} is not a study.{did_you_mean(name, study_names())}")
    given = yaml.safe_load((configs_folder() / "study" / f"{name}.yaml").read_text(encoding="utf-8"))
    factors = {path: read_levels(path, levels) for path, levels in given["factors"].items()}
    own: dict[str, int] = {"replicates": given["replicates"], "seed": given["seed"]}
    fixed: list[str] = list(given.get("overrides", []))
    refuse_twice(overrides)
    for override in overrides:
        key, _, text = override.partition("=")
        labels = [yaml.safe_load(part) for part in split_levels(text)]
        if key in OWN_KEYS:
            own[key] = whole_number(key, text)
        elif key in factors and key not in [*groups(), *parameter_paths()]:
            factors[key] = [chosen_scenario(key, label, factors[key]) for label in labels]
        elif key in factors or len(labels) > 1:
            factors[key] = [Level(label, {key: label}) for label in labels]
        else:
            fixed.append(override)
    if not 1 <= own["replicates"] <= MOST_REPLICATES:
        raise InputError(f"replicates is {own['replicates']}; allowed: 1 to {MOST_REPLICATES}")
    if not 0 <= own["seed"] <= LARGEST_SEED:
        raise InputError(f"seed is {own['seed']}; allowed: 0 to {LARGEST_SEED}")
    for factor, levels in factors.items():
        labels = [level.label for level in levels]
        if twice := [label for position, label in enumerate(labels) if label in labels[:position]]:
            raise InputError(f"{factor} has the level {twice[0]} twice; give each level once")
    for level in (level for levels in factors.values() for level in levels):
        for path, value in level.settings.items():
            check_override(f"{path}={value}")
    return Study(name, given["question"], factors, own["replicates"], own["seed"], fixed, tuple(given.get("keep", ())))


def read_levels(factor: str, given: list[Any] | dict[str, dict[str, Any]]) -> list[Level]:
    """Read a factor of a study file: a list of values, or scenarios by name."""
    if isinstance(given, dict):
        if factor in {*MEASURES, *OUTCOMES, *KEYS}:
            raise InputError(f"the factor {factor} has the name of a column of results; call it otherwise in the study's file")
        return [Level(label, dict(settings)) for label, settings in given.items()]
    return [Level(value, {factor: value}) for value in given]


def chosen_scenario(factor: str, label: Any, levels: Sequence[Level]) -> Level:
    """Return the scenario of this name."""
    for level in levels:
        if level.label == label:
            return level
    names = [str(level.label) for level in levels]
    raise InputError(f"{factor}={label} is not a scenario of this study; allowed: {', '.join(names)}.{nearest(str(label), names)}")


def whole_number(key: str, text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{key} is {text}; allowed: a whole number") from None
