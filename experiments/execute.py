"""Run the points of a design on all cores: results in the order of the design, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

from sim.compilation import is_compiled
from sim.config import Config

Job = tuple[int, Config, int]  # position, configuration, seed
Row = dict[str, float]


def seeded(config: Config, seed: int) -> Config:
    """Return a configuration with another seed."""
    return config.model_copy(update={"run": config.run.model_copy(update={"seed": seed})})


def run_job(job: Job) -> tuple[int, Row]:
    """Run one configuration; return its position and summary."""
    from sim.model import CollaborationModel  # in the worker: importing the model in the parent would cost it too

    position, config, seed = job
    return position, CollaborationModel(seeded(config, seed)).run().summary()


def prepare_worker() -> None:
    """Leave Ctrl-C to the parent, which ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def compile_first(announce: Callable[[str], None]) -> None:
    """Compile the model once in this process, so that workers find it done."""
    if is_compiled():
        return
    announce("Compiling the model once on this machine (about half a minute); later runs start at once.")
    from sim.model import CollaborationModel

    CollaborationModel(Config.model_validate({"run": {"rounds": 1}, "population": {"organisations": 4}})).run()


def run_jobs(jobs: Sequence[Job], workers: int, progress: Callable[[], None]) -> list[Row]:
    """Run all jobs; return their summaries in the order of the jobs."""
    rows: list[Any] = [None] * len(jobs)
    if workers == 1:
        for job in jobs:
            position, row = run_job(job)
            rows[position] = row
            progress()
        return rows
    with multiprocessing.get_context("spawn").Pool(workers, initializer=prepare_worker) as pool:
        for position, row in pool.imap_unordered(run_job, jobs, chunksize=8):
            rows[position] = row
            progress()
    return rows


def available_cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
