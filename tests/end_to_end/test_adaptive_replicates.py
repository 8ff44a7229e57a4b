"""Adaptive replicates: they stop at narrow intervals, also where some runs have no value."""

import math

import numpy as np
import pytest
import yaml

from analysis.estimates import compute_half_width, estimate_mean
from tests.studies import run, runs_of, study_file

GAPS = """import mesa


class Gaps(mesa.Model):
    def __init__(self, share=0.3, rng=None):
        super().__init__(rng=rng)
        self.share, self.value = share, float("nan")

    def step(self):
        if self.rng.random() > self.share:
            self.value = float(self.rng.random())
"""


def test_adaptive_replicates_stop_when_narrow_enough(tmp_path):
    until = {"until": {"value": 0.15}, "at_least": 4, "at_most": 60, "batch": 4}
    study = study_file(tmp_path, {"size": [1, 2]}, replicates=until)
    files = []
    for workers in (1, 2):
        folder = tmp_path / f"w{workers}"
        assert run("study", study, "--workers", workers, "--out", folder) == 0
        files.append((folder / "runs.parquet").read_bytes())
    assert files[0] == files[1]
    counts = runs_of(folder).group_by("size").len()["len"].to_list()
    assert all(4 < count < 60 and count % 4 == 0 for count in counts)


def test_a_stopping_measure_that_does_not_exist_is_refused(tmp_path, capsys):
    study = study_file(tmp_path, {"size": [1, 2]}, replicates={"until": {"valeu": 0.1}})
    assert run("study", study, "--out", tmp_path / "results") == 2
    assert "Did you mean value?" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


@pytest.fixture(scope="module")
def folder_with_gaps(tmp_path_factory):
    """A study whose stopping measure has no value in some runs, and at one point in none."""
    place = tmp_path_factory.mktemp("gaps")
    (place / "gaps.py").write_text(GAPS)
    study = {
        "question": "How large?",
        "model": {
            "class": f"{place}/gaps.py:Gaps",
            "rounds": 1,
            "measures": ["value"],
            "may_be_undefined": ["value"],
        },
        "factors": {"share": [0.2, 0.4, 1.0]},
        "replicates": {"until": {"value": 0.25}, "at_least": 4, "at_most": 40, "batch": 4},
        "seed": 3,
    }
    (place / "gaps.yaml").write_text(yaml.safe_dump(study))
    assert run("study", place / "gaps.yaml", "--workers", 1, "--quiet", "--out", place / "out") == 0
    return place / "out"


def test_runs_without_a_value_do_not_count_for_the_interval(folder_with_gaps):
    runs = runs_of(folder_with_gaps)
    assert runs["value"].is_nan().any()
    for (share,), part in runs.group_by("share"):
        width = compute_half_width(part["value"].to_numpy())
        assert width <= 0.25 or (share == 1.0 and len(part) == 40 and width == math.inf)


def test_the_table_of_points_is_of_the_runs_with_a_value(folder_with_gaps):
    points = (folder_with_gaps / "tables.md").read_text()
    runs = runs_of(folder_with_gaps)
    missing = runs["value"].is_nan().sum()
    assert f"Left out: {missing} of {len(runs)} runs have no value." in points
    assert "| 1.0 | - |" in points


def test_the_report_of_a_study_with_runs_without_a_value(folder_with_gaps):
    assert run("report", folder_with_gaps) == 0
    page = (folder_with_gaps / "report.html").read_text()
    assert "At 1 of 3 points intervals are wider than requested" in page


def test_the_half_width_is_of_the_finite_values():
    values = np.array([1.0, np.nan, 4.0, 2.0, np.inf])
    mean = estimate_mean(values[[0, 2, 3]])
    assert compute_half_width(values) == (mean.high - mean.low) / 2.0
    assert compute_half_width(np.array([1.0, np.nan])) == math.inf
    assert compute_half_width(np.array([])) == math.inf
