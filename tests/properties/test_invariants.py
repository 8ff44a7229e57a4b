"""What must hold in every world, over random configurations."""

import numpy as np
from hypothesis import HealthCheck, given, settings

from sim.model import CollaborationModel
from sim.state import NOBODY
from tests.configurations import configurations


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configurations())
def test_state_stays_within_bounds(config):
    model = CollaborationModel(config)
    for _ in range(config.run.rounds):
        model.step()
        org, ledger, p = model.world.org, model.world.ledger, config.population
        budget = max(p.budget, p.domains * p.base_skill)
        assert org.expertise.min() >= 0.0
        assert org.expertise.max() <= 1.0 + 1e-12
        assert org.expertise.sum(axis=1).max() <= budget + 1e-9
        for values in (ledger.trust, ledger.familiarity, org.bridging):
            assert values.min() >= 0.0
            assert values.max() <= 1.0
        assert ledger.used.max() <= p.ledger_slots
        in_use = np.arange(p.ledger_slots) < ledger.used[:, None]
        assert ((ledger.partner == NOBODY) == ~in_use).all()  # a slot not in use names nobody
        assert (
            ledger.same_sector
            == (model.world.org.sector[ledger.partner] == model.world.org.sector[:, None])
        )[in_use].all()
        assert org.load.max() <= p.capacity
        check_membership(model)


def check_membership(model):
    """Places and members tell the same story, nobody is in a team twice, sizes are allowed."""
    org, seen = model.world.org, np.zeros(model.world.org.load.size, dtype=int)
    for team in model.collaborations:
        rows = [member.row for member in team.members]
        assert len(set(rows)) == len(rows)
        form = model.world.col.form[team.row]
        assert model.world.forms.min_size[form] <= len(rows) <= model.world.forms.max_size[form]
        for row in rows:
            seen[row] += 1
            assert team.row in org.places[row, : org.load[row]].tolist()
    assert (seen == org.load).all()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configurations())
def test_value_is_conserved(config):
    """What organisations earn adds up to the joint value of the round, while nobody is replaced."""
    calm = config.model_copy(
        update={
            "environment": config.environment.model_copy(update={"turnover": 0.0}),
            "run": config.run.model_copy(update={"record_every": 1}),
        }
    )
    model = CollaborationModel(calm)
    for _ in range(calm.run.rounds):
        model.step()
        np.testing.assert_allclose(
            model.world.org.earned.mean(),
            model.rounds_table()["joint_value"][-1],
            rtol=1e-9,
            atol=1e-9,
        )
