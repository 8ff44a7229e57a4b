"""A researcher's Mesa model as what a study runs."""

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
    """Return the Mesa model that the ``model`` part of a study file names."""
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
    made = tuple((str(name), resolve_reference(str(of))) for name, of in objects.items())
    undefined = {
        f"{name}{end}"
        for name in read_name_list(model, "may_be_undefined")
        for end in ("", "_mean")
    }
    return MesaTarget(
        resolve_reference(reference),
        check_round_count(rounds),
        read_name_list(model, "measures"),
        made,
        frozenset(undefined),
    )


def resolve_reference(reference: str) -> str:
    """Return a reference whose file is found from any folder."""
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
    """Try a target's first rounds once before a study; return a warning, or None when it is seeded as it should be.

    Raises:
        InputError: a measure does not exist.
    """
    return target.probe(parameters) if isinstance(target, MesaTarget) else None


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

    def compute_version(self) -> str:
        """Hash the class with the files it is written in."""
        return compute_short_hash(compute_digests([compute_source_hash(self.model).encode()]))

    def settle(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Check arguments against the constructor and fill in its defaults."""
        own = {name: value for name, value in settings.items() if name.startswith("model.")}
        for name in own:
            if name != ROUNDS_KEY:
                raise InputError(f"{name} cannot be a factor; of model only {ROUNDS_KEY} can")
        rest = {name: value for name, value in settings.items() if name not in own}
        arguments = complete_arguments(
            load_model_class(self.model), rest, [name for name, _ in self.objects]
        )
        objects = (
            {OBJECTS_KEY: {name: Path(of).name for name, of in self.objects}}
            if self.objects
            else {}
        )
        return (
            arguments
            | {
                ROUNDS_KEY: check_round_count(own.get(ROUNDS_KEY, self.rounds)),
                MEASURES_KEY: list(self.measures),
            }
            | objects
        )

    def warm_up(self) -> None:
        """Import the model's class."""
        load_model_class(self.model)

    def shorten(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Set the rounds to one."""
        return {**parameters, ROUNDS_KEY: 1}

    def run(self, parameters: Mapping[str, Any], seed: int, wanted: RecordingOptions) -> RunResult:
        """Run the model once.

        Measures are ``name`` at the end and, for model reporters, ``name_mean`` over all that was recorded. In the
        series, ``round`` is the number of rounds played. A Mesa model has no table of events.
        """
        rows, every = [], wanted.series_every
        with isolate_run(int(seed)):
            model = self._build(parameters, seed)
            for played in range(1, parameters[ROUNDS_KEY] + 1):
                if not model.running:
                    break
                advance_one_round(model)
                if every > 0 and played % every == 0:
                    rows.append({"round": played} | self._measured(model))
            ends = self._measured(model)
            if every == AT_THE_END:
                rows.append({"round": int(model.steps)} | ends)
            means = compute_round_means(model, list(ends))
        schema = {"round": pl.Int64} | dict.fromkeys(ends, pl.Float64)
        measures = ends | {
            name: value for name, value in means.items() if name not in ends
        }  # a reporter may itself be called name_mean
        return RunResult(measures, pl.DataFrame(rows, schema=schema) if every else None, None)

    def probe(self, parameters: Mapping[str, Any]) -> str | None:
        """Look whether the model's first rounds depend on its seed and on nothing else; return a warning if not."""
        model = load_model_class(self.model)
        try:
            first, again, other = (
                self._try(parameters, 1, 1),
                self._try(parameters, 1, 2),
                self._try(parameters, 2, 1),
            )
        except InputError:
            raise
        except Exception as error:
            return f"{model.__name__} fails in its first rounds: {type(error).__name__}: {error}"
        return explain_seeding_fault(
            model.__name__, find_seed_keyword(model) is not None, first, again, other
        )

    def _try(self, parameters: Mapping[str, Any], seed: int, shared: int) -> SeedingTrial:
        """Play some rounds with a seed for Mesa and one for the generators all models share."""
        large = 2**63 + seed  # as large as those a study gives
        with isolate_run(shared):
            before = get_shared_random_state()
            model = self._build(parameters, large)
            for _ in range(min(PROBE_ROUNDS, parameters[ROUNDS_KEY])):
                if model.running:
                    advance_one_round(model)
            self._measured(model)
            return SeedingTrial(
                collect_model_state(model, large), get_shared_random_state() != before
            )

    def _build(self, parameters: Mapping[str, Any], seed: int) -> Any:
        """Make the model; it gets copies, for it may change what it is given."""
        kind = load_model_class(self.model)
        arguments = {
            name: deepcopy(value)
            for name, value in parameters.items()
            if not name.startswith("model.")
        }
        made = {name: load_object(of)() for name, of in self.objects}
        keyword = find_seed_keyword(kind)
        # A plain int: numpy's integers give other numbers as rng and are refused as seed.
        return kind(**arguments, **made, **({keyword: int(seed)} if keyword else {}))

    def _measured(self, model: Any) -> dict[str, float]:
        """Return the measures now."""
        return {
            name: read_measure(model, name) for name in list_measure_names(model, self.measures)
        }


def advance_one_round(model: Any) -> None:
    """Play one round; a model with one of Mesa's simulators has events between its steps, which the simulator knows."""
    from mesa.experimental.devs.simulator import Simulator

    simulator = getattr(model, "simulator", None)
    if isinstance(simulator, Simulator) and simulator.model is model:
        simulator.run_for(1)
    else:
        model.step()
