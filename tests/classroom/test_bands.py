"""Thirty runs beside a page: their bands, and requests that a new beginning cancels."""

import asyncio
from math import comb

import pytest

from experiments.classroom.bands import BAND_RUNS, FEWEST_HIGHER_RUNS
from experiments.classroom.snapshots import CHARTED_MEASURES
from tests.classroom.visiting import SCENARIO, visiting, visiting_student


def test_bands_are_of_thirty_runs(client):
    with visiting(client) as page:
        page.step(12)
        page.send("bands", rounds=12)
        bands = page.receive("bands")
        assert bands["runs"] == BAND_RUNS == 30 and bands["fewest_higher"] == FEWEST_HIGHER_RUNS
        for side in "ab":
            assert bands[side].keys() == bands["late"][side].keys() == set(CHARTED_MEASURES)
            for curves in bands[side].values():
                assert [len(curve) for curve in curves.values()] == [12, 12, 12]
                low, high = curves["low"], curves["high"]
                assert all(one <= other for one, other in zip(low, high, strict=True))
            assert all(len(means) == 30 for means in bands["late"][side].values())


@pytest.fixture
def cancelled(classroom):
    """Let thirty runs take for ever; list the seeds of those that were cancelled."""
    seeds = []

    async def make_bands(schedules, seed, rounds, report_progress):
        await report_progress(0, 30)
        try:
            await asyncio.Event().wait()
        finally:
            seeds.append(seed)

    classroom.band_maker.make_bands = make_bands
    return seeds


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("reset", {}),
        ("choose", {"scenario": SCENARIO}),
        ("form", {"side": "b", "name": "platform"}),
    ],
)
def test_a_new_beginning_cancels_runs_of_the_old_settings(client, cancelled, kind, fields):
    with visiting(client) as page:
        page.send("bands", rounds=10)
        page.receive("bands_progress")
        page.send(kind, **fields)
        page.receive("scene")
        page.receive("state")
        assert cancelled == [3]


def test_the_teachers_scenario_cancels_runs_of_a_student(client, cancelled):
    with visiting(client) as teacher, visiting_student(client) as student:
        student.send("bands", rounds=10)
        student.receive("bands_progress")
        teacher.send("everyone")
        student.receive("scene")
        student.receive("state")
        assert cancelled == [3]


def test_chance_alone_seldom_shows_a_difference():
    """The texts of lessons, the guide and bands.py state this share of cases: 1.6 %."""
    higher = range(FEWEST_HIGHER_RUNS, BAND_RUNS + 1)
    chance = 2 * sum(comb(BAND_RUNS, runs) for runs in higher) / 2**BAND_RUNS
    assert round(chance, 3) == 0.016
