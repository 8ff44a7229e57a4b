"""Agents numbered by a count of their model, in a model that can be forgotten."""

from __future__ import annotations

import mesa


class NumberedModel(mesa.Model):  # type: ignore[misc]
    """A Mesa model that numbers its agents itself.

    Mesa counts in a dictionary of its class ``Agent`` that keeps every model alive, so the model is taken out of it.
    """

    _agents_numbered = 0

    def register_agent(self, agent: mesa.Agent) -> None:
        """Take up an agent, ours or the user's own, numbered by one count of the model."""
        mesa.Agent._ids.pop(self, None)
        self._agents_numbered += 1
        agent.unique_id = self._agents_numbered
        super().register_agent(agent)
