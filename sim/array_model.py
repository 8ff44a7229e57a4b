"""Mesa models whose state lies in arrays, and agents that are views of rows of them."""

from __future__ import annotations

from abc import abstractmethod
from operator import attrgetter
from typing import Any

import mesa
import numpy as np

from sim.errors import InputError


class RowAttribute:
    """An attribute of an agent: its row of an array of the model, to read and to write."""

    def __init__(self, array: str, meaning: str) -> None:
        self._find_array, self.__doc__ = attrgetter(array), meaning

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        value = self._find_array(agent.model)[agent.row]
        return value if value.ndim else value.item()

    def __set__(self, agent: Any, value: Any) -> None:
        self._find_array(agent.model)[agent.row] = value


class RowAgent(mesa.Agent):  # type: ignore[misc]
    """An agent that owns no data: it shows one row of the model's arrays."""

    def __init__(self, model: Any, row: int) -> None:
        self._row = row
        super().__init__(model)

    @property
    def row(self) -> int:
        """Row of the arrays that it shows."""
        return self._row


class ArrayModel(mesa.Model):  # type: ignore[misc]
    """A Mesa model that makes its agents when somebody first looks at them.

    It numbers them itself. Mesa counts in a dictionary of its class ``Agent`` that keeps every
    model alive, so the model is taken out of it.
    """

    _agents_numbered = 0

    @abstractmethod
    def update_agents(self) -> None:
        """Make the agents that are missing, and remove those that show nothing any more."""

    @property
    def agents(self) -> mesa.agent.AgentSet:
        """All agents, those of the user's own included."""
        self.update_agents()
        return super().agents

    @property
    def agents_by_type(self) -> dict[type, mesa.agent.AgentSet]:
        """Agents by class."""
        self.update_agents()
        by_type: dict[type, mesa.agent.AgentSet] = super().agents_by_type
        return by_type

    def register_agent(self, agent: mesa.Agent) -> None:
        """Take up an agent, ours or the user's own, numbered by one count of the model."""
        mesa.Agent._ids.pop(self, None)
        self._agents_numbered += 1
        agent.unique_id = self._agents_numbered
        super().register_agent(agent)


def count_rounds_to_play(rounds: int | None, left: int, parameter: str) -> int:
    """Return how many rounds ``run(rounds)`` plays: without a number, those that are left."""
    if rounds is None:
        return max(0, left)
    if isinstance(rounds, bool) or not isinstance(rounds, int | np.integer) or rounds < 0:
        raise InputError(
            f"run({rounds!r}) cannot be played; give a whole number of rounds, 0 or more, or none"
            f" to play what is left of {parameter}"
        )
    return int(rounds)
