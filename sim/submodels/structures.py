"""Forms of light organising as tables, and the coordination graph of a round (rules.md, sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from sim.config import Structure
from sim.errors import InputError, shown
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, pick, uniform
from sim.state import Collaborations, Flags, Forms, Organisations, Scratch, Settings
from sim.submodels.production import SHARING_RULES

NONE, COMPLETE, RING, STAR, MEDIATED, RANDOM, SMALL_WORLD, OWN = range(8)
TOPOLOGIES = {
    "none": NONE, "complete": COMPLETE, "ring": RING, "star": STAR, "mediated": MEDIATED, "random": RANDOM, "small_world": SMALL_WORLD,
}  # fmt: skip
LINKED, CONVENOR, LEADERS, EVERYONE = range(4)
EXPOSURES = {"linked": LINKED, "convenor": CONVENOR, "leaders": LEADERS, "everyone": EVERYONE}
TOPOLOGY = int(Process.TOPOLOGY)

Links = Sequence[tuple[int, int]]
LinkRule = Callable[[int], Links]


def complete_links(size: int) -> Links:
    """Link every pair of positions."""
    return [(a, b) for a in range(size) for b in range(a + 1, size)]


def ring_links(size: int) -> Links:
    """Link every position to the next; two positions share one link."""
    return [(a, (a + 1) % size) for a in range(size if size > 2 else size - 1)]


def star_links(size: int) -> Links:
    """Link every position to the convenor's, 0."""
    return [(0, a) for a in range(1, size)]


def small_world_links(size: int) -> Links:
    """Link a ring and a few chords across it (fixed, after Watts & Strogatz 1998)."""
    return [*ring_links(size), *((2 * c, 2 * c + size // 2) for c in range(size // 4))]


LINK_RULES: dict[str, LinkRule] = {
    "complete": complete_links, "ring": ring_links, "star": star_links, "small_world": small_world_links,
}  # fmt: skip


def pairs(given: Any, name: str, size: int) -> list[tuple[int, int]]:
    """Return what a link rule gave as pairs of whole numbers; refuse what is none."""
    try:
        return [(index(a), index(b)) for a, b in given]
    except (TypeError, ValueError):
        raise InputError(
            f"structure.topology={name} gives {shown(given)} for {size} members; it must give a list of pairs of positions, 0 to {size - 1}"
        ) from None


def link_table(links: LinkRule, name: str, largest: int) -> tuple[Flags, np.ndarray]:
    """Return who is linked (size, position, position) and the number of links, for every team size up to ``largest``."""
    linked = np.zeros((largest + 1, largest, largest), dtype=np.int8)
    count = np.zeros(largest + 1)
    for size in range(2, largest + 1):
        for a, b in pairs(links(size), name, size):
            if not (0 <= a < size and 0 <= b < size) or a == b:
                raise InputError(
                    f"structure.topology={name} gives the link {(a, b)} for {size} members; positions go from 0 to {size - 1} and differ"
                )
            linked[size, a, b] = linked[size, b, a] = 1
        count[size] = linked[size].sum() / 2
    return linked, count


def form_tables(structures: Sequence[Structure], own_links: dict[str, LinkRule]) -> Forms:
    """Turn forms into columns; ``own_links`` holds the user's topologies by name."""
    largest = max(s.max_size for s in structures)
    linked = np.zeros((len(structures), largest + 1, largest, largest), dtype=np.int8)
    count = np.zeros((len(structures), largest + 1))
    for f, s in enumerate(structures):
        rule = own_links.get(s.topology, LINK_RULES.get(s.topology))
        if rule is not None:
            linked[f], count[f] = link_table(rule, s.topology, largest)
        elif s.topology == "mediated":
            count[f] = np.arange(largest + 1)
        elif s.topology == "random":
            sizes = np.arange(largest + 1)
            count[f] = np.maximum(0, sizes - 1) + (s.extra_links or 0.0) * sizes
    channels = np.array([[s.discovery.encounter, s.discovery.referral, s.discovery.directory, s.discovery.convenor] for s in structures])
    cumulated = np.cumsum(channels / channels.sum(axis=1, keepdims=True), axis=1)
    for f in range(len(structures)):
        cumulated[f, np.flatnonzero(channels[f])[-1] :] = 1.0

    def integers(values: Sequence[int]) -> np.ndarray:
        return np.array(values, dtype=np.int32)

    def floats(field: str) -> np.ndarray:
        return np.array([getattr(s, field) or 0.0 for s in structures], dtype=np.float64)

    return Forms(
        topology=integers([TOPOLOGIES.get(s.topology, OWN) for s in structures]),
        min_size=integers([s.min_size for s in structures]),
        max_size=integers([s.max_size for s in structures]),
        formalisation=floats("formalisation"),
        setup_cost=floats("setup_cost"),
        link_cost=floats("link_cost"),
        rule_cost=floats("rule_cost"),
        exit_cost=floats("exit_cost"),
        mediator=floats("mediator_understanding"),
        extra_links=floats("extra_links"),
        entry_open=np.array([s.entry == "open" for s in structures], dtype=np.int8),
        channels=cumulated,
        exposure=integers([EXPOSURES[s.exposure] for s in structures]),
        seen_at_most=integers([s.seen_at_most for s in structures]),
        persistence=floats("persistence"),
        inertia=floats("inertia"),
        term=integers([s.term for s in structures]),
        modularity=floats("modularity"),
        sharing=integers([SHARING_RULES[s.sharing] for s in structures]),
        link_count=count,
        linked=linked,
    )


@kernel
def place_of(org: Organisations, i: int, c: int) -> int:
    """Return the place of a collaboration among those of an organisation."""
    place = 0
    while org.places[i, place] != c:
        place += 1
    return place


@kernel
def draw_links(org: Organisations, col: Collaborations, forms: Forms, scratch: Scratch, p: Settings, c: int, now: int) -> int:
    """Write the coordination graph of this round into ``scratch.linked``; return the number of links (not for mediated)."""
    size, form, linked = col.size[c], col.form[c], scratch.linked
    topology = forms.topology[form]
    links = 0
    for a in range(size):
        for b in range(size):
            linked[a, b] = 0
    if topology == MEDIATED:
        return size
    if topology != RANDOM:
        for a in range(size):
            for b in range(size):
                linked[a, b] = forms.linked[form, size, a, b]
                links += linked[a, b]
        return links // 2
    for a in range(1, size):
        i = col.members[c, a]
        b = pick(uniform(p.seed, TOPOLOGY, now, i, 3 * place_of(org, i, c)), a)
        linked[a, b] = linked[b, a] = 1
    for a in range(size):
        i = col.members[c, a]
        number = 3 * place_of(org, i, c)
        if uniform(p.seed, TOPOLOGY, now, i, number + 1) < forms.extra_links[form]:
            b = pick(uniform(p.seed, TOPOLOGY, now, i, number + 2), size - 1)
            if b >= a:
                b += 1
            linked[a, b] = linked[b, a] = 1
    for a in range(size):
        for b in range(a):
            links += linked[a, b]
    return links
