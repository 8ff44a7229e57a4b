"""Settings of executions: bad ones get one clear sentence, and files of settings are read."""

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.execution.settings import read_execution
from sim.errors import InputError
from tests.studies import run, study_file

ROOT = Path(__file__).parents[2]

BAD_SETTINGS = {
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
    ("execution.workers=1,2",): "cannot be a factor",
    ("execution.time_limit=5", "--time-limit", "5"): "give one",
    ("execution=slurm", "execution.memory=4"): "execution.memory is 4",
    ("execution=slurm", "execution.walltime=soon"): "allowed: a time",
    ("execution=slurm",): "sbatch, which is not on this machine",
    ("execution=mine.yaml",): "cannot be read",
}


@pytest.mark.parametrize("words", BAD_SETTINGS, ids=" ".join)
def test_a_bad_setting_is_refused_before_anything_is_written(words, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("experiments.execution.cluster.CONNECT_TIMEOUT", 0.5)
    assert (
        run("study", study_file(tmp_path, {"size": [1]}), "--out", tmp_path / "results", *words)
        == 2
    )
    err = capsys.readouterr().err
    assert BAD_SETTINGS[words] in err and len(err.splitlines()) == 1
    assert not (tmp_path / "results").exists()


def test_a_missing_library_is_named_with_its_install_command(tmp_path, capsys, monkeypatch):
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


def test_a_file_of_settings_changes_an_execution(tmp_path):
    path = tmp_path / "ours.yaml"
    path.write_text("kind: slurm\njobs: 3\nqueue: long\n")
    execution, _ = read_execution([f"execution={path}", "execution.jobs=5"])
    assert (execution.jobs, execution.queue, execution.cores) == (5, "long", 8)
    path.write_text("kind: slum\n")
    with pytest.raises(InputError, match="Did you mean slurm"):
        read_execution([f"execution={path}"])
