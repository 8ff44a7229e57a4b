"""Many runs with other random seeds, in a process of their own so that the page does not wait."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import numpy as np
from pebble import ProcessPool

from experiments.classroom.scenario import SIDES, Side
from experiments.classroom.snapshots import CHARTED_MEASURES
from experiments.execution.engines import prepare_worker
from experiments.models.collaboration import CollaborationTarget
from sim.config import Config
from sim.model import CollaborationModel

BAND_RUNS = 30
# Runs in which a side must be higher for a lesson to call it higher. Without a difference between
# the sides, a lesson reports one in 1.6 % of cases (two-sided sign test).
FEWEST_HIGHER_RUNS = 22
RUNS_PER_BATCH = 10  # runs of one session before other sessions get their turn
LOW_QUANTILE, HIGH_QUANTILE = 0.1, 0.9
BATCH_TIME_LIMIT = 120.0  # seconds

ParameterSchedule = Sequence[tuple[int, Config]]  # first round, and the configuration from there


def replace_seed(config: Config, seed: int) -> Config:
    """Return a configuration with another seed."""
    return config.model_copy(update={"run": config.run.model_copy(update={"seed": seed})})


def play_batch(
    schedule: ParameterSchedule, seeds: Sequence[int], rounds: int
) -> list[list[list[float]]]:
    """Return the charted measures of one run per seed, shape (seeds, rounds, measures).

    Parameters change in the rounds in which they changed on the page.
    """
    series = []
    for seed in seeds:
        model = CollaborationModel(replace_seed(schedule[0][1], seed))
        for start, config in schedule[1:]:
            if start < rounds:
                model.run(start - model.rounds_played)
                model.change(replace_seed(config, seed))
        model.run(rounds - model.rounds_played)
        series.append(model.rounds_table().select(CHARTED_MEASURES).to_numpy().tolist())
    return series


def summarise_bands(series: Any, measures: Sequence[str]) -> dict[str, dict[str, list[float]]]:
    """Return per measure the band and the mean over runs: ``low``, ``mean`` and ``high`` per round.

    The band holds the middle four fifths of the runs.

    Args:
        series: values, shape (runs, rounds, measures).
        measures: names of the measures.
    """
    values = np.asarray(series)
    low, high = np.quantile(values, [LOW_QUANTILE, HIGH_QUANTILE], axis=0)
    curves = {"low": low, "mean": values.mean(axis=0), "high": high}
    return {
        measure: {name: np.round(curve[:, at], 4).tolist() for name, curve in curves.items()}
        for at, measure in enumerate(measures)
    }


def compute_late_means(series: Any) -> list[list[float]]:
    """Return the mean of each run over its second half, shape (measures, runs).

    Lessons compare these means run by run.
    """
    values = np.asarray(series)
    return np.round(values[:, values.shape[1] // 2 :].mean(axis=1).T, 5).tolist()


def compare_side_runs(series: Mapping[Side, Any], measures: Sequence[str]) -> dict[str, Any]:
    """Return what the page shows of many runs on both sides: bands and means, by measure."""
    bands: dict[str, Any] = {side: summarise_bands(series[side], measures) for side in SIDES}
    late = {
        side: dict(zip(measures, compute_late_means(series[side]), strict=True)) for side in SIDES
    }
    return {
        "runs": len(series["a"]),
        "fewest_higher": FEWEST_HIGHER_RUNS,
        "rounds": len(series["a"][0]),
        **bands,
        "late": late,
    }


class BandMaker:
    """The process that plays batches of runs for all sessions; it starts at the first request."""

    def __init__(self) -> None:
        self._pool: Any = None

    def _ensure_pool(self) -> Any:
        """Start the process if it does not run."""
        if self._pool is None or not self._pool.active:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(
                1, initializer=prepare_worker, initargs=(CollaborationTarget(),), context=context
            )
        return self._pool

    async def make_bands(
        self,
        schedules: Mapping[Side, ParameterSchedule],
        seed: int,
        rounds: int,
        report_progress: Callable[[int, int], Awaitable[None]],
    ) -> dict[str, Any]:
        """Return the bands of both sides.

        The runs take the seeds after the page's own. Both sides take the same seeds, so that
        each run can be compared with the run on the other side that has the same draws.

        Args:
            schedules: parameters of each side, and the rounds in which they changed.
            seed: seed of the page's own run.
            rounds: length of the runs.
            report_progress: called with the number of runs done and the number of all runs.
        """
        seeds = list(range(seed + 1, seed + 1 + BAND_RUNS))
        series: dict[Side, list[Any]] = {side: [] for side in SIDES}
        for start in range(0, BAND_RUNS, RUNS_PER_BATCH):
            for side in SIDES:
                batch = (list(schedules[side]), seeds[start : start + RUNS_PER_BATCH], rounds)
                series[side] += await self.play(play_batch, batch)
            await report_progress(min(BAND_RUNS, start + RUNS_PER_BATCH), BAND_RUNS)
        return compare_side_runs(series, CHARTED_MEASURES)

    async def play(self, play_runs: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Return what a function of this package returns in the process beside the page."""
        future: Any = self._ensure_pool().schedule(
            play_runs, args=arguments, timeout=BATCH_TIME_LIMIT
        )
        return await asyncio.wrap_future(future)

    def stop(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
