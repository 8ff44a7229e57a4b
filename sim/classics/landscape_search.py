"""The base of models whose networked agents search an NK landscape with help of others."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sim.array_model import RowAgent, RowAttribute
from sim.classics.classic import ClassicModel, declare_measures
from sim.classics.networks import TOPOLOGY_MEANING, Topology, build_network, check_network
from sim.classics.nk import LandscapeParameters, draw_nk_landscape, draw_search_start
from sim.config import declare_parameter
from sim.observation.measures import Measure


class SearchParameters(LandscapeParameters):
    """Parameters of such a model; each model gives its own defaults and sources."""

    agents: int = declare_parameter(100, "members of the group", source="assumed", ge=2, le=100_000)
    network: Topology = declare_parameter("complete", TOPOLOGY_MEANING, source="assumed")
    degree: int = declare_parameter(
        4,
        "contacts of an agent, where the network leaves it open",
        unit="agents",
        source="assumed",
        ge=1,
        le=10_000,
    )
    distinct_starts: bool = declare_parameter(
        False, "no two agents start with the same solution", source="assumed"
    )

    @model_validator(mode="after")
    def refuse_impossible(self) -> Self:
        """Refuse networks and starts that do not exist."""
        check_network(self.network, self.agents, self.degree)
        if self.distinct_starts and self.agents > 2**self.n:
            raise ValueError(
                f"agents is {self.agents}, but there are {2**self.n} solutions of n={self.n} bits:"
                " lower it, or distinct_starts=false"
            )
        return self


class Searcher(RowAgent):
    """A member of the group."""

    solution = RowAttribute("solutions", "its solution, bits of a whole number")
    payoff = RowAttribute("payoffs", "what the solution is worth, 0 to 1")


class LandscapeSearch(ClassicModel):
    """A group that searches; a model adds how its members do it."""

    Parameters = SearchParameters
    Agent = Searcher
    MEASURES = declare_measures(
        payoff=Measure("mean payoff", "share of the highest"),
        best_payoff=Measure("payoff of the best agent", "share of the highest"),
        solutions_left=Measure("different solutions among the agents", "solutions"),
    )

    def begin(self) -> None:
        """Draw the landscape, the network and random starts."""
        p = self.parameters
        self.landscape = draw_nk_landscape(self.key, p.n, p.k, p.inputs, p.digits, p.power)
        self.network = build_network(p.network, p.agents, p.degree, int(self.key))
        self.solutions, self.payoffs = draw_search_start(
            self.key, p.agents, self.landscape, p.distinct_starts
        )

    @property
    def size(self) -> int:
        """Number of agents."""
        return len(self.solutions)
