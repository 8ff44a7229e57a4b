"""Studies: which configurations are run, with which seeds. A study is a YAML file, changed by overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from analysis.names import suggest_or_list
from experiments.configuration import (
    Override,
    parse_override,
    refuse_repeated_overrides,
)
from experiments.console import print_text
from experiments.design.composition import read_design
from experiments.design.constraints import Constraint, read_constraint
from experiments.design.factors import (
    Factor,
    Factors,
    Level,
    Range,
    check_levels,
    find_level_by_label,
    has_scenarios,
    read_factor,
    read_range,
    refuse_conflicting_settings,
    refuse_repeated_levels,
)
from experiments.design.plan import AdaptiveReplicates
from experiments.design.sampling import (
    DESIGN_KINDS,
    Combination,
    Design,
    Matrix,
    Problem,
    Sample,
    SampledDesignKind,
    build_unit_problem,
    draw_sample,
)
from experiments.models.choice import choose_target, split_model_override
from experiments.models.classics import (
    MODEL_KEY,
    ClassicTarget,
    ParameterDeclarations,
    get_summary_line,
    list_classic_parameters,
)
from experiments.models.collaboration import FILES_KEY
from experiments.models.target import AT_THE_END, Target
from sim.config import LARGEST_SEED, Config
from sim.errors import InputError
from sim.presets import find_configs_folder

SWITCH_KEYS = ("common_random_numbers", "series")
STUDY_SETTING_KEYS = ("replicates", "seed", *SWITCH_KEYS)
DESCRIPTION_KEYS = (
    "title",
    "pattern",
    "question",
    "hypotheses",
    "sources",
)  # for the reader; nothing of them changes a run
STUDY_KEYS = (
    *DESCRIPTION_KEYS,
    "model",
    "factors",
    "design",
    "constraints",
    "overrides",
    "keep",
    "replicates",
    "seed",
    *SWITCH_KEYS,
)
MOST_REPLICATES, MOST_PATTERNS = 10_000_000, 1_000
DEFAULT_REPLICATES, DEFAULT_SEED = 10, 1  # of a study file that does not say
DESIGN_KEY = "design"
ADAPTIVE_KEYS = ("until", "at_least", "at_most", "batch")


@dataclass(frozen=True)
class Point:
    """One point of a design: the labels of its factor levels, what they set, and what is run with it."""

    levels: dict[str, Any]
    settings: dict[str, Any]
    target: Target

    @property
    def parameters(self) -> dict[str, Any]:
        """Complete, checked parameters; made anew at every look, for a design may have a million points."""
        return self.target.settle(self.settings)

    @property
    def config(self) -> Config:
        """The same as a configuration of our own model."""
        return Config.model_validate(
            {group: given for group, given in self.parameters.items() if group != FILES_KEY}
        )


@dataclass(frozen=True)
class Study:
    """A design with common random numbers: replicate r has the same seed at every point.

    A factor is a preset, a parameter, or a named set of scenarios that set several at once.
    """

    name: str
    question: str
    factors: Factors
    replicates: int | AdaptiveReplicates
    seed: int
    overrides: list[str] = field(default_factory=list)
    keep: tuple[str, ...] = ()
    design: Design = field(default_factory=Design)
    constraints: tuple[str, ...] = ()
    model: str | dict[str, Any] | None = None
    common_random_numbers: bool = True
    series: int = 0

    @property
    def target(self) -> Target:
        """What is run: our own model, or the classic or Mesa model that the study names."""
        return choose_target(self.model, self.overrides)

    def points(self) -> list[Point]:
        """Return every point in the order of its design; parameters are checked when they are looked at."""
        target = self.target
        return [
            Point(
                {name: levels[name].label for name in self.factors},
                {
                    path: value
                    for level in levels.values()
                    for path, value in level.settings.items()
                },
                target,
            )
            for levels in draw_allowed_sample(self)[0].points
        ]


def draw_allowed_sample(study: Study) -> tuple[Sample, int]:
    """Return the points that fulfil the constraints, and how many do not."""
    sample = draw_sample(study.design, study.factors)
    if not study.constraints:
        return sample, 0
    constraints = [read_constraint(text, study.factors) for text in study.constraints]
    kept = [
        row
        for row, point in enumerate(sample.points)
        if all(constraint.is_fulfilled(point) for constraint in constraints)
    ]
    if not kept:
        raise InputError(
            "no point of the design fulfils"
            f" {describe_unfulfilled_constraint(constraints, sample.points)}; loosen it or change"
            " the levels"
        )
    unit = None if sample.unit is None else sample.unit[kept]
    return Sample([sample.points[row] for row in kept], unit), len(sample.points) - len(kept)


def describe_unfulfilled_constraint(
    constraints: Sequence[Constraint], points: Sequence[Combination]
) -> str:
    """Return the constraint that leaves no point, or all of them if they do so together."""
    for constraint in constraints:
        if not any(constraint.is_fulfilled(point) for point in points):
            return f"the constraint {constraint.text}"
    return "all constraints at once: " + "; ".join(constraint.text for constraint in constraints)


def problem(study: Study) -> Problem:
    """Return SALib's problem of a study: the names of its factors that vary, their bounds (the unit interval), and groups if there are any."""
    return build_unit_problem(require_sampled_design(study), study.factors)


