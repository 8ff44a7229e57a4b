"""Guimera, Uzzi, Spiro & Amaral (2005): team assembly decides whether one community forms.

In every round a team of ``team_size`` (m) is assembled, place by place.

1. With probability ``p`` the place goes to an incumbent, somebody who has been in an earlier team;
  otherwise to a newcomer.
2. Where an incumbent is in the team already, with probability ``q`` it goes to a past collaborator
  of one of those; otherwise to any incumbent.

All members of a team become linked. Agents that have been in no team for longer than ``idle`` (tau)
rounds leave with all their links. The outcome is S, the share of agents in the largest component:
it rises with p as in a phase transition, later the more past collaborators are preferred.

Left open: of whom a past collaborator is sought, one of the incumbents in the team chosen at
random, or any of them, all candidates being as likely (``collaborators``); and the start: here
nobody is there, and a place for which no incumbent is left goes to a newcomer. Newcomers of the
team under assembly are not incumbents yet. A past collaborator is never lacking: those of an
incumbent's last team, m - 1 others, are all still there, for they were last active no earlier, and
at most m - 2 of them can be in the team that still has a place.

Source: Guimera, R., Uzzi, B., Spiro, J. & Amaral, L. A. N. (2005), Team assembly mechanisms
determine collaboration network structure and team performance, Science 308:697-702.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from sim.array_model import RowAgent, RowAttribute
from sim.classics.classic import ClassicModel, Floats, Integers64, Parameters, declare_measures
from sim.classics.components import (
    Components,
    compute_largest_size,
    mark_sought,
    remove_from_component,
    split_component,
    unite_components,
)
from sim.classics.draws import compute_word_limit, draw_word, start_sequence
from sim.classics.kernels import classic_entry
from sim.config import declare_parameter
from sim.observation.measures import Measure
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed

PAPER = "Guimera et al. 2005"
NO_AGENT = -1
PRESENT_AGENTS, FREE_AGENT_PLACES, LINKED_PAIRS, LINKS_MADE, LINKS_REPEATED = range(
    5
)  # what is counted: agents, free places, pairs linked now, links made and made again
MOST_AGENTS_AT_ONCE = 4000  # agents that may be there at once


class Stream(IntEnum):
    """Streams of draws."""

    TEAM = 1


class GuimeraParameters(Parameters):
    """Parameters of Guimera et al. 2005."""

    rounds: int = declare_parameter(
        1000,
        "teams of one run",
        unit="teams",
        source="assumed: many times the time after which the idle leave",
        ge=1,
        le=1_000_000,
    )
    p: float = declare_parameter(
        0.4, "chance that a place goes to an incumbent", unit="per place", source=PAPER, ge=0, le=1
    )
    q: float = declare_parameter(
        0.5,
        "chance that an incumbent is a past collaborator",
        unit="per place",
        source=PAPER,
        ge=0,
        le=1,
    )
    team_size: int = declare_parameter(
        4, "members of a team", symbol="m", unit="agents", source=PAPER, ge=1, le=50
    )
    idle: int = declare_parameter(
        100,
        "rounds without a team after which an agent leaves",
        symbol="tau",
        unit="rounds",
        source=PAPER,
        ge=1,
        le=2000,
    )
    collaborators: Literal["one", "any"] = declare_parameter(
        "one",
        "whose past collaborators are sought: of one in the team, or of any",
        source="left open",
    )

    @model_validator(mode="after")
    def possible(self) -> Self:
        """Refuse more agents than there is room for."""
        if self.team_size * (self.idle + 2) > MOST_AGENTS_AT_ONCE:
            most = MOST_AGENTS_AT_ONCE // self.team_size - 2
            raise ValueError(
                f"idle is {self.idle}, which with teams of {self.team_size} may be more than"
                f" {MOST_AGENTS_AT_ONCE} agents at once: at most {most}"
            )
        return self


class Place(RowAgent):
    """A place in the network, taken by one agent after another."""

    taken = RowAttribute("taken", "whether an agent is there")
    collaborators = RowAttribute("degrees", "agents it has worked with that are still there")
    last = RowAttribute("last", "the round of its last team")


class Guimera2005(ClassicModel):
    """Teams of incumbents and newcomers, and the network they leave.

    Args:
        parameters: ``GuimeraParameters``; or give single ones by name.
        rng: seed or generator, as Mesa takes it.

    Source: Guimera, Uzzi, Spiro & Amaral (2005).

    Example:
        >>> model = Guimera2005(p=0.4, q=0.5, rng=1).run(50)
        >>> 0 < model.largest_share <= 1
        True
    """

    Parameters = GuimeraParameters
    Agent = Place
    MEASURES = declare_measures(
        largest_share=Measure("share of agents in the largest component, S", "0-1"),
        agents_present=Measure("agents that are there", "agents"),
        collaborators=Measure("past collaborators of an agent, on average", "agents"),
        repeated=Measure("share of links so far between agents linked already", "0-1"),
    )

    def begin(self) -> None:
        """Make room for as many agents as can ever be there."""
        room = self.parameters.team_size * (self.parameters.idle + 2)
        # First contacts of all lie together: lists are short, and room is large.
        self.neighbours = np.empty((room, room), dtype=np.uint16, order="F")
        self.degrees = np.zeros(room, dtype=np.int64)
        self.last, self.taken = np.zeros(room, dtype=np.int64), np.zeros(room, dtype=np.bool_)
        self.present, self.positions, self.unused = (np.arange(room) for _ in range(3))
        self.counts = np.array([0, room, 0, 0, 0])
        self.teams = np.zeros((self.parameters.idle + 2, self.parameters.team_size), dtype=np.int64)
        self.components = Components.of_nobody(room)

    @property
    def size(self) -> int:
        """Number of places."""
        return len(self.degrees)

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Assemble some teams."""
        p = self.parameters
        crowd = Crowd(
            self.neighbours,
            self.degrees,
            self.last,
            self.taken,
            self.present,
            self.positions,
            self.unused,
            self.counts,
            self.teams,
        )
        rules = p.p, p.q, p.team_size, p.idle, p.collaborators == "one"
        play_guimera(crowd, self.components, self.key, rules, first, rounds, rows)
        return rounds


