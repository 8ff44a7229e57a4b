"""One run of our own model: progress, and a results folder with rounds, events, challenges and moments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from experiments.configuration import dump_config, load_config
from experiments.console import print_text, show_progress
from experiments.interrupts import raise_if_interrupted
from experiments.models.compilation import compile_model_once
from experiments.store.files import (
    GrowingTable,
    create_results_folder,
    start_clock,
    write_manifest,
    write_table,
    write_yaml,
)
from experiments.store.folder import refuse_folder_in_use
from experiments.store.snapshots import RunSnapshots
from sim.config import Config
from sim.observation.outcomes import compute_outcomes

if TYPE_CHECKING:
    from sim.model import CollaborationModel

PROGRESS_STEPS = 50
EVENTS_IN_MEMORY = 100_000  # records that wait before they are written; about 15 MB


class CompletedRun(NamedTuple):
    """One run that was done: where it goes, where it lies until it is whole, what was run and what it came to.

    Attributes:
        folder: the results folder.
        draft: its files, until the folder is given its name.
        config: what was run.
        summary: measures and outcomes by name.
        mixed: whether the population mixes forms.
    """

    folder: Path
    draft: Path
    config: Config
    summary: dict[str, float]
    mixed: bool


@contextmanager
def run_model_into_folder(
    overrides: Sequence[str], out: Path | None, overwrite: bool, command: str
) -> Iterator[CompletedRun]:
    """Run one configuration into a new folder, which gets its name when the block ends, with what the block adds to it."""
    config = load_config(overrides)
    folder = out or Path("results") / f"run-{hash_config(config)}"
    started = start_clock()
    refuse_folder_in_use(folder)
    with create_results_folder(folder, overwrite or out is None) as draft:
        model = run_model_with_progress(config, draft)
        events = pl.read_parquet(draft / "events.parquet")
        summary = compute_outcomes(
            model.rounds_table(), events, model.challenges_table(), config.challenge.breadths
        )
        write_run_results(model, draft)
        write_manifest(
            draft, command, config.run.seed, started, kind="run", overrides=list(overrides)
        )
        yield CompletedRun(folder, draft, config, summary, len(model.form_names) > 1)


def hash_config(config: Config) -> str:
    """Return a short name for a configuration: the same configuration, the same name."""
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:10]


def run_model_with_progress(config: Config, draft: Path) -> CollaborationModel:
    """Run a model with a progress bar; its events stream to disk."""
    compile_model_once(print_text)
    from sim.model import (
        CollaborationModel,
    )  # after the announcement: importing is part of the wait

    model, events = CollaborationModel(config), GrowingTable(draft / "events.parquet")
    chunk, moments = max(1, config.run.rounds // PROGRESS_STEPS), RunSnapshots(model)
    with show_progress("Rounds", config.run.rounds) as bar:
        while model.rounds_played < config.run.rounds:
            raise_if_interrupted()
            model.run(min(chunk, config.run.rounds - model.rounds_played))
            moments.record_members()
            if model.events_waiting() > EVENTS_IN_MEMORY:
                events.append(model.take_events())
            bar.update(bar.task_ids[0], completed=model.rounds_played)
    events.append(model.events_table())
    events.finish()
    moments.write(draft)
    return model


def write_run_results(model: CollaborationModel, folder: Path) -> None:
    """Write the other tables and the configuration of one run."""
    write_table(model.rounds_table(), folder / "rounds.parquet")
    write_table(model.challenges_table(), folder / "challenges.parquet")
    write_yaml(dump_config(model.config), folder / "config.yaml")
