"""Compare the defaults with their targets and fill in ``docs/calibration.md``.

Command: ``python -m docs.build.calibration``. With overrides (``population.concentration=0.2``) it
prints the results of other values and leaves the page unchanged.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import polars as pl

from analysis.checks import select_cell
from analysis.estimates import (
    Estimate,
    Floats,
    compute_simultaneous_level,
    estimate_mean,
    estimate_paired_difference,
)
from analysis.patterns import LIGHT_FORMS
from analysis.tables import Table
from docs.build.pages import fill_page
from experiments.console import print_table
from experiments.design import load_study
from experiments.execution.engines import count_available_cores
from experiments.run_study import run_study_in_memory
from experiments.store.results import Results
from sim.config import Config
from sim.model import CollaborationModel

FIVE_YEARS = 15  # rounds of four months, see docs/calibration.md
SAMPLED_ORGANISATIONS = 5_000  # a sample from the distribution of expertise
SPECIFICATION = "specification: some organisations can do everything alone, most cannot"
LUNNAN_HAUGLAND = "Lunnan & Haugland 2008"
HORIZON_2020 = "Horizon 2020"
FORMS_DIFFER = "forms must be able to differ"


class CalibrationTarget(NamedTuple):
    """A quantity with its target, the source of the target, and its value under the defaults."""

    quantity: str
    target: str
    source: str
    value: str


def estimate_expertise_shares(config: Config) -> tuple[Estimate, Estimate]:
    """Return the effective number of domains (exp of entropy) and the share of the largest.

    Both describe sampled expertise before it is capped at 1.
    """
    population = config.population.model_copy(
        update={"organisations": SAMPLED_ORGANISATIONS, "budget": 1.0, "base_skill": 0.0}
    )
    core = CollaborationModel(config.model_copy(update={"population": population})).world.org.core
    shares = core / core.sum(axis=1, keepdims=True)
    entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-300)), axis=1)
    return estimate_mean(np.exp(entropy)), estimate_mean(shares.max(axis=1))


def estimate_ended_share(events: pl.DataFrame, form: str, condition: pl.Expr) -> Estimate:
    """Return the share of a form's ended collaborations that meets a condition, over replicates."""
    ended = events.filter((pl.col("structure") == form) & (pl.col("reason") != "running"))
    return estimate_mean(
        ended.group_by("replicate").agg(condition.mean().alias("share"))["share"].to_numpy()
    )


def estimate_share_ended_within(
    events: pl.DataFrame, form: str, started_before: int, lasted: int
) -> Estimate:
    """Return the share of collaborations that lasted at most ``lasted`` rounds.

    Only collaborations that started early enough count, so that the run covers these rounds.
    """
    observed = events.filter((pl.col("structure") == form) & (pl.col("started") < started_before))
    ended = (pl.col("reason") != "running") & (pl.col("rounds") <= lasted)
    return estimate_mean(
        observed.group_by("replicate").agg(ended.mean().alias("share"))["share"].to_numpy()
    )


def compare_light_forms(runs: pl.DataFrame) -> tuple[float, int, int]:
    """Return how much the joint value of light forms differs.

    Returns:
        The range relative to the mean, the number of pairs that differ (family-wise 95 %), and the
        number of pairs.
    """
    values: dict[str, Floats] = {
        form: select_cell(runs, "joint_value", structure=form) for form in LIGHT_FORMS
    }
    means = np.array([value.mean() for value in values.values()])
    pairs = list(combinations(LIGHT_FORMS, 2))
    differences = [
        estimate_paired_difference(values[a], values[b], compute_simultaneous_level(len(pairs)))
        for a, b in pairs
    ]
    return (
        float(np.ptp(means) / means.mean()),
        sum(e.low > 0.0 or e.high < 0.0 for e in differences),
        len(pairs),
    )


def list_targets(results: Results, config: Config) -> list[CalibrationTarget]:
    """Return the targets of the calibration."""
    assert results.events is not None  # the study's file contains keep: [events]
    return [
        *list_task_targets(results.runs),
        *list_expertise_targets(config),
        *list_lifetime_targets(results.runs, results.events, config),
        *list_form_targets(results.runs),
    ]


def list_task_targets(runs: pl.DataFrame) -> list[CalibrationTarget]:
    """Return targets for challenges that organisations meet alone."""
    return [
        CalibrationTarget(
            "narrow challenges (1-2 domains) solved alone",
            "> .5",
            SPECIFICATION,
            str(estimate_mean_of_form(runs, "solved_share_narrow", "alone")),
        ),
        CalibrationTarget(
            "broad challenges (5-8) solved alone",
            "< .05",
            SPECIFICATION,
            str(estimate_mean_of_form(runs, "solved_share_broad", "alone")),
        ),
    ]


