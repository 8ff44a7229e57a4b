"""A run leaves no trace in the process it ran in, and takes nothing from the run before."""

from __future__ import annotations

import copyreg
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def isolate_run(seed: int) -> Iterator[None]:
    """Give a run global random streams of its own, and let go of its model afterwards.

    A model should draw from Mesa's generators alone. One that draws from ``random`` or ``numpy.random`` can at least be
    repeated: both are seeded per run, and are afterwards what they were.
    """
    python, numpy = random.getstate(), np.random.get_state()
    random.seed(f"outside Mesa: {seed}")  # as text: random.Random(seed) is Mesa's own stream
    np.random.seed(random.getrandbits(32))
    try:
        with release_models():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


@contextmanager
def release_models() -> Iterator[None]:
    """Let go of the models made meanwhile: Mesa 3 keeps them alive in three places that belong to classes, not to models."""
    from mesa import Agent  # in the worker: importing Mesa takes seconds
    from mesa.discrete_space import Cell

    counted, pickled = set(Agent._ids), set(copyreg.dispatch_table)
    try:
        yield
    finally:
        for model in [
            model for model in Agent._ids if model not in counted
        ]:  # numbers agents; its keys are models
            del Agent._ids[model]
        for kind in [
            kind
            for kind in copyreg.dispatch_table
            if kind not in pickled and issubclass(kind, Cell)
        ]:
            del copyreg.dispatch_table[
                kind
            ]  # every grid makes a class of its own, which holds the grid's layers
        Cell.get_neighborhood.cache_clear()  # these two remember cells, with the agents in them
        Cell._neighborhood.cache_clear()
