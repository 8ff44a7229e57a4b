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
from functools import lru_cache
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from sim.classics.classic import ClassicModel, Floats, Integers, Parameters, Row, RowAgent
from sim.classics.draws import GOLDEN, MIX_1, sequence, word
from sim.classics.kernels import classic_entry, written_out
from sim.classics.networks import Network, network
from sim.config import parameter
from sim.observation.measures import Measure
from sim.runtime.compilation import kernel
from sim.runtime.randomness import SHIFT_32, Seed

PAPER, AXTELL = "Axelrod 1997", "Axtell et al. 1996"
MOST_MIXED = 50  # side of a population in which everybody is a neighbour: pairs grow with its fourth power
Codes = NDArray[np.uint64]
ONE = np.uint64(1)
DIFFERENT, FILLED = range(2)  # counts: of cultures that are held, of places in their table that are not free
NEVER = -1
ROOMY = 4  # the table has so many places for each that is taken: then a culture is nearly always found at once
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
        self.neighbours, self.pairs = neighbourhood(p.space, p.side, p.neighbours)
        self.cultures = start(self.key, p.side**2, p.features, p.traits)

    @property
    def size(self) -> int:
        """Number of sites."""
        return len(self.cultures)

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Let sites influence each other for some rounds, or until nothing can change."""
        p = self.parameters
        switches = p.activation == "shuffled", p.drawn == "any", p.changes == "neighbour"
        return influence(self.cultures, self.neighbours, self.pairs, self.key, switches, first, rounds, rows)


MODEL = Axelrod1997


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


class Pairs(NamedTuple):
    """All pairs of neighbours: the number of the pair by place in ``contacts`` of the network, and both sites by number."""

    numbers: Integers
    ones: Integers
    others: Integers


@lru_cache(maxsize=4)  # a mixed population of 2,500 has three million pairs
def neighbourhood(space: str, side: int, neighbours: int) -> tuple[Network, Pairs]:
    """Return who are neighbours, and their pairs."""
    net = network("complete", side**2, 1, 0) if space == "mixed" else grid(side, neighbours)
    sites = np.repeat(np.arange(side**2), np.diff(net.starts))
    lower, higher = np.minimum(sites, net.contacts), np.maximum(sites, net.contacts)
    found, numbers = np.unique(lower * side**2 + higher, return_inverse=True)
    return net, Pairs(numbers, found // side**2, found % side**2)


class Society(NamedTuple):
    """What kernels keep of cultures: themselves, on how many features pairs agree, and a table of cultures by code (open addressing).

    A site's culture stands at its ``place`` in the table: ``codes`` says which it is, ``holders`` how many sites hold it, ``NEVER`` that the place is
    free. ``counts`` are how many cultures are held, and how many places are not free.
    """

    cultures: Integers
    alike: NDArray[np.uint8]
    places: Integers
    codes: Codes
    holders: Integers
    counts: Integers


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
    cultures: Integers, net: Network, pairs: Pairs, key: Seed, switches: tuple[bool, bool, bool], first: int, rounds: int, rows: Floats,
) -> int:  # fmt: skip
    """Play rounds until nothing is active; return how many. Regions are counted anew only after a round in which some can have changed."""
    society, order = society_of(cultures, pairs), np.arange(cultures.shape[0])
    active, (regions, largest) = active_pairs(society), regions_of(society, pairs)
    if rounds == 0:
        write(rows[0], society, active, regions, largest)
    for played in range(rounds):
        if active == 0:
            return played
        now = first + played
        if switches[0]:
            shuffle(order, key, now)
        more, moved = play_round(society, net, pairs, order, switches, sequence(key, Stream.EVENT, now, 0))
        active += more
        if moved:
            regions, largest = regions_of(society, pairs)
        if ROOMY * society.counts[FILLED] > society.codes.size:
            enter_all(society)
        write(rows[played], society, active, regions, largest)
    return rounds


@kernel
def write(row: Floats, society: Society, active: int, regions: int, largest: int) -> None:
    """Write the measures into a row."""
    row[0], row[1] = regions, society.counts[DIFFERENT]
    row[2], row[3] = largest / society.places.size, active / society.alike.size


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
    society: Society, net: Network, pairs: Pairs, order: Integers, switches: tuple[bool, bool, bool], draws: np.uint64,
) -> tuple[int, bool]:  # fmt: skip
    """Play as many events as there are sites; return by how many the active pairs have grown, and whether regions can have changed."""
    shuffled, any_feature, neighbour_changes = switches
    sites, features = society.cultures.shape
    more, moved = 0, False
    for event in range(sites):
        who, what = word(draws, 2 * event), word(draws, 2 * event + 1)
        site = int(order[event]) if shuffled else below(who >> HALF, sites)
        begun = net.starts[site]
        place = begun + below(who & LOW, net.starts[site + 1] - begun)
        alike = int(society.alike[pairs.numbers[place]])
        if (below(what >> HALF, features) < alike) & (alike < features):  # one branch: two could be foreseen less well
            other = int(net.contacts[place])
            left = below(what & LOW, features if any_feature else features - alike)
            chosen = left if any_feature else nth_differing(society.cultures, site, other, left)
            taker, giver = (other, site) if neighbour_changes else (site, other)
            grown, changed = take_over(society, net, pairs, taker, chosen, int(society.cultures[giver, chosen]))
            more, moved = more + grown, moved | changed
    return more, moved


@kernel
def nth_differing(cultures: Integers, one: int, other: int, number: int) -> int:
    """Return the feature on which both differ after ``number`` others on which they do."""
    found = 0
    for feature in range(cultures.shape[1]):  # to the end: where to stop could not be foreseen
        differs = cultures[one, feature] != cultures[other, feature]
        found = feature if differs & (number == 0) else found
        number -= differs
    return found


@written_out
def take_over(society: Society, net: Network, pairs: Pairs, site: int, feature: int, trait: int) -> tuple[int, bool]:
    """Give a site a trait; return by how many the active pairs have grown, and whether a pair has become alike in everything, or ceased to be."""
    cultures, alike, features = society.cultures, society.alike, society.cultures.shape[1]
    before, more, moved = cultures[site, feature], 0, False
    if before == trait:
        return 0, False
    for place in range(net.starts[site], net.starts[site + 1]):
        pair, held = pairs.numbers[place], cultures[net.contacts[place], feature]
        was = int(alike[pair])
        then = was + int(held == trait) - int(held == before)
        alike[pair] = then
        more += int(0 < then < features) - int(0 < was < features)
        moved |= (then == features) != (was == features)
    cultures[site, feature] = trait
    old = society.places[site]
    society.holders[old] -= 1
    society.counts[DIFFERENT] -= society.holders[old] == 0
    enter(society, site, society.codes[old] + code(feature, trait) - code(feature, before))
    return more, moved


# --- counting ------------------------------------------------------------------------------------------------------------


@kernel
def society_of(cultures: Integers, pairs: Pairs) -> Society:
    """Count everything that is kept up to date from then on."""
    (sites, features), room = cultures.shape, 4
    while room < 2 * ROOMY * sites:
        room *= 2
    alike = np.zeros(pairs.ones.size, dtype=np.uint8)
    for pair in range(alike.size):
        for feature in range(features):
            alike[pair] += cultures[pairs.ones[pair], feature] == cultures[pairs.others[pair], feature]
    places, codes, holders = np.zeros(sites, dtype=np.int64), np.zeros(room, dtype=np.uint64), np.empty(room, dtype=np.int64)
    society = Society(cultures, alike, places, codes, holders, np.zeros(2, dtype=np.int64))
    enter_all(society)
    return society


@kernel
def active_pairs(society: Society) -> int:
    """Return how many pairs agree on something, but not on everything."""
    features, active = society.cultures.shape[1], 0
    for alike in society.alike:
        active += 0 < alike < features
    return active


@kernel
def code(feature: int, trait: int) -> np.uint64:
    """Return what a trait adds to the code of a culture."""
    return ((np.uint64(feature) << SHIFT_32) + np.uint64(trait) + ONE) * MIX_1 ^ (np.uint64(trait) + ONE) * GOLDEN


@kernel
def enter_all(society: Society) -> None:
    """Make the table of cultures anew: places of cultures that nobody holds any more become free.

    A culture's code, the sum of those of its traits, has 64 bits: two cultures share one once in 10^19 pairs, and so seldom would be counted as one.
    What sites do does not look at codes.
    """
    cultures = society.cultures
    society.holders[:] = NEVER
    society.counts[:] = 0
    for site in range(cultures.shape[0]):
        held = np.uint64(0)
        for feature in range(cultures.shape[1]):
            held += code(feature, cultures[site, feature])
        enter(society, site, held)


@written_out
def enter(society: Society, site: int, held: np.uint64) -> None:
    """Let a site hold a culture: at its place in the table, or at the next that is free."""
    codes, holders, counts = society.codes, society.holders, society.counts
    last = codes.size - 1
    place = int(held >> SHIFT_32) & last
    while (holders[place] != NEVER) & (codes[place] != held):
        place = (place + 1) & last
    counts[FILLED] += holders[place] == NEVER
    counts[DIFFERENT] += holders[place] <= 0
    codes[place], holders[place], society.places[site] = held, max(0, holders[place]) + 1, place


@kernel
def regions_of(society: Society, pairs: Pairs) -> tuple[int, int]:
    """Return how many regions there are and how many sites the largest has: who agree on everything are joined, pair by pair (union-find)."""
    sites, features = society.cultures.shape
    leaders, sizes = np.arange(sites), np.ones(sites, dtype=np.int64)
    regions, largest = sites, 1
    for pair in range(society.alike.size):
        if society.alike[pair] == features:
            one, other = leader(leaders, pairs.ones[pair]), leader(leaders, pairs.others[pair])
            if one != other:
                leaders[other] = one
                sizes[one] += sizes[other]
                regions, largest = regions - 1, max(largest, sizes[one])
    return regions, largest


@kernel
def leader(leaders: Integers, site: int) -> int:
    """Return who stands for a site's region, and shorten the way to it."""
    while leaders[site] != site:
        leaders[site] = leaders[leaders[site]]
        site = leaders[site]
    return site
