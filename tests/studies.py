"""Small studies for tests of the engine.

They run a model that fails on request, or the collaboration model with all that a study can store.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import NamedTemporaryFile

import polars as pl
import pytest
import yaml

from experiments.__main__ import main
from experiments.execution.settings import read_execution
from experiments.run_study import StudyOptions, run_study
from experiments.store.journal import Journal

MODEL = Path(__file__).parent / "moody_model.py"
TABLES = ("runs", "events", "series")
IMPORTED = multiprocessing.get_context("forkserver")
IMPORTED.set_forkserver_preload(["experiments.run_study", "sim.model", "tests.studies"])


def study_file(folder, factors, replicates=4, **more):
    model = {"class": f"{MODEL}:Moody", "rounds": 2, "measures": ["value"]}
    path = folder / "moods.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "question": "Moods?",
                "model": model,
                "factors": factors,
                "replicates": replicates,
                "seed": 7,
                **more,
            }
        )
    )
    return str(path)


def keeping_study_file(folder, replicates=12):
    study = {
        "question": "What is kept?",
        "factors": {"imitation.rate": [0.0, 0.1]},
        "replicates": replicates,
        "keep": ["events"],
        "series": 5,
        "overrides": ["population.organisations=20", "run.rounds=10"],
    }
    path = folder / "kept.yaml"
    path.write_text(yaml.safe_dump(study))
    return str(path)


def run(*words):
    return main([str(word) for word in words])


def runs_of(folder):
    return pl.read_parquet(folder / "runs.parquet")


def tables_of(folder):
    """Return the bytes of all tables of results."""
    return {
        name: path.read_bytes() for name in TABLES if (path := folder / f"{name}.parquet").exists()
    }


def ledger_of(folder):
    return pl.concat([pl.read_parquet(path) for path in (folder / "parts").glob("ledger-*")])


class StartedCommand:
    """The command line in a process of its own, forked after the imports, with its output."""

    def __init__(self, words):
        self.outputs = [NamedTemporaryFile("r") for _ in range(2)]
        self.process = IMPORTED.Process(
            target=run_as_command,
            args=([str(word) for word in words], Path.cwd(), *(file.name for file in self.outputs)),
        )
        self.process.start()
        self.pid = self.process.pid
        while self.poll() is None and not leads_a_group(
            self.pid
        ):  # else who ends the group would end the tests
            time.sleep(0.01)

    @property
    def returncode(self):
        return self.process.exitcode

    def poll(self):
        return self.returncode

    def send_signal(self, number):
        os.kill(self.pid, number)

    def communicate(self, timeout=None):
        self.process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(str(self.process), timeout)
        return [file.read() for file in self.outputs]


def leads_a_group(pid):
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


def run_as_command(words, folder, out, err):
    os.setsid()
    os.chdir(folder)
    for number, path in enumerate((out, err), start=1):
        os.dup2(os.open(path, os.O_WRONLY), number)
    sys.exit(main(words))


def start(*words):
    return StartedCommand(words)


def start_from_nothing(*words, **environment):
    """Start the command line as a shell does, with all imports still to do."""
    command = [sys.executable, "-m", "experiments", *map(str, words)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **environment,
    )


def end_of(process):
    """Wait for a process and return its output; end one that hangs, with its workers."""
    try:
        return process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise


def wait_for_records(folder, process, count=1):
    while process.poll() is None and records_in(folder) < count:
        time.sleep(0.02)


def records_in(folder):
    """Count the runs in a study's journal."""
    return sum(1 for _ in Journal(folder / "journal.jsonl").read_records())


def interrupted(study, folder, after, chunk=3, compact=6):
    """Begin a study and stop it after so many runs, as Ctrl-C would, with parts and a journal in
    its folder.
    """
    statuses = []

    def stop(self, status):
        statuses.append(status)
        if len(statuses) == after:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.execution.runner.SAVE_AFTER_RUNS", chunk)
        patch.setattr("experiments.store.folder.COMPACT_AFTER", compact)
        patch.setattr("experiments.console.RunProgress.count_run", stop)
        with pytest.raises(KeyboardInterrupt):
            run_study(
                study,
                [],
                folder,
                False,
                StudyOptions(read_execution((), {"workers": 1})[0], quiet=True),
            )
    return folder
