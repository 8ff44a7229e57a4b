"""What a study runs, behind one small interface: our own model, or any Mesa model of a researcher.

Targets travel to worker processes: they are small and frozen, and import the model where it runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import polars as pl

from experiments.configuration import Values, compose_values, did_you_mean, validate, written
from experiments.isolation import apart
from experiments.mesa_models import complete, load, load_class, mean_over_rounds, measure, names_of, seed_name, source_hash
from experiments.seeding import PROBE_ROUNDS, Trial, shared_state, state_of, verdict
from sim.config import Config
from sim.errors import InputError
from sim.presets import configs_folder

ROUNDS, MEASURES, OBJECTS = "model.rounds", "model.measures", "model.objects"
MODEL_KEYS = ("class", "rounds", "measures", "objects", "may_be_undefined")
FILES = "files"


AT_THE_END = -1


class Wanted(NamedTuple):
    """What to keep of a run beside its measures: a time series of every n-th round (0: none, ``AT_THE_END``: the last), and the events."""

    series_every: int = 0
    events: bool = False


class Harvest(NamedTuple):
    """What a run left: its measures; a row per recorded round; a row per event."""

    measures: dict[str, float]
    series: pl.DataFrame | None
    events: pl.DataFrame | None


class Target(Protocol):
    """Something that can be run with parameters and a seed."""

    @property
    def may_be_undefined(self) -> frozenset[str]:
        """Measures that are NaN in a run where what they measure does not occur."""

    def version(self) -> str:
        """Return a short hash of the model's source and of the versions of Mesa and NumPy; a run's id contains it."""

    def settle(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the complete, checked parameters of one point; InputError says in one sentence what is wrong."""

    def warm(self) -> None:
        """Import what a run needs, so that no run pays for it."""

    def shortened(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return settled parameters of a run of one round."""

    def run(self, parameters: Mapping[str, Any], seed: int, wanted: Wanted) -> Harvest:
        """Run once with settled parameters."""


def target_of(model: Mapping[str, Any] | None) -> Target:
    """Return what the ``model`` part of a study file names; our own model without one."""
    if model is None:
        return CollaborationTarget()
    for key in model:
        if key not in MODEL_KEYS:
            raise InputError(f"model.{key} is not known.{did_you_mean(key, MODEL_KEYS)}")
    reference, rounds = model.get("class"), model.get("rounds")
    if not isinstance(reference, str):
        raise InputError("model.class is missing; write package.module:Class or file.py:Class, for example mesa.examples:Schelling")
    objects = model.get("objects") or {}
    if not isinstance(objects, Mapping):
        raise InputError(f"model.objects is {objects}; write {{parameter: package.module:Class}}")
    made = tuple((str(name), settled_place(str(of))) for name, of in objects.items())
    undefined = {f"{name}{end}" for name in names_in(model, "may_be_undefined") for end in ("", "_mean")}
    return MesaTarget(settled_place(reference), whole_rounds(rounds), names_in(model, "measures"), made, frozenset(undefined))


def settled_place(reference: str) -> str:
    """Return a reference whose file is found from any folder."""
    place, _, name = reference.rpartition(":")
    return f"{Path(place).expanduser().resolve()}:{name}" if place.endswith(".py") else reference


def whole_rounds(rounds: Any) -> int:
    """Check a number of rounds."""
    if not isinstance(rounds, int) or isinstance(rounds, bool) or rounds < 1:
        raise InputError(f"model.rounds is {rounds}; give the number of rounds to run, 1 or more")
    return rounds


def names_in(model: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return a list of names."""
    names = model.get(key) or []
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise InputError(f"model.{key} is {names}; give a list of names")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"model.{key} names {twice[0]} twice; name it once")
    return tuple(names)


def probe_seeding(target: Target, parameters: Mapping[str, Any]) -> str | None:
    """Try a target's first rounds once before a study; return a warning, or None when it is seeded as it should be.

    Raises:
        InputError: a measure does not exist.
    """
    return target.probe(parameters) if isinstance(target, MesaTarget) else None


def short_hash(*parts: bytes) -> str:
    """Return a short name for content and for the libraries whose numbers a run depends on."""
    digest = hashlib.sha256(f"mesa {version('mesa')} numpy {version('numpy')}".encode())
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:12]


