"""The collaboration model as a target of studies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from experiments.configuration import ConfigValues, compose_values, dump_config, validate_config
from experiments.models.fingerprint import (
    compute_digests,
    compute_model_fingerprint,
    compute_short_hash,
    strip_source,
)
from experiments.models.isolation import isolate_run
from experiments.models.target import RecordingOptions, RunResult, thin_rounds
from sim.config import Config
from sim.errors import InputError
from sim.presets import find_configs_folder

FILES_KEY = "files"


@dataclass(frozen=True)
class CollaborationTarget:
    """The collaboration model.

    Args:
        overrides: presets and parameters that are the same at every point, as on the command line.
    """

    overrides: tuple[str, ...] = ()

    @property
    def may_be_undefined(self) -> frozenset[str]:
        """Outcomes of what need not occur in a run."""
        return _list_undefined_outcomes()

    def compute_version(self) -> str:
        """Return the fingerprint of the sim package and of the forms that a mix may name.

        Classics do not belong to it.
        """
        return compute_model_fingerprint(self.list_parts())

    def list_parts(self) -> list[bytes]:
        """Return the parts of the fingerprint: code by path, and forms by name."""
        # Imported here: it imports Numba, which a worker with a Mesa model does not need.
        from sim.runtime.compilation import list_model_sources

        forms = sorted((find_configs_folder() / "structure").glob("*.yaml"))
        code = [
            f"{path.parent.name}/{path.name}".encode() + strip_source(path.read_bytes())
            for path in list_model_sources()
        ]
        return [
            *code,
            *(f"structure/{path.name}".encode() + format_canonical_yaml(path) for path in forms),
        ]

    def settle(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Compose presets, set parameters, and check that the model can be built."""
        if "run.seed" in settings:
            raise InputError(
                "run.seed comes from the study, which gives every replicate its own; remove it and"
                " set the seed of the study"
            )
        presets = tuple(f"{path}={value}" for path, value in settings.items() if "." not in path)
        values = deepcopy(_compose_once((*presets, *self.overrides)))
        for path, value in settings.items():
            if "." in path:
                _set_parameter(values, path, deepcopy(value))
        config = validate_config(values)
        _check_buildable(json.dumps(dump_config(config, _BUILT_FROM)))
        parameters = dump_config(config)
        del parameters["run"]["seed"]
        files = _hash_named_files(config)
        return parameters | ({FILES_KEY: files} if files else {})

    @property
    def is_compiled(self) -> bool:
        """Whether its kernels are already compiled on this machine."""
        from sim.runtime.compilation import is_model_compiled

        return is_model_compiled()

    def warm_up(self) -> None:
        """Import the model, and compile or load its kernels."""
        from sim.model import CollaborationModel

        CollaborationModel(
            Config.model_validate({"run": {"rounds": 1}, "population": {"organisations": 4}})
        ).run()

    def shorten(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Set the rounds to one."""
        return {**parameters, "run": {**parameters["run"], "rounds": 1}}

    def run(
        self, parameters: Mapping[str, Any], seed: int, recording: RecordingOptions
    ) -> RunResult:
        """Run the model once."""
        from sim.model import CollaborationModel

        values = {group: part for group, part in parameters.items() if group != FILES_KEY}
        config = Config.model_validate(values | {"run": {**values["run"], "seed": int(seed)}})
        with isolate_run(int(seed)):
            model = CollaborationModel(config).run()
            measures = model.summary()
            series = thin_rounds(model.rounds_table(), pl.col("round") + 1, recording.series_every)
            return RunResult(measures, series, model.events_table() if recording.events else None)


_BUILT_FROM: Any = {
    "structure": True,
    "population": True,
    "challenge": True,
    "imitation": {"rule"},
    "production": {"pooling"},
    "run": {"measures"},
}


@cache
def _compose_once(overrides: tuple[str, ...]) -> ConfigValues:
    """Compose presets once, because Hydra takes a tenth of a second."""
    return compose_values(overrides)


def _set_parameter(values: ConfigValues, path: str, value: Any) -> None:
    """Set a dotted parameter in nested values."""
    *groups, name = path.split(".")
    for group in groups:
        values = values.setdefault(group, {})
        if not isinstance(values, dict):
            raise InputError(f"{path} is not a parameter: {group} has one value and no {name}")
    values[name] = value


@cache
def _check_buildable(built_from: str) -> None:
    """Check what only the model can: user-defined functions, mixes and files.

    Points that do not differ in these settings are checked once.
    """
    from sim.model import CollaborationModel

    CollaborationModel.check(Config.model_validate_json(built_from))


def format_canonical_yaml(path: Path) -> bytes:
    """Return the settings of a YAML file, without comments and order."""
    return json.dumps(yaml.safe_load(path.read_bytes()), sort_keys=True).encode()


def _hash_named_files(config: Config) -> dict[str, str]:
    """Return hashes of the files that a configuration names.

    A run with a changed user-defined rule or population is another run.
    """
    references = [
        config.imitation.rule,
        config.production.pooling,
        config.structure.topology,
        *config.run.measures,
    ]
    names = [name.rpartition(":")[0] for name in references if ":" in name]
    paths = {
        name: Path(name).expanduser() for name in (*names, config.population.path or "") if name
    }
    return {
        name: compute_short_hash(compute_digests([part.read_bytes() for part in _list_files(path)]))
        for name, path in paths.items()
        if path.exists()
    }


def _list_files(path: Path) -> list[Path]:
    """Return a file, or the files of a folder."""
    return [path] if path.is_file() else sorted(part for part in path.iterdir() if part.is_file())


@cache
def _list_undefined_outcomes() -> frozenset[str]:
    """Return the measures that may be NaN in a valid run."""
    from sim.observation.network import NETWORK_MEASURES
    from sim.observation.outcomes import OUTCOMES

    return frozenset(OUTCOMES) | {
        f"{name}{end}" for name in NETWORK_MEASURES for end in ("", "_end")
    }
