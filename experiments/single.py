"""One run: progress, tables on screen, a results folder with rounds, events, challenges and a figure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.tables import Table
from experiments.configuration import load
from experiments.execute import compile_first
from experiments.screen import progress, say, show
from experiments.store import new_folder, write_manifest, write_table, write_yaml
from sim.config import Config
from sim.measures import MEASURES

if TYPE_CHECKING:
    from sim.model import CollaborationModel

CHUNKS = 50


def run(overrides: Sequence[str], out: Path | None, overwrite: bool, command: Sequence[str]) -> Path:
    """Run one configuration and write its results; return the folder."""
    config = load(overrides)
    folder = out or Path("results") / f"run-{fingerprint(config)}"
    started = datetime.now(UTC)
    with new_folder(folder, overwrite or out is None) as draft:
        model = play(config)
        write_results(model, draft)
        write_manifest(draft, command, config.run.seed, started, kind="run")
    show(summary_table(model))
    say(f"Results in {folder}: rounds, events and challenges (Parquet), run.png, configuration and manifest; `overbruggen figures` adds the PDF.")
    return folder


def fingerprint(config: Config) -> str:
    """Return a short name for a configuration: the same configuration, the same name."""
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:10]


def play(config: Config) -> CollaborationModel:
    """Run a model with a progress bar."""
    compile_first(say)
    from sim.model import CollaborationModel  # after the announcement: importing is part of the wait

    model = CollaborationModel(config)
    chunk = max(1, config.run.rounds // CHUNKS)
    with progress("Rounds", config.run.rounds) as bar:
        while model.rounds_played < config.run.rounds:
            model.run(min(chunk, config.run.rounds - model.rounds_played))
            bar.update(bar.task_ids[0], completed=model.rounds_played)
    return model


def write_results(model: CollaborationModel, folder: Path) -> None:
    """Write tables, configuration and figure of one run."""
    from analysis.figures.style import save
    from analysis.figures.timecourse import run_figure

    rounds = model.rounds_table()
    write_table(rounds, folder / "rounds.parquet")
    write_table(model.events_table(), folder / "events.parquet")
    write_table(model.challenges_table(), folder / "challenges.parquet")
    write_yaml(model.config.model_dump(mode="json"), folder / "config.yaml")
    save(run_figure(rounds), folder / "run", (".png",))  # a PDF costs time; `overbruggen figures` draws it


def summary_table(model: CollaborationModel) -> Table:
    """Return the measures of a run with their units."""
    summary = model.summary()
    names = [name for name in summary if not name.endswith("_end")]
    rows = [
        (name, f"{summary[name]:.4f}", f"{summary[f'{name}_end']:.4f}", MEASURES[name].unit if name in MEASURES else "own measure or network")
        for name in names
    ]
    title = f"{model.config.structure.name}, seed {model.config.run.seed}: means over rounds"
    return Table(title, ("measure", "all rounds", "last quarter", "unit"), rows, "One run is one piece of luck: use a study for findings.")
