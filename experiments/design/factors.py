"""Factors of a design: what a study varies. A list of levels, named scenarios that set several things at once, or a range of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite
from typing import Any

from pydantic import BaseModel

from analysis.names import suggest_name, suggest_or_list
from experiments.configuration import (
    check_override,
    list_parameters,
    list_preset_groups,
)
from experiments.models.classics import ParameterDeclarations
from sim.errors import InputError
from sim.observation.measures import MEASURES
from sim.observation.outcomes import OUTCOMES

RUN_KEY_COLUMNS = (
    "form",
    "imitation_rate",
    "depth",
    "replicate",
    "seed",
)  # columns of every table of runs
RANGE_KEYS = ("low", "high", "scale", "whole", "levels")
SCALES = ("linear", "log")
BIN_EDGE_TOLERANCE = 1e-9  # a share that falls on the edge of two bins belongs to the upper one, whatever the last digit


@dataclass(frozen=True)
class Level:
    """One level of a factor: how it is called, and the presets and parameters it sets."""

    label: Any
    settings: dict[str, Any]


@dataclass(frozen=True)
class Range:
    """A numeric factor between two bounds, both included; ``levels`` is the number of evenly spaced levels where a design needs a list."""

    path: str
    low: float
    high: float
    scale: str = "linear"
    whole: bool = False
    levels: int | None = None

    def find_level(self, share: float) -> Level:
        """Return the level at a share of the way from low to high; whole numbers have equal bins (on the scale)."""
        high = self.high + self.whole
        value = (
            self.low * (high / self.low) ** share
            if self.scale == "log"
            else self.low + share * (high - self.low)
        )
        if self.whole:
            value = floor(value + BIN_EDGE_TOLERANCE)
        return self.make_level(min(max(value, self.low), self.high))

    def spread_levels(self) -> list[Level]:
        """Return evenly spaced levels on the scale, from low to high."""
        if self.levels is None:
            raise InputError(
                f"{self.path} is a range from {self.low} to {self.high} and this design needs a"
                " list of levels: add levels to the range (levels: 5), or choose a design that"
                " samples, for example design=latin_hypercube"
            )
        shares = [step / (self.levels - 1) for step in range(self.levels)]
        values = [
            (
                self.low * (self.high / self.low) ** s
                if self.scale == "log"
                else self.low + s * (self.high - self.low)
            )
            for s in shares
        ]
        values = [round(v) if self.whole else float(f"{v:.12g}") for v in values]
        if len(set(values)) < self.levels:
            raise InputError(
                f"{self.path}: a whole range from {self.low} to {self.high} ({self.scale}) has no"
                f" {self.levels} evenly spaced levels that differ; lower levels or widen the range"
            )
        return [self.make_level(value) for value in values]

    def make_level(self, value: float) -> Level:
        """Return a value as a level."""
        return Level(value, {self.path: value})


Factor = list[Level] | Range
Factors = dict[str, Factor]


def list_levels(factor: Factor) -> list[Level]:
    """Return the levels of a factor; those of a range are evenly spaced."""
    return factor.spread_levels() if isinstance(factor, Range) else factor


def find_level_at_share(factor: Factor, share: float) -> Level:
    """Return the level at a share of the unit interval; a list of levels takes bins of equal width."""
    if isinstance(factor, Range):
        return factor.find_level(share)
    return factor[min(floor(share * len(factor) + BIN_EDGE_TOLERANCE), len(factor) - 1)]


def is_constant(factor: Factor) -> bool:
    """Tell whether a factor has one level only."""
    return not isinstance(factor, Range) and len(factor) == 1


def read_factor(
    name: str, given: Any, ours: bool = True, declared: ParameterDeclarations | None = None
) -> Factor:
    """Read a factor of a study file: a list of levels, a range of numbers, or scenarios by name.

    ``ours`` says that names are those of our own model; names of another model are checked by that model's constructor.
    ``declared`` are the parameters of a classic, by name.
    """
    if (
        isinstance(given, Mapping)
        and given
        and all(isinstance(settings, Mapping) for settings in given.values())
    ):
        if name in {*MEASURES, *OUTCOMES, *RUN_KEY_COLUMNS}:
            raise InputError(
                f"the factor {name} has the name of a column of results; call it otherwise in the"
                " study's file"
            )
        factor: Factor = [Level(label, dict(settings)) for label, settings in given.items()]
    elif isinstance(given, Mapping):
        factor = read_range(name, given, ours, declared)
    elif isinstance(given, list) and given:
        factor = [Level(value, {name: value}) for value in map(parse_yaml_number, given)]
    else:
        raise InputError(
            f"{name} is {given}; allowed: a list of levels ([0, 0.1]), a range ({{low: 0, high:"
            " 0.5}), or scenarios by name"
        )
    if ours:
        check_levels(factor)
    return factor


def parse_yaml_number(value: Any) -> Any:
    """Return a number where YAML sees text: 1e-3 has no decimal point."""
    if isinstance(value, str) and value[:1] in "+-.0123456789":
        try:
            return float(value)
        except ValueError:
            return value
    return value


def has_scenarios(factor: Factor | None, name: str) -> bool:
    """Tell whether a factor consists of scenarios: its levels set something else than the factor's own name, so they cannot be new ones."""
    return isinstance(factor, list) and any(set(level.settings) != {name} for level in factor)


