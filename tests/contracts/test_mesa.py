"""The model does what a Mesa user expects."""

import copy
import gc
import pickle
import pickletools
import weakref

import mesa
import numpy as np
import polars as pl
import pytest

from sim.agents import Collaboration, CollaborationEndedError, Organisation
from sim.config import Config
from sim.errors import InputError
from sim.model import CollaborationModel

SMALL = Config.model_validate(
    {"population": {"organisations": 30}, "imitation": {"rate": 0.1}, "run": {"rounds": 30}}
)


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
    np.testing.assert_allclose(
        organisations.agg("performance", np.mean), model.world.org.performance.mean()
    )
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
        model_reporters={"teams": lambda m: len(m.collaborations)},
        agenttype_reporters={Organisation: {"performance": "performance"}},
    )
    for _ in range(5):
        model.step()
        collector.collect(model)
    frame = collector.get_model_vars_dataframe()
    assert frame["teams"].tolist() == model.rounds_table()["collaborations"].to_list()
    assert len(collector.get_agenttype_vars_dataframe(Organisation)) == 150


@pytest.mark.parametrize("again", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy])
def test_copied_model_goes_on_alike(again):
    model = CollaborationModel(SMALL).run(10)
    assert len(model.agents) > 30
    twin = again(model)
    twin.step()
    assert twin.run().rounds_table().equals(model.run().rounds_table())
    assert len(twin.agents) == len(model.agents)
    assert twin.events_table().equals(model.events_table())
    twin.organisation(0).bridging = 0.123
    assert model.organisation(0).bridging != 0.123
    numbers = {agent.unique_id for agent in twin.agents}
    assert len(numbers) == len(twin.agents)
    assert mesa.Agent(twin).unique_id not in numbers


def test_pickle_holds_no_iterator_of_itertools():
    """Python 3.14 no longer pickles them."""
    model = CollaborationModel(SMALL).run(5)
    mesa.Agent(model)
    names = {
        value for _, value, _ in pickletools.genops(pickle.dumps(model)) if isinstance(value, str)
    }
    assert "mesa.agent" in names  # the names of modules are among what is looked at
    assert not {name for name in names if "itertools" in name}


def test_same_seed_same_run_and_other_seed_other_run():
    other = SMALL.model_copy(update={"run": SMALL.run.model_copy(update={"seed": 2})})
    first, again, second = (
        CollaborationModel(c).run().rounds_table() for c in (SMALL, SMALL, other)
    )
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
    full = (
        CollaborationModel(SMALL)
        .run()
        .rounds_table()
        .filter(pl.col("round").is_in([6, 13, 20, 27]))
    )
    assert table.equals(full)


def test_run_without_a_number_plays_the_rest():
    model = CollaborationModel(SMALL)
    model.step()
    assert model.run().rounds_played == 30
    assert model.run().rounds_played == 30
    assert model.rounds_table().equals(CollaborationModel(SMALL).run().rounds_table())
    assert model.run(2).rounds_played == 32


@pytest.mark.parametrize("rounds", [-3, 1.5, "4", True])
def test_run_refuses_what_is_no_number_of_rounds(rounds):
    model = CollaborationModel(SMALL)
    with pytest.raises(InputError, match=r"run\(.*whole number of rounds"):
        model.run(rounds)
    assert model.rounds_played == 0
    assert model.run(np.int64(2)).rounds_played == 2
    assert model.run(0).rounds_played == 2


def test_summary_before_anything_is_recorded():
    config = SMALL.model_copy(update={"run": SMALL.run.model_copy(update={"record_every": 7})})
    model = CollaborationModel(config)
    for played in (0, 6):
        model.run(played)
        assert model.rounds_table().is_empty()
        with pytest.raises(
            InputError, match=rf"{played} rounds are played and none is recorded.*record_every is 7"
        ):
            model.summary()
    assert model.run(1).summary()["joint_value"] > 0


@pytest.mark.parametrize("play", [lambda model: model.run_model(), lambda model: model.run()])
def test_running_ends_with_the_rounds_of_the_run(play):
    model = CollaborationModel(SMALL)
    model.run(29)
    assert model.running
    play(model)
    assert not model.running
    assert model.steps == model.rounds_played == 30
    model.step()
    assert (model.rounds_played, len(model.rounds_table())) == (31, 31)


class Collecting(CollaborationModel):
    """A user's subclass that collects data every round."""

    def __init__(self, config):
        super().__init__(config)
        self.collector = mesa.DataCollector(
            model_reporters={"teams": lambda model: len(model.collaborations)}
        )

    def step(self):
        super().step()
        self.collector.collect(self)


