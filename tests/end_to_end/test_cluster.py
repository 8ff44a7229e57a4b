"""Studies on a Dask cluster: the same bytes as here, bad runs, dying workers, a scheduler that comes back, and jobs of a queueing system."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
import yaml
from distributed import Client

from experiments.__main__ import main
from experiments.execution.queues import JobQueueSource
from experiments.execution.settings import read_execution
from sim.errors import InputError
from tests.studies import records_in, start, study_file, wait_for_records

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
}
SOON = 60  # seconds within which everything here happens, on a busy machine too


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(happened, what):
    end = time.monotonic() + SOON
    while not happened():
        assert time.monotonic() < end, f"{what} did not happen within {SOON} seconds"
        time.sleep(0.05)


class Machines:
    """A scheduler and workers, each started as a process of its own by Dask's own commands."""

    def __init__(self, folder):
        self.folder, self.port, self.started = folder, free_port(), []
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.words = ("execution=dask", f"execution.address={self.address}")
        self.scheduler = None

    def dask(self, *words):
        log = (self.folder / f"dask-{len(self.started)}.log").open("w")
        command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=ENVIRONMENT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def start_scheduler(self):
        self.scheduler = self.dask("scheduler", "--host", "127.0.0.1", "--port", str(self.port))

    def start_worker(self, *options):
        return self.dask(
            "worker",
            self.address,
            "--nthreads",
            "1",
            "--local-directory",
            str(self.folder),
            *options,
        )

    def kill(self):
        for process in self.started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


@contextmanager
def machines(folder, workers):
    folder.mkdir(exist_ok=True)
    cluster = Machines(folder)
    try:
        cluster.start_scheduler()
        if workers:
            cluster.start_worker("--nworkers", str(workers))
        until(
            lambda: socket.socket().connect_ex(("127.0.0.1", cluster.port)) == 0,
            "the scheduler listening",
        )
        with Client(cluster.address) as client:
            until(lambda: len(client.nthreads()) == workers, "all workers registered")
        yield cluster
    finally:
        cluster.kill()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with machines(tmp_path_factory.mktemp("cluster"), 2) as running:
        yield running


def run(*words):
    return main([str(word) for word in words])


def bytes_of(folder, kinds=("runs",)):
    return [(folder / f"{kind}.parquet").read_bytes() for kind in kinds]


def check_nothing_twice(folder, runs):
    ledgers = pl.concat([pl.read_parquet(path) for path in (folder / "parts").glob("ledger-*")])
    assert len(ledgers) == ledgers["run"].n_unique() == runs


@pytest.mark.parametrize("chunk", [1, 7])
def test_the_same_bytes_as_here(cluster, tmp_path, chunk):
    study = study_file(tmp_path, {"size": list(range(30))}, series=1)
    here, there = tmp_path / "here", tmp_path / "there"
    assert run("study", study, "--workers", 1, "--out", here) == 0
    assert run("study", study, "--out", there, *cluster.words, f"execution.chunk={chunk}") == 0
    assert bytes_of(here, ("runs", "series")) == bytes_of(there, ("runs", "series"))
    manifest = json.loads((there / "manifest.json").read_text())
    assert manifest["execution"]["address"] == cluster.address
    assert manifest["overrides"] == []
    assert run("resume", there, "size=1,2", "--workers", 1) == 0  # elsewhere than it was begun


def test_our_own_model_in_chunks_that_it_chooses(cluster, tmp_path):
    study = tmp_path / "forms.yaml"
    model = ["run.rounds=20", "population.organisations=20"]
    given = {
        "question": "Forms?",
        "factors": {"structure": ["hub", "alliance"]},
        "replicates": 2,
        "keep": ["events"],
        "series": 10,
    }
    study.write_text(yaml.safe_dump(given | {"overrides": model}))
    here, there = tmp_path / "here", tmp_path / "there"
    assert run("study", study, "--workers", 1, "--out", here) == 0
    assert run("study", study, "--out", there, *cluster.words) == 0
    kinds = ("runs", "events", "series")
    assert bytes_of(here, kinds) == bytes_of(there, kinds)


