"""The connected network of maximum mean clustering with equal degrees, found by rewiring.

Where all agents have the same degree k, the mean clustering of n agents is their number of
triangles over n k (k - 1) / 6. A search begins with cliques of k + 1 in a line, each joined to the
next by exchanging the ends of two links. Then it draws two links again and again and exchanges
their ends (a-b and c-d become a-c and b-d), which leaves all degrees as they are, and keeps what
leaves the network connected and no fewer triangles. The best of several searches is returned; their
draws are always the same, and so is the network.

Source: Mason, W. & Watts, D. J. (2012), Collaborative learning in networks, PNAS 109(3):764-769
(networks of fixed degree that maximise a statistic).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.classics.classic import Integers64
from sim.classics.draws import HALF_WORD_BITS, LOWER_HALF_MASK, draw_word, start_sequence
from sim.classics.kernels import classic_entry
from sim.runtime.compilation import kernel

AdjacencyMatrix = NDArray[np.bool_]
REWIRING_SEARCHES = 4
REWIRING_TRIES_PER_LINK = 1000  # of a search, per link


@classic_entry
def find_most_clustered_network(agents: int, degree: int) -> AdjacencyMatrix:
    """Return who is linked to whom, shape (agents, agents).

    ``agents`` is a multiple of ``degree`` + 1.
    """
    best, most = join_cliques(agents, degree), -1
    for search in range(REWIRING_SEARCHES):
        links = join_cliques(agents, degree)
        gained = increase_clustering(links, agents * degree // 2, start_sequence(0, 1, search, 0))
        if gained > most:
            best, most = links, gained
    return best


@kernel
def join_cliques(agents: int, degree: int) -> AdjacencyMatrix:
    """Return cliques in a line, all agents with the same degree.

    A link of the last two agents of a clique and one of the first two of the next exchange ends.
    """
    links, size = np.zeros((agents, agents), dtype=np.bool_), degree + 1
    for one in range(agents):
        for other in range(one):
            if one // size == other // size:
                set_link(links, one, other, True)
    for begun in range(size, agents, size):
        exchange_link_ends(links, begun - 2, begun - 1, begun, begun + 1)
    return links


@kernel
def increase_clustering(links: AdjacencyMatrix, count: int, draws: np.uint64) -> int:
    """Exchange ends of links, in place; return how many triangles that added."""
    ones, others = list_link_ends(links, count)
    gained = 0
    for number in range(REWIRING_TRIES_PER_LINK * count):
        which, turned = draw_word(draws, 2 * number), draw_word(draws, 2 * number + 1) & 1
        first, second = (
            ((which >> HALF_WORD_BITS) * count) >> HALF_WORD_BITS,
            ((which & LOWER_HALF_MASK) * count) >> HALF_WORD_BITS,
        )
        a, b = ones[first], others[first]
        c, d = (others[second], ones[second]) if turned else (ones[second], others[second])
        if a != d and b != c and not links[a, c] and not links[b, d] and a != c and b != d:
            more = exchange_link_ends(links, a, b, c, d)
            if more >= 0 and is_connected(links):
                others[first], ones[second], others[second] = c, b, d
                gained += more
            else:
                exchange_link_ends(links, a, c, b, d)
    return gained


@kernel
def list_link_ends(links: AdjacencyMatrix, count: int) -> tuple[Integers64, Integers64]:
    """Return both ends of every link."""
    ones, others, found = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64), 0
    for one in range(links.shape[0]):
        for other in range(one):
            if links[one, other]:
                ones[found], others[found] = one, other
                found += 1
    return ones, others


@kernel
def exchange_link_ends(links: AdjacencyMatrix, a: int, b: int, c: int, d: int) -> int:
    """Replace the links a-b and c-d by a-c and b-d, in place.

    Return by how many the triangles have grown.
    """
    more = -set_link(links, a, b, False)
    more -= set_link(links, c, d, False)
    more += set_link(links, a, c, True)
    return more + set_link(links, b, d, True)


@kernel
def set_link(links: AdjacencyMatrix, one: int, other: int, there: bool) -> int:
    """Put or cut a link, in place.

    Return in how many triangles it is: the number of agents linked to both ends.
    """
    links[one, other] = links[other, one] = there
    shared = 0
    for third in range(links.shape[0]):
        shared += links[one, third] & links[other, third]
    return shared


@kernel
def is_connected(links: AdjacencyMatrix) -> bool:
    """Return whether all agents can be reached."""
    agents = links.shape[0]
    seen, waiting = np.zeros(agents, dtype=np.bool_), np.zeros(agents, dtype=np.int64)
    seen[0], found, done = True, 1, 0
    while done < found:
        for other in range(agents):
            if links[waiting[done], other] and not seen[other]:
                seen[other], waiting[found] = True, other
                found += 1
        done += 1
    return found == agents
