"""Axelrod (1997): who is alike becomes more alike, and yet differences last.

Sites on a bounded grid of ``side`` x ``side`` hold a culture: a trait of 0 to ``traits`` - 1 on
each of ``features`` features, at first at random. In an event a site is activated and one of its
neighbours drawn; with a probability equal to the share of features on which both agree, the site
takes over the neighbour's trait on one of the features on which they differ. A round is as many
events as there are sites. The model is *absorbed* when all neighbours agree on everything or on
nothing: nothing can happen any more, and the run ends. The connected sites of one culture that are
then left are the paper's *stable regions*.

``activation`` (Axtell et al. 1996): *random* activates sites at random, with replacement;
*shuffled* activates every site once a round, in an order drawn anew. This alone changes the result.
``space=mixed`` puts no site anywhere: everybody is everybody's neighbour.

Left open by the paper: what happens where a feature on which both agree is drawn. By its text only
those on which they differ are (``drawn=differing``); with *any* such an event is lost, which slows
change among the similar. Which of both changes (``changes``): the paper says the active site, which
on a bounded grid is not the same, for sites at the edge are drawn more often as a neighbour of
theirs. Which neighbours a grid of 12 neighbours has: all within two steps, as the paper's figure
shows.

Source: Axelrod, R. (1997), The dissemination of culture: a model with local convergence and global
polarization, Journal of Conflict Resolution 41(2):203-226. Axtell, R., Axelrod, R., Epstein, J. M.
& Cohen, M. D. (1996), Aligning simulation models: a case study and results, Computational and
Mathematical Organization Theory 1(2):123-141.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from sim.array_model import RowAgent, RowAttribute
from sim.classics.classic import ClassicModel, Floats, Integers64, Parameters, declare_measures
from sim.classics.cultures import (
    FILLED_PLACES,
    HELD_CULTURES,
    PLACES_PER_CULTURE,
    NeighbourPairs,
    Society,
    adopt_trait,
    build_society,
    count_active_pairs,
    count_regions,
    rebuild_culture_table,
)
from sim.classics.draws import (
    HALF_WORD_BITS,
    LOWER_HALF_MASK,
    draw_word,
    start_sequence,
)
from sim.classics.kernels import classic_entry
from sim.classics.networks import Network, build_network
from sim.config import declare_parameter
from sim.observation.measures import Measure
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed

PAPER, AXTELL = "Axelrod 1997", "Axtell et al. 1996"
# Side of a population in which everybody is a neighbour: pairs grow with its fourth power.
LARGEST_MIXED_SIDE = 50


class Stream(IntEnum):
    """Streams of draws."""

    TRAIT = 1
    ORDER = 2
    EVENT = 3


class AxelrodParameters(Parameters):
    """Parameters of Axelrod 1997."""

    rounds: int = declare_parameter(
        200_000,
        "rounds at most, of as many events as sites; an absorbed run ends sooner",
        unit="rounds",
        source="assumed",
        ge=1,
        le=10_000_000,
    )
    side: int = declare_parameter(
        10, "sites along each side of the grid", unit="sites", source=PAPER, ge=2, le=300
    )
    features: int = declare_parameter(
        5, "features of a culture", symbol="F", source=PAPER, ge=1, le=100
    )
    traits: int = declare_parameter(
        10, "traits of a feature", symbol="q", source=PAPER, ge=2, le=10_000
    )
    space: Literal["grid", "mixed"] = declare_parameter(
        "grid", "who are neighbours: sites near each other, or all", source=AXTELL
    )
    neighbours: Literal[4, 8, 12] = declare_parameter(
        4, "neighbours of a site of the grid, fewer at its edge", unit="sites", source=PAPER
    )
    activation: Literal["random", "shuffled"] = declare_parameter(
        "random", "sites with replacement, or each once a round", source=AXTELL
    )
    drawn: Literal["differing", "any"] = declare_parameter(
        "differing", "of which features one is drawn", source=PAPER
    )
    changes: Literal["site", "neighbour"] = declare_parameter(
        "site", "who takes over the other's trait", source=PAPER
    )

    @model_validator(mode="after")
    def possible(self) -> Self:
        """Refuse more neighbours than can be looked at."""
        if self.space == "mixed" and self.side > LARGEST_MIXED_SIDE:
            raise ValueError(
                f"side is {self.side}, but space=mixed takes at most {LARGEST_MIXED_SIDE}"
                " (everybody is a neighbour): lower it, or space=grid"
            )
        return self


class Site(RowAgent):
    """A site."""

    culture = RowAttribute("cultures", "its trait on every feature, shape (F,)")


class Axelrod1997(ClassicModel):
    """Dissemination of culture among the similar.

    Args:
        parameters: ``AxelrodParameters``; or give single ones by name.
        rng: seed or generator, as Mesa takes it.

    Source: Axelrod (1997), with activation and spaces of Axtell et al. (1996).

    Example:
        >>> model = Axelrod1997(side=5, traits=2, rng=1).run()
        >>> model.active, model.regions >= 1
        (0.0, True)
    """

    Parameters = AxelrodParameters
    Agent = Site
    MEASURES = declare_measures(
        regions=Measure("connected sites of one culture; stable once nothing is active", "regions"),
        cultures_left=Measure("different cultures", "cultures"),
        largest_region=Measure("share of sites in the largest region", "0-1"),
        active=Measure(
            "pairs of neighbours that can still change: alike in some features, not in all", "0-1"
        ),
    )

    def begin(self) -> None:
        """Draw cultures."""
        p = self.parameters
        self.neighbours, self.pairs = build_neighbourhood(p.space, p.side, p.neighbours)
        self.cultures = draw_cultures(self.key, p.side**2, p.features, p.traits)

    @property
    def size(self) -> int:
        """Number of sites."""
        return len(self.cultures)

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Let sites influence each other for some rounds, or until nothing can change."""
        p = self.parameters
        switches = p.activation == "shuffled", p.drawn == "any", p.changes == "neighbour"
        return play_axelrod(
            self.cultures, self.neighbours, self.pairs, self.key, switches, first, rounds, rows
        )


