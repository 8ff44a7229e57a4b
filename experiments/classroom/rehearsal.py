"""What classes will probably find: every question of every lesson, with the seeds of ten classes.

``python -m experiments.classroom.rehearsal`` prints the table.
"""

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
    """Return the measure of a part on side A and on side B: mean of the second half, per run."""
    if isinstance(part, ClassicPart):
        column = list(load_classic(part.classic).MEASURES).index(part.measure)
        series = [
            play_classic_batch(part.classic, part.build_parameters(side, {}), seeds)
            for side in SIDES
        ]
    else:
        column = CHARTED_MEASURES.index(part.measure)
        configs = part.build_scenario().build_configs()
        series = [play_batch([(0, configs[side])], seeds, part.rounds) for side in SIDES]
    a, b = (np.array(compute_late_means(runs)[column]) for runs in series)
    return a, b


def find_higher_side(a: np.ndarray, b: np.ndarray) -> str:
    """Return the side that a lesson calls higher, or that there is no clear difference."""
    if (b > a).sum() >= FEWEST_HIGHER_RUNS:
        return "B"
    if (b < a).sum() >= FEWEST_HIGHER_RUNS:
        return "A"
    return "no clear difference"


def format_question_row(
    lesson: str, number: int, part: LessonPart | ClassicPart, seeds: Sequence[int] = CLASS_SEEDS
) -> str:
    """Return a row of the table: one question, with the seeds of several classes."""
    per_class = [compute_late_values(part, range(seed + 1, seed + 1 + BAND_RUNS)) for seed in seeds]
    a, b = (np.concatenate(sides) for sides in zip(*per_class, strict=True))
    outcomes = Counter(find_higher_side(*sides) for sides in per_class)
    classes = ", ".join(f"{outcome}: {count}" for outcome, count in outcomes.most_common())
    return (
        f"| {lesson} {number} | {part.measure} | {a.mean():.2f} | {b.mean():.2f} |"
        f" {(b > a).sum()} of {len(a)} | {classes} |"
    )


def main() -> None:
    """Print the table."""
    print(
        f"| question | measure | A | B | B higher, runs | what {len(CLASS_SEEDS)} classes find"
        " higher |\n|---|---|---|---|---|---|"
    )
    for lesson, parts in read_lessons().items():
        for number, part in enumerate(parts, start=1):
            print(format_question_row(lesson, number, part), flush=True)


if __name__ == "__main__":
    main()
