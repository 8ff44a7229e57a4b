"""The designs: from factors and settings to points, which have a level per factor.

Designs over levels list their points. Designs over the unit cube draw a matrix by SALib or
scipy.stats.qmc, with a row per point and a column per factor that varies; every share becomes a
level of its factor. SALib is slow to import, so it is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.design.factors import (
    Factor,
    Factors,
    Level,
    Range,
    find_level_at_share,
    find_level_by_label,
    is_constant,
    list_levels,
)
from experiments.design.settings import (
    FractionalFactorial,
    FullFactorial,
    LatinHypercube,
    Morris,
    OneAtATime,
    PairedDesign,
    Settings,
    Sobol,
    SobolSequence,
    TableDesign,
)
from sim.errors import InputError

Combination = dict[str, Level]
Matrix = NDArray[np.float64]
Problem = dict[str, Any]
MOST_POINTS = 2_000_000


@dataclass(frozen=True)
class Design:
    """A design over named factors, or (``cross``, ``zip``) a composition of designs."""

    name: str = "full_factorial"
    factors: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    parts: tuple[Design, ...] = ()

    def list_leaves(self) -> list[Design]:
        """Return the designs that are no compositions."""
        return (
            [leaf for part in self.parts for leaf in part.list_leaves()] if self.parts else [self]
        )


class Sample(NamedTuple):
    """The points of a design; a design over the unit cube also has its matrix."""

    points: list[Combination]
    unit: Matrix | None = None


def draw_sample(design: Design, factors: Factors, place: tuple[int, ...] = ()) -> Sample:
    """Return the points of a design.

    Every part of a composition draws from its own random stream, which depends on its place.
    """
    if design.parts:
        parts = [
            draw_sample(part, factors, (*place, position)).points
            for position, part in enumerate(design.parts)
        ]
        return Sample(
            cross_designs(parts) if design.name == "cross" else zip_designs(parts, design)
        )
    factors = {name: factors[name] for name in design.factors}
    kind = DESIGN_KINDS[design.name]
    settings = kind.settings.model_validate(design.settings)
    if isinstance(kind, ListedDesignKind):
        return Sample(kind.list_points(factors, settings))
    constant = {
        name: list_levels(factor)[0] for name, factor in factors.items() if is_constant(factor)
    }
    varied = find_varied_factors(design, factors)
    unit = kind.draw_matrix(
        build_unit_problem(design, factors),
        varied,
        settings,
        derive_part_seed(design.settings.get("seed", 0), place),
    )
    points = [
        constant
        | {
            name: find_level_at_share(varied[name], share)
            for name, share in zip(varied, row, strict=True)
        }
        for row in unit.tolist()
    ]
    return Sample([{name: point[name] for name in factors} for point in points], unit)


def refuse_too_many_points(count: int, design: str) -> None:
    """Refuse a design whose points would fill the memory."""
    if count > MOST_POINTS:
        raise InputError(
            f"{design} has {count:,} points; allowed: at most {MOST_POINTS:,}. Take fewer levels or"
            " samples, or a design that samples"
        )


def cross_designs(parts: Sequence[list[Combination]]) -> list[Combination]:
    """Return every combination of points of the designs; the last design varies fastest."""
    refuse_too_many_points(prod(map(len, parts)), "the cross of designs")
    return [merge_combinations(combination) for combination in product(*parts)]


def zip_designs(parts: Sequence[list[Combination]], design: Design) -> list[Combination]:
    """Return the first points of all designs together, then the second, ..."""
    counts = [len(points) for points in parts]
    if len(set(counts)) > 1:
        sizes = ", ".join(
            f"{part.name} {count}" for part, count in zip(design.parts, counts, strict=True)
        )
        raise InputError(
            f"zip combines designs with equal numbers of points; these have {sizes}: change one, or"
            " cross them"
        )
    return [merge_combinations(combination) for combination in zip(*parts, strict=True)]


def merge_combinations(parts: Sequence[Combination]) -> Combination:
    """Return one point from its parts."""
    return {name: level for part in parts for name, level in part.items()}


def derive_part_seed(seed: int, place: tuple[int, ...]) -> int:
    """Return the seed of a part; parts with the same seed setting draw different numbers."""
    return (
        int(np.random.SeedSequence(seed, spawn_key=place).generate_state(1)[0]) if place else seed
    )


def find_varied_factors(design: Design, factors: Factors) -> Factors:
    """Return the factors with more than one level, which a design over the unit cube samples."""
    varied = {name: factors[name] for name in design.factors if not is_constant(factors[name])}
    if not varied:
        raise InputError(
            f"the design {design.name} has no factor that varies; give one a range or several"
            " levels, for example imitation.rate=0,0.1"
        )
    return varied


def build_unit_problem(design: Design, factors: Factors) -> Problem:
    """Return SALib's problem definition of the unit cube that a design samples."""
    names = list(find_varied_factors(design, factors))
    problem: Problem = {
        "num_vars": len(names),
        "names": names,
        "bounds": [[0.0, 1.0] for _ in names],
    }
    groups = design.settings.get("groups")
    if groups:
        group_of = {member: group for group, members in groups.items() for member in members}
        problem["groups"] = [group_of.get(name, name) for name in names]
        if len(set(problem["groups"])) == 1:
            raise InputError(
                f"design.groups puts all factors in the group {problem['groups'][0]}; make two"
                " groups or more, to compare them"
            )
    return problem


