"""Clusters made of jobs: a Dask scheduler in this process, and workers that Slurm, PBS or Grid Engine start, through dask-jobqueue."""

from __future__ import annotations

import shutil
import signal
from contextlib import suppress
from typing import Any

from distributed import Client

from experiments.execution import SGE, Jobs
from sim.errors import InputError

CLUSTERS = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster"}  # classes of dask-jobqueue
CLOSE_WITHIN = 10.0  # seconds for cancelling the jobs


def cluster_class(name: str) -> Any:
    """Return dask-jobqueue's class for a queueing system; importing it takes Ctrl-C for itself, which is ours."""
    ours = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    signal.signal(signal.SIGINT, ours)
    return getattr(dask_jobqueue, CLUSTERS[name])


def keywords(jobs: Jobs) -> dict[str, Any]:
    """Return what dask-jobqueue is told about a job: one Dask worker in each, with a thread, and so a process for runs, per core."""
    told: dict[str, Any] = {
        "job_name": "overbruggen", "cores": jobs.cores, "memory": jobs.memory, "processes": 1, "walltime": jobs.walltime, "queue": jobs.queue,
        "interface": jobs.interface, "job_extra_directives": list(jobs.directives), "job_script_prologue": list(jobs.prologue),
        "log_directory": jobs.logs,
    }  # fmt: skip
    if not isinstance(jobs, SGE):
        return told | {"account": jobs.account}
    if jobs.parallel_environment is not None:
        told["job_extra_directives"].insert(0, f"-pe {jobs.parallel_environment} {jobs.cores}")
    return told | {"project": jobs.account, "resource_spec": jobs.resources}


class Queue:
    """Jobs of a queueing system as a cluster; none is submitted before the first run is to be done.

    Raises:
        InputError: the queueing system's command is not on this machine.
    """

    def __init__(self, jobs: Jobs) -> None:
        self.jobs, kind = jobs, cluster_class(jobs.name)
        self.name = f"{jobs.name} jobs"
        command = kind.job_cls.submit_command
        if command is not None and shutil.which(command) is None:
            raise InputError(f"execution={jobs.name} submits jobs with {command}, which is not on this machine; start the study on a login node")
        self.cluster = kind(**keywords(jobs), scheduler_options={"dashboard_address": ":0"})

    def connect(self) -> Client:
        """Connect to the scheduler, which is in this process."""
        return Client(self.cluster)

    def keep_up(self) -> None:
        """Submit jobs, and anew those that ended, for a job that reached its walltime takes its worker along."""
        self.cluster.scale(jobs=self.jobs.jobs)

    def close(self) -> None:
        """Cancel the jobs."""
        with suppress(TimeoutError):
            self.cluster.close(timeout=CLOSE_WITHIN)