def test_a_bad_run_costs_itself_alone(cluster, tmp_path):
    study = study_file(
        tmp_path, {"mood": ["fine", "raises", "dies", "hangs", "vague", "murders"]}, replicates=1
    )
    folder = tmp_path / "results"
    assert (
        run("study", study, "--time-limit", 1, "--out", folder, *cluster.words, "execution.chunk=3")
        == 3
    )
    failures = pl.read_parquet(folder / "failures.parquet")
    assert dict(zip(failures["mood"], failures["status"], strict=True)) == {
        "raises": "failed",
        "dies": "died",
        "hangs": "timed out",
        "vague": "undefined",
        "murders": "died",
    }
    assert "2 workers died" in failures.filter(pl.col("mood") == "murders")["reason"].item()
    assert pl.read_parquet(folder / "runs.parquet")["mood"].to_list() == ["fine"]


def test_ctrl_c_leaves_a_folder_to_go_on_with_and_an_idle_cluster(cluster, tmp_path):
    study = study_file(tmp_path, {"size": [1, 2], "pause": [0.3]}, replicates=200)
    folder = tmp_path / "results"
    with Client(cluster.address) as client:
        process = start("study", study, "--out", folder, *cluster.words, "execution.chunk=200")
        until(
            lambda: (folder / "manifest.json").exists() and all(client.processing().values()),
            "both workers busy",
        )
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SOON)
        assert process.returncode == 130, out + err
        assert "Traceback" not in err
        held = lambda dask_worker: len(dask_worker.state.tasks)  # noqa: E731
        until(
            lambda: not any(client.run(held).values()),
            "what would have taken two minutes more given up",
        )
    assert run("resume", folder, "pause=0", "replicates=2", *cluster.words) == 0
    assert len(pl.read_parquet(folder / "runs.parquet")) == 4


def test_a_worker_is_killed_and_the_scheduler_goes_and_comes_back(tmp_path):
    study = study_file(tmp_path, {"size": list(range(20)), "pause": [0.02]}, replicates=20)
    here, there = tmp_path / "here", tmp_path / "there"
    assert run("study", study, "--workers", 2, "--out", here) == 0
    with machines(tmp_path / "machines", 1) as own:
        first = own.start_worker("--no-nanny")
        process = start("study", study, "--out", there, *own.words)
        wait_for_records(there, process)
        os.killpg(first.pid, signal.SIGKILL)
        wait_for_records(there, process, records_in(there) + 20)
        assert process.poll() is None
        own.scheduler.kill()
        own.scheduler.wait()
        time.sleep(0.5)
        own.start_scheduler()
        own.start_worker()
        out, err = process.communicate(timeout=2 * SOON)
    assert process.returncode == 0, out + err
    assert "went away" in out and "It is back" in out
    assert bytes_of(here) == bytes_of(there)
    check_nothing_twice(there, 400)


def test_patience_ends(tmp_path):
    study = study_file(tmp_path, {"size": [1], "pause": [0.1]}, replicates=100)
    here, there = tmp_path / "here", tmp_path / "there"
    with machines(tmp_path / "machines", 1) as own:
        process = start("study", study, "--out", there, *own.words, "execution.patience=1")
        wait_for_records(there, process)
        own.scheduler.kill()
        out, err = process.communicate(timeout=SOON)
    assert process.returncode == 2, out + err
    assert "did not come back within 1 seconds" in err and "Traceback" not in err
    assert run("resume", there, "pause=0", "replicates=5", "--workers", 1) == 0
    assert run("study", study, "pause=0", "replicates=5", "--workers", 1, "--out", here) == 0
    assert bytes_of(here) == bytes_of(there)


def test_a_scheduler_without_workers(tmp_path, capsys):
    with machines(tmp_path / "machines", 0) as own:
        study = study_file(tmp_path, {"size": [1]})
        assert (
            run("study", study, "--out", tmp_path / "results", *own.words, "execution.patience=1")
            == 2
        )
    told = capsys.readouterr()
    assert "No workers at" in told.out
    assert "no worker at" in told.err


