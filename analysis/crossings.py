"""Crossing points: where one form overtakes another along a factor, with an interval over replicates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analysis.estimates import (
    LEVEL,
    Floats,
    build_response_matrix,
    compute_percentile_interval,
    sample_replicate_weights,
)
from analysis.tidy import check_level, check_runs, check_table, iterate_groups, list_levels
from analysis.turning import check_numeric_factor


class Crossing(NamedTuple):
    """Where a difference changes sign, and to which."""

    at: float
    rises: bool


def find_sign_changes(levels: Floats, gap: Floats) -> list[Crossing]:
    """Return where a piecewise linear curve (L,) changes sign; where it is 0 for a stretch, the middle of that, and touching 0 is no change."""
    signed = np.flatnonzero(gap)
    found = []
    for here, there in pairwise(signed):
        if gap[here] * gap[there] < 0.0:
            if there == here + 1:
                at = levels[here] + (levels[there] - levels[here]) * gap[here] / (
                    gap[here] - gap[there]
                )
            else:
                at = (levels[here + 1] + levels[there - 1]) / 2.0
            found.append(Crossing(float(at), bool(gap[there] > 0.0)))
    return found


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
    """Return where the mean curves of two levels of ``lines`` cross along ``factor``, for ``pair`` or every two; none and several are fine.

    Replicates are resampled, both curves together if their seeds are common, each by itself if not; the same crossing in a resample is the
    nearest that goes the same way, and ``support`` is the share of resamples that have one. A resample without counts as beyond either end, so
    an end of the interval may be open (null). No crossing in the mean curves is one row that says which curve lies above; its ``support`` is
    the share of resamples that have none either.

    Columns: ``by``, ``first``, ``second``, ``factor``, ``measure``, ``crossing`` (number along the factor, 0: none), ``overtakes`` (who leads
    after it), ``value``, ``low``, ``high``, ``support``, ``n``, ``level``, ``method``.
    """
    check_numeric_factor(runs, factor, measure, (*by, lines))
    check_table(runs, "seed")
    names = list_levels(runs, lines)
    pairs = (
        [(check_level(runs, lines, pair[0]), check_level(runs, lines, pair[1]))]
        if pair
        else list(combinations(names, 2))
    )
    rows = []
    for where, part in iterate_groups(runs, by):
        for first, second in pairs:
            sides = [part.filter(pl.col(lines) == name) for name in (first, second)]
            compared = {
                **where,
                "first": first,
                "second": second,
                "factor": factor,
                "measure": measure,
            }
            rows += [
                {**compared, **found, "level": level}
                for found in estimate_curve_crossings(
                    sides, factor, measure, (first, second), level
                )
            ]
    return pl.DataFrame(
        rows,
        infer_schema_length=None,
        schema_overrides={name: pl.Float64 for name in ("value", "low", "high")},
    )


def estimate_curve_crossings(
    sides: Sequence[pl.DataFrame], factor: str, measure: str, names: tuple[Any, Any], level: float
) -> list[dict[str, Any]]:
    """Return the crossings of two curves as columns."""
    levels, first, second, common = align_curves(sides, factor, measure)
    mean_gap = first.mean(axis=0) - second.mean(axis=0)
    if common:
        gaps = sample_replicate_weights(len(first)) @ (first - second)
    else:
        gaps = (
            sample_replicate_weights(len(first)) @ first
            - sample_replicate_weights(len(second), seed=1) @ second
        )
    resampled = [find_sign_changes(levels, gap) for gap in gaps]
    facts = {
        "n": min(len(first), len(second)),
        "method": f"bootstrap over {'pairs of ' if common else ''}replicates, percentile",
    }
    found = find_sign_changes(levels, mean_gap)
    if not found:
        above = names[0] if mean_gap.sum() > 0.0 else names[1] if mean_gap.sum() < 0.0 else None
        support = float(np.mean([not changes for changes in resampled]))
        return [
            {
                "crossing": 0,
                "overtakes": above,
                "value": None,
                "low": None,
                "high": None,
                "support": support,
                **facts,
            }
        ]
    rows = []
    for number, point in enumerate(found, start=1):
        low, high, support = compute_crossing_interval(point, resampled, level)
        overtakes = names[0] if point.rises else names[1]
        rows.append(
            {
                "crossing": number,
                "overtakes": overtakes,
                "value": point.at,
                "low": low,
                "high": high,
                "support": support,
                **facts,
            }
        )
    return rows


def align_curves(
    sides: Sequence[pl.DataFrame], factor: str, measure: str
) -> tuple[Floats, Floats, Floats, bool]:
    """Return the levels both have, the measure of each by replicate and level, and whether their seeds are common."""
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
    """Return the interval of a crossing, and the share of resamples that have it; an open end is None."""
    same_way = [
        [change.at for change in changes if change.rises == point.rises] for changes in resampled
    ]
    found = np.array(
        [min(places, key=lambda at: abs(at - point.at), default=np.nan) for places in same_way]
    )
    there = np.isfinite(found)
    low, high = (
        compute_percentile_interval(np.where(there, found, -np.inf), level)[0],
        compute_percentile_interval(np.where(there, found, np.inf), level)[1],
    )
    return (
        (low if np.isfinite(low) else None),
        (high if np.isfinite(high) else None),
        float(there.mean()),
    )