MODEL = Guimera2005
AssemblyRules = tuple[float, float, int, int, bool]


class Crowd(NamedTuple):
    """Who is there and who has worked with whom.

    ``counts`` says how many of ``present`` are agents and how many of ``unused`` are free places.
    ``positions`` is where an agent is in ``present``; incumbents of a new team come first there.
    ``teams`` are those of the last rounds, by round modulo their number.
    """

    neighbours: NDArray[np.uint16]
    degrees: Integers64
    last: Integers64
    taken: NDArray[np.bool_]
    present: Integers64
    positions: Integers64
    unused: Integers64
    counts: Integers64
    teams: Integers64


@classic_entry
def play_guimera(
    crowd: Crowd,
    components: Components,
    key: Seed,
    rules: AssemblyRules,
    first: int,
    rounds: int,
    rows: Floats,
) -> None:
    """Assemble a team per round."""
    room, remembered = crowd.degrees.size, crowd.teams.shape[0]
    found, marks = np.empty(room, dtype=np.uint16), np.zeros(room, dtype=np.bool_)
    for now in range(first, first + rounds):
        team = crowd.teams[now % remembered]
        fill_team_places(crowd, team, start_sequence(key, Stream.TEAM, now, 0), rules, found, marks)
        link_team_members(crowd, team, now)
        unite_components(components, team)
        if now > rules[3]:
            remove_idle_agents(
                crowd, components, crowd.teams[(now + 1) % remembered], now - rules[3] - 1
            )
        write_guimera_measures(crowd, components, rows[now - first])
    if rounds == 0:
        write_guimera_measures(crowd, components, rows[0])


@kernel
def fill_team_places(
    crowd: Crowd,
    team: Integers64,
    draws: np.uint64,
    rules: AssemblyRules,
    found: NDArray[np.uint16],
    marks: NDArray[np.bool_],
) -> None:
    """Fill the places of a team, four words for each."""
    p, q, _, _, of_one = rules
    incumbents = 0
    for place in range(team.size):
        chosen, left, number = NO_AGENT, crowd.counts[PRESENT_AGENTS] - incumbents, 4 * place
        if left > 0 and draw_word(draws, number) < compute_word_limit(p):
            if incumbents > 0 and draw_word(draws, number + 1) < compute_word_limit(q):
                chosen = find_past_collaborator(
                    crowd,
                    incumbents,
                    draw_word(draws, number + 2),
                    draw_word(draws, number + 3),
                    of_one,
                    found,
                    marks,
                )
            else:
                chosen = crowd.present[incumbents + draw_word(draws, number + 2) % left]
        if chosen == NO_AGENT:
            crowd.counts[FREE_AGENT_PLACES] -= 1
            team[place] = crowd.unused[crowd.counts[FREE_AGENT_PLACES]]
        else:
            team[place] = chosen
            swap_positions(crowd, chosen, incumbents)
            incumbents += 1


@kernel
def swap_positions(crowd: Crowd, agent: int, position: int) -> None:
    """Let an agent change its position with who stands there, in place."""
    other, old = crowd.present[position], crowd.positions[agent]
    crowd.present[position], crowd.present[old] = agent, other
    crowd.positions[agent], crowd.positions[other] = position, old


