"""Build the arrays of a run from a configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.config import Config, Structure
from sim.encoding import build_settings
from sim.runtime.memory_layout import arrange_world
from sim.runtime.sorting import BYTES_PER_KEY, VALUES_PER_BYTE
from sim.state import (
    NOBODY,
    ChallengeCount,
    Collaborations,
    CollaborationTotal,
    DomainStatistic,
    Floats,
    Integers,
    Ledger,
    Organisations,
    Scratch,
    Surroundings,
    Tally,
    WorkSum,
    World,
    build_columns,
)
from sim.submodels.structures import LinkRule, build_forms

LARGEST_SAMPLE = 64  # config: seen_at_most


class Entrants(NamedTuple):
    """Organisations given from outside: expertise (N, K), sector codes (N,) and the sectors' names."""

    expertise: Floats
    sector: Integers
    sector_names: tuple[str, ...]


def cumulate_shares(shares: Sequence[float]) -> Floats:
    """Return cumulated shares that end in exactly one."""
    total = np.cumsum(np.asarray(shares, dtype=np.float64) / sum(shares))
    total[-1] = 1.0
    return total


def list_integer_types(names: str) -> dict[str, Any]:
    """Name the columns of whole numbers."""
    return dict.fromkeys(names.split(), np.int32)


def build_organisations(n: int, domains: int, breadth: int, capacity: int) -> Organisations:
    """Return empty rows for organisations."""
    wide, needs = (domains,), (breadth,)
    types = list_integer_types(
        "sector form places partners at_work breadth domains rounds_left rounds_spent leaves"
    ) | dict.fromkeys(("load", "worked_alone", "decides"), np.int8)
    widths = {
        "expertise": wide,
        "core": wide,
        "before": wide,
        "places": (capacity,),
        "domains": needs,
        "requirement": needs,
    }
    made: Organisations = build_columns(Organisations, n, widths, types)
    return made


def build_ledger(n: int, slots: int) -> Ledger:
    """Return empty ledgers."""
    names = "partner trust familiarity meetings last_met joint last_worked same_sector".split()
    types = list_integer_types("used partner meetings last_met joint last_worked") | {
        "same_sector": np.int8
    }
    made: Ledger = build_columns(Ledger, n, dict.fromkeys(names, (slots,)), types)
    made.partner[:] = NOBODY
    return made


def build_collaborations(slots: int, breadth: int, largest: int) -> Collaborations:
    """Return free slots for collaborations."""
    team = (largest,)
    widths = {
        "members": team,
        "weight": team,
        "gain": team,
        "leaving": team,
        "remembered": (largest, largest),
        "domains": (breadth,),
        "requirement": (breadth,),
        "sums": (len(WorkSum),),
    }
    types: dict[str, Any] = list_integer_types(
        "order size members reason form owner started age breadth domains rounds_left rounds_spent"
        " largest"
    ) | {
        "serial": np.int64,
        "remembered": np.int16,
        "leaving": np.int8,
        "solved": np.int8,
    }
    made: Collaborations = build_columns(Collaborations, slots, widths, types)
    return made._replace(
        order=np.arange(slots, dtype=np.int32),
        totals=np.zeros(len(CollaborationTotal), dtype=np.int32),
    )


def build_scratch(
    n: int, domains: int, breadth: int, slots: int, largest: int, capacity: int, teams: int
) -> Scratch:
    """Return working space."""
    return Scratch(
        keys=np.zeros(n),
        actors=np.zeros(n, np.int32),
        other_keys=np.zeros(n),
        other_actors=np.zeros(n, np.int32),
        byte_counts=np.zeros((BYTES_PER_KEY, VALUES_PER_BYTE), np.int32),
        contribution=np.zeros((largest + 1, breadth)),
        share=np.zeros(largest + 1),
        pooled=np.zeros(breadth),
        own=np.zeros(breadth),
        candidate=np.zeros(slots, np.int32),
        understood=np.zeros(slots),
        trusted=np.zeros(slots),
        offered=np.zeros((slots, breadth)),
        chosen=np.zeros(largest + 1, np.int32),
        taken=np.zeros(slots, np.int8),
        visited=np.zeros(slots * capacity, np.int32),
        freed=np.zeros(teams, np.int32),
        linked=np.zeros((largest, largest), np.int8),
        understanding=np.zeros((largest, largest)),
        integration=np.zeros((largest, largest)),
        seen=np.zeros(max(largest, LARGEST_SAMPLE), np.int32),
        domain_weight=np.zeros(domains),
        skill=np.zeros(domains),
        by_domain=np.zeros((len(DomainStatistic), domains)),
    )


def build_world(
    config: Config,
    forms: Sequence[tuple[Structure, float]],
    own_links: dict[str, LinkRule],
    entrants: Entrants | None,
) -> World:
    """Return the world at the beginning of round 0."""
    population = config.population
    n, domains = (
        (population.organisations, population.domains)
        if entrants is None
        else entrants.expertise.shape
    )
    breadth = max(c.highest for c in config.challenge.breadths)
    largest = max(s.max_size for s, _ in forms)
    teams = n * population.capacity // 2 + 1
    shares = (
        list(population.sectors.values())
        if entrants is None
        else [1.0] * len(entrants.sector_names)
    )
    around = Surroundings(
        demand=np.full(domains, 1.0 / domains),
        breadth_bounds=np.array(
            [(c.lowest, c.highest) for c in config.challenge.breadths], dtype=np.int32
        ),
        breadth_shares=cumulate_shares([c.share for c in config.challenge.breadths]),
        sector_shares=cumulate_shares(shares),
        form_shares=cumulate_shares([share for _, share in forms]),
        tally=np.zeros(len(Tally)),
        challenges=np.zeros((domains + 1, len(ChallengeCount))),
        users=np.zeros((len(forms), n), dtype=np.int32),
        user_count=np.zeros(len(forms), dtype=np.int32),
    )
    world = World(
        org=build_organisations(n, domains, breadth, population.capacity),
        ledger=build_ledger(n, population.ledger_slots),
        col=build_collaborations(teams, breadth, largest),
        forms=build_forms([s for s, _ in forms], own_links),
        around=around,
        scratch=build_scratch(
            n, domains, breadth, population.ledger_slots, largest, population.capacity, teams
        ),
        p=build_settings(config),
    )
    if entrants is not None:
        world.org.core[:] = entrants.expertise
        world.org.sector[:] = entrants.sector
    return arrange_world(world)
