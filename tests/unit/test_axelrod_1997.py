"""What is known exactly of Axelrod 1997: absorbing states, what is conserved, who are neighbours,
and small chains solved by hand.
"""

import numpy as np
import pytest
from pydantic import ValidationError

from sim.classics.axelrod_1997 import Axelrod1997, build_grid


def pairs_of(model):
    """Return all pairs of neighbours."""
    starts, contacts = model.neighbours
    return [
        (site, int(other))
        for site in range(model.size)
        for other in contacts[starts[site] : starts[site + 1]]
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"space": "mixed", "traits": 4},
        {"neighbours": 12},
        {"activation": "shuffled"},
        {"drawn": "any"},
        {"changes": "neighbour"},
    ],
)
def test_a_run_ends_exactly_when_all_neighbours_agree_on_everything_or_nothing(settings):
    model = Axelrod1997(rng=3, side=5, features=3, **settings)
    active = [model.active]
    while model.running:
        model.step()
        active.append(model.active)
    assert model.rounds_played < model.parameters.rounds
    shares = {float((model.cultures[a] == model.cultures[b]).mean()) for a, b in pairs_of(model)}
    assert shares <= {0.0, 1.0}
    assert all(active[:-2]) and not active[-1]
    before = model.cultures.copy()
    model.run(50)
    assert (model.cultures == before).all()


def test_what_is_absorbed_from_the_start_is_not_played():
    model = Axelrod1997(rng=1, side=4)
    model.cultures[:] = 3
    assert model.run().rounds_played == 0
    model = Axelrod1997(rng=1, side=4)
    model.cultures[:] = np.arange(16)[:, None]  # all differ on everything
    assert model.run().rounds_played == 0


def test_in_a_mixed_population_regions_are_cultures():
    model = Axelrod1997(rng=2, side=6, traits=6, space="mixed")
    while model.running:
        assert model.regions == model.cultures_left == len(np.unique(model.cultures, axis=0))
        model.step()
    assert model.regions == model.cultures_left == len(np.unique(model.cultures, axis=0))


def test_no_trait_appears_that_was_not_there_and_one_event_changes_one_trait_at_most():
    model = Axelrod1997(rng=4, side=6, features=4, traits=5)
    at_first = [set(model.cultures[:, feature].tolist()) for feature in range(4)]
    before = model.cultures.copy()
    model.step()
    assert 0 < (model.cultures != before).sum() <= model.size
    model.run()
    assert all(
        set(model.cultures[:, feature].tolist()) <= traits
        for feature, traits in enumerate(at_first)
    )


def test_one_feature_never_changes():
    """With one feature neighbours agree on everything or on nothing: absorbed before it begins."""
    model = Axelrod1997(rng=5, features=1, traits=3)
    assert model.active == 0.0
    assert model.run().rounds_played == 0


def test_four_sites_that_share_one_feature_become_alike_and_keep_it():
    for seed in range(20):
        model = Axelrod1997(rng=seed, side=2, features=3, traits=9)
        model.cultures[:, 0], model.cultures[:, 1], model.cultures[:, 2] = (
            7,
            np.arange(4),
            np.arange(4),
        )
        model.run()
        assert model.regions == 1.0 and (model.cultures[:, 0] == 7).all()


@pytest.mark.parametrize(("drawn", "changing"), [("differing", 0.5), ("any", 0.25)])
def test_chance_of_a_change_is_the_similarity(drawn, changing):
    """A pair alike in one of two features: an event takes place with 1/2, and finds the other
    feature always or in half of the cases.

    A correct model exceeds this bound for one seed in 10,000.
    """
    runs, events = 4000, 4
    changed = 0
    for seed in range(runs):
        model = Axelrod1997(rng=seed, side=2, features=2, drawn=drawn, activation="shuffled")
        model.cultures[:, 0], model.cultures[:, 1] = (
            0,
            np.arange(4),
        )  # all alike in the first, all different in the second
        before = model.cultures.copy()
        model.step()
        changed += (before != model.cultures).any()
    nothing = (
        1 - changing
    ) ** events  # no event changes anything: until then all chances are the same
    assert abs(changed / runs - (1 - nothing)) < 3.9 * np.sqrt(nothing * (1 - nothing) / runs)


@pytest.mark.parametrize(
    ("neighbours", "links"), [(4, 4 * 90), (8, 4 * 90 + 4 * 81), (12, 4 * 90 + 4 * 81 + 4 * 80)]
)
def test_neighbours_on_a_bounded_grid(neighbours, links):
    starts, contacts = build_grid(10, neighbours)
    assert len(contacts) == starts[-1] == links
    assert np.diff(starts).max() == neighbours
    pairs = {
        (site, int(other))
        for site in range(100)
        for other in contacts[starts[site] : starts[site + 1]]
    }
    assert len(pairs) == links and all(
        (other, site) in pairs and site != other for site, other in pairs
    )


def test_in_a_shuffled_round_no_site_is_activated_twice():
    """So no site changes on more than one feature; at random one among 400 that are hardly alike in
    the others does.
    """
    most = {}
    for activation in ("shuffled", "random"):
        model = Axelrod1997(rng=6, side=20, features=40, traits=500, activation=activation)
        model.cultures[:, :30] = 0
        before = model.cultures.copy()
        model.step()
        most[activation] = (model.cultures != before).sum(axis=1).max()
    assert most["shuffled"] == 1
    assert most["random"] > 1


def test_too_many_neighbours_are_refused():
    with pytest.raises(ValidationError, match="space=mixed takes at most 50"):
        Axelrod1997(space="mixed", side=51)