def unit_sample(study: Study) -> Matrix:
    """Return the sample in the unit cube, a row per point of the study and a column per name of its problem: SALib's X."""
    unit = draw_allowed_sample(replace(study, design=require_sampled_design(study)))[0].unit
    assert unit is not None
    return unit


def require_sampled_design(study: Study) -> Design:
    """Return the design of a study if it samples the unit cube."""
    name = study.design.name
    sampled = [kind for kind, what in DESIGN_KINDS.items() if isinstance(what, SampledDesignKind)]
    if name not in sampled:
        raise InputError(
            f"the study {study.name} has the design {name}, which samples no unit cube; allowed for"
            f" this analysis: {', '.join(sampled)}"
        )
    return study.design


def list_study_names() -> list[str]:
    """Return the names of the studies that come with the package."""
    return sorted(path.stem for path in (find_configs_folder() / "study").glob("*.yaml"))


def load_study(name: str, overrides: Sequence[str] = (), source: str | None = None) -> Study:
    """Read a study by name, or from a file of one's own (``my_study.yaml``; ``source`` is a copy to read instead), and apply overrides.

    ``a=1`` fixes a parameter or level; ``a=1,2``, ``range``, ``choice`` and ``interval`` make it a factor; ``design=...`` chooses a design.
    """
    model, overrides = split_model_override(overrides)
    given = read_study_file(source or name) | ({MODEL_KEY: model} if model else {})
    name = name.removeprefix(f"{MODEL_KEY}=")
    ours, known = (
        given.get(MODEL_KEY) is None,
        (
            list_classic_parameters(given[MODEL_KEY])
            if isinstance(given.get(MODEL_KEY), str)
            else None
        ),
    )
    changes = StudyChanges(
        factors={
            str(path): read_factor(str(path), levels, ours, known)
            for path, levels in given.get("factors", {}).items()
        },
        ours=ours,
        declared=known,
        own={
            "replicates": given.get("replicates", DEFAULT_REPLICATES),
            "seed": given.get("seed", DEFAULT_SEED),
            "common_random_numbers": given.get("common_random_numbers", True),
            "series": given.get("series", 0),
        },
        fixed=list(given.get("overrides", [])),
        design=given.get(DESIGN_KEY, Design.name),
    )
    if changes.fixed and not ours:
        raise InputError(
            f"{name}: overrides has {changes.fixed[0]}, but another model has none; make it a"
            " factor of one level"
        )
    refuse_repeated_overrides(overrides)
    for override in overrides:
        apply_override(parse_override(override), override, changes)
    design, factors = read_design(changes.design, changes.settings, changes.factors, changes.chosen)
    refuse_conflicting_settings(factors, changes.fixed if ours else [])
    if changes.design == Design.name:
        refuse_repeated_levels(factors)
    study = Study(
        name=Path(name).stem,
        question=given.get("question", f"Study {Path(name).stem}"),
        factors=factors,
        replicates=read_replicates(changes.own["replicates"]),
        seed=read_bounded_number("seed", changes.own["seed"], 0, LARGEST_SEED),
        common_random_numbers=read_switch(
            "common_random_numbers", changes.own["common_random_numbers"]
        ),
        series=read_series(changes.own["series"]),
        model=given.get(MODEL_KEY),
        overrides=changes.fixed,
        keep=tuple(given.get("keep", ())),
        design=design,
        constraints=tuple(given.get("constraints", ())),
    )
    check_design_points(study)
    return study


