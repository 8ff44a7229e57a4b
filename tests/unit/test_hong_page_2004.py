"""What is known exactly of Hong & Page 2004."""

import numpy as np
import pytest
from pydantic import ValidationError

from sim.classics.hong_page_2004 import (
    HongPage2004,
    compute_abilities,
    compute_member_ends,
    compute_team_diversity,
    draw_ring_landscape,
    list_heuristics,
)

KEY = np.uint64(7)


def end_by_single_checks(values, heuristic, place):
    """Follow a heuristic by its definition: check after check, until as many as it has steps fail
    in a row.
    """
    failed, turn = 0, 0
    while failed < len(heuristic):
        ahead = (place + heuristic[turn % len(heuristic)]) % len(values)
        place, failed = (ahead, 0) if values[ahead] > values[place] else (place, failed + 1)
        turn += 1
    return place


@pytest.mark.parametrize("smoothness", [1, 6])
def test_ends_are_those_of_the_definition(smoothness):
    values, every = draw_ring_landscape(KEY, 150, smoothness, False), list_heuristics(6, 3)
    found = compute_member_ends(values, every)
    np.testing.assert_allclose(
        compute_abilities(values, every), values[found].mean(axis=1), rtol=1e-12
    )
    for steps, reached in zip(every[::7].tolist(), found[::7], strict=True):
        assert reached.tolist() == [
            end_by_single_checks(values, steps, start) for start in range(150)
        ]


@pytest.mark.parametrize(
    ("strategy", "team"), [("relay", "best"), ("relay", "random"), ("tournament", "random")]
)
def test_a_team_ends_where_no_step_of_any_member_is_better(strategy, team):
    model = HongPage2004(rng=3, n=300, strategy=strategy, team=team).run()
    steps = set(model.heuristics.ravel().tolist())
    for place in set(model.places[0].tolist()):
        assert all(model.values[(place + step) % 300] <= model.values[place] for step in steps)


def test_who_can_take_every_step_finds_the_highest_place():
    model = HongPage2004(rng=2, n=7, l=6, k=6, agents=3).run()
    assert model.performance == model.ability == pytest.approx(model.values.max())
    assert model.lead == 0.0 and model.wins == 0.5


def test_a_team_never_does_worse_than_before_nor_than_its_ablest_member():
    """In relay the first member alone ends at its own ability; what comes after is never lower."""
    model = HongPage2004(rng=4, n=500, team="best")
    assert (np.diff(model.abilities) <= 0).all()
    table = model.run().rounds_table()
    assert (np.diff(table["performance"].to_numpy()) >= 0).all()
    assert table["performance"][1] >= model.abilities[0]


def test_both_teams_are_the_same_seen_from_either_side():
    best, random = (HongPage2004(rng=5, n=300, team=team).run() for team in ("best", "random"))
    np.testing.assert_array_equal(best.values, random.values)
    assert best.lead == pytest.approx(-random.lead) and best.wins + random.wins == 1.0
    assert best.performance - random.performance == pytest.approx(best.lead)
    assert best.ability > random.ability


def test_diversity():
    assert compute_team_diversity(np.array([[1, 2, 3], [1, 3, 5]])) == pytest.approx(
        100 * 2 / 3
    )  # the example of Wallrich 2022
    assert compute_team_diversity(np.array([[3, 4, 5], [4, 5, 6]])) == 100.0
    every, longest = list_heuristics(7, 3), 7
    pairs = (len(every) / longest - 1) / (
        len(every) - 1
    )  # two different heuristics at random hold the same step in a place
    assert compute_team_diversity(every) == pytest.approx(100 * (1 - pairs))


def test_random_teams_have_the_diversity_of_chance():
    """A correct draw exceeds this bound for one seed in 10,000."""
    found = np.array([HongPage2004(rng=seed, n=30, agents=6).diversity for seed in range(300)])
    every = len(list_heuristics(12, 3))
    expected = 100 * (1 - (every / 12 - 1) / (every - 1))
    assert abs(found.mean() - expected) < 3.9 * found.std() / np.sqrt(300)


@pytest.mark.parametrize(("wide", "mean"), [(False, 5.0), (True, 5.5)])
def test_smooth_landscapes_are_straight_between_values_that_are_drawn(wide, mean):
    """Corners are as far apart as they should be on average; a correct draw exceeds this bound for
    one seed in 10,000.
    """
    values = draw_ring_landscape(KEY, 20_000, 5, wide)
    assert values.min() >= 0 and values.max() <= 100
    corners = np.flatnonzero(np.abs(np.roll(values, -1) + np.roll(values, 1) - 2 * values) > 1e-9)
    distances = np.diff(corners)
    assert distances.max() == (10 if wide else 9)
    assert abs(distances.mean() - mean) < 3.9 * distances.std() / np.sqrt(len(distances))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"k": 4, "l": 3}, "k is 4, but a heuristic has different steps of 1 to l=3"),
        ({"n": 10}, "l is 12, but a ring of n=10 places has steps of 1 to 9"),
        ({"l": 60, "k": 4}, "makes 11703240 heuristics"),
        ({"l": 3, "k": 2}, "agents is 10, but there are 6 heuristics"),
    ],
)
def test_impossible_parameters_are_refused(wrong, sentence):
    with pytest.raises(ValidationError, match=sentence):
        HongPage2004(**wrong)
