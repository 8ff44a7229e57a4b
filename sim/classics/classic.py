"""What all classics have in common: parameters, measures, seeding, rounds and agents."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sim.array_model import ArrayModel, RowAgent, count_rounds_to_play
from sim.config import Group, declare_parameter
from sim.errors import InputError
from sim.observation.measures import Measure
from sim.state import Floats as Floats

Integers64 = NDArray[np.int64]


class Parameters(Group):
    """What every classic has; its own parameters are fields of a subclass."""

    rounds: int = declare_parameter(
        200, "rounds of one run", unit="rounds", symbol="T", ge=1, le=10_000_000
    )


def declare_measures(**measures: Measure) -> Mapping[str, Measure]:
    """Return the measures of a classic by name, in the order of its rows."""
    return MappingProxyType(measures)


class ClassicModel(ArrayModel):
    """A published model as a Mesa user knows it.

    Every measure is an attribute with its present value. State lies in arrays; the agents of Mesa
    are views of their rows, made when first looked at.

    A subclass declares ``Parameters``, ``MEASURES`` and ``Agent``, makes its arrays in ``begin``
    and plays in ``play``.

    Args:
        parameters: all parameters, as ``Parameters`` of the class; else give single ones by name.
        rng: seed, or a generator, as Mesa takes it. It gives the key of every draw. A draw depends
            on key, stream, round and agent alone, so models with the same seed share their draws
            where they ask for the same (landscapes, initial states).
        values: parameters by name, with defaults for all others.

    Raises:
        InputError: values are given beside parameters.
        pydantic.ValidationError: a parameter is unknown, or its value is not allowed.

    Example:
        >>> from sim.classics.march_1991 import March1991
        >>> model = March1991(individuals=20, p1=0.1, rng=3).run(5)
        >>> model.rounds_played, len(model.agents)
        (5, 20)
        >>> 0 <= model.knowledge <= 1
        True
    """

    Parameters: ClassVar[type[Parameters]]
    MEASURES: ClassVar[Mapping[str, Measure]]
    Agent: ClassVar[type[RowAgent]]
    MAY_BE_UNDEFINED: ClassVar[frozenset[str]] = frozenset()  # measures of what need not occur
    parameters: Any

    def __init__(self, parameters: Any = None, *, rng: Any = None, **values: Any) -> None:
        super().__init__(rng=rng)
        if parameters is not None and values:
            raise InputError(f"{next(iter(values))} is given beside parameters; put it into them")
        self.parameters = type(self).Parameters(**values) if parameters is None else parameters
        self.key = np.uint64(self.rng.integers(2**64, dtype=np.uint64))
        self.rounds_played = 0
        self._views: list[RowAgent] = []
        self.begin()
        self._recorded = [self._play_and_measure(0, 0)[1]]

    @abstractmethod
    def begin(self) -> None:
        """Make the arrays of the state."""

    @abstractmethod
    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Play rounds.

        Args:
            first: the number of the first round to play.
            rounds: how many to play at most.
            rows: takes the measures after each round, shape (rounds, measures); with no rounds to
                play, row 0 takes the present ones.

        Returns:
            How many rounds were played; fewer than asked when nothing can change any more.
        """

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of agents."""

    def step(self) -> None:
        """Play one round.

        Example:
            >>> from sim.classics.zollman_2010 import Zollman2010
            >>> model = Zollman2010(rng=1)
            >>> model.step()
            >>> model.rounds_played
            1
        """
        self._advance(1)

    def run(self, rounds: int | None = None) -> Self:
        """Play rounds, with the numbers that as many steps give.

        Where a subclass overrides ``step``, it is called for every round.

        Args:
            rounds: how many; by default what is left of ``parameters.rounds``.

        Returns:
            The model.

        Raises:
            InputError: ``rounds`` is not a whole number, 0 or more.

        Example:
            >>> from sim.classics.zollman_2010 import Zollman2010
            >>> model = Zollman2010(rounds=30, rng=1).run(10)
            >>> model.run().rounds_played
            30
        """
        left = self.parameters.rounds - self.rounds_played
        playing = count_rounds_to_play(rounds, left, "rounds")
        if "step" in vars(type(self)):
            for _ in range(playing):
                self.step()
        elif playing:
            self._advance(playing)
        return self

    def _advance(self, rounds: int) -> None:
        """Play rounds and keep their measures."""
        played, rows = self._play_and_measure(self.rounds_played, rounds)
        self._recorded.append(rows[:played])
        self.rounds_played += played
        self.steps = self.rounds_played
        self.running = played == rounds and self.rounds_played < self.parameters.rounds

    def _play_and_measure(self, first: int, rounds: int) -> tuple[int, Floats]:
        """Play rounds; return how many, and the measures after each."""
        rows = np.empty((max(1, rounds), len(self.MEASURES)))
        return self.play(first, rounds, rows), rows

    def rounds_table(self) -> pl.DataFrame:
        """Return the measures of every round.

        Returns:
            One row per round, from the start on: ``round`` (how many were played), then every
            measure.

        Example:
            >>> from sim.classics.zollman_2010 import Zollman2010
            >>> Zollman2010(rng=1).run(4).rounds_table()["round"].to_list()
            [0, 1, 2, 3, 4]
        """
        values = np.concatenate(self._recorded)
        return pl.DataFrame(
            {"round": np.arange(len(values), dtype=np.int64)}
            | dict(zip(self.MEASURES, values.T, strict=True))
        )

    def summary(self) -> dict[str, float]:
        """Return the measures of the whole run.

        Returns:
            Every measure at the end, and as ``<measure>_mean`` its mean over all rounds, the start
            included.

        Example:
            >>> from sim.classics.zollman_2010 import Zollman2010
            >>> sorted(Zollman2010(rng=1).run(4).summary())[:2]
            ['better_share', 'better_share_mean']
        """
        values = np.concatenate(self._recorded)
        ends = dict(zip(self.MEASURES, values[-1].tolist(), strict=True))
        return ends | {
            f"{name}_mean": mean
            for name, mean in zip(self.MEASURES, values.mean(axis=0).tolist(), strict=True)
        }

    def __getattr__(self, name: str) -> Any:
        """Return the present value of a measure."""
        if name in type(self).MEASURES and "_recorded" in self.__dict__:
            filled = [rows for rows in self._recorded if len(rows)]
            return float(filled[-1][-1, list(self.MEASURES).index(name)])
        raise AttributeError(f"{type(self).__name__} has no attribute {name}")

    @property
    def members(self) -> Sequence[RowAgent]:
        """All agents of the model, by row."""
        if not self._views:
            self._views = [self.Agent(self, row) for row in range(self.size)]
        return self._views

    def update_agents(self) -> None:
        """Make the agents."""
        _ = self.members
