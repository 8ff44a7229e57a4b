"""Change parameters by dotted path, before a run or between two of its rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from sim.config import Config, Structure
from sim.encoding import build_settings
from sim.errors import InputError, suggest_name
from sim.state import World
from sim.submodels.structures import build_forms

# What a run is built from: who there is, the sizes of its arrays, the names of its forms, and its
# seed.
FIXED_PARAMETERS = (
    "population",
    "run",
    "challenge.breadths",
    "learning.bridging_start",
    "structure.name",
    "structure.mix",
    "structure.max_size",
)


def replace_parameters(config: Config, values: Mapping[str, Any]) -> Config:
    """Return a configuration with parameters set by dotted path.

    The path is for example ``{"imitation.rate": 0.2}``; InputError when one is unknown or wrong.
    """
    if not values:
        return config
    given = config.model_dump()
    for path, value in values.items():
        *groups, name = path.split(".")
        fields: Any = given
        for group in groups:
            fields = fields.get(group) if isinstance(fields, dict) else None
        if not isinstance(fields, dict) or name not in fields or not groups:
            known = [f"{group}.{name}" for group in given for name in given[group]]
            raise InputError(
                f"{path} is not a parameter."
                f"{suggest_name(path, known) or ' `overbruggen describe` lists them'}"
            )
        fields[name] = value
    try:
        return Config.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(
            f"{'.'.join(map(str, first['loc']))} is {first['input']!r}: {first['msg']}"
        ) from error


def can_change_between_rounds(path: str) -> bool:
    """Return whether a parameter may change between rounds.

    The parameter is given by its dotted path; the others act when a model is built.
    """
    return not any(path == fixed or path.startswith(f"{fixed}.") for fixed in FIXED_PARAMETERS)


def refuse_fixed_changes(before: Config, after: Config) -> None:
    """Refuse two configurations that differ in what acts only when a model is built."""
    for fixed in FIXED_PARAMETERS:
        old, new = before, after
        for name in fixed.split("."):
            old, new = getattr(old, name), getattr(new, name)
        if old != new:
            raise InputError(
                f"{fixed} cannot change while a model runs; build a new CollaborationModel with it"
            )


def apply_configuration(
    world: World,
    config: Config,
    forms: list[tuple[Structure, float]],
    own_links: dict[str, Callable[..., Any]],
) -> World:
    """Return the same state under the parameters of another configuration.

    Running collaborations go on under the new terms of their form.
    """
    renewed = build_forms([form for form, _ in forms], own_links)
    for name, column in world.forms._asdict().items():
        column[...] = getattr(renewed, name)
    return world._replace(p=build_settings(config))
