"""Claims as checks: an effect with its interval against a threshold, and the verdict on several.

Intervals are family-wise within a pattern or question: with m checks each has level 1 - 0.05 / m
(Bonferroni), so that a pattern that is absent is called "in part" at most one time in twenty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import Estimate, Floats

OUTCOME_WORDS = {"holds": "hold", "the opposite": "the opposite", "not shown": "not shown"}


class Check(NamedTuple):
    """One claim: it holds when the whole interval lies above the threshold."""

    claim: str
    estimate: Estimate
    threshold: float = 0.0

    @property
    def outcome(self) -> str:
        """Whether the claim holds, the opposite does, or the interval decides neither."""
        if self.estimate.low > self.threshold:
            return "holds"
        return "the opposite" if self.estimate.high < self.threshold else "not shown"


def format_verdict(checks: Sequence[Check]) -> str:
    """Return the verdict on a pattern from its checks."""
    count = Counter(check.outcome for check in checks)
    if count["holds"] == len(checks):
        return "shows"
    counted = ", ".join(
        f"{count[outcome]} {words}" for outcome, words in OUTCOME_WORDS.items() if count[outcome]
    )
    return f"shows in part ({counted})" if count["holds"] else f"does not show ({counted})"


def pick_weaker_claim(claim: str, first: Estimate, second: Estimate) -> Check:
    """Return the claim that two effects are both there: the weaker of them decides.

    A claim of both needs no correction for two tests.
    """
    weaker = min(first, second, key=lambda effect: effect.low)
    return Check(f"{claim}; the weaker of both", weaker)


def select_points(runs: pl.DataFrame, **levels: Any) -> pl.DataFrame:
    """Return the runs that have these levels; two underscores in a name stand for a dot."""
    return runs.filter([pl.col(name.replace("__", ".")) == level for name, level in levels.items()])


def select_cell(runs: pl.DataFrame, measure: str, **levels: Any) -> Floats:
    """Return a measure at one point of the design, by replicate."""
    cell = select_points(runs, **levels).sort("replicate")
    if cell.is_empty() or cell["replicate"].n_unique() != len(cell):
        raise AnalysisError(
            f"the runs have {len(cell)} rows at {levels}, not one per replicate; run the whole"
            " study"
        )
    return cell[measure].to_numpy().astype(np.float64)


def average_over_points(runs: pl.DataFrame, measure: str, **levels: Any) -> Floats:
    """Return a measure averaged over all points that have these levels, by replicate."""
    points = select_points(runs, **levels)
    means = points.group_by("replicate").agg(pl.len(), pl.col(measure).mean()).sort("replicate")
    if (
        means.is_empty()
        or means["len"].n_unique() > 1
        or len(means) != runs["replicate"].n_unique()
    ):
        raise AnalysisError(
            f"the runs do not have equally many points at {levels} in every replicate; run the"
            " whole study"
        )
    return means[measure].to_numpy().astype(np.float64)


def drop_missing(values: Floats) -> Floats:
    """Return the values that are there: a run without old partners has no synergy with them."""
    return values[np.isfinite(values)]


def drop_missing_pairs(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the pairs of which neither is missing."""
    there = np.isfinite(first) & np.isfinite(second)
    return first[there], second[there]
