"""Hong & Page (2004): a team of random problem solvers can beat a team of the best ones.

A problem is a ring of ``n`` places with values from U(0, 100). A heuristic is ``k`` different steps
of 1 to ``l``, in order. From where it stands it looks at its first step ahead and goes there if
that is strictly better, then at its second, ..., and begins again until none is better. Its
*ability* is the mean value at which it ends, over all starts. A team works in *relay*: one member
after the other goes on from where the one before it ended, round after round, until nobody
improves. The *best* team has the ``agents`` ablest of all ``l! / (l - k)!`` heuristics, the
*random* team as many different ones at random. ``performance`` is the mean value at which the team
ends, over all starts; ``diversity`` the share of places of two heuristics that hold different
steps, mean over pairs.

Both teams are played on every landscape: ``team`` says of which the measures are, ``lead`` and
``wins`` compare it with the other.

``smoothness`` (Grim et al. 2019) is the mean distance of places whose value is drawn; those between
lie on straight lines. On smooth landscapes able heuristics are able on every landscape, and the
advantage of the random team goes. ``strategy=tournament`` lets all members search from the same
place, and all go on from the best end found.

Left open by the paper: in which order members take turns (``turns``: as listed, the ablest of the
best team first, or an order drawn for each round); whether steps to equal values are taken (here
not; values are real numbers, so that there are none). Left open by Grim et al. is how distances are
drawn (``gaps``): *centred* is 1 to 2 s - 1, with mean s; *wide* is 1 to 2 s, as in the replication
of Wallrich (2022). Erratum: the paper's diversity of the best team, 71 to 75 %, does not replicate
(85 to 88 %; Wallrich 2022, after its author).

Source: Hong, L. & Page, S. E. (2004), Groups of diverse problem solvers can outperform groups of
high-ability problem solvers, PNAS 101(46):16385-16389. Grim, P. et al. (2019), Diversity, ability,
and expertise in epistemic communities, Philosophy of Science 86:98-123.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from itertools import permutations
from math import perm
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from sim.array_model import RowAgent, RowAttribute
from sim.classics.arithmetic import compute_mean
from sim.classics.classic import ClassicModel, Floats, Integers64, Parameters, declare_measures
from sim.classics.kernels import classic_entry
from sim.config import declare_parameter
from sim.observation.measures import Measure
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed, draw_uniform, pick_index

PAPER, GRIM = "Hong & Page 2004", "Grim et al. 2019"
TEAM_KINDS = ("best", "random")
MOST_HEURISTICS = 200_000  # heuristics, all of which are tried from every start


class Stream(IntEnum):
    """Streams of draws."""

    VALUE = 1
    GAP = 2
    MEMBER = 3
    TURN = 4


class HongPageParameters(Parameters):
    """Parameters of Hong & Page 2004."""

    rounds: int = declare_parameter(
        50,
        "rounds of the relay at most; a team that cannot improve stays",
        unit="rounds",
        source="assumed",
        ge=1,
        le=1_000_000,
    )
    n: int = declare_parameter(2000, "places of the ring", source=PAPER, ge=2, le=100_000)
    agents: int = declare_parameter(
        10, "members of a team", unit="agents", symbol="N", source=PAPER, ge=2, le=10_000
    )
    l: int = declare_parameter(
        12, "longest step of a heuristic", unit="places", source=PAPER, ge=1, le=100
    )
    k: int = declare_parameter(3, "steps of a heuristic", unit="steps", source=PAPER, ge=1, le=8)
    team: Literal["best", "random"] = declare_parameter(
        "random", "the team that measures are of; the other plays as well", source=PAPER
    )
    strategy: Literal["relay", "tournament"] = declare_parameter(
        "relay", "members go on from each other's ends, or all from the best end", source=GRIM
    )
    turns: Literal["listed", "drawn"] = declare_parameter(
        "listed", "order of members in the relay", source=f"left open by {PAPER}"
    )
    smoothness: int = declare_parameter(
        1,
        "mean distance of places with a value of their own (1: all)",
        unit="places",
        source=GRIM,
        ge=1,
        le=1000,
    )
    gaps: Literal["centred", "wide"] = declare_parameter(
        "centred", "distances are 1 to 2 s - 1, or 1 to 2 s", source=f"left open by {GRIM}"
    )

    @model_validator(mode="after")
    def possible(self) -> Self:
        """Refuse heuristics that do not exist, or too many of them."""
        if self.k > self.l:
            raise ValueError(
                f"k is {self.k}, but a heuristic has different steps of 1 to l={self.l}: lower k or"
                " raise l"
            )
        if self.l >= self.n:
            raise ValueError(
                f"l is {self.l}, but a ring of n={self.n} places has steps of 1 to {self.n - 1}:"
                " lower l or raise n"
            )
        if (count := perm(self.l, self.k)) > MOST_HEURISTICS:
            raise ValueError(
                f"l is {self.l} and k is {self.k}: that makes {count} heuristics, at most"
                f" {MOST_HEURISTICS} are tried; lower one of both"
            )
        if self.agents > count:
            raise ValueError(
                f"agents is {self.agents}, but there are {count} heuristics of k={self.k} steps up"
                f" to l={self.l}: lower it, or raise l"
            )
        return self


class Solver(RowAgent):
    """A member of the team."""

    heuristic = RowAttribute("heuristics", "its steps in order, shape (k,)")
    ability = RowAttribute("abilities", "mean value at which it ends alone, 0 to 100")


class HongPage2004(ClassicModel):
    """Teams of the best and of random problem solvers.

    Args:
        parameters: ``HongPageParameters``; or give single ones by name.
        rng: seed or generator, as Mesa takes it.

    Source: Hong & Page (2004), with smoothness and tournaments of Grim et al. (2019).

    Example:
        >>> model = HongPage2004(n=100, l=5, k=3, team="random", rng=1).run(5)
        >>> model.heuristics.shape, 0 <= model.performance <= 100
        ((10, 3), True)
    """

    Parameters = HongPageParameters
    Agent = Solver
    MEASURES = declare_measures(
        performance=Measure("mean value at which the team stands, over all starts", "0-100"),
        diversity=Measure(
            "places of two heuristics that hold different steps, mean over pairs", "percent"
        ),
        ability=Measure("mean ability of the members", "0-100"),
        lead=Measure("performance less that of the other team", "points"),
        wins=Measure("whether the team performs better than the other (as well: half)", "0-1"),
    )

    def begin(self) -> None:
        """Draw the landscape, try all heuristics on it, and make both teams."""
        p = self.parameters
        every = list_heuristics(p.l, p.k)
        self.values = draw_ring_landscape(self.key, p.n, p.smoothness, p.gaps == "wide")
        able = compute_abilities(self.values, every)
        chosen = (
            np.argsort(-able, kind="stable")[: p.agents],
            draw_distinct_numbers(self.key, p.agents, len(every)),
        )
        if p.team == "random":
            chosen = chosen[::-1]
        self.heuristics, self.abilities = every[chosen[0]], able[chosen[0]]
        self.ends = np.stack(
            [compute_member_ends(self.values, every[members]) for members in chosen]
        )  # own team first, then the other
        self.places = np.tile(np.arange(p.n, dtype=np.int64), (2, 1))  # where both stand, by start
        self.diversity_of_team = compute_team_diversity(self.heuristics)

    @property
    def size(self) -> int:
        """Number of members of the team."""
        return len(self.abilities)

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Search together for some rounds."""
        switches = self.parameters.strategy == "tournament", self.parameters.turns == "drawn"
        play_hong_page(self.values, self.ends, self.places, self.key, switches, first, rounds, rows)
        rows[:, 1], rows[:, 2] = self.diversity_of_team, self.abilities.mean()
        return rounds


