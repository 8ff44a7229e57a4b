"""Axelrod (1997): who is alike becomes more alike, and yet differences last.

Sites on a bounded grid of ``side`` x ``side`` hold a culture: a trait of 0 to ``traits`` - 1 on each of ``features`` features, at first at random.
In an event a site is activated and one of its neighbours drawn; with a probability equal to the share of features on which both
agree, the site takes over the neighbour's trait on one of the features on which they differ. A round is as many events as there are
sites. The model is *absorbed* when all neighbours agree on everything or on nothing: nothing can happen any more, and the run ends. The
connected sites of one culture that are then left are the paper's *stable regions*.

``activation`` (Axtell et al. 1996): *random* activates sites at random, with replacement; *shuffled* activates every site once a round,
in an order drawn anew. This alone changes the result. ``space=mixed`` puts no site anywhere: everybody is everybody's neighbour.

Left open by the paper: what happens where a feature on which both agree is drawn. By its text only those on which they differ are
(``drawn=differing``); with *any* such an event is lost, which slows change among the similar. Which of both changes (``changes``): the paper
says the active site, which on a bounded grid is not the same, for sites at the edge are drawn more often as a neighbour of theirs. Which
neighbours a grid of 12 neighbours has: all within two steps, as the paper's figure shows.

Source: Axelrod, R. (1997), The dissemination of culture: a model with local convergence and global polarization, Journal of Conflict
Resolution 41(2):203-226. Axtell, R., Axelrod, R., Epstein, J. M. & Cohen, M. D. (1996), Aligning simulation models: a case study and
results, Computational and Mathematical Organization Theory 1(2):123-141.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from sim.classics.classic import ClassicModel, Floats, Integers, Parameters, Row, RowAgent
from sim.classics.draws import GOLDEN, MIX_1, sequence, word
from sim.classics.kernels import classic_entry
from sim.classics.networks import Network, network
from sim.compilation import kernel
from sim.config import parameter
from sim.measures import Measure
from sim.randomness import SHIFT_32, Seed

PAPER, AXTELL = "Axelrod 1997", "Axtell et al. 1996"
MOST_MIXED = 50  # side of a population in which everybody is a neighbour: pairs grow with its fourth power
Codes = NDArray[np.uint64]
ONE = np.uint64(1)
HALF, LOW = 31, (1 << 31) - 1  # a word of 62 bits makes two draws


class Stream(IntEnum):
    """Streams of draws."""

    TRAIT = 1
    ORDER = 2
    EVENT = 3


class AxelrodParameters(Parameters):
    """Parameters of Axelrod 1997."""

    rounds: int = parameter(
        200_000, "rounds at most, of as many events as sites; an absorbed run ends sooner", unit="rounds", source="assumed", ge=1, le=10_000_000
    )
    side: int = parameter(10, "sites along each side of the grid", unit="sites", source=PAPER, ge=2, le=300)
    features: int = parameter(5, "features of a culture", symbol="F", source=PAPER, ge=1, le=100)
    traits: int = parameter(10, "traits of a feature", symbol="q", source=PAPER, ge=2, le=10_000)
    space: Literal["grid", "mixed"] = parameter("grid", "who are neighbours: sites near each other, or all", source=AXTELL)
    neighbours: Literal[4, 8, 12] = parameter(4, "neighbours of a site of the grid, fewer at its edge", unit="sites", source=PAPER)
    activation: Literal["random", "shuffled"] = parameter("random", "sites with replacement, or each once a round", source=AXTELL)
    drawn: Literal["differing", "any"] = parameter("differing", "of which features one is drawn", source=PAPER)
    changes: Literal["site", "neighbour"] = parameter("site", "who takes over the other's trait", source=PAPER)

    @model_validator(mode="after")
    def possible(self) -> Self:
        """Refuse more neighbours than can be looked at."""
        if self.space == "mixed" and self.side > MOST_MIXED:
            raise ValueError(f"side is {self.side}, but space=mixed takes at most {MOST_MIXED} (everybody is a neighbour): lower it, or space=grid")
        return self


class Site(RowAgent):
    """A site."""

    culture = Row("cultures", "its trait on every feature, shape (F,)")


class Axelrod1997(ClassicModel):
    """Dissemination of culture among the similar."""

    Parameters = AxelrodParameters
    Agent = Site
    MEASURES = {  # noqa: RUF012
        "regions": Measure("connected sites of one culture; stable once nothing is active", "regions"),
        "cultures_left": Measure("different cultures", "cultures"),
        "largest_region": Measure("share of sites in the largest region", "0-1"),
        "active": Measure("pairs of neighbours that can still change: alike in some features, not in all", "0-1"),
    }

    def begin(self) -> None:
        """Draw cultures."""
        p = self.parameters
        self.neighbours = network("complete", p.side**2, 1, 0) if p.space == "mixed" else grid(p.side, p.neighbours)
        self.cultures = start(self.key, p.side**2, p.features, p.traits)

    @property
    def size(self) -> int:
        """Number of sites."""
        return len(self.cultures)

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Let sites influence each other for some rounds, or until nothing can change."""
        p = self.parameters
        switches = p.activation == "shuffled", p.drawn == "any", p.changes == "neighbour"
        return influence(self.cultures, self.neighbours, self.key, switches, first, rounds, rows)


