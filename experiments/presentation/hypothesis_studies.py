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
from analysis.patterns import Check, format_verdict
from analysis.tables import FormattedNumber, Table
from experiments.design.study import read_study_file
from experiments.store.results import Results

FromRuns = TypeVar("FromRuns")
CHECK_TABLE_NAME = "checks"  # name of the table


class HypothesisStudy(NamedTuple):
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
        return (
            f"{about['pattern']}. {about['title']}" if "pattern" in about else str(about["title"])
        )


def adapt_check_to_results(
    function: Callable[[pl.DataFrame], FromRuns],
) -> Callable[[Results], FromRuns]:
    """Let a function of the runs take the results of a study."""
    return lambda results: function(results.runs)


def adapt_figure_to_results(
    function: Callable[[pl.DataFrame, Page], Exhibit],
) -> Callable[[Results, Page], Exhibit]:
    """Let a figure of the runs take the results of a study."""
    return lambda results, page: function(results.runs, page)


def select_worked_events(results: Results) -> pl.DataFrame:
    """Return the events of a study that keeps them; collaborations without a round of work have nothing to show."""
    assert results.events is not None  # the study says keep: [events]
    return results.events.filter(pl.col("rounds") > 0)


PATTERN_STUDIES = (
    HypothesisStudy(
        "alone_or_together",
        adapt_check_to_results(patterns.check_alone_or_together),
        adapt_figure_to_results(figures.draw_alone_or_together),
    ),
    HypothesisStudy(
        "distance_and_bridging",
        lambda r: patterns.check_distance_and_bridging(select_worked_events(r)),
        lambda r, page: figures.draw_distance_and_bridging(select_worked_events(r), page),
    ),
    HypothesisStudy(
        "coordination_and_imitation",
        adapt_check_to_results(patterns.check_coordination_and_imitation),
        adapt_figure_to_results(figures.draw_coordination_and_imitation),
    ),
    HypothesisStudy(
        "selective_learning",
        adapt_check_to_results(patterns.check_selective_learning),
        adapt_figure_to_results(figures.draw_selective_learning),
    ),
    HypothesisStudy(
        "formalisation_and_trust",
        adapt_check_to_results(patterns.check_formalisation_and_trust),
        adapt_figure_to_results(figures.draw_formalisation_and_trust),
    ),
    HypothesisStudy(
        "size_and_topology",
        adapt_check_to_results(patterns.check_size_and_topology),
        adapt_figure_to_results(figures.draw_size_and_topology),
    ),
    HypothesisStudy(
        "turbulence_and_persistence",
        adapt_check_to_results(patterns.check_turbulence_and_persistence),
        adapt_figure_to_results(figures.draw_turbulence_and_persistence),
    ),
    HypothesisStudy(
        "reflection",
        adapt_check_to_results(patterns.check_reflection),
        adapt_figure_to_results(figures.draw_reflection),
    ),
    HypothesisStudy(
        "imitation_of_leaders",
        adapt_check_to_results(patterns.check_imitation_of_leaders),
        adapt_figure_to_results(figures.draw_imitation_of_leaders),
    ),
)
QUESTION_STUDIES = (
    HypothesisStudy(
        "learning_from_experience",
        adapt_check_to_results(questions.check_learning_from_experience),
        adapt_figure_to_results(question_figures.draw_learning_from_experience),
    ),
    HypothesisStudy(
        "openness",
        adapt_check_to_results(questions.check_openness),
        adapt_figure_to_results(question_figures.draw_openness),
    ),
    HypothesisStudy(
        "network_and_imitation_rule",
        adapt_check_to_results(questions.check_network_and_imitation_rule),
        adapt_figure_to_results(question_figures.draw_network_and_imitation_rule),
    ),
)
HYPOTHESIS_STUDIES = (*PATTERN_STUDIES, *QUESTION_STUDIES)


def find_hypothesis_study(study: str) -> HypothesisStudy | None:
    """Return the checks and figure of a study, if it has its own."""
    return next((inquiry for inquiry in HYPOTHESIS_STUDIES if inquiry.study == study), None)


def tabulate_checks(inquiry: HypothesisStudy, checks: Sequence[Check]) -> Table:
    """Return the effects, intervals and outcomes of an inquiry, with its verdict."""
    rows = [
        (
            check.claim,
            FormattedNumber(check.estimate),
            str(check.estimate.n),
            f"> {check.threshold:g}",
            check.outcome,
        )
        for check in checks
    ]
    note = (
        "n: replicates, common random numbers (half of them where a level was picked on the other"
        " half). Intervals: family-wise 95 % (Bonferroni)."
    )
    title = f"{inquiry.heading}: {format_verdict(checks)}."
    return Table(
        title,
        ("claim", "effect [interval]", "n", "claimed", "outcome"),
        rows,
        note,
        CHECK_TABLE_NAME,
    )