def count_factor_groups(problem: Problem) -> int:
    """Return the number of groups; a factor without a group counts as one."""
    return len(set(problem["groups"] if "groups" in problem else problem["names"]))


def build_full_factorial(factors: Factors, settings: FullFactorial) -> list[Combination]:
    """Return every combination of levels; the last factor varies fastest."""
    lists = [list_levels(factor) for factor in factors.values()]
    refuse_too_many_points(prod(map(len, lists)), "the full factorial")
    return [dict(zip(factors, levels, strict=True)) for levels in product(*lists)]


def build_paired_design(
    factors: Factors, settings: PairedDesign | TableDesign
) -> list[Combination]:
    """Return the n-th levels of all factors as the n-th point; a single level applies to all."""
    lists = {name: list_levels(factor) for name, factor in factors.items()}
    length = max((len(levels) for levels in lists.values()), default=0)
    if any(len(levels) not in (1, length) for levels in lists.values()):
        counts = ", ".join(f"{name} {len(levels)}" for name, levels in lists.items())
        raise InputError(
            "this design combines lists of equal length; the numbers of levels are"
            f" {counts}: make them equal"
        )
    return [
        {name: levels[row % len(levels)] for name, levels in lists.items()} for row in range(length)
    ]


def build_one_at_a_time(factors: Factors, settings: OneAtATime) -> list[Combination]:
    """Return the base point, and the points that change one factor of it to another level."""
    base = {name: find_base_level(name, factor, settings.base) for name, factor in factors.items()}
    others = {
        name: [level for level in list_levels(factor) if level.label != base[name].label]
        for name, factor in factors.items()
    }
    return [base, *({**base, name: level} for name, levels in others.items() for level in levels)]


def find_base_level(name: str, factor: Factor, base: Mapping[str, Any]) -> Level:
    """Return the base level of a factor: the level in the settings, or its first."""
    if name not in base:
        return list_levels(factor)[0]
    if not isinstance(factor, Range):
        return find_level_by_label(name, base[name], factor)
    value = base[name]
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not factor.low <= value <= factor.high
    ):
        raise InputError(
            f"design.base: {name} is {value}; allowed: a number from {factor.low} to {factor.high}"
        )
    return factor.make_level(value)


def sample_latin_hypercube(
    problem: Problem, factors: Factors, settings: LatinHypercube, seed: int
) -> Matrix:
    """Return a Latin hypercube."""
    from scipy.stats import qmc

    rng = np.random.default_rng(seed)
    try:
        cube = qmc.LatinHypercube(
            problem["num_vars"],
            strength=settings.strength,
            optimization=settings.optimization,
            rng=rng,
        )
        return cube.random(settings.samples)
    except ValueError as error:
        raise InputError(
            f"design.samples is {settings.samples}; with strength 2 it is the square of a prime"
            f" number that is at least {problem['num_vars'] - 1} (4, 9, 25, 49, 121, ...)"
        ) from error


