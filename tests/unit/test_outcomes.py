"""Outcomes of a run, on tables whose answer is counted by hand."""

import math

import numpy as np
import polars as pl
import pytest

from sim.config import BreadthClass, Config
from sim.model import CollaborationModel
from sim.observation.outcomes import (
    OUTCOMES,
    compute_challenge_outcomes,
    compute_collaboration_outcomes,
    compute_erosion_outcomes,
    compute_form_outcomes,
    compute_outcomes,
    compute_partner_outcomes,
)

EVENTS = pl.DataFrame(
    {
        "form": ["hub", "hub", "ring", "hub"],
        "reason": ["solved", "surplus", "solved", "running"],
        "rounds": [10, 1, 4, 7],
        "size": [2, 2, 4, 3],
        "largest_size": [2, 3, 4, 3],
        "mean_size": [2.0, 3.0, 4.0, 3.0],  # one of three left the second at its end
        "started": [0, 12, 12, 15],
        "value": [4.0, 2.0, 8.0, 3.0],
        "synergy": [2.0, -2.0, 4.0, 1.5],
        "repeat_share": [0.0, 0.0, 1.0, 0.5],
    }
)


def test_a_falling_synergy():
    rounds = np.arange(40.0)
    synergy = np.where(rounds < 10, 4.0, np.where(rounds < 25, 3.0, 1.0))
    outcomes = compute_erosion_outcomes(rounds, rounds, synergy)
    assert outcomes["joint_value_early"] == np.arange(4).mean()
    assert (outcomes["synergy_peak"], outcomes["synergy_loss"]) == (4.0, 3.0)
    # Windows of two rounds: the mean of rounds 24 and 25 is half of 4.
    assert outcomes["synergy_half_life"] == 24.0


def test_a_constant_synergy_does_not_erode():
    outcomes = compute_erosion_outcomes(np.arange(20.0), np.ones(20), np.ones(20))
    assert outcomes["synergy_loss"] == 0.0
    assert math.isnan(outcomes["synergy_half_life"])


def test_challenges_by_breadth_class():
    table = pl.DataFrame(
        {
            "breadth": [1, 5],
            "solved_alone": [3, 0],
            "solved_together": [1, 1],
            "expired": [0, 3],
            "mean_rounds_to_solve": [5.0, 10.0],
        }
    )
    outcomes = compute_challenge_outcomes(
        table, (BreadthClass(lowest=1, highest=2), BreadthClass(lowest=5, highest=8))
    )
    assert outcomes == {
        "solved_share": 5 / 8,
        "solved_share_narrow": 1.0,
        "solved_share_broad": 0.25,
        "rounds_to_solve": 6.0,
    }


def test_collaborations_and_partners():
    outcomes = compute_collaboration_outcomes(EVENTS)
    assert (outcomes["started"], outcomes["team_size"], outcomes["lifetime"]) == (4.0, 3.0, 4.0)
    assert outcomes["ended_at_once"] == pytest.approx(1 / 3)
    assert outcomes["ended_solved"] == pytest.approx(2 / 3)
    assert compute_partner_outcomes(EVENTS, 20) == {
        "synergy_new_partners": pytest.approx(-2 / 3),
        "synergy_old_partners": 1.0,
    }


def test_outcomes_by_form_weight_rounds_and_members():
    hub = compute_form_outcomes(EVENTS).row(by_predicate=pl.col("form") == "hub", named=True)
    assert (hub["collaborations"], hub["lifetime"], hub["solved"]) == (3, 5.5, 0.5)
    assert hub["value"] == pytest.approx((40 + 2 + 21) / (20 + 3 + 21))


def test_a_run_without_collaborations_has_nan_outcomes():
    alone = CollaborationModel(
        Config.model_validate({"population": {"organisations": 1}, "run": {"rounds": 2}})
    ).run()
    assert math.isnan(alone.summary()["lifetime"])


def test_events_taken_in_parts_are_complete():
    config = Config.model_validate({"population": {"organisations": 30}, "run": {"rounds": 60}})
    whole, streamed = CollaborationModel(config).run(), CollaborationModel(config)
    parts = []
    for _ in range(6):
        streamed.run(10)
        parts.append(streamed.take_events())
        assert streamed.events_waiting() == 0
    together = pl.concat([*parts, streamed.events_table()])
    assert together.equals(whole.events_table())
    assert set(OUTCOMES) <= set(whole.summary())
    assert compute_outcomes(
        whole.rounds_table(), together, whole.challenges_table(), config.challenge.breadths
    ) == pytest.approx(whole.summary(), nan_ok=True)