def list_expertise_targets(config: Config) -> list[CalibrationTarget]:
    """Return targets for the distribution of expertise."""
    effective, largest = estimate_expertise_shares(config)
    return [
        CalibrationTarget(
            "effective number of domains of an organisation", "3.2", HORIZON_2020, str(effective)
        ),
        CalibrationTarget("share of its largest domain", ".62", HORIZON_2020, str(largest)),
    ]


def list_lifetime_targets(
    runs: pl.DataFrame, events: pl.DataFrame, config: Config
) -> list[CalibrationTarget]:
    """Return targets for lifetimes and ends of collaborations."""
    within = estimate_share_ended_within(
        events, "alliance", config.run.rounds - FIVE_YEARS, FIVE_YEARS
    )
    premature = estimate_ended_share(
        events, "alliance", pl.col("reason").is_in(["surplus", "members"])
    )
    at_once = max(
        (estimate_mean_of_form(runs, "ended_at_once", form) for form in LIGHT_FORMS),
        key=lambda share: share.value,
    )
    return [
        CalibrationTarget(
            "median lifetime of a consortium, rounds",
            "37 months",
            f"{HORIZON_2020}: sets a round",
            str(estimate_mean_of_form(runs, "lifetime", "consortium")),
        ),
        CalibrationTarget(
            "alliances ended within five years",
            ".34 to .55",
            f"{LUNNAN_HAUGLAND}: 34 of 100; Harrigan 1988: over 55 %",
            str(within),
        ),
        CalibrationTarget(
            "alliances that ended before completion",
            "about .25",
            f"{LUNNAN_HAUGLAND}: 25 of 100",
            str(premature),
        ),
        CalibrationTarget(
            "ended in their first round, worst light form",
            "< .05",
            "assumed: no organisation signs and leaves within four months",
            str(at_once),
        ),
    ]


def list_form_targets(runs: pl.DataFrame) -> list[CalibrationTarget]:
    """Return targets for differences between light forms."""
    spread, different, pairs = compare_light_forms(runs)
    qualities = [estimate_mean_of_form(runs, "quality", form).value for form in LIGHT_FORMS]
    return [
        CalibrationTarget(
            "spread of joint value over light forms / mean",
            "> .05",
            FORMS_DIFFER,
            f"{spread:.3f}",
        ),
        CalibrationTarget(
            "pairs of light forms that differ", "most", FORMS_DIFFER, f"{different} of {pairs}"
        ),
        CalibrationTarget(
            "mean quality, worst and best light form",
            "within .2 to .8",
            FORMS_DIFFER,
            f"{min(qualities):.2f}, {max(qualities):.2f}",
        ),
    ]


def list_untargeted_facts(results: Results) -> list[CalibrationTarget]:
    """Return facts of the extract that the defaults were not calibrated on."""
    values = {
        measure: str(estimate_mean_of_form(results.runs, measure, "consortium"))
        for measure in ("team_size", "repeat_share", "cross_sector_share")
    }
    return [
        CalibrationTarget(
            "members of a consortium, mean", "10.1", HORIZON_2020, values["team_size"]
        ),
        CalibrationTarget(
            "pairs in consortia that worked together before",
            ".262",
            HORIZON_2020,
            values["repeat_share"],
        ),
        CalibrationTarget(
            "pairs in consortia from different sectors",
            ".622",
            f"{HORIZON_2020} (5 sectors, unequal)",
            values["cross_sector_share"],
        ),
    ]


def estimate_mean_of_form(runs: pl.DataFrame, measure: str, form: str) -> Estimate:
    """Return the mean of a measure under a form."""
    return estimate_mean(select_cell(runs, measure, structure=form))


def build_target_table(title: str, rows: Sequence[CalibrationTarget], note: str) -> Table:
    """Return targets and values as a table."""
    return Table(title, ("quantity", "target", "source", "defaults"), rows, note)


def main(overrides: Sequence[str]) -> None:
    """Run the study and print the tables; without overrides fill in the page."""
    study = load_study("calibration", overrides)
    points = study.points()
    results = run_study_in_memory(study, count_available_cores())
    note = f"n = {study.replicates} replicates, seed {study.seed}; mean [95 % interval, Student]."
    targets = build_target_table("Calibrated on", list_targets(results, points[1].config), note)
    others = build_target_table("Not calibrated on", list_untargeted_facts(results), note)
    print_table(targets)
    print_table(others)
    if not overrides:
        fill_page(
            "calibration.md", {"targets": targets.to_markdown(), "others": others.to_markdown()}
        )


if __name__ == "__main__":
    main(sys.argv[1:])