def sample_sobol_sequence(
    problem: Problem, factors: Factors, settings: SobolSequence, seed: int
) -> Matrix:
    """Return the first points of a Sobol' sequence."""
    from scipy.stats import qmc

    return qmc.Sobol(
        problem["num_vars"], scramble=settings.scramble, rng=np.random.default_rng(seed)
    ).random(settings.samples)


def sample_saltelli(problem: Problem, factors: Factors, settings: Sobol, seed: int) -> Matrix:
    """Return Saltelli's sample."""
    from SALib.sample import sobol as saltelli

    blocks = count_factor_groups(problem)
    refuse_too_many_points(
        settings.samples * (blocks * (1 + settings.second_order) + 2), "the design sobol"
    )
    return saltelli.sample(
        problem,
        settings.samples,
        calc_second_order=settings.second_order,
        scramble=settings.scramble,
        seed=seed,
    )


def sample_morris(problem: Problem, factors: Factors, settings: Morris, seed: int) -> Matrix:
    """Return Morris' trajectories."""
    from SALib.sample import morris as trajectories

    for name, factor in factors.items():
        if not isinstance(factor, Range) and len(factor) > settings.levels:
            raise InputError(
                f"{name} has {len(factor)} levels and the grid of morris {settings.levels}, so that"
                f" some would never be run; set design.levels={len(factor) + len(factor) % 2}"
            )
    blocks = count_factor_groups(problem)
    refuse_too_many_points(settings.trajectories * (blocks + 1), "the design morris")
    return trajectories.sample(
        problem,
        settings.trajectories,
        num_levels=settings.levels,
        optimal_trajectories=settings.optimal,
        seed=seed,
    )


def build_fractional_factorial(
    problem: Problem, factors: Factors, settings: FractionalFactorial, seed: int
) -> Matrix:
    """Return a two-level design of resolution IV, without the dummy factors that SALib adds."""
    from SALib.sample import ff

    for name, factor in factors.items():
        if not isinstance(factor, Range) and len(factor) != 2:
            raise InputError(
                f"{name} has {len(factor)} levels; fractional_factorial takes two: choose two of"
                f" them, for example {name}={format_example_levels(factor)}"
            )
    count = problem["num_vars"]
    return ff.sample({**problem, "names": list(problem["names"])})[:, :count]


def format_example_levels(factor: Sequence[Level]) -> str:
    """Return the first and the last level as an override."""
    return f"{factor[0].label},{factor[-1].label}"


@dataclass(frozen=True)
class ListedDesignKind:
    """A kind of design that lists its points."""

    settings: type[Settings]
    list_points: Callable[[Factors, Any], list[Combination]]
    needs_every_point: bool = False


@dataclass(frozen=True)
class SampledDesignKind:
    """A kind of design over the unit cube."""

    settings: type[Settings]
    draw_matrix: Callable[[Problem, Factors, Any, int], Matrix]
    needs_every_point: bool = False


DESIGN_KINDS: dict[str, ListedDesignKind | SampledDesignKind] = {
    "full_factorial": ListedDesignKind(FullFactorial, build_full_factorial),
    "paired": ListedDesignKind(PairedDesign, build_paired_design),
    "one_at_a_time": ListedDesignKind(OneAtATime, build_one_at_a_time),
    # The columns of the file have become factors.
    "table": ListedDesignKind(TableDesign, build_paired_design),
    "latin_hypercube": SampledDesignKind(LatinHypercube, sample_latin_hypercube),
    "sobol_sequence": SampledDesignKind(SobolSequence, sample_sobol_sequence),
    "sobol": SampledDesignKind(Sobol, sample_saltelli, needs_every_point=True),
    "morris": SampledDesignKind(Morris, sample_morris, needs_every_point=True),
    "fractional_factorial": SampledDesignKind(
        FractionalFactorial, build_fractional_factorial, needs_every_point=True
    ),
}
