"""Test in the first rounds of a model whether its draws depend on its seed only."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from experiments.models.mesa_inspection import get_reporter_values

PROBE_ROUNDS = 5
PLAIN_TYPES = (bool, int, float, str, np.generic)
SEEDING_ADVICE = (
    "give its constructor rng=None, call super().__init__(rng=rng), and draw only from self.rng and"
    " self.random"
)


class SeedingTrial(NamedTuple):
    """The state of a model after its first rounds, and whether it used shared generators."""

    state: list[tuple[str, str]]
    drew_outside: bool


def get_shared_random_state() -> tuple[object, ...]:
    """Return the state of the generators that all models of a process share."""
    _, words, position, *_ = np.random.get_state()
    return random.getstate(), np.asarray(words).tobytes(), position


def collect_model_state(model: Any, seed: int) -> list[tuple[str, str]]:
    """Return the simple values of a model, its agents and its model reporters, except the seed."""
    values = [
        (name, value)
        for name, value in find_simple_attributes(model)
        if not name.startswith("_") and value != format_exact_value(seed)
    ]
    for agent in model.agents:
        values += find_simple_attributes(agent)
        cell = getattr(agent, "cell", None)
        values.append(("cell", format_exact_value(getattr(cell, "coordinate", None))))
    recorded = [
        (name, format_exact_value(value))
        for name, series in get_reporter_values(model).items()
        for value in series
        if isinstance(value, PLAIN_TYPES)
    ]
    return values + recorded


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
    """Return how the draws of a model escape its seed, and what to do; None if they do not.

    Args:
        name: name of the model.
        takes_seed: whether its constructor takes a seed.
        first: trial with a seed.
        again: trial with the same seed and other states of the shared generators.
        other: trial with another seed and the same states of the shared generators.
    """
    if not takes_seed:
        reason = "its constructor takes neither rng nor seed"
    elif first.drew_outside:
        reason = "it draws from random or numpy.random, which all models of a process share"
    elif first.state != again.state:
        reason = (
            "two runs with the same seed differ (it has a generator without a seed, or depends on"
            " the order of a set)"
        )
    elif first.state == other.state:
        reason = (
            "its first rounds are the same whatever the seed (if it draws no random number, one"
            " replicate is enough)"
        )
    else:
        return None
    return f"{name} is not seeded through Mesa's rng: {reason}; {SEEDING_ADVICE}"
