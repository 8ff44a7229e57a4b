"""Crossing points: where one form overtakes another along a factor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analysis.estimates import (
    INTERVAL_SCHEMA,
    LEVEL,
    Floats,
    build_response_matrix,
    compute_percentile_interval,
    sample_replicate_weights,
)
from analysis.tidy import check_level, check_runs, check_table, iterate_groups, list_levels
from analysis.turning import check_numeric_factor


class Crossing(NamedTuple):
    """Where a difference changes sign, and whether it rises there."""

    at: float
    rises: bool


def find_sign_changes(levels: Floats, gap: Floats) -> list[Crossing]:
    """Return where a piecewise linear curve (L,) changes sign.

    Where it is 0 for a stretch, that is the middle of the stretch; touching 0 is no change.
    """
    signed = np.flatnonzero(gap)
    changes = []
    for here, there in pairwise(signed):
        if gap[here] * gap[there] < 0.0:
            if there == here + 1:
                at = levels[here] + (levels[there] - levels[here]) * gap[here] / (
                    gap[here] - gap[there]
                )
            else:
                at = (levels[here + 1] + levels[there - 1]) / 2.0
            changes.append(Crossing(float(at), bool(gap[there] > 0.0)))
    return changes


def crossings(
    runs: pl.DataFrame,
    factor: str,
    lines: str,
    measure: str,
    by: Sequence[str] = (),
    *,
    pair: tuple[Any, Any] | None = None,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Estimate where the mean curves of two levels of ``lines`` cross along a factor.

    Args:
        runs: a row per run: factors, the measure, ``replicate`` and ``seed``. Every replicate has
            one run per level of the factor.
        factor: numeric factor along which curves cross; they are linear between its levels.
        lines: factor with a curve per level, usually the form.
        measure: column of the response.
        by: other factors; every combination of their levels is estimated by itself.
        pair: the two levels of ``lines`` to compare; none for every two.
        level: confidence level, 0 to 1.

    Returns:
        A row per crossing: ``by``, ``first``, ``second``, ``factor``, ``measure``, ``crossing``
        (its number along the factor), ``overtakes`` (who leads after it), ``value``, ``low``,
        ``high`` (units of the factor; bootstrap percentiles over replicates; an end is null where
        too many resamples have no such crossing), ``support`` (share of resamples that cross there
        in the same direction), ``n``, ``method``, ``level``. Curves that do not cross give one row:
        ``crossing`` 0, the curve above in ``overtakes``, and in ``support`` the share of resamples
        that do not cross either.

    Raises:
        AnalysisError: a column or run is missing, the factor is not numeric, or a level is unknown.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> table = crossings(make_example_runs(), "imitation.rate", "structure", "joint_value")
        >>> table.select("overtakes", pl.col("value").round(3), "support").rows()
        [('hub', 0.058, 1.0), ('alliance', 0.293, 1.0)]
    """
    check_numeric_factor(runs, factor, measure, (*by, lines))
    check_table(runs, "seed")
    pairs = (
        [(check_level(runs, lines, pair[0]), check_level(runs, lines, pair[1]))]
        if pair
        else list(combinations(list_levels(runs, lines), 2))
    )
    rows = []
    for where, part in iterate_groups(runs, by):
        for names in pairs:
            sides = [part.filter(pl.col(lines) == name) for name in names]
            labels = {"first": names[0], "second": names[1], "factor": factor, "measure": measure}
            rows += [
                {**where, **labels, **crossing, "level": level}
                for crossing in estimate_curve_crossings(sides, factor, measure, names, level)
            ]
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides=INTERVAL_SCHEMA)


def estimate_curve_crossings(
    sides: Sequence[pl.DataFrame], factor: str, measure: str, names: tuple[Any, Any], level: float
) -> list[dict[str, Any]]:
    """Return the crossings of two curves as rows."""
    levels, first, second, common = align_curves(sides, factor, measure)
    mean_gap = first.mean(axis=0) - second.mean(axis=0)
    resampled = [find_sign_changes(levels, gap) for gap in resample_gaps(first, second, common)]
    facts = {
        "n": min(len(first), len(second)),
        "method": f"bootstrap over {'pairs of ' if common else ''}replicates, percentile",
    }
    crossed = find_sign_changes(levels, mean_gap)
    if not crossed:
        above = names[0] if mean_gap.sum() > 0.0 else names[1] if mean_gap.sum() < 0.0 else None
        ends = {"value": None, "low": None, "high": None}
        support = float(np.mean([not changes for changes in resampled]))
        return [{"crossing": 0, "overtakes": above, **ends, "support": support, **facts}]
    rows = []
    for number, point in enumerate(crossed, start=1):
        low, high, support = compute_crossing_interval(point, resampled, level)
        rows.append(
            {
                "crossing": number,
                "overtakes": names[0] if point.rises else names[1],
                "value": point.at,
                "low": low,
                "high": high,
                "support": support,
                **facts,
            }
        )
    return rows


def resample_gaps(first: Floats, second: Floats, common: bool) -> Floats:
    """Return resampled differences of two mean curves (resamples, L).

    With common seeds both curves take the same replicates, else each its own.
    """
    gaps: Floats
    if common:
        gaps = sample_replicate_weights(len(first)) @ (first - second)
    else:
        gaps = (
            sample_replicate_weights(len(first)) @ first
            - sample_replicate_weights(len(second), seed=1) @ second
        )
    return gaps


def align_curves(
    sides: Sequence[pl.DataFrame], factor: str, measure: str
) -> tuple[Floats, Floats, Floats, bool]:
    """Return two curves on their common levels, and whether their seeds are common.

    These are the levels (L,), the measure of each curve by replicate and level (R, L), and a flag.
    """
    for side in sides:
        check_runs(side, measure)
    shared = set(sides[0][factor].to_list()) & set(sides[1][factor].to_list())
    sides = [side.filter(pl.col(factor).is_in(sorted(shared))) for side in sides]
    list_levels(sides[0], factor)
    seeds = [side.sort("replicate", factor).select("replicate", factor, "seed") for side in sides]
    common = seeds[0].equals(seeds[1])
    (levels, first), (_, second) = (build_response_matrix(side, measure, factor) for side in sides)
    return levels, first, second, common


def compute_crossing_interval(
    point: Crossing, resampled: Sequence[Sequence[Crossing]], level: float
) -> tuple[float | None, float | None, float]:
    """Return the interval of a crossing, and the share of resamples that have it.

    In a resample it is the nearest crossing in the same direction. A resample without one counts as
    beyond either end, so an end may be open (None).
    """
    same_way = [
        [change.at for change in changes if change.rises == point.rises] for changes in resampled
    ]
    nearest = np.array(
        [min(places, key=lambda at: abs(at - point.at), default=np.nan) for places in same_way]
    )
    there = np.isfinite(nearest)
    low, high = (
        compute_percentile_interval(np.where(there, nearest, -np.inf), level)[0],
        compute_percentile_interval(np.where(there, nearest, np.inf), level)[1],
    )
    return (
        (low if np.isfinite(low) else None),
        (high if np.isfinite(high) else None),
        float(there.mean()),
    )
