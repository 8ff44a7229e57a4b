"""Mesa agents as views: an agent owns no data, every attribute reads its row of the arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from sim.array_model import RowAgent, RowAttribute
from sim.config import Config
from sim.errors import InputError
from sim.state import NOBODY, CollaborationTotal, Floats, World


class AgentModel(Protocol):
    """What agents need of their model."""

    config: Config
    world: World
    rounds_played: int
    sector_names: tuple[str, ...]
    form_names: tuple[str, ...]

    def organisation(self, row: int) -> Organisation:
        """Return the organisation of a row."""

    def collaboration_in(self, slot: int) -> Collaboration:
        """Return the collaboration that runs in a slot."""


class CollaborationEndedError(InputError, RuntimeError):
    """A request to a collaboration that ended for what only a running one has.

    A RuntimeError, as Python has it for an object in the wrong state, and not an AttributeError:
    Mesa's DataCollector and ``AgentSet.get`` read an AttributeError as a missing value, and would
    record nothing instead of stopping.
    """


class Organisation(RowAgent):
    """An organisation: expertise, core, sector, bridging skill, and whom it remembers.

    It shows a row as long as the model lives. When turnover replaces the organisation
    (``environment.turnover``), the same agent shows the newcomer, with its new expertise, an empty
    ledger and nothing earned.

    Attributes can be read, and those of the state can be set: expertise, core, bridging and the
    like.

    Example:
        >>> from sim.model import CollaborationModel
        >>> organisation = CollaborationModel().run(5).organisation(3)
        >>> organisation.expertise.shape
        (12,)
        >>> organisation.bridging = 0.9
        >>> organisation.bridging
        0.9
    """

    model: AgentModel

    expertise = RowAttribute("world.org.expertise", "skill per domain, shape (K,), 0 to 1")
    core = RowAttribute(
        "world.org.core",
        "expertise it drifts back to, shape (K,): what it entered with, except for domains renewed"
        " since",
    )
    bridging = RowAttribute("world.org.bridging", "bridging skill, 0 to 1")
    performance = RowAttribute("world.org.performance", "moving average of value earned per round")
    earned_total = RowAttribute("world.org.earned_total", "value earned since entering")
    alone_value = RowAttribute(
        "world.org.alone_value", "value per round it would make alone on its own challenge"
    )
    alone_quality = RowAttribute("world.org.alone_quality", "quality it would reach alone")

    def remove(self) -> None:
        """Refuse: an organisation out of Mesa's list would play on in its row.

        Raises:
            InputError: always.

        Example:
            >>> from sim.model import CollaborationModel
            >>> CollaborationModel().organisation(3).remove()
            Traceback (most recent call last):
            ...
            sim.errors.InputError: organisation 3 cannot be removed by hand...
        """
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
        """Return what it remembers of its partners.

        Returns:
            One entry per partner, in ledger order: ``partner`` (an organisation), ``trust`` (0 to
            1), ``familiarity`` (0 to 1), ``meetings`` and ``joint`` (collaborations they shared).

        Example:
            >>> from sim.model import CollaborationModel
            >>> ledger = CollaborationModel().run(5).organisation(3).ledger()
            >>> sorted(ledger[0])
            ['familiarity', 'joint', 'meetings', 'partner', 'trust']
        """
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

    One that is held on to after its end still has ``serial`` and ``ended``. Everything else raises
    CollaborationEndedError, because another collaboration may run in its slot by then; its record
    is in ``model.events_table()``.

    Example:
        >>> from sim.model import CollaborationModel
        >>> model = CollaborationModel().run(5)
        >>> team = model.collaborations[0]
        >>> team.convenor is team.members[0], team.ended
        (True, False)
    """

    model: AgentModel

    progress = RowAttribute("world.col.progress", "accumulated quality")
    rounds_left = RowAttribute("world.col.rounds_left", "rounds before the deadline")
    age = RowAttribute("world.col.age", "rounds worked")
    quality = RowAttribute("world.col.quality", "quality in the last round")
    expected = RowAttribute("world.col.expected", "expected joint value per round")
    surplus = RowAttribute("world.col.surplus", "moving average of synergy")
    started = RowAttribute("world.col.started", "round in which it started")

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
                f"collaboration {self.serial} ended; only serial and ended can still be read: look"
                " it up in model.events_table(), column collaboration"
            )
        return self._row

    def remove(self) -> None:
        """Leave the model once it ended; refuse before.

        Raises:
            InputError: it still runs.

        Example:
            >>> from sim.model import CollaborationModel
            >>> CollaborationModel().run(5).collaborations[0].remove()
            Traceback (most recent call last):
            ...
            sim.errors.InputError: collaboration ... cannot be removed by hand...
        """
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
        """The organisation whose challenge it works on; None for a challenge of the team."""
        owner = int(self.model.world.col.owner[self.row])
        return None if owner == NOBODY else self.model.organisation(owner)


class AgentViews:
    """The agents that somebody looked at so far."""

    def __init__(self, model: AgentModel) -> None:
        self._model = model
        self._organisations: list[Organisation] = []
        self._collaborations: dict[int, Collaboration] = {}

    @property
    def organisations(self) -> Sequence[Organisation]:
        """All organisations, by row."""
        if not self._organisations:
            rows = range(self._model.world.org.load.size)
            self._organisations = [Organisation(self._model, row) for row in rows]
        return self._organisations

    @property
    def collaborations(self) -> list[Collaboration]:
        """All running collaborations, in order of starting."""
        col = self._model.world.col
        running = col.order[: col.totals[CollaborationTotal.RUNNING]].tolist()
        return [self.find_collaboration(slot) for slot in running]

    def find_collaboration(self, slot: int) -> Collaboration:
        """Return the collaboration that runs in a slot."""
        known = self._collaborations.get(slot)
        if known is not None and not known.ended:
            return known
        if known is not None:
            known.remove()
        self._collaborations[slot] = Collaboration(self._model, slot)
        return self._collaborations[slot]

    def update(self) -> None:
        """Make the agents that are missing; remove those of collaborations that ended."""
        _ = self.organisations, self.collaborations
        for slot in [slot for slot, known in self._collaborations.items() if known.ended]:
            self._collaborations.pop(slot).remove()


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
        """Return a pandas DataFrame: a column per measure, a row per number of rounds played."""
        import pandas as pd  # slow to import and seldom asked for

        table = self._model.rounds_table()
        return pd.DataFrame(
            self.model_vars, index=pd.Index((table["round"] + 1).to_numpy(), name="round")
        )


class DataCollectorAttribute:
    """A ``DataCollectorView``, unless a subclass sets a DataCollector of its own."""

    def __get__(self, model: Any, kind: type) -> Any:
        return self if model is None else DataCollectorView(model)
