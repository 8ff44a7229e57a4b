"""Cost of each classic per agent and step beside a plain Mesa version of the same, in one run. ``make bench-classics`` prints the table.

Names of classics as arguments ask for some of its rows.
Equal work: both sides take all measures of the classic after every round. One row more lets the plain version of Axelrod's model count regions
alone, and one plays team assembly where communities are small and dense.
The cost of the start (drawing a landscape and looking at all its solutions) is measured for itself: it depends on the problem, not on
agents and steps.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from sim.classics.registry import load_classic

REPEATS = 5


def every_measure(twin: Any) -> object:
    """Take all measures of a plain model."""
    return twin.measures()


def regions_alone(twin: Any) -> object:
    """Count the regions of plain Axelrod's model, and nothing else."""
    return len(twin.region_sizes())


class Pair(NamedTuple):
    """A classic, its plain twin, at what size they are compared, what the row is of beyond the classic, and what the twin records."""

    name: str
    twin: str
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    steps: int
    agents: int
    note: str = ""
    record: Callable[[Any], object] = every_measure


BEST, DENSE = {"n": 500, "l": 5, "team": "best"}, {"p": 0.8, "q": 0.9}
PAIRS = (
    Pair("march_1991", "PlainMarch1991", {"p1": 0.1}, {"p1": 0.1}, 20, 50),
    Pair(
        "barkoczi_galesic_2016",
        "PlainBarkocziGalesic2016",
        {"n": 12, "k": 7},
        {"n": 12, "k": 7},
        50,
        100,
    ),
    Pair(
        "lazer_friedman_2007",
        "PlainLazerFriedman2007",
        {"n": 12, "k": 5},
        {"n": 12, "k": 5},
        20,
        100,
    ),
    Pair("hong_page_2004", "PlainHongPage2004", BEST, BEST, 5, 10),
    Pair("axelrod_1997", "PlainAxelrod1997", {}, {}, 100, 100),
    Pair(
        "axelrod_1997",
        "PlainAxelrod1997",
        {},
        {},
        100,
        100,
        " (plain: regions alone)",
        regions_alone,
    ),
    Pair("zollman_2010", "PlainZollman2010", {"rounds": 1000}, {}, 200, 10),
    Pair("fang_lee_schilling_2010", "PlainFangLeeSchilling2010", {}, {}, 20, 280),
    Pair("guimera_2005", "PlainGuimera2005", {}, {}, 400, 1, " (per team)"),
    Pair("guimera_2005", "PlainGuimera2005", DENSE, DENSE, 400, 1, " (per team; p = .8, q = .9)"),
    Pair("tomasello_2017", "PlainTomasello2017", {}, {}, 2000, 1, " (per alliance)"),
)


def cpu(action: Callable[[], object]) -> float:
    """Return the CPU seconds of an action."""
    before = time.process_time()
    action()
    return time.process_time() - before


def measured(pair: Pair) -> tuple[float, float, float, float]:
    """Return seconds per agent and step, plain and ours, and of a start, plain and ours: medians, taken in turns."""
    plain = getattr(import_module(f"tests.reference.classics.{pair.name}"), pair.twin)
    ours, many = load_classic(pair.name), 20
    taken = []
    ours(rng=1, **pair.ours).run(2)
    for seed in range(REPEATS):
        start_plain = cpu(lambda seed=seed: plain(rng=seed, **pair.theirs))
        twin = plain(rng=seed, **pair.theirs)
        steps_plain = cpu(
            lambda twin=twin: [(twin.step(), pair.record(twin)) for _ in range(pair.steps)]
        )
        start_ours = (
            cpu(
                lambda seed=seed: [
                    ours(rng=seed * many + turn, **pair.ours) for turn in range(many)
                ]
            )
            / many
        )
        models = [ours(rng=seed * many + turn, **pair.ours) for turn in range(many)]
        steps_ours = cpu(lambda models=models: [model.run(pair.steps) for model in models]) / many
        taken.append(
            (
                steps_plain / pair.agents / pair.steps,
                steps_ours / pair.agents / pair.steps,
                start_plain,
                start_ours,
            )
        )
    return tuple(np.median(np.array(taken), axis=0).tolist())


def main() -> None:
    """Measure and print the table."""
    print(
        "| classic | plain, microseconds per agent and step | ours | plain / ours | start, plain /"
        " ours | asked |\n|---|---|---|---|---|---|"
    )
    for pair in PAIRS:
        if sys.argv[1:] and pair.name not in sys.argv[1:]:
            continue
        plain, ours, start_plain, start_ours = measured(pair)
        row = (
            f"{1e6 * plain:.2f} | {1e6 * ours:.3f} | {plain / ours:.0f} |"
            f" {start_plain / start_ours:.0f} | at least 50"
        )
        print(f"| {pair.name}{pair.note} | {row} |", flush=True)


if __name__ == "__main__":
    main()
