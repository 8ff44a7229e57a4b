"""Speed as ratios measured in one run: against the plain twin, against size, against itself. ``make bench`` prints the table."""

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

SETTLING, MEASURED = 50, 20  # rounds


def config(organisations: int, rounds: int, **population: int) -> Config:
    """Return the default model at another size."""
    return Config.model_validate(
        {"population": {"organisations": organisations, **population}, "run": {"rounds": rounds}}
    )


def cpu(action: Callable[[], object]) -> float:
    """Return the CPU seconds of an action."""
    before = time.process_time()
    action()
    return time.process_time() - before


def against_twin(organisations: int, rounds: int) -> tuple[str, float, str]:
    """Compare the engine with the plain twin at equal work; median of three of the engine."""
    settings = config(organisations, rounds)
    engine = float(np.median([cpu(lambda: CollaborationModel(settings).run()) for _ in range(5)]))
    plain = cpu(lambda: TwinModel(settings).run(rounds))
    return (
        f"plain twin / engine, {organisations} organisations, {rounds} rounds",
        plain / engine,
        "at least 100",
    )


def per_round(organisations: int, models: int) -> float:
    """Return CPU time per organisation and round of a number of models, without set-up, after rounds of settling in.

    All sizes play the same rounds: the longer a run, the fuller the ledgers and the fewer organisations still search.
    """
    spent = 0.0
    for _ in range(models):
        model = CollaborationModel(config(organisations, SETTLING + MEASURED)).run(SETTLING)
        spent += cpu(lambda model=model: model.run(MEASURED))
    return spent / organisations / MEASURED / models


def scaling() -> tuple[str, float, str]:
    """Compare time per organisation and round at 100,000 and 1,000 organisations, in turns; median of three."""
    ratios = [per_round(100_000, 1) / per_round(1_000, 50) for _ in range(3)]
    return (
        "time per organisation and round, 100,000 / 1,000 organisations",
        float(np.median(ratios)),
        "at most 1.5",
    )


def bytes_of(group: object) -> int:
    """Return the bytes of all arrays in nested named tuples."""
    if isinstance(group, np.ndarray):
        return group.nbytes
    return sum(bytes_of(part) for part in group) if isinstance(group, tuple) else 0


def memory() -> tuple[str, float, str]:
    """Return bytes of state per organisation at 12 domains and 16 ledger slots, event buffer included."""
    settings = config(100_000, 1, ledger_slots=16)
    world: World = build_world(settings, [(settings.structure, 1.0)], {}, None)
    events = 2 * world.col.order.size * len(EVENT_COLUMNS) * 8
    return (
        "bytes per organisation, 12 domains, 16 slots",
        (bytes_of(world) + events) / 100_000,
        "at most 2,000",
    )


def agents() -> tuple[str, float, str]:
    """Compare creating all Mesa agents with a default run."""
    default = Config()
    whole = float(np.median([cpu(lambda: CollaborationModel(default).run()) for _ in range(9)]))

    def create() -> float:
        model = CollaborationModel(default)
        return cpu(lambda: len(model.organisations))

    return (
        "creating Mesa agents / default run, percent",
        100 * float(np.median([create() for _ in range(9)])) / whole,
        "at most 5",
    )


def command(cache: str) -> float:
    """Return the CPU seconds of ``overbruggen run`` in a process of its own."""
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


def first_and_second() -> list[tuple[str, float, str]]:
    """Measure a first run with an empty cache, and later ones (median of three)."""
    with tempfile.TemporaryDirectory() as cache:
        first = command(cache)
        later = float(np.median([command(cache) for _ in range(3)]))
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
    CollaborationModel(config(10, 2)).run()
    rows = [
        against_twin(100, 100),
        against_twin(1_000, 10),
        scaling(),
        memory(),
        agents(),
        *first_and_second(),
    ]
    print("| measured | value | asked |\n|---|---|---|")
    for what, value, asked in rows:
        print(f"| {what} | {value:,.2f} | {asked} |", flush=True)


if __name__ == "__main__":
    main()
