"""Who there is, and what they are confronted with."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from sim.config.declaration import (
    CALIBRATED_SOURCE,
    LARGEST_COUNT,
    LARGEST_SEED,
    Group,
    declare_parameter,
    number_choices,
)


class Population(Group):
    """Who there is."""

    source: Literal["drawn", "file"] = declare_parameter(
        "drawn", "where organisations come from: drawn at random, or read from files"
    )
    path: str | None = declare_parameter(
        None,
        "with source=file: a CSV of organisations, or a folder with participations.csv,"
        " projects.csv and organisations.csv (.gz allowed)",
    )
    organisations: int = declare_parameter(
        100,
        "number of organisations; with source=file the size of the sample taken (0: all)",
        symbol="N",
        ge=0,
        le=2_000_000,
    )
    domains: int = declare_parameter(
        12,
        "number of expertise domains; with source=file given by the file",
        symbol="K",
        ge=1,
        le=64,
    )
    budget: float = declare_parameter(
        3.0,
        "attention budget: the largest sum of an organisation's skills",
        unit="skill",
        symbol="B",
        gt=0,
    )
    concentration: float = declare_parameter(
        0.15,
        "shape of the law skills are drawn from: small is specialised, large is even",
        gt=0,
        le=100,
        source=CALIBRATED_SOURCE,
    )
    base_skill: float = declare_parameter(
        0.02, "skill everybody has in every domain", unit="skill", ge=0, le=1
    )
    sectors: dict[str, float] = declare_parameter(
        lambda: {
            "care": 1.0,
            "education": 1.0,
            "goods": 1.0,
            "services": 1.0,
            "government": 1.0,
            "business": 1.0,
        },
        "sectors and their relative shares",
        source="the user's six sectors, equally frequent",
        min_length=1,
    )
    capacity: int = declare_parameter(
        1, "collaborations an organisation can be in at the same time", symbol="c", ge=1, le=16
    )
    ledger_slots: int = declare_parameter(
        32, "partners an organisation can remember", symbol="R", ge=2, le=1024
    )
    minimum_projects: int = declare_parameter(
        5,
        "with participations: organisations with fewer classified projects are left out",
        unit="projects",
        source="Horizon 2020 extract: expertise is estimated from five projects or more",
        ge=1,
        le=LARGEST_COUNT,
    )

    sample_seed: int = declare_parameter(
        1,
        "with source=file: seed of the sample, the same in all replicates",
        source="a study compares forms on the same organisations",
        ge=0,
        le=LARGEST_SEED,
    )

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse fields that contradict each other."""
        if self.source == "file" and not self.path:
            raise ValueError(
                "population.source=file needs population.path: name a CSV file or a folder"
            )
        if self.source == "drawn" and self.path:
            raise ValueError(
                "population.path is read only with population.source=file: add"
                " population.source=file or leave the path out"
            )
        if self.source == "file" and "domains" in self.model_fields_set:
            raise ValueError(
                f"population.domains is {self.domains}, but with population.source=file the file"
                " says which domains there are: leave it out"
            )
        if self.source == "drawn" and self.organisations == 0:
            raise ValueError("population.organisations is 0; a drawn population needs at least 1")
        bad = {name: share for name, share in self.sectors.items() if share < 0}
        if bad or sum(self.sectors.values()) <= 0:
            raise ValueError(
                f"population.sectors is {self.sectors}; shares must not be negative and one must be"
                " above 0"
            )
        return self


PopulationSource = number_choices(Population, "source")


class BreadthClass(Group):
    """A class of challenges by the number of domains they need."""

    lowest: int = declare_parameter(1, "smallest number of domains", ge=1, le=64)
    highest: int = declare_parameter(2, "largest number of domains", ge=1, le=64)
    share: float = declare_parameter(0.5, "relative frequency of the class", ge=0)

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse an empty class."""
        if self.highest < self.lowest:
            raise ValueError(
                f"challenge.breadths: highest is {self.highest}, below lowest {self.lowest}"
            )
        return self


class Challenge(Group):
    """What organisations are confronted with."""

    value: float = declare_parameter(
        1.0,
        "value of quality one per round for a challenge of one domain",
        unit="value per round",
        symbol="V",
        ge=0,
    )
    breadth_premium: float = declare_parameter(
        1.5,
        "exponent of value with breadth: broad problems are worth more",
        symbol="zeta",
        ge=0,
        le=5,
    )
    affinity: float = declare_parameter(
        0.9,
        "how far organisations meet challenges near their own field",
        symbol="a",
        ge=0,
        le=1,
        source=CALIBRATED_SOURCE,
    )
    workload: float = declare_parameter(
        6.0,
        "accumulated quality that solves a challenge",
        unit="quality x rounds",
        symbol="W",
        gt=0,
    )
    deadline: int = declare_parameter(
        30,
        "rounds of work after which a challenge expires",
        unit="rounds",
        ge=1,
        le=LARGEST_COUNT,
        source=CALIBRATED_SOURCE,
    )
    aspiration: float = declare_parameter(
        0.35,
        "quality alone below which an organisation looks for partners",
        unit="quality",
        ge=0,
        le=1,
    )
    breadths: tuple[BreadthClass, ...] = declare_parameter(
        lambda: (
            BreadthClass(lowest=1, highest=2, share=0.5),
            BreadthClass(lowest=3, highest=4, share=0.25),
            BreadthClass(lowest=5, highest=8, share=0.25),
        ),
        "classes of breadth with their shares",
        min_length=1,
    )

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse classes that can never be drawn."""
        if sum(c.share for c in self.breadths) <= 0:
            raise ValueError("challenge.breadths: all shares are 0; at least one must be above 0")
        return self
