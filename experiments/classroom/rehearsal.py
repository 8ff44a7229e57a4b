"""What classes will probably find: every question of every lesson with the luck of ten classes (``python -m experiments.classroom.rehearsal``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from experiments.classroom.bands import (
    BAND_RUNS,
    FEWEST_HIGHER_RUNS,
    compute_late_means,
    play_batch,
)
from experiments.classroom.classic_runs import play_classic_batch
from experiments.classroom.lessons import ClassicPart, LessonPart, read_lessons
from experiments.classroom.scenario import SIDES
from experiments.classroom.snapshots import CHARTED_MEASURES
from sim.classics.registry import load_classic

CLASS_SEEDS = range(1, 1001, 100)  # of ten classes whose thirty runs have no seed in common


def compute_late_values(
    part: LessonPart | ClassicPart, seeds: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the part's measure on side A and on side B, mean of the second half, per run."""
    if isinstance(part, ClassicPart):
        column = list(load_classic(part.classic).MEASURES).index(part.measure)
        series = [
            play_classic_batch(part.classic, part.parameters(side, {}), seeds) for side in SIDES
        ]
    else:
        column, configs = CHARTED_MEASURES.index(part.measure), part.scenario().configs()
        series = [play_batch([(0, configs[side])], seeds, part.rounds) for side in SIDES]
    one, other = (np.array(compute_late_means(runs)[column]) for runs in series)
    return one, other


def find_higher_side(one: np.ndarray, other: np.ndarray) -> str:
    """Return what a lesson tells: the side that is higher in enough runs, or that there is no clear difference."""
    return (
        "B"
        if (other > one).sum() >= FEWEST_HIGHER_RUNS
        else "A"
        if (other < one).sum() >= FEWEST_HIGHER_RUNS
        else "no clear difference"
    )


def format_question_row(
    name: str, number: int, part: LessonPart | ClassicPart, lucks: Sequence[int] = CLASS_SEEDS
) -> str:
    """Return a row of the table: one question over the luck of several classes."""
    per_class = [compute_late_values(part, range(luck + 1, luck + 1 + BAND_RUNS)) for luck in lucks]
    one, other = (np.concatenate(sides) for sides in zip(*per_class, strict=True))
    told = Counter(find_higher_side(*sides) for sides in per_class)
    classes = ", ".join(f"{side}: {count}" for side, count in told.most_common())
    return (
        f"| {name} {number} | {part.measure} | {one.mean():.2f} | {other.mean():.2f} |"
        f" {(other > one).sum()} of {len(one)} | {classes} |"
    )


def main() -> None:
    """Print the table."""
    print(
        f"| question | measure | A | B | B higher, runs | what {len(CLASS_SEEDS)} classes are told:"
        " higher |\n|---|---|---|---|---|---|"
    )
    for name, parts in read_lessons().items():
        for number, part in enumerate(parts, start=1):
            print(format_question_row(name, number, part), flush=True)


if __name__ == "__main__":
    main()
