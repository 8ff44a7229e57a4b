"""Barkoczi & Galesic (2016): the best network depends on how its members learn from each other.

``agents`` search an NK landscape (``sim/classics/nk.py``); payoff is ``(f / max f)^power``. In every round, all at once, an
agent looks at ``sample`` of its network contacts, chosen at random, and forms a social option by its ``rule``:

* ``best_member``: the solution with the highest payoff among them;
* ``conformity``: their most frequent solution; none if all differ;
* ``random``: that of one of them, chosen at random;
* ``individual``: none.

It takes the option over when that is strictly better than its own solution. If not, it changes one random bit and keeps the change
only if that is strictly better.

Left open by the paper: ties between equally frequent or equally good options (here the first in the random order of the
sample), which is a random choice; a sample of one under conformity (here its solution is the option). The paper's network of maximum mean
clustering was found by rewiring and is not published; ``network=max_clustering`` of ``degree`` 19 is found in the same way and has its clustering
and its mean path length.

Source: Barkoczi, D. & Galesic, M. (2016), Social learning strategies modify the effect of network structure on group
performance, Nature Communications 7:13109.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

from sim.classics.classic import Floats, Integers
from sim.classics.kernels import classic_entry
from sim.classics.landscape_search import LandscapeSearch, SearchParameters
from sim.classics.networks import MEANING, Network, Topology
from sim.classics.nk import WHICH, Inputs, Landscape, measure_search, tried
from sim.config import parameter
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed, pick, uniform

PAPER = "Barkoczi & Galesic 2016"
RULES = ("best_member", "conformity", "random", "individual")
BEST_MEMBER, CONFORMITY, RANDOM, INDIVIDUAL = range(4)
NONE = -1


class Stream(IntEnum):
    """Streams of draws."""

    SAMPLE = 1
    CHANGE = 2


class BarkocziGalesicParameters(SearchParameters):
    """Parameters of Barkoczi & Galesic 2016."""

    rounds: int = parameter(200, "rounds of one run", unit="rounds", source=PAPER, ge=1, le=1_000_000)
    agents: int = parameter(100, "members of the group", source=PAPER, ge=2, le=100_000)
    n: int = parameter(15, "bits of a solution", symbol="N", source=PAPER, ge=1, le=20)
    k: int = parameter(7, "inputs of a bit: how rugged the landscape is", symbol="K", source=PAPER, ge=0, le=19)
    inputs: Inputs = parameter("itself", WHICH, source=PAPER)
    digits: int = parameter(1, "decimals to which contributions are rounded (-1: not at all)", source=PAPER, ge=-1, le=12)
    power: float = parameter(8.0, "payoff is fitness over the landscape's maximum, raised to this power", source=PAPER, gt=0, le=100)
    network: Topology = parameter("complete", MEANING, source=PAPER)
    degree: int = parameter(18, "contacts of an agent, where the network leaves it open", unit="agents", source="assumed", ge=1, le=10_000)
    rule: Literal["best_member", "conformity", "random", "individual"] = parameter("best_member", "how an agent learns from others", source=PAPER)
    sample: int = parameter(3, "contacts an agent looks at in a round", symbol="s", unit="agents", source=PAPER, ge=1, le=100)
    distinct_starts: bool = parameter(True, "no two agents start with the same solution", source=PAPER)


class BarkocziGalesic2016(LandscapeSearch):
    """Learning from best members, or from the most frequent solution, in different networks."""

    Parameters = BarkocziGalesicParameters

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Search for some rounds."""
        rule, sample = RULES.index(self.parameters.rule), self.parameters.sample
        search(self.solutions, self.payoffs, self.network, self.landscape, self.key, rule, sample, first, rounds, rows)
        return rounds


MODEL = BarkocziGalesic2016


@classic_entry
def search(
    solutions: Integers, payoffs: Floats, network: Network, land: Landscape, key: Seed, rule: int, sample: int, first: int, rounds: int,
    rows: Floats,
) -> None:  # fmt: skip
    """Play rounds, all agents at once."""
    for now in range(first, first + rounds):
        seen, worth = solutions.copy(), payoffs.copy()
        for agent in range(solutions.size):
            contacts = network.contacts[network.starts[agent] : network.starts[agent + 1]]
            count = min(sample, contacts.size)
            option = NONE
            if rule != INDIVIDUAL and count > 0:
                draw_sample(contacts, count, key, now, agent)
                option = social_option(contacts[:count], seen, worth, rule)
            if option != NONE and worth[option] > worth[agent]:
                solutions[agent], payoffs[agent] = seen[option], worth[option]
            else:
                draw = uniform(key, Stream.CHANGE, now, agent, 0)
                solutions[agent], payoffs[agent] = tried(seen[agent], worth[agent], land, draw)
        measure_search(solutions, payoffs, rows[now - first])
    if rounds == 0:
        measure_search(solutions, payoffs, rows[0])


@kernel
def draw_sample(contacts: Integers, count: int, key: Seed, now: int, agent: int) -> None:
    """Bring so many random contacts to the front, in random order: in place, for the order of contacts means nothing."""
    for place in range(count):
        chosen = place + pick(uniform(key, Stream.SAMPLE, now, agent, place), contacts.size - place)
        contacts[place], contacts[chosen] = contacts[chosen], contacts[place]


@kernel
def social_option(sampled: Integers, solutions: Integers, payoffs: Floats, rule: int) -> int:
    """Return the agent whose solution a rule suggests, or NONE."""
    if rule == RANDOM:
        return sampled[0]
    found, most = NONE, -1.0
    for agent in sampled:
        strength = payoffs[agent]
        if rule == CONFORMITY:
            strength = 0.0
            for other in sampled:
                strength += solutions[other] == solutions[agent]
        if strength > most:
            found, most = agent, strength
    return NONE if rule == CONFORMITY and most == 1.0 and sampled.size > 1 else found
