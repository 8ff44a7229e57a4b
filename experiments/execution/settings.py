"""Where a study is executed: which choices there are, and their settings. None of it changes results.

Defaults and meaning of the settings stand in configs/execution/, a file per choice.
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
    """What every execution can be told."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    time_limit: float | None = Field(gt=0, description="seconds above 0, or null")

    @property
    def place(self) -> str:
        """Where runs are executed, in words that follow a number of runs."""
        raise NotImplementedError

    @property
    def at_once(self) -> int | None:
        """How many runs are done at a time, if that is known."""
        return None


class Local(Execution):
    """Processes on this machine."""

    name = "local"
    workers: int | None = Field(ge=1, description="1 or more, or null")

    @property
    def place(self) -> str:
        """Cores of this machine."""
        return f"on {self.at_once} cores"

    @property
    def at_once(self) -> int:
        """One on every core, unless told otherwise."""
        return self.workers or count_available_cores()


class Cluster(Execution):
    """Dask workers on other machines."""

    needs: ClassVar[tuple[str, ...]] = ("distributed",)
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
    def named(cls, value: Any) -> Any:
        """Ask for the address."""
        if value is None:
            raise ValueError(
                "execution=dask needs an address: execution.address=tcp://host:8786, as `dask"
                " scheduler` prints it"
            )
        return value

    @property
    def place(self) -> str:
        """The scheduler."""
        return f"on the Dask workers of {self.address}"


class Jobs(Cluster):
    """Jobs that a queueing system is asked for."""

    needs: ClassVar[tuple[str, ...]] = ("distributed", "dask_jobqueue")
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
    def at_once(self) -> int:
        """One on every core of every job."""
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
    """Take what is said about execution out of overrides; return it checked, and the overrides that are left.

    Args:
        overrides: ``execution=slurm``, ``execution=my_cluster.yaml``, ``execution.jobs=20``, and all others.
        options: settings with short names on the command line, by setting; None was not given.
    """
    own = [text for text in overrides if text.partition("=")[0].split(".")[0] == EXECUTION]
    refuse_repeated_overrides(own)
    given = {key: value for key, value in (parse_execution_override(text) for text in own)}
    name, settings = read_execution_defaults(str(given.pop(EXECUTION, Local.name)))
    kind = EXECUTION_KINDS[name]
    settings |= {key.removeprefix(f"{EXECUTION}."): value for key, value in given.items()}
    for setting, value in (options or {}).items():
        if value is None:
            continue
        option = f"--{setting.replace('_', '-')}"
        if f"{EXECUTION}.{setting}" in given:
            raise InputError(
                f"{option} {value} and {EXECUTION}.{setting}={given[f'{EXECUTION}.{setting}']} say"
                " the same twice; give one"
            )
        if setting not in kind.model_fields:
            raise InputError(
                f"{option} is for runs on this machine, and {EXECUTION}={name} has its own"
                f" settings, in configs/execution/{name}.yaml"
            )
        settings[setting] = value
    execution = validate_settings(EXECUTION, name, kind, settings)
    check_execution_installed(execution)
    return execution, [text for text in overrides if text not in own]


def parse_execution_override(text: str) -> tuple[str, Any]:
    """Read one override of execution."""
    override = parse_override(text)
    if override.several:
        raise InputError(
            f"{text} gives several values, but how a study is executed is no factor; give one"
        )
    return override.key, override.values[0]


def read_execution_defaults(name: str) -> tuple[str, dict[str, Any]]:
    """Read the settings of an execution that comes with the package, or of a file of one's own that says in ``kind`` which it builds on."""
    if Path(name).suffix in (".yaml", ".yml"):
        own = read_execution_file(Path(name))
        kind = own.pop("kind", None)
        if kind not in EXECUTION_KINDS:
            raise InputError(
                f"{name} has kind: {kind}; allowed:"
                f" {', '.join(EXECUTION_KINDS)}.{suggest_name(str(kind), list(EXECUTION_KINDS))}"
            )
        return kind, read_execution_defaults(kind)[1] | own
    if name not in EXECUTION_KINDS:
        raise InputError(
            f"{EXECUTION}={name} is not known; allowed: {', '.join(EXECUTION_KINDS)}, or a file of"
            f" your own.{suggest_name(name, list(EXECUTION_KINDS))}"
        )
    return name, read_execution_file(find_configs_folder() / EXECUTION / f"{name}.yaml")


def read_execution_file(path: Path) -> dict[str, Any]:
    """Read settings from YAML."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"{EXECUTION}={path} cannot be read: {reason}; give a file or one of"
            f" {', '.join(EXECUTION_KINDS)}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            f"{EXECUTION}={path} is not YAML: {' '.join(str(error).split())}"
        ) from error
    if not isinstance(given, dict):
        raise InputError(
            f"{EXECUTION}={path} holds no settings; write for example kind: slurm and jobs: 20 on"
            " two lines"
        )
    return given


def check_execution_installed(execution: Execution) -> None:
    """Refuse what needs a library that is not there."""
    for module in execution.needs:
        if find_spec(module) is None:
            raise InputError(
                f"{EXECUTION}={execution.name} needs {PACKAGES_BY_MODULE[module]}, which is not"
                f" installed: {CLUSTER_INSTALL_COMMAND}"
            )
