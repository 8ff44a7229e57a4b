"""Parameters of a study or run: those that differ from their defaults, and those of levels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from analysis.tables import Table
from experiments.configuration import compose_values, list_parameters, load_config
from experiments.design.factors import Level, Range
from experiments.design.study import Study
from sim.errors import InputError

ParametersByPath = dict[str, Any]  # from a parameter's dotted path to its value
MISSING_PARAMETER = object()
LEFT_AT_DEFAULT = "default"  # of a parameter that a level does not set
RUN_SEED_PATH = "run.seed"  # the report gives the seed elsewhere
MAX_LEVEL_COLUMNS = 12  # columns of a table


class LevelSettings(NamedTuple):
    """Parameters that differ between the levels of a factor: a row each, with a value per level."""

    factor: str
    labels: tuple[str, ...]
    rows: dict[str, list[Any]]


def read_recorded_parameters(folder: Path) -> Mapping[str, Any]:
    """Read the recorded parameters of a run, or of the first point of a study.

    Raises:
        InputError: they are missing or damaged.
    """
    path = folder / "config.yaml"
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(
            f"{path} cannot be read: {' '.join(str(error).split())}; it is missing or damaged: run"
            " it again"
        ) from error
    if not isinstance(values, dict):
        raise InputError(
            f"{path} holds no parameters, so it is not what `overbruggen` wrote; run it again"
        )
    return values


def flatten_model_parameters(values: Mapping[str, Any]) -> ParametersByPath:
    """Return nested values of the collaboration model by dotted path, without missing ones."""
    flat: ParametersByPath = {}
    for path in list_parameters():
        here: Any = values
        for name in path.split("."):
            here = (
                here.get(name, MISSING_PARAMETER)
                if isinstance(here, Mapping)
                else MISSING_PARAMETER
            )
        if here is not MISSING_PARAMETER:
            flat[path] = here
    return flat


@cache
def list_default_parameters() -> ParametersByPath:
    """Return the default value of every parameter."""
    return flatten_model_parameters(load_config().model_dump(mode="json"))


@cache
def compose_preset_parameters(presets: tuple[str, ...]) -> ParametersByPath:
    """Return every parameter under presets and overrides.

    Results are cached, because composition takes a tenth of a second.
    """
    return list_default_parameters() | flatten_model_parameters(compose_values(presets))


def list_level_settings(study: Study) -> list[LevelSettings]:
    """Return for each factor of a study the parameters that differ between its levels."""
    return [find_level_settings(name, study) for name in study.factors]


def find_level_settings(name: str, study: Study) -> LevelSettings:
    """Return the parameters that one factor varies; a range has no levels."""
    factor = study.factors[name]
    if isinstance(factor, Range):
        return LevelSettings(name, (), {factor.path: []})
    labels = tuple(map(format_parameter_value, (level.label for level in factor)))
    if study.model is not None or all(
        set(level.settings) == {name} and "." in name for level in factor
    ):
        paths = dict.fromkeys(path for level in factor for path in level.settings)
        values = {
            path: [level.settings.get(path, LEFT_AT_DEFAULT) for level in factor] for path in paths
        }
    else:
        each = [compose_parameters_at_level(level, tuple(study.overrides)) for level in factor]
        values = {
            path: [settings.get(path) for settings in each] for path in list_default_parameters()
        }
    return LevelSettings(
        name,
        labels,
        {path: row for path, row in values.items() if any(value != row[0] for value in row)},
    )


def compose_parameters_at_level(level: Level, overrides: tuple[str, ...]) -> ParametersByPath:
    """Return every parameter of the collaboration model at a level, other factors excluded."""
    presets = tuple(f"{path}={value}" for path, value in level.settings.items() if "." not in path)
    return compose_preset_parameters((*presets, *overrides)) | {
        path: value for path, value in level.settings.items() if "." in path
    }


def select_fixed_parameters(
    values: Mapping[str, Any], ours: bool, moved: set[str]
) -> ParametersByPath:
    """Return the parameters that no factor varies.

    Of the collaboration model these are the ones that differ from their defaults, of another model
    all of them.
    """
    if not ours:
        return {path: value for path, value in values.items() if path not in moved}
    return {
        path: value
        for path, value in flatten_model_parameters(values).items()
        if path not in moved | {RUN_SEED_PATH} and value != list_default_parameters().get(path)
    }


def tabulate_fixed_parameters(settings: ParametersByPath, ours: bool) -> Table | None:
    """Return the table of fixed parameters with defaults and meaning; None without any."""
    if not settings:
        return None
    if not ours:
        rows = [(path, format_parameter_value(value)) for path, value in settings.items()]
        return Table(
            "Parameters that the study does not vary", ("parameter", "value"), rows, name="settings"
        )
    rows_with_meaning = [
        (
            path,
            format_parameter_value(value),
            format_parameter_value(list_default_parameters()[path]),
            str(field.json_schema_extra["unit"]),
            str(field.description),
        )
        for path, value in settings.items()
        for field in [list_parameters()[path]]
    ]
    return Table(
        "Parameters that differ from their defaults",
        ("parameter", "value", "default", "unit", "meaning"),
        rows_with_meaning,
        name="settings",
    )


def list_level_tables(factors: list[LevelSettings]) -> list[Table]:
    """Return a table for each factor whose levels set more than the factor's own parameter."""
    return [
        tabulate_level_settings(settings)
        for settings in factors
        if set(settings.rows) - {settings.factor} and settings.labels
    ]


def tabulate_level_settings(settings: LevelSettings) -> Table:
    """Return what the levels of a factor set: a column per level, or a row if there are many."""
    title = f"What the levels of {settings.factor} set"
    rows = [(path, *map(format_parameter_value, row)) for path, row in settings.rows.items()]
    if len(settings.labels) <= MAX_LEVEL_COLUMNS:
        return Table(title, ("parameter", *settings.labels), rows)
    return Table(
        title,
        ("level", *settings.rows),
        list(zip(settings.labels, *(row[1:] for row in rows), strict=True)),
    )


def format_parameter_value(value: Any) -> str:
    """Return a value as text, with all its digits."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, Mapping):
        return (
            ", ".join(f"{key} {format_parameter_value(part)}" for key, part in value.items())
            or "none"
        )
    if isinstance(value, list | tuple):
        return ("; " if any(isinstance(part, Mapping) for part in value) else ", ").join(
            map(format_parameter_value, value)
        ) or "none"
    return str(value)
