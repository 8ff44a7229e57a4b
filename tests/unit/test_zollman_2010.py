"""What is known exactly of Zollman 2010: conservation of results, what nobody learns, and the
distribution of draws.
"""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import binom, chisquare

from sim.classics.zollman_2010 import GUIDE_COUNT, Zollman2010, compute_success_distribution


@pytest.mark.parametrize(("network", "heard"), [("complete", 10), ("ring", 3), ("none", 1)])
def test_every_result_reaches_those_who_can_see_it_and_no_others(network, heard):
    model = Zollman2010(rng=3, network=network)
    before = model.successes.sum(axis=1) + model.failures.sum(axis=1)
    model.run(7)
    after = model.successes.sum(axis=1) + model.failures.sum(axis=1)
    np.testing.assert_allclose(after - before, 7 * 1000 * heard, rtol=1e-12)


def test_in_a_complete_network_all_have_seen_the_same():
    model = Zollman2010(rng=4)
    successes, failures = model.successes.copy(), model.failures.copy()
    model.run(20)
    for gained in (model.successes - successes, model.failures - failures):
        np.testing.assert_allclose(gained, np.tile(gained[0], (10, 1)), atol=1e-6)


def test_nobody_learns_about_an_arm_that_nobody_pulls():
    model = Zollman2010(rng=5)
    model.successes[:, 1], model.failures[:, 1] = 1.0, 1e6  # the better arm looks hopeless
    before = model.successes[:, 1].copy()
    model.run(500)
    assert model.success == 0.0 and model.better_share == 0.0
    assert (model.successes[:, 1] == before).all()
    assert model.expected_worse == pytest.approx(0.499, abs=0.001)


def test_a_wide_gap_is_always_found_when_both_arms_are_tried():
    """Half of the agents begin with each arm; after one round of 1,000 pulls the worse one cannot
    look better (chance below 1e-100).
    """
    model = Zollman2010(rng=6, better=0.9, gap=0.4)
    model.successes[:], model.failures[:] = 1.0, 1.0
    model.successes[::2, 1] += 0.5
    model.successes[1::2, 0] += 0.5
    model.run(2)
    assert model.success == 1.0


@pytest.mark.parametrize(
    ("pulls", "better", "gap"), [(1000, 0.5, 0.001), (7, 0.9, 0.5), (1, 0.3, 0.3)]
)
def test_guides_lead_to_the_number_that_the_distribution_says(pulls, better, gap):
    upto, guides = compute_success_distribution(pulls, better, gap)
    for row, begin in zip(upto, guides, strict=True):
        for draw in (0.0, 0.1, 0.25, 0.5, 0.9999, 1 - 2**-53):
            count = begin[int(draw * GUIDE_COUNT)]
            assert count == 0 or row[count - 1] <= np.floor(draw * GUIDE_COUNT) / GUIDE_COUNT
            assert row[-1] > draw


def test_successes_are_binomial():
    """Chi-square on counts of a single agent's successes; a correct draw fails for one seed in
    10,000.
    """
    model = Zollman2010(rng=7, agents=1, network="none", pulls=10, better=0.4, gap=0.4, rounds=5000)
    model.successes[:, 0] = 1e-9  # the worse arm never pays and is never pulled
    before, counts = model.successes[0, 1], np.zeros(11)
    while model.running:
        model.step()
        counts[round(model.successes[0, 1] - before)] += 1
        before = model.successes[0, 1]
    expected = 5000 * binom.pmf(np.arange(11), 10, 0.4)
    kept = expected > 5
    observed, wanted = (
        [*counts[kept], counts[~kept].sum()],
        [
            *expected[kept],
            expected[~kept].sum(),
        ],
    )
    assert chisquare(observed, wanted).pvalue > 1e-4


def test_impossible_parameters_are_refused():
    with pytest.raises(ValidationError, match=r"gap is 0\.4, but the better arm pays with 0\.3"):
        Zollman2010(better=0.3, gap=0.4)
    with pytest.raises(ValidationError, match="make it even"):
        Zollman2010(network="ring", degree=3)
