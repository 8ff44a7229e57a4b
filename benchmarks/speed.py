"""Speed as ratios measured in one run. ``make bench`` prints the table.

The ratios compare the engine with the plain twin, large models with small ones, and a first run
with later ones.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from sim.config import Config
from sim.model import CollaborationModel
from sim.observation.events import EVENT_COLUMNS
from sim.state import World
from sim.world import build_world
from tests.reference.twin import TwinModel

WARM_UP_ROUNDS, MEASURED_ROUNDS = 50, 20


def build_config(organisations: int, rounds: int, **population: int) -> Config:
    """Return the default model at another size."""
    return Config.model_validate(
        {"population": {"organisations": organisations, **population}, "run": {"rounds": rounds}}
    )


def measure_cpu_seconds(action: Callable[[], object]) -> float:
    """Return the CPU seconds of an action."""
    before = time.process_time()
    action()
    return time.process_time() - before


def compare_with_twin(organisations: int, rounds: int) -> tuple[str, float, str]:
    """Compare the engine with the plain twin at equal work; of the engine the median of five."""
    settings = build_config(organisations, rounds)
    engine = float(
        np.median(
            [measure_cpu_seconds(lambda: CollaborationModel(settings).run()) for _ in range(5)]
        )
    )
    plain = measure_cpu_seconds(lambda: TwinModel(settings).run(rounds))
    return (
        f"plain twin / engine, {organisations} organisations, {rounds} rounds",
        plain / engine,
        "at least 100",
    )


def measure_time_per_round(organisations: int, models: int) -> float:
    """Return the mean CPU time per organisation and round of some models, after warm-up rounds.

    All sizes play the same rounds, because later rounds have fuller ledgers and fewer organisations
    that still search.
    """
    spent = 0.0
    for _ in range(models):
        model = CollaborationModel(
            build_config(organisations, WARM_UP_ROUNDS + MEASURED_ROUNDS)
        ).run(WARM_UP_ROUNDS)
        spent += measure_cpu_seconds(lambda model=model: model.run(MEASURED_ROUNDS))
    return spent / organisations / MEASURED_ROUNDS / models


def compare_sizes() -> tuple[str, float, str]:
    """Compare the time per organisation and round at two sizes, measured in turns; median of 3."""
    ratios = [
        measure_time_per_round(100_000, 1) / measure_time_per_round(1_000, 50) for _ in range(3)
    ]
    return (
        "time per organisation and round, 100,000 / 1,000 organisations",
        float(np.median(ratios)),
        "at most 1.5",
    )


def count_bytes(group: object) -> int:
    """Return the bytes of all arrays in nested named tuples."""
    if isinstance(group, np.ndarray):
        return group.nbytes
    return sum(count_bytes(part) for part in group) if isinstance(group, tuple) else 0


def measure_memory() -> tuple[str, float, str]:
    """Return the bytes of state per organisation, with the buffer of events."""
    settings = build_config(100_000, 1, ledger_slots=16)
    world: World = build_world(settings, [(settings.structure, 1.0)], {}, None)
    events = 2 * world.col.order.size * len(EVENT_COLUMNS) * 8
    return (
        "bytes per organisation, 12 domains, 16 slots",
        (count_bytes(world) + events) / 100_000,
        "at most 2,000",
    )


def compare_agents_with_run() -> tuple[str, float, str]:
    """Compare the creation of all Mesa agents with a default run."""
    default = Config()
    whole = float(
        np.median(
            [measure_cpu_seconds(lambda: CollaborationModel(default).run()) for _ in range(9)]
        )
    )

    def measure_creation() -> float:
        model = CollaborationModel(default)
        return measure_cpu_seconds(lambda: len(model.organisations))

    return (
        "creating Mesa agents / default run, percent",
        100 * float(np.median([measure_creation() for _ in range(9)])) / whole,
        "at most 5",
    )


def measure_command(cache: str) -> float:
    """Return the CPU seconds of ``overbruggen run`` in a new process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "experiments", "run", "--out", f"{folder}/run"],
            check=True,
            capture_output=True,
            env=os.environ | {"NUMBA_CACHE_DIR": cache},
            cwd=Path(__file__).parents[1],
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_first_and_later_run() -> list[tuple[str, float, str]]:
    """Measure a first run with an empty cache of compiled code, and later ones (median of 3)."""
    with tempfile.TemporaryDirectory() as cache:
        first = measure_command(cache)
        later = float(np.median([measure_command(cache) for _ in range(3)]))
    return [
        (
            "first compilation, CPU seconds (first run minus a later one)",
            first - later,
            "at most 20",
        ),
        ("a second `overbruggen run`, CPU seconds in all", later, "at most 3"),
    ]


def main() -> None:
    """Measure and print the table."""
    CollaborationModel(build_config(10, 2)).run()
    rows = [
        compare_with_twin(100, 100),
        compare_with_twin(1_000, 10),
        compare_sizes(),
        measure_memory(),
        compare_agents_with_run(),
        *measure_first_and_later_run(),
    ]
    print("| measured | value | target |\n|---|---|---|")
    for name, value, target in rows:
        print(f"| {name} | {value:,.2f} | {target} |", flush=True)


if __name__ == "__main__":
    main()
