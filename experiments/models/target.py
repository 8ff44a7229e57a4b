"""What a study can run, behind one small interface; targets travel to worker processes, so they are small and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import polars as pl

AT_THE_END = -1


class RecordingOptions(NamedTuple):
    """What to keep of a run beside its measures: a time series of every n-th round (0: none, ``AT_THE_END``: the last), and the events."""

    series_every: int = 0
    events: bool = False


class RunResult(NamedTuple):
    """What a run left: its measures; a row per recorded round; a row per event."""

    measures: dict[str, float]
    series: pl.DataFrame | None
    events: pl.DataFrame | None


class Target(Protocol):
    """Something that can be run with parameters and a seed."""

    @property
    def may_be_undefined(self) -> frozenset[str]:
        """Measures that are NaN in a run where what they measure does not occur."""

    def compute_version(self) -> str:
        """Return a short hash of the model's source and of the versions of Mesa and NumPy; a run's id contains it."""

    def settle(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the complete, checked parameters of one point; InputError says in one sentence what is wrong."""

    def warm_up(self) -> None:
        """Import what a run needs, so that no run pays for it."""

    def shorten(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return settled parameters of a run of one round."""

    def run(self, parameters: Mapping[str, Any], seed: int, wanted: RecordingOptions) -> RunResult:
        """Run once with settled parameters."""


def thin_rounds(rounds: pl.DataFrame, played: str | pl.Expr, every: int) -> pl.DataFrame | None:
    """Return the rounds that a series keeps: the last, every n-th, or none; ``played`` says how many rounds a row has behind it."""
    if every == AT_THE_END:
        return rounds.tail(1)
    number = pl.col(played) if isinstance(played, str) else played
    return rounds.filter((number > 0) & (number % every == 0)) if every else None
