"""Isolate runs: a run does not affect the process, and does not depend on earlier runs."""

from __future__ import annotations

import copyreg
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def isolate_run(seed: int) -> Iterator[None]:
    """Seed the global random streams for a run, and release its model afterwards.

    A model should draw only from Mesa's generators. A model that draws from ``random`` or
    ``numpy.random`` can at least be repeated: both are seeded per run and restored afterwards.
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
    """Release the models created meanwhile: Mesa 3 keeps references in three class attributes."""
    # Imported in the worker, because importing Mesa takes seconds.
    from mesa import Agent
    from mesa.discrete_space import Cell

    models_before, kinds_before = set(Agent._ids), set(copyreg.dispatch_table)
    try:
        yield
    finally:
        # The counter of agents has models as keys.
        for model in set(Agent._ids) - models_before:
            del Agent._ids[model]
        # Every grid creates its own class of cells, which refers to the layers of the grid.
        for kind in set(copyreg.dispatch_table) - kinds_before:
            if issubclass(kind, Cell):
                del copyreg.dispatch_table[kind]
        # These caches refer to cells, with the agents in them.
        Cell.get_neighborhood.cache_clear()
        Cell._neighborhood.cache_clear()