@kernel
def find_past_collaborator(
    crowd: Crowd,
    incumbents: int,
    who: np.int64,
    which: np.int64,
    of_one: bool,
    found: NDArray[np.uint16],
    marks: NDArray[np.bool_],
) -> int:
    """Return a past collaborator of one, or any, of the incumbents who is not in the team."""
    one = who % incumbents
    count = 0
    for position in range(one if of_one else 0, one + 1 if of_one else incumbents):
        agent = crowd.present[position]
        for other in crowd.neighbours[agent, : crowd.degrees[agent]]:
            if crowd.positions[other] >= incumbents and not marks[other]:
                marks[other], found[count] = True, other
                count += 1
    for index in range(count):
        marks[found[index]] = False
    return found[which % count]


@kernel
def link_team_members(crowd: Crowd, team: Integers64, now: int) -> None:
    """Let newcomers in, and link all members."""
    for place in range(team.size):
        agent = team[place]
        if not crowd.taken[agent]:
            crowd.taken[agent], crowd.degrees[agent] = True, 0
            crowd.present[crowd.counts[PRESENT_AGENTS]], crowd.positions[agent] = (
                agent,
                crowd.counts[PRESENT_AGENTS],
            )
            crowd.counts[PRESENT_AGENTS] += 1
        crowd.last[agent] = now
        for earlier in range(place):
            crowd.counts[LINKS_MADE] += 1
            if has_worked_with(crowd, agent, team[earlier]):
                crowd.counts[LINKS_REPEATED] += 1
            else:
                crowd.counts[LINKED_PAIRS] += 1
                add_collaborator(crowd, agent, team[earlier])
                add_collaborator(crowd, team[earlier], agent)


@kernel
def has_worked_with(crowd: Crowd, agent: int, other: int) -> bool:
    """Tell whether two have worked together."""
    for known in crowd.neighbours[agent, : crowd.degrees[agent]]:
        if known == other:
            return True
    return False


@kernel
def add_collaborator(crowd: Crowd, agent: int, other: int) -> None:
    """Let an agent know another."""
    crowd.neighbours[agent, crowd.degrees[agent]] = other
    crowd.degrees[agent] += 1


@kernel
def remove_idle_agents(crowd: Crowd, components: Components, team: Integers64, then: int) -> None:
    """Remove agents whose last team was the one of that step.

    All of that team were there, and know each other: who knew nobody else leaves nobody apart, and
    who may be apart now is among the contacts of those who did.
    """
    staying, sought = team.size, 0
    while True:
        gone, position = NO_AGENT, -1
        for agent in team:
            if (
                crowd.taken[agent]
                and crowd.last[agent] == then
                and crowd.positions[agent] > position
            ):  # from the end, for the order of the rest
                gone, position = agent, crowd.positions[agent]
        if gone == NO_AGENT:
            break
        staying -= 1
        if crowd.degrees[gone] > staying:
            sought = mark_sought(components, crowd.neighbours[gone, : crowd.degrees[gone]], sought)
        remove_from_component(components, gone)
        remove_crowd_member(crowd, gone)
    if sought > 0:
        split_component(components, crowd.neighbours, crowd.degrees, sought, team.size)


@kernel
def remove_crowd_member(crowd: Crowd, agent: int) -> None:
    """Let an agent leave, with all its links."""
    crowd.counts[LINKED_PAIRS] -= crowd.degrees[agent]
    for other in crowd.neighbours[agent, : crowd.degrees[agent]]:
        remove_collaborator(crowd, other, agent)
    swap_positions(crowd, agent, crowd.counts[PRESENT_AGENTS] - 1)
    crowd.counts[PRESENT_AGENTS] -= 1
    crowd.unused[crowd.counts[FREE_AGENT_PLACES]] = agent
    crowd.counts[FREE_AGENT_PLACES] += 1
    crowd.taken[agent], crowd.degrees[agent] = False, 0


@kernel
def remove_collaborator(crowd: Crowd, agent: int, gone: int) -> None:
    """Take one who has gone off an agent's list."""
    last = crowd.degrees[agent] - 1
    for index in range(last + 1):
        if crowd.neighbours[agent, index] == gone:
            crowd.neighbours[agent, index] = crowd.neighbours[agent, last]
            crowd.degrees[agent] = last
            return


@kernel
def write_guimera_measures(crowd: Crowd, components: Components, row: Floats) -> None:
    """Write the measures into a row; before the first team all are 0."""
    there = crowd.counts[PRESENT_AGENTS]
    row[0], row[1] = compute_largest_size(components) / max(1, there), there
    row[2] = 2 * crowd.counts[LINKED_PAIRS] / max(1, there)
    row[3] = crowd.counts[LINKS_REPEATED] / max(1, crowd.counts[LINKS_MADE])
