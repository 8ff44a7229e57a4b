"""The base of all classics.

Parameters, measures, seeding, rounds, and agents as views of array rows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import mesa
import numpy as np
import polars as pl
from numpy.typing import NDArray

from sim.config import Group, declare_parameter
from sim.errors import InputError
from sim.numbering import NumberedModel
from sim.observation.measures import Measure
from sim.state import Floats as Floats

Integers64 = NDArray[np.int64]


class Parameters(Group):
    """What every classic has; its own parameters are fields of a subclass."""

    rounds: int = declare_parameter(
        200, "rounds of one run", unit="rounds", symbol="T", ge=1, le=10_000_000
    )


class Row:
    """An attribute of an agent: its row of one of the model's arrays, to read and to write."""

    def __init__(self, array: str, meaning: str) -> None:
        self.array, self.__doc__ = array, meaning

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        value = getattr(agent.model, self.array)[agent.row]
        return value if value.ndim else value.item()

    def __set__(self, agent: Any, value: Any) -> None:
        getattr(agent.model, self.array)[agent.row] = value


class ClassicAgent(mesa.Agent):  # type: ignore[misc]
    """An agent that owns no data: it stands for one row of the model's arrays."""

    def __init__(self, model: ClassicModel, row: int) -> None:
        self.row = row
        super().__init__(model)


class ClassicModel(NumberedModel):
    """A published model as a Mesa user knows it.

    Args:
        parameters: all parameters; or give single ones by name, with defaults where left out.
        rng: seed, or a generator, as Mesa takes it. It gives the key of every draw: a draw depends
            on key, stream, round and agent alone, so that models with the same seed share their
            luck where they ask for the same (landscapes, starts).

    ``step()`` plays one round; ``run()`` plays what is left of ``parameters.rounds`` in one go,
    with the same numbers. Every measure is an attribute with its present value, and
    ``rounds_table()`` has them all, from the start (round 0) on. State lives in arrays; the agents
    of Mesa are views of their rows, made when first looked at.

    A subclass declares ``Parameters``, ``MEASURES`` and ``Agent``, makes its arrays in ``begin``
    and plays in ``play``.
    """

    Parameters: ClassVar[type[Parameters]]
    MEASURES: ClassVar[Mapping[str, Measure]]
    Agent: ClassVar[type[ClassicAgent]]
    MAY_BE_UNDEFINED: ClassVar[frozenset[str]] = frozenset()  # measures of what need not occur
    parameters: Any

    def __init__(self, parameters: Any = None, *, rng: Any = None, **values: Any) -> None:
        super().__init__(rng=rng)
        if parameters is not None and values:
            raise InputError(f"{next(iter(values))} is given beside parameters; put it into them")
        self.parameters = type(self).Parameters(**values) if parameters is None else parameters
        self.key = np.uint64(self.rng.integers(2**64, dtype=np.uint64))
        self.rounds_played = 0
        self._views: list[ClassicAgent] = []
        self.begin()
        self._recorded = [self._measured(0, 0)[1]]

    @abstractmethod
    def begin(self) -> None:
        """Make the arrays of the state."""

    @abstractmethod
    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Play up to ``rounds`` rounds from round ``first`` on; return how many.

        Fewer than requested means that nothing can change any more.

        ``rows`` takes the measures after each round, shape (rounds, measures); with no rounds to
        play, row 0 takes those of the present.
        """

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of agents."""

    def step(self) -> None:
        """Play one round."""
        self._advance(1)

    def run(self, rounds: int | None = None) -> Self:
        """Play ``rounds`` rounds and return the model.

        The default is the rest of ``parameters.rounds``.

        A subclass's own ``step`` is called for each.
        """
        left = max(0, self.parameters.rounds - self.rounds_played) if rounds is None else rounds
        if isinstance(left, bool) or not isinstance(left, int | np.integer) or left < 0:
            raise InputError(
                f"run({rounds!r}) cannot be played; give a whole number of rounds, 0 or more, or"
                " none to play what is left"
            )
        if "step" in vars(type(self)):
            for _ in range(left):
                self.step()
        elif left:
            self._advance(int(left))
        return self

    def _advance(self, rounds: int) -> None:
        """Play rounds and keep what they left."""
        played, rows = self._measured(self.rounds_played, rounds)
        self._recorded.append(rows[:played])
        self.rounds_played += played
        self.steps = self.rounds_played
        self.running = played == rounds and self.rounds_played < self.parameters.rounds

    def _measured(self, first: int, rounds: int) -> tuple[int, Floats]:
        """Play rounds; return how many and the measures after each."""
        rows = np.empty((max(1, rounds), len(self.MEASURES)))
        return self.play(first, rounds, rows), rows

    # --- results ----------------------------------------------------------------------------------
    # -------------------

    def rounds_table(self) -> pl.DataFrame:
        """Return one row per round, the start included.

        Columns: ``round`` (rounds played) and every measure.
        """
        values = np.concatenate(self._recorded)
        return pl.DataFrame(
            {"round": np.arange(len(values), dtype=np.int64)}
            | dict(zip(self.MEASURES, values.T, strict=True))
        )

    def summary(self) -> dict[str, float]:
        """Return every measure at the end, and its mean over all rounds.

        The mean is called ``<measure>_mean`` and includes the start.
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

    # --- Mesa -------------------------------------------------------------------------------------
    # -------------------

    @property
    def members(self) -> Sequence[ClassicAgent]:
        """All agents of the model, by row."""
        if not self._views:
            self._views = [self.Agent(self, row) for row in range(self.size)]
        return self._views

    @property
    def agents(self) -> mesa.agent.AgentSet:
        """All agents, those of the user's own included."""
        _ = self.members
        return self._all_agents

    @property
    def agents_by_type(self) -> dict[type, mesa.agent.AgentSet]:
        """Agents by class."""
        _ = self.members
        by_type: dict[type, mesa.agent.AgentSet] = super().agents_by_type
        return by_type
