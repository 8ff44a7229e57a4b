"""Classics as what a run or a study runs: presets by name, checked parameters, results."""

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
    """Return what ``model=`` can be: the classics, and variants of them."""
    return tuple(sorted(path.stem for path in (find_configs_folder() / MODEL_KEY).glob("*.yaml")))


@cache
def read_model_preset(name: str) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """Return the classic that a preset names, and the parameters it sets."""
    if name not in list_model_presets():
        raise InputError(
            f"{MODEL_KEY}={name} is not a model; allowed:"
            f" {', '.join(list_model_presets())}.{suggest_name(name, list_model_presets())}"
        )
    given = yaml.safe_load(
        (find_configs_folder() / MODEL_KEY / f"{name}.yaml").read_text(encoding="utf-8")
    )
    return given.pop("classic"), tuple(given.items())


def list_classic_parameters(preset: str) -> ParameterDeclarations:
    """Return the parameters of a preset's classic with their declarations."""
    return list_parameters(load_classic(read_model_preset(preset)[0]).Parameters)


def get_summary_line(model: type[ClassicModel]) -> str:
    """Return in one line what a classic is about."""
    return (model.__doc__ or "").strip().splitlines()[0]


@dataclass(frozen=True)
class ClassicTarget:
    """A classic, with what a preset sets."""

    preset: str

    def __post_init__(self) -> None:
        """Refuse what is no preset."""
        read_model_preset(self.preset)

    @property
    def model(self) -> type[ClassicModel]:
        """Its class."""
        return load_classic(read_model_preset(self.preset)[0])

    @property
    def may_be_undefined(self) -> frozenset[str]:
        """Measures of what need not occur, and their means."""
        return frozenset(
            f"{name}{end}" for name in self.model.MAY_BE_UNDEFINED for end in ("", "_mean")
        )

    def compute_version(self) -> str:
        """Return the fingerprint of the classic's file and of what it calls."""
        return compute_model_fingerprint(self.list_parts())

    def list_parts(self) -> list[bytes]:
        """Return what the fingerprint is made of: code by the name of its file."""
        return [
            f"{path.name}".encode() + strip_source(path.read_bytes())
            for path in (*list_shared_sources(), self._file)
        ]

    @property
    def _file(self) -> Path:
        """The file it is written in."""
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
        """Check the parameters of a point and fill in defaults."""
        return self.check_parameters(settings).model_dump(mode="json")

    @property
    def is_compiled(self) -> bool:
        """Whether its kernels were compiled on this machine before."""
        return is_classic_compiled(self._file)

    def warm_up(self) -> None:
        """Load its kernels."""
        self.model(rng=1).run(1)

    def shorten(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Set the rounds to one."""
        return {**parameters, "rounds": 1}

    def run(self, parameters: Mapping[str, Any], seed: int, wanted: RecordingOptions) -> RunResult:
        """Run the classic once; in the series, ``round`` is the number of rounds played."""
        model = self.model(self.model.Parameters.model_validate(parameters), rng=int(seed)).run()
        return RunResult(
            model.summary(), thin_rounds(model.rounds_table(), "round", wanted.series_every), None
        )


def list_parameters_and_measures(model: str | None) -> tuple[ParameterDeclarations, dict[str, Any]]:
    """Return the declared parameters and measures of a preset's classic; nothing without one."""
    return (
        (list_classic_parameters(model), dict(load_classic(read_model_preset(model)[0]).MEASURES))
        if model
        else ({}, {})
    )


def build_classics_table() -> Table:
    """Return a row per classic, with its presets."""
    of = {preset: read_model_preset(preset)[0] for preset in list_model_presets()}
    rows = [
        (
            name,
            get_summary_line(load_classic(name)),
            ", ".join(preset for preset, named in of.items() if named == name),
        )
        for name in list_classics()
    ]
    return Table(
        "Classics",
        ("classic", "what", "model="),
        rows,
        "`overbruggen describe march_1991` shows parameters and measures of one.",
    )
