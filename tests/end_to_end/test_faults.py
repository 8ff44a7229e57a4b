"""Faults around a study: no finished run is lost or repeated, and results have the same bits."""

import json
import os
import shutil
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from experiments.execution.settings import read_execution
from experiments.run_study import StudyOptions, run_study
from experiments.store.folder import RunStorage, lock_folder
from experiments.store.journal import Journal
from tests.studies import (
    end_of,
    interrupted,
    keeping_study_file,
    ledger_of,
    run,
    start,
    start_from_nothing,
    study_file,
    tables_of,
    wait_for_records,
)

KB = 1024


@pytest.fixture(scope="module")
def complete_study(tmp_path_factory):
    """A study with events and series, and its tables when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("complete_study")
    study = keeping_study_file(folder)
    assert run("study", study, "--workers", 1, "--quiet", "--out", folder / "whole") == 0
    tables = tables_of(folder / "whole")
    assert set(tables) == {"runs", "events", "series"}
    return study, folder / "whole", tables


@pytest.fixture
def small_chunks(monkeypatch):
    """Let a small study write in as many pieces as a long one."""
    monkeypatch.setattr("experiments.execution.runner.SAVE_AFTER_RUNS", 5)
    monkeypatch.setattr("experiments.store.folder.COMPACT_AFTER", 12)


@pytest.fixture
def disk(tmp_path):
    """A disk of 1000 kB; gives how to leave just some kB on it."""
    place, filler = tmp_path / "disk", tmp_path / "disk" / "filler"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1000k", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
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


def test_a_full_disk_at_any_moment_costs_nothing_that_finished(
    disk, complete_study, small_chunks, capsys
):
    study, _, tables = complete_study
    moments = set()
    for room in (0, 8, 20, 40, 70, 100, 140, 180, 220, 270, 320, 370, 420, 470, 520, 600, 700):
        folder = disk(room) / "results"
        status = run("study", study, "--workers", 1, "--quiet", "--out", folder)
        err = capsys.readouterr().err
        if status == 0:
            break
        assert (status, err.count("\n"), "the disk is full" in err) == (2, 1, True), err
        moments.add(moment(folder))
        again = (
            ["resume", folder]
            if (folder / "manifest.json").exists()
            else ["study", study, "--out", folder]
        )
        if again[0] == "resume":
            assert f"overbruggen resume {folder}" in err
            assert run(*again, "--workers", 1, "--quiet") in (0, 2)  # still full, or just enough
        disk(1000)
        assert run(*again, "--workers", 1, "--quiet") == 0
        assert tables_of(folder) == tables
        assert once_each(folder)
        assert not [
            path for path in folder.rglob("*") if path.suffix == ".draft" or "slices" in path.name
        ]
        shutil.rmtree(folder)
        capsys.readouterr()
    assert status == 0
    assert moments == {"beginning", "first chunk", "parts", "tables", "figures"}


def workers_of(process, count):
    """Wait for the worker processes of a study and return their ids."""
    found = []
    while process.poll() is None and len(found) < count:
        time.sleep(0.01)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        found = [int(child) for child in children if is_worker(child)]
    return found


def is_worker(child):
    try:
        return b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    except OSError:  # it ended meanwhile
        return False


@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="worker processes are found in /proc"
)
@pytest.mark.parametrize(
    ("when", "victim", "factors"),
    [
        ("starting", 0, {"size": list(range(20))}),
        ("busy", 0, {"size": list(range(20)), "pause": [0.1]}),
        ("one of them idle", 0, {"pause": [0.1], "model.rounds": [30]}),
        ("one of them idle", 1, {"pause": [0.1], "model.rounds": [30]}),
    ],
)
def test_a_worker_killed_from_outside_costs_at_most_its_run(when, victim, factors, tmp_path):
    study = study_file(tmp_path, factors, replicates=1)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert run("study", study, "--workers", 1, "--quiet", "--out", whole) == 0
    process = start("study", study, "--workers", 2, "--out", broken)
    workers = workers_of(process, 2)
    if when == "busy":
        wait_for_records(broken, process)
    elif when == "one of them idle":
        time.sleep(2.0)
    os.kill(workers[victim], signal.SIGKILL)
    out, err = end_of(process)
    assert process.returncode in (0, 3), out + err
    lost = ledger_of(broken).filter(pl.col("status") != "done")
    assert len(lost) <= 1
    assert set(lost["status"]) <= {"died"}
    assert process.returncode == (3 if len(lost) else 0)
    assert run("resume", broken, "--retry-failed", "--workers", 1, "--quiet") == 0
    assert tables_of(broken) == tables_of(whole)


CLOCK = """
import itertools, time
from datetime import datetime
jumps, honest = itertools.cycle([0, 86400, -3600, -2 * 86400, 7200]), time.time
time.time = lambda: honest() + next(jumps)
class Jumping(datetime):
    @classmethod
    def now(cls, zone=None):
        return cls.fromtimestamp(time.time(), zone)
