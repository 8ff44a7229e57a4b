"""The experiment engine in figures, each a ratio or a difference within one run. ``make bench-engine`` prints the tables."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import mesa
import numpy as np
import polars as pl
from mesa.examples import BoltzmannWealth

sys.path.insert(0, str(Path(__file__).parents[1]))

from experiments.design import load_study
from experiments.design.plan import compute_content_id
from experiments.design.recorded_study import plan_study
from experiments.design.study import Study
from experiments.execution.engines import Task, count_available_cores, run_task
from experiments.models.target import RecordingOptions
from experiments.run_study import run_study_in_memory
from experiments.store.files import write_table, write_yaml
from experiments.store.folder import write_rows_in_order

ROOT = Path(__file__).parents[1]
WORKERS = count_available_cores()
DEFAULT_RUNS, BARE_RUNS = 10_000, 500
FEW, MANY = 10_000, 1_000_000
ROWS, MEASURES = 1_000_000, 33
Row = tuple[str, str, str]


class Trivial(mesa.Model):
    """A model that does nothing but draw a number, so that all time is the engine's."""

    def __init__(self, size: int = 1, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        self.size, self.value = size, 0.0

    def step(self) -> None:
        """Draw a number."""
        self.value = float(self.rng.random())


TRIVIAL = {
    "question": "What does a run cost that costs nothing?",
    "model": {"class": f"{Path(__file__).resolve()}:Trivial", "rounds": 1, "measures": ["value"]},
    "factors": {"size": list(range(1, 11))},
}
DEFAULT = {"question": "What does the default model do?"}
WEALTH = {
    "question": "How unequal do they become?",
    "model": {"class": "mesa.examples:BoltzmannWealth", "rounds": 101, "measures": ["Gini"]},
    "factors": {"n": [50, 100], "width": [10], "height": [10]},
}


def study_of(values: dict[str, object], folder: Path, replicates: int) -> Study:
    """Return a study made from plain values."""
    path = folder / "study.yaml"
    write_yaml(values, path)
    return load_study(str(path), [f"replicates={replicates}"])


def wall(action: Callable[[], object]) -> float:
    """Return the seconds an action takes, without what it prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        before = time.perf_counter()
        action()
        return time.perf_counter() - before


def tasks_of(study: Study, count: int) -> list[Task]:
    """Return the first runs of a study as tasks."""
    plan, points = plan_study(study)
    parameters = [plan.settle_point(point) for point in range(len(points))]
    runs = plan.walk_runs([0] * len(points), [count // len(points)] * len(points))
    return [
        Task(run.id, plan.target, parameters[run.point], run.seed, RecordingOptions())
        for run in runs
    ]


def bare(study: Study, count: int) -> float:
    """Return seconds per run of a plain loop in this process."""
    tasks = tasks_of(study, count)
    run_task(tasks[0])
    return wall(lambda: [run_task(task) for task in tasks]) / len(tasks)


def bare_beside_others(study: Study, count: int) -> float:
    """Return seconds per run of plain loops in as many processes as there are cores, at once."""
    with get_context("spawn").Pool(WORKERS) as pool:
        return float(np.mean(pool.starmap(bare, [(study, count)] * WORKERS)))


def throughput() -> list[Row]:
    """Compare runs of the default model in a study with plain loops."""
    with tempfile.TemporaryDirectory() as folder:
        study = study_of(DEFAULT, Path(folder), DEFAULT_RUNS)
        alone, beside = bare(study, BARE_RUNS), bare_beside_others(study, BARE_RUNS)
        engine = wall(lambda: run_study_in_memory(study, WORKERS)) * WORKERS / DEFAULT_RUNS
    return [
        (
            f"{DEFAULT_RUNS:,} default runs: throughput / ({WORKERS} workers x single process)",
            f"{alone / engine:.1%}",
            "at least 90 %",
        ),
        (
            f"the same for plain loops in {WORKERS} processes, without an engine",
            f"{alone / beside:.1%}",
            "",
        ),
    ]


def cost_per_run() -> list[Row]:
    """Return what the engine adds to a run, in this process and in a pool of one, start-up left out by difference."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        few, many = (study_of(TRIVIAL, Path(folder), count // 10) for count in (FEW, 10 * FEW))
        alone = bare(few, FEW)
        for workers, where in ((1, "in this process"), (WORKERS, f"in a pool of {WORKERS}")):
            cost = (
                workers
                * (
                    wall(lambda workers=workers: run_study_in_memory(many, workers))
                    - wall(lambda workers=workers: run_study_in_memory(few, workers))
                )
                / (9 * FEW)
            )
            rows.append(
                (
                    f"engine per run beyond the run, {where}",
                    f"{1000 * (cost - alone):.2f} ms",
                    "at most 0.5 ms",
                )
            )
    return rows


def peak_of(folder: Path, runs: int) -> float:
    """Return the peak memory in MB of the process that conducts a study of trivial runs."""
    write_yaml(TRIVIAL, folder / "trivial.yaml")
    words = [
        "study",
        str(folder / "trivial.yaml"),
        f"replicates={runs // 10}",
        "--workers",
        str(WORKERS),
        "--out",
        str(folder / f"runs{runs}"),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments", *words, "--quiet"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    return os.wait4(process.pid, 0)[2].ru_maxrss / 1024


def memory() -> list[Row]:
    """Compare the parent's memory at few and many runs."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = peak_of(Path(folder), FEW), peak_of(Path(folder), MANY)
    return [
        (
            f"peak memory of the parent, {MANY:,} / {FEW:,} trivial runs",
            f"{many / few:.2f}",
            "flat",
        ),
        (f"peak memory of the parent, {MANY:,} trivial runs", f"{many:.0f} MB", "under 500 MB"),
    ]


def million_rows() -> list[Row]:
    """Put a million rows of as many measures as our model has in order, and aggregate all of them by two factors."""
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ids = [compute_content_id(str(run)) for run in range(ROWS)]
        parts = []
        for first in range(0, ROWS, 20_000):
            parts.append(folder / f"runs-{first:08}.parquet")
            values = {f"measure_{number}": rng.random(20_000) for number in range(MEASURES)}
            write_table(pl.DataFrame({"run": ids[first : first + 20_000], **values}), parts[-1])
        forms, rates = (
            [f"form {run // 100_000}" for run in range(ROWS)],
            [run // 10_000 % 10 for run in range(ROWS)],
        )
        keys = pl.DataFrame({"form": forms, "rate": rates, "run": ids})
        ordering = wall(
            lambda: write_rows_in_order(keys.iter_slices(50_000), parts, folder / "runs.parquet")
        )
        table = pl.scan_parquet(folder / "runs.parquet")
        values = pl.col("^measure_.*$")
        seconds = wall(
            lambda: (
                table.group_by("form", "rate")
                .agg(values.mean(), values.std().name.suffix("_sd"), pl.len())
                .collect()
            )
        )
    return [
        (
            f"mean and deviation of {MEASURES} measures over {ROWS:,} rows by two factors",
            f"{seconds:.2f} s",
            "under 1 s",
        ),
        (
            f"putting these rows in order when a study ends, {MEASURES} measures",
            f"{ordering:.0f} s",
            "",
        ),
    ]


def batch_run(replicates: int) -> None:
    """Do the study of wealth by Mesa's own means; it steps once more than max_steps."""
    rngs = np.random.SeedSequence(1).generate_state(replicates).tolist()
    parameters = {"n": [50, 100], "width": 10, "height": 10, "seed": rngs}
    mesa.batch_run(
        BoltzmannWealth,
        parameters,
        number_processes=WORKERS,
        max_steps=100,
        data_collection_period=-1,
        display_progress=False,
    )


def beside_batch_run() -> list[Row]:
    """Compare a study with Mesa's batch_run on Mesa's own example: equal model, runs, steps and processes."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for runs in (200, 2_000):
            study = study_of(WEALTH, Path(folder), runs // 2)
            theirs, ours = (
                wall(lambda runs=runs: batch_run(runs // 2)),
                wall(lambda study=study: run_study_in_memory(study, WORKERS)),
            )
            what = f"BoltzmannWealth, {runs:,} runs of 101 steps: batch_run / a study"
            rows.append((what, f"{theirs / ours:.2f}", f"{theirs:.1f} s / {ours:.1f} s"))
    return rows


def main() -> None:
    """Measure and print the table."""
    print("| measured | value | asked |\n|---|---|---|")
    for measure in (cost_per_run, memory, million_rows, beside_batch_run, throughput):
        for row in measure():
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
