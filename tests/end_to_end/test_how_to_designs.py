"""The files and commands of docs/how-to-designs.md run and do what they say."""

import re
import shlex
from pathlib import Path

import polars as pl
import pytest

from experiments.__main__ import main

PAGE = (Path(__file__).parents[2] / "docs" / "how-to-designs.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^overbruggen (study .*)$", PAGE, re.MULTILINE)
POINTS = [6, 6, 2, 4, 6, 8, 8, 6, 4, 2, None, 6]  # None: constraints leave out as many as they do


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    for name, text in re.findall(r"```(?:yaml|csv)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_page(command):
    words = shlex.split(command)
    assert main([*words, "run.rounds=10", "population.organisations=20", "--workers", "1"]) == 0
    runs = pl.read_parquet(next(Path("results").glob("*/runs.parquet")))
    points = len(runs) // runs["replicate"].n_unique()
    expected = POINTS[COMMANDS.index(command)]
    assert points == expected if expected else 0 < points < 10


def test_every_command_has_its_number_of_points():
    assert len(COMMANDS) == len(POINTS)


def test_analysis_of_the_page(capsys):
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1), {})
    assert capsys.readouterr().out.strip() == "structure 0.00, imitation.rate 0.20"


@pytest.mark.parametrize("study", ["structure_and_imitation", "coordination_and_imitation"])
def test_a_study_under_another_design_shows_its_points(study, capsys):
    words = [
        "design=latin_hypercube",
        "design.samples=14",
        "run.rounds=10",
        "population.organisations=20",
        "replicates=1",
        "--workers",
        "1",
    ]
    assert main(["study", study, *words]) == 0
    assert "The table of its points replaces them." in capsys.readouterr().out
    assert len(pl.read_parquet(Path("results") / study / "runs.parquet")) == 14
