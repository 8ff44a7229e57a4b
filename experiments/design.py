"""Designs: which configurations a study runs, with which seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import yaml

from experiments.configuration import Values, check_override, compose_values, did_you_mean, parameter_paths, validate
from sim.config import LARGEST_SEED, Config
from sim.errors import InputError
from sim.presets import configs_folder

OWN_KEYS = ("replicates", "seed")


@dataclass(frozen=True)
class Point:
    """One configuration of a design, by its factor levels."""

    levels: dict[str, Any]
    config: Config


@dataclass(frozen=True)
class Study:
    """A full factorial design with common random numbers: replicate r has the same seed at every point."""

    name: str
    question: str
    factors: dict[str, list[Any]]
    replicates: int
    seed: int
    overrides: list[str] = field(default_factory=list)

    def seeds(self) -> list[int]:
        """Return one independent seed per replicate."""
        return [int(s) for s in np.random.SeedSequence(self.seed).generate_state(self.replicates, np.uint64)]

    def points(self) -> list[Point]:
        """Return every point, each checked; presets are composed once per level."""
        return list(self._points())

    def _points(self) -> Iterator[Point]:
        """Walk through the full factorial."""
        groups = [name for name in self.factors if "." not in name]
        bases: dict[tuple[Any, ...], Values] = {}
        for combination in product(*self.factors.values()):
            levels = dict(zip(self.factors, combination, strict=True))
            chosen = tuple(levels[group] for group in groups)
            if chosen not in bases:
                presets = [f"{group}={level}" for group, level in zip(groups, chosen, strict=True)]
                bases[chosen] = compose_values([*presets, *self.overrides])
            values = {group: dict(given) for group, given in bases[chosen].items()}
            for path, level in levels.items():
                if "." in path:
                    set_value(values, path, level)
            yield Point(levels, validate(values))


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
        raise InputError(f"{name} is not a study. {did_you_mean(name, study_names())}")
    given = yaml.safe_load((configs_folder() / "study" / f"{name}.yaml").read_text(encoding="utf-8"))
    factors = {path: list(levels) for path, levels in given["factors"].items()}
    own: dict[str, int] = {"replicates": given["replicates"], "seed": given["seed"]}
    fixed: list[str] = []
    for override in overrides:
        key, _, text = override.partition("=")
        if key in OWN_KEYS:
            own[key] = whole_number(key, text)
            continue
        levels = [yaml.safe_load(part) for part in split_levels(text)]
        for level in levels:
            check_override(f"{key}={level}")
        if key in factors or len(levels) > 1:
            factors[key] = levels
        else:
            fixed.append(override)
    if own["replicates"] < 1:
        raise InputError(f"replicates is {own['replicates']}; allowed: 1 or more")
    if not 0 <= own["seed"] <= LARGEST_SEED:
        raise InputError(f"seed is {own['seed']}; allowed: 0 to {LARGEST_SEED}")
    for path in factors:
        if "." in path and path not in parameter_paths():
            raise InputError(f"{path} is not a parameter. {did_you_mean(path, list(parameter_paths()))}")
    return Study(name, given["question"], factors, own["replicates"], own["seed"], fixed)


def whole_number(key: str, text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{key} is {text}; allowed: a whole number") from None


def split_levels(text: str) -> list[str]:
    """Split ``1,2,3`` into levels; brackets and braces keep their commas."""
    levels, depth, current = [], 0, ""
    for sign in text:
        depth += sign in "[{("
        depth -= sign in "]})"
        if sign == "," and depth == 0:
            levels.append(current)
            current = ""
        else:
            current += sign
    return [*levels, current]
