"""One run of a classic: a results folder with its rounds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from experiments.configuration import parse_override, refuse_repeated_overrides
from experiments.models.classics import ClassicTarget
from experiments.models.compilation import announce_compilation
from experiments.models.stepping import run_in_steps
from experiments.store.files import (
    create_results_folder,
    start_clock,
    write_manifest,
    write_table,
    write_yaml,
)
from experiments.store.layout import CONFIG_FILE
from sim.classics.classic import ClassicModel, Parameters
from sim.config import LARGEST_SEED
from sim.errors import InputError

SEED_KEY = "seed"


class CompletedClassicRun(NamedTuple):
    """One completed run of a classic.

    Attributes:
        folder: the results folder.
        draft: the folder that holds its files until it is renamed to ``folder``.
        preset: name of the preset that was run.
        seed: seed of the run.
        model: the model after its last round.
    """

    folder: Path
    draft: Path
    preset: str
    seed: int
    model: ClassicModel


@contextmanager
def run_classic_into_folder(
    preset: str, overrides: Sequence[str], out: Path | None, overwrite: bool, command: str
) -> Iterator[CompletedClassicRun]:
    """Run a classic once into a new folder.

    The block of the ``with`` statement may add files to the draft; when it ends without an error,
    the draft becomes the folder.
    """
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
            draft / CONFIG_FILE,
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
    announce_compilation(target)
    model = target.model(parameters, rng=seed)
    run_in_steps(model, parameters.rounds)
    return model
