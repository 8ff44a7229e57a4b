"""Does a model draw from the seed it is given, and from nothing else? A quick look at its first rounds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from experiments.models.mesa_inspection import get_reporter_values

PROBE_ROUNDS = 5
PLAIN_TYPES = (bool, int, float, str, np.generic)
SEEDING_ADVICE = (
    "give its constructor rng=None, call super().__init__(rng=rng), and draw from self.rng and"
    " self.random alone"
)


class SeedingTrial(NamedTuple):
    """What the first rounds of a model left, and whether it drew from generators that all models share."""

    state: list[tuple[str, str]]
    drew_outside: bool


def get_shared_random_state() -> tuple[object, ...]:
    """Return where the generators stand that all models of a process share."""
    _, words, position, *_ = np.random.get_state()
    return random.getstate(), np.asarray(words).tobytes(), position


def collect_model_state(model: Any, seed: int) -> list[tuple[str, str]]:
    """Return everything simple that a model, its agents and its model reporters hold; the seed itself is no result."""
    found = [
        (name, value)
        for name, value in find_simple_attributes(model)
        if not name.startswith("_") and value != format_exact_value(seed)
    ]
    for agent in model.agents:
        found += find_simple_attributes(agent)
        found += [
            ("cell", format_exact_value(getattr(getattr(agent, "cell", None), "coordinate", None)))
        ]
    recorded = [
        (name, format_exact_value(value))
        for name, values in get_reporter_values(model).items()
        for value in values
        if isinstance(value, PLAIN_TYPES)
    ]
    return found + recorded


def find_simple_attributes(thing: Any) -> Iterator[tuple[str, str]]:
    """Walk through the attributes that are numbers, text, arrays of numbers or positions."""
    for name, value in getattr(thing, "__dict__", {}).items():
        if isinstance(value, PLAIN_TYPES) or (
            isinstance(value, tuple) and all(isinstance(part, PLAIN_TYPES) for part in value)
        ):
            yield name, format_exact_value(value)
        elif isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            yield name, value.tobytes().hex()


def format_exact_value(value: Any) -> str:
    """Return a value as text that shows every bit of a number."""
    return repr(value)


def explain_seeding_fault(
    name: str, takes_seed: bool, first: SeedingTrial, again: SeedingTrial, other: SeedingTrial
) -> str | None:
    """Say how a model's draws escape its seed, and what to do about it; None for one that is seeded.

    Args:
        name: of the model.
        takes_seed: its constructor takes one.
        first: some rounds with a seed.
        again: the same with the same seed, but other shared generators.
        other: the same with another seed, but the shared generators of the first.
    """
    if not takes_seed:
        reason = "its constructor takes neither rng nor seed"
    elif first.drew_outside:
        reason = "it draws from random or numpy.random, which all models of a process share"
    elif first.state != again.state:
        reason = (
            "two runs with the same seed differ (a generator of its own without a seed, or the"
            " order of a set)"
        )
    elif first.state == other.state:
        reason = (
            "its first rounds are the same whatever the seed (if it draws nothing at all, one"
            " replicate is enough)"
        )
    else:
        return None
    return f"{name} is not seeded through Mesa's rng: {reason}; {SEEDING_ADVICE}"
