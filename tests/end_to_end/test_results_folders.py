"""Results folders: what is refused, what is never overwritten, and what a failed write leaves."""

import json
import re
import subprocess

import polars as pl
import pytest

from experiments.store import files as store
from experiments.store.files import create_results_folder, write_table
from sim.errors import InputError
from tests.command_line import SMALL, run_command

ORIGIN = {
    "overbruggen": "0.1.0",
    "commit": None,
    "command": "",
    "seed": 1,
    "started": "2024-01-01T00:00:00Z",
    "ended": "2024-01-01T00:00:01Z",
    "python": "",
    "machine": "",
    "packages": {},
}


STUDY = {
    "kind": "study",
    "study": "reflection",
    "factors": ["structure"],
    "overrides": [],
    "version": "",
    "complete": True,
    "runs": 1,
    "failed": 0,
}


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ("[1]", "is not a manifest that `overbruggen` wrote, or was damaged"),
        ("{", "is not a manifest that `overbruggen` wrote, or was damaged"),
        (json.dumps(ORIGIN | {"kind": "study"}), "damaged (study: Field required)"),
        (json.dumps(ORIGIN | STUDY), "runs.parquet has no column structure"),
        (json.dumps(ORIGIN | STUDY | {"complete": False}), "is incomplete"),
        (json.dumps(ORIGIN | {"kind": "run"}), "rounds.parquet lacks columns"),
    ],
)
def test_figures_of_a_folder_that_is_not_ours(manifest, sentence, tmp_path, capsys):
    (tmp_path / "manifest.json").write_text(manifest)
    for name in ("runs", "rounds"):
        pl.DataFrame({"other": [1]}).write_parquet(tmp_path / f"{name}.parquet")
    status, _, err = run_command(capsys, "figures", str(tmp_path))
    assert (status, len(err.strip().splitlines())) == (2, 1)
    assert sentence in err


def test_only_errors_of_writing_are_said_to_be_such(tmp_path):
    with (
        pytest.raises(OSError, match="the computation"),
        create_results_folder(tmp_path / "one", False),
    ):
        raise OSError("the computation")
    with (
        pytest.raises(InputError, match="cannot be written"),
        create_results_folder(tmp_path / "one", False) as draft,
    ):
        write_table(pl.DataFrame({"a": [1]}), draft / "no" / "such.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_commit_is_reported_for_a_checkout_of_this_project_alone(tmp_path, monkeypatch):
    def git(*words):
        done = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", *words]
        subprocess.run(done, cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "experiments" / "store").mkdir(parents=True)
    monkeypatch.setattr(store, "__file__", str(tmp_path / "experiments" / "store" / "files.py"))
    git("init")
    (tmp_path / "pyproject.toml").write_text('name = "other"')
    git("add", ".")
    git("commit", "-m", "first")
    assert store.find_commit() is None
    (tmp_path / "pyproject.toml").write_text('name = "overbruggen"')
    assert re.fullmatch("[0-9a-f]{40}-dirty", store.find_commit() or "")
    git("commit", "-am", "second")
    assert re.fullmatch("[0-9a-f]{40}", store.find_commit() or "")


def test_existing_or_unwritable_folder(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    status, _, err = run_command(capsys, "run", *SMALL, "--out", str(tmp_path / "mine"))
    assert (status, "exists already" in err) == (2, True)
    status, _, err = run_command(
        capsys, "run", *SMALL, "--out", str(tmp_path / "mine"), "--overwrite"
    )
    assert (status, "not a results folder" in err) == (2, True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    (tmp_path / "file").write_text("")
    status, _, err = run_command(capsys, "run", *SMALL, "--out", str(tmp_path / "file" / "below"))
    assert (status, "cannot be written" in err) == (2, True)


def test_full_disk_gets_a_sentence_and_leaves_nothing(tmp_path, capsys):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk can only be mounted by root")
    try:
        status, _, err = run_command(capsys, "run", *SMALL, "--out", str(disk / "one"))
        assert (status, "the disk is full" in err) == (2, True)
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
