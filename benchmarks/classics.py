"""The cost of each classic per agent and step, compared with a plain Mesa version of it.

``make bench-classics`` prints the table; names of classics as arguments select rows.

Both versions do equal work: they take all measures of the classic after every round. In one more
row the plain version of Axelrod's model only counts regions, and in another team assembly has small
and dense communities. The cost of the start (drawing a landscape and evaluating all its solutions)
is measured separately: it depends on the problem, not on agents and steps.
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


def record_all_measures(twin: Any) -> object:
    """Take all measures of a plain model."""
    return twin.measures()


def record_regions(twin: Any) -> object:
    """Count the regions of the plain version of Axelrod's model, and nothing else."""
    return len(twin.region_sizes())


class Pair(NamedTuple):
    """A classic and its plain version.

    Attributes:
        name: of the classic.
        twin: class of the plain version.
        ours: parameters of the classic.
        theirs: parameters of the plain version.
        steps: to measure.
        agents: by which the time is divided.
        note: text after the name in the table.
        record: takes measures of the plain version after every step.
    """

    name: str
    twin: str
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    steps: int
    agents: int
    note: str = ""
    record: Callable[[Any], object] = record_all_measures


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
        record_regions,
    ),
    Pair("zollman_2010", "PlainZollman2010", {"rounds": 1000}, {}, 200, 10),
    Pair("fang_lee_schilling_2010", "PlainFangLeeSchilling2010", {}, {}, 20, 280),
    Pair("guimera_2005", "PlainGuimera2005", {}, {}, 400, 1, " (per team)"),
    Pair("guimera_2005", "PlainGuimera2005", DENSE, DENSE, 400, 1, " (per team; p = .8, q = .9)"),
    Pair("tomasello_2017", "PlainTomasello2017", {}, {}, 2000, 1, " (per alliance)"),
)


def measure_cpu_seconds(action: Callable[[], object]) -> float:
    """Return the CPU seconds of an action."""
    before = time.process_time()
    action()
    return time.process_time() - before


def measure_pair(pair: Pair) -> tuple[float, float, float, float]:
    """Return medians of the seconds per agent and step and of a start, measured in turns.

    Returns:
        Steps of the plain version, steps of the classic, start of the plain version, start of the
        classic.
    """
    plain = getattr(import_module(f"tests.reference.classics.{pair.name}"), pair.twin)
    ours, many = load_classic(pair.name), 20
    samples = []
    ours(rng=1, **pair.ours).run(2)
    for seed in range(REPEATS):
        start_plain = measure_cpu_seconds(lambda seed=seed: plain(rng=seed, **pair.theirs))
        twin = plain(rng=seed, **pair.theirs)
        steps_plain = measure_cpu_seconds(
            lambda twin=twin: [(twin.step(), pair.record(twin)) for _ in range(pair.steps)]
        )
        start_ours = (
            measure_cpu_seconds(
                lambda seed=seed: [
                    ours(rng=seed * many + turn, **pair.ours) for turn in range(many)
                ]
            )
            / many
        )
        models = [ours(rng=seed * many + turn, **pair.ours) for turn in range(many)]
        steps_ours = (
            measure_cpu_seconds(lambda models=models: [model.run(pair.steps) for model in models])
            / many
        )
        samples.append(
            (
                steps_plain / pair.agents / pair.steps,
                steps_ours / pair.agents / pair.steps,
                start_plain,
                start_ours,
            )
        )
    return tuple(np.median(np.array(samples), axis=0).tolist())


def main() -> None:
    """Measure and print the table."""
    print(
        "| classic | plain, microseconds per agent and step | ours | plain / ours | start, plain /"
        " ours | target |\n|---|---|---|---|---|---|"
    )
    for pair in PAIRS:
        if sys.argv[1:] and pair.name not in sys.argv[1:]:
            continue
        plain, ours, start_plain, start_ours = measure_pair(pair)
        row = (
            f"{1e6 * plain:.2f} | {1e6 * ours:.3f} | {plain / ours:.0f} |"
            f" {start_plain / start_ours:.0f} | at least 50"
        )
        print(f"| {pair.name}{pair.note} | {row} |", flush=True)


if __name__ == "__main__":
    main()
