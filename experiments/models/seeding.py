"""Does a model draw from the seed it is given, and from nothing else? A quick look at its first rounds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from experiments.models.mesa_models import reporters

PROBE_ROUNDS = 5
PLAIN = (bool, int, float, str, np.generic)
HOW = "give its constructor rng=None, call super().__init__(rng=rng), and draw from self.rng and self.random alone"


class Trial(NamedTuple):
    """What the first rounds of a model left, and whether it drew from generators that all models share."""

    state: list[tuple[str, str]]
    drew_outside: bool


def shared_state() -> tuple[object, ...]:
    """Return where the generators stand that all models of a process share."""
    _, words, position, *_ = np.random.get_state()
    return random.getstate(), np.asarray(words).tobytes(), position


def state_of(model: Any, seed: int) -> list[tuple[str, str]]:
    """Return everything simple that a model, its agents and its model reporters hold; the seed itself is no result."""
    found = [(name, value) for name, value in simple(model) if not name.startswith("_") and value != text(seed)]
    for agent in model.agents:
        found += simple(agent)
        found += [("cell", text(getattr(getattr(agent, "cell", None), "coordinate", None)))]
    recorded = [(name, text(value)) for name, values in reporters(model).items() for value in values if isinstance(value, PLAIN)]
    return found + recorded


def simple(thing: Any) -> Iterator[tuple[str, str]]:
    """Walk through the attributes that are numbers, text, arrays of numbers or positions."""
    for name, value in getattr(thing, "__dict__", {}).items():
        if isinstance(value, PLAIN) or (isinstance(value, tuple) and all(isinstance(part, PLAIN) for part in value)):
            yield name, text(value)
        elif isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            yield name, value.tobytes().hex()


def text(value: Any) -> str:
    """Return a value as text that shows every bit of a number."""
    return repr(value)


def verdict(name: str, takes_seed: bool, first: Trial, again: Trial, other: Trial) -> str | None:
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
        reason = "two runs with the same seed differ (a generator of its own without a seed, or the order of a set)"
    elif first.state == other.state:
        reason = "its first rounds are the same whatever the seed (if it draws nothing at all, one replicate is enough)"
    else:
        return None
    return f"{name} is not seeded through Mesa's rng: {reason}; {HOW}"
