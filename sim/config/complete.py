"""One complete configuration."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sim.config.declaration import LARGEST_COUNT, LARGEST_SEED, Group, declare_parameter
from sim.config.mechanisms import (
    Environment,
    Imitation,
    Learning,
    LettingGo,
    Production,
    Search,
    Trust,
    Understanding,
)
from sim.config.population import Challenge, Population
from sim.config.structure import Structure


class Run(Group):
    """How long, and what is recorded."""

    rounds: int = declare_parameter(
        200, "rounds of one run", unit="rounds", symbol="T", ge=1, le=10_000_000
    )
    seed: int = declare_parameter(1, "seed of every draw", ge=0, le=LARGEST_SEED)
    record_every: int = declare_parameter(
        1,
        "rounds from one record of the measures to the next",
        unit="rounds",
        ge=1,
        le=LARGEST_COUNT,
    )
    window: int = declare_parameter(
        20,
        "rounds back that a tie counts in the partner network",
        unit="rounds",
        ge=1,
        le=LARGEST_COUNT,
    )
    measures: tuple[str, ...] = declare_parameter(
        lambda: ("core",),
        "what is recorded per round: core (always), network, or a user-defined function as"
        " file.py:name",
    )

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse a run that would record nothing."""
        if self.record_every > self.rounds:
            raise ValueError(
                f"run.record_every is {self.record_every}, above run.rounds {self.rounds}: nothing"
                " would be recorded; lower it"
            )
        return self


class Config(Group):
    """One complete configuration of the model, checked.

    ``docs/parameters.md`` explains every parameter. ``Config()`` is what ``overbruggen run`` runs.

    Args:
        population: who there is.
        challenge: what organisations are confronted with.
        structure: the form of light organising, or a mix of forms.
        search: how organisations find each other.
        understanding: when organisations understand each other.
        trust: how trust starts and moves.
        production: how skills make value.
        imitation: copying the practice of partners.
        learning: what stays of experience.
        letting_go: when to stop.
        environment: what changes around the organisations.
        run: how long, and what is recorded.

    Raises:
        pydantic.ValidationError: a name is unknown, a value is out of range, or values contradict
            each other.

    Example:
        >>> config = Config.model_validate({"imitation": {"rate": 0.1}, "run": {"seed": 3}})
        >>> config.imitation.rate, config.structure.name
        (0.1, 'alliance')
    """

    population: Population = declare_parameter(Population, "who there is")
    challenge: Challenge = declare_parameter(Challenge, "what organisations are confronted with")
    structure: Structure = declare_parameter(Structure, "the form of light organising")
    search: Search = declare_parameter(Search, "how organisations find each other")
    understanding: Understanding = declare_parameter(
        Understanding, "when organisations understand each other"
    )
    trust: Trust = declare_parameter(Trust, "how trust starts and moves")
    production: Production = declare_parameter(Production, "how skills make value")
    imitation: Imitation = declare_parameter(Imitation, "copying the practice of partners")
    learning: Learning = declare_parameter(Learning, "what stays of experience")
    letting_go: LettingGo = declare_parameter(LettingGo, "when to stop")
    environment: Environment = declare_parameter(
        Environment, "what changes around the organisations"
    )
    run: Run = declare_parameter(Run, "how long, and what is recorded")

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse groups that contradict each other."""
        domains = self.population.domains
        broadest = max(c.highest for c in self.challenge.breadths)
        if self.population.source == "drawn" and broadest > domains:
            raise ValueError(
                f"challenge.breadths goes up to {broadest} domains, but population.domains is"
                f" {domains}: lower the breadth or raise the number of domains"
            )
        if (
            self.structure.max_size > self.population.ledger_slots
            and self.structure.topology != "none"
        ):
            raise ValueError(
                f"population.ledger_slots is {self.population.ledger_slots}, below"
                f" structure.max_size {self.structure.max_size}: an organisation must be able to"
                " remember all its partners"
            )
        return self
