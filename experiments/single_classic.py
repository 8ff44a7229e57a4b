"""One run of a classic: a table on screen, a results folder with rounds and a figure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from analysis.figures.exhibit import Exhibit
from analysis.figures.style import PAGE, Page
from analysis.figures.timecourse import time_course
from analysis.tables import Table
from experiments.classics import ClassicTarget, read_preset
from experiments.configuration import parse_override, refuse_twice
from experiments.exhibits import CHEAP, circumstances, write_exhibit
from experiments.interrupts import stop_if_asked
from experiments.labels import labels
from experiments.manifest import read_manifest
from experiments.screen import progress, say, show
from experiments.store import begin, new_folder, write_manifest, write_table, write_yaml
from sim.classics.classic import ClassicModel, Parameters
from sim.config import LARGEST_SEED
from sim.errors import InputError

CHUNKS = 50
SEED = "seed"


def run_classic(preset: str, overrides: Sequence[str], out: Path | None, overwrite: bool, command: str) -> Path:
    """Run a classic once and write its results; return the folder."""
    target = ClassicTarget(preset)
    parameters, seed = read(target, overrides)
    name = hashlib.sha256(f"{preset} {seed} {parameters.model_dump_json()}".encode()).hexdigest()[:10]
    folder = out or Path("results") / f"run-{name}"
    started = begin()
    with new_folder(folder, overwrite or out is None) as draft:
        model = play(target, parameters, seed)
        write_table(model.rounds_table(), draft / "rounds.parquet")
        write_yaml({"model": preset, **parameters.model_dump(mode="json"), SEED: seed}, draft / "config.yaml")
        write_manifest(draft, command, seed, started, kind="run", overrides=list(overrides), model=preset)
        write_exhibit(course(model.rounds_table(), preset), draft, circumstances(read_manifest(draft)), CHEAP)
    show(summary_table(model, preset, seed))
    say(f"Results in {folder}: rounds (Parquet), run.png with caption and table, configuration and manifest.")
    return folder


def read(target: ClassicTarget, overrides: Sequence[str]) -> tuple[Parameters, int]:
    """Return checked parameters and the seed."""
    refuse_twice(overrides)
    settings = {}
    for text in overrides:
        override = parse_override(text)
        if override.several:
            raise InputError(f"{text} gives several values and a run takes one; `overbruggen study model={target.preset} {text}` runs them all")
        settings[override.key] = override.values[0]
    seed = settings.pop(SEED, 1)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"{SEED} is {seed}; allowed: 0 to {LARGEST_SEED:,}")
    return target.checked(settings), seed


def play(target: ClassicTarget, parameters: Parameters, seed: int) -> ClassicModel:
    """Run a classic with a progress bar."""
    if not target.is_compiled:
        say(f"Compiling {target.preset} once on this machine (some seconds); later runs start at once.")
    model = target.model(parameters, rng=seed)
    chunk = max(1, parameters.rounds // CHUNKS)
    with progress("Rounds", parameters.rounds) as bar:
        while model.running and model.rounds_played < parameters.rounds:
            stop_if_asked()
            model.run(min(chunk, parameters.rounds - model.rounds_played))
            bar.update(bar.task_ids[0], completed=model.rounds_played)
    return model


def course(rounds: pl.DataFrame, preset: str, page: Page = PAGE) -> Exhibit:
    """Draw the course of all measures that vary."""
    measures = [name for name in rounds.columns if name != "round" and rounds[name].is_finite().any() and rounds[name].n_unique() > 1]
    if not measures:
        raise InputError(f"{preset}: nothing changed in this run, so there is no course to draw; give it more rounds or other parameters")
    drawn = time_course(rounds.with_columns(replicate=0), measures, labels=labels(preset), page=page)
    return drawn._replace(name="run")


def summary_table(model: ClassicModel, preset: str, seed: int) -> Table:
    """Return the measures of a run at its end and on average, with their units."""
    found = model.summary()
    rows = [(name, f"{found[name]:.4f}", f"{found[f'{name}_mean']:.4f}", m.unit) for name, m in model.MEASURES.items()]
    title = f"{preset}, seed {seed}: what the run came to"
    note = f"`overbruggen describe {read_preset(preset)[0]}` says what they mean. One run is one piece of luck: use a study for findings."
    return Table(title, ("measure", "at the end", "all rounds", "unit"), rows, note)
