"""The command line as a user meets it: results, and one clear sentence for everything that is wrong."""

import json
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from experiments.__main__ import main

SMALL = ["population.organisations=20", "run.rounds=10"]


def run(capsys, *arguments):
    status = main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


def test_run_writes_everything(tmp_path, capsys):
    folder = tmp_path / "one"
    status, out, _ = run(capsys, "run", "structure=hub", "imitation.rate=0.1", *SMALL, "--out", str(folder))
    assert status == 0
    assert "joint_value" in out
    names = {path.name for path in folder.iterdir()}
    assert names == {"rounds.parquet", "events.parquet", "challenges.parquet", "config.yaml", "manifest.json", "run.png"}
    assert len(pl.read_parquet(folder / "rounds.parquet")) == 10
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["command"].startswith("overbruggen run structure=hub")
    assert manifest["seed"] == 1
    before = (folder / "run.png").read_bytes()
    assert run(capsys, "figures", str(folder))[0] == 0
    assert (folder / "run.png").read_bytes() == before
    assert (folder / "run.pdf").exists()


def test_study_is_the_same_whatever_the_workers(tmp_path, capsys):
    words = ["structure_and_imitation", *SMALL, "structure=hub,alliance", "imitation.rate=0,0.1", "production.depth=2", "replicates=3"]
    tables = []
    for workers in (1, 2):
        folder = tmp_path / f"workers{workers}"
        status, out, _ = run(capsys, "study", *words, "--workers", str(workers), "--out", str(folder))
        assert status == 0
        assert "hub" in out
        assert "loss by imitation" in out.replace("\n", " ")
        tables.append((folder / "runs.parquet").read_bytes())
        assert (folder / "joint_value_and_synergy.pdf").exists()
    assert tables[0] == tables[1]
    runs = pl.read_parquet(folder / "runs.parquet")
    assert runs.shape[0] == 12
    assert runs.group_by("replicate").agg(pl.col("seed").n_unique())["seed"].to_list() == [1, 1, 1]


WRONG = {
    ("run", "imitation.rat=0.1"): ["imitation.rat is not a parameter", "Did you mean imitation.rate?"],
    ("run", "imitaton=success"): ["imitaton is not a parameter", "Did you mean imitation?"],
    ("run", "structure=hubb"): ["structure=hubb", "Did you mean hub?"],
    ("run", "structure=hub,alliance"): ["structure=hub,alliance gives several values", "overbruggen study NAME structure=hub,alliance"],
    ("run", "imitation.rate=0,0.1"): ["imitation.rate=0,0.1 gives several values"],
    ("run", "challenge.breadths=3"): ["challenge.breadths is 3", "list of {lowest: whole number"],
    ("run", "trust=high"): ["trust is a group", "trust.initial"],
    ("run", "imitation.rate=1.5"): ["imitation.rate is 1.5", "at most 1"],
    ("run", "imitation.rate=often"): ["imitation.rate is 'often'", "number"],
    ("run", "imitation.rate=nan"): ["imitation.rate is nan", "finite"],
    ("run", "search.cost=inf"): ["search.cost is inf", "finite"],
    ("run", "population.domains=6"): ["challenge.breadths goes up to 8", "population.domains is 6"],
    ("run", "population.organisations=0"): ["population.organisations is 0", "at least 1"],
    ("run", "run.rounds=0"): ["run.rounds is 0", "at least 1"],
    ("run", "structure.max_size=1"): ["structure.max_size is 1", "at least 2"],
    ("run", "structure.min_size=9"): ["structure.min_size is 9", "structure.max_size 5"],
    ("run", "structure.mediator_understanding=0.5"): ["structure.mediator_understanding is 0.5", "mediated"],
    ("run", "structure.topology=mediated"): ["structure.mediator_understanding is None", "mediated"],
    ("run", "structure.topology=triangle"): ["structure.topology is triangle", "allowed"],
    ("run", "production.pooling=bestt"): ["production.pooling is bestt", "Did you mean best?"],
    ("run", "run.seed=-1"): ["run.seed is -1", "at least 0"],
    ("run", "run.seed=18446744073709551616"): ["run.seed is 18446744073709551616", "at most"],
    ("run", "population.ledger_slots=3"): ["population.ledger_slots is 3", "structure.max_size 5"],
    ("run", "population=file"): ["population.path"],
    ("run", "population=file", "population.path=nowhere.csv"): ["nowhere.csv", "does not exist"],
    ("run", "nonsense"): ["nonsense is not an override"],
    ("study", "structure_and_imitaton"): ["structure_and_imitaton is not a study", "Did you mean structure_and_imitation?"],
    ("study", "structure_and_imitation", "imitation.rate=0,2"): ["imitation.rate is 2", "at most 1"],
    ("study", "structure_and_imitation", "seed=-3"): ["seed is -3"],
    ("study", "structure_and_imitation", "replicates=0"): ["replicates is 0"],
    ("study", "alone_or_together", "challenges=wide"): ["challenges=wide is not a scenario", "narrow, broad"],
    ("run", "run.rounds=5", "run.record_every=6"): ["run.record_every is 6", "run.rounds 5"],
    ("study", "structure_and_imitation", "--workers", "0"): ["--workers is 0"],
    ("describe", "trst"): ["trst is not a group", "Did you mean trust?"],
    ("figures", "no/such/folder"): ["no results folder"],
}


