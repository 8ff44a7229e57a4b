"""One run: progress, tables on screen, a results folder with rounds, events, challenges, moments and a figure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from analysis.tables import Table
from experiments.configuration import load, written
from experiments.exhibits import CHEAP, circumstances, write_exhibit
from experiments.folder import refuse_while_used
from experiments.interrupts import stop_if_asked
from experiments.manifest import read_manifest
from experiments.moments import Moments
from experiments.screen import progress, say, show
from experiments.store import GrowingTable, begin, new_folder, write_manifest, write_table, write_yaml
from experiments.warming import compile_first
from sim.config import Config
from sim.measures import MEASURES
from sim.outcomes import OUTCOMES, by_form, outcomes

if TYPE_CHECKING:
    from sim.model import CollaborationModel

CHUNKS = 50
EVENTS_IN_MEMORY = 100_000  # records that wait before they are written; about 15 MB


def run(overrides: Sequence[str], out: Path | None, overwrite: bool, command: str) -> Path:
    """Run one configuration and write its results; return the folder."""
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
        draw(model, draft)
    show(summary_table(config, summary))
    if len(model.form_names) > 1:
        show(form_table(events))
    say(
        f"Results in {folder}: rounds, events, challenges and moments (Parquet), run.png with caption and table, configuration and manifest; "
        f"`overbruggen figures {folder}` adds PDF and SVG, and with --kind network, animation, space or distributions other figures."
    )
    return folder


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


def draw(model: CollaborationModel, folder: Path) -> None:
    """Draw the course of one run into its folder, which has its manifest already."""
    from analysis.figures.one_run import run_exhibit

    write_exhibit(run_exhibit(model.rounds_table()), folder, circumstances(read_manifest(folder)), CHEAP)


def summary_table(config: Config, summary: dict[str, float]) -> Table:
    """Return the measures of a run with their units."""
    names = [name for name in summary if not name.endswith("_end")]
    rows = [(name, number(summary[name]), number(summary.get(f"{name}_end")), unit_of(name)) for name in names]
    title = f"{config.structure.name}, seed {config.run.seed}: what the run came to"
    return Table(title, ("measure", "all rounds", "last quarter", "unit"), rows, "One run is one piece of luck: use a study for findings.")


def unit_of(name: str) -> str:
    """Return the unit of a measure or outcome, short enough for a terminal of 80 columns."""
    known = MEASURES.get(name) or OUTCOMES.get(name)
    return known.unit.replace("organisation", "org.") if known else "own measure or network"


def number(value: float | None) -> str:
    """Return a number in a table; nothing for what does not occur or is not measured."""
    return "" if value is None or value != value else f"{value:.4f}"


def form_table(events: pl.DataFrame) -> Table:
    """Return what collaborations came to under each form of a population that mixes forms."""
    forms = by_form(events).sort("form").rename({"collaborations": "number", "team_size": "size"})
    rows = [(row[0], str(row[1]), *map(number, row[2:])) for row in forms.iter_rows()]
    return Table("By form of the collaboration", tuple(forms.columns), rows, "Value and synergy per member and round; lifetime: median rounds.")
