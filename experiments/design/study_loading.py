"""From a study file and overrides to a checked study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.configuration import Override, parse_override, refuse_repeated_overrides
from experiments.console import print_text
from experiments.design.composition import read_design
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
from experiments.design.sampling import DESIGN_KINDS, Design
from experiments.design.study import Study
from experiments.design.study_file import (
    STUDY_SETTING_KEYS,
    read_bounded_number,
    read_replicates,
    read_series,
    read_study_file,
    read_switch,
)
from experiments.models.choice import split_model_override
from experiments.models.classics import (
    MODEL_KEY,
    ParameterDeclarations,
    list_classic_parameters,
)
from sim.config import LARGEST_SEED
from sim.errors import InputError

DESIGN_KEY = "design"
# What a study has whose file does not set it.
DEFAULT_SETTINGS: dict[str, Any] = {
    "replicates": 10,
    "seed": 1,
    "common_random_numbers": True,
    "series": 0,
}


@dataclass
class StudyDraft:
    """A study while overrides are applied to it.

    Attributes:
        factors: the factors by name.
        settings: replicates, seed and switches, as written.
        overrides: overrides that fix a parameter at every point.
        design: the design, as written.
        is_collaboration: whether the collaboration model is run; its parameters are known.
        declarations: the parameters of a classic by name; None for other models.
        design_settings: settings of the design that overrides set.
        overridden_factors: names of the factors that overrides set.
    """

    factors: Factors
    settings: dict[str, Any]
    overrides: list[str]
    design: Any
    is_collaboration: bool
    declarations: ParameterDeclarations | None = None
    design_settings: dict[str, Any] = field(default_factory=dict)
    overridden_factors: list[str] = field(default_factory=list)


def load_study(name: str, overrides: Sequence[str] = (), source: str | None = None) -> Study:
    """Load a study by name or from a file, and apply overrides.

    Args:
        name: a study of the package, a file such as ``my_study.yaml``, or ``model=march_1991``
            for a study of a classic without a file.
        overrides: as on the command line. ``a=1`` fixes a parameter or a level; ``a=1,2``,
            ``range``, ``choice`` and ``interval`` make it a factor; ``design=...`` chooses a
            design.
        source: a copy of the study file to read instead of ``name``.

    Returns:
        The study. Its design is checked; parameters of its points are checked when read.

    Raises:
        InputError: the file, an override or the design is wrong.

    Example:
        >>> study = load_study("structure_and_imitation", ["imitation.rate=0,0.1", "replicates=5"])
        >>> len(study.points()), study.replicates
        (48, 5)
    """
    model, overrides = split_model_override(overrides)
    file_settings = read_study_file(source or name) | ({MODEL_KEY: model} if model else {})
    name = name.removeprefix(f"{MODEL_KEY}=")
    draft = build_study_draft(name, file_settings)
    refuse_repeated_overrides(overrides)
    for override in overrides:
        apply_override(parse_override(override), override, draft)
    design, factors = read_design(
        draft.design, draft.design_settings, draft.factors, draft.overridden_factors
    )
    refuse_conflicting_settings(factors, draft.overrides if draft.is_collaboration else [])
    if draft.design == Design.name:
        refuse_repeated_levels(factors)
    settings = draft.settings
    study = Study(
        name=Path(name).stem,
        question=file_settings.get("question", f"Study {Path(name).stem}"),
        factors=factors,
        replicates=read_replicates(settings["replicates"]),
        seed=read_bounded_number("seed", settings["seed"], 0, LARGEST_SEED),
        common_random_numbers=read_switch(
            "common_random_numbers", settings["common_random_numbers"]
        ),
        series=read_series(settings["series"]),
        model=file_settings.get(MODEL_KEY),
        overrides=draft.overrides,
        keep=tuple(file_settings.get("keep", ())),
        design=design,
        constraints=tuple(file_settings.get("constraints", ())),
    )
    check_design_points(study)
    return study


def build_study_draft(name: str, file_settings: Mapping[str, Any]) -> StudyDraft:
    """Return a study as its file sets it, before overrides."""
    model = file_settings.get(MODEL_KEY)
    declarations = list_classic_parameters(model) if isinstance(model, str) else None
    overrides = list(file_settings.get("overrides", []))
    if overrides and model is not None:
        raise InputError(
            f"{name}: overrides has {overrides[0]}, but only the collaboration model has"
            " overrides; make it a factor of one level"
        )
    return StudyDraft(
        factors={
            str(path): read_factor(str(path), levels, model is None, declarations)
            for path, levels in file_settings.get("factors", {}).items()
        },
        settings={
            key: file_settings.get(key, default) for key, default in DEFAULT_SETTINGS.items()
        },
        overrides=overrides,
        design=file_settings.get(DESIGN_KEY, Design.name),
        is_collaboration=model is None,
        declarations=declarations,
    )


def check_design_points(study: Study) -> None:
    """Draw the design once to find errors early; report how many points constraints exclude."""
    complete = [
        leaf.name
        for leaf in study.design.list_leaves()
        if DESIGN_KINDS[leaf.name].needs_every_point
    ]
    if study.constraints and complete:
        raise InputError(
            f"the analysis of {complete[0]} needs every point of its design, and the constraint"
            f" {study.constraints[0]} may exclude some; choose latin_hypercube or sobol_sequence,"
            " or remove the constraints from the study"
        )
    sample = study.sample
    if sample.excluded:
        print_text(
            f"{sample.excluded} of {sample.excluded + len(sample.points)} points do not fulfil the"
            " constraints and are left out."
        )


def apply_override(override: Override, text: str, draft: StudyDraft) -> None:
    """Apply one override."""
    key = override.key
    group, _, path = key.partition(".")
    if key in STUDY_SETTING_KEYS or group == DESIGN_KEY:
        if override.several:
            raise InputError(f"{text} gives several values and {key} takes one; give one")
        value = override.values[0]
        if key in STUDY_SETTING_KEYS:
            draft.settings[key] = value
        elif key == DESIGN_KEY:
            draft.design = value
        else:
            add_design_setting(path, value, draft.design_settings)
        return
    factor = build_factor(override, draft.factors.get(key), draft)
    if factor is None:
        draft.overrides.append(text)
    else:
        if draft.is_collaboration:
            check_levels(factor)
        draft.factors[key] = factor
        draft.overridden_factors.append(key)


def add_design_setting(path: str, value: Any, settings: dict[str, Any]) -> None:
    """Add a setting of the design; ``base.imitation.rate`` is one entry of the setting base."""
    setting, _, entry = path.partition(".")
    if entry:
        settings.setdefault(setting, {})[entry] = value
    else:
        settings[setting] = value


def build_factor(override: Override, before: Factor | None, draft: StudyDraft) -> Factor | None:
    """Return the factor that an override makes; None when it fixes a parameter instead."""
    key, values = override.key, override.values
    if override.interval is not None:
        low, high = override.interval
        settings = (
            {"scale": before.scale, "whole": before.whole, "levels": before.levels}
            if isinstance(before, Range)
            else {}
        )
        bounds = {"low": low, "high": high}
        return read_range(key, settings | bounds, draft.is_collaboration, draft.declarations)
    if override.several and not values:
        raise InputError(
            f"{key} has no levels: its list is empty; write for example {key}=range(0,0.5,0.1)"
        )
    if isinstance(before, list) and has_scenarios(before, key):
        return [find_level_by_label(key, label, before) for label in values]
    if len(values) == 1 and isinstance(values[0], Mapping) and {"low", "high"} & set(values[0]):
        return read_range(key, values[0], draft.is_collaboration, draft.declarations)
    # Only the collaboration model has overrides: other models get all arguments from points.
    if before is not None or override.several or not draft.is_collaboration:
        return [Level(value, {key: value}) for value in values]
    return None
