"""Docking: does a model give what was published? Cell by cell, with the errors of both sides.

Two one-sided tests (Schuirmann 1987) on means that are known with their standard errors: a cell is
*equivalent* when the 90 % interval of the difference lies within the margin. It is *different* when
it is not equivalent and an interval that holds for all cells of the dock together at 99 %
(Bonferroni) leaves out zero: a correct model is called different in any of its cells less than once
in a hundred docks. All else is *open*: both sides together are not known well enough.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import Literal, NamedTuple

from scipy.stats import norm

from analysis.estimates import EQUIVALENCE_ALPHA, Estimate

FALSE_ALARM_RATE = 0.01  # a correct model is called different in any cell of a dock
Verdict = Literal["equivalent", "different", "open"]


class MeanWithError(NamedTuple):
    """A mean with its standard error."""

    value: float
    error: float


class ReferenceComparison(NamedTuple):
    """A cell compared with its reference.

    ``difference`` is ours less the reference, ``error`` its standard error, ``p_value`` that of
    equivalence.
    """

    difference: float
    error: float
    p_value: float
    verdict: Verdict


def compare_with_reference(
    ours: MeanWithError, reference: MeanWithError, margin: float, cells: int
) -> ReferenceComparison:
    """Compare a mean with its reference.

    Args:
        ours: what the model gives.
        reference: what was published, or what an independent implementation gives.
        margin: the smallest difference that matters, stated before looking.
        cells: how many cells of the dock are compared.
    """
    difference, error = ours.value - reference.value, sqrt(ours.error**2 + reference.error**2)
    shortfall = margin - abs(difference)
    p_value = float(norm.sf(shortfall / error)) if error > 0.0 else float(shortfall <= 0.0)
    distance = abs(difference) / error if error > 0.0 else (inf if difference else 0.0)
    different = distance > norm.isf(FALSE_ALARM_RATE / (2 * cells))
    return ReferenceComparison(
        difference,
        error,
        p_value,
        "equivalent" if p_value < EQUIVALENCE_ALPHA else "different" if different else "open",
    )


def judge_claim(difference: Estimate) -> str:
    """Return whether the claim of a difference above zero holds, given its interval."""
    return "holds" if difference.low > 0.0 else "contradicted" if difference.high < 0.0 else "open"
