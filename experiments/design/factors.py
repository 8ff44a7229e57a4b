"""The factors of a design: what a study varies.

A factor is a list of levels, a range of numbers, or scenarios by name that set several parameters
at once.
"""

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

# Columns of every table of runs.
RUN_KEY_COLUMNS = ("form", "imitation_rate", "depth", "replicate", "seed")
RANGE_KEYS = ("low", "high", "scale", "whole", "levels")
SCALES = ("linear", "log")
# A share on the edge of two bins belongs to the upper bin, whatever its rounding error.
BIN_EDGE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Level:
    """One level of a factor: its label, and the presets and parameters that it sets."""

    label: Any
    settings: dict[str, Any]


@dataclass(frozen=True)
class Range:
    """A numeric factor between two bounds, both included.

    Attributes:
        path: the parameter.
        low: lower bound.
        high: upper bound.
        scale: ``linear`` or ``log``.
        whole: whether the values are whole numbers.
        levels: number of evenly spaced levels for a design that needs a list.
    """

    path: str
    low: float
    high: float
    scale: str = "linear"
    whole: bool = False
    levels: int | None = None

    def find_level(self, share: float) -> Level:
        """Return the level at a share of the range; whole numbers get bins of equal width."""
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
                " samples ranges, for example design=latin_hypercube"
            )
        shares = [step / (self.levels - 1) for step in range(self.levels)]
        values = [
            (
                self.low * (self.high / self.low) ** share
                if self.scale == "log"
                else self.low + share * (self.high - self.low)
            )
            for share in shares
        ]
        values = [round(value) if self.whole else float(f"{value:.12g}") for value in values]
        if len(set(values)) < self.levels:
            raise InputError(
                f"{self.path}: a whole range from {self.low} to {self.high} ({self.scale}) has no"
                f" {self.levels} different evenly spaced levels; lower levels or widen the range"
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
    """Return the level at a share of the unit interval; listed levels get bins of equal width."""
    if isinstance(factor, Range):
        return factor.find_level(share)
    return factor[min(floor(share * len(factor) + BIN_EDGE_TOLERANCE), len(factor) - 1)]


def is_constant(factor: Factor) -> bool:
    """Return whether a factor has only one level."""
    return not isinstance(factor, Range) and len(factor) == 1


def read_factor(
    name: str,
    written: Any,
    is_collaboration: bool = True,
    declarations: ParameterDeclarations | None = None,
) -> Factor:
    """Read a factor of a study file: a list of levels, a range of numbers, or scenarios by name.

    Args:
        name: name of the factor.
        written: the factor as the file has it.
        is_collaboration: whether the collaboration model is run. Its parameters are checked here;
            any other model checks its parameters itself.
        declarations: parameters of a classic by name.
    """
    if (
        isinstance(written, Mapping)
        and written
        and all(isinstance(settings, Mapping) for settings in written.values())
    ):
        if name in {*MEASURES, *OUTCOMES, *RUN_KEY_COLUMNS}:
            raise InputError(
                f"the factor {name} has the name of a column of results; give it another name in"
                " the study file"
            )
        factor: Factor = [Level(label, dict(settings)) for label, settings in written.items()]
    elif isinstance(written, Mapping):
        factor = read_range(name, written, is_collaboration, declarations)
    elif isinstance(written, list) and written:
        factor = [Level(value, {name: value}) for value in map(parse_yaml_number, written)]
    else:
        raise InputError(
            f"{name} is {written}; allowed: a list of levels ([0, 0.1]), a range ({{low: 0, high:"
            " 0.5}), or scenarios by name"
        )
    if is_collaboration:
        check_levels(factor)
    return factor


def parse_yaml_number(value: Any) -> Any:
    """Return a number that YAML reads as text, such as 1e-3 without a decimal point."""
    if isinstance(value, str) and value[:1] in "+-.0123456789":
        try:
            return float(value)
        except ValueError:
            return value
    return value


def has_scenarios(factor: Factor | None, name: str) -> bool:
    """Return whether the levels of a factor are scenarios, so that none can be added by value.

    A scenario sets other parameters than the one that has the factor's name.
    """
    return isinstance(factor, list) and any(set(level.settings) != {name} for level in factor)


def check_levels(factor: Factor) -> None:
    """Refuse levels that set an unknown parameter or preset."""
    levels = [factor.make_level(factor.low)] if isinstance(factor, Range) else factor
    for level in levels:
        for path, value in level.settings.items():
            check_override(f"{path}={value}")


def read_range(
    path: str,
    written: Mapping[Any, Any],
    is_collaboration: bool = True,
    declarations: ParameterDeclarations | None = None,
) -> Range:
    """Read ``{low: 0, high: 0.5, scale: log, whole: true, levels: 5}``.

    The range of a parameter that is a whole number is a range of whole numbers by default.
    """
    for key in written:
        if key not in RANGE_KEYS:
            raise InputError(
                f"{path}: {key} is not a setting of a range.{suggest_or_list(str(key), RANGE_KEYS)}"
            )
    if "low" not in written or "high" not in written:
        raise InputError(
            f"{path} is the range {dict(written)}; it needs low and high, for example {{low: 0,"
            " high: 0.5}"
        )
    if is_collaboration:
        check_numeric_parameter(path)
    field = (list_parameters() if declarations is None else declarations).get(path)
    whole = written.get("whole", field is not None and field.annotation is int)
    scale, levels = written.get("scale", "linear"), written.get("levels")
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
        read_range_bound(path, key, parse_yaml_number(written[key]), whole)
        for key in ("low", "high")
    )
    factor = Range(path, low, high, scale, whole, levels)
    check_range_bounds(factor)
    return factor


def check_numeric_parameter(path: str) -> None:
    """Refuse a range of a parameter that is not a number."""
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
    """Refuse bounds with nothing between them."""
    path, low, high = factor.path, factor.low, factor.high
    if low > high:
        raise InputError(f"{path}: low is {low}, above high {high}; swap them")
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
    """Return the scenario or level with a label."""
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
    """Refuse a level that a factor has twice, because its runs would count double."""
    for name, factor in factors.items():
        labels = [] if isinstance(factor, Range) else [level.label for level in factor]
        twice = [label for position, label in enumerate(labels) if label in labels[:position]]
        if twice:
            raise InputError(f"{name} has the level {twice[0]} twice; give each level once")


def refuse_conflicting_settings(factors: Factors, fixed: Sequence[str]) -> None:
    """Refuse two settings of the same parameter, because one of them would have no effect."""
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
                    f"{path} is set twice: by {setters[path]} and by the factor {name};"
                    " remove one of them"
                )
            setters[path] = f"the factor {name}"
