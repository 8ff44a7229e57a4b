"""Persons who decide for an organisation: what they decide is done, nothing else of the rules
changes, and it replays to the bit.
"""

import copy

import numpy as np
import pytest

from sim.config import Config
from sim.errors import InputError
from sim.interactive.decisions import Decision
from sim.model import CollaborationModel
from sim.presets import load_structure

ROUNDS = 25


def config(structure="alliance", **groups):
    values = {
        "population": {"organisations": 40},
        "structure": load_structure(structure).model_dump(),
        "imitation": {"rate": 0.2},
    }
    values["run"] = {"seed": 5}
    return Config.model_validate(
        {name: values.get(name, {}) | groups.get(name, {}) for name in {*values, *groups}}
    )


def still():
    """A world in which expertise changes by copying alone."""
    return config(learning={"practice": 0.0, "identity": 0.0}, environment={"turbulence": 0.0})


def played(settings, rounds=ROUNDS):
    return CollaborationModel(settings).run(rounds)


def state(model):
    """Every array of the state, but for working space."""
    world = model.world
    return {
        f"{title}.{name}": array.copy()
        for title in ("org", "ledger", "col", "around")
        for name, array in getattr(world, title)._asdict().items()
    }


def assert_same(one, other):
    for name, array in state(one).items():
        np.testing.assert_array_equal(array, state(other)[name], err_msg=name)


def in_a_team(model):
    """An organisation that is in a team but does not convene it, and its team."""
    team = next(team for team in model.collaborations if len(team.members) > 2)
    return team.members[1].row, team


@pytest.mark.parametrize("structure", ["alliance", "network", "movement"])
def test_a_round_in_which_nobody_decides_is_a_round_by_the_rules(structure):
    one, other = CollaborationModel(config(structure)), CollaborationModel(config(structure))
    for _ in range(ROUNDS):
        one.step()
        other.step_decided({})
    assert_same(one, other)
    assert one.rounds_table().equals(other.rounds_table())


def test_decisions_replay_to_the_bit():
    def play():
        model = played(config(), 10)
        told = []
        for now in range(15):
            told.append(
                model.step_decided(
                    {
                        0: Decision(meet=(now + 1,), invite=(now, now + 1) if now else (1,)),
                        7: Decision(accepts=False),
                    }
                )[1]
            )
        return model, told

    one, other = play(), play()
    assert one[1] == other[1]
    assert_same(one[0], other[0])


def test_a_person_who_decides_nothing_meets_nobody_copies_nobody_and_stays():
    model = played(still())
    i, team = in_a_team(model)
    model.world.col.gain[team.row, 1] = -1.0  # by the rules it would leave, but for inertia
    before, met = model.organisation(i).expertise.copy(), model.world.ledger.meetings[i].sum()
    _, told = model.step_decided({i: Decision()})
    assert told == {i: {}}
    np.testing.assert_array_equal(model.organisation(i).expertise, before)
    if not team.ended:
        assert i in [member.row for member in team.members]
    assert model.world.ledger.meetings[i].sum() - met == len(
        [1 for one in model.world.ledger.last_worked[i] if one == ROUNDS]
    )  # by working together


def test_meeting_opens_a_slot_at_a_cost():
    """Beside one who meets nobody, else equal: the ledger knows the one met, and the round earned
    less by the cost.
    """
    settings = config(search={"cost": 0.25})
    met, not_met = CollaborationModel(settings), CollaborationModel(settings)
    nobody = {i: Decision() for i in range(40)}
    not_met.step_decided(nobody)
    met.step_decided(nobody | {3: Decision(meet=(9, 4))})
    assert [known["partner"].row for known in met.organisation(3).ledger()] == [9, 4]
    assert met.organisation(3).earned_total == pytest.approx(
        not_met.organisation(3).earned_total - 0.5, abs=1e-12
    )


def whom_it_met(before, after, i):
    """The one meeting of an organisation in a round, from its ledger; working together counts as a
    meeting of its own.
    """
    now = after.rounds_played - 1
    earlier = {known["partner"].row: known["meetings"] for known in before.organisation(i).ledger()}
    worked = after.world.ledger.last_worked[i] == now
    rows = [
        (k["partner"].row, k["meetings"] - earlier.get(k["partner"].row, 0) - worked[s])
        for s, k in enumerate(after.organisation(i).ledger())
    ]
    return tuple(j for j, grown in rows if grown == 1)


