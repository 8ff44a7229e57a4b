"""One side of the page: a model, every round it showed, and the way back to any of them."""

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
from sim.observation.measures import EVENT_COLUMNS, MEASURES

ROUNDS_PER_TURN = 32  # rounds replayed before others get their turn
SERIAL_COLUMN, REASON_COLUMN = EVENT_COLUMNS.index("collaboration"), EVENT_COLUMNS.index("reason")
CHARTED_COLUMNS = [list(MEASURES).index(name) for name in CHARTED_MEASURES]
NO_COPIES = np.zeros((0, 2), dtype=np.int32)


class ParameterPeriod(NamedTuple):
    """From which round on which parameters are in force, and which differ from those before."""

    start: int
    config: Config
    changed: dict[str, Any]  # new values by dotted path


class PlayedModel(CollaborationModel):
    """A model that keeps the measures and events of its last round only: what the page shows stands on its tape."""

    def last_events(self) -> list[tuple[int, int]]:
        """Return serial number and reason of the collaborations that ended since it was last asked, and forget them."""
        ended = [
            (int(event[SERIAL_COLUMN]), int(event[REASON_COLUMN]))
            for events in self._events
            for event in events
        ]
        self._events = []
        return ended

    def last_measures(self) -> list[float]:
        """Return what the page charts of the last round, and forget the rest."""
        values = self._rows[-1][-1, CHARTED_COLUMNS]
        self._rows, self._moments = [], []
        return [round(float(value), 5) for value in values]


class PlayedSide:
    """A model that is played round by round; any round can be shown again, and gone on from with other parameters.

    Draws are keyed by seed and round, so a model built anew from the same parameters and played as far is the same model: nothing
    but parameters, and what persons decided, has to be kept to come back.
    """

    def __init__(self, config: Config) -> None:
        self.terms = [ParameterPeriod(0, config, {})]
        self.decided: dict[int, Mapping[int, Decision]] = {}  # by round, where persons decided
        self.model = PlayedModel(config)
        self._newest = take_round_snapshot(
            self.model, [], NO_COPIES, self.model.world.around.demand
        )
        self.tape = [pack_round_snapshot(self._newest)]
        self.series: list[list[float]] = []

    @property
    def config(self) -> Config:
        """The parameters in force."""
        return self.terms[-1].config

    def in_force(self) -> list[tuple[int, Config]]:
        """Return from which round on which parameters were in force."""
        return [(term.start, term.config) for term in self.terms]

    @property
    def frontier(self) -> int:
        """The last round that was played."""
        return len(self.tape) - 1

    def play(self, decisions: Mapping[int, Decision] | None = None) -> dict[int, AnswersByAction]:
        """Play one more round; where persons decided, return what came of it."""
        demand = self.model.world.around.demand.copy()
        answers: dict[int, AnswersByAction] = {}
        if decisions:
            copies, answers = self.model.step_decided(decisions)
            self.decided[self.frontier] = dict(decisions)
        else:
            copies = self.model.step_watched()
        self._newest = take_round_snapshot(self.model, self.model.last_events(), copies, demand)
        self.tape.append(pack_round_snapshot(self._newest))
        self.series.append(self.model.last_measures())
        return answers

    def change(self, config: Config) -> None:
        """Go on from the frontier under other parameters."""
        if config != self.config:
            self.model.change(config)
            earlier = [
                self.terms[0],
                *(term for term in self.terms[1:] if term.start < self.frontier),
            ]
            self.terms = [
                *earlier,
                ParameterPeriod(
                    self.frontier, config, find_changed_parameters(earlier[-1].config, config)
                ),
            ]

    def moment(self, now: int) -> RoundSnapshot:
        """Return what a round looked like."""
        return self._newest if now == self.frontier else unpack_round_snapshot(self.tape[now])

    async def model_at(self, now: int) -> PlayedModel:
        """Return a model at a round: the one that plays, or one built anew and played as far."""
        if now == self.frontier:
            return self.model
        model = PlayedModel(self.terms[0].config)
        for start, config in [*self.in_force()[1:], (now, self.config)]:
            await self._play_again(model, min(start, now))
            if start < now:
                model.change(config)
        return model

    async def _play_again(self, model: PlayedModel, until: int) -> None:
        """Play a model as this side was played, up to a round."""
        while (now := model.rounds_played) < until:
            if now in self.decided:
                model.step_decided(self.decided[now])
            else:
                stop = min((played for played in self.decided if played > now), default=until)
                model.run(min(ROUNDS_PER_TURN, min(stop, until) - now))
            model.last_events()
            await asyncio.sleep(0)

    async def cut(self, now: int) -> None:
        """Forget what came after a round, so that the model goes on from there."""
        if now < self.frontier:
            model = await self.model_at(now)
            self.model, self.tape, self.series = model, self.tape[: now + 1], self.series[:now]
            self._newest = unpack_round_snapshot(self.tape[now])
            self.terms = [self.terms[0], *(term for term in self.terms[1:] if term.start <= now)]
            self.decided = {
                played: decisions for played, decisions in self.decided.items() if played < now
            }
            self.model.change(self.config)


def find_changed_parameters(one: Config, other: Config) -> dict[str, Any]:
    """Return the parameters in which two configurations differ, by dotted path, with the values of the other one."""
    return _find_changed_parameters(one.model_dump(), other.model_dump(), "")


def _find_changed_parameters(
    one: dict[str, Any], other: dict[str, Any], before: str
) -> dict[str, Any]:
    """Walk through two nested dictionaries of the same shape."""
    found: dict[str, Any] = {}
    for name, value in one.items():
        path = before + name
        if isinstance(value, dict) and path not in ("population.sectors", "structure.mix"):
            found |= _find_changed_parameters(value, other[name], f"{path}.")
        elif value != other[name]:
            found[path] = other[name]
    return found
