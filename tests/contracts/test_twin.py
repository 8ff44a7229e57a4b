"""The compiled engine and the plain twin agree number for number: same draws, same decisions, same
values to 1e-9.
"""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from sim.config import IMITATION_RULES, Config
from sim.model import CollaborationModel
from sim.presets import list_structure_presets, load_forms, load_structure
from sim.runtime.prefetch_kernels import PREFETCH_FROM_ORGANISATIONS
from tests.configurations import configurations
from tests.reference.twin import TwinModel

TOLERANCE = 1e-9
QUICK = 150  # the same examples every time; `make twin` draws new ones
EXAMPLES = int(os.environ.get("TWIN_EXAMPLES", QUICK))


def close(ours, theirs, what):
    np.testing.assert_allclose(
        np.asarray(ours, float),
        np.asarray(theirs, float),
        rtol=TOLERANCE,
        atol=TOLERANCE,
        err_msg=what,
    )


def compare(config):
    """Play both and compare every round's sums, then the whole state."""
    model, twin = (
        CollaborationModel(config).run(),
        TwinModel(config, load_forms(config)).run(config.run.rounds),
    )
    table, every = model.rounds_table(), config.run.record_every
    recorded = twin.rounds[every - 1 :: every]
    for name in twin.rounds[0]:
        close(table[name], [record[name] for record in recorded], name)
    org, ledger = model.world.org, model.world.ledger
    for ours, theirs in (
        ("expertise", "x"),
        ("core", "core"),
        ("bridging", "b"),
        ("performance", "performance"),
        ("earned_total", "earned_total"),
    ):
        close(getattr(org, ours), [getattr(o, theirs) for o in twin.organisations], ours)
    close(org.sector, [o.sector for o in twin.organisations], "sector")
    close(org.progress, [o.challenge.progress for o in twin.organisations], "progress")
    close(org.rounds_left, [o.challenge.rounds_left for o in twin.organisations], "rounds left")
    for row, o in enumerate(twin.organisations):
        needs = dict(
            zip(
                org.domains[row, : org.breadth[row]].tolist(),
                org.requirement[row, : org.breadth[row]].tolist(),
                strict=True,
            )
        )
        assert list(needs) == list(o.challenge.needs)
        close(list(needs.values()), list(o.challenge.needs.values()), "requirement")
        used = ledger.used[row]
        assert ledger.partner[row, :used].tolist() == [s.partner.row for s in o.slots]
        assert org.partners[row] == o.partners
        for name in ("trust", "familiarity", "meetings", "last_met", "joint", "last_worked"):
            close(getattr(ledger, name)[row, :used], [getattr(s, name) for s in o.slots], name)
    assert len(model.collaborations) == len(twin.list)
    for ours, theirs in zip(model.collaborations, twin.list, strict=True):
        assert [o.row for o in ours.members] == [o.row for o in theirs.members]
        close(
            [ours.progress, ours.rounds_left],
            [theirs.challenge.progress, theirs.challenge.rounds_left],
            "collaboration's challenge",
        )
        close(
            [ours.age, ours.expected, ours.surplus, ours.quality],
            [theirs.age, theirs.expected, theirs.surplus, theirs.quality],
            "collaboration",
        )
        assert (ours.owner.row if ours.owner else None) == (
            theirs.owner.row if theirs.owner else None
        )


@settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES == QUICK,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(configurations())
def test_engine_and_twin_agree_on_random_configurations(config):
    compare(config)


@pytest.mark.parametrize("preset", list_structure_presets())
@pytest.mark.parametrize("rule", IMITATION_RULES)
def test_engine_and_twin_agree_on_every_preset_and_rule(preset, rule):
    compare(
        Config.model_validate(
            {
                "structure": load_structure(preset).model_dump(),
                "population": {"organisations": 24},
                "imitation": {"rule": rule, "rate": 0.1},
                "run": {"rounds": 40, "seed": 7},
            }
        )
    )


def test_engine_and_twin_agree_when_the_budget_leaves_no_choice():
    """A budget below base skill in every domain makes all skills equal; not drawn at random, for
    there rounding breaks exact ties.
    """
    compare(
        Config.model_validate(
            {"population": {"organisations": 20, "budget": 0.05}, "run": {"rounds": 10, "seed": 5}}
        )
    )


def test_engine_and_twin_agree_on_a_population_that_is_looked_ahead_in():
    """Large populations are prefetched and stand in one block of memory, which must change
    nothing.
    """
    compare(
        Config.model_validate(
            {
                "population": {"organisations": PREFETCH_FROM_ORGANISATIONS},
                "run": {"rounds": 4, "seed": 3},
            }
        )
    )
