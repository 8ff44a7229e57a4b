"""Zollman (2010): scientists who know less of each other test longer and are right more often.

A bandit of two arms pays with probability ``better`` and ``better - gap``. Each of ``agents``
scientists believes in each arm as in a Beta distribution, whose two parameters are initially drawn
from U(0, ``prior``). In every round each pulls, ``pulls`` times, the arm that it expects more of
(``a / (a + b)``), and all add successes and failures of their own and of their neighbours to their
beliefs. A community has succeeded when all pull the better arm (``success``): for good, because
no result ever comes from an arm that no scientist pulls.

Complete networks spread an unlucky result to all at once, and all may abandon the better arm for
good; wheel and cycle (``network=ring`` of ``degree`` 2) delay it. Extreme priors (a large
``prior``) keep agents from changing their minds, with the same effect.

Left open by the paper: ties of expectation (here the worse arm; with real numbers there are none),
and whether results are known before all have pulled (here not: all at once). A number of successes
is an exact binomial draw, by inversion of its distribution.

Source: Zollman, K. J. S. (2010), The epistemic benefit of transient diversity, Erkenntnis
72(1):17-35.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Self

import numpy as np
from pydantic import model_validator
from scipy.stats import binom

from sim.array_model import RowAgent, RowAttribute
from sim.classics.classic import ClassicModel, Floats, Integers64, Parameters, declare_measures
from sim.classics.draws import draw_word, start_sequence
from sim.classics.kernels import classic_entry
from sim.classics.networks import TOPOLOGY_MEANING, Network, Topology, build_network, check_network
from sim.config import declare_parameter
from sim.observation.measures import Measure
from sim.runtime.compilation import kernel
from sim.runtime.randomness import TWO_MINUS_53, Seed, draw_uniform, pick_index

PAPER = "Zollman 2010"
WORSE_ARM, BETTER_ARM = range(2)
GUIDE_COUNT = 1024  # places from which a search in a distribution may begin


class Stream(IntEnum):
    """Streams of draws."""

    PRIOR = 1
    PULL = 2


class ZollmanParameters(Parameters):
    """Parameters of Zollman 2010."""

    rounds: int = declare_parameter(
        10_000, "rounds of one run", unit="rounds", source=PAPER, ge=1, le=10_000_000
    )
    agents: int = declare_parameter(10, "scientists", source=PAPER, ge=1, le=10_000)
    network: Topology = declare_parameter("complete", TOPOLOGY_MEANING, source=PAPER)
    degree: int = declare_parameter(
        2,
        "neighbours of an agent, where the network leaves it open",
        unit="agents",
        source=PAPER,
        ge=1,
        le=10_000,
    )
    pulls: int = declare_parameter(
        1000, "pulls of an agent", unit="per round", source=PAPER, ge=1, le=1_000_000
    )
    better: float = declare_parameter(
        0.5, "chance of the better arm to pay", unit="per pull", source=PAPER, gt=0, lt=1
    )
    gap: float = declare_parameter(
        0.001,
        "by how much the other arm's chance is lower",
        unit="per pull",
        source=PAPER,
        ge=0,
        le=0.5,
    )
    prior: float = declare_parameter(
        4.0, "parameters of beliefs are at first drawn from 0 to this", source=PAPER, gt=0, le=1e6
    )

    @model_validator(mode="after")
    def refuse_impossible(self) -> Self:
        """Refuse networks that do not exist and chances below zero."""
        check_network(self.network, self.agents, self.degree)
        if self.gap > self.better:
            raise ValueError(
                f"gap is {self.gap}, but the better arm pays with {self.better}: lower gap or raise"
                " better"
            )
        return self


class Scientist(RowAgent):
    """A scientist."""

    successes = RowAttribute(
        "successes", "first parameter of the belief in the worse and the better arm, shape (2,)"
    )
    failures = RowAttribute("failures", "second parameter, shape (2,)")


class Zollman2010(ClassicModel):
    """Scientists who share results on two methods.

    Args:
        parameters: ``ZollmanParameters``; or give single ones by name.
        rng: seed or generator, as Mesa takes it.

    Source: Zollman (2010).

    Example:
        >>> model = Zollman2010(agents=6, network="ring", rng=1).run(20)
        >>> model.success in (0.0, 1.0)
        True
    """

    Parameters = ZollmanParameters
    Agent = Scientist
    MEASURES = declare_measures(
        success=Measure("whether all pull the better arm", "0-1"),
        better_share=Measure("share of agents that pull the better arm", "0-1"),
        expected_better=Measure("what agents expect of the better arm, on average", "0-1"),
        expected_worse=Measure("what agents expect of the other arm, on average", "0-1"),
    )

    def begin(self) -> None:
        """Draw the network and priors."""
        p = self.parameters
        self.network = build_network(p.network, p.agents, p.degree, int(self.key))
        self.successes, self.failures = draw_priors(self.key, p.agents, p.prior)

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.successes)

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Pull and share for some rounds."""
        p = self.parameters
        upto, guides = compute_success_distribution(p.pulls, p.better, p.gap)
        play_zollman(
            self.successes,
            self.failures,
            self.network,
            self.key,
            p.pulls,
            upto,
            guides,
            first,
            rounds,
            rows,
        )
        return rounds


