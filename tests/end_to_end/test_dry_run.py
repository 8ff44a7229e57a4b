"""What a dry run reports of a study, compared with the study itself."""

import re

import pytest

from experiments.execution.dry_run import spread_positions
from tests.studies import run, study_file


def shown(capsys):
    out = capsys.readouterr().out
    return {
        key: value for key, value in re.findall(r"^ +([a-z0-9 ]+?)  +(.+?) *$", out, re.MULTILINE)
    }, out


def test_it_reports_size_and_extreme_points_and_runs_nothing(tmp_path, capsys):
    folder = tmp_path / "results"
    study = study_file(tmp_path, {"size": list(range(1, 21)), "pause": [0.0, 0.01]})
    assert run("study", study, "--dry-run", "--workers", 2, "--out", folder) == 0
    table, out = shown(capsys)
    assert (table["points"], table["runs"]) == ("40", "160")
    assert re.search(r"size +1 +20 ", out) and re.search(r"pause +0\.0 +0\.01", out)
    assert re.search(r"mood +fine ", out)
    seconds = [float(number) for number in re.findall(r"[\d.]+", table["a run"])]
    assert seconds[1] <= seconds[0] <= seconds[2]
    assert seconds[2] >= 0.02  # two rounds of a hundredth of a second
    assert not folder.exists()


@pytest.mark.parametrize("settings", [{}, {"series": 1}])
def test_the_estimated_disk_space_is_what_the_study_needs(tmp_path, capsys, settings):
    study = study_file(tmp_path, {"size": list(range(50))}, replicates=40, **settings)
    assert run("study", study, "--dry-run", "--workers", 1) == 0
    number, unit = shown(capsys)[0]["disk"].split()
    folder = tmp_path / "results"
    assert run("study", study, "--workers", 1, "--out", folder) == 0
    written = sum(
        path.stat().st_size for path in [*folder.glob("*.parquet"), *(folder / "parts").iterdir()]
    )
    assert written / 2 < float(number) * {"kB": 1e3, "MB": 1e6}[unit] < 2 * written


def test_adaptive_replicates_give_a_range(tmp_path, capsys):
    rule = {"until": {"value": 0.1}, "at_least": 5, "at_most": 50}
    assert run("study", study_file(tmp_path, {"size": [1, 2]}, rule), "--dry-run") == 0
    assert shown(capsys)[0]["runs"] == "10 to 100"


def test_failed_runs_are_reported(tmp_path, capsys):
    study = study_file(tmp_path, {"mood": ["fine", "dies", "raises"]})
    assert run("study", study, "--dry-run") == 0
    assert "2 of them failed" in " ".join(shown(capsys)[1].split())


def test_a_wrong_point_is_refused(tmp_path, capsys):
    assert run("study", study_file(tmp_path, {"siez": [1, 2]}), "--dry-run") == 2
    assert "siez" in capsys.readouterr().err


def test_points_are_spread_with_the_ends_first():
    assert spread_positions(1) == [0]
    assert spread_positions(2) == [0, 1]
    assert spread_positions(1000)[:2] == [0, 999]
    assert len(spread_positions(1000)) == 9
