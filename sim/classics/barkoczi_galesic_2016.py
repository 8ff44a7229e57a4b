"""Barkoczi & Galesic (2016): the best network depends on how its members learn from each other.

``agents`` search an NK landscape (``sim/classics/nk.py``); payoff is ``(f / max f)^power``. In
every round, all at once, an agent looks at ``sample`` of its network contacts, chosen at random,
and forms a social option by its ``rule``:

* ``best_member``: the solution with the highest payoff among them;
* ``conformity``: their most frequent solution; none if all differ;
* ``random``: that of one of them, chosen at random;
* ``individual``: none.

It adopts the option when that is strictly better than its own solution. If not, it changes one
random bit, and keeps the change only if that is strictly better.

Left open by the paper: ties between equally frequent or equally good options (here the first in the
random order of the sample), which is a random choice; a sample of one under conformity (here its
solution is the option). The paper's network of maximum mean clustering was found by rewiring and is
not published; ``network=max_clustering`` of ``degree`` 19 is found in the same way and has its
clustering and its mean path length.

Source: Barkoczi, D. & Galesic, M. (2016), Social learning strategies modify the effect of network
structure on group performance, Nature Communications 7:13109.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

from sim.classics.classic import Floats, Integers64
from sim.classics.kernels import classic_entry
from sim.classics.landscape_search import LandscapeSearch, SearchParameters
from sim.classics.networks import TOPOLOGY_MEANING, Network, Topology
from sim.classics.nk import (
    INPUTS_MEANING,
    Inputs,
    Landscape,
    try_random_change,
    write_search_measures,
)
from sim.config import declare_parameter
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed, draw_uniform, pick_index

PAPER = "Barkoczi & Galesic 2016"
LEARNING_RULES = ("best_member", "conformity", "random", "individual")
BEST_MEMBER_RULE, CONFORMITY_RULE, RANDOM_MEMBER_RULE, INDIVIDUAL_RULE = range(4)
NO_OPTION = -1


class Stream(IntEnum):
    """Streams of draws."""

    SAMPLE = 1
    CHANGE = 2


class BarkocziGalesicParameters(SearchParameters):
    """Parameters of Barkoczi & Galesic 2016."""

    rounds: int = declare_parameter(
        200, "rounds of one run", unit="rounds", source=PAPER, ge=1, le=1_000_000
    )
    agents: int = declare_parameter(100, "members of the group", source=PAPER, ge=2, le=100_000)
    n: int = declare_parameter(15, "bits of a solution", symbol="N", source=PAPER, ge=1, le=20)
    k: int = declare_parameter(
        7, "inputs of a bit: how rugged the landscape is", symbol="K", source=PAPER, ge=0, le=19
    )
    inputs: Inputs = declare_parameter("itself", INPUTS_MEANING, source=PAPER)
    digits: int = declare_parameter(
        1,
        "decimals to which contributions are rounded (-1: not at all)",
        source=PAPER,
        ge=-1,
        le=12,
    )
    power: float = declare_parameter(
        8.0,
        "payoff is fitness over the landscape's maximum, raised to this power",
        source=PAPER,
        gt=0,
        le=100,
    )
    network: Topology = declare_parameter("complete", TOPOLOGY_MEANING, source=PAPER)
    degree: int = declare_parameter(
        18,
        "contacts of an agent, where the network leaves it open",
        unit="agents",
        source="assumed",
        ge=1,
        le=10_000,
    )
    rule: Literal["best_member", "conformity", "random", "individual"] = declare_parameter(
        "best_member", "how an agent learns from others", source=PAPER
    )
    sample: int = declare_parameter(
        3,
        "contacts an agent looks at in a round",
        symbol="s",
        unit="agents",
        source=PAPER,
        ge=1,
        le=100,
    )
    distinct_starts: bool = declare_parameter(
        True, "no two agents start with the same solution", source=PAPER
    )


class BarkocziGalesic2016(LandscapeSearch):
    """Learning from best members, or from the most frequent solution, in different networks.

    Args:
        parameters: ``BarkocziGalesicParameters``; or give single ones by name.
        rng: seed or generator, as Mesa takes it.

    Source: Barkoczi & Galesic (2016).

    Example:
        >>> model = BarkocziGalesic2016(n=8, k=3, agents=20, degree=4, rng=1).run(10)
        >>> model.payoff <= model.best_payoff <= 1
        True
    """

    Parameters = BarkocziGalesicParameters

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Search for some rounds."""
        rule, sample = LEARNING_RULES.index(self.parameters.rule), self.parameters.sample
        play_barkoczi_galesic(
            self.solutions,
            self.payoffs,
            self.network,
            self.landscape,
            self.key,
            rule,
            sample,
            first,
            rounds,
            rows,
        )
        return rounds


MODEL = BarkocziGalesic2016


@classic_entry
def play_barkoczi_galesic(
    solutions: Integers64,
    payoffs: Floats,
    network: Network,
    land: Landscape,
    key: Seed,
    rule: int,
    sample: int,
    first: int,
    rounds: int,
    rows: Floats,
) -> None:
    """Play rounds, all agents at once."""
    for now in range(first, first + rounds):
        seen, worth = solutions.copy(), payoffs.copy()
        for agent in range(solutions.size):
            contacts = network.contacts[network.starts[agent] : network.starts[agent + 1]]
            count = min(sample, contacts.size)
            option = NO_OPTION
            if rule != INDIVIDUAL_RULE and count > 0:
                draw_contact_sample(contacts, count, key, now, agent)
                option = choose_social_option(contacts[:count], seen, worth, rule)
            if option != NO_OPTION and worth[option] > worth[agent]:
                solutions[agent], payoffs[agent] = seen[option], worth[option]
            else:
                draw = draw_uniform(key, Stream.CHANGE, now, agent, 0)
                solutions[agent], payoffs[agent] = try_random_change(
                    seen[agent], worth[agent], land, draw
                )
        write_search_measures(solutions, payoffs, rows[now - first])
    if rounds == 0:
        write_search_measures(solutions, payoffs, rows[0])


@kernel
def draw_contact_sample(contacts: Integers64, count: int, key: Seed, now: int, agent: int) -> None:
    """Bring a number of random contacts to the front, in place and in random order.

    The order of contacts has no meaning.
    """
    for place in range(count):
        chosen = place + pick_index(
            draw_uniform(key, Stream.SAMPLE, now, agent, place), contacts.size - place
        )
        contacts[place], contacts[chosen] = contacts[chosen], contacts[place]


@kernel
def choose_social_option(
    sampled: Integers64, solutions: Integers64, payoffs: Floats, rule: int
) -> int:
    """Return the agent whose solution a rule suggests, or ``NO_OPTION``."""
    if rule == RANDOM_MEMBER_RULE:
        return sampled[0]
    found, most = NO_OPTION, -1.0
    for agent in sampled:
        strength = payoffs[agent]
        if rule == CONFORMITY_RULE:
            strength = 0.0
            for other in sampled:
                strength += solutions[other] == solutions[agent]
        if strength > most:
            found, most = agent, strength
    return NO_OPTION if rule == CONFORMITY_RULE and most == 1.0 and sampled.size > 1 else found
