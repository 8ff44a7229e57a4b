"""Mesa agents as views: an agent owns no data, every attribute reads its row of the arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import mesa
import numpy as np

from sim.config import Config
from sim.state import NOBODY, Floats, World


class ModelOfAgents(Protocol):
    """What agents need of their model."""

    config: Config
    world: World
    agent_numbers: Iterator[int]
    sector_names: tuple[str, ...]
    form_names: tuple[str, ...]

    def organisation(self, row: int) -> Organisation:
        """Return the organisation of a row."""

    def collaboration_in(self, slot: int) -> Collaboration:
        """Return the collaboration that runs in a slot."""


class _NumbersFromModel:
    """Let every model number its own agents; Mesa's counter per class would keep every model alive."""

    def __getitem__(self, model: ModelOfAgents) -> Any:
        return model.agent_numbers


class Column:
    """An attribute that reads (and, for expertise and the like, writes) one row of an array."""

    def __init__(self, group: str, meaning: str) -> None:
        self.group, self.__doc__ = group, meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        value = getattr(getattr(agent.model.world, self.group), self.name)[agent.row]
        return value if value.ndim else value.item()

    def __set__(self, agent: Any, value: Any) -> None:
        getattr(getattr(agent.model.world, self.group), self.name)[agent.row] = value


class RowAgent(mesa.Agent):  # type: ignore[misc]
    """An agent that stands for one row."""

    _ids = _NumbersFromModel()
    model: ModelOfAgents

    def __init__(self, model: ModelOfAgents, row: int) -> None:
        self.row = row
        super().__init__(model)


class Organisation(RowAgent):
    """An organisation: expertise, core, sector, bridging skill, and whom it remembers."""

    expertise = Column("org", "skill per domain, shape (K,), 0 to 1")
    core = Column("org", "expertise it entered with, shape (K,)")
    bridging = Column("org", "bridging skill, 0 to 1")
    performance = Column("org", "moving average of value earned per round")
    earned_total = Column("org", "value earned since entering")
    alone_value = Column("org", "value per round it would make alone on its own challenge")
    alone_quality = Column("org", "quality it would reach alone")

    @property
    def sector(self) -> str:
        """Name of its sector."""
        return self.model.sector_names[self.model.world.org.sector[self.row]]

    @property
    def form(self) -> str:
        """Name of the form it initiates."""
        return self.model.form_names[self.model.world.org.form[self.row]]

    @property
    def collaborations(self) -> list[Collaboration]:
        """The collaborations it is in, in order of joining."""
        org = self.model.world.org
        return [self.model.collaboration_in(int(c)) for c in org.places[self.row, : org.load[self.row]]]

    @property
    def is_free(self) -> bool:
        """Whether it has room for one more collaboration."""
        return bool(self.model.world.org.load[self.row] < self.model.config.population.capacity)

    @property
    def requirement(self) -> Floats:
        """Weights of its own challenge, shape (K,), sum 1."""
        org = self.model.world.org
        needs = np.zeros(org.expertise.shape[1])
        breadth = org.breadth[self.row]
        needs[org.domains[self.row, :breadth]] = org.requirement[self.row, :breadth]
        return needs

    def ledger(self) -> list[dict[str, Any]]:
        """Return what it remembers of each partner: organisation, trust, familiarity, meetings, joint collaborations."""
        remembered = self.model.world.ledger
        return [
            {
                "partner": self.model.organisation(int(remembered.partner[self.row, s])),
                "trust": float(remembered.trust[self.row, s]),
                "familiarity": float(remembered.familiarity[self.row, s]),
                "meetings": int(remembered.meetings[self.row, s]),
                "joint": int(remembered.joint[self.row, s]),
            }
            for s in range(remembered.used[self.row])
        ]


class Collaboration(RowAgent):
    """A running collaboration; it is removed from the model when it ends."""

    progress = Column("col", "accumulated quality")
    rounds_left = Column("col", "rounds before the deadline")
    age = Column("col", "rounds worked")
    quality = Column("col", "quality in the last round")
    expected = Column("col", "expected joint value per round")
    surplus = Column("col", "moving average of synergy")
    started = Column("col", "round in which it started")
    serial = Column("col", "number in order of starting")

    @property
    def form(self) -> str:
        """Name of its form."""
        return self.model.form_names[self.model.world.col.form[self.row]]

    @property
    def members(self) -> list[Organisation]:
        """Its members, the convenor first."""
        col = self.model.world.col
        return [self.model.organisation(int(i)) for i in col.members[self.row, : col.size[self.row]]]

    @property
    def convenor(self) -> Organisation:
        """The member that convenes."""
        return self.members[0]

    @property
    def owner(self) -> Organisation | None:
        """The organisation whose challenge it works on, if one of them."""
        owner = int(self.model.world.col.owner[self.row])
        return None if owner == NOBODY else self.model.organisation(owner)
