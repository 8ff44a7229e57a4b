"""What is asked of the model: the nine patterns and further questions, each with the study that tests it, its checks and its figure.

Title, number, hypotheses and sources stand in the study's file (``configs/study/``), once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import polars as pl

from analysis import patterns, questions
from analysis.figures import patterns as figures
from analysis.figures import questions as question_figures
from analysis.figures.exhibit import Exhibit
from analysis.figures.style import Page
from analysis.patterns import Check, verdict
from analysis.tables import Shown, Table
from experiments.design.study import read_study_file
from experiments.store.results import Results

Made = TypeVar("Made")
CHECKS = "checks"  # name of the table


class Inquiry(NamedTuple):
    """A study with its checks and its exhibit."""

    study: str
    check: Callable[[Results], list[Check]]
    figure: Callable[[Results, Page], Exhibit]

    @property
    def about(self) -> dict[str, Any]:
        """What its file says: title, pattern (its number, if it is one of the nine), question, hypotheses, sources."""
        return read_study_file(self.study)

    @property
    def heading(self) -> str:
        """Its title, with the number of its pattern."""
        about = self.about
        return f"{about['pattern']}. {about['title']}" if "pattern" in about else str(about["title"])


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
    Inquiry("alone_or_together", of_runs(patterns.narrow_alone_broad_together), drawn(figures.alone_or_together)),
    Inquiry(
        "distance_and_bridging", lambda r: patterns.best_distance(events_of(r)), lambda r, page: figures.distance_and_bridging(events_of(r), page)
    ),
    Inquiry("coordination_and_imitation", of_runs(patterns.imitation_erodes), drawn(figures.coordination_and_imitation)),
    Inquiry("selective_learning", of_runs(patterns.selective_beats_blind), drawn(figures.selective_learning)),
    Inquiry("formalisation_and_trust", of_runs(patterns.formalisation_tops), drawn(figures.formalisation_and_trust)),
    Inquiry("size_and_topology", of_runs(patterns.size_crossing), drawn(figures.size_and_topology)),
    Inquiry("turbulence_and_persistence", of_runs(patterns.temporary_or_definitive), drawn(figures.turbulence_and_persistence)),
    Inquiry("reflection", of_runs(patterns.reflection_pays), drawn(figures.reflection)),
    Inquiry("imitation_of_leaders", of_runs(patterns.leaders_imitated), drawn(figures.imitation_of_leaders)),
)
QUESTIONS = (
    Inquiry("learning_from_experience", of_runs(questions.experience_pays), drawn(question_figures.learning_from_experience)),
    Inquiry("openness", of_runs(questions.openness_brings), drawn(question_figures.openness)),
    Inquiry("network_and_imitation_rule", of_runs(questions.network_by_rule), drawn(question_figures.network_by_rule)),
)
INQUIRIES = (*PATTERNS, *QUESTIONS)


def inquiry_of(study: str) -> Inquiry | None:
    """Return the checks and figure of a study, if it has its own."""
    return next((inquiry for inquiry in INQUIRIES if inquiry.study == study), None)


def check_table(inquiry: Inquiry, checks: Sequence[Check]) -> Table:
    """Return the effects, intervals and outcomes of an inquiry, with its verdict."""
    rows = [(check.claim, Shown(check.estimate), str(check.estimate.n), f"> {check.threshold:g}", check.outcome) for check in checks]
    note = "n: replicates, common random numbers (half of them where a level was picked on the other half). Intervals: family-wise 95 % (Bonferroni)."
    title = f"{inquiry.heading}: {verdict(checks)}."
    return Table(title, ("claim", "effect [interval]", "n", "claimed", "outcome"), rows, note, CHECKS)
