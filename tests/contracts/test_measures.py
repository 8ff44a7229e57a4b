"""Every measure and every column of the event table against a second opinion, to 1e-9.

The second opinion is the plain twin (tests/reference/measures.py), which shares no line with the
kernels; the partner network has a ledger written by hand, with values counted by hand.
"""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from sim.config import Config
from sim.model import CollaborationModel
from sim.observation.events import EVENT_COLUMNS
from sim.observation.measures import MEASURES
from sim.observation.network import (
    NETWORK_MEASURES,
    build_partner_network,
    compute_network_measures,
)
from sim.presets import list_structure_presets, load_forms, load_structure
from tests.configurations import configurations
from tests.reference.measures import MeasuredTwin

TOLERANCE = 1e-9
NAMES = ("form", "reason")


def close(ours, theirs, what):
    np.testing.assert_allclose(
        np.asarray(ours, float),
        np.asarray(theirs, float),
        rtol=TOLERANCE,
        atol=TOLERANCE,
        err_msg=what,
    )


def compare(config):
    """Play a run in both and compare every measure of every round and every column of every event;
    return both.
    """
    model, twin = (
        CollaborationModel(config).run(),
        MeasuredTwin(config, load_forms(config)).run(config.run.rounds),
    )
    rounds, events = model.rounds_table(), model.events_table()
    assert set(twin.measured[0]) == set(MEASURES) == set(rounds.columns) - {"round"}
    every = config.run.record_every
    for name in MEASURES:
        recorded = twin.measured[every - 1 :: every]
        close(rounds[name], [measured[name] for measured in recorded], name)
    theirs = twin.events()
    assert len(events) == len(theirs)
    for event in theirs:
        assert set(event) == set(EVENT_COLUMNS)
    for name in EVENT_COLUMNS:
        if name in NAMES:
            assert events[name].to_list() == [event[name] for event in theirs]
        else:
            close(events[name], [event[name] for event in theirs], name)
    return model, twin


def lively(preset):
    """A small world in which much happens under a preset."""
    return Config.model_validate(
        {
            "structure": load_structure(preset).model_dump(),
            "population": {"organisations": 30, "capacity": 2, "ledger_slots": 32},
            "challenge": {"deadline": 12, "workload": 1.0},
            "imitation": {"rate": 0.1},
            "production": {"uncertainty": 0.2},
            "environment": {"turbulence": 0.1, "turnover": 0.02},
            "run": {"rounds": 30, "seed": 11},
        }
    )


@pytest.mark.parametrize("preset", list_structure_presets())
def test_measures_and_events_on_every_preset(preset):
    model, twin = compare(lively(preset))
    if preset != "alone":
        assert len(twin.ended) >= 3
        assert len({event["reason"] for event in twin.ended}) >= 2
        assert all(
            len(set(model.rounds_table()[name])) > 1
            for name in ("synergy_ratio", "understanding_bridged", "trust_within")
        )


@settings(
    max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(configurations())
def test_measures_and_events_on_random_configurations(config):
    compare(config)


def test_quality_counts_soloists_that_left_by_turnover():
    """The mean quality of all who worked this round, whether or not a newcomer stands in their row
    at its end.
    """
    config = lively("alone")
    model, twin = CollaborationModel(config).run(), MeasuredTwin(config).run(config.run.rounds)
    close(
        model.rounds_table()["quality"],
        [measured["quality"] for measured in twin.measured],
        "quality",
    )


def test_repeat_share_knows_all_pairs_that_had_worked_together_when_ledgers_are_full():
    config = Config.model_validate(
        {
            "population": {"organisations": 14, "capacity": 3, "ledger_slots": 5},
            "structure": {"max_size": 5, "setup_cost": 0.0},
            "challenge": {"deadline": 5, "workload": 1.0},
            "run": {"rounds": 40},
        }
    )
    model, twin = CollaborationModel(config).run(), MeasuredTwin(config).run(config.run.rounds)
    close(
        model.events_table()["repeat_share"],
        [event["repeat_share"] for event in twin.events()],
        "repeat_share",
    )


def test_measures_hold_when_nobody_is_there_to_compare_with():
    config = Config.model_validate({"population": {"organisations": 1}, "run": {"rounds": 5}})
    model, _ = compare(config)
    table = model.rounds_table()
    assert table["diversity"].to_list() == table["collaborations"].to_list() == [0.0] * 5


# --- the partner network

NOW, WINDOW = 50, 20
# (who remembers, whom, last round of shared work): a triangle with a tail, a pair, and somebody
# alone
LEDGER = [
    (0, 1, 50),
    (1, 0, 50),
    (1, 2, 40),
    (2, 1, 40),
    (0, 2, 31),  # 2 forgot 0; 31 is the oldest round of the window
    (2, 3, 45),
    (3, 4, 44),
    (4, 3, 44),
    (5, 6, 50),
    (6, 5, 50),
    (0, 5, 30),
    (5, 0, 30),
    (1, 7, -1),
    (7, 0, 2),  # before the window, met but never worked, long ago
]
TIES = [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4), (5, 6)]


