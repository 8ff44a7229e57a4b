"""Cultures on sites: on how many features neighbours agree, who holds which, and regions.

What kernels of Axelrod 1997 keep up to date while traits are adopted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.classics.classic import Integers64
from sim.classics.draws import GOLDEN_GAMMA, MIX_1
from sim.classics.networks import Network
from sim.runtime.compilation import inline_kernel, kernel
from sim.runtime.randomness import SHIFT_32

CultureCodes = NDArray[np.uint64]
UNSIGNED_ONE = np.uint64(1)
# Counts: of cultures that are held, and of places in their table that are not free.
HELD_CULTURES, FILLED_PLACES = range(2)
FREE_PLACE = -1
# Places of the table for each that is taken: a culture is then nearly always found at once.
PLACES_PER_CULTURE = 4


class NeighbourPairs(NamedTuple):
    """All pairs of neighbours.

    The number of the pair by its place in ``contacts`` of the network, and both sites by pair
    number.
    """

    numbers: Integers64
    ones: Integers64
    others: Integers64


class Society(NamedTuple):
    """What kernels keep of cultures.

    The cultures, on how many features each pair agrees, and a table of cultures by code (open
    addressing).

    A site's culture stands at its ``place`` in the table: ``codes`` says which it is, ``holders``
    how many sites hold it, ``FREE_PLACE`` that the place is free. ``counts`` are how many cultures
    are held, and how many places are not free.
    """

    cultures: Integers64
    alike: NDArray[np.uint8]
    places: Integers64
    codes: CultureCodes
    holders: Integers64
    counts: Integers64


@inline_kernel
def adopt_trait(
    society: Society, net: Network, pairs: NeighbourPairs, site: int, feature: int, trait: int
) -> tuple[int, bool]:
    """Give a site a trait.

    Return by how many the active pairs have grown, and whether a pair began or ceased to agree on
    every feature.
    """
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
    society.counts[HELD_CULTURES] -= society.holders[old] == 0
    enter_culture(
        society,
        site,
        society.codes[old]
        + compute_trait_code(feature, trait)
        - compute_trait_code(feature, before),
    )
    return more, moved


@kernel
def build_society(cultures: Integers64, pairs: NeighbourPairs) -> Society:
    """Count everything that is kept up to date from then on."""
    (sites, features), room = cultures.shape, 4
    while room < 2 * PLACES_PER_CULTURE * sites:
        room *= 2
    alike = np.zeros(pairs.ones.size, dtype=np.uint8)
    for pair in range(alike.size):
        for feature in range(features):
            alike[pair] += (
                cultures[pairs.ones[pair], feature] == cultures[pairs.others[pair], feature]
            )
    places, codes, holders = (
        np.zeros(sites, dtype=np.int64),
        np.zeros(room, dtype=np.uint64),
        np.empty(room, dtype=np.int64),
    )
    society = Society(cultures, alike, places, codes, holders, np.zeros(2, dtype=np.int64))
    rebuild_culture_table(society)
    return society


@kernel
def count_active_pairs(society: Society) -> int:
    """Return how many pairs agree on something, but not on everything."""
    features, active = society.cultures.shape[1], 0
    for alike in society.alike:
        active += 0 < alike < features
    return active


@kernel
def compute_trait_code(feature: int, trait: int) -> np.uint64:
    """Return what a trait adds to the code of a culture."""
    return ((np.uint64(feature) << SHIFT_32) + np.uint64(trait) + UNSIGNED_ONE) * MIX_1 ^ (
        np.uint64(trait) + UNSIGNED_ONE
    ) * GOLDEN_GAMMA


@kernel
def rebuild_culture_table(society: Society) -> None:
    """Make the table of cultures anew: places of cultures that nobody holds any more become free.

    A culture's code, the sum of those of its traits, has 64 bits: two cultures share one once in
    10^19 pairs, and so seldom would be counted as one. What sites do does not look at codes.
    """
    cultures = society.cultures
    society.holders[:] = FREE_PLACE
    society.counts[:] = 0
    for site in range(cultures.shape[0]):
        held = np.uint64(0)
        for feature in range(cultures.shape[1]):
            held += compute_trait_code(feature, cultures[site, feature])
        enter_culture(society, site, held)


@inline_kernel
def enter_culture(society: Society, site: int, held: np.uint64) -> None:
    """Let a site hold a culture: at its place in the table, or at the next that is free."""
    codes, holders, counts = society.codes, society.holders, society.counts
    last = codes.size - 1
    place = int(held >> SHIFT_32) & last
    while (holders[place] != FREE_PLACE) & (codes[place] != held):
        place = (place + 1) & last
    counts[FILLED_PLACES] += holders[place] == FREE_PLACE
    counts[HELD_CULTURES] += holders[place] <= 0
    codes[place], holders[place], society.places[site] = held, max(0, holders[place]) + 1, place


@kernel
def count_regions(society: Society, pairs: NeighbourPairs) -> tuple[int, int]:
    """Return the number of regions and the sites of the largest.

    Sites that agree on every feature are joined pair by pair (union-find).
    """
    sites, features = society.cultures.shape
    leaders, sizes = np.arange(sites), np.ones(sites, dtype=np.int64)
    regions, largest = sites, 1
    for pair in range(society.alike.size):
        if society.alike[pair] == features:
            one, other = (
                find_region_leader(leaders, pairs.ones[pair]),
                find_region_leader(leaders, pairs.others[pair]),
            )
            if one != other:
                leaders[other] = one
                sizes[one] += sizes[other]
                regions, largest = regions - 1, max(largest, sizes[one])
    return regions, largest


@kernel
def find_region_leader(leaders: Integers64, site: int) -> int:
    """Return who stands for a site's region, and shorten the way to it."""
    while leaders[site] != site:
        leaders[site] = leaders[leaders[site]]
        site = leaders[site]
    return site
