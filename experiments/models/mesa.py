"""A user's Mesa model as a target of studies."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from analysis.names import suggest_or_list
from experiments.models.fingerprint import compute_digests, compute_short_hash
from experiments.models.isolation import isolate_run
from experiments.models.mesa_inspection import (
    complete_arguments,
    compute_round_means,
    compute_source_hash,
    find_seed_keyword,
    list_measure_names,
    load_model_class,
    load_object,
    read_measure,
)
from experiments.models.seeding import (
    PROBE_ROUNDS,
    SeedingTrial,
    collect_model_state,
    explain_seeding_fault,
    get_shared_random_state,
)
from experiments.models.target import AT_THE_END, RecordingOptions, RunResult, Target
from sim.errors import InputError

ROUNDS_KEY, MEASURES_KEY, OBJECTS_KEY = "model.rounds", "model.measures", "model.objects"

MESA_MODEL_KEYS = ("class", "rounds", "measures", "objects", "may_be_undefined")


def read_mesa_target(model: Mapping[str, Any]) -> Target:
    """Read the ``model`` part of a study file: a Mesa model.

    Args:
        model: ``class`` (``package.module:Class`` or ``file.py:Class``) and ``rounds``; optional
            are ``measures``, ``objects`` and ``may_be_undefined`` (docs/coming-from-batch-run.md).

    Returns:
        A target: ``settle`` checks parameters, and ``run`` runs the model once.

    Raises:
        InputError: a key is unknown, or a value is wrong.

    Example:
        >>> from experiments.models import RecordingOptions
        >>> target = read_mesa_target({"class": "mesa.examples:Schelling", "rounds": 5})
        >>> parameters = target.settle({"density": 0.8, "homophily": 0.5})
        >>> result = target.run(parameters, seed=1, recording=RecordingOptions(series_every=1))
        >>> result.measures["happy"] == result.series["happy"][-1]
        True
    """
    for key in model:
        if key not in MESA_MODEL_KEYS:
            raise InputError(f"model.{key} is not known.{suggest_or_list(key, MESA_MODEL_KEYS)}")
    reference, rounds = model.get("class"), model.get("rounds")
    if not isinstance(reference, str):
        raise InputError(
            "model.class is missing; write package.module:Class or file.py:Class, for example"
            " mesa.examples:Schelling"
        )
    objects = model.get("objects") or {}
    if not isinstance(objects, Mapping):
        raise InputError(f"model.objects is {objects}; write {{parameter: package.module:Class}}")
    created = tuple((str(name), resolve_reference(str(of))) for name, of in objects.items())
    may_be_undefined = {
        f"{name}{end}"
        for name in read_name_list(model, "may_be_undefined")
        for end in ("", "_mean")
    }
    return MesaTarget(
        resolve_reference(reference),
        check_round_count(rounds),
        read_name_list(model, "measures"),
        created,
        frozenset(may_be_undefined),
    )


def resolve_reference(reference: str) -> str:
    """Return a reference whose file can be found from any folder."""
    place, _, name = reference.rpartition(":")
    return f"{Path(place).expanduser().resolve()}:{name}" if place.endswith(".py") else reference


def check_round_count(rounds: Any) -> int:
    """Check a number of rounds."""
    if not isinstance(rounds, int) or isinstance(rounds, bool) or rounds < 1:
        raise InputError(f"model.rounds is {rounds}; give the number of rounds to run, 1 or more")
    return rounds


def read_name_list(model: Mapping[str, Any], key: str) -> tuple[str, ...]:
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
    """Test whether a Mesa model takes its random numbers from its seed only.

    Three trials play the first rounds with equal and different seeds.

    Args:
        target: a target. Only Mesa models are tested.
        parameters: settled parameters.

    Returns:
        A warning that explains how the draws escape the seed, or None if they do not.

    Raises:
        InputError: a measure does not exist.

    Example:
        >>> target = read_mesa_target({"class": "mesa.examples:VirusOnNetwork", "rounds": 3})
        >>> print(probe_seeding(target, target.settle({})))
        VirusOnNetwork is not seeded through Mesa's rng: it draws from random or numpy.random, ...
    """
    return target.probe(parameters) if isinstance(target, MesaTarget) else None


@dataclass(frozen=True)
class MesaTarget:
    """A Mesa model, whose parameters are the arguments of its constructor.

    Args:
        model: the class as ``package.module:Class`` or ``file.py:Class``.
        rounds: number of steps; a run ends earlier when ``running`` becomes False. A factor
            ``model.rounds`` replaces this number.
        measures: model reporters, attributes or methods without arguments; if empty, all model
            reporters.
        objects: arguments that are created for every run, with the class or function that
            creates each.
        may_be_undefined: measures that may be NaN.
    """

    model: str
    rounds: int
    measures: tuple[str, ...] = ()
    objects: tuple[tuple[str, str], ...] = ()
    may_be_undefined: frozenset[str] = frozenset()

    def compute_version(self) -> str:
        """Return a hash of the class and of the files that it is written in."""
        return compute_short_hash(compute_digests([compute_source_hash(self.model).encode()]))

    def settle(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Check arguments against the constructor and add its defaults."""
        rounds = settings.get(ROUNDS_KEY, self.rounds)
        for name in settings:
            if name.startswith("model.") and name != ROUNDS_KEY:
                raise InputError(f"{name} cannot be a factor; of model only {ROUNDS_KEY} can")
        arguments = complete_arguments(
            load_model_class(self.model),
            {name: value for name, value in settings.items() if name != ROUNDS_KEY},
            [name for name, _ in self.objects],
        )
        objects = (
            {OBJECTS_KEY: {name: Path(of).name for name, of in self.objects}}
            if self.objects
            else {}
        )
        return (
            arguments
            | {
                ROUNDS_KEY: check_round_count(rounds),
                MEASURES_KEY: list(self.measures),
            }
            | objects
        )

    def warm_up(self) -> None:
        """Import the class of the model."""
        load_model_class(self.model)

    def shorten(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Set the rounds to one."""
        return {**parameters, ROUNDS_KEY: 1}

    def run(
        self, parameters: Mapping[str, Any], seed: int, recording: RecordingOptions
    ) -> RunResult:
        """Run the model once.

        A measure is its value at the end; a model reporter also gives ``name_mean``, the mean of
        all recorded values. In the series, ``round`` is the number of rounds played. A Mesa model
        has no event table.
        """
        rows, every = [], recording.series_every
        with isolate_run(int(seed)):
            model = self._build(parameters, seed)
            for played in range(1, parameters[ROUNDS_KEY] + 1):
                if not model.running:
                    break
                advance_one_round(model)
                if every > 0 and played % every == 0:
                    rows.append({"round": played} | self._read_measures(model))
            ends = self._read_measures(model)
            if every == AT_THE_END:
                rows.append({"round": int(model.steps)} | ends)
            means = compute_round_means(model, list(ends))
        schema = {"round": pl.Int64} | dict.fromkeys(ends, pl.Float64)
        # A reporter may itself be called name_mean.
        measures = ends | {name: value for name, value in means.items() if name not in ends}
        return RunResult(measures, pl.DataFrame(rows, schema=schema) if every else None, None)

    def probe(self, parameters: Mapping[str, Any]) -> str | None:
        """Return a warning if the first rounds of the model do not depend on its seed only."""
        model = load_model_class(self.model)
        try:
            first, again, other = (
                self._play_trial(parameters, 1, 1),
                self._play_trial(parameters, 1, 2),
                self._play_trial(parameters, 2, 1),
            )
        except InputError:
            raise
        except Exception as error:
            return f"{model.__name__} fails in its first rounds: {type(error).__name__}: {error}"
        return explain_seeding_fault(
            model.__name__, find_seed_keyword(model) is not None, first, again, other
        )

    def _play_trial(self, parameters: Mapping[str, Any], seed: int, shared: int) -> SeedingTrial:
        """Play some rounds with a seed for Mesa and a seed for the shared generators."""
        large = 2**63 + seed  # as large as the seeds of a study
        with isolate_run(shared):
            before = get_shared_random_state()
            model = self._build(parameters, large)
            for _ in range(min(PROBE_ROUNDS, parameters[ROUNDS_KEY])):
                if model.running:
                    advance_one_round(model)
            self._read_measures(model)
            return SeedingTrial(
                collect_model_state(model, large), get_shared_random_state() != before
            )

    def _build(self, parameters: Mapping[str, Any], seed: int) -> Any:
        """Create the model; it gets copies of its arguments, because it may change them."""
        kind = load_model_class(self.model)
        arguments = {
            name: deepcopy(value)
            for name, value in parameters.items()
            if not name.startswith("model.")
        }
        objects = {name: load_object(of)() for name, of in self.objects}
        keyword = find_seed_keyword(kind)
        # A plain int: as rng numpy's integers give other numbers, and as seed they are refused.
        return kind(**arguments, **objects, **({keyword: int(seed)} if keyword else {}))

    def _read_measures(self, model: Any) -> dict[str, float]:
        """Return the present values of the measures."""
        return {
            name: read_measure(model, name) for name in list_measure_names(model, self.measures)
        }


def advance_one_round(model: Any) -> None:
    """Play one round, by the simulator if the model has one: it runs events between steps."""
    from mesa.experimental.devs.simulator import Simulator

    simulator = getattr(model, "simulator", None)
    if isinstance(simulator, Simulator) and simulator.model is model:
        simulator.run_for(1)
    else:
        model.step()
