"""The nine patterns: hypotheses of the model with the studies that test them (``configs/study/``), their checks and figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import polars as pl

from analysis import patterns
from analysis.figures import patterns as figures
from analysis.figures.exhibit import Exhibit
from analysis.figures.style import Page
from analysis.patterns import Check, verdict
from analysis.tables import Shown, Table
from experiments.results import Results

Made = TypeVar("Made")


class Pattern(NamedTuple):
    """A hypothesis, the study that tests it, its checks and its exhibit."""

    number: int
    hypothesis: str
    study: str
    check: Callable[[Results], list[Check]]
    figure: Callable[[Results, Page], Exhibit]


def of_runs(function: Callable[[pl.DataFrame], Made]) -> Callable[[Results], Made]:
    """Let a function of the runs take the results of a study."""
    return lambda results: function(results.runs)


def drawn(function: Callable[[pl.DataFrame, Page], Exhibit]) -> Callable[[Results, Page], Exhibit]:
    """Let a figure of the runs take the results of a study."""
    return lambda results, page: function(results.runs, page)


def events_of(results: Results) -> pl.DataFrame:
    """Return the events of a study that keeps them; collaborations without a round of work have nothing to show."""
    assert results.events is not None  # the study says keep: [events]
    return results.events.filter(pl.col("rounds") > 0)


PATTERNS = (
    Pattern(
        1, "Without partners, broad challenges fail and narrow ones succeed; adding any light form raises joint value on broad ones.",
        "alone_or_together", of_runs(patterns.narrow_alone_broad_together), drawn(figures.alone_or_together),
    ),
    Pattern(
        2, "Synergy against cognitive distance of partners is an inverted U; bridging skill shifts its top to the right.",
        "distance_and_bridging", lambda r: patterns.best_distance(events_of(r)), lambda r, page: figures.distance_and_bridging(events_of(r), page),
    ),
    Pattern(
        3, "Imitation lowers diversity within collaborations monotonically; joint value against imitation rate is an inverted U or falling, "
        "and denser coordination falls sooner.",
        "coordination_and_imitation", of_runs(patterns.imitation_erodes), drawn(figures.coordination_and_imitation),
    ),
    Pattern(
        4, "Selective learning beats blind following at the same rate.",
        "selective_learning", of_runs(patterns.selective_beats_blind), drawn(figures.selective_learning),
    ),
    Pattern(
        5, "Formalisation against joint value is an inverted U whose top moves left as trust grows.",
        "formalisation_and_trust", of_runs(patterns.formalisation_tops), drawn(figures.formalisation_and_trust),
    ),
    Pattern(
        6, "Coordination cost makes complete topologies lose to star and mediated ones as size grows.",
        "size_and_topology", of_runs(patterns.size_crossing), drawn(figures.size_and_topology),
    ),
    Pattern(
        7, "Under turbulence, persistence costs: temporary beats definitive; without turbulence, some persistence pays.",
        "turbulence_and_persistence", of_runs(patterns.temporary_or_definitive), drawn(figures.turbulence_and_persistence),
    ),
    Pattern(
        8, "Reflection raises later synergy with new partners, not only with the old.",
        "reflection", of_runs(patterns.reflection_pays), drawn(figures.reflection),
    ),
    Pattern(
        9, "Success-biased imitation of leaders in wide-exposure forms (platform, movement) gives fast gains, then the deepest erosion.",
        "imitation_of_leaders", of_runs(patterns.leaders_imitated), drawn(figures.imitation_of_leaders),
    ),
)  # fmt: skip


def pattern_of(study: str) -> Pattern | None:
    """Return the pattern a study tests, if it tests one."""
    return next((pattern for pattern in PATTERNS if pattern.study == study), None)


def check_table(pattern: Pattern, checks: Sequence[Check]) -> Table:
    """Return the effects, intervals and outcomes of a pattern, with its verdict."""
    rows = [(check.claim, Shown(check.estimate), str(check.estimate.n), f"> {check.threshold:g}", check.outcome) for check in checks]
    note = "n: replicates, common random numbers (half of them where a level was picked on the other half). Intervals: family-wise 95 % (Bonferroni)."
    title = f"{pattern.number}. {pattern.hypothesis} {verdict(checks).capitalize()}."
    return Table(title, ("claim", "effect [interval]", "n", "claimed", "outcome"), rows, note, "checks")
