"""Tomasello, Burkholz & Schweitzer (2017): the size of alliances from acceptance and rejection.

In every round one of ``agents``, chosen at random, initiates an alliance and invites others, one by
one and at random. An invited agent accepts or refuses; after ``rejections`` refusals (R) the
alliance is complete, and the next round begins.

* ``acceptance=constant``: all accept with chance ``q``. Sizes are then negative binomial, with
  n = 1 for initiators that stay alone: ``P(n) = C(n + R - 2, n - 1) q^(n - 1) (1 - q)^R``.
* ``acceptance=threshold``: the invited accept when what the alliance would be worth with them,
  benefit less cost, reaches their own threshold: ``B(n) - a_c n^cost_power >= theta``, where B is
  the sum or the mean of the members' fitness (``benefit``) and n counts the invited. Where fitness
  is the same for all (``spread=0``) and thresholds are drawn evenly from 0 to ``a_l``, the chance
  to accept depends on size alone, ``q(n) = B(n) / a_l - a_c n^cost_power / a_l`` within 0 and 1,
  and sizes follow from a chain of acceptances and rejections, exactly.

The paper takes fitness from the activity of some 15,000 firms, and scales costs and thresholds by
its parameters a_c and a_l. Here fitness is lognormal with mean 1, and the form of benefit, cost and
threshold is a choice: the paper's result is exact for any of them.

Left open by the paper, and made a parameter: whether an initiator may ask an agent again that has
refused (``asked_again``); whether initiators that stay alone count (``least``; in data on alliances
they do not); whether a threshold is drawn or is a share of the agent's fitness (``thresholds``).

Source: Tomasello, M. V., Burkholz, R. & Schweitzer, F. (2017), Modeling the formation of R&D
alliances: an agent-based model with empirical validation, arXiv:1712.01755.
"""

from __future__ import annotations

from enum import IntEnum
from math import exp, sqrt
from typing import Literal, NamedTuple

import numpy as np

from sim.array_model import RowAgent, RowAttribute
from sim.classics.classic import ClassicModel, Floats, Integers64, Parameters, declare_measures
from sim.classics.draws import LOWER_HALF_MASK, draw_word, start_sequence
from sim.classics.kernels import classic_entry
from sim.config import declare_parameter
from sim.observation.measures import Measure
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed, draw_normal_pair, draw_uniform

PAPER = "Tomasello, Burkholz & Schweitzer 2017"
LEFT_OPEN = "left open: the paper's result holds for any form"
(
    ALLIANCE_COUNT,
    SIZE_SUM,
    SIZE_SQUARE_SUM,
    EXACT_SIZE_COUNT,
    LEAST_SIZE_COUNT,
    FITNESS_SUM,
    FITNESS_SQUARE_SUM,
    PRODUCT_SUM,
    LARGEST_SIZE,
) = range(9)  # what is tallied over alliances
HALF_WORD_VALUES = 2147483648.0


class Stream(IntEnum):
    """Streams of draws."""

    FITNESS = 1
    THRESHOLD = 2
    INVITATION = 3


class TomaselloParameters(Parameters):
    """Parameters of Tomasello, Burkholz & Schweitzer 2017."""

    rounds: int = declare_parameter(
        1000, "alliances of one run", unit="alliances", source="assumed", ge=1, le=10_000_000
    )
    agents: int = declare_parameter(
        1000,
        "firms that initiate and are invited",
        source="assumed; 15,000 in the paper's data",
        ge=2,
        le=100_000,
    )
    rejections: int = declare_parameter(
        3, "rejections after which an initiator stops", symbol="R", source=PAPER, ge=1, le=1000
    )
    acceptance: Literal["constant", "threshold"] = declare_parameter(
        "constant", "how the invited decide", source=PAPER
    )
    q: float = declare_parameter(
        0.5,
        "chance to accept, where it is constant",
        unit="per invitation",
        source=PAPER,
        ge=0,
        lt=1,
    )
    a_c: float = declare_parameter(
        0.1,
        "cost of coordination",
        unit="fitness per member^cost_power",
        symbol="a_c",
        source=PAPER,
        ge=0,
        le=100,
    )
    a_l: float = declare_parameter(
        2.0, "scale of thresholds", unit="fitness", symbol="a_l", source=PAPER, gt=0, le=100
    )
    cost_power: float = declare_parameter(
        1.0, "how cost grows with size: exponent", source=LEFT_OPEN, ge=0, le=5
    )
    benefit: Literal["mean", "sum"] = declare_parameter(
        "mean", "what an alliance brings: mean or sum of its members' fitness", source=LEFT_OPEN
    )
    spread: float = declare_parameter(
        0.0,
        "spread of fitness: deviation of its logarithm",
        source="assumed; from data in the paper",
        ge=0,
        le=3,
    )
    thresholds: Literal["drawn", "fitness"] = declare_parameter(
        "drawn", "evenly from 0 to a_l, or a_l times one's own fitness", source=LEFT_OPEN
    )
    asked_again: bool = declare_parameter(
        False, "who has refused may be asked again by the same initiator", source=LEFT_OPEN
    )
    least: int = declare_parameter(
        1,
        "smallest size that counts as an alliance (1: who stays alone counts)",
        unit="members",
        source=LEFT_OPEN,
        ge=1,
        le=100,
    )
    size: int = declare_parameter(
        2,
        "the size whose frequency is measured",
        unit="members",
        source="what is looked at",
        ge=1,
        le=10_000,
    )