import experiments.store.files
experiments.store.files.datetime = Jumping
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_clock_that_jumps_changes_nothing(workers, tmp_path):
    study = study_file(tmp_path, {"size": list(range(20)), "pause": [0.02]}, replicates=2)
    whole, jumped = tmp_path / "whole", tmp_path / "jumped"
    assert run("study", study, "--workers", 1, "--quiet", "--out", whole) == 0
    (tmp_path / "sitecustomize.py").write_text(CLOCK)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    }
    limit = ["--time-limit", 30] if workers > 1 else []
    process = start_from_nothing(
        "study", study, "--workers", workers, *limit, "--out", jumped, env=environment
    )
    out, err = end_of(process)
    assert process.returncode == 0, out + err
    assert tables_of(jumped) == tables_of(whole)
    manifest = json.loads((jumped / "manifest.json").read_text())
    started, ended = (datetime.fromisoformat(manifest[name]) for name in ("started", "ended"))
    assert 0 <= (ended - started).total_seconds() < 120
    assert (ledger_of(jumped)["seconds"].is_between(0.04, 30)).all()


@pytest.mark.parametrize("second", ["study", "resume", "--overwrite"])
def test_of_two_processes_at_once_one_works(second, tmp_path):
    study = study_file(tmp_path, {"size": list(range(10)), "pause": [0.05]})
    whole, folder = tmp_path / "whole", tmp_path / "folder"
    assert run("study", study, "--workers", 1, "--quiet", "--out", whole) == 0
    words = ["study", study, "--workers", 1, "--out", folder]
    if second == "resume":
        shutil.copytree(whole, folder)
        shutil.rmtree(folder / "parts")
        words = ["resume", folder, "--workers", 1]
    elif second == "--overwrite":
        shutil.copytree(whole, folder)
        words += ["--overwrite"]
    processes = [start(*words) for _ in range(3)]
    ends = [(end_of(process)[1], process.returncode) for process in processes]
    assert sorted(status for _, status in ends) == [0, 2, 2], ends
    for err, status in ends:
        if status == 2:
            assert err.count("\n") == 1
            assert "in use by another process" in err or "exists already" in err
    assert tables_of(folder) == tables_of(whole)
    assert once_each(folder)


def test_a_single_run_does_not_replace_the_folder_of_a_study_that_runs(
    complete_study, tmp_path, capsys
):
    shutil.copytree(complete_study[1], tmp_path / "used")
    with lock_folder(tmp_path / "used"):
        assert run("run", "--out", tmp_path / "used", "--overwrite") == 2
    assert "in use by another process" in capsys.readouterr().err
    assert tables_of(tmp_path / "used").keys() == complete_study[2].keys()


def torn_in_the_middle(folder):
    journal = folder / "journal.jsonl"
    first, second, *rest = journal.read_bytes().splitlines(keepends=True)
    assert rest
    journal.write_bytes(first + second[: len(second) // 2] + b"\n" + b"".join(rest))


def torn_at_the_end(folder):
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])


def compacted_but_not_cleared(folder):
    journal = folder / "journal.jsonl"
    lines = journal.read_bytes()
    RunStorage(folder).compact()
    assert not journal.exists()
    journal.write_bytes(lines)


def truncated(kind, which):
    def damage(folder):
        part = sorted((folder / "parts").glob(f"{kind}-*"))[which]
        part.write_bytes(part.read_bytes()[:-100])

    return damage


DAMAGES = {
    "line torn in the middle": torn_in_the_middle,
    "line torn at the end": torn_at_the_end,
    "stopped between compacting and clearing": compacted_but_not_cleared,
    **{
        f"{kind} part {which}": truncated(kind, which)
        for kind in ("runs", "ledger", "events", "series")
        for which in (0, -1)
    },
    "no ledger": lambda folder: next((folder / "parts").glob("ledger-*")).unlink(),
    "draft": lambda folder: (folder / "parts" / "runs-00000001.draft").write_bytes(b"PAR1"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_repaired(damage, complete_study, tmp_path):
    study, _, tables = complete_study
    folder = interrupted(
        study, tmp_path / "broken", after=17, chunk=2, compact=9
    )  # 10 runs in parts, 7 in the journal
    DAMAGES[damage](folder)
    assert run("resume", folder, "--workers", 1, "--quiet") == 0
    assert tables_of(folder) == tables
    assert once_each(folder)


def test_a_damaged_manifest_is_refused_and_nothing_touched(complete_study, tmp_path, capsys):
    folder = shutil.copytree(complete_study[1], tmp_path / "broken")
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes()[:-100])
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for words in (["resume", folder], ["figures", folder], ["rerun", folder, "abc"]):
        assert run(*words) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert "is not a manifest that `overbruggen` wrote, or was damaged" in err
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interruption_while_a_chunk_is_saved_does_not_save_it_twice(
    when, complete_study, small_chunks, tmp_path, monkeypatch
):
    study, _, tables = complete_study
    folder, append = tmp_path / "broken", Journal.append

    def interrupt(journal, records):
        if when == "after":
            append(journal, records)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_study(
                study,
                [],
                folder,
                False,
                StudyOptions(read_execution((), {"workers": 1})[0], quiet=True),
            )
    assert run("resume", folder, "--workers", 1, "--quiet") == 0
    assert tables_of(folder) == tables
    assert once_each(folder)
