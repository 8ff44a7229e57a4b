"""Runs of a published model for a lesson: the run of the class, and thirty with other seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.classroom.bands import BAND_RUNS, BandMaker, compare_side_runs
from experiments.classroom.scenario import SIDES, Side
from sim.classics.registry import load_classic


def play_classic_batch(
    name: str, values: Mapping[str, Any], seeds: Sequence[int]
) -> list[list[list[float]]]:
    """Return every measure of one run per seed, shape (seeds, rounds, measures), from round 1.

    A run that comes to rest early keeps its last values.
    """
    model = load_classic(name)
    parameters = model.Parameters.model_validate(dict(values))
    series = []
    for seed in seeds:
        rows = model(parameters, rng=seed).run().rounds_table().drop("round").to_numpy()[1:]
        rest = np.repeat(rows[-1:], parameters.rounds - len(rows), axis=0)
        series.append(np.round(np.concatenate([rows, rest]), 5).tolist())
    return series


async def play_classic_sides(
    band_maker: BandMaker, name: str, values: Mapping[Side, Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    """Return per side the run of ``seed``, and what thirty runs with the seeds after it show.

    Both sides take the same seeds.
    """
    seeds = [seed, *range(seed + 1, seed + 1 + BAND_RUNS)]
    runs = {
        side: await band_maker.play(play_classic_batch, (name, dict(values[side]), seeds))
        for side in SIDES
    }
    measures = list(load_classic(name).MEASURES)
    others = {side: runs[side][1:] for side in SIDES}
    own = {
        side: dict(zip(measures, zip(*runs[side][0], strict=True), strict=True)) for side in SIDES
    }
    return {**compare_side_runs(others, measures), "series": own}