MODEL = HongPage2004


@cache
def list_heuristics(longest: int, steps: int) -> Integers64:
    """Return all heuristics in lexical order, shape (l! / (l - k)!, k)."""
    return np.array(list(permutations(range(1, longest + 1), steps)), dtype=np.int64)


def compute_team_diversity(chosen: Integers64) -> float:
    """Return in percent how many places of two heuristics hold different steps, mean over pairs."""
    pairs = len(chosen) * (len(chosen) - 1)
    alike = sum(
        int((np.unique(steps, return_counts=True)[1] ** 2).sum()) - len(steps) for steps in chosen.T
    )
    return 100.0 * (1.0 - alike / (pairs * chosen.shape[1]))


@classic_entry
def draw_ring_landscape(key: Seed, n: int, smoothness: int, wide: bool) -> Floats:
    """Return the values of places: drawn at some, linear in between, closed to a ring."""
    values = np.empty(n)
    values[0] = 100.0 * draw_uniform(key, Stream.VALUE, 0, 0, 0)
    place = 0
    while place < n:
        widest = 2 * smoothness if wide else 2 * smoothness - 1
        ahead = place + 1 + pick_index(draw_uniform(key, Stream.GAP, 0, place, 0), widest)
        reached = values[0] if ahead >= n else 100.0 * draw_uniform(key, Stream.VALUE, 0, ahead, 0)
        until = min(ahead, n)  # the last line ends where the ring began
        for between in range(place + 1, until):
            slope = (reached - values[place]) * (between - place) / (until - place)
            values[between] = values[place] + slope
        if ahead < n:
            values[ahead] = reached
        place = ahead
    return values


@kernel
def compute_steps_ahead(values: Floats, falling: Integers64, longest: int) -> Integers64:
    """Return where one look ahead leads, by step less one and place.

    Places are numbered by height here, the highest first (``falling``).
    """
    n = values.size
    height, found = np.empty(n, dtype=np.int64), np.empty((longest, n), dtype=np.int64)
    height[falling] = np.arange(n)
    for step in range(longest):
        for own in range(n):
            ahead = (falling[own] + step + 1) % n
            found[step, own] = height[ahead] if values[ahead] > values[falling[own]] else own
    return found


