"""One run of the collaboration model: a results folder with rounds, events and snapshots."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from experiments.configuration import dump_config, load_config
from experiments.models.collaboration import CollaborationTarget
from experiments.models.compilation import compile_once
from experiments.store.files import (
    GrowingTable,
    create_results_folder,
    start_clock,
    write_manifest,
    write_table,
    write_yaml,
)
from experiments.store.folder import refuse_folder_in_use
from experiments.store.layout import CONFIG_FILE
from experiments.store.snapshots import RunSnapshots
from sim.config import Config
from sim.observation.outcomes import compute_outcomes

if TYPE_CHECKING:
    from sim.model import CollaborationModel

EVENTS_IN_MEMORY = 100_000  # records that wait before they are written; about 15 MB


class CompletedRun(NamedTuple):
    """One completed run.

    Attributes:
        folder: the results folder.
        draft: the folder that holds its files until it is renamed to ``folder``.
        config: the configuration that was run.
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
    """Run one configuration into a new folder.

    The block of the ``with`` statement may add files to the draft; when it ends without an error,
    the draft becomes the folder.
    """
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
    """Run a model with a progress bar; its events are written to disk while it runs."""
    compile_once(CollaborationTarget())
    # Imported after the announcement, because importing the model is part of the wait.
    from experiments.models.stepping import run_in_steps
    from sim.model import CollaborationModel

    model, events = CollaborationModel(config), GrowingTable(draft / "events.parquet")
    snapshots = RunSnapshots(model)

    def record_step() -> None:
        snapshots.record_members()
        if model.events_waiting() > EVENTS_IN_MEMORY:
            events.append(model.take_events())

    run_in_steps(model, config.run.rounds, record_step)
    events.append(model.events_table())
    events.finish()
    snapshots.write(draft)
    return model


def write_run_results(model: CollaborationModel, folder: Path) -> None:
    """Write the other tables and the configuration of one run."""
    write_table(model.rounds_table(), folder / "rounds.parquet")
    write_table(model.challenges_table(), folder / "challenges.parquet")
    write_yaml(dump_config(model.config), folder / CONFIG_FILE)
