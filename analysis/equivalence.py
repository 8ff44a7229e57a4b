"""Equivalence: are two forms the same for all practical purposes? Two one-sided tests (Schuirmann 1987), by statsmodels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from analysis.errors import AnalysisError
from analysis.means import estimate_difference
from analysis.tidy import Pairing, list_comparisons

EQUIVALENCE_ALPHA = 0.05


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
    """Test whether every level of a factor differs from the reference level by no more than ``bounds`` (lowest, highest; units of the measure).

    ``equivalent`` is true when both one-sided tests reject at ``alpha``, which is when the interval of level 1 - 2 ``alpha`` lies within the
    bounds. Not equivalent does not mean different. The bounds are the smallest difference that matters: state them before looking.

    Columns: ``by``, ``factor``, ``reference``, ``measure``, ``value``, ``low``, ``high``, ``n``, ``p_value`` (the larger of both; null where
    nothing varies), ``equivalent``, ``lowest``, ``highest``, ``level``, ``method``.
    """
    lowest, highest = bounds
    if not lowest < highest:
        raise AnalysisError(
            f"the bounds are {lowest:g} and {highest:g}; the first must be below the second"
        )
    level, rows = 1.0 - 2.0 * alpha, []
    for where, at, samples in list_comparisons(runs, factor, reference, measure, by, pairing):
        estimate, _, method = estimate_difference(samples, level=level)
        p_value, within = None, lowest < estimate.value < highest
        if not samples.no_spread:
            if samples.paired:
                p_value = float(ttost_paired(samples.first, samples.second, lowest, highest)[0])
            else:
                p_value = float(
                    ttost_ind(samples.first, samples.second, lowest, highest, usevar="unequal")[0]
                )
            within = p_value < alpha
        tested = {
            "p_value": p_value,
            "equivalent": within,
            "lowest": lowest,
            "highest": highest,
            "level": level,
            "method": f"TOST, {method}",
        }
        rows.append(
            {
                **where,
                factor: at,
                "reference": reference,
                "measure": measure,
                **estimate._asdict(),
                **tested,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None, schema_overrides={"p_value": pl.Float64})
