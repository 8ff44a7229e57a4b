"""The command line as a user meets it: runs, studies, lists and descriptions."""

import json
import os
import re
import shlex
import subprocess
import sys

import polars as pl
import pytest
import yaml

from experiments.__main__ import main
from experiments.design.study_file import list_study_names
from tests.command_line import SMALL, run_command


def test_run_writes_everything(tmp_path, capsys):
    folder = tmp_path / "one"
    status, out, _ = run_command(
        capsys, "run", "structure=hub", "imitation.rate=0.1", *SMALL, "--out", str(folder)
    )
    assert status == 0
    assert "joint_value" in out
    names = {path.name for path in folder.iterdir()}
    tables = {
        f"{table}.parquet"
        for table in ("rounds", "events", "challenges", "organisations", "members")
    }
    assert names == tables | {
        "config.yaml",
        "manifest.json",
        *(f"run.{kind}" for kind in ("png", "csv", "md", "tex")),
    }
    assert len(pl.read_parquet(folder / "rounds.parquet")) == 10
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["command"].startswith("overbruggen run structure=hub")
    assert manifest["seed"] == 1
    before = (folder / "run.png").read_bytes()
    assert run_command(capsys, "figures", str(folder))[0] == 0
    assert (folder / "run.png").read_bytes() == before
    assert (folder / "run.pdf").exists() and (folder / "run.svg").exists()


def test_study_is_the_same_whatever_the_workers(tmp_path, capsys):
    words = [
        "structure_and_imitation",
        *SMALL,
        "structure=hub,alliance",
        "imitation.rate=0,0.1",
        "production.depth=2",
        "replicates=3",
    ]
    tables = []
    for workers in (1, 2):
        folder = tmp_path / f"workers{workers}"
        status, out, _ = run_command(
            capsys, "study", *words, "--workers", str(workers), "--out", str(folder)
        )
        assert status == 0
        assert "hub" in out
        assert "loss by imitation" in out.replace("\n", " ")
        tables.append((folder / "runs.parquet").read_bytes())
        assert (folder / "joint_value_and_synergy.pdf").exists()
    assert tables[0] == tables[1]
    runs = pl.read_parquet(folder / "runs.parquet")
    assert runs.shape[0] == 12
    assert runs.group_by("replicate").agg(pl.col("seed").n_unique())["seed"].to_list() == [1, 1, 1]


def test_overrides_may_follow_an_option(tmp_path, capsys):
    assert (
        run_command(capsys, "run", "structure=hub", "--out", str(tmp_path / "one"), *SMALL)[0] == 0
    )
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert shlex.split(manifest["command"]) == [
        "overbruggen",
        "run",
        "structure=hub",
        "--out",
        str(tmp_path / "one"),
        *SMALL,
    ]
    words = [
        "study",
        "--workers",
        "1",
        "alone_or_together",
        "--out",
        str(tmp_path / "two"),
        *SMALL,
        "challenges=broad",
        "structure=alone",
    ]
    assert run_command(capsys, *words, "replicates=2")[0] == 0
    with pytest.raises(SystemExit) as left:
        main(["run", *SMALL, "--fast"])
    assert left.value.code == 2
    assert "unrecognized arguments: --fast" in capsys.readouterr().err


def test_a_given_mix_is_the_whole_mix(tmp_path, capsys):
    assert (
        run_command(
            capsys,
            "run",
            "structure=mixed",
            "structure.mix={hub: 1, alliance: 2}",
            *SMALL,
            "--out",
            str(tmp_path / "one"),
        )[0]
        == 0
    )
    assert yaml.safe_load((tmp_path / "one" / "config.yaml").read_text())["structure"]["mix"] == {
        "hub": 1.0,
        "alliance": 2.0,
    }