MODEL = Axelrod1997


def build_grid(side: int, neighbours: int) -> Network:
    """Return who are neighbours on a bounded grid: 4 beside, 8 around, or 12 within two steps."""
    near = [(x, y) for x in range(-2, 3) for y in range(-2, 3) if 0 < abs(x) + abs(y) <= 2]
    if neighbours < 12:
        near = [
            (x, y)
            for x, y in near
            if max(abs(x), abs(y)) == 1 and (neighbours == 8 or abs(x) + abs(y) == 1)
        ]
    found = [
        [
            (row + y) * side + column + x
            for x, y in near
            if 0 <= row + y < side and 0 <= column + x < side
        ]
        for row in range(side)
        for column in range(side)
    ]
    starts = np.concatenate([[0], np.cumsum([len(sites) for sites in found])]).astype(np.int64)
    return Network(starts, np.array([site for sites in found for site in sites], dtype=np.int64))


@lru_cache(maxsize=4)  # a mixed population of 2,500 has three million pairs
def build_neighbourhood(space: str, side: int, neighbours: int) -> tuple[Network, NeighbourPairs]:
    """Return who are neighbours, and their pairs."""
    net = (
        build_network("complete", side**2, 1, 0)
        if space == "mixed"
        else build_grid(side, neighbours)
    )
    sites = np.repeat(np.arange(side**2), np.diff(net.starts))
    lower, higher = np.minimum(sites, net.contacts), np.maximum(sites, net.contacts)
    found, numbers = np.unique(lower * side**2 + higher, return_inverse=True)
    return net, NeighbourPairs(numbers, found // side**2, found % side**2)


@classic_entry
def draw_cultures(key: Seed, sites: int, features: int, traits: int) -> Integers64:
    """Return random cultures, shape (sites, F)."""
    cultures = np.empty((sites, features), dtype=np.int64)
    for site in range(sites):
        draws = start_sequence(key, Stream.TRAIT, 0, site)
        for feature in range(features):
            cultures[site, feature] = pick_by_half_word(
                draw_word(draws, feature) >> HALF_WORD_BITS, traits
            )
    return cultures


@classic_entry
def play_axelrod(
    cultures: Integers64,
    net: Network,
    pairs: NeighbourPairs,
    key: Seed,
    switches: tuple[bool, bool, bool],
    first: int,
    rounds: int,
    rows: Floats,
) -> int:
    """Play rounds until nothing is active; return how many.

    Regions are counted again only after a round in which some can have changed.
    """
    society, order = build_society(cultures, pairs), np.arange(cultures.shape[0])
    active, (regions, largest) = count_active_pairs(society), count_regions(society, pairs)
    if rounds == 0:
        write_axelrod_measures(rows[0], society, active, regions, largest)
    for played in range(rounds):
        if active == 0:
            return played
        now = first + played
        if switches[0]:
            shuffle_sites(order, key, now)
        more, moved = play_axelrod_round(
            society, net, pairs, order, switches, start_sequence(key, Stream.EVENT, now, 0)
        )
        active += more
        if moved:
            regions, largest = count_regions(society, pairs)
        if PLACES_PER_CULTURE * society.counts[FILLED_PLACES] > society.codes.size:
            rebuild_culture_table(society)
        write_axelrod_measures(rows[played], society, active, regions, largest)
    return rounds


@kernel
def write_axelrod_measures(
    row: Floats, society: Society, active: int, regions: int, largest: int
) -> None:
    """Write the measures into a row."""
    row[0], row[1] = regions, society.counts[HELD_CULTURES]
    row[2], row[3] = largest / society.places.size, active / society.alike.size


@kernel
def pick_by_half_word(half: np.int64, count: int) -> int:
    """Turn half a word into a number below ``count``."""
    return int((half * count) >> HALF_WORD_BITS)


@kernel
def shuffle_sites(order: Integers64, key: Seed, now: int) -> None:
    """Write a random order of all sites."""
    draws = start_sequence(key, Stream.ORDER, now, 0)
    for place in range(order.size):
        order[place] = place
    for place in range(order.size - 1, 0, -1):
        other = pick_by_half_word(draw_word(draws, place) >> HALF_WORD_BITS, place + 1)
        order[place], order[other] = order[other], order[place]


@kernel
def play_axelrod_round(
    society: Society,
    net: Network,
    pairs: NeighbourPairs,
    order: Integers64,
    switches: tuple[bool, bool, bool],
    draws: np.uint64,
) -> tuple[int, bool]:
    """Play as many events as there are sites.

    Return by how many the active pairs have grown, and whether regions can have changed.
    """
    shuffled, any_feature, neighbour_changes = switches
    sites, features = society.cultures.shape
    more, moved = 0, False
    for event in range(sites):
        who, what = draw_word(draws, 2 * event), draw_word(draws, 2 * event + 1)
        site = int(order[event]) if shuffled else pick_by_half_word(who >> HALF_WORD_BITS, sites)
        begun = net.starts[site]
        place = begun + pick_by_half_word(who & LOWER_HALF_MASK, net.starts[site + 1] - begun)
        alike = int(society.alike[pairs.numbers[place]])
        if (pick_by_half_word(what >> HALF_WORD_BITS, features) < alike) & (
            alike < features
        ):  # one branch: two could be foreseen less well
            other = int(net.contacts[place])
            left = pick_by_half_word(
                what & LOWER_HALF_MASK, features if any_feature else features - alike
            )
            chosen = (
                left if any_feature else find_nth_differing(society.cultures, site, other, left)
            )
            taker, giver = (other, site) if neighbour_changes else (site, other)
            grown, changed = adopt_trait(
                society, net, pairs, taker, chosen, int(society.cultures[giver, chosen])
            )
            more, moved = more + grown, moved | changed
    return more, moved


@kernel
def find_nth_differing(cultures: Integers64, one: int, other: int, number: int) -> int:
    """Return the feature on which both differ after ``number`` others on which they do."""
    found = 0
    for feature in range(cultures.shape[1]):  # to the end: where to stop could not be foreseen
        differs = cultures[one, feature] != cultures[other, feature]
        found = feature if differs & (number == 0) else found
        number -= differs
    return found
