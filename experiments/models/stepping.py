"""Run a model some rounds at a time, with a progress bar and a chance to stop in between."""

from __future__ import annotations

from collections.abc import Callable

from experiments.console import show_progress
from experiments.interrupts import raise_if_interrupted
from sim.classics.classic import ClassicModel
from sim.model import CollaborationModel

PROGRESS_STEPS = 50


def run_in_steps(
    model: CollaborationModel | ClassicModel,
    rounds: int,
    after_step: Callable[[], None] = lambda: None,
) -> None:
    """Run a model until it has played its rounds or stops, and call a function after each step."""
    step = max(1, rounds // PROGRESS_STEPS)
    with show_progress("Rounds", rounds) as bar:
        while model.running and model.rounds_played < rounds:
            raise_if_interrupted()
            model.run(min(step, rounds - model.rounds_played))
            after_step()
            bar.update(bar.task_ids[0], completed=model.rounds_played)
