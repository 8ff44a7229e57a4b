"""From YAML and overrides to a checked configuration; an error is one sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, QuotedString
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError

from analysis.names import suggest_name, suggest_or_list
from sim.config import Config
from sim.errors import InputError
from sim.presets import find_configs_folder

ConfigValues = dict[str, Any]
NO_OVERRIDE = "{} is not an override; write parameter=value, for example imitation.rate=0.1"


def list_preset_groups() -> dict[str, tuple[str, ...]]:
    """Return the presets of every configuration group that has some."""
    return {
        folder.name: tuple(sorted(path.stem for path in folder.glob("*.yaml")))
        for folder in sorted(find_configs_folder().iterdir())
        if folder.name in Config.model_fields
    }


def list_parameters(model: type[BaseModel] = Config, before: str = "") -> dict[str, Any]:
    """Return the declaration of every parameter by its dotted path."""
    paths: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            paths |= list_parameters(kind, f"{before}{name}.")
        else:
            paths[before + name] = field
    return paths


def refuse_repeated_overrides(overrides: Sequence[str]) -> None:
    """Refuse a second override of the same key, because only one of them can be meant."""
    keys = [override.partition("=")[0] for override in overrides]
    for position, key in enumerate(keys):
        if key in keys[:position]:
            raise InputError(
                f"{key} is given twice, as {overrides[keys.index(key)]} and {overrides[position]};"
                " give it once"
            )


def split_override(override: str) -> tuple[str, str]:
    """Split an override into key and value."""
    key, sign, value = override.partition("=")
    if not sign or not key:
        raise InputError(NO_OVERRIDE.format(override))
    if value.startswith("="):
        raise InputError(f"{override} has more than one equals sign; write {key}{value}")
    return key, value


def check_override(override: str) -> tuple[str, str]:
    """Split an override into key and value; refuse an unknown key or preset."""
    key, value = split_override(override)
    if key.startswith("population.sectors."):
        raise InputError(
            f"{override} would leave only one sector; give them all: population.sectors={{care: 2,"
            " education: 1}"
        )
    choices, paths = list_preset_groups(), list_parameters()
    if key in choices:
        if value not in choices[key]:
            raise InputError(
                f"{key}={value} is not a preset; allowed:"
                f" {', '.join(choices[key])}.{suggest_name(value, choices[key])}"
            )
    elif key not in paths and not key.startswith("structure.mix."):
        whole_groups = sorted({path.split(".")[0] for path in paths})
        if key in whole_groups:
            raise InputError(
                f"{key} is a group of parameters without presets; set one of them, for example"
                f" {key}.{_find_first_parameter(key, paths)}=..."
            )
        raise InputError(f"{key} is not a parameter.{suggest_or_list(key, [*choices, *paths])}")
    return key, value


def _find_first_parameter(group: str, paths: dict[str, Any]) -> str:
    """Return the first parameter of a group."""
    return next(path.split(".", 1)[1] for path in paths if path.startswith(f"{group}."))


def compose_values(overrides: Sequence[str]) -> ConfigValues:
    """Compose presets and overrides into plain values by Hydra."""
    for override in overrides:
        check_override(override)
    GlobalHydra.instance().clear()
    adding = [o if o.partition("=")[0] in list_preset_groups() else f"++{o}" for o in overrides]
    try:
        with initialize_config_dir(str(find_configs_folder().resolve()), version_base="1.3"):
            composed = OmegaConf.to_container(compose("config", overrides=adding), resolve=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(explain_unreadable_override(overrides)) from error
    assert isinstance(composed, dict)
    for override in overrides:
        key, _, text = override.partition("=")
        # A mix on the command line replaces the mix of the preset; Hydra would merge them.
        if key == "structure.mix":
            composed["structure"]["mix"] = (
                OverridesParser.create().parse_override(f"mix={text}").value()
            )
    return {str(key): value for key, value in composed.items()}


def explain_unreadable_override(overrides: Sequence[str]) -> str:
    """Return which override Hydra's grammar cannot read, and how to write it."""
    for override in overrides:
        key, _, value = override.partition("=")
        try:
            OverridesParser.create().parse_override(override)
        except HydraException:
            quoted = '"' + value.replace('"', "") + '"'
            return (
                f"{override} cannot be read; put a value with special characters into two pairs of"
                f" quotes: '{key}={quoted}'"
            )
    return (
        f"{' '.join(overrides)} cannot be composed; check the values for references and characters"
        " such as $ { } and put them into quotes"
    )


def validate_config(values: ConfigValues) -> Config:
    """Turn plain values into a checked configuration."""
    try:
        return Config(**values)
    except ValidationError as error:
        raise InputError(explain_validation_error(error)) from error