MODEL = Axelrod1997


@cache
def grid(side: int, neighbours: int) -> Network:
    """Return who are neighbours on a bounded grid: 4 beside, 8 around, or 12 within two steps."""
    near = [(x, y) for x in range(-2, 3) for y in range(-2, 3) if 0 < abs(x) + abs(y) <= 2]
    if neighbours < 12:
        near = [(x, y) for x, y in near if max(abs(x), abs(y)) == 1 and (neighbours == 8 or abs(x) + abs(y) == 1)]
    found = [
        [(row + y) * side + column + x for x, y in near if 0 <= row + y < side and 0 <= column + x < side]
        for row in range(side)
        for column in range(side)
    ]
    starts = np.concatenate([[0], np.cumsum([len(sites) for sites in found])]).astype(np.int64)
    return Network(starts, np.array([site for sites in found for site in sites], dtype=np.int64))


@classic_entry
def start(key: Seed, sites: int, features: int, traits: int) -> Integers:
    """Return random cultures, shape (sites, F)."""
    cultures = np.empty((sites, features), dtype=np.int64)
    for site in range(sites):
        draws = sequence(key, Stream.TRAIT, 0, site)
        for feature in range(features):
            cultures[site, feature] = below(word(draws, feature) >> HALF, traits)
    return cultures


@classic_entry
def influence(
    cultures: Integers, neighbours: Network, key: Seed, switches: tuple[bool, bool, bool], first: int, rounds: int, rows: Floats,
) -> int:  # fmt: skip
    """Play rounds until nothing is active; return how many. Regions are counted anew only after a round in which something has changed."""
    shuffled, any_feature, neighbour_changes = switches
    codes, present = all_codes(cultures), np.empty(4)
    active = 0
    for site in range(cultures.shape[0]):
        active += active_around(cultures, neighbours, site)
    active //= 2
    measure(codes, neighbours, active, present)
    if rounds == 0:
        rows[0] = present
    order = np.arange(cultures.shape[0])
    for played in range(rounds):
        if active == 0:
            return played
        now = first + played
        if shuffled:
            shuffle(order, key, now)
        draws = sequence(key, Stream.EVENT, now, 0)
        changed, more = play_round(cultures, codes, neighbours, order, shuffled, any_feature, neighbour_changes, draws)
        active += more
        if changed:
            measure(codes, neighbours, active, present)
        rows[played] = present
    return rounds


@kernel
def below(half: np.int64, count: int) -> int:
    """Turn half a word into a number below ``count``."""
    return int((half * count) >> HALF)


@kernel
def shuffle(order: Integers, key: Seed, now: int) -> None:
    """Write a random order of all sites."""
    draws = sequence(key, Stream.ORDER, now, 0)
    for place in range(order.size):
        order[place] = place
    for place in range(order.size - 1, 0, -1):
        other = below(word(draws, place) >> HALF, place + 1)
        order[place], order[other] = order[other], order[place]


@kernel
def play_round(
    cultures: Integers, codes: Codes, neighbours: Network, order: Integers, shuffled: bool, any_feature: bool, neighbour_changes: bool,
    draws: np.uint64,
) -> tuple[bool, int]:  # fmt: skip
    """Play as many events as there are sites; tell whether anything has changed, and by how many the active pairs have grown."""
    sites, features = cultures.shape
    starts, contacts = neighbours.starts, neighbours.contacts
    changed, more = False, 0
    for event in range(sites):
        who = word(draws, 2 * event)
        site = int(order[event]) if shuffled else below(who >> HALF, sites)
        first, last = int(starts[site]), int(starts[site + 1])
        other = int(contacts[first + below(who & LOW, last - first)])
        alike = agreement(cultures, site, other)
        if alike == 0 or alike == features:
            continue
        what = word(draws, 2 * event + 1)
        if below(what >> HALF, features) >= alike:
            continue
        left = below(what & LOW, features if any_feature else features - alike)
        chosen = left if any_feature else nth_differing(cultures, site, other, left)
        taker, giver = (other, site) if neighbour_changes else (site, other)
        if cultures[taker, chosen] != cultures[giver, chosen]:
            codes[taker] += code(chosen, cultures[giver, chosen]) - code(chosen, cultures[taker, chosen])
            more += take_over(cultures, neighbours, taker, chosen, int(cultures[giver, chosen]))
            changed = True
    return changed, more