@pytest.fixture
def world():
    """A world of eight with the ledger above."""
    world = CollaborationModel(Config.model_validate({"population": {"organisations": 8}})).world
    world.ledger.used[:] = 0
    for who, whom, worked in LEDGER:
        slot = world.ledger.used[who]
        world.ledger.partner[who, slot], world.ledger.last_worked[who, slot] = whom, worked
        world.ledger.used[who] += 1
    world.ledger.last_worked[0, 5:] = NOW  # beyond the slots in use: leftovers count for nothing
    return world


def test_partner_network_of_a_ledger_written_by_hand(world):
    assert {frozenset(edge) for edge in build_partner_network(world, NOW, WINDOW).edges} == {
        frozenset(tie) for tie in TIES
    }


def test_network_measures_counted_by_hand(world):
    found = compute_network_measures(world, NOW, WINDOW)
    assert tuple(found) == NETWORK_MEASURES
    clustering = (
        1 + 1 + 1 / 3
    ) / 8  # 0 and 1 stand in a triangle, 2 has one of three pairs of partners tied
    path = (1 + 1 + 2 + 3 + 1 + 2 + 3 + 1 + 2 + 1) / 10  # between 01 02 03 04, 12 13 14, 23 24, 34
    expected = {
        "network_density": 6 / 28,
        "network_degree": 12 / 8,
        "network_clustering": clustering,
        "network_giant": 5 / 8,
        "network_path_length": path,
        "network_assortativity": correlation_of_degrees(),
        "network_small_world": (clustering * 8 / 1.5) / (path * np.log(1.5) / np.log(8)),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=TOLERANCE), name


def correlation_of_degrees():
    """Pearson's correlation of the degrees at both ends of every tie, each tie taken both ways."""
    degree = {node: sum(node in tie for tie in TIES) for node in range(8)}
    ends = [(degree[a], degree[b]) for a, b in TIES] + [(degree[b], degree[a]) for a, b in TIES]
    return np.corrcoef(np.array(ends).T)[0, 1]


def test_network_measures_against_networkx(world):
    graph = nx.Graph(TIES)
    graph.add_nodes_from(range(8))
    piece = graph.subgraph({0, 1, 2, 3, 4})
    found = compute_network_measures(world, NOW, WINDOW)
    assert found["network_density"] == pytest.approx(nx.density(graph))
    assert found["network_clustering"] == pytest.approx(nx.average_clustering(graph))
    assert found["network_path_length"] == pytest.approx(nx.average_shortest_path_length(piece))
    assert found["network_assortativity"] == pytest.approx(
        nx.degree_assortativity_coefficient(graph)
    )


def test_network_measures_of_nobody_tied(world):
    world.ledger.used[:] = 0
    found = compute_network_measures(world, NOW, WINDOW)
    assert [found[name] for name in NETWORK_MEASURES[:4]] == [0.0, 0.0, 0.0, 1 / 8]
    assert all(np.isnan(found[name]) for name in NETWORK_MEASURES[4:])


def test_recorded_network_is_that_of_the_last_rounds():
    """Ties are all pairs that worked together in the last three rounds, as the twin saw them."""
    config = Config.model_validate(
        {
            "population": {"organisations": 20},
            "run": {"rounds": 40, "measures": ["core", "network"], "window": 3},
        }
    )
    model, twin, worked, degree, density = (
        CollaborationModel(config).run(),
        MeasuredTwin(config),
        [],
        [],
        [],
    )
    for _ in range(40):
        twin.step()
        worked.append(
            {pair for team in twin.worked for pair in combinations(sorted(team["members"]), 2)}
        )
        ties = len(set().union(*worked[-3:]))
        degree.append(2 * ties / 20)
        density.append(ties / 190)
    assert len(set(degree)) > 3
    close(model.rounds_table()["network_degree"], degree, "degree")
    close(model.rounds_table()["network_density"], density, "density")
