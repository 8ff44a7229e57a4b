"""The model does what a Mesa user expects."""

import gc
import pickle
import weakref

import mesa
import numpy as np
import polars as pl
import pytest

from sim.agents import Collaboration, Organisation
from sim.config import Config
from sim.model import CollaborationModel

SMALL = Config.model_validate({"population": {"organisations": 30}, "imitation": {"rate": 0.1}, "run": {"rounds": 30}})


def test_run_equals_step_and_chunks():
    ran = CollaborationModel(SMALL).run()
    stepped, chunked = CollaborationModel(SMALL), CollaborationModel(SMALL)
    for _ in range(30):
        stepped.step()
    chunked.run(7).run(23)
    for other in (stepped, chunked):
        assert ran.rounds_table().equals(other.rounds_table())
        assert ran.events_table().equals(other.events_table())
    assert stepped.steps == ran.steps == 30


def test_agents_are_views_of_rows():
    model = CollaborationModel(SMALL).run(10)
    assert isinstance(model, mesa.Model)
    organisations = model.agents_by_type[Organisation]
    assert len(organisations) == 30
    assert len(model.agents_by_type.get(Collaboration, [])) == len(model.collaborations) > 0
    busy = model.agents.select(lambda agent: isinstance(agent, Organisation) and not agent.is_free)
    members = {member for team in model.collaborations for member in team.members}
    assert set(busy) == members
    np.testing.assert_allclose(organisations.agg("performance", np.mean), model.world.org.performance.mean())
    agent = model.organisation(3)
    agent.bridging = 0.9
    assert model.world.org.bridging[3] == 0.9
    assert agent.requirement.sum() == pytest.approx(1.0)
    assert agent.sector in SMALL.population.sectors


def test_ended_collaborations_leave_the_model():
    model = CollaborationModel(SMALL).run(5)
    first = set(model.agents_by_type[Collaboration])
    model.run(25)
    assert len(model.agents) == 30 + len(model.collaborations)
    assert first - set(model.agents_by_type[Collaboration])


def test_data_collector():
    model = CollaborationModel(SMALL)
    collector = mesa.DataCollector(
        model_reporters={"teams": lambda m: len(m.collaborations)}, agenttype_reporters={Organisation: {"performance": "performance"}}
    )
    for _ in range(5):
        model.step()
        collector.collect(model)
    frame = collector.get_model_vars_dataframe()
    assert frame["teams"].tolist() == model.rounds_table()["collaborations"].to_list()
    assert len(collector.get_agenttype_vars_dataframe(Organisation)) == 150


def test_pickled_model_goes_on_alike():
    model = CollaborationModel(SMALL).run(10)
    assert len(model.agents) > 30
    copy = pickle.loads(pickle.dumps(model))
    assert copy.run(20).rounds_table().equals(model.run(20).rounds_table())
    assert len(copy.agents) == len(model.agents)


def test_same_seed_same_run_and_other_seed_other_run():
    other = SMALL.model_copy(update={"run": SMALL.run.model_copy(update={"seed": 2})})
    first, again, second = (CollaborationModel(c).run().rounds_table() for c in (SMALL, SMALL, other))
    assert first.equals(again)
    assert not first.equals(second)


def test_models_are_released():
    model = CollaborationModel(SMALL).run(3)
    assert len(model.agents) > 0
    ghost = weakref.ref(model)
    del model
    gc.collect()
    assert ghost() is None


def test_recording_every_few_rounds():
    config = SMALL.model_copy(update={"run": SMALL.run.model_copy(update={"record_every": 7})})
    table = CollaborationModel(config).run().rounds_table()
    assert table["round"].to_list() == [6, 13, 20, 27]
    full = CollaborationModel(SMALL).run().rounds_table().filter(pl.col("round").is_in([6, 13, 20, 27]))
    assert table.equals(full)
