"""Lazer & Friedman (2007): efficient networks are fast, inefficient ones find better solutions.

``agents`` search an NK landscape (``sim/classics/nk.py``); payoff is ``(f / max f)^power``. In
every round, all at once, an agent looks at its neighbours with probability ``velocity``. If the
best of them does better than itself, it copies that solution bit by bit, and keeps a bit of its own
with probability ``error``. In all other cases it changes one random bit and keeps the change only
if that is strictly better.

Left open by the paper: ties between neighbours that do equally well (here the first by number,
which after copying hold the same solution anyway); whether inputs of a bit are distinct
(``inputs``); whether velocity is a chance per round or a fixed interval of rounds (here a chance).

Source: Lazer, D. & Friedman, A. (2007), The network structure of exploration and exploitation,
Administrative Science Quarterly 52:667-694.
"""

from __future__ import annotations

from enum import IntEnum

from sim.classics.classic import Floats, Integers64
from sim.classics.kernels import classic_entry
from sim.classics.landscape_search import LandscapeSearch, SearchParameters
from sim.classics.networks import TOPOLOGY_MEANING, Network, Topology
from sim.classics.nk import (
    INPUTS_MEANING,
    Inputs,
    Landscape,
    compute_payoff,
    try_random_change,
    write_search_measures,
)
from sim.config import declare_parameter
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed, draw_uniform

PAPER = "Lazer & Friedman 2007"


class Stream(IntEnum):
    """Streams of draws."""

    LOOK = 1
    ERROR = 2
    CHANGE = 3


class LazerFriedmanParameters(SearchParameters):
    """Parameters of Lazer & Friedman 2007."""

    rounds: int = declare_parameter(
        200, "rounds of one run", unit="rounds", source=PAPER, ge=1, le=1_000_000
    )
    agents: int = declare_parameter(100, "members of the system", source=PAPER, ge=2, le=100_000)
    n: int = declare_parameter(20, "bits of a solution", symbol="N", source=PAPER, ge=1, le=20)
    k: int = declare_parameter(
        5, "inputs of a bit: how rugged the landscape is", symbol="K", source=PAPER, ge=0, le=19
    )
    inputs: Inputs = declare_parameter("distinct", INPUTS_MEANING, source="assumed")
    power: float = declare_parameter(
        8.0,
        "payoff is fitness over the landscape's maximum, raised to this power",
        source=PAPER,
        gt=0,
        le=100,
    )
    network: Topology = declare_parameter("complete", TOPOLOGY_MEANING, source=PAPER)
    degree: int = declare_parameter(
        4,
        "contacts of an agent, where the network leaves it open",
        unit="agents",
        source="assumed",
        ge=1,
        le=10_000,
    )
    velocity: float = declare_parameter(
        1.0,
        "chance to look at the neighbours",
        unit="per agent and round",
        source=PAPER,
        ge=0,
        le=1,
    )
    error: float = declare_parameter(
        0.0,
        "chance to keep a bit of one's own when copying",
        unit="per bit",
        source=PAPER,
        ge=0,
        le=1,
    )
    distinct_starts: bool = declare_parameter(
        False, "no two agents start with the same solution", source="assumed"
    )


class LazerFriedman2007(LandscapeSearch):
    """Copying the best neighbour, in networks that spread solutions fast or slowly.

    Args:
        parameters: ``LazerFriedmanParameters``; or give single ones by name.
        rng: seed or generator, as Mesa takes it.

    Source: Lazer & Friedman (2007).

    Example:
        >>> model = LazerFriedman2007(n=8, k=3, agents=20, network="ring", rng=1).run(10)
        >>> model.payoff <= model.best_payoff <= 1
        True
    """

    Parameters = LazerFriedmanParameters

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Search for some rounds."""
        velocity, error = self.parameters.velocity, self.parameters.error
        play_lazer_friedman(
            self.solutions,
            self.payoffs,
            self.network,
            self.landscape,
            self.key,
            velocity,
            error,
            first,
            rounds,
            rows,
        )
        return rounds


MODEL = LazerFriedman2007


@classic_entry
def play_lazer_friedman(
    solutions: Integers64,
    payoffs: Floats,
    network: Network,
    land: Landscape,
    key: Seed,
    velocity: float,
    error: float,
    first: int,
    rounds: int,
    rows: Floats,
) -> None:
    """Play rounds, all agents at once."""
    for now in range(first, first + rounds):
        seen, worth = solutions.copy(), payoffs.copy()
        for agent in range(solutions.size):
            best = agent
            if draw_uniform(key, Stream.LOOK, now, agent, 0) < velocity:
                for contact in network.contacts[network.starts[agent] : network.starts[agent + 1]]:
                    if worth[contact] > worth[best]:
                        best = contact
            if best != agent:
                solutions[agent] = copy_with_errors(
                    seen[agent], seen[best], key, error, now, agent, land.inputs.shape[0]
                )
                payoffs[agent] = (
                    compute_payoff(solutions[agent], land) if error > 0.0 else worth[best]
                )
            else:
                draw = draw_uniform(key, Stream.CHANGE, now, agent, 0)
                solutions[agent], payoffs[agent] = try_random_change(
                    seen[agent], worth[agent], land, draw
                )
        write_search_measures(solutions, payoffs, rows[now - first])
    if rounds == 0:
        write_search_measures(solutions, payoffs, rows[0])


@kernel
def copy_with_errors(
    own: int, other: int, key: Seed, error: float, now: int, agent: int, n: int
) -> int:
    """Return the other's solution, with own bits where copying fails."""
    if error > 0.0:
        for bit in range(n):
            if draw_uniform(key, Stream.ERROR, now, agent, bit) < error:
                other = (other & ~(1 << bit)) | (own & (1 << bit))
    return other
