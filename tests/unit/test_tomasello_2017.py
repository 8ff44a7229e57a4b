"""Sizes of alliances that are known exactly: negative binomial, and a chain of acceptances where
the chance depends on size.

Each chi-square test calls a correct model wrong for one seed in 10,000.
"""

from collections import Counter
from math import comb

import numpy as np
import pytest
from scipy.stats import chisquare

from experiments.docking.reference import read_dock
from sim.classics.tomasello_2017 import Tomasello2017

FALSE_ALARM = 1e-4


def negative_binomial(n, q, rejections):
    return comb(n + rejections - 2, n - 1) * q ** (n - 1) * (1 - q) ** rejections


def chain(accepted, rejections, most=400):
    """Return P(n), n from 1 on, where who would be the n-th member accepts with chance
    ``accepted(n)``.
    """
    at, found = np.zeros(rejections), np.zeros(most + 1)
    at[0] = 1.0
    for size in range(1, most + 1):
        chance = accepted(size + 1)
        for refusals in range(1, rejections):
            at[refusals] += at[refusals - 1] * (1 - chance)
        found[size] = at[-1] * (1 - chance)
        at *= chance
    return found


def by_threshold(n, benefit="mean", a_c=0.1, a_l=2.0, power=1.0):
    return min(1.0, max(0.0, ((1.0 if benefit == "mean" else n) - a_c * n**power) / a_l))


def sizes_of(model, rounds):
    """Return the size of each alliance, from the mean of all so far."""
    sums = model.run(rounds).rounds_table()["mean_size"].to_numpy() * np.arange(rounds + 1)
    return np.rint(np.diff(sums)).astype(int)


def fits(sizes, probabilities):
    """Return the p-value of a chi-square test; sizes of which too few are expected are taken
    together with those beyond.
    """
    expected = len(sizes) * probabilities[1:]
    beyond = expected[::-1].cumsum()[::-1]
    last = int(np.flatnonzero(beyond >= 10)[-1])
    count = Counter(np.minimum(sizes - 1, last).tolist())
    return chisquare(
        [count[n] for n in range(last + 1)], [*expected[:last], beyond[last]], sum_check=False
    ).pvalue


@pytest.mark.parametrize(("q", "rejections"), [(0.3, 1), (0.5, 3), (0.8, 2), (0.2, 10)])
@pytest.mark.parametrize("again", [False, True])
def test_sizes_are_negative_binomial(q, rejections, again):
    sizes = sizes_of(
        Tomasello2017(rng=3, q=q, rejections=rejections, asked_again=again, agents=2000), 20_000
    )
    assert (
        fits(sizes, np.array([0.0, *(negative_binomial(n, q, rejections) for n in range(1, 400))]))
        > FALSE_ALARM
    )


@pytest.mark.parametrize(("benefit", "a_c", "power"), [("mean", 0.1, 1.0), ("sum", 0.2, 2.0)])
def test_thresholds_give_the_chain_of_acceptances(benefit, a_c, power):
    """One alliance per population: thresholds stay, so alliances of the same population are not
    independent.
    """
    terms = {
        "acceptance": "threshold",
        "benefit": benefit,
        "a_c": a_c,
        "cost_power": power,
        "agents": 60,
    }
    sizes = np.array(
        [int(Tomasello2017(rng=seed, **terms).run(1).mean_size) for seed in range(6000)]
    )
    assert fits(sizes, chain(lambda n: by_threshold(n, benefit, a_c, power=power), 3)) > FALSE_ALARM


def test_the_chain_with_a_constant_chance_is_negative_binomial():
    np.testing.assert_allclose(
        chain(lambda n: 0.4, 3)[1:50],
        [negative_binomial(n, 0.4, 3) for n in range(1, 50)],
        rtol=1e-12,
    )


def test_the_reference_of_the_dock_is_exact():
    dock = read_dock("tomasello_2017")
    checked = 0
    for cell in (cell for cell in dock.cells if cell.mark == "E"):
        place = Tomasello2017.Parameters(**dock.collect_settings(cell))
        chances = chain(
            lambda n, p=place: (
                p.q if p.acceptance == "constant" else by_threshold(n, a_c=p.a_c, a_l=p.a_l)
            ),
            place.rejections,
        )
        chances = (
            np.where(np.arange(len(chances)) >= place.least, chances, 0.0)
            / chances[place.least :].sum()
        )
        exact = (
            chances[place.size]
            if cell.measure == "frequency"
            else (chances * np.arange(len(chances))).sum()
        )
        assert cell.value == pytest.approx(exact, abs=5e-7), cell
        checked += 1
    assert checked >= 30


def test_nobody_accepts_and_all_but_everybody():
    assert Tomasello2017(rng=1, q=0.0).run(50).largest == 1
    assert Tomasello2017(rng=1, q=1 - 1e-12, agents=30).run(50).mean_size == 30
    assert Tomasello2017(rng=1, acceptance="threshold", a_c=100.0).run(50).largest == 1


def test_alliances_of_firms_add_up_to_all_members():
    model = Tomasello2017(rng=2, agents=50).run(200)
    assert model.alliances.sum() == round(model.mean_size * 200)
    assert sorted(model.order.tolist()) == list(range(50))


def test_the_fit_attract_more_where_fitness_is_added_up():
    same = Tomasello2017(rng=2, acceptance="threshold", benefit="sum", spread=0.0).run(2000)
    fit = Tomasello2017(rng=2, acceptance="threshold", benefit="sum", spread=1.0).run(2000)
    assert same.pull == 0.0
    assert fit.pull > 0.1


def test_who_stays_alone_need_not_count():
    all_of_them, alliances = Tomasello2017(rng=2).run(), Tomasello2017(rng=2, least=2).run()
    kept = [size for size in sizes_of(Tomasello2017(rng=2), 1000) if size > 1]
    assert (
        alliances.mean_size == pytest.approx(np.mean(kept))
        and all_of_them.mean_size < alliances.mean_size
    )
