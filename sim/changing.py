"""Change parameters between two rounds of a run, as somebody does who plays with the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.config import Config, Structure
from sim.errors import InputError
from sim.state import World
from sim.structures import form_tables
from sim.world import settings

# What a run is built from: who there is, the sizes of its arrays, the names of its forms, and its seed.
FIXED = (
    "population", "run", "challenge.breadths", "learning.bridging_start", "structure.name", "structure.mix", "structure.max_size",
)  # fmt: skip


def acts_at_once(path: str) -> bool:
    """Tell whether a parameter, by its dotted path, may change between rounds; others act when a model is built."""
    return not any(path == fixed or path.startswith(f"{fixed}.") for fixed in FIXED)


def refuse_fixed(before: Config, after: Config) -> None:
    """Raise InputError when two configurations differ in something that acts only when a model is built."""
    for fixed in FIXED:
        old, new = before, after
        for name in fixed.split("."):
            old, new = getattr(old, name), getattr(new, name)
        if old != new:
            raise InputError(f"{fixed} cannot change while a model runs; build a new CollaborationModel with it")


def with_parameters(world: World, config: Config, forms: list[tuple[Structure, float]], own_links: dict[str, Callable[..., Any]]) -> World:
    """Return the same state under the parameters of another configuration; running collaborations go on under the new terms of their form."""
    renewed = form_tables([form for form, _ in forms], own_links)
    for name, column in world.forms._asdict().items():
        column[...] = getattr(renewed, name)
    return world._replace(p=settings(config, world.p.redraws_entrants))