def dump_config(config: Config, include: Any = None) -> ConfigValues:
    """Return a configuration, or a part of it, as plain values that read back the same.

    Values that a file of organisations decides are left out.
    """
    values: ConfigValues = config.model_dump(mode="json", include=include)
    if config.population.source == "file":
        for name in {"domains", "sectors"} - config.population.model_fields_set:
            del values["population"][name]
    return values


def explain_validation_error(
    error: ValidationError, declarations: dict[str, Any] | None = None, topic: str | None = None
) -> str:
    """Return the first error as one sentence.

    Args:
        error: the error that pydantic raised.
        declarations: parameters by path; those of the collaboration model by default.
        topic: name under which ``overbruggen describe`` shows the parameters.
    """
    known = list_parameters() if declarations is None else declarations
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    kind, value = first["type"], first.get("input")
    if kind == "extra_forbidden":
        return (
            f"{path} is not a"
            f" parameter{f' of {topic}' if topic else ''}.{suggest_or_list(path, list(known))}"
        )
    if kind == "value_error":
        return str(first["ctx"]["error"])
    field = known.get(path)
    allowed = f" Allowed: {format_allowed_values(field)}." if field is not None else ""
    reason = f"{first['msg'][0].lower()}{first['msg'][1:]}"
    return (
        f"{path} is {value!r}: {reason}.{allowed} `overbruggen describe"
        f" {topic or path.split('.')[0]}` explains it."
    )


LIMIT_WORDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def format_allowed_values(field: Any) -> str:
    """Return type and range of a parameter in words."""
    limits = [
        f"{words} {getattr(rule, sign)}"
        for rule in field.metadata
        for sign, words in LIMIT_WORDS.items()
        if hasattr(rule, sign)
    ]
    return ", ".join([format_type(field.annotation), *limits])


def format_type(kind: Any) -> str:
    """Return a type in a reader's words."""
    plain = {int: "whole number", float: "number", bool: "true or false", str: "text"}
    if kind in plain:
        return plain[kind]
    arguments: tuple[Any, ...] = getattr(kind, "__args__", ())
    if getattr(kind, "__origin__", None) is tuple:
        return f"list of {format_type(arguments[0])}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return (
            "{"
            + ", ".join(
                f"{name}: {format_type(field.annotation)}"
                for name, field in kind.model_fields.items()
            )
            + "}"
        )
    if arguments and all(isinstance(a, str | int) for a in arguments):
        return "one of " + ", ".join(map(str, arguments))
    if type(None) in arguments:
        return " or ".join(format_type(a) for a in arguments if a is not type(None)) + " or null"
    return re.sub(r"\b(?:sim\.config|builtins)\.", "", str(kind))


@dataclass(frozen=True)
class Override:
    """An override ``key=value`` in Hydra's syntax.

    Attributes:
        key: a parameter, preset group or setting.
        values: one value, or several (``1,2``, ``choice``, ``range``, ``glob``).
        several: whether the override makes a factor.
        interval: lower and upper bound of an ``interval``.
    """

    key: str
    values: tuple[Any, ...] = ()
    several: bool = False
    interval: tuple[float, float] | None = None


def parse_override(text: str) -> Override:
    """Read an override by Hydra's grammar."""
    key, _ = split_override(text)
    try:
        parsed = OverridesParser.create().parse_overrides([text])[0]
    except HydraException as error:
        raise InputError(explain_unreadable_override([text])) from error
    try:
        value = parsed.value()
        if getattr(value, "shuffle", False):
            raise InputError(
                f"{text} shuffles without the seed of the study; remove shuffle: the order of"
                " levels does not change a run"
            )
        if parsed.is_interval_sweep():
            return Override(key, several=True, interval=(value.start, value.end))
        if isinstance(value, Glob):
            return Override(
                key, tuple(value.filter(list_preset_groups().get(key, ()))), several=True
            )
        if parsed.is_sweep_override():
            return Override(
                key,
                tuple(clean_sweep_value(level) for level in parsed.sweep_iterator()),
                several=True,
            )
    except (HydraException, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{text} cannot be read: {shorten_error(error)}; write for example {key}=range(0,1,0.1)"
        ) from error
    return Override(key, (value,))


def clean_sweep_value(value: Any) -> Any:
    """Return a value of a sweep without Hydra's quotes.

    A range adds up steps; the rounding error in the last digits is removed.
    """
    if isinstance(value, QuotedString):
        return value.text
    return float(f"{value:.12g}") if isinstance(value, float) else value


def shorten_error(error: Exception) -> str:
    """Return the first sentence of an error as one line."""
    return re.sub(r"\s+", " ", str(error).split("See https://")[0]).strip()


def load_config(overrides: Sequence[str] = ()) -> Config:
    """Compose and check one configuration."""
    refuse_repeated_overrides(overrides)
    for override in overrides:
        if parse_override(override).several:
            raise InputError(
                f"{override} gives several values and a run takes one; `overbruggen study NAME"
                f" {override}` runs them all"
            )
    return validate_config(compose_values(overrides))
