"""Run the points of a design on all cores: results in the order of the design, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl

from sim.compilation import is_compiled
from sim.config import Config

Row = dict[str, float]


class Job(NamedTuple):
    """One run to do."""

    position: int
    config: Config
    seed: int
    keeps_events: bool = False


class Done(NamedTuple):
    """What a run left: its summary, and its event table if that was asked for."""

    position: int
    summary: Row
    events: pl.DataFrame | None


def seeded(config: Config, seed: int) -> Config:
    """Return a configuration with another seed."""
    return config.model_copy(update={"run": config.run.model_copy(update={"seed": seed})})


def run_job(job: Job) -> Done:
    """Run one configuration."""
    from sim.model import CollaborationModel  # in the worker: importing the model in the parent would cost it too

    model = CollaborationModel(seeded(job.config, job.seed)).run()
    return Done(job.position, model.summary(), model.events_table() if job.keeps_events else None)


def prepare_worker() -> None:
    """Leave Ctrl-C to the parent, which ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def compile_first(announce: Callable[[str], None]) -> None:
    """Compile the model once in this process, so that workers find it done."""
    if is_compiled():
        return
    announce("Compiling the model once on this machine (about a quarter of a minute); later runs start at once.")
    from sim.model import CollaborationModel

    CollaborationModel(Config.model_validate({"run": {"rounds": 1}, "population": {"organisations": 4}})).run()


def run_jobs(jobs: Sequence[Job], workers: int, progress: Callable[[], None]) -> list[Done]:
    """Run all jobs; return what they left in the order of the jobs."""
    done: list[Any] = [None] * len(jobs)
    for result in _results(jobs, workers):
        done[result.position] = result
        progress()
    return done


def _results(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
    """Walk through the results as they come."""
    if workers == 1:
        yield from map(run_job, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(workers, initializer=prepare_worker) as pool:
        yield from pool.imap_unordered(run_job, jobs, chunksize=8)


def available_cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