@kernel
def write_step_ends(ahead: Integers64, steps: Integers64, reached: Integers64) -> None:
    """Write where looking at each of some steps once leads, from every place."""
    reached[:] = np.arange(reached.size)
    for step in steps:
        for own in range(reached.size):
            reached[own] = ahead[step - 1, reached[own]]


@kernel
def write_heuristic_ends(before_last: Integers64, last: Integers64, reached: Integers64) -> None:
    """Write where a heuristic ends from every place.

    Higher places come first: an agent that rises in a turn of all steps ends where the higher place
    ends.
    """
    for own in range(reached.size):
        here = last[before_last[own]]
        reached[own] = own if here == own else reached[here]


@classic_entry
def compute_abilities(values: Floats, every: Integers64) -> Floats:
    """Return the ability of each heuristic; in lexical order, many share all steps but the last."""
    falling, found, k = np.argsort(-values), np.empty(len(every)), every.shape[1]
    ahead, sinking = compute_steps_ahead(values, falling, every.max()), values[falling]
    before_last, reached = (
        np.empty(values.size, dtype=np.int64),
        np.empty(values.size, dtype=np.int64),
    )
    for number in range(len(every)):
        if number == 0 or (every[number, : k - 1] != every[number - 1, : k - 1]).any():
            write_step_ends(ahead, every[number, : k - 1], before_last)
        write_heuristic_ends(before_last, ahead[every[number, k - 1] - 1], reached)
        total = 0.0
        for end in reached:
            total += sinking[end]
        found[number] = total / values.size
    return found


@classic_entry
def compute_member_ends(values: Floats, members: Integers64) -> Integers64:
    """Return where each member ends from every start, shape (members, n)."""
    falling, k = np.argsort(-values), members.shape[1]
    ahead, found = (
        compute_steps_ahead(values, falling, members.max()),
        np.empty((len(members), values.size), dtype=np.int64),
    )
    before_last, reached = (
        np.empty(values.size, dtype=np.int64),
        np.empty(values.size, dtype=np.int64),
    )
    for member in range(len(members)):
        write_step_ends(ahead, members[member, : k - 1], before_last)
        write_heuristic_ends(before_last, ahead[members[member, k - 1] - 1], reached)
        found[member, falling] = falling[reached]
    return found


@classic_entry
def draw_distinct_numbers(key: Seed, count: int, below: int) -> Integers64:
    """Return different whole numbers at random."""
    numbers = np.arange(below)
    for place in range(count):
        other = place + pick_index(draw_uniform(key, Stream.MEMBER, 0, place, 0), below - place)
        numbers[place], numbers[other] = numbers[other], numbers[place]
    return numbers[:count].copy()


@classic_entry
def play_hong_page(
    values: Floats,
    reached: Integers64,
    places: Integers64,
    key: Seed,
    switches: tuple[bool, bool],
    first: int,
    rounds: int,
    rows: Floats,
) -> None:
    """Play rounds of both teams; once neither improves the last measures stand."""
    tournament, drawn = switches
    at_rest = False
    for now in range(first, first + rounds):
        if not at_rest:
            turns = draw_turn_order(key, reached.shape[1], drawn, now)
            at_rest = True
            for team in range(2):
                own = reached[team]
                moved = (
                    play_tournament(values, own, places[team])
                    if tournament
                    else play_relay(own, places[team], turns)
                )
                at_rest = at_rest and not moved
        write_hong_page_measures(values, places, rows[now - first])
    if rounds == 0:
        write_hong_page_measures(values, places, rows[0])


@kernel
def draw_turn_order(key: Seed, members: int, drawn: bool, now: int) -> Integers64:
    """Return the order in which members take turns."""
    turns = np.arange(members)
    if drawn:
        for turn in range(members):
            other = turn + pick_index(draw_uniform(key, Stream.TURN, now, turn, 0), members - turn)
            turns[turn], turns[other] = turns[other], turns[turn]
    return turns


@kernel
def play_relay(reached: Integers64, places: Integers64, turns: Integers64) -> bool:
    """Let one member after the other go on, in place; tell whether anybody moved."""
    moved = False
    for start in range(places.size):
        here = places[start]
        for member in turns:
            here = reached[member, here]
        moved |= here != places[start]
        places[start] = here
    return moved


@kernel
def play_tournament(values: Floats, reached: Integers64, places: Integers64) -> bool:
    """Let all members go on from the same place to the best end any of them finds.

    In place; return whether anybody moved.
    """
    moved = False
    for start in range(places.size):
        best = places[start]
        for member in range(reached.shape[0]):
            end = reached[member, places[start]]
            best = end if values[end] > values[best] else best
        moved |= best != places[start]
        places[start] = best
    return moved


@kernel
def write_hong_page_measures(values: Floats, places: Integers64, row: Floats) -> None:
    """Write performance, lead and who wins into a row of measures."""
    own, other = compute_mean(values[places[0]]), compute_mean(values[places[1]])
    row[0], row[3], row[4] = own, own - other, 1.0 if own > other else 0.5 if own == other else 0.0
