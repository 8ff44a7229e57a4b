"""What a study survives (failed runs, interruptions, a second process), and its results then."""

import json
import os
import random
import signal
import time

import polars as pl
import pytest

from experiments.store.folder import lock_folder
from tests.studies import ledger_of, run, runs_of, start, study_file, wait_for_records

KILLS = int(os.environ.get("KILLS", "3"))


def test_a_bad_run_costs_itself_alone(tmp_path, capsys):
    study = study_file(
        tmp_path, {"mood": ["fine", "raises", "dies", "hangs", "vague"]}, replicates=2
    )
    folder = tmp_path / "results"
    assert run("study", study, "--workers", 2, "--time-limit", 2, "--out", folder) == 3
    assert runs_of(folder)["mood"].to_list() == ["fine", "fine"]
    failures = pl.read_parquet(folder / "failures.parquet")
    assert dict(zip(failures["mood"], failures["status"], strict=True)) == {
        "raises": "failed",
        "dies": "died",
        "hangs": "timed out",
        "vague": "undefined",
    }
    by_mood = {row["mood"]: row for row in failures.iter_rows(named=True)}
    assert "ValueError: not today" in by_mood["raises"]["reason"]
    assert "value" in by_mood["vague"]["reason"]
    capsys.readouterr()
    assert run(*by_mood["raises"]["command"].split()[1:]) == 0
    assert "ValueError: not today" in capsys.readouterr().out
    assert run("resume", folder) == 3  # what failed is not tried again unless asked
    assert json.loads((folder / "manifest.json").read_text())["failed"] == 8


def test_fail_fast_stops_and_the_study_can_be_resumed(tmp_path, capsys):
    study = study_file(tmp_path, {"mood": ["raises", "fine"]})
    folder = tmp_path / "results"
    assert run("study", study, "--workers", 1, "--fail-fast", "--out", folder) == 2
    assert "not today" in capsys.readouterr().err
    assert run("resume", folder, "--workers", 1) == 3
    assert runs_of(folder)["mood"].to_list() == ["fine"] * 4


def test_the_same_bytes_whatever_the_workers(tmp_path):
    study = study_file(tmp_path, {"size": list(range(30))})
    files = []
    for workers in (1, 3):
        folder = tmp_path / f"w{workers}"
        assert run("study", study, "--workers", workers, "--out", folder) == 0
        files.append((folder / "runs.parquet").read_bytes())
    assert files[0] == files[1]


def test_killed_at_random_moments_nothing_is_lost_or_doubled(tmp_path):
    study = study_file(tmp_path, {"size": list(range(40)), "pause": [0.01]}, replicates=10)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert run("study", study, "--workers", 2, "--out", whole) == 0
    rng, killed = random.Random(5), 0
    process = start("study", study, "--workers", 2, "--out", broken)
    for _ in range(KILLS):
        wait_for_records(broken, process)
        time.sleep(rng.random())
        if process.poll() is None:
            killed += 1
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        process = start("resume", broken, "--workers", 2)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert killed > 0
    assert (broken / "runs.parquet").read_bytes() == (whole / "runs.parquet").read_bytes()
    ledgers = ledger_of(broken)
    assert len(ledgers) == ledgers["run"].n_unique() == 400


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_study_leaves_a_folder_that_can_be_resumed(tmp_path, number, status):
    study = study_file(tmp_path, {"size": list(range(40)), "pause": [0.02]})
    folder = tmp_path / "results"
    process = start("study", study, "--workers", 2, "--out", folder)
    wait_for_records(folder, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, out + err
    assert "Traceback" not in err
    assert run("resume", folder, "--workers", 1) == 0
    assert len(runs_of(folder)) == 160


def test_more_replicates_and_points_reuse_what_is_there(tmp_path, capsys):
    study = study_file(tmp_path, {"size": [1, 2]}, replicates=3)
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    assert run("study", study, "--workers", 1, "--out", grown) == 0
    capsys.readouterr()
    assert run("resume", grown, "replicates=5", "size=1,2,3", "--workers", 1) == 0
    assert "6 of" not in capsys.readouterr().err
    assert run("study", study, "replicates=5", "size=1,2,3", "--workers", 1, "--out", whole) == 0
    assert (grown / "runs.parquet").read_bytes() == (whole / "runs.parquet").read_bytes()
    ledgers = ledger_of(grown)
    assert len(ledgers) == ledgers["run"].n_unique() == 15


def test_a_second_process_and_a_changed_model_are_refused(tmp_path, capsys):
    study = study_file(tmp_path, {"size": [1]})
    folder = tmp_path / "results"
    assert run("study", study, "--workers", 1, "--out", folder) == 0
    with lock_folder(folder):
        assert run("resume", folder) == 2
    assert "in use by another process" in capsys.readouterr().err
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": "another"}))
    assert run("resume", folder) == 2
    assert "--any-version" in capsys.readouterr().err
    assert run("resume", folder, "--any-version", "--workers", 1) == 0
    assert json.loads((folder / "manifest.json").read_text())["runs"] == 4


def test_a_series_keeps_every_nth_round_or_the_last(tmp_path, capsys):
    study = study_file(tmp_path, {"size": [1]}, replicates=2)
    for series, rounds in (("1", [1, 2]), ("2", [2]), ("end", [2])):
        folder = tmp_path / series
        assert run("study", study, f"series={series}", "--workers", 1, "--out", folder) == 0
        assert pl.read_parquet(folder / "series.parquet")["round"].to_list() == rounds * 2
    assert run("resume", folder, "series=1") == 2
    assert "start a new folder" in capsys.readouterr().err
    assert run("study", study, "series=ends", "--out", tmp_path / "wrong") == 2
    assert "allowed: end" in capsys.readouterr().err


def test_an_argument_set_on_the_command_line_is_set_or_refused(tmp_path, capsys):
    study = study_file(tmp_path, {"size": [1, 2]})
    assert run("study", study, "mood=vague", "--workers", 1, "--out", tmp_path / "set") == 3
    assert (
        pl.read_parquet(tmp_path / "set" / "failures.parquet")["status"].to_list()
        == ["undefined"] * 8
    )
    assert run("study", study, "mod=vague", "--out", tmp_path / "wrong") == 2
    assert "mood" in capsys.readouterr().err
    assert (
        run(
            "study",
            study_file(tmp_path, {"size": [1]}, overrides=["mood=vague"]),
            "--out",
            tmp_path / "wrong",
        )
        == 2
    )
    assert "factor of one level" in capsys.readouterr().err


def test_without_common_random_numbers_every_run_has_its_own_seed(tmp_path):
    common = study_file(tmp_path, {"size": [1, 2]})
    for switch, seeds in (("true", 4), ("false", 8)):
        folder = tmp_path / switch
        assert (
            run("study", common, f"common_random_numbers={switch}", "--workers", 1, "--out", folder)
            == 0
        )
        assert runs_of(folder)["seed"].n_unique() == seeds