def check_design_points(study: Study) -> None:
    """Draw the design once, so that what is wrong with it is said at once, and so is how many points constraints leave out."""
    whole = [
        leaf.name
        for leaf in study.design.list_leaves()
        if DESIGN_KINDS[leaf.name].needs_every_point
    ]
    if study.constraints and whole:
        raise InputError(
            f"the analysis of {whole[0]} needs every point of its design and the constraint"
            f" {study.constraints[0]} may leave some out; choose latin_hypercube or sobol_sequence,"
            " or take the constraints out of the study"
        )
    sample, left_out = draw_allowed_sample(study)
    if left_out:
        print_text(
            f"{left_out} of {left_out + len(sample.points)} points do not fulfil the constraints"
            " and are left out."
        )


@dataclass
class StudyChanges:
    """What a study becomes while overrides are applied; ``chosen`` are the factors that they set."""

    factors: Factors
    own: dict[str, Any]
    fixed: list[str]
    design: Any
    ours: bool
    declared: ParameterDeclarations | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)


def apply_override(override: Override, text: str, changes: StudyChanges) -> None:
    """Apply one override."""
    key = override.key
    first, _, rest = key.partition(".")
    if key in STUDY_SETTING_KEYS or first == DESIGN_KEY:
        if override.several:
            raise InputError(f"{text} gives several values and {key} takes one; give one")
        value = override.values[0]
        if key in STUDY_SETTING_KEYS:
            changes.own[key] = value
        elif key == DESIGN_KEY:
            changes.design = value
        else:
            add_design_setting(rest, value, changes.settings)
        return
    factor = build_factor(override, changes.factors.get(key), changes)
    if factor is None:
        changes.fixed.append(text)
    else:
        if changes.ours:
            check_levels(factor)
        changes.factors[key] = factor
        changes.chosen.append(key)


def add_design_setting(path: str, value: Any, settings: dict[str, Any]) -> None:
    """Add a setting of the design; ``base.imitation.rate`` is one entry of the setting base."""
    setting, _, entry = path.partition(".")
    if entry:
        settings.setdefault(setting, {})[entry] = value
    else:
        settings[setting] = value


def build_factor(override: Override, before: Factor | None, changes: StudyChanges) -> Factor | None:
    """Return the factor an override makes, or nothing when it fixes a parameter that is no factor."""
    key, values = override.key, override.values
    if override.interval is not None:
        low, high = override.interval
        kept = (
            {"scale": before.scale, "whole": before.whole, "levels": before.levels}
            if isinstance(before, Range)
            else {}
        )
        return read_range(key, {**kept, "low": low, "high": high}, changes.ours, changes.declared)
    if override.several and not values:
        raise InputError(
            f"{key} has no levels: what is given for it is empty; write for example"
            f" {key}=range(0,0.5,0.1)"
        )
    if isinstance(before, list) and has_scenarios(before, key):
        return [find_level_by_label(key, label, before) for label in values]
    if len(values) == 1 and isinstance(values[0], Mapping) and {"low", "high"} & set(values[0]):
        return read_range(key, values[0], changes.ours, changes.declared)
    if (
        before is not None or override.several or not changes.ours
    ):  # arguments of another model are set by points alone
        return [Level(value, {key: value}) for value in values]
    return None


