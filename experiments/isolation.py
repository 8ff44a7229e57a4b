"""A run leaves no trace in the process it ran in, and takes nothing from the run before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def apart(seed: int) -> Iterator[None]:
    """Give a run global random streams of its own, and let go of its agents afterwards.

    A model should draw from Mesa's generators alone. One that draws from ``random`` or ``numpy.random`` can at least be
    repeated: both are seeded per run, and are afterwards what they were.
    """
    from mesa import Agent  # in the worker: importing Mesa takes seconds

    python, numpy = random.getstate(), np.random.get_state()
    before = set(Agent._ids)
    random.seed(f"outside Mesa: {seed}")  # as text: random.Random(seed) is Mesa's own stream
    np.random.seed(random.getrandbits(32))
    try:
        yield
    finally:
        # Mesa counts agents in a dictionary of the class, whose keys keep every model alive.
        for model in [model for model in Agent._ids if model not in before]:
            del Agent._ids[model]
        random.setstate(python)
        np.random.set_state(numpy)