def test_a_person_who_meets_and_invites_as_the_rule_would_gets_what_the_rule_gets():
    """One organisation searches, all others are persons that wait: by rule, and by the same choices
    made by a person.
    """
    settings, seen = config(search={"meetings": 1}), 0
    for rounds, i in ((rounds, i) for rounds in range(1, 13) for i in range(40)):
        start = played(settings, rounds)
        others = {j: Decision() for j in range(40) if j != i}
        ruled, person = copy.deepcopy(start), copy.deepcopy(start)
        ruled.change(
            settings.model_copy(
                update={"imitation": settings.imitation.model_copy(update={"rate": 0.0})}
            )
        )
        ruled.step_decided(others)
        begun = [
            team
            for team in ruled.collaborations
            if team.started == rounds and team.convenor.row == i
        ]
        if not begun:
            continue
        invited = tuple(member.row for member in begun[0].members[1:])
        _, told = person.step_decided(
            others | {i: Decision(meet=whom_it_met(start, ruled, i), invite=invited)}
        )
        assert told[i] == {"meet": "done", "invite": "done"}
        mine, theirs = state(person), state(ruled)
        for name in ("members", "expected", "weight", "surplus", "quality", "gain", "repeat_share"):
            np.testing.assert_array_equal(mine[f"col.{name}"], theirs[f"col.{name}"], err_msg=name)
        for name in (
            "org.load",
            "org.earned_total",
            "ledger.meetings",
            "ledger.joint",
            "ledger.trust",
            "ledger.familiarity",
        ):
            np.testing.assert_array_equal(mine[name], theirs[name], err_msg=name)
        seen += 1
    assert seen >= 5


def test_a_person_who_joins_as_the_rule_would_gets_what_the_rule_gets():
    """In an open form, with nobody able to begin a team of its own."""
    settings, seen = config("movement", imitation={"rate": 0.0}), 0
    for i in range(40):
        start = played(settings, 15)
        start.change(
            settings.model_copy(
                update={"search": settings.search.model_copy(update={"meetings": 0})}
            )
        )
        others = {j: Decision(accepts=False) for j in range(40) if j != i}
        ruled, person = copy.deepcopy(start), copy.deepcopy(start)
        ruled.step_decided(others)
        teams = [
            team for team in ruled.collaborations if i in [member.row for member in team.members]
        ]
        was_in = [team.serial for team in start.organisation(i).collaborations]
        joined = [
            team.serial for team in teams if team.serial not in was_in and team.convenor.row != i
        ]
        if not joined:
            continue
        _, told = person.step_decided(others | {i: Decision(join=joined[0])})
        assert told[i] == {"join": "done"}
        mine, theirs = state(person), state(ruled)
        for name in ("col.members", "col.expected", "col.weight", "org.load", "ledger.joint"):
            np.testing.assert_array_equal(mine[name], theirs[name], err_msg=name)
        seen += 1
    assert seen >= 2


def test_a_person_who_declines_is_in_no_new_team_and_one_who_accepts_may_be():
    count = {}
    for accepts in (True, False):
        model = CollaborationModel(config())
        for _ in range(ROUNDS):
            model.step_decided({i: Decision(accepts=accepts) for i in range(10)})
        count[accepts] = int((model.world.org.load[:10] > 0).sum())
    assert count[False] == 0 < count[True]


def test_leaving_is_done_when_the_round_ends_and_no_other_time():
    model = played(config())
    i, team = in_a_team(model)
    _, told = model.step_decided({i: Decision(leave=team.serial)})
    assert told[i] == {"leave": "done"}
    assert team.ended or i not in [member.row for member in team.members]
    _, told = model.step_decided({i: Decision(leave=team.serial)})
    assert told[i] == {"leave": "impossible"}


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_copying_takes_over_one_skill_of_a_team_mate_as_before_the_round(rate):
    settings = still().model_copy(
        update={
            "imitation": still().imitation.model_copy(update={"rate": rate, "upward_only": False})
        }
    )
    model = played(settings)
    i, team = in_a_team(model)
    j = team.members[0].row
    mine, theirs = model.organisation(i).expertise.copy(), model.organisation(j).expertise.copy()
    domain = int(np.argmin(theirs - mine))  # where it loses most, so that the budget does not bind
    copies, told = model.step_decided({i: Decision(copy=(j, domain))})
    assert told[i] == {"copy": "done"} and [i, j] in copies.tolist()
    mine[domain] += settings.imitation.strength * (theirs[domain] - mine[domain])
    np.testing.assert_allclose(model.organisation(i).expertise, mine, rtol=0, atol=1e-15)


def test_what_cannot_be_done_is_said_and_not_done():
    model = played(config())
    stranger = next(
        j
        for j in range(1, 40)
        if all(
            j not in [member.row for member in team.members]
            for team in model.organisation(0).collaborations
        )
    )
    _, told = model.step_decided({0: Decision(join=10_000, copy=(stranger, 0), leave=10_000)})
    assert told[0] == {"join": "impossible", "copy": "impossible", "leave": "impossible"}


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (Decision(meet=(40,)), "organisation 40 is not there"),
        (Decision(meet=(0,)), "names itself"),
        (Decision(invite=(3, 3)), "somebody twice"),
        (Decision(meet=tuple(range(1, 30))), "29 meetings"),
        (Decision(copy=(1, 12)), "domain 12 is not there"),
    ],
)
def test_a_decision_that_names_what_is_not_there_is_refused_and_nothing_is_played(
    decision, sentence
):
    model = CollaborationModel(config())
    with pytest.raises(InputError, match=sentence):
        model.step_decided({0: decision})
    assert model.rounds_played == 0
