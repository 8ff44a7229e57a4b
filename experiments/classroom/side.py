"""One side of the page: a model, a snapshot of every round, and the way back to any of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from experiments.classroom.snapshots import (
    CHARTED_MEASURES,
    RoundSnapshot,
    pack_round_snapshot,
    take_round_snapshot,
    unpack_round_snapshot,
)
from sim.config import Config
from sim.interactive.decisions import AnswersByAction, Decision
from sim.model import CollaborationModel
from sim.observation.events import EVENT_COLUMNS
from sim.observation.measures import MEASURES
from sim.state import END_REASONS

ROUNDS_PER_TURN = 32  # rounds replayed before other sessions get their turn
SERIAL_COLUMN, REASON_COLUMN = EVENT_COLUMNS.index("collaboration"), EVENT_COLUMNS.index("reason")
CHARTED_COLUMNS = [list(MEASURES).index(name) for name in CHARTED_MEASURES]
NO_COPIES = np.zeros((0, 2), dtype=np.int32)


class ParameterPeriod(NamedTuple):
    """Parameters, the round from which they are in force, and how they differ from those before."""

    start: int
    config: Config
    changes: dict[str, Any]  # new values by dotted path


class PlayedModel(CollaborationModel):
    """A model that keeps the measures and events of its last round only.

    The page keeps earlier rounds as snapshots.
    """

    def take_endings(self) -> dict[int, str]:
        """Return the reasons of the collaborations that ended, by serial number, and drop them."""
        return {
            int(event[SERIAL_COLUMN]): END_REASONS[int(event[REASON_COLUMN])]
            for events in self.recorder.take_records()
            for event in events
        }

    def take_measures(self) -> list[float]:
        """Return the charted measures of the last round, and drop all measures."""
        values = self.recorder.take_rows()[-1][-1, CHARTED_COLUMNS]
        return [round(float(value), 5) for value in values]


class PlayedSide:
    """A model that is played round by round, and that can go on from any earlier round.

    Draws are keyed by seed and round. A model that is built from the same parameters and played
    to the same round is therefore the same model: to return, only parameters and the decisions
    of persons have to be kept.
    """

    def __init__(self, config: Config) -> None:
        self.periods = [ParameterPeriod(0, config, {})]
        self.decisions: dict[int, Mapping[int, Decision]] = {}  # of persons, by round
        self.model = PlayedModel(config)
        demand = self.model.world.around.demand
        self._newest = take_round_snapshot(self.model, {}, NO_COPIES, demand)
        self.packed_rounds = [pack_round_snapshot(self._newest)]
        self.series: list[list[float]] = []

    @property
    def config(self) -> Config:
        """The parameters in force."""
        return self.periods[-1].config

    @property
    def frontier(self) -> int:
        """The last round that was played."""
        return len(self.packed_rounds) - 1

    def list_configs(self) -> list[tuple[int, Config]]:
        """Return the parameters in force, with the round in which each period begins."""
        return [(period.start, period.config) for period in self.periods]

    def play(self, decisions: Mapping[int, Decision] | None = None) -> dict[int, AnswersByAction]:
        """Play one more round; return what came of the decisions of persons, if there are any."""
        demand = self.model.world.around.demand.copy()
        answers: dict[int, AnswersByAction] = {}
        if decisions:
            copies, answers = self.model.step_decided(decisions)
            self.decisions[self.frontier] = dict(decisions)
        else:
            copies = self.model.step_watched()
        endings = self.model.take_endings()
        self._newest = take_round_snapshot(self.model, endings, copies, demand)
        self.packed_rounds.append(pack_round_snapshot(self._newest))
        self.series.append(self.model.take_measures())
        return answers

    def change(self, config: Config) -> None:
        """Go on from the last round with other parameters."""
        if config == self.config:
            return
        self.model.change(config)
        first, *later = self.periods
        earlier = [first, *(period for period in later if period.start < self.frontier)]
        changes = find_changed_parameters(earlier[-1].config, config)
        self.periods = [*earlier, ParameterPeriod(self.frontier, config, changes)]

    def load_snapshot(self, now: int) -> RoundSnapshot:
        """Return what a round looked like."""
        if now == self.frontier:
            return self._newest
        return unpack_round_snapshot(self.packed_rounds[now])

    async def rebuild_model(self, now: int) -> PlayedModel:
        """Return a model at a round: the one that plays, or a new one played to that round."""
        if now == self.frontier:
            return self.model
        model = PlayedModel(self.periods[0].config)
        for start, config in [*self.list_configs()[1:], (now, self.config)]:
            await self._replay(model, min(start, now))
            if start < now:
                model.change(config)
        return model

    async def _replay(self, model: PlayedModel, until: int) -> None:
        """Play a model to a round as this side was played."""
        while (now := model.rounds_played) < until:
            if now in self.decisions:
                model.step_decided(self.decisions[now])
            else:
                stop = min((played for played in self.decisions if played > now), default=until)
                model.run(min(ROUNDS_PER_TURN, min(stop, until) - now))
            model.take_endings()
            await asyncio.sleep(0)

    async def truncate(self, now: int) -> None:
        """Forget the rounds after one, so that the model goes on from there."""
        if now >= self.frontier:
            return
        self.model = await self.rebuild_model(now)
        self.packed_rounds, self.series = self.packed_rounds[: now + 1], self.series[:now]
        self._newest = unpack_round_snapshot(self.packed_rounds[now])
        first, *later = self.periods
        self.periods = [first, *(period for period in later if period.start <= now)]
        self.decisions = {
            played: decisions for played, decisions in self.decisions.items() if played < now
        }
        self.model.change(self.config)


def find_changed_parameters(one: Config, other: Config) -> dict[str, Any]:
    """Return the values of another configuration where it differs, by dotted path."""
    return _find_changed_values(one.model_dump(), other.model_dump(), "")


def _find_changed_values(one: dict[str, Any], other: dict[str, Any], before: str) -> dict[str, Any]:
    """Compare two nested dictionaries of the same shape."""
    changed: dict[str, Any] = {}
    for name, value in one.items():
        path = before + name
        if isinstance(value, dict) and path not in ("population.sectors", "structure.mix"):
            changed |= _find_changed_values(value, other[name], f"{path}.")
        elif value != other[name]:
            changed[path] = other[name]
    return changed
