"""The interface of everything that a study can run: a target.

Targets are sent to worker processes, so they are small and frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import polars as pl

AT_THE_END = -1


class RecordingOptions(NamedTuple):
    """What a run records beside its measures.

    Attributes:
        series_every: record every n-th round as a time series (0: none, -1: the last round only).
        events: record the event table of the collaboration model.

    Example:
        >>> RecordingOptions(series_every=5)
        RecordingOptions(series_every=5, events=False)
    """

    series_every: int = 0
    events: bool = False


class RunResult(NamedTuple):
    """The result of a run: its measures, a row per recorded round, and a row per event."""

    measures: dict[str, float]
    series: pl.DataFrame | None
    events: pl.DataFrame | None


class Target(Protocol):
    """A model that runs with parameters and a seed."""

    @property
    def may_be_undefined(self) -> frozenset[str]:
        """Measures that are NaN in a run in which what they measure does not occur."""

    def compute_version(self) -> str:
        """Return a short hash of the model's source and of the versions of Mesa and NumPy."""

    def settle(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the complete, checked parameters of a point.

        Raises:
            InputError: a parameter is unknown or wrong.
        """

    def warm_up(self) -> None:
        """Import and compile what a run needs, so that no run has to wait for it."""

    def shorten(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return settled parameters of a run of one round."""

    def run(
        self, parameters: Mapping[str, Any], seed: int, recording: RecordingOptions
    ) -> RunResult:
        """Run once with settled parameters."""


def thin_rounds(rounds: pl.DataFrame, played: str | pl.Expr, every: int) -> pl.DataFrame | None:
    """Return the rounds of a time series: every n-th, the last, or none.

    Args:
        rounds: a row per round.
        played: the number of rounds played at each row.
        every: as ``RecordingOptions.series_every``.
    """
    if every == AT_THE_END:
        return rounds.tail(1)
    number = pl.col(played) if isinstance(played, str) else played
    return rounds.filter((number > 0) & (number % every == 0)) if every else None
