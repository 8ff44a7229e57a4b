"""A study and its points: which configurations are run, how often and with which seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from experiments.design.constraints import Constraint, read_constraint
from experiments.design.factors import Factors
from experiments.design.plan import AdaptiveReplicates
from experiments.design.sampling import (
    DESIGN_KINDS,
    Combination,
    Design,
    Matrix,
    Problem,
    SampledDesignKind,
    build_unit_problem,
    draw_sample,
)
from experiments.models.choice import choose_target
from experiments.models.collaboration import FILES_KEY
from experiments.models.target import Target
from sim.config import Config
from sim.errors import InputError


@dataclass(frozen=True)
class Point:
    """One point of a design: labels of its factor levels, what they set, and the model."""

    levels: dict[str, Any]
    settings: dict[str, Any]
    target: Target

    @property
    def parameters(self) -> dict[str, Any]:
        """Complete, checked parameters; not stored, because a design may have a million points."""
        return self.target.settle(self.settings)

    @property
    def config(self) -> Config:
        """The same as a configuration of the collaboration model."""
        return Config.model_validate(
            {group: values for group, values in self.parameters.items() if group != FILES_KEY}
        )


@dataclass(frozen=True)
class Study:
    """A design of points, each run with several replicates.

    Attributes:
        name: name of the study, or of its file without the suffix.
        question: the question that the study answers.
        factors: what varies, by name: a preset, a parameter, or scenarios that set several
            parameters at once.
        replicates: runs per point, or the rule that decides when a point has enough of them.
        seed: seed of the study; every replicate has its own stream.
        overrides: presets and parameters that are the same at every point.
        keep: ``("events",)`` to store the event table.
        design: which combinations of levels are run.
        constraints: expressions that every point fulfils.
        model: None for the collaboration model, the name of a classic, or the ``model`` part of a
            study file for a Mesa model.
        common_random_numbers: replicate r has the same seed at every point.
        series: every n-th round is stored (0: none, -1: the last round only).

    Example:
        >>> from experiments.design import load_study
        >>> study = load_study("structure_and_imitation", ["structure=hub", "replicates=20"])
        >>> study.replicates, study.design.name
        (20, 'full_factorial')
        >>> [point.levels["imitation.rate"] for point in study.points()][:2]
        [0.0, 0.0]
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
        """The model that is run: the collaboration model, a classic or a Mesa model."""
        return choose_target(self.model, self.overrides)

    @property
    def most_replicates(self) -> int:
        """The largest number of runs that a point may get."""
        return (
            self.replicates.at_most
            if isinstance(self.replicates, AdaptiveReplicates)
            else self.replicates
        )

    @cached_property
    def sample(self) -> AllowedSample:
        """The points that fulfil the constraints; drawn once."""
        return draw_allowed_sample(self)

    def points(self) -> list[Point]:
        """Return every point in the order of the design; parameters are checked when read."""
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
            for levels in self.sample.points
        ]


class AllowedSample(NamedTuple):
    """The points of a design that fulfil the constraints.

    Attributes:
        points: the points.
        unit: their matrix, if the design samples the unit cube.
        excluded: number of points that do not fulfil the constraints.
    """

    points: list[Combination]
    unit: Matrix | None
    excluded: int


def draw_allowed_sample(study: Study) -> AllowedSample:
    """Draw the design of a study; return the points that fulfil the constraints."""
    sample = draw_sample(study.design, study.factors)
    if not study.constraints:
        return AllowedSample(sample.points, sample.unit, 0)
    constraints = [read_constraint(text, study.factors) for text in study.constraints]
    rows = [
        row
        for row, point in enumerate(sample.points)
        if all(constraint.is_fulfilled(point) for constraint in constraints)
    ]
    if not rows:
        raise InputError(
            "no point of the design fulfils"
            f" {describe_unfulfilled_constraint(constraints, sample.points)}; loosen it or change"
            " the levels"
        )
    unit = None if sample.unit is None else sample.unit[rows]
    points = [sample.points[row] for row in rows]
    return AllowedSample(points, unit, len(sample.points) - len(rows))


def describe_unfulfilled_constraint(
    constraints: Sequence[Constraint], points: Sequence[Combination]
) -> str:
    """Return the constraint that no point fulfils, or all of them if only together they do so."""
    for constraint in constraints:
        if not any(constraint.is_fulfilled(point) for point in points):
            return f"the constraint {constraint.text}"
    return "all constraints at once: " + "; ".join(constraint.text for constraint in constraints)


def problem(study: Study) -> Problem:
    """Return the problem definition of a study for SALib.

    Args:
        study: a study whose design samples the unit cube: latin_hypercube, sobol_sequence, sobol,
            morris or fractional_factorial.

    Returns:
        SALib's dictionary with ``num_vars``, ``names`` (the factors that vary), ``bounds`` (the
        unit interval for each) and, if the design has groups, ``groups``.

    Raises:
        InputError: the design of the study does not sample the unit cube.

    Example:
        >>> from experiments.design import load_study
        >>> study = load_study("structure_and_imitation", ["design=sobol"])
        >>> problem(study)["names"]
        ['structure', 'imitation.rate', 'production.depth']
    """
    return build_unit_problem(require_sampled_design(study), study.factors)


def unit_sample(study: Study) -> Matrix:
    """Return the sample of a study in the unit cube: the matrix X of SALib's analyses.

    Args:
        study: a study whose design samples the unit cube, as for ``problem``.

    Returns:
        An array of shape (points, factors that vary): rows in the order of ``study.points()``,
        columns in the order of ``problem(study)["names"]``, values from 0 to 1.

    Raises:
        InputError: the design of the study does not sample the unit cube.

    Example:
        >>> from experiments.design import load_study
        >>> study = load_study("structure_and_imitation", ["design=latin_hypercube"])
        >>> unit_sample(study).shape  # design.samples is 64, and 3 factors vary
        (64, 3)
    """
    require_sampled_design(study)
    unit = study.sample.unit
    assert unit is not None
    return unit


def require_sampled_design(study: Study) -> Design:
    """Return the design of a study if it samples the unit cube."""
    name = study.design.name
    sampled = [key for key, kind in DESIGN_KINDS.items() if isinstance(kind, SampledDesignKind)]
    if name not in sampled:
        raise InputError(
            f"the study {study.name} has the design {name}, which does not sample the unit cube;"
            f" allowed for this analysis: {', '.join(sampled)}"
        )
    return study.design
