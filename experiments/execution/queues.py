"""Clusters of jobs, through dask-jobqueue.

The Dask scheduler is in this process, and Slurm, PBS or Grid Engine start the workers.
"""

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

# Classes of dask-jobqueue.
CLUSTER_CLASS_NAMES = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster"}
CANCEL_JOBS_TIMEOUT = 10.0  # seconds


def import_cluster_class(name: str) -> Any:
    """Return dask-jobqueue's class for a queueing system.

    Importing dask-jobqueue replaces the handler of Ctrl-C, so this function restores it.
    """
    handler = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    signal.signal(signal.SIGINT, handler)
    return getattr(dask_jobqueue, CLUSTER_CLASS_NAMES[name])


def build_job_options(jobs: Jobs) -> dict[str, Any]:
    """Return dask-jobqueue's options for a job.

    A job is one Dask worker with a thread, and so a process for runs, per core.
    """
    options: dict[str, Any] = {
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
        return options | {"account": jobs.account}
    if jobs.parallel_environment is not None:
        options["job_extra_directives"].insert(0, f"-pe {jobs.parallel_environment} {jobs.cores}")
    return options | {"project": jobs.account, "resource_spec": jobs.resources}


@dataclass
class SubmissionCounts:
    """How many jobs the queueing system accepted and refused, and why it refused the last one."""

    accepted: int = 0
    refused: int = 0
    reason: str = ""


def make_watched_job_class(job: Any, submitted: SubmissionCounts) -> Any:
    """Return a class of jobs that counts its submissions.

    A refused job gets the status of a running one: Dask would report it only in its log.
    """

    class WatchedJob(job):  # type: ignore[misc]
        async def start(self) -> None:
            try:
                await super().start()
            except Exception as error:
                submitted.refused += 1
                submitted.reason = extract_refusal_reason(error)
                self.status = Status.running
            else:
                submitted.accepted += 1

    return WatchedJob


def extract_refusal_reason(error: Exception) -> str:
    """Return what the submitting command printed, from dask-jobqueue's error."""
    _, _, printed = str(error).partition("stderr:\n")
    return " ".join((printed or str(error)).split())


class JobQueueSource:
    """Provides a cluster of jobs of a queueing system; submits none before the first run.

    Raises:
        InputError: the command that submits jobs is not on this machine.
    """

    def __init__(self, jobs: Jobs) -> None:
        self.jobs, cluster_class = jobs, import_cluster_class(jobs.name)
        self.where = f"in {jobs.name} jobs"
        command = cluster_class.job_cls.submit_command
        if command is not None and shutil.which(command) is None:
            raise InputError(
                f"execution={jobs.name} submits jobs with {command}, which is not on this machine;"
                " start the study on a login node"
            )
        self.submitted = SubmissionCounts()
        job_class = make_watched_job_class(cluster_class.job_cls, self.submitted)
        self.cluster = cluster_class(
            **build_job_options(jobs),
            job_cls=job_class,
            scheduler_options={"dashboard_address": ":0"},
        )

    def connect(self) -> Client:
        """Connect to the scheduler in this process."""
        return Client(self.cluster)

    def request_workers(self) -> None:
        """Submit jobs, also in place of those that ended: a walltime ends a worker with its job.

        Some refused jobs are accepted, because queueing systems limit the jobs of a user.

        Raises:
            InputError: all jobs were refused.
        """
        if self.submitted.refused and not self.submitted.accepted:
            raise InputError(
                f"{self.jobs.name} refuses the jobs: {self.submitted.reason}; correct the settings"
                " in execution"
            )
        if self.submitted.refused:
            print_text(
                f"{self.jobs.name} refused {self.submitted.refused} of {self.jobs.jobs} jobs"
                f" ({self.submitted.reason}); the study continues with the others."
            )
            self.submitted.refused = 0
        self.cluster.scale(jobs=self.jobs.jobs)

    def close(self) -> None:
        """Cancel the jobs."""
        with suppress(TimeoutError):
            self.cluster.close(timeout=CANCEL_JOBS_TIMEOUT)
