"""Studies in jobs of a queueing system: job scripts, and jobs through stand-ins of its commands."""

import os
import sys
from pathlib import Path

import pytest

from experiments.execution.queues import JobQueueSource
from experiments.execution.settings import read_execution
from tests.studies import run, study_file, tables_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Commands of queueing systems that run a job's script as a process here, and end it."""
    folder = tmp_path / "commands"
    folder.mkdir()
    log = folder / "log"
    for name in ("sbatch", "qsub"):
        start_job = (
            f'script=$(mktemp -p {folder})\ncp "$1" $script\nsetsid bash $script > {folder}/out'
            " 2>&1 &\n"
        )
        (folder / name).write_text(
            f'#!/bin/bash\n{start_job}echo "Submitted batch job $!" | tee -a {log}\n'
        )
    for name in ("scancel", "qdel"):
        (folder / name).write_text(f'#!/bin/bash\necho "cancelled $1" >> {log}\nkill -9 -- -$1\n')
    for path in folder.iterdir():
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return folder


def script_of(*words):
    execution, rest = read_execution([*words, "replicates=3"])
    assert rest == ["replicates=3"]
    source = JobQueueSource(execution)
    try:
        return source.cluster.job_script()
    finally:
        source.close()


COMMON = (
    "execution.cores=8",
    "execution.memory=4GB",
    "execution.walltime=02:00:00",
    "execution.queue=short",
    "execution.account=bridges",
)
HEADS = {
    "slurm": (
        "#SBATCH",
        ["-p short", "-A bridges", "--cpus-per-task=8", "--mem=4G", "-t 02:00:00", "--exclusive"],
    ),
    "pbs": (
        "#PBS",
        [
            "-q short",
            "-A bridges",
            "-l select=1:ncpus=8:mem=3815MB",
            "-l walltime=02:00:00",
            "--exclusive",
        ],
    ),
    "sge": (
        "#$",
        ["-q short", "-P bridges", "-pe smp 8", "-l h_vmem=1G", "-l h_rt=02:00:00", "--exclusive"],
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_job_scripts(name, commands):
    more = ["execution.resources='h_vmem=1G'"] if name == "sge" else []
    own = ("execution.directives=[--exclusive]", "execution.prologue=[module load python]")
    lines = script_of(f"execution={name}", *COMMON, *own, *more).splitlines()
    sign, asked = HEADS[name]
    for line in [*(f"{sign} {words}" for words in asked), "module load python"]:
        assert line in lines
    worker = lines[-1]
    assert worker.startswith(f"{sys.executable} -m distributed.cli.dask_worker tcp://")
    assert "--nthreads 8" in worker and "--memory-limit 3.73GiB" in worker


SMALL = ("execution.jobs=2", "execution.cores=1", "execution.memory=1GB")


def check_study_in_jobs(name, jobs, commands, tmp_path):
    """Do a study in jobs; check its bytes, and that as many jobs were submitted and cancelled."""
    study = study_file(tmp_path, {"size": list(range(10))})
    here, there = tmp_path / "here", tmp_path / "there"
    assert run("study", study, "--workers", 1, "--out", here) == 0
    assert run("study", study, "--out", there, f"execution={name}", *SMALL) == 0
    assert tables_of(here) == tables_of(there)
    log = (commands / "log").read_text().splitlines()
    submitted = sorted(line.split()[-1] for line in log if "Submitted" in line)
    assert len(submitted) == jobs
    assert sorted(line.split()[-1] for line in log if "cancelled" in line) == submitted


def test_a_study_in_jobs(commands, tmp_path):
    check_study_in_jobs("sge", 2, commands, tmp_path)


def test_jobs_that_are_refused(commands, tmp_path, capsys):
    refuse = "echo 'invalid partition specified: shrt' >&2\nexit 1\n"
    accepts = (commands / "sbatch").read_text()
    (commands / "sbatch").write_text(
        accepts.replace(
            "#!/bin/bash\n", f"#!/bin/bash\nif ! mkdir {commands}/taken; then {refuse}fi\n"
        )
    )
    check_study_in_jobs("slurm", 1, commands, tmp_path)  # one job is accepted, which is enough
    (commands / "sbatch").write_text(f"#!/bin/bash\n{refuse}")
    study = study_file(tmp_path, {"size": [1]})
    assert (
        run(
            "study", study, "--out", tmp_path / "results", "execution=slurm", "execution.queue=shrt"
        )
        == 2
    )
    assert "slurm refuses the jobs: invalid partition specified: shrt" in capsys.readouterr().err
