"""Who made the difference? Shapley's division of a difference among its causes, adding up exactly (Shapley 1953; Shorrocks 2013)."""

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
    """Return the Shapley value of each cause: what it adds when switched, averaged over all orders of switching.

    ``value`` takes which causes are switched; the values of all causes sum to ``value(all) - value(none)``.
    """
    if not 1 <= causes <= MAX_CAUSES:
        raise AnalysisError(f"there are {causes} causes to divide among; 1 to {MAX_CAUSES} can be")
    worth = {switched: value(switched) for switched in product((False, True), repeat=causes)}
    found = []
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
        found.append(total)
    return found


def causes(
    runs: pl.DataFrame,
    changes: Mapping[str, tuple[Any, Any]],
    measure: str,
    by: Sequence[str] = (),
    *,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Divide the effect of changing several factors at once among them, from runs at every combination (a full factorial of two levels each).

    ``changes`` gives each factor its level before and after. The rows of a group add up to its last, the whole change, in every replicate: what
    factors do only together is divided evenly. Common random numbers are needed. Intervals are Student's over replicates.

    Columns: ``by``, ``part`` (factor, or "total"), ``measure``, ``value``, ``low``, ``high``, ``n``, ``level``, ``method``.
    """
    factors = list(changes)
    check_runs(runs, measure, *factors, *by)
    for factor, pair in changes.items():
        for side in pair:
            check_level(runs, factor, side)
    rows = []
    for where, part in iterate_groups(runs, by):
        corners = collect_corner_values(part, changes, measure, where)
        found = dict(
            zip(factors, compute_shapley_values(corners.__getitem__, len(factors)), strict=True)
        )
        found["total"] = corners[(True,) * len(factors)] - corners[(False,) * len(factors)]
        for name, values in found.items():
            rows.append(
                {
                    **where,
                    "part": name,
                    "measure": measure,
                    **estimate_mean(values, level)._asdict(),
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        level=pl.lit(level), method=pl.lit("Shapley, paired, Student")
    )


def collect_corner_values(
    part: pl.DataFrame, changes: Mapping[str, tuple[Any, Any]], measure: str, where: dict[str, Any]
) -> dict[Switches, Floats]:
    """Return the measure by replicate at every combination of levels before and after."""
    found: dict[Switches, Floats] = {}
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
        found[switched] = extract_values(at, measure)
    return found
