"""Worker processes stay between batches of runs, also when some of them die in between."""

import os
import signal

from experiments.design import load_study
from experiments.design.recorded_study import plan_study
from experiments.execution.engines import PoolEngine, Task
from experiments.execution.restart import RestartingEngine
from experiments.models.target import RecordingOptions
from tests.studies import study_file


def tasks_of(folder, first, last):
    """Return the tasks of one point from replicate `first` to before `last`."""
    plan, _ = plan_study(load_study(str(study_file(folder, {"pause": [0.05]}, replicates=last))))
    return [
        Task(run.id, plan.target, plan.settle_point(0), run.seed, RecordingOptions())
        for run in plan.walk_runs([first], [last])
    ]


def workers_of(pool):
    """Return the ids of the worker processes of a pool."""
    return {pool._processes.submit_call(os.getpid).result() for _ in range(20)}


def test_workers_stay_between_batches_and_are_replaced_when_they_die_meanwhile(tmp_path):
    with PoolEngine(2) as pool:
        engine = RestartingEngine(pool)
        first = [outcome.status for outcome in engine.run_tasks(tasks_of(tmp_path, 0, 8))]
        before = workers_of(pool)
        second = [outcome.status for outcome in engine.run_tasks(tasks_of(tmp_path, 8, 16))]
        assert (set(first), set(second)) == ({"done"}, {"done"})
        assert workers_of(pool) & before  # the same processes, not new ones
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        third = {
            outcome.task.run: outcome.status
            for outcome in engine.run_tasks(tasks_of(tmp_path, 16, 24))
        }
        assert list(third.values()) == ["done"] * 8
