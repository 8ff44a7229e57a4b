"""Mesa agents as views: an agent owns no data, every attribute reads its row of the arrays."""

from __future__ import annotations

from typing import Any, Protocol

import mesa
import numpy as np

from sim.config import Config
from sim.errors import InputError
from sim.state import NOBODY, Floats, World


class AgentModel(Protocol):
    """What agents need of their model."""

    config: Config
    world: World
    sector_names: tuple[str, ...]
    form_names: tuple[str, ...]

    def organisation(self, row: int) -> Organisation:
        """Return the organisation of a row."""

    def collaboration_in(self, slot: int) -> Collaboration:
        """Return the collaboration that runs in a slot."""


class CollaborationEndedError(InputError, RuntimeError):
    """A collaboration that ended was asked for what only a running one has.

    A RuntimeError, as Python has it for an object in the wrong state, and not an AttributeError: Mesa's DataCollector and
    ``AgentSet.get`` read an AttributeError as a missing value and would record nothing instead of saying so.
    """


class ArrayAttribute:
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

    model: AgentModel

    def __init__(self, model: AgentModel, row: int) -> None:
        self._row = row
        super().__init__(model)

    @property
    def row(self) -> int:
        """Row of the arrays it stands for."""
        return self._row


class Organisation(RowAgent):
    """An organisation: expertise, core, sector, bridging skill, and whom it remembers.

    It stands for a row as long as the model lives: when turnover replaces the organisation (``environment.turnover``), the
    same agent shows the newcomer, with its new expertise, an empty ledger and nothing earned.
    """

    expertise = ArrayAttribute("org", "skill per domain, shape (K,), 0 to 1")
    core = ArrayAttribute(
        "org",
        "expertise it drifts back to: what it entered with, but for domains renewed since, shape"
        " (K,)",
    )
    bridging = ArrayAttribute("org", "bridging skill, 0 to 1")
    performance = ArrayAttribute("org", "moving average of value earned per round")
    earned_total = ArrayAttribute("org", "value earned since entering")
    alone_value = ArrayAttribute("org", "value per round it would make alone on its own challenge")
    alone_quality = ArrayAttribute("org", "quality it would reach alone")

    def remove(self) -> None:
        """Refuse: an organisation out of Mesa's list would play on in its row."""
        raise InputError(
            f"organisation {self.row} cannot be removed by hand, for its row plays on;"
            " organisations leave, and newcomers take their place, with environment.turnover"
            " above 0"
        )

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
        return [
            self.model.collaboration_in(int(c)) for c in org.places[self.row, : org.load[self.row]]
        ]

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
    """A running collaboration; it is removed from the model when it ends.

    One that is held on to after its end still tells ``serial`` and ``ended``; everything else raises EndedError, for its
    slot may be another collaboration's by then. What it came to stands in ``model.events_table()``.
    """

    progress = ArrayAttribute("col", "accumulated quality")
    rounds_left = ArrayAttribute("col", "rounds before the deadline")
    age = ArrayAttribute("col", "rounds worked")
    quality = ArrayAttribute("col", "quality in the last round")
    expected = ArrayAttribute("col", "expected joint value per round")
    surplus = ArrayAttribute("col", "moving average of synergy")
    started = ArrayAttribute("col", "round in which it started")

    def __init__(self, model: AgentModel, row: int) -> None:
        self.serial = int(model.world.col.serial[row])  # number in order of starting
        super().__init__(model, row)

    @property
    def ended(self) -> bool:
        """Whether it ended."""
        col = self.model.world.col
        return bool(col.serial[self._row] != self.serial or col.size[self._row] == 0)

    @property
    def row(self) -> int:
        """Slot of the arrays it runs in."""
        if self.ended:
            raise CollaborationEndedError(
                f"collaboration {self.serial} ended; only serial and ended can still be asked of"
                " it: look it up in model.events_table(), column collaboration"
            )
        return self._row

    def remove(self) -> None:
        """Leave the model once it ended; refuse before."""
        if not self.ended:
            raise InputError(
                f"collaboration {self.serial} cannot be removed by hand, for its members work on;"
                " it ends by the rules of let go: see structure.term, structure.persistence and"
                " structure.inertia"
            )
        super().remove()

    @property
    def form(self) -> str:
        """Name of its form."""
        return self.model.form_names[self.model.world.col.form[self.row]]

    @property
    def members(self) -> list[Organisation]:
        """Its members, the convenor first."""
        col = self.model.world.col
        return [
            self.model.organisation(int(i)) for i in col.members[self.row, : col.size[self.row]]
        ]

    @property
    def convenor(self) -> Organisation:
        """The member that convenes."""
        return self.members[0]

    @property
    def owner(self) -> Organisation | None:
        """The organisation whose challenge it works on, if one of them."""
        owner = int(self.model.world.col.owner[self.row])
        return None if owner == NOBODY else self.model.organisation(owner)


class DataCollectorView:
    """What was recorded so far, by the names Mesa's DataCollector has for it."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def model_vars(self) -> dict[str, list[float]]:
        """Every measure by name, a value per recorded round."""
        recorded: dict[str, list[float]] = (
            self._model.rounds_table().drop("round").to_dict(as_series=False)
        )
        return recorded

    def get_model_vars_dataframe(self) -> Any:
        """Return a pandas DataFrame with a column per measure, indexed by the number of rounds played."""
        import pandas as pd  # slow to import and seldom asked for

        table = self._model.rounds_table()
        return pd.DataFrame(
            self.model_vars, index=pd.Index((table["round"] + 1).to_numpy(), name="round")
        )


class DataCollectorAttribute:
    """Gives ``RoundsCollected`` unless a subclass sets a DataCollector of its own."""

    def __get__(self, model: Any, kind: type) -> Any:
        return self if model is None else DataCollectorView(model)