class Firm(RowAgent):
    """A firm, which initiates alliances and is invited to others."""

    fitness = RowAttribute("fitness", "what it brings to an alliance")
    threshold = RowAttribute("thresholds", "what an alliance must be worth to it")
    alliances = RowAttribute("alliances", "how many it has been in, those it initiated included")


class Tomasello2017(ClassicModel):
    """Alliances that grow by acceptance until an initiator has been refused too often.

    Args:
        parameters: ``TomaselloParameters``; or give single ones by name.
        rng: seed or generator, as Mesa takes it.

    Source: Tomasello, Burkholz & Schweitzer (2017).

    Example:
        >>> model = Tomasello2017(q=0.5, rejections=3, rng=1).run(100)
        >>> 1 <= model.mean_size <= model.largest
        True
    """

    Parameters = TomaselloParameters
    Agent = Firm
    MEASURES = declare_measures(
        mean_size=Measure("mean size of all alliances so far (0 before the first)", "members"),
        deviation=Measure("standard deviation of their sizes", "members"),
        frequency=Measure("share of them that have exactly the size looked at", "0-1"),
        tail=Measure("share of them that have the size looked at or more", "0-1"),
        largest=Measure("size of the largest", "members"),
        pull=Measure(
            "correlation of an initiator's fitness with the size of its alliance (0 where all are"
            " as fit)",
            "-1 to 1",
        ),
    )

    def begin(self) -> None:
        """Draw fitness and thresholds."""
        p = self.parameters
        self.fitness, self.thresholds = draw_firms(
            self.key, p.agents, p.spread, p.a_l, p.thresholds == "drawn"
        )
        self.order, self.alliances = np.arange(p.agents), np.zeros(p.agents, dtype=np.int64)
        self.costs = p.a_c * np.arange(p.agents + 1.0) ** p.cost_power
        self.tally = np.zeros(LARGEST_SIZE + 1)

    @property
    def size(self) -> int:
        """Number of firms."""
        return len(self.fitness)

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Form some alliances."""
        p = self.parameters
        terms = p.acceptance == "constant", p.q, p.rejections, p.asked_again, p.benefit == "mean"
        firms = Firms(self.order, self.alliances, self.fitness, self.thresholds)
        play_tomasello(
            firms, self.costs, self.tally, self.key, terms, (p.least, p.size), first, rounds, rows
        )
        return rounds


MODEL = Tomasello2017
InvitationTerms = tuple[bool, float, int, bool, bool]


class Firms(NamedTuple):
    """What kernels take of all firms.

    An order of the firms that changes, in how many alliances each was, fitness and thresholds.
    """

    order: Integers64
    alliances: Integers64
    fitness: Floats
    thresholds: Floats


@classic_entry
def draw_firms(
    key: Seed, agents: int, spread: float, scale: float, drawn: bool
) -> tuple[Floats, Floats]:
    """Return fitness and thresholds, shape (agents,)."""
    fitness, thresholds = np.empty(agents), np.empty(agents)
    for agent in range(agents):
        fitness[agent] = exp(
            spread * draw_normal_pair(key, Stream.FITNESS, 0, agent, 0)[0] - spread * spread / 2.0
        )
        thresholds[agent] = scale * (
            draw_uniform(key, Stream.THRESHOLD, 0, agent, 0) if drawn else fitness[agent]
        )
    return fitness, thresholds


@classic_entry
def play_tomasello(
    firms: Firms,
    costs: Floats,
    tally: Floats,
    key: Seed,
    terms: InvitationTerms,
    counted: tuple[int, int],
    first: int,
    rounds: int,
    rows: Floats,
) -> None:
    """Form an alliance per round."""
    least, looked_at = counted
    starts = start_sequence(
        key, Stream.INVITATION, 0, 0
    )  # a word of it starts the draws of a round
    for now in range(first, first + rounds):
        size = form_alliance(firms, costs, np.uint64(draw_word(starts, now)), terms)
        for place in range(size):
            firms.alliances[firms.order[place]] += 1
        if size >= least:
            count_alliance(tally, size, firms.fitness[firms.order[0]], looked_at)
        write_tomasello_measures(tally, rows[now - first])
    if rounds == 0:
        write_tomasello_measures(tally, rows[0])


@kernel
def form_alliance(firms: Firms, costs: Floats, draws: np.uint64, terms: InvitationTerms) -> int:
    """Invite until too many refuse; return the size.

    One word per invitation: its upper 31 bits say who is invited, its lower 31 whether a constant
    chance comes true.
    """
    constant, q, rejections, again, by_mean = terms
    order, _, fitness, thresholds = firms
    often = np.int64(q * HALF_WORD_VALUES)
    swap_places(order, 0, pick_by_upper_half(draw_word(draws, 0), order.size))
    total, size, done, refused, number = fitness[order[0]], 1, 1, 0, 1
    while refused < rejections and done < order.size:
        drawn = draw_word(draws, number)
        place = done + pick_by_upper_half(drawn, order.size - done)
        invited = order[place]
        if constant:
            accepts = (drawn & LOWER_HALF_MASK) < often
        else:
            benefit = total + fitness[invited]
            benefit = benefit / (size + 1) if by_mean else benefit
            accepts = benefit - costs[size + 1] >= thresholds[invited]
        number += 1
        if accepts or not again:
            swap_places(order, done, place)
            done += 1
            swap_places(order, size if accepts else done - 1, done - 1)
        size, refused, total = (
            size + int(accepts),
            refused + int(not accepts),
            total + accepts * fitness[invited],
        )
    return size


@kernel
def pick_by_upper_half(drawn: np.int64, places: int) -> np.int64:
    """Turn a word into a place, by its upper half."""
    return ((drawn >> 31) * places) >> 31


@kernel
def swap_places(order: Integers64, here: int, there: int | np.int64) -> None:
    """Exchange two places, in place."""
    order[here], order[there] = order[there], order[here]


@kernel
def count_alliance(tally: Floats, size: int, fitness: float, looked_at: int) -> None:
    """Count an alliance with its initiator's fitness."""
    tally[ALLIANCE_COUNT] += 1.0
    tally[SIZE_SUM] += size
    tally[SIZE_SQUARE_SUM] += size * size
    tally[EXACT_SIZE_COUNT] += size == looked_at
    tally[LEAST_SIZE_COUNT] += size >= looked_at
    tally[FITNESS_SUM] += fitness
    tally[FITNESS_SQUARE_SUM] += fitness * fitness
    tally[PRODUCT_SUM] += fitness * size
    tally[LARGEST_SIZE] = max(tally[LARGEST_SIZE], size)


@kernel
def write_tomasello_measures(tally: Floats, row: Floats) -> None:
    """Write the measures into a row."""
    share = 1.0 / max(1.0, tally[ALLIANCE_COUNT])
    mean, fitness = tally[SIZE_SUM] * share, tally[FITNESS_SUM] * share
    variance, varies = (
        max(0.0, tally[SIZE_SQUARE_SUM] * share - mean * mean),
        tally[FITNESS_SQUARE_SUM] * share - fitness * fitness,
    )
    row[0], row[1], row[2], row[3], row[4] = (
        mean,
        sqrt(variance),
        tally[EXACT_SIZE_COUNT] * share,
        tally[LEAST_SIZE_COUNT] * share,
        tally[LARGEST_SIZE],
    )
    row[5] = (
        (tally[PRODUCT_SUM] * share - mean * fitness) / sqrt(variance * varies)
        if min(variance, varies) > 1e-12
        else 0.0
    )
