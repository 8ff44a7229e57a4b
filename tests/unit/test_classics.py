"""What is known exactly of single classics."""

import random

import networkx as nx
import numpy as np
import pytest
from pydantic import ValidationError

from sim.classics.barkoczi_galesic_2016 import BarkocziGalesic2016
from sim.classics.clustering import find_most_clustered_network
from sim.classics.lazer_friedman_2007 import LazerFriedman2007
from sim.classics.march_1991 import March1991
from sim.classics.networks import build_network
from sim.classics.nk import compute_fitness_table

LITERAL = {
    "performance": "beliefs",
    "adoption": "whole",
    "code_learning": "differing",
    "missing": "wrong",
}


@pytest.mark.parametrize("variant", [{}, LITERAL])
def test_march_comes_to_rest_in_agreement(variant):
    model = March1991(rng=3, rounds=600, **variant).run()
    assert (model.beliefs == model.code).all()
    assert model.disagreement == 0.0
    assert model.code_knowledge == model.knowledge
    assert model.code_score == pytest.approx(2 * model.code_knowledge - 1)
    before = model.beliefs.copy()
    model.run(20)
    assert (model.beliefs == before).all()


def test_march_nobody_learns_without_rates():
    still = March1991(rng=3, p1=0, p2=0, rounds=20)
    before = still.beliefs.copy()
    still.run()
    assert (still.beliefs == before).all()
    assert not still.code.any()


def test_march_an_organisation_that_knows_everything_stays():
    model = March1991(rng=3, p1=0.5, p2=0.5)
    model.beliefs[:], model.code[:] = model.reality, model.reality
    model.run()
    assert model.code_knowledge == model.knowledge == 1.0


def test_march_literal_belief_takes_one_step_or_all_of_them():
    for adoption, after in (("step", {0}), ("whole", {1})):
        model = March1991(rng=1, p1=1, p2=0, adoption=adoption)
        model.beliefs[:], model.code[:] = -1, 1
        model.step()
        assert set(model.beliefs.ravel().tolist()) == after


@pytest.mark.parametrize("kind", [BarkocziGalesic2016, LazerFriedman2007])
def test_search_never_loses_and_payoffs_are_those_of_solutions(kind):
    model = kind(rng=2, n=10, k=4, rounds=60)
    before = model.payoffs.copy()
    while model.running:
        model.step()
        assert (model.payoffs >= before).all()
        before = model.payoffs.copy()
    np.testing.assert_allclose(
        model.payoffs,
        (compute_fitness_table(model.landscape)[model.solutions] / model.landscape.top) ** 8,
        rtol=1e-12,
    )


def test_alone_everybody_ends_at_a_local_optimum():
    model = BarkocziGalesic2016(rng=2, n=8, k=3, rule="individual", rounds=400).run()
    heights = compute_fitness_table(model.landscape)
    assert all(
        heights[s] >= heights[s ^ (1 << bit)] for s in model.solutions.tolist() for bit in range(8)
    )


def test_in_a_complete_network_all_copy_the_best_at_once():
    model = LazerFriedman2007(rng=4)
    best = model.best_payoff
    model.step()
    assert (model.payoffs >= best).sum() >= 99  # all but the best have copied it
    assert model.solutions_left <= 2


def test_conformity_ignores_a_sample_in_which_all_differ():
    model = BarkocziGalesic2016(
        rng=5, rule="conformity", agents=50
    )  # distinct starts: nothing can be frequent
    alone = BarkocziGalesic2016(rng=5, rule="individual", agents=50)
    model.step(), alone.step()
    np.testing.assert_array_equal(model.solutions, alone.solutions)


def test_strategies_of_a_seed_share_their_landscape():
    first, second = (
        BarkocziGalesic2016(rng=6),
        BarkocziGalesic2016(rng=6, rule="conformity", network="cliques", degree=19),
    )
    np.testing.assert_array_equal(first.landscape.contributions, second.landscape.contributions)
    np.testing.assert_array_equal(first.solutions, second.solutions)


@pytest.mark.parametrize(
    ("topology", "links"),
    [
        ("complete", 380),
        ("line", 38),
        ("ring", 80),
        ("cliques", 80),
        ("max_clustering", 80),
        ("random", 80),
        ("none", 0),
    ],
)
def test_networks_have_the_links_they_should(topology, links):
    found = build_network(topology, 20, 4, 1)
    assert len(found.contacts) == found.starts[-1] == links
    pairs = {
        (agent, int(other))
        for agent in range(20)
        for other in found.contacts[found.starts[agent] : found.starts[agent + 1]]
    }
    assert len(pairs) == links
    assert all((other, agent) in pairs and other != agent for agent, other in pairs)


@pytest.mark.parametrize(
    ("kind", "wrong", "sentence"),
    [
        (
            BarkocziGalesic2016,
            {"network": "cliques", "degree": 7},
            "degree is 7, but 100 agents make no whole number of cliques of 8",
        ),
        (
            BarkocziGalesic2016,
            {"network": "max_clustering"},
            "degree is 18, but 100 agents make no whole number of cliques of 19",
        ),
        (
            BarkocziGalesic2016,
            {"network": "max_clustering", "degree": 1},
            "degree is 1, but 100 agents with one contact each cannot be connected",
        ),
        (
            BarkocziGalesic2016,
            {"network": "max_clustering", "degree": 19, "agents": 400},
            "agents is 400, but network=max_clustering is found",
        ),
        (BarkocziGalesic2016, {"n": 3, "k": 1}, "agents is 100, but there are 8 solutions"),
        (LazerFriedman2007, {"n": 5, "k": 5}, "k is 5, but a solution of n=5 bits has 4 others"),
        (LazerFriedman2007, {"network": "ring", "degree": 3}, "make it even"),
    ],
)
def test_impossible_parameters_are_refused(kind, wrong, sentence):
    with pytest.raises(ValidationError, match=sentence):
        kind(**wrong)


def test_the_most_clustered_network_is_as_published():
    """Barkoczi & Galesic 2016 give clustering .98 and mean path length 3.8 for theirs: ours is to
    be the same to the digits they give.
    """
    links = nx.from_numpy_array(find_most_clustered_network(100, 19))
    assert nx.is_connected(links)
    assert {degree for _, degree in links.degree()} == {19}
    assert round(nx.average_clustering(links), 2) == 0.98
    assert round(nx.average_shortest_path_length(links), 1) == 3.8


def test_no_exchange_of_the_ends_of_two_links_makes_it_more_clustered():
    """Of 20,000 exchanges drawn, those that bring triangles must cut the network in two."""
    links = nx.from_numpy_array(find_most_clustered_network(100, 19))
    ends, draw, tried = list(links.edges), random.Random(1), 0
    while tried < 20_000:
        (a, b), (c, d) = draw.sample(ends, 2)
        c, d = draw.choice([(c, d), (d, c)])
        if len({a, b, c, d}) == 4 and not links.has_edge(a, c) and not links.has_edge(b, d):
            tried += 1
            lost = triangles_lost(links, a, b) + triangles_lost(links, c, d)
            links.add_edges_from([(a, c), (b, d)])
            assert triangles_lost(links, a, c) + triangles_lost(
                links, b, d
            ) <= lost or not nx.is_connected(with_links(links, (a, c), (b, d)))
            links.add_edges_from([(a, b), (c, d)])


def triangles_lost(links, one, other):
    """Cut a link; return in how many triangles it was."""
    links.remove_edge(one, other)
    return len(set(links[one]) & set(links[other]))


def with_links(links, *more):
    """Return a network with more links."""
    found = links.copy()
    found.add_edges_from(more)
    return found
