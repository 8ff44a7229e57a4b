"""What a user reads of a model that was played: tables, outcomes and agents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from sim.agents import AgentViews, Collaboration, Organisation
from sim.array_model import ArrayModel
from sim.config import Config
from sim.engine import write_running_events
from sim.errors import InputError
from sim.observation.events import EVENT_COLUMNS
from sim.observation.outcomes import compute_outcomes
from sim.observation.recording import RunRecorder, build_challenges_table
from sim.runtime.state_passing import PassedState
from sim.state import CollaborationTotal, World


class RecordedModel(ArrayModel):
    """A model with the record of its rounds, and agents that show its rows.

    A subclass builds ``world``, plays, and keeps in ``recorder`` what rounds leave.
    """

    config: Config
    world: World
    packed: PassedState
    recorder: RunRecorder
    rounds_played: int
    form_names: tuple[str, ...]
    sector_names: tuple[str, ...]
    _views: AgentViews

    def rounds_table(self) -> pl.DataFrame:
        """Return what was measured per round.

        Returns:
            One row per recorded round: ``round``, then every measure (docs/measures.md).

        Example:
            >>> CollaborationModel().run(3).rounds_table()["round"].to_list()
            [0, 1, 2]
        """
        return self.recorder.build_rounds_table()

    def events_table(self) -> pl.DataFrame:
        """Return the collaborations of the run.

        Returns:
            One row per collaboration (docs/measures.md): those that ended and were not taken away
            by ``take_events()``, then those that still run.

        Example:
            >>> table = CollaborationModel().run(10).events_table()
            >>> table["collaboration"].n_unique() == len(table)
            True
        """
        count = int(self.world.col.totals[CollaborationTotal.RUNNING])
        running = np.zeros((count, len(EVENT_COLUMNS)))
        write_running_events(self.packed, running, self.rounds_played)
        return self.recorder.build_events_table(running)

    def events_waiting(self) -> int:
        """Return how many collaborations ended since ``take_events()`` was last called.

        Returns:
            A number of rows.

        Example:
            >>> CollaborationModel().events_waiting()
            0
        """
        return self.recorder.count_ended()

    def take_events(self) -> pl.DataFrame:
        """Return the collaborations that ended, and forget them.

        A long run writes them to disk in this way, instead of keeping them in memory.

        Returns:
            One row per collaboration, as in ``events_table()``.

        Example:
            >>> model = CollaborationModel().run(20)
            >>> len(model.take_events()) > 0, model.events_waiting()
            (True, 0)
        """
        return self.recorder.take_ended()

    def challenges_table(self) -> pl.DataFrame:
        """Return what became of challenges.

        Returns:
            One row per breadth that occurred: ``breadth`` (domains), ``solved_alone``,
            ``solved_together``, ``expired`` (numbers) and ``mean_rounds_to_solve``.

        Example:
            >>> CollaborationModel().run(20).challenges_table().columns[:2]
            ['breadth', 'solved_alone']
        """
        return build_challenges_table(self.world.around.challenges)

    def summary(self) -> dict[str, float]:
        """Return the outcomes of the run.

        Returns:
            Means over all rounds and over the last quarter of them, and the outcomes of
            ``sim/observation/outcomes.py``, by name.

        Raises:
            InputError: no round is recorded yet.

        Example:
            >>> CollaborationModel().run(20).summary()["joint_value"] > 0
            True
        """
        if self.recorder.is_empty:
            raise InputError(
                f"summary() has nothing to sum up: {self.rounds_played} rounds are played and none"
                f" is recorded yet (run.record_every is {self.config.run.record_every}); play with"
                " run() first"
            )
        return compute_outcomes(
            self.rounds_table(),
            self.events_table(),
            self.challenges_table(),
            self.config.challenge.breadths,
        )

    @property
    def organisations(self) -> Sequence[Organisation]:
        """All organisations, by row."""
        return self._views.organisations

    @property
    def collaborations(self) -> list[Collaboration]:
        """All running collaborations, in order of starting."""
        return self._views.collaborations

    def organisation(self, row: int) -> Organisation:
        """Return an organisation.

        Args:
            row: its row in the arrays of ``world``, from 0.

        Returns:
            The agent that shows this row.

        Example:
            >>> CollaborationModel().organisation(3).row
            3
        """
        return self._views.organisations[row]

    def collaboration_in(self, slot: int) -> Collaboration:
        """Return the collaboration that runs in a slot.

        Args:
            slot: its slot in the arrays of ``world``; ``world.col.order`` lists those in use.

        Returns:
            The agent that shows this slot as long as the collaboration runs.

        Example:
            >>> model = CollaborationModel().run(5)
            >>> model.collaboration_in(int(model.world.col.order[0])).ended
            False
        """
        return self._views.find_collaboration(slot)

    def update_agents(self) -> None:
        """Make the agents that are missing; remove those of collaborations that ended."""
        self._views.update()
