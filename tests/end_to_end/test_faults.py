"""Faults of the world around a study: nothing finished is lost or doubled, and what comes out is the same to the bit."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from experiments.folder import locked
from tests.studies import keeping_study_file, ledger_of, run, start, study_file, tables_of, wait_for_records

KB = 1024


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A study with events and series, and its tables when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("kept")
    study = keeping_study_file(folder)
    assert run("study", study, "--workers", 1, "--quiet", "--out", folder / "whole") == 0
    tables = tables_of(folder / "whole")
    assert set(tables) == {"runs", "events", "series"}
    return study, folder / "whole", tables


@pytest.fixture
def small_chunks(monkeypatch):
    """Let a small study write in as many pieces as a long one."""
    monkeypatch.setattr("experiments.conduct.CHUNK_RUNS", 5)
    monkeypatch.setattr("experiments.folder.COMPACT_AFTER", 12)


@pytest.fixture
def disk(tmp_path):
    """A disk of 1000 kB; gives how to leave just some kB on it."""
    place, filler = tmp_path / "disk", tmp_path / "disk" / "filler"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1000k", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a small disk can only be mounted by root")

    def leave(room):
        filler.unlink(missing_ok=True)
        filler.write_bytes(bytes((1000 - room) * KB))
        return place

    yield leave
    subprocess.run(["umount", str(place)], check=True)


def once_each(folder):
    ledger = ledger_of(folder)
    return len(ledger) == ledger["run"].n_unique()


def moment(folder):
    """Tell how far a study got that found the disk full."""
    if not (folder / "manifest.json").exists():
        return "beginning"
    if json.loads((folder / "manifest.json").read_text())["complete"]:
        return "figures"
    if (folder / "runs.parquet").exists():
        return "tables"
    return "parts" if list((folder / "parts").glob("*.parquet")) else "first chunk"


def test_a_full_disk_at_any_moment_costs_nothing_that_finished(disk, kept, small_chunks, capsys):
    study, _, tables = kept
    moments = set()
    for room in (0, 8, 20, 40, 70, 100, 140, 180, 220, 270, 320, 370, 420, 470, 520, 600, 700):
        folder = disk(room) / "results"
        status = run("study", study, "--workers", 1, "--quiet", "--out", folder)
        err = capsys.readouterr().err
        if status == 0:
            break
        assert (status, err.count("\n"), "the disk is full" in err) == (2, 1, True), err
        moments.add(moment(folder))
        print("ROOM", room, moment(folder))
        again = ["resume", folder] if (folder / "manifest.json").exists() else ["study", study, "--out", folder]
        if again[0] == "resume":
            assert f"overbruggen resume {folder}" in err
            assert run(*again, "--workers", 1, "--quiet") in (0, 2)  # still full, or just enough
        disk(1000)
        assert run(*again, "--workers", 1, "--quiet") == 0
        assert tables_of(folder) == tables
        assert once_each(folder)
        assert not [path for path in folder.rglob("*") if path.suffix == ".draft" or "slices" in path.name]
        shutil.rmtree(folder)
        capsys.readouterr()
    assert status == 0
    assert moments == {"beginning", "first chunk", "parts", "tables", "figures"}
