"""The studies that test hypotheses: nine patterns and three further questions.

Each has checks and a figure here. The study's file (``configs/study/``) holds its title, number,
hypotheses and sources.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import polars as pl

from analysis import patterns, questions
from analysis.checks import Check, format_verdict
from analysis.figures import patterns as figures
from analysis.figures import questions as question_figures
from analysis.figures.exhibit import Exhibit
from analysis.figures.style import Page
from analysis.tables import FormattedNumber, Table
from experiments.design.study_file import read_study_file
from experiments.store.results import Results

FromRuns = TypeVar("FromRuns")
CHECK_TABLE_NAME = "checks"


class HypothesisStudy(NamedTuple):
    """A study with the functions that check its hypotheses and draw its figure."""

    study: str
    check: Callable[[Results], list[Check]]
    figure: Callable[[Results, Page], Exhibit]

    @property
    def about(self) -> dict[str, Any]:
        """The contents of its file: title, question, hypotheses, sources, number of its pattern."""
        return read_study_file(self.study)

    @property
    def heading(self) -> str:
        """Its title, with the number of its pattern if it has one."""
        about = self.about
        return (
            f"{about['pattern']}. {about['title']}" if "pattern" in about else str(about["title"])
        )


def adapt_check_to_results(
    function: Callable[[pl.DataFrame], FromRuns],
) -> Callable[[Results], FromRuns]:
    """Turn a check of a table of runs into a check of a study's results."""
    return lambda results: function(results.runs)


def adapt_figure_to_results(
    function: Callable[[pl.DataFrame, Page], Exhibit],
) -> Callable[[Results, Page], Exhibit]:
    """Turn a figure of a table of runs into a figure of a study's results."""
    return lambda results, page: function(results.runs, page)


def select_worked_events(results: Results) -> pl.DataFrame:
    """Return the collaborations of a study that worked for at least one round."""
    assert results.events is not None  # the study's file contains keep: [events]
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
    """Return the checks and figure of a study; None if it tests no hypotheses."""
    return next((known for known in HYPOTHESIS_STUDIES if known.study == study), None)


def tabulate_checks(tested: HypothesisStudy, checks: Sequence[Check]) -> Table:
    """Return the effects, intervals and outcomes of a study's checks, with the verdict."""
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
        "n: replicates with common random numbers; where one half of the replicates selected a"
        " level, n counts the other half. Intervals: family-wise 95 % (Bonferroni)."
    )
    title = f"{tested.heading}: {format_verdict(checks)}."
    return Table(
        title,
        ("claim", "effect [interval]", "n", "claimed", "outcome"),
        rows,
        note,
        CHECK_TABLE_NAME,
    )