def check_levels(factor: Factor) -> None:
    """Refuse levels that set what is no parameter or preset."""
    given = [factor.make_level(factor.low)] if isinstance(factor, Range) else factor
    for level in given:
        for path, value in level.settings.items():
            check_override(f"{path}={value}")


def read_range(
    path: str,
    given: Mapping[Any, Any],
    ours: bool = True,
    declared: ParameterDeclarations | None = None,
) -> Range:
    """Read ``{low: 0, high: 0.5, scale: log, whole: true, levels: 5}``; a parameter that is a whole number has a whole range."""
    for key in given:
        if key not in RANGE_KEYS:
            raise InputError(
                f"{path}: {key} is not a setting of a range.{suggest_or_list(str(key), RANGE_KEYS)}"
            )
    if "low" not in given or "high" not in given:
        raise InputError(
            f"{path} is the range {dict(given)}; it needs low and high, for example {{low: 0, high:"
            " 0.5}"
        )
    if ours:
        check_numeric_parameter(path)
    field = (list_parameters() if declared is None else declared).get(path)
    whole = given.get("whole", field is not None and field.annotation is int)
    scale, levels = given.get("scale", "linear"), given.get("levels")
    if scale not in SCALES:
        raise InputError(
            f"{path}: scale is {scale}; allowed:"
            f" {', '.join(SCALES)}.{suggest_name(str(scale), SCALES)}"
        )
    if not isinstance(whole, bool):
        raise InputError(f"{path}: whole is {whole}; allowed: true or false")
    if levels is not None and (
        not isinstance(levels, int) or isinstance(levels, bool) or levels < 2
    ):
        raise InputError(
            f"{path}: levels is {levels}; allowed: a whole number, at least 2, or null"
        )
    low, high = (
        read_range_bound(path, key, parse_yaml_number(given[key]), whole) for key in ("low", "high")
    )
    checked = Range(path, low, high, scale, whole, levels)
    check_range_bounds(checked)
    return checked


def check_numeric_parameter(path: str) -> None:
    """Refuse a range of what is no number."""
    if path in list_preset_groups():
        raise InputError(
            f"{path} is a preset and has no range; list the presets:"
            f" [{', '.join(list_preset_groups()[path][:2])}]"
        )
    field = list_parameters().get(path)
    if field is None:
        check_override(f"{path}=0")
    elif field.annotation is bool or not {int, float} & {
        field.annotation,
        *getattr(field.annotation, "__args__", ()),
    }:
        raise InputError(f"{path} is not a number and has no range; give a list of levels")
    elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
        raise InputError(f"{path} is a group of parameters and has no range; name one of them")


def read_range_bound(path: str, key: str, value: Any, whole: bool) -> float:
    """Check one bound of a range."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise InputError(f"{path}: {key} is {value}; allowed: a finite number")
    if whole and value != int(value):
        raise InputError(f"{path}: {key} is {value}; a range of whole numbers needs whole bounds")
    return int(value) if whole else float(value)


def check_range_bounds(factor: Range) -> None:
    """Refuse bounds that leave nothing between them."""
    path, low, high = factor.path, factor.low, factor.high
    if low > high:
        raise InputError(f"{path}: low is {low}, above high {high}; exchange them")
    if low == high:
        narrow = "is too narrow: it holds one number; " if factor.whole else "is empty; "
        raise InputError(
            f"{path}: the range from {low} to {high} {narrow}raise high, or fix {path}={low}"
        )
    if factor.scale == "log" and low <= 0:
        raise InputError(
            f"{path}: low is {low} on a log scale; allowed: above 0. Raise low or use scale: linear"
        )
    if factor.whole and factor.levels is not None and factor.levels > high - low + 1:
        raise InputError(
            f"{path}: the whole range from {low} to {high} is too narrow for {factor.levels}"
            f" levels; it holds {high - low + 1} numbers: lower levels"
        )


def find_level_by_label(factor: str, label: Any, levels: Sequence[Level]) -> Level:
    """Return the scenario or level of this name."""
    for level in levels:
        if level.label == label and isinstance(level.label, bool) == isinstance(label, bool):
            return level
    names = [str(level.label) for level in levels]
    kind = "a level" if all(set(level.settings) == {factor} for level in levels) else "a scenario"
    raise InputError(
        f"{factor}={label} is not {kind} of this study; allowed:"
        f" {', '.join(names)}.{suggest_name(str(label), names)}"
    )


def refuse_repeated_levels(factors: Factors) -> None:
    """Refuse a level that a factor has twice: its runs would count double."""
    for name, factor in factors.items():
        labels = [] if isinstance(factor, Range) else [level.label for level in factor]
        twice = [label for position, label in enumerate(labels) if label in labels[:position]]
        if twice:
            raise InputError(f"{name} has the level {twice[0]} twice; give each level once")


def refuse_conflicting_settings(factors: Factors, fixed: Sequence[str]) -> None:
    """Refuse two factors, or a factor and a fixed value, that set the same parameter: one of them would do nothing."""
    setters = {override.partition("=")[0]: override for override in fixed}
    for name, factor in factors.items():
        paths = (
            [factor.path]
            if isinstance(factor, Range)
            else list(dict.fromkeys(path for level in factor for path in level.settings))
        )
        for path in paths:
            if path in setters:
                raise InputError(
                    f"{path} is set twice: by {setters[path]} and by the factor {name}; leave one"
                    " of them out"
                )
            setters[path] = f"the factor {name}"
