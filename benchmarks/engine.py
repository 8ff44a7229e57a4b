"""Speed and memory of the experiment engine, as ratios or differences within one run.

``make bench-engine`` prints the table.
"""

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
    """A model that only draws a number, so that the engine takes nearly all the time."""

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


def build_study(values: dict[str, object], folder: Path, replicates: int) -> Study:
    """Return a study from the values of its file."""
    path = folder / "study.yaml"
    write_yaml(values, path)
    return load_study(str(path), [f"replicates={replicates}"])


def measure_seconds(action: Callable[[], object]) -> float:
    """Return the seconds of an action, and discard what it prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        before = time.perf_counter()
        action()
        return time.perf_counter() - before


def list_tasks(study: Study, count: int) -> list[Task]:
    """Return the first runs of a study as tasks."""
    plan, points = plan_study(study)
    parameters = [plan.settle_point(point) for point in range(len(points))]
    runs = plan.walk_runs([0] * len(points), [count // len(points)] * len(points))
    return [
        Task(run.id, plan.target, parameters[run.point], run.seed, RecordingOptions())
        for run in runs
    ]


def measure_plain_loop(study: Study, count: int) -> float:
    """Return the seconds per run of a plain loop in this process."""
    tasks = list_tasks(study, count)
    run_task(tasks[0])
    return measure_seconds(lambda: [run_task(task) for task in tasks]) / len(tasks)


def measure_plain_loops_at_once(study: Study, count: int) -> float:
    """Return the seconds per run of plain loops in one process per core, at the same time."""
    with get_context("spawn").Pool(WORKERS) as pool:
        return float(np.mean(pool.starmap(measure_plain_loop, [(study, count)] * WORKERS)))


def compare_throughput() -> list[Row]:
    """Compare the throughput of a study of the default model with that of plain loops."""
    with tempfile.TemporaryDirectory() as folder:
        study = build_study(DEFAULT, Path(folder), DEFAULT_RUNS)
        alone, beside = (
            measure_plain_loop(study, BARE_RUNS),
            measure_plain_loops_at_once(study, BARE_RUNS),
        )
        engine = (
            measure_seconds(lambda: run_study_in_memory(study, WORKERS)) * WORKERS / DEFAULT_RUNS
        )
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


def measure_cost_per_run() -> list[Row]:
    """Measure what the engine adds to a run; a difference of two studies leaves out the start."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        few, many = (build_study(TRIVIAL, Path(folder), count // 10) for count in (FEW, 10 * FEW))
        alone = measure_plain_loop(few, FEW)
        for workers, where in ((1, "in this process"), (WORKERS, f"in a pool of {WORKERS}")):
            cost = (
                workers
                * (
                    measure_seconds(lambda workers=workers: run_study_in_memory(many, workers))
                    - measure_seconds(lambda workers=workers: run_study_in_memory(few, workers))
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


def measure_peak_memory(folder: Path, runs: int) -> float:
    """Return the peak memory in MB of the parent process of a study of trivial runs."""
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


def compare_memory() -> list[Row]:
    """Compare the peak memory of the parent process at few and at many runs."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = measure_peak_memory(Path(folder), FEW), measure_peak_memory(Path(folder), MANY)
    return [
        (
            f"peak memory of the parent, {MANY:,} / {FEW:,} trivial runs",
            f"{many / few:.2f}",
            "flat",
        ),
        (f"peak memory of the parent, {MANY:,} trivial runs", f"{many:.0f} MB", "under 500 MB"),
    ]


def measure_million_rows() -> list[Row]:
    """Put a million rows with the measures of our model in order, and aggregate them."""
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
        ordering = measure_seconds(
            lambda: write_rows_in_order(keys.iter_slices(50_000), parts, folder / "runs.parquet")
        )
        table = pl.scan_parquet(folder / "runs.parquet")
        values = pl.col("^measure_.*$")
        seconds = measure_seconds(
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


def run_batch(replicates: int) -> None:
    """Do the study of wealth with Mesa's ``batch_run``, which steps once more than max_steps."""
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


def compare_with_batch_run() -> list[Row]:
    """Compare a study with Mesa's ``batch_run``: the same model, runs, steps and processes."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for runs in (200, 2_000):
            study = build_study(WEALTH, Path(folder), runs // 2)
            theirs, ours = (
                measure_seconds(lambda runs=runs: run_batch(runs // 2)),
                measure_seconds(lambda study=study: run_study_in_memory(study, WORKERS)),
            )
            what = f"BoltzmannWealth, {runs:,} runs of 101 steps: batch_run / a study"
            rows.append((what, f"{theirs / ours:.2f}", f"{theirs:.1f} s / {ours:.1f} s"))
    return rows


MEASUREMENTS = (
    measure_cost_per_run,
    compare_memory,
    measure_million_rows,
    compare_with_batch_run,
    compare_throughput,
)


def main() -> None:
    """Measure and print the table."""
    print("| measured | value | target |\n|---|---|---|")
    for measure in MEASUREMENTS:
        for row in measure():
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
