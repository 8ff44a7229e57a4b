"""Forms as tables, and the coordination graph of a round (rules.md, sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from sim.config import Discovery, FormTopology, Structure
from sim.encoding import FormColumns, encode_forms
from sim.errors import InputError, format_value
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, draw_uniform, pick_index
from sim.state import Flags, Floats, Forms, World

TOPOLOGY_STREAM = int(Process.TOPOLOGY)

LinkPairs = Sequence[tuple[int, int]]
LinkRule = Callable[[int], LinkPairs]


def list_complete_links(size: int) -> LinkPairs:
    """Link every pair of positions."""
    return [(a, b) for a in range(size) for b in range(a + 1, size)]


def list_ring_links(size: int) -> LinkPairs:
    """Link every position to the next; two positions share one link."""
    return [(a, (a + 1) % size) for a in range(size if size > 2 else size - 1)]


def list_star_links(size: int) -> LinkPairs:
    """Link every position to the convenor's, 0."""
    return [(0, a) for a in range(1, size)]


def list_small_world_links(size: int) -> LinkPairs:
    """Link a ring and a few chords across it (fixed, after Watts & Strogatz 1998)."""
    return [*list_ring_links(size), *((2 * c, 2 * c + size // 2) for c in range(size // 4))]


LINK_RULES: dict[str, LinkRule] = {
    "complete": list_complete_links,
    "ring": list_ring_links,
    "star": list_star_links,
    "small_world": list_small_world_links,
}


def check_pairs(given: Any, name: str, size: int) -> list[tuple[int, int]]:
    """Return what a link rule gave as pairs of whole numbers; refuse what is none."""
    try:
        return [(index(a), index(b)) for a, b in given]
    except (TypeError, ValueError):
        raise InputError(
            f"structure.topology={name} gives {format_value(given)} for {size} members; it must"
            f" give a list of pairs of positions, 0 to {size - 1}"
        ) from None


def build_link_table(links: LinkRule, name: str, largest: int) -> tuple[Flags, np.ndarray]:
    """Return who is linked, shape (size, position, position), and the links by team size."""
    linked = np.zeros((largest + 1, largest, largest), dtype=np.int8)
    count = np.zeros(largest + 1)
    for size in range(2, largest + 1):
        for a, b in check_pairs(links(size), name, size):
            if not (0 <= a < size and 0 <= b < size) or a == b:
                raise InputError(
                    f"structure.topology={name} gives the link {(a, b)} for {size} members;"
                    f" positions go from 0 to {size - 1} and differ"
                )
            linked[size, a, b] = linked[size, b, a] = 1
        count[size] = linked[size].sum() / 2
    return linked, count


def build_forms(structures: Sequence[Structure], user_links: dict[str, LinkRule]) -> Forms:
    """Turn forms into columns; ``user_links`` holds the user's topologies by name."""
    largest = max(s.max_size for s in structures)
    linked = np.zeros((len(structures), largest + 1, largest, largest), dtype=np.int8)
    count = np.zeros((len(structures), largest + 1))
    for f, s in enumerate(structures):
        rule = user_links.get(s.topology, LINK_RULES.get(s.topology))
        if rule is not None:
            linked[f], count[f] = build_link_table(rule, s.topology, largest)
        elif s.topology == "mediated":
            count[f] = np.arange(largest + 1)
        elif s.topology == "random":
            sizes = np.arange(largest + 1)
            count[f] = np.maximum(0, sizes - 1) + (s.extra_links or 0.0) * sizes
    return FormColumns(
        **encode_forms(structures),
        channels=cumulate_channels([form.discovery for form in structures]),
        link_count=count,
        linked=linked,
    )


def cumulate_channels(shares: Sequence[Discovery]) -> Floats:
    """Return the cumulated shares of the search channels per form, in the order of declaration."""
    channels = np.array([list(discovery.model_dump().values()) for discovery in shares])
    cumulated = np.cumsum(channels / channels.sum(axis=1, keepdims=True), axis=1)
    for form, given in enumerate(channels):
        cumulated[form, np.flatnonzero(given)[-1] :] = 1.0
    return cumulated


@kernel
def find_place(w: World, i: int, c: int) -> int:
    """Return the place of a collaboration among those of an organisation."""
    place = 0
    while w.org.places[i, place] != c:
        place += 1
    return place


@kernel
def draw_random_links(w: World, c: int, now: int) -> None:
    """Add a random spanning tree, and further links by chance, to ``scratch.linked``."""
    members, linked, size = w.col.members[c], w.scratch.linked, w.col.size[c]
    extra_links, seed = w.forms.extra_links[w.col.form[c]], w.p.run.seed
    for a in range(1, size):
        i = members[a]
        b = pick_index(draw_uniform(seed, TOPOLOGY_STREAM, now, i, 3 * find_place(w, i, c)), a)
        linked[a, b] = linked[b, a] = 1
    for a in range(size):
        i = members[a]
        number = 3 * find_place(w, i, c)
        if draw_uniform(seed, TOPOLOGY_STREAM, now, i, number + 1) < extra_links:
            b = pick_index(draw_uniform(seed, TOPOLOGY_STREAM, now, i, number + 2), size - 1)
            if b >= a:
                b += 1
            linked[a, b] = linked[b, a] = 1


@kernel
def draw_links(w: World, c: int, now: int) -> int:
    """Write the coordination graph of this round into ``scratch.linked``; return its links.

    A mediated form has none among members, and as many links as members, to the mediator.
    """
    size, form, linked = w.col.size[c], w.col.form[c], w.scratch.linked
    topology, links = w.forms.topology[form], 0
    for a in range(size):
        for b in range(size):
            linked[a, b] = 0
    if topology == FormTopology.MEDIATED:
        return size
    if topology != FormTopology.RANDOM:
        for a in range(size):
            for b in range(size):
                linked[a, b] = w.forms.linked[form, size, a, b]
                links += linked[a, b]
        return links // 2
    draw_random_links(w, c, now)
    for a in range(size):
        for b in range(a):
            links += linked[a, b]
    return links
