"""Checks and verdicts of patterns on known tables, and every pattern's study, small."""

import numpy as np
import polars as pl
import pytest

from analysis.checks import Check, format_verdict, select_cell
from analysis.errors import AnalysisError
from analysis.estimates import Estimate
from analysis.figures.style import PAGE
from analysis.patterns import (
    check_formalisation_and_trust,
    check_selective_learning,
    check_size_and_topology,
    check_turbulence_and_persistence,
    find_half_loss_rates,
)
from experiments.design import load_study
from experiments.presentation.hypothesis_studies import HYPOTHESIS_STUDIES, PATTERN_STUDIES
from experiments.run_study import run_study_in_memory

SMALL = ["replicates=4", "run.rounds=40", "population.organisations=20"]
LARGER = {
    "learning_from_experience": ["replicates=8", "run.rounds=60", "population.organisations=30"]
}  # smaller has no old partners

HOLDS = Check("", Estimate(1.0, 0.5, 1.5, 9))
OPPOSITE = Check("", Estimate(-1.0, -1.5, -0.5, 9))
OPEN = Check("", Estimate(0.1, -0.5, 0.5, 9))


def test_outcomes_and_verdicts():
    assert [check.outcome for check in (HOLDS, OPPOSITE, OPEN)] == [
        "holds",
        "the opposite",
        "not shown",
    ]
    assert Check("", Estimate(0.6, 0.4, 0.8, 9), 0.5).outcome == "not shown"
    assert format_verdict([HOLDS, HOLDS]) == "shows"
    assert format_verdict([HOLDS, OPEN, HOLDS]) == "shows in part (2 hold, 1 not shown)"
    assert format_verdict([OPPOSITE, OPEN]) == "does not show (1 the opposite, 1 not shown)"


def test_half_loss_rate_of_known_curves():
    rates = np.array([0.0, 0.1, 0.2, 0.4])
    curves = np.array([[1.0, 0.5, 0.2, 0.0], [1.0, 1.0, 0.6, 0.0], [1.0, 1.0, 1.0, 1.0]])
    assert find_half_loss_rates(rates, curves) == pytest.approx([0.1, 0.2 + 0.2 * 0.1 / 0.6, 0.0])


def test_crossing_of_sizes_is_read_off_the_right_cells():
    value = {"complete": (1.0, 3.0, 1.0), "star": (1.0, 2.0, 2.0), "mediated": (0.0, 1.0, 1.5)}
    rows = [
        {
            "topology": topology,
            "size": size,
            "replicate": r,
            "joint_value": values[at] + 0.001 * r * (at + 1),
        }
        for topology, values in value.items()
        for at, size in enumerate((2, 3, 12))
        for r in range(5)
    ]
    checks = check_size_and_topology(pl.DataFrame(rows))
    assert [check.estimate.value for check in checks] == pytest.approx([1.0, 2.0, 1.0, 0.5])


def crossed(first, second, value, replicates=8):
    """Return runs of two crossed factors; most of their noise all points of a replicate share."""
    noise = np.random.default_rng(0).normal(size=(replicates, 99))
    (one, ones), (two, twos) = first, second
    points = [(a, b) for a in ones for b in twos]
    return pl.DataFrame(
        [
            {
                one: a,
                two: b,
                "replicate": r,
                "joint_value": value(a, b) + noise[r, 0] + 0.001 * noise[r, 1 + at],
            }
            for r in range(replicates)
            for at, (a, b) in enumerate(points)
        ]
    )


def test_persistence_that_costs_more_under_turbulence_is_seen_as_such():
    factors = (
        ("structure.persistence", (0.0, 0.5, 1.0)),
        (
            "environment.turbulence",
            (0.0, 0.1, 0.2),
        ),
    )
    checks = check_turbulence_and_persistence(
        crossed(
            *factors, lambda persistence, change: -persistence * change - (persistence - 0.5) ** 2
        )
    )
    assert [check.estimate.value for check in checks] == pytest.approx(
        [0.1, 0.2, 0.25, 0.2], abs=0.003
    )
    assert format_verdict(checks) == "shows"


def test_formalisation_that_replaces_trust_is_seen_as_such():
    best = {"low": 0.75, "middle": 0.5, "high": 0.25}
    factors = (
        ("structure.formalisation", (0.0, 0.25, 0.5, 0.75, 1.0)),
        (
            "initial_trust",
            tuple(best),
        ),
    )
    checks = check_formalisation_and_trust(
        crossed(*factors, lambda contract, trust: -((contract - best[trust]) ** 2))
    )
    assert [check.outcome for check in checks] == ["holds"] * 5
    assert "0.75 with least and 0.25 with most trust" in checks[3].claim
    assert checks[3].estimate.value == pytest.approx(0.25, abs=0.003)
    assert checks[4].estimate.value == pytest.approx(1.0, abs=0.003)


def test_a_missing_cell_is_refused():
    runs = pl.DataFrame(
        {
            "structure": ["hub"],
            "imitation.rate": [0.1],
            "imitation.selectivity": [1.0],
            "replicate": [0],
            "joint_value": [1.0],
        }
    )
    assert select_cell(runs, "joint_value", imitation__rate=0.1).tolist() == [1.0]
    with pytest.raises(AnalysisError, match="not one per replicate"):
        check_selective_learning(runs)


def test_patterns_are_numbered_as_they_stand():
    assert [inquiry.about["pattern"] for inquiry in PATTERN_STUDIES] == list(range(1, 10))


@pytest.mark.parametrize("inquiry", HYPOTHESIS_STUDIES, ids=lambda inquiry: inquiry.study)
def test_every_inquiry_runs_small(inquiry):
    study = load_study(inquiry.study, LARGER.get(inquiry.study, SMALL))
    results = run_study_in_memory(study, 1)
    assert all(np.isfinite(check.estimate.value) for check in inquiry.check(results))
    assert inquiry.figure(results, PAGE).figure.axes
