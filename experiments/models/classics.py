"""Classics as targets of runs and studies: presets, parameters and results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from analysis.names import suggest_name
from analysis.tables import Table
from experiments.configuration import explain_validation_error, list_parameters
from experiments.models.fingerprint import compute_model_fingerprint, strip_source
from experiments.models.target import RecordingOptions, RunResult, thin_rounds
from sim.classics.kernels import CLASSICS_FOLDER, is_classic_compiled, list_shared_sources
from sim.classics.registry import list_classics, load_classic
from sim.errors import InputError
from sim.presets import find_configs_folder

if TYPE_CHECKING:
    from sim.classics.classic import ClassicModel, Parameters

MODEL_KEY = "model"
ParameterDeclarations = dict[str, Any]


def list_model_presets() -> tuple[str, ...]:
    """Return the names that ``model=`` accepts: the classics, and variants of them."""
    return tuple(sorted(path.stem for path in (find_configs_folder() / MODEL_KEY).glob("*.yaml")))


@cache
def read_model_preset(name: str) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """Return the classic of a preset, and the parameters that the preset sets."""
    if name not in list_model_presets():
        raise InputError(
            f"{MODEL_KEY}={name} is not a model; allowed:"
            f" {', '.join(list_model_presets())}.{suggest_name(name, list_model_presets())}"
        )
    settings = yaml.safe_load(
        (find_configs_folder() / MODEL_KEY / f"{name}.yaml").read_text(encoding="utf-8")
    )
    return settings.pop("classic"), tuple(settings.items())


def list_classic_parameters(preset: str) -> ParameterDeclarations:
    """Return the parameters of a preset's classic with their declarations."""
    return list_parameters(load_classic(read_model_preset(preset)[0]).Parameters)


def get_summary_line(model: type[ClassicModel]) -> str:
    """Return what a classic is about, in one line."""
    return (model.__doc__ or "").strip().splitlines()[0]


@dataclass(frozen=True)
class ClassicTarget:
    """A classic with the parameters of a preset."""

    preset: str

    def __post_init__(self) -> None:
        """Refuse an unknown preset."""
        read_model_preset(self.preset)

    @property
    def model(self) -> type[ClassicModel]:
        """The class of the classic."""
        return load_classic(read_model_preset(self.preset)[0])

    @property
    def may_be_undefined(self) -> frozenset[str]:
        """Measures of what need not occur in a run, and their means."""
        return frozenset(
            f"{name}{end}" for name in self.model.MAY_BE_UNDEFINED for end in ("", "_mean")
        )

    def compute_version(self) -> str:
        """Return the fingerprint of the classic's file and of the files it calls."""
        return compute_model_fingerprint(self.list_parts())

    def list_parts(self) -> list[bytes]:
        """Return the parts of the fingerprint: code by the name of its file."""
        return [
            f"{path.name}".encode() + strip_source(path.read_bytes())
            for path in (*list_shared_sources(), self._file)
        ]

    @property
    def _file(self) -> Path:
        """The file of the classic."""
        return CLASSICS_FOLDER / f"{read_model_preset(self.preset)[0]}.py"

    def check_parameters(self, settings: Mapping[str, Any]) -> Parameters:
        """Return complete, checked parameters."""
        name, preset = read_model_preset(self.preset)
        try:
            return self.model.Parameters.model_validate({**dict(preset), **settings})
        except ValidationError as error:
            raise InputError(
                explain_validation_error(error, list_parameters(self.model.Parameters), name)
            ) from error

    def settle(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Check the parameters of a point and add defaults."""
        return self.check_parameters(settings).model_dump(mode="json")

    @property
    def is_compiled(self) -> bool:
        """Whether its kernels are already compiled on this machine."""
        return is_classic_compiled(self._file)

    def warm_up(self) -> None:
        """Compile or load its kernels."""
        self.model(rng=1).run(1)

    def shorten(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Set the rounds to one."""
        return {**parameters, "rounds": 1}

    def run(
        self, parameters: Mapping[str, Any], seed: int, recording: RecordingOptions
    ) -> RunResult:
        """Run the classic once; in its series, ``round`` is the number of rounds played."""
        model = self.model(self.model.Parameters.model_validate(parameters), rng=int(seed)).run()
        return RunResult(
            model.summary(),
            thin_rounds(model.rounds_table(), "round", recording.series_every),
            None,
        )


def list_parameters_and_measures(model: str | None) -> tuple[ParameterDeclarations, dict[str, Any]]:
    """Return declared parameters and measures of a classic by its preset; none without a preset."""
    return (
        (list_classic_parameters(model), dict(load_classic(read_model_preset(model)[0]).MEASURES))
        if model
        else ({}, {})
    )


def build_classics_table() -> Table:
    """Return a row per classic, with its presets."""
    classic_of = {preset: read_model_preset(preset)[0] for preset in list_model_presets()}
    rows = [
        (
            name,
            get_summary_line(load_classic(name)),
            ", ".join(preset for preset, classic in classic_of.items() if classic == name),
        )
        for name in list_classics()
    ]
    return Table(
        "Classics",
        ("classic", "topic", "model="),
        rows,
        "`overbruggen describe march_1991` shows parameters and measures of one.",
    )
