"""Many runs with other luck, beside the page: in processes of their own, so that the page does not wait."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pebble import ProcessPool

from experiments.classroom.scenario import SIDES, Side
from experiments.classroom.side import CHARTED_COLUMNS
from experiments.classroom.snapshots import CHARTED_MEASURES
from experiments.execution.engines import prepare_worker
from experiments.models.collaboration import CollaborationTarget
from sim.config import Config
from sim.model import CollaborationModel

BAND_RUNS = 30
FEWEST_HIGHER_RUNS = 22  # runs in which a side must be higher to count as higher; where there is no difference that happens in 1.6 % of cases (sign test)
RUNS_PER_BATCH = 10  # runs a process does before others get their turn
LOW_QUANTILE, HIGH_QUANTILE = 0.1, 0.9
BATCH_TIME_LIMIT = 120.0  # seconds a batch may take

ParameterSchedule = Sequence[tuple[int, Config]]


def replace_seed(config: Config, seed: int) -> Config:
    """Return a configuration with another seed."""
    return config.model_copy(update={"run": config.run.model_copy(update={"seed": seed})})


def play_batch(
    terms: ParameterSchedule, seeds: Sequence[int], rounds: int
) -> list[list[list[float]]]:
    """Return what the page charts for runs with these seeds, shape (seeds, rounds, measures); parameters change when they did on the page."""
    series = []
    for seed in seeds:
        model = CollaborationModel(replace_seed(terms[0][1], seed))
        for start, config in terms[1:]:
            if start < rounds:
                model.run(start - model.rounds_played)
                model.change(replace_seed(config, seed))
        model.run(rounds - model.rounds_played)
        series.append(np.concatenate(model._rows)[:, CHARTED_COLUMNS].tolist())
    return series


def summarise_bands(series: Any) -> list[list[list[float]]]:
    """Return lower end, mean and upper end over runs, shape (measures, 3, rounds); the ends hold the middle four fifths of the runs."""
    values = np.asarray(series)  # (runs, rounds, measures)
    low, high = np.quantile(values, [LOW_QUANTILE, HIGH_QUANTILE], axis=0)
    together = np.stack([low, values.mean(axis=0), high])  # (3, rounds, measures)
    return np.round(together.transpose(2, 0, 1), 4).tolist()


def compute_late_means(series: Any) -> list[list[float]]:
    """Return every run's mean over the second half of its rounds, shape (measures, runs): what lessons compare run by run."""
    values = np.asarray(series)
    return np.round(values[:, values.shape[1] // 2 :].mean(axis=1).T, 5).tolist()


class BandMaker:
    """One process that plays batches of runs for all sessions; it starts when first asked."""

    def __init__(self) -> None:
        self._pool: Any = None

    def _running(self) -> Any:
        """Start the process if there is none."""
        if self._pool is None or not self._pool.active:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(
                1, initializer=prepare_worker, initargs=(CollaborationTarget(),), context=context
            )
        return self._pool

    async def bands(
        self,
        terms: Mapping[Side, ParameterSchedule],
        seed: int,
        rounds: int,
        tell: Callable[[int, int], Any],
    ) -> dict[str, Any]:
        """Return the bands of both sides; ``tell`` hears how many runs of all are done.

        Runs take the seeds after the page's own; both sides take the same, so that they have the same luck run by run.
        """
        seeds = list(range(seed + 1, seed + 1 + BAND_RUNS))
        found: dict[Side, list[Any]] = {side: [] for side in SIDES}
        for start in range(0, BAND_RUNS, RUNS_PER_BATCH):
            for side in SIDES:
                batch = (list(terms[side]), seeds[start : start + RUNS_PER_BATCH], rounds)
                found[side] += await self.play(play_batch, batch)
            await tell(min(BAND_RUNS, start + RUNS_PER_BATCH), BAND_RUNS)
        bands: dict[str, Any] = {side: summarise_bands(found[side]) for side in SIDES}
        late = {side: compute_late_means(found[side]) for side in SIDES}
        return {
            "runs": BAND_RUNS,
            "enough": FEWEST_HIGHER_RUNS,
            "rounds": rounds,
            "measures": CHARTED_MEASURES,
            **bands,
            "late": late,
        }

    async def play(self, batch: Callable[..., Any], given: tuple[Any, ...]) -> Any:
        """Return what a function of this package gives in the process beside the page."""
        future: Any = self._running().schedule(batch, args=given, timeout=BATCH_TIME_LIMIT)
        return await asyncio.wrap_future(future)

    def stop(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
