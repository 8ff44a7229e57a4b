"""Clusters made of jobs: a Dask scheduler in this process, and workers that Slurm, PBS or Grid Engine start, through dask-jobqueue."""

from __future__ import annotations

import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from distributed import Client
from distributed.core import Status

from experiments.console import print_text
from experiments.execution.settings import SGE, Jobs
from sim.errors import InputError

CLUSTER_CLASS_NAMES = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
}  # classes of dask-jobqueue
CANCEL_JOBS_TIMEOUT = 10.0  # seconds for cancelling the jobs


def import_cluster_class(name: str) -> Any:
    """Return dask-jobqueue's class for a queueing system; importing it takes Ctrl-C for itself, which is ours."""
    ours = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    signal.signal(signal.SIGINT, ours)
    return getattr(dask_jobqueue, CLUSTER_CLASS_NAMES[name])


def build_job_options(jobs: Jobs) -> dict[str, Any]:
    """Return what dask-jobqueue is told about a job: one Dask worker in each, with a thread, and so a process for runs, per core."""
    told: dict[str, Any] = {
        "job_name": "overbruggen",
        "cores": jobs.cores,
        "memory": jobs.memory,
        "processes": 1,
        "walltime": jobs.walltime,
        "queue": jobs.queue,
        "interface": jobs.interface,
        "job_extra_directives": list(jobs.directives),
        "job_script_prologue": list(jobs.prologue),
        "log_directory": jobs.logs,
    }
    if not isinstance(jobs, SGE):
        return told | {"account": jobs.account}
    if jobs.parallel_environment is not None:
        told["job_extra_directives"].insert(0, f"-pe {jobs.parallel_environment} {jobs.cores}")
    return told | {"project": jobs.account, "resource_spec": jobs.resources}


@dataclass
class SubmissionCounts:
    """What became of jobs that were submitted: how many were accepted, how many were not, and why the last of them."""

    accepted: int = 0
    refused: int = 0
    reason: str = ""


def make_watched_job_class(job: Any, submitted: SubmissionCounts) -> Any:
    """Return a class of jobs that notes what becomes of them. One that is refused counts as started, for Dask would tell only its log."""

    class Watched(job):  # type: ignore[misc]
        async def start(self) -> None:
            try:
                await super().start()
            except Exception as error:
                submitted.refused, submitted.reason, self.status = (
                    submitted.refused + 1,
                    extract_refusal_reason(error),
                    Status.running,
                )
            else:
                submitted.accepted += 1

    return Watched


def extract_refusal_reason(error: Exception) -> str:
    """Return what a command printed, out of dask-jobqueue's account of it."""
    _, _, printed = str(error).partition("stderr:\n")
    return " ".join((printed or str(error)).split())


class JobQueueSource:
    """Jobs of a queueing system as a cluster; none is submitted before the first run is to be done.

    Raises:
        InputError: the queueing system's command is not on this machine.
    """

    def __init__(self, jobs: Jobs) -> None:
        self.jobs, kind = jobs, import_cluster_class(jobs.name)
        self.where = f"in {jobs.name} jobs"
        command = kind.job_cls.submit_command
        if command is not None and shutil.which(command) is None:
            raise InputError(
                f"execution={jobs.name} submits jobs with {command}, which is not on this machine;"
                " start the study on a login node"
            )
        self.submitted = SubmissionCounts()
        job = make_watched_job_class(kind.job_cls, self.submitted)
        self.cluster = kind(
            **build_job_options(jobs), job_cls=job, scheduler_options={"dashboard_address": ":0"}
        )

    def connect(self) -> Client:
        """Connect to the scheduler, which is in this process."""
        return Client(self.cluster)

    def keep_up(self) -> None:
        """Submit jobs, and anew those that ended, for a job that reached its walltime takes its worker along.

        Raises:
            InputError: all jobs were refused; that some are is borne, for queueing systems limit how many one may have.
        """
        if self.submitted.refused and not self.submitted.accepted:
            raise InputError(
                f"{self.jobs.name} refuses the jobs: {self.submitted.reason}; correct the settings"
                " in execution"
            )
        if self.submitted.refused:
            print_text(
                f"{self.jobs.name} refused {self.submitted.refused} of {self.jobs.jobs} jobs"
                f" ({self.submitted.reason}); the others go on."
            )
            self.submitted.refused = 0
        self.cluster.scale(jobs=self.jobs.jobs)

    def close(self) -> None:
        """Cancel the jobs."""
        with suppress(TimeoutError):
            self.cluster.close(timeout=CANCEL_JOBS_TIMEOUT)