@pytest.mark.parametrize("words", WRONG)
def test_bad_input_gets_one_clear_sentence(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, *words)
    assert status == 2
    assert "Traceback" not in err
    for expected in WRONG[words]:
        assert expected in err, err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.rglob("*.parquet"))


def test_existing_or_unwritable_folder(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    status, _, err = run(capsys, "run", *SMALL, "--out", str(tmp_path / "mine"))
    assert (status, "exists already" in err) == (2, True)
    status, _, err = run(capsys, "run", *SMALL, "--out", str(tmp_path / "mine"), "--overwrite")
    assert (status, "no results folder" in err) == (2, True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    (tmp_path / "file").write_text("")
    status, _, err = run(capsys, "run", *SMALL, "--out", str(tmp_path / "file" / "below"))
    assert (status, "cannot be written" in err) == (2, True)


def test_describe_shows_every_parameter_of_a_group(capsys):
    status, out, _ = run(capsys, "describe", "trust", "--markdown")
    assert status == 0
    assert "| trust.gain | gamma_up | number, at least 0, at most 1 | 0.1 | per round |" in out


def test_describe_measures(capsys):
    status, out, _ = run(capsys, "describe", "measures")
    assert status == 0
    assert "synergy_half_life" in out


def test_a_mixed_population_is_shown_by_form_and_events_stream(tmp_path, capsys, monkeypatch):
    words = ["run", "structure=mixed", "population.organisations=40", "run.rounds=60"]
    status, out, _ = run(capsys, *words, "--out", str(tmp_path / "whole"))
    assert status == 0
    assert "By form" in out
    monkeypatch.setattr("experiments.single.EVENTS_IN_MEMORY", 3)
    assert run(capsys, *words, "--out", str(tmp_path / "streamed"))[0] == 0
    whole, streamed = (pl.read_parquet(tmp_path / name / "events.parquet") for name in ("whole", "streamed"))
    assert streamed.equals(whole)
    assert not list((tmp_path / "streamed").glob(".events*"))


def test_scenarios_make_points_and_events_are_kept(tmp_path, capsys):
    words = ["study", "distance_and_bridging", *SMALL, "learning.bridging_start=0.1,0.9", "replicates=2", "--out", str(tmp_path / "s")]
    assert run(capsys, *words)[0] == 0
    events = pl.read_parquet(tmp_path / "s" / "events.parquet")
    assert events["learning.bridging_start"].unique().sort().to_list() == [0.1, 0.9]
    assert (
        run(capsys, "study", "alone_or_together", *SMALL, "challenges=broad", "structure=alone", "replicates=2", "--out", str(tmp_path / "b"))[0] == 0
    )
    assert pl.read_parquet(tmp_path / "b" / "runs.parquet")["challenges"].unique().to_list() == ["broad"]


def test_interrupt_leaves_nothing(tmp_path):
    words = [sys.executable, "-m", "experiments", "study", "structure_and_imitation", "--workers", "1", "--out", str(tmp_path / "study")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "200"})
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Interrupted" in out
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_full_disk_gets_a_sentence_and_leaves_nothing(tmp_path, capsys):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a small disk can only be mounted by root")
    try:
        status, _, err = run(capsys, "run", *SMALL, "--out", str(disk / "one"))
        assert (status, "the disk is full" in err) == (2, True)
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
