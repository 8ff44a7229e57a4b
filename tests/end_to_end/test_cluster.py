"""Studies on a Dask cluster: the same bytes, bad runs, dying workers, a scheduler that restarts."""

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

from tests.studies import records_in, run, start, study_file, tables_of, wait_for_records

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


def wait_until(happened, what):
    end = time.monotonic() + SOON
    while not happened():
        assert time.monotonic() < end, f"{what} did not happen within {SOON} seconds"
        time.sleep(0.05)


class Machines:
    """A scheduler and workers, each a process that Dask's own commands start."""

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
        wait_until(
            lambda: socket.socket().connect_ex(("127.0.0.1", cluster.port)) == 0,
            "the scheduler listening",
        )
        with Client(cluster.address) as client:
            wait_until(lambda: len(client.nthreads()) == workers, "all workers registered")
        yield cluster
    finally:
        cluster.kill()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with machines(tmp_path_factory.mktemp("cluster"), 2) as running:
        yield running


def check_nothing_twice(folder, runs):
    ledgers = pl.concat([pl.read_parquet(path) for path in (folder / "parts").glob("ledger-*")])
    assert len(ledgers) == ledgers["run"].n_unique() == runs


@pytest.mark.parametrize("chunk", [1, 7])
def test_the_same_bytes_as_here(cluster, tmp_path, chunk):
    study = study_file(tmp_path, {"size": list(range(30))}, series=1)
    here, there = tmp_path / "here", tmp_path / "there"
    assert run("study", study, "--workers", 1, "--out", here) == 0
    assert run("study", study, "--out", there, *cluster.words, f"execution.chunk={chunk}") == 0
    assert tables_of(here) == tables_of(there)
    assert set(tables_of(there)) == {"runs", "series"}
    manifest = json.loads((there / "manifest.json").read_text())
    assert manifest["execution"]["address"] == cluster.address
    assert manifest["overrides"] == []
    assert run("resume", there, "size=1,2", "--workers", 1) == 0  # in another place than it began


def test_our_own_model_in_chunks_that_it_chooses(cluster, tmp_path):
    study = tmp_path / "forms.yaml"
    model = ["run.rounds=20", "population.organisations=20"]
    study_of_forms = {
        "question": "Forms?",
        "factors": {"structure": ["hub", "alliance"]},
        "replicates": 2,
        "keep": ["events"],
        "series": 10,
    }
    study.write_text(yaml.safe_dump(study_of_forms | {"overrides": model}))
    here, there = tmp_path / "here", tmp_path / "there"
    assert run("study", study, "--workers", 1, "--out", here) == 0
    assert run("study", study, "--out", there, *cluster.words) == 0
    assert tables_of(here) == tables_of(there)
    assert set(tables_of(there)) == {"runs", "events", "series"}


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


def test_ctrl_c_leaves_a_folder_to_resume_and_an_idle_cluster(cluster, tmp_path):
    study = study_file(tmp_path, {"size": [1, 2], "pause": [0.3]}, replicates=200)
    folder = tmp_path / "results"
    with Client(cluster.address) as client:
        process = start("study", study, "--out", folder, *cluster.words, "execution.chunk=200")
        wait_until(
            lambda: (folder / "manifest.json").exists() and all(client.processing().values()),
            "both workers busy",
        )
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SOON)
        assert process.returncode == 130, out + err
        assert "Traceback" not in err
        held = lambda dask_worker: len(dask_worker.state.tasks)  # noqa: E731
        wait_until(
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
    assert tables_of(here) == tables_of(there)
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
    assert tables_of(here) == tables_of(there)


def test_a_scheduler_without_workers(tmp_path, capsys):
    with machines(tmp_path / "machines", 0) as own:
        study = study_file(tmp_path, {"size": [1]})
        assert (
            run("study", study, "--out", tmp_path / "results", *own.words, "execution.patience=1")
            == 2
        )
    shown = capsys.readouterr()
    assert "No workers at" in shown.out
    assert "no worker at" in shown.err


def test_another_version_on_a_worker_is_refused(cluster, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("experiments.execution.remote.version", lambda name: "0.0.1")
    study = study_file(tmp_path, {"size": [1]})
    assert run("study", study, "--out", tmp_path / "results", *cluster.words) == 2
    assert "would give other numbers: mesa" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()
