"""What a study or a run was set to: the parameters that differ from their defaults, and what the levels of its factors set."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from analysis.tables import Table
from experiments.configuration import compose_values, load, parameter_paths
from experiments.design.factors import Level, Range
from experiments.design.study import Study
from sim.errors import InputError

Flat = dict[str, Any]  # from a parameter's dotted path to its value
MISSING = object()
LEFT = "as by default"  # of a parameter that a level does not set
SEED = "run.seed"  # said elsewhere
MOST_LEVELS = 12  # columns of a table


class Effect(NamedTuple):
    """What the levels of a factor set: a row per parameter that differs between them, a value per level."""

    factor: str
    labels: tuple[str, ...]
    rows: dict[str, list[Any]]


def recorded(folder: Path) -> Mapping[str, Any]:
    """Read the parameters that a results folder keeps: of a run, or of the first point of a study.

    Raises:
        InputError: they are missing or damaged.
    """
    path = folder / "config.yaml"
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} cannot be read: {' '.join(str(error).split())}; it is missing or damaged: run it again") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds no parameters, so it is not what `overbruggen` wrote; run it again")
    return found


def flat(values: Mapping[str, Any]) -> Flat:
    """Return nested values of our own model by dotted path; what is not there is left out."""
    found: Flat = {}
    for path in parameter_paths():
        here: Any = values
        for name in path.split("."):
            here = here.get(name, MISSING) if isinstance(here, Mapping) else MISSING
        if here is not MISSING:
            found[path] = here
    return found


@cache
def defaults() -> Flat:
    """Return every parameter as it is when nothing is said."""
    return flat(load().model_dump(mode="json"))


@cache
def preset_values(presets: tuple[str, ...]) -> Flat:
    """Return every parameter under presets and overrides; composing them takes a tenth of a second."""
    return defaults() | flat(compose_values(presets))


def effects(study: Study) -> list[Effect]:
    """Return what each factor of a study moves: parameters that differ between its levels."""
    return [effect_of(name, study) for name in study.factors]


def effect_of(name: str, study: Study) -> Effect:
    """Return what one factor moves; a range is no list of levels and has none."""
    factor = study.factors[name]
    if isinstance(factor, Range):
        return Effect(name, (), {factor.path: []})
    labels = tuple(map(text_of, (level.label for level in factor)))
    if study.model is not None or all(set(level.settings) == {name} and "." in name for level in factor):
        paths = dict.fromkeys(path for level in factor for path in level.settings)
        values = {path: [level.settings.get(path, LEFT) for level in factor] for path in paths}
    else:
        each = [set_by(level, tuple(study.overrides)) for level in factor]
        values = {path: [found.get(path) for found in each] for path in defaults()}
    return Effect(name, labels, {path: row for path, row in values.items() if any(value != row[0] for value in row)})


def set_by(level: Level, overrides: tuple[str, ...]) -> Flat:
    """Return every parameter of our own model at a level, other factors left alone."""
    presets = tuple(f"{path}={value}" for path, value in level.settings.items() if "." not in path)
    return preset_values((*presets, *overrides)) | {path: value for path, value in level.settings.items() if "." in path}


def fixed(values: Mapping[str, Any], ours: bool, moved: set[str]) -> Flat:
    """Return the parameters that no factor moves: of our own model those that differ from their defaults, of another model all."""
    if not ours:
        return {path: value for path, value in values.items() if path not in moved}
    return {path: value for path, value in flat(values).items() if path not in moved | {SEED} and value != defaults().get(path)}


def fixed_table(found: Flat, ours: bool) -> Table | None:
    """Return what is fixed and differs, with defaults and meaning; nothing where all is at its default."""
    if not found:
        return None
    if not ours:
        rows = [(path, text_of(value)) for path, value in found.items()]
        return Table("Parameters that the study does not vary", ("parameter", "value"), rows, name="settings")
    about = [
        (path, text_of(value), text_of(defaults()[path]), str(known.json_schema_extra["unit"]), str(known.description))
        for path, value in found.items()
        for known in [parameter_paths()[path]]
    ]
    return Table("Parameters that differ from their defaults", ("parameter", "value", "default", "unit", "meaning"), about, name="settings")


def level_tables(found: list[Effect]) -> list[Table]:
    """Return a table per factor whose levels set something else than their own name says, so that it can be reported."""
    return [level_table(effect) for effect in found if set(effect.rows) - {effect.factor} and effect.labels]


def level_table(effect: Effect) -> Table:
    """Return what the levels of one factor set: a column per level, or a row where there are many."""
    title = f"What the levels of {effect.factor} set"
    rows = [(path, *map(text_of, row)) for path, row in effect.rows.items()]
    if len(effect.labels) <= MOST_LEVELS:
        return Table(title, ("parameter", *effect.labels), rows)
    return Table(title, ("level", *effect.rows), list(zip(effect.labels, *(row[1:] for row in rows), strict=True)))


def text_of(value: Any) -> str:
    """Return a value in a reader's words, with all its digits."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {text_of(part)}" for key, part in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ("; " if any(isinstance(part, Mapping) for part in value) else ", ").join(map(text_of, value)) or "none"
    return str(value)
