"""One run of our own model: progress, and a results folder with rounds, events, challenges and moments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from experiments.configuration import load, written
from experiments.console import progress, say
from experiments.interrupts import stop_if_asked
from experiments.models.warming import compile_first
from experiments.store.files import GrowingTable, begin, new_folder, write_manifest, write_table, write_yaml
from experiments.store.folder import refuse_while_used
from experiments.store.moments import Moments
from sim.config import Config
from sim.observation.outcomes import outcomes

if TYPE_CHECKING:
    from sim.model import CollaborationModel

CHUNKS = 50
EVENTS_IN_MEMORY = 100_000  # records that wait before they are written; about 15 MB


class DoneRun(NamedTuple):
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
def single_run(overrides: Sequence[str], out: Path | None, overwrite: bool, command: str) -> Iterator[DoneRun]:
    """Run one configuration into a new folder, which gets its name when the block ends, with what the block adds to it."""
    config = load(overrides)
    folder = out or Path("results") / f"run-{fingerprint(config)}"
    started = begin()
    refuse_while_used(folder)
    with new_folder(folder, overwrite or out is None) as draft:
        model = play(config, draft)
        events = pl.read_parquet(draft / "events.parquet")
        summary = outcomes(model.rounds_table(), events, model.challenges_table(), config.challenge.breadths)
        write_results(model, draft)
        write_manifest(draft, command, config.run.seed, started, kind="run", overrides=list(overrides))
        yield DoneRun(folder, draft, config, summary, len(model.form_names) > 1)


def fingerprint(config: Config) -> str:
    """Return a short name for a configuration: the same configuration, the same name."""
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:10]


def play(config: Config, draft: Path) -> CollaborationModel:
    """Run a model with a progress bar; its events stream to disk."""
    compile_first(say)
    from sim.model import CollaborationModel  # after the announcement: importing is part of the wait

    model, events = CollaborationModel(config), GrowingTable(draft / "events.parquet")
    chunk, moments = max(1, config.run.rounds // CHUNKS), Moments(model)
    with progress("Rounds", config.run.rounds) as bar:
        while model.rounds_played < config.run.rounds:
            stop_if_asked()
            model.run(min(chunk, config.run.rounds - model.rounds_played))
            moments.keep()
            if model.events_waiting() > EVENTS_IN_MEMORY:
                events.append(model.take_events())
            bar.update(bar.task_ids[0], completed=model.rounds_played)
    events.append(model.events_table())
    events.finish()
    moments.write(draft)
    return model


def write_results(model: CollaborationModel, folder: Path) -> None:
    """Write the other tables and the configuration of one run."""
    write_table(model.rounds_table(), folder / "rounds.parquet")
    write_table(model.challenges_table(), folder / "challenges.parquet")
    write_yaml(written(model.config), folder / "config.yaml")
