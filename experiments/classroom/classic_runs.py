"""Runs of a published model for a lesson: one that the class looks at, and thirty with other luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.classroom.bands import (
    BAND_RUNS,
    FEWEST_HIGHER_RUNS,
    BandMaker,
    compute_late_means,
    summarise_bands,
)
from experiments.classroom.scenario import SIDES, Side
from sim.classics.registry import load_classic


def play_classic_batch(
    name: str, values: Mapping[str, Any], seeds: Sequence[int]
) -> list[list[list[float]]]:
    """Return every measure of runs with these seeds, from round 1 on, shape (seeds, rounds, measures).

    A run that comes to rest early stays as it is.
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
    maker: BandMaker, name: str, chosen: Mapping[Side, Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    """Return per side one run (``series``), bands of thirty others, and their means over the second half; both sides take the same seeds."""
    seeds = [seed, *range(seed + 1, seed + 1 + BAND_RUNS)]
    found = {
        side: await maker.play(play_classic_batch, (name, dict(chosen[side]), seeds))
        for side in SIDES
    }
    bands: dict[str, Any] = {side: summarise_bands(found[side][1:]) for side in SIDES}
    late = {side: compute_late_means(found[side][1:]) for side in SIDES}
    return {
        "runs": BAND_RUNS,
        "enough": FEWEST_HIGHER_RUNS,
        "rounds": len(found["a"][0]),
        **bands,
        "late": late,
        "series": {side: found[side][0] for side in SIDES},
    }
