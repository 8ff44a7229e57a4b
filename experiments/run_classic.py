"""One run of a classic: progress, and a results folder with its rounds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from experiments.configuration import parse_override, refuse_repeated_overrides
from experiments.console import print_text, show_progress
from experiments.interrupts import raise_if_interrupted
from experiments.models.classics import ClassicTarget
from experiments.store.files import (
    create_results_folder,
    start_clock,
    write_manifest,
    write_table,
    write_yaml,
)
from sim.classics.classic import ClassicModel, Parameters
from sim.config import LARGEST_SEED
from sim.errors import InputError

CLASSIC_PROGRESS_STEPS = 50
SEED_KEY = "seed"


class CompletedClassicRun(NamedTuple):
    """One run of a classic that was done: where it goes, where it lies until it is whole, and the model."""

    folder: Path
    draft: Path
    preset: str
    seed: int
    model: ClassicModel


@contextmanager
def run_classic_into_folder(
    preset: str, overrides: Sequence[str], out: Path | None, overwrite: bool, command: str
) -> Iterator[CompletedClassicRun]:
    """Run a classic once into a new folder, which gets its name when the block ends, with what the block adds to it."""
    target = ClassicTarget(preset)
    parameters, seed = read_classic_settings(target, overrides)
    name = hashlib.sha256(f"{preset} {seed} {parameters.model_dump_json()}".encode()).hexdigest()[
        :10
    ]
    folder = out or Path("results") / f"run-{name}"
    started = start_clock()
    with create_results_folder(folder, overwrite or out is None) as draft:
        model = run_classic_with_progress(target, parameters, seed)
        write_table(model.rounds_table(), draft / "rounds.parquet")
        write_yaml(
            {"model": preset, **parameters.model_dump(mode="json"), SEED_KEY: seed},
            draft / "config.yaml",
        )
        write_manifest(
            draft, command, seed, started, kind="run", overrides=list(overrides), model=preset
        )
        yield CompletedClassicRun(folder, draft, preset, seed, model)


def read_classic_settings(
    target: ClassicTarget, overrides: Sequence[str]
) -> tuple[Parameters, int]:
    """Return checked parameters and the seed."""
    refuse_repeated_overrides(overrides)
    settings = {}
    for text in overrides:
        override = parse_override(text)
        if override.several:
            raise InputError(
                f"{text} gives several values and a run takes one; `overbruggen study"
                f" model={target.preset} {text}` runs them all"
            )
        settings[override.key] = override.values[0]
    seed = settings.pop(SEED_KEY, 1)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"{SEED_KEY} is {seed}; allowed: 0 to {LARGEST_SEED:,}")
    return target.check_parameters(settings), seed


def run_classic_with_progress(
    target: ClassicTarget, parameters: Parameters, seed: int
) -> ClassicModel:
    """Run a classic with a progress bar."""
    if not target.is_compiled:
        print_text(
            f"Compiling {target.preset} once on this machine (some seconds); later runs start at"
            " once."
        )
    model = target.model(parameters, rng=seed)
    chunk = max(1, parameters.rounds // CLASSIC_PROGRESS_STEPS)
    with show_progress("Rounds", parameters.rounds) as bar:
        while model.running and model.rounds_played < parameters.rounds:
            raise_if_interrupted()
            model.run(min(chunk, parameters.rounds - model.rounds_played))
            bar.update(bar.task_ids[0], completed=model.rounds_played)
    return model
