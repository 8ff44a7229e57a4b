"""What is known exactly of semi-isolated groups: links, payoff in bundles, the majority's vote,
rest.
"""

import numpy as np
import pytest
from pydantic import ValidationError

from sim.classics.fang_lee_schilling_2010 import FangLeeSchilling2010


def pairs_of(model):
    """Return who looks at whom."""
    starts, contacts = model.network
    return {
        (one, int(other))
        for one in range(model.size)
        for other in contacts[starts[one] : starts[one + 1]]
    }


@pytest.mark.parametrize("links", ["mutual", "one_way"])
@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_links_are_replaced_and_none_is_lost(links, beta):
    model = FangLeeSchilling2010(rng=2, links=links, beta=beta)
    pairs = pairs_of(model)
    inside = sum(one // 7 == other // 7 for one, other in pairs)
    assert len(pairs) == 280 * 6
    assert all(one != other for one, other in pairs)
    if beta in (0.0, 1.0):
        assert inside == (1 - beta) * 280 * 6
    else:  # 5 standard deviations: a correct model fails for fewer than one seed in a million
        links_drawn = 280 * 6 / (2 if links == "mutual" else 1)
        assert abs(inside / 1680 - 0.7) < 5 * np.sqrt(0.21 / links_drawn)
    if links == "mutual":
        assert all((other, one) in pairs for one, other in pairs)
    else:
        assert (np.diff(model.network.starts) == 6).all()


def test_a_bundle_pays_when_it_is_right_as_a_whole():
    model = FangLeeSchilling2010(rng=3, rounds=50, bundle=4).run()
    right = (model.beliefs == model.reality).reshape(280, 25, 4).all(axis=2)
    np.testing.assert_allclose(model.payoffs, right.mean(axis=1))
    assert model.payoff == pytest.approx(right.mean())
    assert model.knowledge == pytest.approx((model.beliefs == model.reality).mean())


def test_the_best_never_get_worse_and_all_come_to_rest():
    model = FangLeeSchilling2010(rng=4, rounds=800, beta=0.2).run()
    best = model.rounds_table()["best_payoff"].to_numpy()
    assert (np.diff(best) >= 0).all()
    before = model.beliefs.copy()
    model.run(50)
    assert (model.beliefs == before).all()


@pytest.mark.parametrize("majority", ["held", "all"])
def test_where_all_are_right_nobody_changes(majority):
    model = FangLeeSchilling2010(rng=5, majority=majority)
    model.beliefs[:] = model.reality
    model.run(20)
    assert (model.payoff, model.knowledge, model.disagreement) == (1.0, 1.0, 0.0)


def test_nobody_learns_without_a_rate():
    model = FangLeeSchilling2010(rng=5, p_learn=0.0)
    before = model.beliefs.copy()
    model.run(20)
    assert (model.beliefs == before).all()


@pytest.mark.parametrize(("majority", "learnt"), [("held", [1, -1, 0, 1]), ("all", [1, 0, 0, 0])])
def test_the_majority_of_superior_contacts_is_taken_over(majority, learnt):
    """Individual 0 is right on nothing; 1, 2 and 3 are right on the last bundle, 4 knows no better
    than 0 does.
    """
    model = FangLeeSchilling2010(
        rng=6,
        individuals=5,
        group=5,
        dimensions=5,
        bundle=1,
        beta=0.0,
        p_learn=1.0,
        majority=majority,
    )
    model.reality[:] = [1, 1, 1, 1, 1]
    model.beliefs[:] = [
        [0, 0, 0, 0, 0],
        [1, -1, 1, 1, 1],
        [1, 0, -1, 0, 1],
        [-1, 0, 0, 0, 1],
        [-1, -1, -1, -1, -1],
    ]
    model.step()
    assert model.beliefs[0].tolist() == [*learnt, 1]


def test_groups_and_bundles_must_come_out_even():
    with pytest.raises(
        ValidationError, match="group is 9, but 280 individuals make no whole number of such groups"
    ):
        FangLeeSchilling2010(group=9)
    with pytest.raises(
        ValidationError,
        match="bundle is 3, but 100 dimensions make no whole number of such bundles",
    ):
        FangLeeSchilling2010(bundle=3)
