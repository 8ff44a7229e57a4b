"""Small invented results: the examples in docstrings estimate from them and draw them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

RATES = (0.0, 0.1, 0.2, 0.4)
SHARED_NOISE = (0.0, 0.03, -0.02, 0.01, -0.03, 0.01)  # by replicate, the same at all points
ROUNDS = 40
GROWTH_ROUNDS = 10  # synergy grows in the first rounds, then it fades
COSTS_PER_ROUND = {
    "link_cost": 0.03,
    "rule_cost": 0.02,
    "setup_cost": 0.01,
    "exit_cost": 0.0,
    "search_cost": 0.02,
}
VALUE_OF_SOLOISTS, VALUE_OF_MEMBERS_ALONE = 0.2, 0.4  # per organisation and round


def make_example_runs(depths: Sequence[float] = (1.0,)) -> pl.DataFrame:
    """Return the runs of an invented study: two forms by four imitation rates, six replicates.

    Args:
        depths: levels of the third factor, ``production.depth``.

    Returns:
        A row per run: the factors ``structure``, ``imitation.rate`` and ``production.depth``;
        ``replicate``, ``seed`` (common random numbers) and ``run``; the measures ``joint_value``,
        ``synergy`` and ``search_cost`` (per organisation and round).

    Example:
        >>> runs = make_example_runs()
        >>> len(runs), round(runs["joint_value"].mean(), 3)
        (48, 1.041)
    """
    points = [
        (structure, rate, depth)
        for structure in ("hub", "alliance")
        for rate in RATES
        for depth in depths
    ]
    rows: list[dict[str, Any]] = []
    for number, (structure, rate, depth) in enumerate(points):
        mean = (
            1.2 + 2.0 * rate - 6.0 * rate**2 - 0.2 * depth
            if structure == "hub"
            else 1.1 - 0.3 * rate
        )
        for replicate, shared in enumerate(SHARED_NOISE):
            own = ((7 * replicate + 3 * number) % 5 - 2) / 100
            rows.append(
                {
                    "structure": structure,
                    "imitation.rate": rate,
                    "production.depth": depth,
                    "replicate": replicate,
                    "seed": 100 + replicate,
                    "run": f"{number}-{replicate}",
                    "joint_value": mean + shared + own,
                    "synergy": mean + shared + 2.0 * own - 0.6,
                    "search_cost": 0.1 + 0.2 * rate + 0.5 * own,
                }
            )
    return pl.DataFrame(rows)


def make_example_series() -> pl.DataFrame:
    """Return the recorded rounds of an invented study: a hub without and with imitation.

    Returns:
        A row per run and round, four replicates: ``structure``, ``imitation.rate``, ``replicate``,
        ``seed``, ``run``, ``round`` and the measures that the model records.

    Example:
        >>> series = make_example_series()
        >>> series.height, round(series["synergy"].max(), 3)
        (320, 0.33)
    """
    rows: list[dict[str, Any]] = []
    for rate in (0.0, 0.2):
        for replicate in range(4):
            run = {
                "structure": "hub",
                "imitation.rate": rate,
                "replicate": replicate,
                "seed": 100 + replicate,
                "run": f"{rate}-{replicate}",
            }
            rows += [
                {**run, **make_example_round(moment, rate, SHARED_NOISE[replicate])}
                for moment in range(ROUNDS)
            ]
    return pl.DataFrame(rows)


def make_example_round(moment: int, rate: float, noise: float) -> dict[str, float]:
    """Return the measures of one invented round, whose accounts balance as in the model."""
    growth = min(1.0, (moment + 1) / GROWTH_ROUNDS)
    fading = (0.1 + 3.5 * rate) * max(0, moment + 1 - GROWTH_ROUNDS) / ROUNDS
    synergy = growth * (1.0 - fading) * (0.3 + noise)
    # The costs of links and rules are taken off synergy already.
    costs = sum(COSTS_PER_ROUND[name] for name in ("setup_cost", "exit_cost", "search_cost"))
    alone = VALUE_OF_SOLOISTS + VALUE_OF_MEMBERS_ALONE
    return {
        "round": moment,
        "joint_value": alone + synergy - costs,
        "value_alone": alone,
        "synergy": synergy,
        "synergy_ratio": synergy / VALUE_OF_MEMBERS_ALONE,
        **COSTS_PER_ROUND,
        "diversity": 1.0 - 0.5 * fading,
        "diversity_within": 0.8 - 0.6 * fading,
        "understanding_alike": 0.5 + 0.3 * fading,
        "understanding_bridged": 0.2,
        "trust_within": 0.6 - 0.2 * fading,
        "working_share": 0.5 * growth,
        "mean_size": 2.0 + growth,
    }
