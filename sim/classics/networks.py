"""Networks of the classics, by networkx, as two arrays.

One array holds where each agent's contacts begin, the other the contacts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np

from sim.classics.classic import Integers64
from sim.classics.clustering import find_most_clustered_network
from sim.errors import InputError

Topology = Literal[
    "complete",
    "line",
    "ring",
    "cliques",
    "max_clustering",
    "random",
    "small_world",
    "star",
    "wheel",
    "none",
]
RANDOM_TOPOLOGIES = ("random", "small_world")
TOPOLOGY_MEANING = (
    "who sees whom: complete; line; ring (the nearest on both sides, degree in all); cliques (a"
    " ring of cliques of degree + 1); max_clustering (connected, all with the same degree, and as"
    " clustered as rewiring can make it: cliques of degree + 1 that hardly touch); random (all with"
    " the same degree); small_world (a ring of which a tenth of the links lead anywhere); star;"
    " wheel; none"
)
REWIRING_PROBABILITY = 0.1
# Agents of a network that is searched for: its time grows with agents squared times degree.
MOST_AGENTS_SEARCHED = 200


class Network(NamedTuple):
    """Contacts: those of agent i are ``contacts[starts[i]:starts[i + 1]]``."""

    starts: Integers64
    contacts: Integers64


def build_network(topology: Topology, agents: int, degree: int, seed: int) -> Network:
    """Return a network, in new arrays, because kernels may reorder contacts.

    Args:
        topology: see ``TOPOLOGY_MEANING``.
        agents: how many.
        degree: contacts of each, where the topology leaves it open.
        seed: for drawn networks; others do not depend on it.
    """
    found = build_contact_arrays(
        topology, agents, degree, seed if topology in RANDOM_TOPOLOGIES else 0
    )
    return Network(found.starts.copy(), found.contacts.copy())


def check_network(topology: Topology, agents: int, degree: int) -> None:
    """Raise ValueError when there is no such network."""
    if topology in ("cliques", "max_clustering") and agents % (degree + 1):
        raise ValueError(
            f"degree is {degree}, but {agents} agents make no whole number of cliques of"
            f" {degree + 1}: change degree or agents"
        )
    if topology == "max_clustering" and degree == 1 and agents > 2:
        raise ValueError(
            f"degree is 1, but {agents} agents with one contact each cannot be connected: raise"
            " degree"
        )
    if topology == "max_clustering" and agents > MOST_AGENTS_SEARCHED:
        raise ValueError(
            f"agents is {agents}, but network=max_clustering is found for at most"
            f" {MOST_AGENTS_SEARCHED}: lower it, or network=cliques"
        )
    if topology in ("ring", "random", "small_world") and degree >= agents:
        raise ValueError(
            f"degree is {degree}, but each of {agents} agents has {agents - 1} others: lower degree"
            " or raise agents"
        )
    if topology in ("ring", "small_world") and degree % 2:
        raise ValueError(
            f"degree is {degree}; a ring has as many contacts on both sides: make it even"
        )
    if topology == "random" and degree * agents % 2:
        raise ValueError(
            f"degree is {degree}; {agents} agents cannot all have an odd number of contacts: make"
            " one of both even"
        )


@cache
def build_contact_arrays(topology: Topology, agents: int, degree: int, seed: int) -> Network:
    """Make the arrays of a network."""
    contacts = [
        np.array(sorted(neighbours), dtype=np.int64)
        for _, neighbours in sorted(
            build_networkx_graph(topology, agents, degree, seed).adjacency()
        )
    ]
    starts = np.concatenate([[0], np.cumsum([len(seen) for seen in contacts])]).astype(np.int64)
    return Network(starts, np.concatenate(contacts) if contacts else np.zeros(0, dtype=np.int64))


def build_networkx_graph(topology: Topology, agents: int, degree: int, seed: int) -> Any:
    """Return a network as networkx makes it.

    A drawn network that is not connected is drawn again.
    """
    import networkx as nx  # slow to import

    plain: dict[str, Callable[[int], Any]] = {
        "complete": nx.complete_graph,
        "line": nx.path_graph,
        "none": nx.empty_graph,
        "wheel": nx.wheel_graph,
        "star": lambda n: nx.star_graph(n - 1),
    }
    if topology in plain:
        return plain[topology](agents)
    if topology == "ring":
        return nx.circulant_graph(agents, list(range(1, degree // 2 + 1)))
    if topology == "cliques":
        return (
            nx.connected_caveman_graph(agents // (degree + 1), degree + 1)
            if agents > degree + 1
            else nx.complete_graph(agents)
        )
    if topology == "max_clustering":
        return (
            nx.from_numpy_array(find_most_clustered_network(agents, degree))
            if agents > degree + 1
            else nx.complete_graph(agents)
        )
    if topology == "small_world":
        return nx.connected_watts_strogatz_graph(agents, degree, REWIRING_PROBABILITY, seed=seed)
    for attempt in range(100):
        found = nx.random_regular_graph(degree, agents, seed=seed + attempt)
        if nx.is_connected(found):
            return found
    raise InputError(
        f"degree is {degree}: no connected random network of {agents} agents was found in 100"
        " attempts; raise degree"
    )
