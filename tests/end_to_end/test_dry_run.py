"""What a study says of itself before it begins, against what it then is."""

import re
from pathlib import Path

import pytest
import yaml

from experiments.__main__ import main
from experiments.execution.dry_run import spread_positions

MODEL = Path(__file__).parents[1] / "moody_model.py"


@pytest.fixture
def study(tmp_path):
    def write(factors, replicates=4, **more):
        model = {"class": f"{MODEL}:Moody", "rounds": 2, "measures": ["value"]}
        path = tmp_path / "moods.yaml"
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

    return write


def shown(capsys):
    out = capsys.readouterr().out
    return {
        key: value for key, value in re.findall(r"^ +([a-z0-9 ]+?)  +(.+?) *$", out, re.MULTILINE)
    }, out


def test_it_tells_the_size_and_the_ends_and_does_nothing(study, tmp_path, capsys):
    folder = tmp_path / "results"
    assert (
        main(
            [
                "study",
                study({"size": list(range(1, 21)), "pause": [0.0, 0.01]}),
                "--dry-run",
                "--workers",
                "2",
                "--out",
                str(folder),
            ]
        )
        == 0
    )
    table, out = shown(capsys)
    assert (table["points"], table["runs"]) == ("40", "160")
    assert re.search(r"size +1 +20 ", out) and re.search(r"pause +0\.0 +0\.01", out)
    assert re.search(r"mood +fine ", out)
    seconds = [float(number) for number in re.findall(r"[\d.]+", table["a run"])]
    assert seconds[1] <= seconds[0] <= seconds[2]
    assert seconds[2] >= 0.02  # two rounds of a hundredth of a second
    assert not folder.exists()


@pytest.mark.parametrize("more", [{}, {"series": 1}])
def test_the_disk_it_expects_is_what_the_study_takes(study, tmp_path, capsys, more):
    asked = study({"size": list(range(50))}, replicates=40, **more)
    assert main(["study", asked, "--dry-run", "--workers", "1"]) == 0
    number, unit = shown(capsys)[0]["disk"].split()
    folder = tmp_path / "results"
    assert main(["study", asked, "--workers", "1", "--out", str(folder)]) == 0
    written = sum(
        path.stat().st_size for path in [*folder.glob("*.parquet"), *(folder / "parts").iterdir()]
    )
    assert written / 2 < float(number) * {"kB": 1e3, "MB": 1e6}[unit] < 2 * written


def test_adaptive_replicates_give_a_range(study, capsys):
    assert (
        main(
            [
                "study",
                study({"size": [1, 2]}, {"until": {"value": 0.1}, "at_least": 5, "at_most": 50}),
                "--dry-run",
            ]
        )
        == 0
    )
    assert shown(capsys)[0]["runs"] == "10 to 100"


def test_runs_that_fail_are_told(study, capsys):
    assert main(["study", study({"mood": ["fine", "dies", "raises"]}), "--dry-run"]) == 0
    assert "2 of them failed" in " ".join(shown(capsys)[1].split())


def test_a_wrong_point_is_refused(study, capsys):
    assert main(["study", study({"siez": [1, 2]}), "--dry-run"]) == 2
    assert "siez" in capsys.readouterr().err


def test_points_are_spread_with_the_ends_first():
    assert spread_positions(1) == [0]
    assert spread_positions(2) == [0, 1]
    assert spread_positions(1000)[:2] == [0, 999]
    assert len(spread_positions(1000)) == 9