@kernel
def nth_differing(cultures: Integers, one: int, other: int, number: int) -> int:
    """Return the feature on which both differ after ``number`` others on which they do."""
    for feature in range(cultures.shape[1]):
        if cultures[one, feature] != cultures[other, feature]:
            if number == 0:
                return feature
            number -= 1
    return -1


@kernel
def agreement(cultures: Integers, one: int, other: int) -> int:
    """Return on how many features two sites agree."""
    alike = 0
    for feature in range(cultures.shape[1]):
        alike += cultures[one, feature] == cultures[other, feature]
    return alike


@kernel
def code(feature: int, trait: int) -> np.uint64:
    """Return what a trait adds to the code of a culture."""
    return ((np.uint64(feature) << SHIFT_32) + np.uint64(trait) + ONE) * MIX_1 ^ (np.uint64(trait) + ONE) * GOLDEN


@kernel
def all_codes(cultures: Integers) -> Codes:
    """Return a code of 64 bits of every site's culture.

    Different codes are different cultures. Two cultures share a code once in 10^19 pairs; so seldom would two regions be counted as one in a row.
    What sites do does not look at codes.
    """
    codes = np.zeros(cultures.shape[0], dtype=np.uint64)
    for site in range(cultures.shape[0]):
        for feature in range(cultures.shape[1]):
            codes[site] += code(feature, cultures[site, feature])
    return codes


@kernel
def active_around(cultures: Integers, neighbours: Network, site: int) -> int:
    """Return with how many neighbours a site agrees on something, but not on everything."""
    features, active, starts, contacts = cultures.shape[1], 0, neighbours.starts, neighbours.contacts
    for place in range(starts[site], starts[site + 1]):
        alike = agreement(cultures, site, contacts[place])
        active += (alike > 0) & (alike < features)
    return active


@kernel
def take_over(cultures: Integers, neighbours: Network, site: int, feature: int, trait: int) -> int:
    """Give a site a trait; return by how many the active pairs have grown."""
    features, more, starts, contacts = cultures.shape[1], 0, neighbours.starts, neighbours.contacts
    before = cultures[site, feature]
    for place in range(starts[site], starts[site + 1]):
        other = contacts[place]
        alike, held = agreement(cultures, site, other), cultures[other, feature]
        then = alike + int(held == trait) - int(held == before)
        more += int(0 < then < features) - int(0 < alike < features)
    cultures[site, feature] = trait
    return more


@kernel
def measure(codes: Codes, neighbours: Network, active: int, row: Floats) -> None:
    """Write the measures into a row: walk through every region once, and look its culture up among those of regions before."""
    sites, starts, contacts = codes.size, neighbours.starts, neighbours.contacts
    seen, waiting = np.zeros(sites, dtype=np.bool_), np.empty(sites, dtype=np.int64)
    slots = 4
    while slots < 2 * sites:
        slots *= 2
    known = np.full(slots, -1, dtype=np.int64)  # a site of each culture, by its code
    regions, different, largest = 0, 0, 0
    for first in range(sites):
        if seen[first]:
            continue
        seen[first], waiting[0], found, done = True, first, 1, 0
        while done < found:
            site = waiting[done]
            done += 1
            own = codes[site]
            for place in range(starts[site], starts[site + 1]):  # a slice would cost more than what is done in it
                other = contacts[place]
                if codes[other] == own and not seen[other]:
                    seen[other], waiting[found] = True, other
                    found += 1
        regions, largest = regions + 1, max(largest, found)
        different += is_new(codes, first, known)
    row[0], row[1], row[2], row[3] = regions, different, largest / sites, 2 * active / contacts.size


@kernel
def is_new(codes: Codes, site: int, known: Integers) -> bool:
    """Tell whether a site's culture is not known yet, and put it among those that are (open addressing)."""
    slot = int(codes[site] >> SHIFT_32) & (known.size - 1)
    while known[slot] >= 0:
        if codes[site] == codes[known[slot]]:
            return False
        slot = (slot + 1) & (known.size - 1)
    known[slot] = site
    return True
