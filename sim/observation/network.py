"""The partner network over a window of rounds, from the ledgers."""

from __future__ import annotations

from math import log
from typing import Any

import networkx as nx
import numpy as np

from sim.state import World

Graph = Any  # networkx types its graphs by node, which says nothing here

NETWORK_MEASURES = (
    "network_density",
    "network_degree",
    "network_clustering",
    "network_giant",
    "network_path_length",
    "network_assortativity",
    "network_small_world",
)
MAXIMUM_PATH_SOURCES = 200


def build_partner_network(world: World, now: int, window: int) -> Graph:
    """Return who worked with whom in the last ``window`` rounds, as far as ledgers remember."""
    graph: Graph = nx.Graph()
    graph.add_nodes_from(range(world.org.load.size))
    remembered = world.ledger
    used = np.arange(remembered.partner.shape[1]) < remembered.used[:, None]
    recent = used & (remembered.last_worked > now - window) & (remembered.last_worked >= 0)
    rows, slots = np.nonzero(recent)
    graph.add_edges_from(zip(rows.tolist(), remembered.partner[rows, slots].tolist(), strict=True))
    return graph


def compute_mean_path_length(graph: Graph) -> float:
    """Return the mean distance within a connected graph.

    At most 200 evenly spaced starting points are used.
    """
    nodes = list(graph)
    sources = nodes[:: max(1, len(nodes) // MAXIMUM_PATH_SOURCES)]
    lengths = [
        sum(nx.single_source_shortest_path_length(graph, source).values()) / (len(nodes) - 1)
        for source in sources
    ]
    return float(np.mean(lengths))


def compute_network_measures(world: World, now: int, window: int) -> dict[str, float]:
    """Return the measures of a partner network by name.

    Density, degree, clustering, giant component, path length, degree assortativity and small-world
    index.

    The small-world index compares clustering and path length with a random graph of the same size
    and degree, C n / k and L ln k / ln n (Watts & Strogatz 1998; Humphries & Gurney 2008). What is
    undefined for a network is NaN.
    """
    graph = build_partner_network(world, now, window)
    n, degree = len(graph), 2 * graph.number_of_edges() / len(graph)
    giant = graph.subgraph(
        max(nx.connected_components(graph), key=len)
    ).copy()  # a view looks every node up again at every step
    clustering = nx.average_clustering(graph)
    path = compute_mean_path_length(giant) if len(giant) > 1 else float("nan")
    degrees = {d for edge in graph.edges for d in (graph.degree[edge[0]], graph.degree[edge[1]])}
    assortativity = nx.degree_assortativity_coefficient(graph) if len(degrees) > 1 else float("nan")
    random_like = degree > 1.0 and len(giant) > 1
    index = (
        (clustering * n / degree) / (path * log(degree) / log(n)) if random_like else float("nan")
    )
    values = (
        nx.density(graph),
        degree,
        clustering,
        len(giant) / n,
        path,
        float(assortativity),
        index,
    )
    return dict(zip(NETWORK_MEASURES, values, strict=True))
