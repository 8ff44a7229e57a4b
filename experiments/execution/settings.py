"""Executions, which are the places where a study can run, and their settings.

No setting changes a result. configs/execution/ has their defaults and meaning, one file per
execution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import yaml
from pydantic import Field, field_validator

from analysis.names import suggest_name
from experiments.configuration import parse_override, refuse_repeated_overrides
from experiments.design.settings import Settings, validate_settings
from experiments.execution.engines import count_available_cores
from sim.errors import InputError
from sim.presets import find_configs_folder

EXECUTION = "execution"
PACKAGES_BY_MODULE = {"distributed": "distributed", "dask_jobqueue": "dask-jobqueue"}
CLUSTER_INSTALL_COMMAND = "pip install 'overbruggen[cluster]'"


class Execution(Settings):
    """The settings that all executions share."""

    name: ClassVar[str]
    required_modules: ClassVar[tuple[str, ...]] = ()
    time_limit: float | None = Field(gt=0, description="seconds above 0, or null")

    @property
    def place(self) -> str:
        """The place where runs are executed, as the end of a sentence."""
        raise NotImplementedError

    @property
    def parallel_runs(self) -> int | None:
        """How many runs are done at a time; None if that is not known."""
        return None


class Local(Execution):
    """Processes on this machine."""

    name = "local"
    workers: int | None = Field(ge=1, description="1 or more, or null")

    @property
    def place(self) -> str:
        """Cores of this machine."""
        return f"on {self.parallel_runs} cores"

    @property
    def parallel_runs(self) -> int:
        """The number of workers, by default one per core."""
        return self.workers or count_available_cores()


class Cluster(Execution):
    """Dask workers on other machines."""

    required_modules: ClassVar[tuple[str, ...]] = ("distributed",)
    chunk: int | None = Field(ge=1, le=100_000, description="1 to 100,000 runs, or null")
    patience: float = Field(gt=0, description="seconds above 0")


class Dask(Cluster):
    """A Dask cluster by the address of its scheduler."""

    name = "dask"
    address: str = Field(
        pattern=r"^[a-z]+://.+:\d+$",
        description="an address as `dask scheduler` prints it, for example tcp://host:8786",
    )

    @field_validator("address", mode="before")
    @classmethod
    def require_address(cls, value: Any) -> Any:
        """Refuse a missing address."""
        if value is None:
            raise ValueError(
                "execution=dask needs an address: execution.address=tcp://host:8786, as `dask"
                " scheduler` prints it"
            )
        return value

    @property
    def place(self) -> str:
        """The workers of the scheduler."""
        return f"on the Dask workers of {self.address}"


class Jobs(Cluster):
    """Jobs of a queueing system."""

    required_modules: ClassVar[tuple[str, ...]] = ("distributed", "dask_jobqueue")
    jobs: int = Field(ge=1, le=100_000)
    cores: int = Field(ge=1, le=10_000)
    memory: str = Field(
        pattern=r"^\d+(\.\d+)?\s*[kKMGT]i?B$", description="a size, for example 4GB"
    )
    walltime: str = Field(
        pattern=r"^(\d+-)?\d{1,4}:\d\d(:\d\d)?$", description="a time, for example 02:00:00"
    )
    queue: str | None
    account: str | None
    interface: str | None
    directives: list[str]
    prologue: list[str]
    logs: str | None

    @property
    def place(self) -> str:
        """The jobs."""
        return f"in {self.jobs} {self.name} jobs of {self.cores} cores"

    @property
    def parallel_runs(self) -> int:
        """One run per core of every job."""
        return self.jobs * self.cores


class Slurm(Jobs):
    """Jobs of Slurm."""

    name = "slurm"


class PBS(Jobs):
    """Jobs of PBS."""

    name = "pbs"


class SGE(Jobs):
    """Jobs of Grid Engine."""

    name = "sge"
    parallel_environment: str | None
    resources: str | None


EXECUTION_KINDS: dict[str, type[Execution]] = {
    kind.name: kind for kind in (Local, Dask, Slurm, PBS, SGE)
}


def read_execution(
    overrides: Sequence[str], options: Mapping[str, object] | None = None
) -> tuple[Execution, list[str]]:
    """Read the execution from overrides; return it with the overrides that are for the study.

    Args:
        overrides: all overrides, among them ``execution=slurm``, ``execution=my_cluster.yaml`` or
            ``execution.jobs=20``.
        options: settings that have an option of the command line, by name; None: not used.

    Raises:
        InputError: a setting is unknown, out of range or given twice, or a library is missing.
    """
    texts = [text for text in overrides if text.partition("=")[0].split(".")[0] == EXECUTION]
    refuse_repeated_overrides(texts)
    chosen = {key: value for key, value in (parse_execution_override(text) for text in texts)}
    name, settings = read_execution_defaults(str(chosen.pop(EXECUTION, Local.name)))
    kind = EXECUTION_KINDS[name]
    settings |= {key.removeprefix(f"{EXECUTION}."): value for key, value in chosen.items()}
    for setting, value in (options or {}).items():
        if value is None:
            continue
        option = f"--{setting.replace('_', '-')}"
        if f"{EXECUTION}.{setting}" in chosen:
            raise InputError(
                f"{option} {value} and {EXECUTION}.{setting}={chosen[f'{EXECUTION}.{setting}']} are"
                " the same setting; give one"
            )
        if setting not in kind.model_fields:
            raise InputError(
                f"{option} is for runs on this machine, and {EXECUTION}={name} has its own"
                f" settings, in configs/execution/{name}.yaml"
            )
        settings[setting] = value
    execution = validate_settings(EXECUTION, name, kind, settings)
    check_execution_installed(execution)
    return execution, [text for text in overrides if text not in texts]


def parse_execution_override(text: str) -> tuple[str, Any]:
    """Parse one override of the execution."""
    override = parse_override(text)
    if override.several:
        raise InputError(
            f"{text} has several values, but a setting of the execution cannot be a factor; give"
            " one value"
        )
    return override.key, override.values[0]


def read_execution_defaults(name: str) -> tuple[str, dict[str, Any]]:
    """Return the kind of an execution and its settings.

    Args:
        name: an execution of the package, or a user's YAML file, whose ``kind`` names the execution
            that it changes.
    """
    if Path(name).suffix in (".yaml", ".yml"):
        user_settings = read_execution_file(Path(name))
        kind = user_settings.pop("kind", None)
        if kind not in EXECUTION_KINDS:
            raise InputError(
                f"{name} has kind: {kind}; allowed:"
                f" {', '.join(EXECUTION_KINDS)}.{suggest_name(str(kind), list(EXECUTION_KINDS))}"
            )
        return kind, read_execution_defaults(kind)[1] | user_settings
    if name not in EXECUTION_KINDS:
        raise InputError(
            f"{EXECUTION}={name} is not known; allowed: {', '.join(EXECUTION_KINDS)}, or a YAML"
            f" file.{suggest_name(name, list(EXECUTION_KINDS))}"
        )
    return name, read_execution_file(find_configs_folder() / EXECUTION / f"{name}.yaml")


def read_execution_file(path: Path) -> dict[str, Any]:
    """Read settings from a YAML file."""
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"{EXECUTION}={path} cannot be read: {reason}; give a file or one of"
            f" {', '.join(EXECUTION_KINDS)}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            f"{EXECUTION}={path} is not YAML: {' '.join(str(error).split())}; correct the file"
        ) from error
    if not isinstance(settings, dict):
        raise InputError(
            f"{EXECUTION}={path} has no settings; write for example kind: slurm and jobs: 20 on"
            " two lines"
        )
    return settings


def check_execution_installed(execution: Execution) -> None:
    """Refuse an execution that needs a library that is not installed."""
    for module in execution.required_modules:
        if find_spec(module) is None:
            raise InputError(
                f"{EXECUTION}={execution.name} needs {PACKAGES_BY_MODULE[module]}, which is not"
                f" installed: {CLUSTER_INSTALL_COMMAND}"
            )