def read_study_file(name: str) -> dict[str, Any]:
    """Read a study that comes with the package, or a file of one's own; ``model=march_1991`` is a study of a classic without a file."""
    if name.startswith(f"{MODEL_KEY}="):
        preset = name.removeprefix(f"{MODEL_KEY}=")
        return {"question": get_summary_line(ClassicTarget(preset).model), MODEL_KEY: preset}
    own = Path(name).suffix in (".yaml", ".yml")
    if not own and name not in list_study_names():
        raise InputError(
            f"{name} is not a study.{suggest_or_list(name, list_study_names())} A study of your"
            " own is a file: my_study.yaml"
        )
    path = Path(name) if own else find_configs_folder() / "study" / f"{name}.yaml"
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"the study {name} cannot be read: {(error.strerror or str(error)).lower()}; give a"
            f" file or one of {', '.join(list_study_names())}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"the study {name} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(given, dict):
        raise InputError(
            f"the study {name} holds no settings; it needs factors, for example factors:"
            " {imitation.rate: [0, 0.1]}"
        )
    for key in given:
        if key not in STUDY_KEYS:
            raise InputError(
                f"{name}: {key} is not a setting of a study.{suggest_or_list(str(key), STUDY_KEYS)}"
            )
    if not isinstance(given.get("factors", {}), dict):
        raise InputError(f"{name}: factors is {given['factors']!r}; allowed: factors by name")
    for key in ("title", "question"):
        if not isinstance(given.get(key, ""), str):
            raise InputError(f"{name}: {key} is {given[key]!r}; allowed: a text")
    if "pattern" in given:
        read_bounded_number(f"{name}: pattern", given["pattern"], 1, MOST_PATTERNS)
    for key in ("hypotheses", "sources", "constraints", "overrides", "keep"):
        listed = given.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
            raise InputError(f"{name}: {key} is {listed!r}; allowed: a list of texts")
    return given


def read_whole_number(key: str, value: Any) -> int:
    """Read a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{key} is {value}; allowed: a whole number")
    return value


def read_bounded_number(key: str, value: Any, lowest: int, highest: int) -> int:
    """Read a whole number within limits."""
    if not lowest <= read_whole_number(key, value) <= highest:
        raise InputError(f"{key} is {value}; allowed: {lowest} to {highest:,}")
    return int(value)


def read_series(given: Any) -> int:
    """Read which rounds a time series keeps: every n-th, none (0) or ``end``."""
    if given == "end":
        return AT_THE_END
    if isinstance(given, str):
        raise InputError(
            f"series is {given}; allowed: end, or a number n to keep every n-th round (0: none)"
        )
    return read_bounded_number("series", given, 0, MOST_REPLICATES)


def read_switch(key: str, value: Any) -> bool:
    """Read a switch."""
    if not isinstance(value, bool):
        raise InputError(f"{key} is {value}; allowed: true or false")
    return value


def read_replicates(given: Any) -> int | AdaptiveReplicates:
    """Read a number of replicates, or ``{until: {joint_value: 0.01}, at_least: 10, at_most: 200, batch: 10}``."""
    if not isinstance(given, dict):
        return read_bounded_number("replicates", given, 1, MOST_REPLICATES)
    unknown = [key for key in given if key not in ADAPTIVE_KEYS]
    if unknown:
        raise InputError(
            f"replicates.{unknown[0]} is not"
            f" known.{suggest_or_list(str(unknown[0]), ADAPTIVE_KEYS)}"
        )
    until = given.get("until")
    if (
        not isinstance(until, dict)
        or not until
        or not all(isinstance(width, int | float) and width > 0 for width in until.values())
    ):
        raise InputError(
            f"replicates.until is {until}; give measures with the half-width wanted of their 95 %"
            " interval, for example {joint_value: 0.01}"
        )
    at_least = read_bounded_number(
        "replicates.at_least", given.get("at_least", 10), 2, MOST_REPLICATES
    )
    at_most = read_bounded_number(
        "replicates.at_most", given.get("at_most", 200), at_least, MOST_REPLICATES
    )
    return AdaptiveReplicates(
        {str(name): float(width) for name, width in until.items()},
        at_least,
        at_most,
        read_bounded_number("replicates.batch", given.get("batch", 10), 1, at_most),
    )