MODEL = Zollman2010


@cache
def compute_success_distribution(
    pulls: int, better: float, gap: float
) -> tuple[Floats, Integers64]:
    """Return the distribution of successes and where a search for a draw begins.

    Shapes (2 arms, pulls + 1) and (2, GUIDE_COUNT).
    """
    upto = np.stack(
        [binom.cdf(np.arange(pulls + 1), pulls, chance) for chance in (better - gap, better)]
    )
    upto[:, -1] = 1.0
    guides = np.stack(
        [np.searchsorted(row, np.arange(GUIDE_COUNT) / GUIDE_COUNT, side="right") for row in upto]
    )
    return upto, guides.astype(np.int64)


@classic_entry
def draw_priors(key: Seed, agents: int, prior: float) -> tuple[Floats, Floats]:
    """Return both parameters of the beliefs of all agents in both arms, each (agents, 2)."""
    successes, failures = np.empty((agents, 2)), np.empty((agents, 2))
    for agent in range(agents):
        for arm in range(2):  # 1 - uniform is never zero, and so is no parameter
            successes[agent, arm] = prior * (
                1.0 - draw_uniform(key, Stream.PRIOR, 0, agent, 2 * arm)
            )
            failures[agent, arm] = prior * (
                1.0 - draw_uniform(key, Stream.PRIOR, 0, agent, 2 * arm + 1)
            )
    return successes, failures


@classic_entry
def play_zollman(
    successes: Floats,
    failures: Floats,
    net: Network,
    key: Seed,
    pulls: int,
    upto: Floats,
    guides: Integers64,
    first: int,
    rounds: int,
    rows: Floats,
) -> None:
    """Play rounds, all agents at once."""
    agents = successes.shape[0]
    arms, won = np.empty(agents, dtype=np.int64), np.empty(agents, dtype=np.int64)
    for now in range(first, first + rounds):
        draws = start_sequence(key, Stream.PULL, now, 0)
        for agent in range(agents):
            arms[agent] = choose_arm(successes[agent], failures[agent])
            draw = convert_to_uniform(draw_word(draws, 2 * agent + arms[agent]))  # one for each arm
            won[agent] = draw_successes(draw, upto[arms[agent]], guides[arms[agent]])
        for agent in range(agents):
            add_results(successes[agent], failures[agent], arms[agent], won[agent], pulls)
            for contact in net.contacts[net.starts[agent] : net.starts[agent + 1]]:
                add_results(successes[agent], failures[agent], arms[contact], won[contact], pulls)
        write_zollman_measures(successes, failures, rows[now - first])
    if rounds == 0:
        write_zollman_measures(successes, failures, rows[0])


@kernel
def compute_expectation(successes: float, failures: float) -> float:
    """Return the mean of a Beta distribution."""
    return successes / (successes + failures)


@kernel
def choose_arm(successes: Floats, failures: Floats) -> int:
    """Return the arm that an agent expects more of."""
    return (
        BETTER_ARM
        if compute_expectation(successes[BETTER_ARM], failures[BETTER_ARM])
        > compute_expectation(successes[WORSE_ARM], failures[WORSE_ARM])
        else WORSE_ARM
    )


@kernel
def convert_to_uniform(drawn_word: np.int64) -> float:
    """Turn a word of 62 bits into a uniform in [0, 1), by its upper 53."""
    return (drawn_word >> 9) * TWO_MINUS_53


@kernel
def draw_successes(draw: float, upto: Floats, guides: Integers64) -> int:
    """Return a number of successes: the first whose distribution function exceeds the draw."""
    count = guides[pick_index(draw, GUIDE_COUNT)]
    while upto[count] <= draw:
        count += 1
    return count


@kernel
def add_results(successes: Floats, failures: Floats, arm: int, won: int, pulls: int) -> None:
    """Add results to a belief, in place."""
    successes[arm] += won
    failures[arm] += pulls - won


@kernel
def write_zollman_measures(successes: Floats, failures: Floats, row: Floats) -> None:
    """Write the measures into a row."""
    agents = successes.shape[0]
    right, better, worse = 0, 0.0, 0.0
    for agent in range(agents):
        right += choose_arm(successes[agent], failures[agent])
        better += compute_expectation(successes[agent, BETTER_ARM], failures[agent, BETTER_ARM])
        worse += compute_expectation(successes[agent, WORSE_ARM], failures[agent, WORSE_ARM])
    row[0], row[1], row[2], row[3] = (
        right == agents,
        right / agents,
        better / agents,
        worse / agents,
    )
