"""The runs of a study: an id, a seed and parameters for each, in a fixed order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments.models.target import Target

POINTS_PER_TURN = 64  # points whose runs alternate in the order of execution
ID_LENGTH = 20  # hexadecimal digits: in 10^12 studies of a million runs, one has a repeated id


class PlannedRun(NamedTuple):
    """One run of a study; the same content has the same id wherever and whenever it is planned."""

    id: str
    point: int
    replicate: int
    seed: int


def compute_content_id(*parts: str) -> str:
    """Return a short name for content."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:ID_LENGTH]


def format_canonical_parameters(values: Mapping[str, Any]) -> str:
    """Return parameters as text that depends on the values and not on their order."""
    return json.dumps(values, sort_keys=True, default=str)


class AdaptiveReplicates(NamedTuple):
    """A stopping rule: replicates until the 95 % intervals of measures are narrow enough.

    Attributes:
        half_width: the half-width to reach, by measure.
        at_least: smallest number of replicates per point.
        at_most: largest number of replicates per point.
        batch: number of replicates that are added at a time.
    """

    half_width: dict[str, float]
    at_least: int
    at_most: int
    batch: int


class Plan:
    """All runs of a study: points by replicates.

    Args:
        target: the model; its version is part of every id.
        points: what every point sets; its complete parameters are composed when a run needs them.
        seed: seed of the study; replicates are independent streams of it.
        common: whether replicate r has the same seed at every point (common random numbers);
            otherwise every run has a seed of its own.
        walk: iterates over the points while they are checked, and may show progress.

    Raises:
        InputError: a point is wrong; all points are checked here, before the first run.
    """

    def __init__(
        self,
        target: Target,
        points: Sequence[Mapping[str, Any]],
        seed: int,
        common: bool,
        walk: Callable[[Sequence[Any]], Iterable[Any]] = iter,
    ) -> None:
        self.target, self.points, self.seed, self.common = target, points, seed, common
        version = target.compute_version()
        self._point_ids = [
            compute_content_id(version, format_canonical_parameters(target.settle(point)))
            for point in walk(points)
        ]
        first = {name: point for point, name in reversed(list(enumerate(self._point_ids)))}
        self.repeated = {
            point for point, name in enumerate(self._point_ids) if first[name] != point
        }
        self._seeds: list[int] = []

    def settle_point(self, point: int) -> dict[str, Any]:
        """Return the complete parameters of a point."""
        return self.target.settle(self.points[point])

    def plan_run(self, point: int, replicate: int) -> PlannedRun:
        """Return one run."""
        seed = self._get_seed(replicate) if self.common else self._derive_seed(point, replicate)
        return PlannedRun(
            compute_content_id(self._point_ids[point], str(seed), str(replicate)),
            point,
            replicate,
            seed,
        )

    def walk_runs(self, first: Sequence[int], last: Sequence[int]) -> Iterator[PlannedRun]:
        """Walk through replicates ``first[p]`` to ``last[p] - 1`` of every point p, by point."""
        for point, (begin, end) in enumerate(zip(first, last, strict=True)):
            for replicate in range(begin, end):
                yield self.plan_run(point, replicate)

    def walk_in_turns(self, first: Sequence[int], last: Sequence[int]) -> Iterator[PlannedRun]:
        """Walk through the same runs in their order of execution: replicate by replicate.

        It takes some points at a time. Runs with the same seed then follow one another, and a
        model that caches its last draws (``sim/classics/nk.py``) need not repeat them.
        """
        for begin in range(0, len(first), POINTS_PER_TURN):
            points = range(begin, min(begin + POINTS_PER_TURN, len(first)))
            for replicate in range(
                min(first[point] for point in points), max(last[point] for point in points)
            ):
                yield from (
                    self.plan_run(point, replicate)
                    for point in points
                    if first[point] <= replicate < last[point]
                )

    def _get_seed(self, replicate: int) -> int:
        """Return the seed that all points share; more replicates do not change earlier seeds."""
        if replicate >= len(self._seeds):
            self._seeds = generate_study_seeds(self.seed, max(64, 2 * replicate))
        return self._seeds[replicate]

    def _derive_seed(self, point: int, replicate: int) -> int:
        """Return a seed of this run only, from the content of its point: points may be added."""
        return int(
            np.random.SeedSequence(
                [self.seed, int(self._point_ids[point], 16), replicate]
            ).generate_state(1, np.uint64)[0]
        )


def generate_study_seeds(seed: int, count: int) -> list[int]:
    """Return the first seeds of the stream of a study."""
    return [int(number) for number in np.random.SeedSequence(seed).generate_state(count, np.uint64)]
