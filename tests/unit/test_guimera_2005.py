"""What is known exactly of team assembly: no incumbents, no newcomers, and the network against
networkx.
"""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from sim.classics.guimera_2005 import Guimera2005


def network_of(model):
    """Return the network with who is there."""
    found = nx.Graph()
    there = [agent for agent in range(model.size) if model.taken[agent]]
    found.add_nodes_from(there)
    found.add_edges_from(
        (agent, int(other))
        for agent in there
        for other in model.neighbours[agent, : model.degrees[agent]]
    )
    return found


def test_without_incumbents_teams_stay_apart_until_they_leave():
    model = Guimera2005(rng=1, p=0.0, idle=30, rounds=200).run()
    assert model.agents_present == 4 * 31
    assert model.largest_share == pytest.approx(1 / 31)
    assert (model.collaborators, model.repeated) == (3.0, 0.0)


def test_without_newcomers_the_first_team_works_for_ever():
    model = Guimera2005(rng=1, p=1.0, rounds=200).run()
    assert (model.agents_present, model.largest_share, model.collaborators) == (4, 1.0, 3.0)
    assert model.repeated == pytest.approx(199 / 200)


def test_nobody_is_linked_by_working_alone():
    model = Guimera2005(rng=1, team_size=1, rounds=300).run()
    assert model.collaborators == 0.0
    assert model.largest_share == 1 / model.agents_present


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"p": 0.3, "q": 0.0},
        {"p": 0.7, "q": 0.9, "idle": 20},
        {"team_size": 7, "idle": 5, "collaborators": "any"},
    ],
)
def test_measures_are_those_of_the_network(settings):
    model = Guimera2005(rng=3, **settings)
    for _ in range(60):
        model.run(5)
        network = network_of(model)
        assert (
            len(network)
            == model.agents_present
            <= model.parameters.team_size * (model.parameters.idle + 1)
        )
        assert (
            len(max(nx.connected_components(network), key=len)) / len(network)
            == model.largest_share
        )
        assert 2 * network.number_of_edges() / len(network) == pytest.approx(model.collaborators)
        assert all(network.degree(agent) == model.degrees[agent] for agent in network)


CHANCE = some.one_of(some.sampled_from([0.0, 1.0]), some.floats(0.0, 1.0))
SETTINGS = some.fixed_dictionaries(
    {
        "p": CHANCE,
        "q": CHANCE,
        "team_size": some.integers(1, 6),
        "idle": some.integers(1, 12),
        "collaborators": some.sampled_from(["one", "any"]),
    }
)


@given(SETTINGS, some.integers(0, 2**32), some.lists(some.integers(0, 4), min_size=20, max_size=40))
def test_components_kept_up_to_date_are_those_of_a_search(settings, seed, runs):
    """Who has one label is one component, and no other label is in use; whatever the settings and
    the numbers of rounds played at once.
    """
    model = Guimera2005(rng=seed, **settings)
    for rounds in runs:
        model.run(rounds)
        labels, sizes = model.components.labels, model.components.sizes
        expected = sorted(map(sorted, nx.connected_components(network_of(model))))
        assert (
            sorted(np.flatnonzero(labels == label).tolist() for label in np.flatnonzero(sizes))
            == expected
        )
        assert sorted(sizes[sizes > 0].tolist()) == sorted(map(len, expected))
        assert (labels[~model.taken] == -1).all() and not model.components.marks.any()
        assert model.largest_share == max(map(len, expected), default=0) / max(
            1, len(network_of(model))
        )


def test_nobody_lacks_a_past_collaborator_and_the_idle_are_gone():
    """All of an agent's last team are still there, so a place never wants for one."""
    model = Guimera2005(rng=5, p=0.6, q=0.9, idle=8)
    for _ in range(200):
        model.step()
        there = model.taken
        assert (model.degrees[there] >= 3).all()
        assert (model.last[there] >= model.rounds_played - 1 - 8).all()


def test_a_preference_for_past_collaborators_is_one():
    """Paired by seed: of 40 seeds a correct model gives more repeated links in fewer than 30 about
    once in 10^12.
    """
    more = [
        Guimera2005(rng=seed, q=0.9).run(300).repeated
        > Guimera2005(rng=seed, q=0.0).run(300).repeated
        for seed in range(40)
    ]
    assert sum(more) >= 30


def test_more_agents_than_there_is_room_for_are_refused():
    with pytest.raises(
        ValidationError,
        match=(
            "idle is 2000, which with teams of 4 may be more than 4000 agents at once: at most 998"
        ),
    ):
        Guimera2005(idle=2000)