def test_a_step_of_a_subclass_is_played_by_run():
    model = Collecting(SMALL).run()
    plain = CollaborationModel(SMALL).run()
    assert (
        model.collector.get_model_vars_dataframe()["teams"].tolist()
        == plain.rounds_table()["collaborations"].to_list()
    )
    assert model.rounds_table().equals(plain.rounds_table())
    assert model.steps == model.rounds_played == 30
    model.run(3)
    assert len(model.collector.get_model_vars_dataframe()) == 33


OF_A_RUNNING_ONE = (
    "row",
    "progress",
    "rounds_left",
    "age",
    "quality",
    "expected",
    "surplus",
    "started",
    "form",
    "members",
    "convenor",
    "owner",
)


def test_a_held_collaboration_that_ended_shows_no_other():
    """Whether or not another team runs in its slot by now."""
    model = CollaborationModel(SMALL).run(5)
    held = model.collaborations
    serials = [team.serial for team in held]
    model.run(200)
    ended = [team for team in held if team.ended]
    reused = [
        team for team in ended if team._row in model.world.col.order[: model.world.col.totals[0]]
    ]
    assert ended and reused
    assert [team.serial for team in held] == serials
    running = {team.serial for team in model.collaborations}
    assert all((team.serial in running) != team.ended for team in held)
    for team in ended:
        for name in OF_A_RUNNING_ONE:
            with pytest.raises(
                CollaborationEndedError, match=rf"collaboration {team.serial} ended"
            ):
                getattr(team, name)
        with pytest.raises(CollaborationEndedError):
            team.progress = 3.0
    assert not {team for team in model.agents if isinstance(team, Collaboration) and team.ended}


def test_every_attribute_of_a_collaboration_is_guarded():
    mine = {
        name
        for name, value in vars(Collaboration).items()
        if hasattr(value, "__get__") and not callable(value)
    }
    assert mine - {"ended"} == set(OF_A_RUNNING_ONE)


def test_a_collaboration_says_at_once_that_it_ended():
    """Before anybody takes its slot: with a term of two rounds those of the first round end after
    the second.
    """
    values = SMALL.model_dump()
    values["structure"] |= {"term": 2, "setup_cost": 0.0, "persistence": 1.0, "inertia": 1.0}
    model = CollaborationModel(Config.model_validate(values)).run(1)
    held = model.collaborations
    assert held and not any(team.ended for team in held)
    model.run(1)
    assert all(team.ended for team in held)
    assert any(team._row not in model.world.col.order[: model.world.col.totals[0]] for team in held)


def test_looking_at_collaborations_keeps_no_ended_agents():
    model = CollaborationModel(SMALL)
    for _ in range(100):
        model.step()
        _ = model.collaborations
    assert len(model._agents) <= 30 + 15  # at most a team per pair of organisations


def test_organisations_and_running_collaborations_are_not_removed_by_hand():
    model = CollaborationModel(SMALL).run(10)
    with pytest.raises(
        InputError, match=r"organisation 3 cannot be removed.*environment\.turnover"
    ):
        model.organisation(3).remove()
    team = model.collaborations[0]
    with pytest.raises(
        InputError, match=rf"collaboration {team.serial} cannot be removed.*structure\.term"
    ):
        team.remove()
    with pytest.raises(InputError, match="cannot be removed"):
        model.remove_all_agents()
    assert len(model.agents) == 30 + len(model.collaborations)
    team_of_old = model.run(100).agents_by_type.get(Collaboration, [])
    assert set(team_of_old) == set(model.collaborations)
    assert team.ended
    team.remove()  # an ended one: nothing left to do, as for any agent of Mesa


def test_turnover_goes_on_in_the_same_agent():
    config = Config.model_validate(
        {
            "population": {"organisations": 20},
            "environment": {"turnover": 1.0},
            "run": {"rounds": 3},
        }
    )
    model = CollaborationModel(config)
    agent, core = model.organisation(4), model.organisation(4).core.copy()
    model.run(1)
    assert agent is model.organisation(4)
    assert (agent.earned_total, agent.ledger()) == (0.0, [])
    assert not np.array_equal(agent.core, core)


def test_agents_of_the_user_share_the_numbering_and_release_the_model():
    model = CollaborationModel(SMALL)
    first = mesa.Agent(model)
    _ = model.agents
    second = mesa.Agent(model)
    model.run(10)
    numbers = [agent.unique_id for agent in model.agents]
    assert len(numbers) == 32 + len(model.collaborations)
    assert len(set(numbers)) == len(numbers)
    assert {first, second} <= set(model.agents)
    first.remove()
    assert first not in model.agents
    ghost = weakref.ref(model)
    del model, first, second
    gc.collect()
    assert ghost() is None
