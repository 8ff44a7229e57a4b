"""Checks and verdicts of patterns on tables whose answer is known, and every pattern's study end to end, small."""

import numpy as np
import polars as pl
import pytest

from analysis.errors import AnalysisError
from analysis.estimates import Estimate
from analysis.patterns import Check, cell, half_loss_rate, selective_beats_blind, size_crossing, verdict
from experiments.design import load_study
from experiments.patterns import PATTERNS
from experiments.study import play

HOLDS = Check("", Estimate(1.0, 0.5, 1.5, 9))
OPPOSITE = Check("", Estimate(-1.0, -1.5, -0.5, 9))
OPEN = Check("", Estimate(0.1, -0.5, 0.5, 9))


def test_outcomes_and_verdicts():
    assert [check.outcome for check in (HOLDS, OPPOSITE, OPEN)] == ["holds", "the opposite", "not shown"]
    assert Check("", Estimate(0.6, 0.4, 0.8, 9), 0.5).outcome == "not shown"
    assert verdict([HOLDS, HOLDS]) == "shows"
    assert verdict([HOLDS, OPEN, HOLDS]) == "shows in part (2 hold, 1 not shown)"
    assert verdict([OPPOSITE, OPEN]) == "does not show (1 the opposite, 1 not shown)"


def test_half_loss_rate_of_known_curves():
    rates = np.array([0.0, 0.1, 0.2, 0.4])
    curves = np.array([[1.0, 0.5, 0.2, 0.0], [1.0, 1.0, 0.6, 0.0], [1.0, 1.0, 1.0, 1.0]])
    assert half_loss_rate(rates, curves) == pytest.approx([0.1, 0.2 + 0.2 * 0.1 / 0.6, 0.0])


def test_crossing_of_sizes_is_read_off_the_right_cells():
    value = {"complete": (1.0, 3.0, 1.0), "star": (1.0, 2.0, 2.0), "mediated": (0.0, 1.0, 1.5)}
    rows = [
        {"topology": topology, "size": size, "replicate": r, "joint_value": values[at] + 0.001 * r * (at + 1)}
        for topology, values in value.items()
        for at, size in enumerate((2, 3, 12))
        for r in range(5)
    ]
    checks = size_crossing(pl.DataFrame(rows))
    assert [check.estimate.value for check in checks] == pytest.approx([1.0, 2.0, 1.0, 0.5])


def test_a_missing_cell_is_refused():
    runs = pl.DataFrame({"structure": ["hub"], "imitation.rate": [0.1], "imitation.selectivity": [1.0], "replicate": [0], "joint_value": [1.0]})
    assert cell(runs, "joint_value", imitation__rate=0.1).tolist() == [1.0]
    with pytest.raises(AnalysisError, match="not one per replicate"):
        selective_beats_blind(runs)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.study)
def test_every_pattern_runs_small(pattern):
    study = load_study(pattern.study, ["replicates=8", "run.rounds=60", "population.organisations=30"])
    results = play(study, study.points(), 1)
    assert all(np.isfinite(check.estimate.value) for check in pattern.check(results))
    assert pattern.figure(results).axes
