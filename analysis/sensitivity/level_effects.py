"""Effects of single factors: every level against a base, and main effects of two-level designs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy import stats

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Estimate, Floats, estimate_mean
from analysis.sensitivity.noise import NO_VALUE
from analysis.sensitivity.responses import MAX_LOST_SHARE
from analysis.tidy import format_level


class LevelEffects(NamedTuple):
    """Effects by factor and level.

    Attributes:
        effects: rows ``factor, level, base, effect, low, high, n, swing``, factors by falling swing
            (largest minus smallest effect, the base counts as 0), in units of the measure.
        note: what is left out.
    """

    effects: pl.DataFrame
    note: str


def one_at_a_time(points: pl.DataFrame, values: Floats, common: bool) -> LevelEffects:
    """Estimate the effect of every level against the base, which is the first point.

    Args:
        points: a row per point, a column per factor; every point but the first differs from it in
            one factor.
        values: a measure by point and replicate (P, R); NaN where a run failed.
        common: whether replicate r has the same seed at every point, so that differences are
            paired; else they are Welch's.

    Returns:
        ``LevelEffects`` with 95 % intervals; ``n`` counts pairs, or runs at the level.

    Raises:
        AnalysisError: no factor has a second level, a point differs in several factors, or no runs
            can be compared.

    Source:
        Student (1908), Biometrika 6; Welch (1947), Biometrika 34.

    Example:
        >>> points = pl.DataFrame({"rate": [0.0, 0.1, 0.0], "trust": [0.5, 0.5, 0.9]})
        >>> values = np.array([[1.0, 1.2, 1.1], [1.6, 1.7, 1.8], [1.1, 1.2, 1.2]])
        >>> effects = one_at_a_time(points, values, common=True).effects
        >>> effects.select("factor", "level", pl.col("effect").round(2), "n").rows()
        [('rate', '0.1', 0.6, 3), ('trust', '0.9', 0.07, 3)]
    """
    base = points.row(0, named=True)
    varied = [name for name in points.columns if points[name].n_unique() > 1]
    if not varied:
        raise AnalysisError(
            "no factor has a level beside its base; give one several levels, for example"
            " imitation.rate=0,0.1"
        )
    rows, lost = [], list[str]()
    for point, run in zip(points.iter_rows(named=True), values, strict=True):
        factor = find_changed_factor(point, base, varied)
        if factor is None:
            continue
        difference = estimate_level_difference(run, values[0], common)
        if difference is None:
            lost.append(f"{factor}={format_level(point[factor])}")
        else:
            rows.append(make_effect_row(factor, point[factor], base[factor], difference))
    if not rows:
        raise AnalysisError(
            "the runs of the base failed, or of every other point: there is nothing to compare; see"
            " failures.parquet"
        )
    note = f" No run is there to compare at {', '.join(lost)}, because runs failed." if lost else ""
    return LevelEffects(sort_by_swing(pl.DataFrame(rows)), note)


def find_changed_factor(
    point: Mapping[str, Any], base: Mapping[str, Any], varied: Sequence[str]
) -> str | None:
    """Return the factor in which a point differs from the base; None for the base itself."""
    changed = [name for name in varied if point[name] != base[name]]
    if len(changed) > 1:
        raise AnalysisError(
            f"a point differs from the base in {' and '.join(changed)}; these are not points of"
            " one factor at a time"
        )
    return changed[0] if changed else None


def estimate_level_difference(first: Floats, second: Floats, paired: bool) -> Estimate | None:
    """Return the mean of ``first - second`` (R,) with its interval, without gaps.

    None if no value is left.
    """
    if paired:
        both = np.isfinite(first) & np.isfinite(second)
        return estimate_mean(first[both] - second[both]) if both.any() else None
    first, second = first[np.isfinite(first)], second[np.isfinite(second)]
    if not first.size or not second.size:
        return None
    value = float(first.mean() - second.mean())
    if min(first.size, second.size) < 2:
        return Estimate(value, NO_VALUE, NO_VALUE, first.size)
    if np.ptp(first) == np.ptp(second) == 0:
        return Estimate(value, value, value, first.size)
    interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval(LEVEL)
    return Estimate(value, float(interval.low), float(interval.high), first.size)


def main_effects(
    points: pl.DataFrame, values: Floats, signs: Mapping[str, tuple[Any, Any]]
) -> LevelEffects:
    """Estimate main effects of a balanced two-level design: mean at high minus mean at low level.

    Args:
        points: a row per point, a column per factor.
        values: a measure by point and replicate (P, R); NaN where a run failed. A replicate with a
            gap is left out: without it the levels of the other factors would not balance.
        signs: low and high level of each factor.

    Returns:
        ``LevelEffects`` with 95 % intervals over replicates; ``level`` is the high level, ``base``
        the low one.

    Raises:
        AnalysisError: a factor does not have two levels at equally many points, or failed runs
            leave fewer than half of the replicates.

    Source:
        Box, Hunter & Hunter (2005), Statistics for Experimenters, chapter 5.

    Example:
        >>> points = pl.DataFrame({"rate": [0, 1, 0, 1], "trust": [0, 0, 1, 1]})
        >>> values = np.array([[1.0, 1.2], [1.6, 1.7], [1.1, 1.4], [1.7, 1.9]])
        >>> effects = main_effects(points, values, {"rate": (0, 1), "trust": (0, 1)}).effects
        >>> effects.select("factor", pl.col("effect").round(3)).rows()
        [('rate', 0.55), ('trust', 0.15)]
    """
    complete = np.isfinite(values).all(axis=0)
    if complete.sum() < MAX_LOST_SHARE * complete.size:
        raise AnalysisError(
            f"failed runs leave {int(complete.sum())} of {complete.size} replicates of the design"
            " complete, fewer than half, and a design with gaps is not balanced; see"
            " failures.parquet, fix the cause, and resume with --retry-failed"
        )
    rows = []
    for factor, (low, high) in signs.items():
        at = points[factor].to_list()
        upper, lower = (np.array([level == end for level in at]) for end in (high, low))
        if not (upper ^ lower).all() or upper.sum() != lower.sum():
            raise AnalysisError(
                f"{factor} does not have two levels at equally many points; main effects need a"
                " two-level design"
            )
        contrast = values[upper][:, complete].mean(axis=0) - values[lower][:, complete].mean(axis=0)
        rows.append(make_effect_row(factor, high, low, estimate_mean(contrast)))
    lost = int(complete.size - complete.sum())
    note = (
        f" {lost} of {complete.size} replicates are left out because runs in them failed."
        if lost
        else ""
    )
    return LevelEffects(sort_by_swing(pl.DataFrame(rows)), note)


def make_effect_row(factor: str, level: Any, base: Any, effect: Estimate) -> dict[str, Any]:
    """Return an effect as columns."""
    return {
        "factor": factor,
        "level": format_level(level),
        "base": format_level(base),
        "effect": effect.value,
        "low": effect.low,
        "high": effect.high,
        "n": effect.n,
    }


def sort_by_swing(effects: pl.DataFrame) -> pl.DataFrame:
    """Return the effects, factors with the largest swing first; levels keep their order."""
    swing = pl.max_horizontal(pl.col("effect").max(), pl.lit(0.0)) - pl.min_horizontal(
        pl.col("effect").min(), pl.lit(0.0)
    )
    return effects.with_columns(swing.over("factor").alias("swing")).sort(
        "swing", descending=True, maintain_order=True
    )