# --- our own model -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CollaborationTarget:
    """The model of this package.

    Args:
        overrides: presets and parameters in force at every point, as on the command line.
    """

    overrides: tuple[str, ...] = ()

    @property
    def may_be_undefined(self) -> frozenset[str]:
        """Outcomes of what need not occur in a run."""
        return _undefined_outcomes()

    def version(self) -> str:
        """Hash the sim package without its classics, and the forms that a mix of structures names."""
        from sim.compilation import model_sources  # here: it imports Numba, which a worker that runs a model of Mesa's need not wait for

        sources = [*model_sources(), *sorted((configs_folder() / "structure").glob("*.yaml"))]
        return short_hash(*(f"{path.parent.name}/{path.name}".encode() + path.read_bytes() for path in sources))

    def settle(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Compose presets, set parameters, and check that such a model can be built."""
        if "run.seed" in settings:
            raise InputError("run.seed is given by the study, another one to every replicate: leave it out and set the study's seed")
        presets = tuple(f"{path}={value}" for path, value in settings.items() if "." not in path)
        values = deepcopy(_composed((*presets, *self.overrides)))
        for path, value in settings.items():
            if "." in path:
                _set(values, path, deepcopy(value))
        config = validate(values)
        _check_buildable(json.dumps(written(config, _BUILT_FROM)))
        parameters = written(config)
        del parameters["run"]["seed"]
        files = _contents(config)
        return parameters | ({FILES: files} if files else {})

    def warm(self) -> None:
        """Import the model and load its compiled kernels."""
        from sim.model import CollaborationModel

        CollaborationModel(Config.model_validate({"run": {"rounds": 1}, "population": {"organisations": 4}})).run()

    def shortened(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Set the rounds to one."""
        return {**parameters, "run": {**parameters["run"], "rounds": 1}}

    def run(self, parameters: Mapping[str, Any], seed: int, wanted: Wanted) -> Harvest:
        """Run the model once."""
        from sim.model import CollaborationModel

        values = {group: given for group, given in parameters.items() if group != FILES}
        config = Config.model_validate(values | {"run": {**values["run"], "seed": int(seed)}})
        with apart(int(seed)):
            model = CollaborationModel(config).run()
            measures = model.summary()
            return Harvest(measures, _thinned(model.rounds_table(), wanted.series_every), model.events_table() if wanted.events else None)


def _thinned(rounds: pl.DataFrame, every: int) -> pl.DataFrame | None:
    """Return the rounds that a series keeps."""
    if every == AT_THE_END:
        return rounds.tail(1)
    return rounds.filter((pl.col("round") + 1) % every == 0) if every else None


_BUILT_FROM: Any = {
    "structure": True, "population": True, "challenge": True, "imitation": {"rule"}, "production": {"pooling"}, "run": {"measures"},
}  # fmt: skip


@cache
def _composed(overrides: tuple[str, ...]) -> Values:
    """Compose presets; once, for Hydra takes a tenth of a second."""
    return compose_values(overrides)


def _set(values: Values, path: str, value: Any) -> None:
    """Set a dotted parameter in nested values."""
    *groups, name = path.split(".")
    for group in groups:
        values = values.setdefault(group, {})
        if not isinstance(values, dict):
            raise InputError(f"{path} is not a parameter: {group} holds one value and has no {name}")
    values[name] = value


@cache
def _check_buildable(built_from: str) -> None:
    """Check what only the model knows: own functions, mixes, files. Once for all points that differ in nothing it is built from."""
    from sim.model import CollaborationModel

    CollaborationModel.check(Config.model_validate_json(built_from))


def _contents(config: Config) -> dict[str, str]:
    """Return hashes of the files a configuration names: a run with another own rule or population is another run."""
    named = [config.imitation.rule, config.production.pooling, config.structure.topology, *config.run.measures]
    own = [name.rpartition(":")[0] for name in named if ":" in name] + [config.population.path or ""]
    found = {name: Path(name).expanduser() for name in own if name}
    return {name: short_hash(*(part.read_bytes() for part in _parts(path))) for name, path in found.items() if path.exists()}


def _parts(path: Path) -> list[Path]:
    """Return a file, or the files of a folder."""
    return [path] if path.is_file() else sorted(part for part in path.iterdir() if part.is_file())


@cache
def _undefined_outcomes() -> frozenset[str]:
    """Return the measures that may be NaN in a sound run."""
    from sim.network import NETWORK_MEASURES
    from sim.outcomes import OUTCOMES

    return frozenset(OUTCOMES) | {f"{name}{end}" for name in NETWORK_MEASURES for end in ("", "_end")}


# --- a researcher's model ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MesaTarget:
    """A Mesa model: parameters are the arguments of its constructor, and its measures what it reports or holds.

    Args:
        model: its class as ``package.module:Class`` or ``file.py:Class``.
        rounds: how often it steps, unless ``running`` becomes False before; ``model.rounds`` as a factor overrules it.
        measures: model reporters, attributes or methods without arguments; none: all model reporters.
        objects: arguments made anew for every run, with the class or function that makes each.
        may_be_undefined: measures that may be NaN.
    """

    model: str
    rounds: int
    measures: tuple[str, ...] = ()
    objects: tuple[tuple[str, str], ...] = ()
    may_be_undefined: frozenset[str] = frozenset()

    def version(self) -> str:
        """Hash the class with the files it is written in."""
        return short_hash(source_hash(self.model).encode())

    def settle(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Check arguments against the constructor and fill in its defaults."""
        own = {name: value for name, value in settings.items() if name.startswith("model.")}
        for name in own:
            if name != ROUNDS:
                raise InputError(f"{name} cannot be a factor; of model only {ROUNDS} can")
        rest = {name: value for name, value in settings.items() if name not in own}
        arguments = complete(load_class(self.model), rest, [name for name, _ in self.objects])
        objects = {OBJECTS: {name: Path(of).name for name, of in self.objects}} if self.objects else {}
        return arguments | {ROUNDS: whole_rounds(own.get(ROUNDS, self.rounds)), MEASURES: list(self.measures)} | objects

    def warm(self) -> None:
        """Import the model's class."""
        load_class(self.model)

    def shortened(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Set the rounds to one."""
        return {**parameters, ROUNDS: 1}

    def run(self, parameters: Mapping[str, Any], seed: int, wanted: Wanted) -> Harvest:
        """Run the model once.

        Measures are ``name`` at the end and, for model reporters, ``name_mean`` over all that was recorded. In the
        series, ``round`` is the number of rounds played. A Mesa model has no table of events.
        """
        rows, every = [], wanted.series_every
        with apart(int(seed)):
            model = self._build(parameters, seed)
            for played in range(1, parameters[ROUNDS] + 1):
                if not model.running:
                    break
                advance(model)
                if every > 0 and played % every == 0:
                    rows.append({"round": played} | self._measured(model))
            ends = self._measured(model)
            if every == AT_THE_END:
                rows.append({"round": int(model.steps)} | ends)
            means = mean_over_rounds(model, list(ends))
        schema = {"round": pl.Int64} | dict.fromkeys(ends, pl.Float64)
        measures = ends | {name: value for name, value in means.items() if name not in ends}  # a reporter may itself be called name_mean
        return Harvest(measures, pl.DataFrame(rows, schema=schema) if every else None, None)

    def probe(self, parameters: Mapping[str, Any]) -> str | None:
        """Look whether the model's first rounds depend on its seed and on nothing else; return a warning if not."""
        model = load_class(self.model)
        try:
            first, again, other = self._try(parameters, 1, 1), self._try(parameters, 1, 2), self._try(parameters, 2, 1)
        except InputError:
            raise
        except Exception as error:
            return f"{model.__name__} fails in its first rounds: {type(error).__name__}: {error}"
        return verdict(model.__name__, seed_name(model) is not None, first, again, other)

    def _try(self, parameters: Mapping[str, Any], seed: int, shared: int) -> Trial:
        """Play some rounds with a seed for Mesa and one for the generators all models share."""
        large = 2**63 + seed  # as large as those a study gives
        with apart(shared):
            before = shared_state()
            model = self._build(parameters, large)
            for _ in range(min(PROBE_ROUNDS, parameters[ROUNDS])):
                if model.running:
                    advance(model)
            self._measured(model)
            return Trial(state_of(model, large), shared_state() != before)

    def _build(self, parameters: Mapping[str, Any], seed: int) -> Any:
        """Make the model; it gets copies, for it may change what it is given."""
        kind = load_class(self.model)
        arguments = {name: deepcopy(value) for name, value in parameters.items() if not name.startswith("model.")}
        made = {name: load(of)() for name, of in self.objects}
        keyword = seed_name(kind)
        # A plain int: numpy's integers give other numbers as rng and are refused as seed.
        return kind(**arguments, **made, **({keyword: int(seed)} if keyword else {}))

    def _measured(self, model: Any) -> dict[str, float]:
        """Return the measures now."""
        return {name: measure(model, name) for name in names_of(model, self.measures)}


def advance(model: Any) -> None:
    """Play one round; a model with one of Mesa's simulators has events between its steps, which the simulator knows."""
    from mesa.experimental.devs.simulator import Simulator

    simulator = getattr(model, "simulator", None)
    if isinstance(simulator, Simulator) and simulator.model is model:
        simulator.run_for(1)
    else:
        model.step()
