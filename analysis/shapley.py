"""Shapley's division of a difference among its causes; the parts add up exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import comb
from typing import Any

import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Floats, estimate_mean
from analysis.tidy import (
    check_level,
    check_runs,
    extract_values,
    format_point,
    iterate_groups,
    pair_samples,
    select_one_run_each,
)

Switches = tuple[bool, ...]
MAX_CAUSES = 12


def compute_shapley_values(value: Callable[[Switches], Floats], causes: int) -> list[Floats]:
    """Return the Shapley value of each cause: its mean contribution over all orders of switching.

    ``value`` takes which causes are switched; the values of all causes sum to ``value(all) -
    value(none)``.
    """
    if not 1 <= causes <= MAX_CAUSES:
        raise AnalysisError(
            f"there are {causes} causes to divide among; allowed: 1 to {MAX_CAUSES}"
        )
    worth = {switched: value(switched) for switched in product((False, True), repeat=causes)}
    shares = []
    for cause in range(causes):
        others = [switched for switched in worth if not switched[cause]]
        with_it = {
            switched: (*switched[:cause], True, *switched[cause + 1 :]) for switched in others
        }
        weights = {
            switched: 1.0 / (causes * comb(causes - 1, sum(switched))) for switched in others
        }
        total = worth[others[0]] * 0.0
        for switched in others:
            total = total + weights[switched] * (worth[with_it[switched]] - worth[switched])
        shares.append(total)
    return shares


def causes(
    runs: pl.DataFrame,
    changes: Mapping[str, tuple[Any, Any]],
    measure: str,
    by: Sequence[str] = (),
    *,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Divide the effect of changing several factors at once among these factors.

    What factors do only together is divided evenly.

    Args:
        runs: a row per run of a full factorial of both levels of every factor, with common random
            numbers: factors, the measure, ``replicate`` and ``seed``.
        changes: per factor its level before and after.
        measure: column of the response.
        by: other factors; every combination of their levels is divided by itself.
        level: confidence level, 0 to 1.

    Returns:
        A row per factor, and one for the whole change, to which they add up in every replicate:
        ``by``, ``part`` (factor, or "total"), ``measure``, ``value``, ``low``, ``high`` (units of
        the measure), ``n``, ``level``, ``method``.

    Raises:
        AnalysisError: a column, level or run is missing, or the seeds are not common.

    Source:
        Shapley (1953), A value for n-person games; Shorrocks (2013), J. Economic Inequality 11.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> changes = {"structure": ("alliance", "hub"), "imitation.rate": (0.0, 0.2)}
        >>> table = causes(make_example_runs(), changes, "joint_value")
        >>> table.select("part", pl.col("value").round(3)).rows()
        [('structure', 0.007), ('imitation.rate', 0.052), ('total', 0.058)]
    """
    factors = list(changes)
    check_runs(runs, measure, *factors, *by)
    for factor, pair in changes.items():
        for side in pair:
            check_level(runs, factor, side)
    rows = []
    for where, part in iterate_groups(runs, by):
        corners = collect_corner_values(part, changes, measure, where)
        shares = compute_shapley_values(corners.__getitem__, len(factors))
        total = corners[(True,) * len(factors)] - corners[(False,) * len(factors)]
        for name, values in zip([*factors, "total"], [*shares, total], strict=True):
            estimate = estimate_mean(values, level)._asdict()
            rows.append({**where, "part": name, "measure": measure, **estimate})
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        level=pl.lit(level), method=pl.lit("Shapley, paired, Student")
    )


def collect_corner_values(
    part: pl.DataFrame, changes: Mapping[str, tuple[Any, Any]], measure: str, where: dict[str, Any]
) -> dict[Switches, Floats]:
    """Return the measure by replicate at every combination of levels before and after."""
    corners: dict[Switches, Floats] = {}
    first = None
    for switched in product((False, True), repeat=len(changes)):
        point = {
            factor: pair[on] for (factor, pair), on in zip(changes.items(), switched, strict=True)
        }
        at = select_one_run_each(
            part.filter([pl.col(factor) == side for factor, side in point.items()]),
            format_point({**where, **point}),
        )
        first = at if first is None else first
        if len(pair_samples(at, first, measure, "paired").first) != len(first) or len(at) != len(
            first
        ):
            raise AnalysisError(
                f"the replicates at {format_point({**where, **point})} are not those of the other"
                " points; complete the study"
            )
        corners[switched] = extract_values(at, measure)
    return corners
