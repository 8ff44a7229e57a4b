"""What single factors do: every level against a base, and main effects of two-level designs, with intervals over replicates."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Effects by factor and level, largest swing first, and what was left out."""

    effects: pl.DataFrame
    note: str


def one_at_a_time(points: pl.DataFrame, values: Floats, common: bool) -> LevelEffects:
    """Return the effect of every level against the base, the first point.

    Args:
        points: a row per point, a column per factor; every point but the first differs from it in one factor.
        values: a measure by point and replicate (P, R); NaN where a run failed.
        common: replicate r has the same seed at every point, so that differences are paired; else they are Welch's.

    Returns:
        Rows ``factor, level, base, effect, low, high, n`` (``n`` pairs, or runs at the level), factors by falling swing.
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
        changed = [name for name in varied if point[name] != base[name]]
        if len(changed) > 1:
            raise AnalysisError(
                f"a point differs from the base in {' and '.join(changed)}; these are not points of"
                " one factor at a time"
            )
        if not changed:
            continue
        found = estimate_level_difference(run, values[0], common)
        if found is None:
            lost.append(f"{changed[0]}={format_level(point[changed[0]])}")
        else:
            rows.append(
                {
                    "factor": changed[0],
                    "level": format_level(point[changed[0]]),
                    "base": format_level(base[changed[0]]),
                    **make_effect_columns(found),
                }
            )
    if not rows:
        raise AnalysisError(
            "the runs of the base failed, or of every other point: there is nothing to compare; see"
            " failures.parquet"
        )
    note = f" No run is there to compare at {', '.join(lost)}, because runs failed." if lost else ""
    return LevelEffects(sort_by_swing(pl.DataFrame(rows)), note)


def estimate_level_difference(first: Floats, second: Floats, paired: bool) -> Estimate | None:
    """Return the mean of ``first - second`` (R,) with its interval; gaps are left out; nothing if no value is left."""
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
    found = stats.ttest_ind(first, second, equal_var=False).confidence_interval(LEVEL)
    return Estimate(value, float(found.low), float(found.high), first.size)


def main_effects(
    points: pl.DataFrame, values: Floats, signs: Mapping[str, tuple[Any, Any]]
) -> LevelEffects:
    """Return main effects of a balanced two-level design: the mean at the high level minus that at the low level.

    Args:
        points: a row per point, a column per factor.
        values: a measure by point and replicate (P, R); NaN where a run failed. A replicate with a gap is left out whole, for the levels of the
            other factors would not balance any more.
        signs: low and high level of each factor.

    Returns:
        Rows ``factor, level, base, effect, low, high, n`` (``level`` the high one, ``base`` the low one), by falling size.
    """
    whole = np.isfinite(values).all(axis=0)
    if whole.sum() < MAX_LOST_SHARE * whole.size:
        raise AnalysisError(
            f"failed runs leave {int(whole.sum())} of {whole.size} replicates of the design whole,"
            " fewer than half, and a design with gaps is not balanced; see failures.parquet, mend"
            " what fails, and resume with --retry-failed"
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
        contrast = values[upper][:, whole].mean(axis=0) - values[lower][:, whole].mean(axis=0)
        rows.append(
            {
                "factor": factor,
                "level": format_level(high),
                "base": format_level(low),
                **make_effect_columns(estimate_mean(contrast)),
            }
        )
    lost = int(whole.size - whole.sum())
    note = (
        f" {lost} of {whole.size} replicates are left out whole because runs in them failed."
        if lost
        else ""
    )
    return LevelEffects(sort_by_swing(pl.DataFrame(rows)), note)


def make_effect_columns(found: Estimate) -> dict[str, float]:
    """Return an effect as columns."""
    return {"effect": found.value, "low": found.low, "high": found.high, "n": found.n}


def sort_by_swing(effects: pl.DataFrame) -> pl.DataFrame:
    """Put factors with the largest swing first (the base counts as 0); levels keep their order."""
    swing = pl.max_horizontal(pl.col("effect").max(), pl.lit(0.0)) - pl.min_horizontal(
        pl.col("effect").min(), pl.lit(0.0)
    )
    return effects.with_columns(swing.over("factor").alias("swing")).sort(
        "swing", descending=True, maintain_order=True
    )
