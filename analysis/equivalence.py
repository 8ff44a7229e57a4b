"""Equivalence: are two forms the same for all practical purposes? Two one-sided tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from analysis.errors import AnalysisError
from analysis.estimates import EQUIVALENCE_ALPHA
from analysis.means import estimate_difference
from analysis.tidy import Pairing, Samples, list_comparisons


def equivalence(
    runs: pl.DataFrame,
    factor: str,
    reference: Any,
    measure: str,
    bounds: tuple[float, float],
    by: Sequence[str] = (),
    *,
    pairing: Pairing = "auto",
    alpha: float = EQUIVALENCE_ALPHA,
) -> pl.DataFrame:
    """Test whether levels of a factor differ from the reference by no more than ``bounds``.

    State the bounds before you look. Not equivalent does not mean different.

    Args:
        runs: a row per run: factors, the measure, ``replicate`` and ``seed``.
        factor: factor whose levels are compared.
        reference: level that is subtracted.
        measure: column to compare.
        bounds: lowest and highest difference that does not matter, in units of the measure.
        by: other factors; every combination of their levels is tested by itself.
        pairing: ``"auto"``, ``"paired"`` or ``"unpaired"``, as in ``analysis.means.differences``.
        alpha: probability of error of each one-sided test.

    Returns:
        A row per comparison: ``by``, the factor, ``reference``, ``measure``, ``value``, ``low``,
        ``high`` (interval of level 1 - 2 ``alpha``), ``n``, ``p_value`` (the larger of both tests;
        null where nothing varies), ``equivalent`` (both tests reject, so the interval lies within
        the bounds), ``lowest``, ``highest``, ``level``, ``method``.

    Raises:
        AnalysisError: the bounds are in the wrong order, or as in ``analysis.means.differences``.

    Source:
        Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics 15, 657-680; by statsmodels.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs().filter(pl.col("imitation.rate") == 0.1)
        >>> table = equivalence(runs, "structure", "alliance", "joint_value", (-0.2, 0.2))
        >>> table["equivalent"][0], table["level"][0]
        (True, 0.9)
    """
    lowest, highest = bounds
    if not lowest < highest:
        raise AnalysisError(
            f"the bounds are {lowest:g} and {highest:g}; the first must be below the second"
        )
    level, rows = 1.0 - 2.0 * alpha, []
    for where, at, samples in list_comparisons(runs, factor, reference, measure, by, pairing):
        estimate, _, method = estimate_difference(samples, level=level)
        labels = {**where, factor: at, "reference": reference, "measure": measure}
        verdict = judge_equivalence(samples, estimate.value, bounds, alpha)
        ends = {"lowest": lowest, "highest": highest, "level": level, "method": f"TOST, {method}"}
        rows.append({**labels, **estimate._asdict(), **verdict, **ends})
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides={"p_value": pl.Float64})


def judge_equivalence(
    samples: Samples, difference: float, bounds: tuple[float, float], alpha: float
) -> dict[str, Any]:
    """Return the larger p value of the two one-sided tests, and whether both reject."""
    lowest, highest = bounds
    if samples.no_spread:
        return {"p_value": None, "equivalent": lowest < difference < highest}
    p_value = float(
        ttost_paired(samples.first, samples.second, lowest, highest)[0]
        if samples.paired
        else ttost_ind(samples.first, samples.second, lowest, highest, usevar="unequal")[0]
    )
    return {"p_value": p_value, "equivalent": p_value < alpha}
