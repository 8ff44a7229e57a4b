"""Build the arrays of a run from a configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.config import LARGEST_SAMPLE, Config, Structure
from sim.encoding import build_settings
from sim.runtime.memory_layout import arrange_world
from sim.runtime.sorting import BYTES_PER_KEY, VALUES_PER_BYTE
from sim.state import (
    NOBODY,
    Collaborations,
    Floats,
    Integers,
    Ledger,
    Organisations,
    Scratch,
    Surroundings,
    World,
    build_columns,
)
from sim.submodels.structures import LinkRule, build_forms


class Entrants(NamedTuple):
    """Organisations from outside: expertise (N, K), sector codes (N,) and the sectors' names."""

    expertise: Floats
    sector: Integers
    sector_names: tuple[str, ...]


def cumulate_shares(shares: Sequence[float]) -> Floats:
    """Return cumulated shares that end in exactly one."""
    total = np.cumsum(np.asarray(shares, dtype=np.float64) / sum(shares))
    total[-1] = 1.0
    return total


def build_sizes(
    config: Config, forms: Sequence[tuple[Structure, float]], entrants: Entrants | None
) -> dict[str, int]:
    """Return the sizes that the declared shapes of the state name (sim/state.py)."""
    population = config.population
    n, domains = (
        (population.organisations, population.domains)
        if entrants is None
        else entrants.expertise.shape
    )
    largest = max(form.max_size for form, _ in forms)
    sectors = population.sectors if entrants is None else entrants.sector_names
    return {
        "N": n,
        "K": domains,
        "K + 1": domains + 1,
        "B": max(breadth.highest for breadth in config.challenge.breadths),
        "R": population.ledger_slots,
        "P": population.capacity,
        "R P": population.ledger_slots * population.capacity,
        "C": n * population.capacity // 2 + 1,
        "S": largest,
        "S + 1": largest + 1,
        "F": len(forms),
        "classes": len(config.challenge.breadths),
        "sectors": len(sectors),
        "seen": max(largest, LARGEST_SAMPLE),
        "key bytes": BYTES_PER_KEY,
        "byte values": VALUES_PER_BYTE,
    }


def fill_surroundings(
    around: Surroundings, config: Config, shares: Sequence[float], entrants: Entrants | None
) -> None:
    """Write what all organisations share; ``shares`` are those of the forms."""
    breadths, sectors = config.challenge.breadths, config.population.sectors
    around.demand[:] = 1.0 / around.demand.size
    around.breadth_bounds[:] = [(breadth.lowest, breadth.highest) for breadth in breadths]
    around.breadth_shares[:] = cumulate_shares([breadth.share for breadth in breadths])
    around.sector_shares[:] = cumulate_shares(
        list(sectors.values()) if entrants is None else [1.0] * len(entrants.sector_names)
    )
    around.form_shares[:] = cumulate_shares(shares)


def build_world(
    config: Config,
    forms: Sequence[tuple[Structure, float]],
    user_links: dict[str, LinkRule],
    entrants: Entrants | None,
) -> World:
    """Return the world at the beginning of round 0."""
    sizes = build_sizes(config, forms, entrants)
    world = World(
        org=build_columns(Organisations, sizes),
        ledger=build_columns(Ledger, sizes),
        col=build_columns(Collaborations, sizes),
        forms=build_forms([form for form, _ in forms], user_links),
        around=build_columns(Surroundings, sizes),
        scratch=build_columns(Scratch, sizes),
        p=build_settings(config),
    )
    fill_surroundings(world.around, config, [share for _, share in forms], entrants)
    world.ledger.partner[:] = NOBODY
    world.col.order[:] = np.arange(world.col.order.size)
    if entrants is not None:
        world.org.core[:] = entrants.expertise
        world.org.sector[:] = entrants.sector
    return arrange_world(world)
