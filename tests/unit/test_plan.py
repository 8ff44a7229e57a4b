"""The order in which a plan's runs are done."""

from experiments.design.plan import POINTS_PER_TURN, Plan
from experiments.models.classics import ClassicTarget

POINTS = POINTS_PER_TURN + 6


def plan():
    return Plan(
        ClassicTarget("march_1991"),
        [{"p1": point / POINTS} for point in range(POINTS)],
        seed=1,
        common=True,
    )


def test_runs_are_done_in_turns_each_once():
    first, last = [point % 3 for point in range(POINTS)], [1 + point % 5 for point in range(POINTS)]
    in_turns = list(plan().walk_in_turns(first, last))
    assert sorted(in_turns, key=lambda run: (run.point, run.replicate)) == list(
        plan().walk_runs(first, last)
    )
    assert len(set(in_turns)) == len(in_turns)


def test_replicate_after_replicate_of_some_points():
    done = [(run.point, run.replicate) for run in plan().walk_in_turns([0] * POINTS, [2] * POINTS)]
    together = [(point, replicate) for replicate in range(2) for point in range(POINTS_PER_TURN)]
    assert done == together + [
        (point, replicate) for replicate in range(2) for point in range(POINTS_PER_TURN, POINTS)
    ]


def test_a_plan_without_points_has_no_runs():
    assert (
        list(Plan(ClassicTarget("march_1991"), [], seed=1, common=True).walk_in_turns([], [])) == []
    )