def test_another_version_on_a_worker_is_refused(cluster, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("experiments.execution.remote.version", lambda name: "0.0.1")
    study = study_file(tmp_path, {"size": [1]})
    assert run("study", study, "--out", tmp_path / "results", *cluster.words) == 2
    assert "would give other numbers: mesa" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


WRONG = {
    ("execution=dsk",): "Did you mean dask?",
    ("execution=dask",): "needs an address",
    ("execution=dask", "execution.adress=tcp://host:8786"): "Did you mean address?",
    ("execution=dask", "execution.address=host"): "allowed: an address",
    (
        "execution=dask",
        "execution.address=tcp://127.0.0.1:1",
    ): "no Dask scheduler answers at tcp://127.0.0.1:1",
    (
        "execution=dask",
        "execution.address=tcp://h:1",
        "--workers",
        "2",
    ): "--workers is for runs on this machine",
    ("execution.workers=0",): "execution.workers is 0",
    ("execution.workers=2", "--workers", "2"): "give one",
    ("execution.workers=1,2",): "is no factor",
    ("execution.time_limit=5", "--time-limit", "5"): "give one",
    ("execution=slurm", "execution.memory=4"): "execution.memory is 4",
    ("execution=slurm", "execution.walltime=soon"): "allowed: a time",
    ("execution=slurm",): "sbatch, which is not on this machine",
    ("execution=mine.yaml",): "cannot be read",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_words_are_said_before_anything_is_written(words, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("experiments.execution.cluster.CONNECT_TIMEOUT", 0.5)
    assert (
        run("study", study_file(tmp_path, {"size": [1]}), "--out", tmp_path / "results", *words)
        == 2
    )
    said = capsys.readouterr().err
    assert WRONG[words] in said and len(said.splitlines()) == 1
    assert not (tmp_path / "results").exists()


def test_without_the_libraries_it_says_how_to_install_them(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("experiments.execution.settings.find_spec", lambda name: None)
    assert (
        run(
            "study",
            study_file(tmp_path, {"size": [1]}),
            "--out",
            tmp_path / "results",
            "execution=slurm",
        )
        == 2
    )
    assert "pip install 'overbruggen[cluster]'" in capsys.readouterr().err


def test_a_run_does_not_import_dask():
    code = (
        "import sys, experiments.run_study, experiments.run; sys.exit(any(name in sys.modules for"
        " name in ('dask', 'distributed')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


# --- jobs ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Commands of queueing systems that start a job's script as a process here, and end it."""
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


def test_settings_in_a_file_of_ones_own(tmp_path, commands):
    path = tmp_path / "ours.yaml"
    path.write_text("kind: slurm\njobs: 3\nqueue: long\n")
    execution, _ = read_execution([f"execution={path}", "execution.jobs=5"])
    assert (execution.jobs, execution.queue, execution.cores) == (5, "long", 8)
    path.write_text("kind: slum\n")
    with pytest.raises(InputError, match="Did you mean slurm"):
        read_execution([f"execution={path}"])


SMALL = ("execution.jobs=2", "execution.cores=1", "execution.memory=1GB")


def check_study_in_jobs(name, jobs, commands, tmp_path):
    """Do a study in small jobs; it is as it is here, and so many were submitted and then cancelled."""
    study = study_file(tmp_path, {"size": list(range(10))})
    here, there = tmp_path / "here", tmp_path / "there"
    assert run("study", study, "--workers", 1, "--out", here) == 0
    assert run("study", study, "--out", there, f"execution={name}", *SMALL) == 0
    assert bytes_of(here) == bytes_of(there)
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
    check_study_in_jobs("slurm", 1, commands, tmp_path)  # some come, which is enough
    (commands / "sbatch").write_text(f"#!/bin/bash\n{refuse}")
    study = study_file(tmp_path, {"size": [1]})
    assert (
        run(
            "study", study, "--out", tmp_path / "results", "execution=slurm", "execution.queue=shrt"
        )
        == 2
    )
    assert "slurm refuses the jobs: invalid partition specified: shrt" in capsys.readouterr().err
