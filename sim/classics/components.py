"""Connected components of a network, kept up to date while agents come, link and leave.

Agents are numbers; ``neighbours[agent, :degrees[agent]]`` are those it is linked to.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.classics.classic import Integers64
from sim.runtime.compilation import kernel

NO_COMPONENT = -1  # the label of agents in no component
UNSEEN, SOUGHT, REACHED = range(3)  # how far a search has come with an agent


class Components(NamedTuple):
    """The component of every agent, and the size of every component.

    ``labels`` by agent; ``sizes`` by label, 0 for labels not in use.

    The rest is room for searches: the label given last, agents that are sought and that were found,
    and how far a search has come with each.
    """

    labels: NDArray[np.int16]
    sizes: NDArray[np.int16]
    latest: Integers64
    sought: NDArray[np.uint16]
    found: NDArray[np.uint16]
    marks: NDArray[np.uint8]

    @classmethod
    def make_empty(cls, room: int) -> Self:
        """Return room for a number of agents, at most 32,767, without any yet."""
        labels, sizes = np.full(room, NO_COMPONENT, dtype=np.int16), np.zeros(room, dtype=np.int16)
        sought, found = (
            np.zeros(room, dtype=np.uint16),
            np.zeros(room + 1, dtype=np.uint16),
        )  # one more, for an agent that turns out to be known already
        return cls(
            labels,
            sizes,
            np.zeros(1, dtype=np.int64),
            sought,
            found,
            np.zeros(room, dtype=np.uint8),
        )


@kernel
def compute_largest_size(components: Components) -> int:
    """Return how many agents the largest component has."""
    most = 0
    for size in components.sizes:
        most = max(most, size)
    return most


@kernel
def unite_components(components: Components, members: Integers64) -> None:
    """Unite the components of the members under the label of the largest.

    Newcomers are in no component yet.
    """
    labels, sizes = components.labels, components.sizes
    label, size = NO_COMPONENT, 0
    for agent in members:
        own = labels[agent]
        if own != NO_COMPONENT and sizes[own] > size:
            label, size = own, sizes[own]
    if label == NO_COMPONENT:
        label = find_free_label(components)
    for agent in members:
        own = labels[agent]
        if own == NO_COMPONENT:
            labels[agent] = label
            size += 1
        elif own != label:
            for other in range(labels.size):  # all of them, without a branch: many at a time
                labels[other] = label if labels[other] == own else labels[other]
            size += sizes[own]
            sizes[own] = 0
    sizes[label] = size


@kernel
def find_free_label(components: Components) -> int:
    """Return a label that no component has."""
    label, sizes = components.latest[0], components.sizes
    while sizes[label] > 0:
        label = label + 1 if label + 1 < sizes.size else 0
    components.latest[0] = label
    return label


@kernel
def remove_from_component(components: Components, agent: int) -> None:
    """Take out an agent that leaves.

    Where others may be disconnected then, mark its contacts before and split them after.
    """
    components.sizes[components.labels[agent]] -= 1
    components.labels[agent] = NO_COMPONENT


@kernel
def mark_sought(components: Components, contacts: NDArray[np.uint16], sought: int) -> int:
    """Add contacts to the agents that are sought; return how many these are then."""
    for agent in contacts:
        if components.marks[agent] == UNSEEN:
            components.marks[agent], components.sought[sought] = SOUGHT, agent
            sought += 1
    return sought


@kernel
def split_component(
    components: Components,
    neighbours: NDArray[np.uint16],
    degrees: Integers64,
    sought: int,
    team_size: int,
) -> None:
    """Give separate labels to agents of a component that are disconnected now.

    Those connected with the last of them keep the label. Most often all are connected by few
    others, and nobody else is looked at. ``team_size`` is explained in ``search_component``.
    """
    left = 0
    for index in range(sought):
        agent = components.sought[index]
        if components.labels[agent] == NO_COMPONENT:  # it was removed itself since
            components.marks[agent] = UNSEEN
        else:
            components.sought[left] = agent
            left += 1
    reached, unreached = 0, left
    for index in range(left):
        root = components.sought[index]
        if unreached > 0 and components.marks[root] == SOUGHT:
            begun = reached
            reached, unreached = search_component(
                components, neighbours, degrees, root, reached, unreached, team_size
            )
            if unreached > 0:
                split_off_members(components, components.found[begun:reached])
    for index in range(reached):
        components.marks[components.found[index]] = UNSEEN


@kernel
def search_component(
    components: Components,
    neighbours: NDArray[np.uint16],
    degrees: Integers64,
    root: int,
    reached: int,
    unreached: int,
    team_size: int,
) -> tuple[int, int]:
    """Reach all agents that are connected with one, or enough to reach all that are sought.

    All of an agent's last team must be present, and know each other. So neighbours of
    agents with ``team_size - 1`` contacts are not visited: another of that team reaches them.
    """
    found, marks, looked_at = components.found, components.marks, reached
    marks[root], found[reached] = REACHED, root
    reached, unreached = reached + 1, unreached - 1
    while looked_at < reached and unreached > 0:
        agent = found[looked_at]
        if agent == root or degrees[agent] >= team_size:
            for index in range(
                degrees[agent]
            ):  # without a branch, which the processor could not predict
                other = neighbours[agent, index]
                found[reached] = other
                reached += marks[other] != REACHED
                unreached -= marks[other] == SOUGHT
                marks[other] = REACHED
        looked_at += 1
    return reached, unreached


@kernel
def split_off_members(components: Components, members: NDArray[np.uint16]) -> None:
    """Make a separate component of some members of one."""
    label = find_free_label(components)
    components.sizes[components.labels[members[0]]] -= members.size
    components.sizes[label] = members.size
    for agent in members:
        components.labels[agent] = label