def test_all_studies_are_listed_within_eighty_columns_without_compiling():
    """Every study loads and has its name on one line; no slow module is imported."""
    heavy = (
        "[name for name in ('matplotlib', 'SALib', 'mesa', 'sim.model', 'sim.engine') if name in"
        " sys.modules]"
    )
    code = (
        "import sys; from experiments.__main__ import main; main(['study', '--list']);"
        f" print({heavy})"
    )
    environment = {**os.environ, "COLUMNS": "80"}
    *lines, imported = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout.splitlines()
    assert imported == "[]"
    assert max(map(len, lines)) <= 80
    rows = {line.split()[0]: line for line in lines if " x " in line and " = " in line}
    assert sorted(rows) == list_study_names()
    assert re.split(r"\s{2,}", rows["openness"].strip()) == [
        "openness",
        "128 x 30 = 3,840",
        "full factorial",
    ]
    assert re.split(r"\s{2,}", rows["turbulence_and_persistence"].strip())[1] == "7"


CUT_OR_WIDENED = {
    "structure_and_imitation": [
        "structure=hub,alliance",
        "imitation.rate=0,0.1",
        "production.depth=2",
        "structure.link_cost=0,0.1",
    ],
    "size_and_topology": ["size=3", "topology=star"],
    "coordination_and_imitation": ["imitation.rate=0.1"],
    "turbulence_and_persistence": ["environment.turbulence=0.1", "structure.persistence=0"],
}


@pytest.mark.parametrize("study", CUT_OR_WIDENED)
def test_runs_are_kept_when_the_tables_of_a_study_cannot_be_made(study, tmp_path, capsys):
    folder = tmp_path / "study"
    status, out, err = run_command(
        capsys,
        "study",
        study,
        *CUT_OR_WIDENED[study],
        *SMALL,
        "replicates=2",
        "--workers",
        "1",
        "--out",
        str(folder),
    )
    assert (status, err) == (0, "")
    assert f"The tables of {study} need the complete study" in out
    assert "Points of the design" in out
    assert len(pl.read_parquet(folder / "runs.parquet")) > 1
    assert run_command(capsys, "figures", str(folder))[0] == 0


def test_describe_shows_every_parameter_of_a_group(capsys):
    status, out, _ = run_command(capsys, "describe", "trust", "--markdown")
    assert status == 0
    assert "| trust.gain | gamma_up | number, at least 0, at most 1 | 0.1 | per round |" in out


def test_describe_measures(capsys):
    status, out, _ = run_command(capsys, "describe", "measures")
    assert status == 0
    assert "synergy_half_life" in out


def test_a_mixed_population_is_shown_by_form_and_events_stream(tmp_path, capsys, monkeypatch):
    words = ["run", "structure=mixed", "population.organisations=40", "run.rounds=60"]
    status, out, _ = run_command(capsys, *words, "--out", str(tmp_path / "whole"))
    assert status == 0
    assert "By form" in out
    monkeypatch.setattr("experiments.run.EVENTS_IN_MEMORY", 3)
    assert run_command(capsys, *words, "--out", str(tmp_path / "streamed"))[0] == 0
    whole, streamed = (
        pl.read_parquet(tmp_path / name / "events.parquet") for name in ("whole", "streamed")
    )
    assert streamed.equals(whole)
    assert not list((tmp_path / "streamed").glob(".events*"))


def test_scenarios_make_points_and_events_are_kept(tmp_path, capsys):
    few = [*SMALL, "replicates=2", "--workers", "1"]
    assert (
        run_command(
            capsys,
            "study",
            "distance_and_bridging",
            "learning.bridging_start=0.1,0.9",
            *few,
            "--out",
            str(tmp_path / "s"),
        )[0]
        == 0
    )
    events = pl.read_parquet(tmp_path / "s" / "events.parquet")
    assert events["learning.bridging_start"].unique().sort().to_list() == [0.1, 0.9]
    assert (
        run_command(
            capsys,
            "study",
            "alone_or_together",
            "challenges=broad",
            "structure=alone",
            *few,
            "--out",
            str(tmp_path / "b"),
        )[0]
        == 0
    )
    assert pl.read_parquet(tmp_path / "b" / "runs.parquet")["challenges"].unique().to_list() == [
        "broad"
    ]
