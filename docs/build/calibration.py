"""Compare the defaults with what they were calibrated on and fill in ``docs/calibration.md``: ``python -m docs.build.calibration``.

Overrides after the command (``population.concentration=0.2``) show what other values would give; the page is then left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import polars as pl

from analysis.estimates import (
    Estimate,
    Floats,
    compute_simultaneous_level,
    estimate_mean,
    estimate_paired_difference,
)
from analysis.patterns import LIGHT_FORMS, select_cell
from analysis.tables import Table
from docs.build.pages import fill_page
from experiments.console import print_table
from experiments.design import load_study
from experiments.execution.engines import count_available_cores
from experiments.run_study import run_study_in_memory
from experiments.store.results import Results
from sim.config import Config
from sim.model import CollaborationModel

FIVE_YEARS = 15  # rounds: a round is four months, see the page
SAMPLED_ORGANISATIONS = 5_000  # organisations drawn to look at the law of expertise
USER_SOURCE = "the user's text: some can do everything alone, mostly not"
LUNNAN_HAUGLAND = "Lunnan & Haugland 2008"
HORIZON_2020 = "Horizon 2020"


class CalibrationTarget(NamedTuple):
    """What a quantity should be, from where, and what it is."""

    quantity: str
    wanted: str
    source: str
    found: str


def estimate_expertise_shares(config: Config) -> tuple[Estimate, Estimate]:
    """Return the effective number of domains (exp of entropy) and the largest share, of drawn expertise before it is capped at 1."""
    population = config.population.model_copy(
        update={"organisations": SAMPLED_ORGANISATIONS, "budget": 1.0, "base_skill": 0.0}
    )
    core = CollaborationModel(config.model_copy(update={"population": population})).world.org.core
    shares = core / core.sum(axis=1, keepdims=True)
    entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-300)), axis=1)
    return estimate_mean(np.exp(entropy)), estimate_mean(shares.max(axis=1))


def estimate_ended_share(events: pl.DataFrame, form: str, counted: pl.Expr) -> Estimate:
    """Return which share of a form's ended collaborations meets a condition, replicates as units."""
    ended = events.filter((pl.col("structure") == form) & (pl.col("reason") != "running"))
    return estimate_mean(
        ended.group_by("replicate").agg(counted.mean().alias("share"))["share"].to_numpy()
    )


def estimate_share_ended_within(
    events: pl.DataFrame, form: str, started_before: int, lasted: int
) -> Estimate:
    """Return the share of collaborations that ended within so many rounds, among those that started early enough to be seen that long."""
    seen = events.filter((pl.col("structure") == form) & (pl.col("started") < started_before))
    gone = (pl.col("reason") != "running") & (pl.col("rounds") <= lasted)
    return estimate_mean(
        seen.group_by("replicate").agg(gone.mean().alias("share"))["share"].to_numpy()
    )


def compare_light_forms(runs: pl.DataFrame) -> tuple[float, int, int]:
    """Return the spread of joint value over light forms relative to their mean, and how many of their pairs differ (family-wise 95 %)."""
    values: dict[str, Floats] = {
        form: select_cell(runs, "joint_value", structure=form) for form in LIGHT_FORMS
    }
    means = np.array([value.mean() for value in values.values()])
    pairs = list(combinations(LIGHT_FORMS, 2))
    apart = [
        estimate_paired_difference(values[a], values[b], compute_simultaneous_level(len(pairs)))
        for a, b in pairs
    ]
    return (
        float(np.ptp(means) / means.mean()),
        sum(e.low > 0.0 or e.high < 0.0 for e in apart),
        len(pairs),
    )


def list_targets(results: Results, config: Config) -> list[CalibrationTarget]:
    """Return what the defaults were calibrated on."""
    runs, events = results.runs, results.events
    assert events is not None  # the study keeps them
    effective, largest = estimate_expertise_shares(config)
    spread, different, pairs = compare_light_forms(runs)
    at_once = max(
        (estimate_mean_of_form(runs, "ended_at_once", form) for form in LIGHT_FORMS),
        key=lambda share: share.value,
    )
    within = estimate_share_ended_within(
        events, "alliance", config.run.rounds - FIVE_YEARS, FIVE_YEARS
    )
    premature = estimate_ended_share(
        events, "alliance", pl.col("reason").is_in(["surplus", "members"])
    )
    qualities = [estimate_mean_of_form(runs, "quality", form).value for form in LIGHT_FORMS]
    return [
        CalibrationTarget(
            "narrow challenges (1-2 domains) solved alone",
            "> .5",
            USER_SOURCE,
            str(estimate_mean_of_form(runs, "solved_share_narrow", "alone")),
        ),
        CalibrationTarget(
            "broad challenges (5-8) solved alone",
            "< .05",
            USER_SOURCE,
            str(estimate_mean_of_form(runs, "solved_share_broad", "alone")),
        ),
        CalibrationTarget(
            "effective number of domains of an organisation", "3.2", HORIZON_2020, str(effective)
        ),
        CalibrationTarget("share of its largest domain", ".62", HORIZON_2020, str(largest)),
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
            "alliances that ended before they were done",
            "about .25",
            f"{LUNNAN_HAUGLAND}: 25 of 100",
            str(premature),
        ),
        CalibrationTarget(
            "ended in their first round, worst light form",
            "< .05",
            "assumed: nobody signs and leaves within four months",
            str(at_once),
        ),
        CalibrationTarget(
            "spread of joint value over light forms / mean",
            "> .05",
            "room to differ",
            f"{spread:.3f}",
        ),
        CalibrationTarget(
            "pairs of light forms that differ", "most", "room to differ", f"{different} of {pairs}"
        ),
        CalibrationTarget(
            "mean quality, worst and best light form",
            "within .2 to .8",
            "room to differ",
            f"{min(qualities):.2f}, {max(qualities):.2f}",
        ),
    ]


def list_untargeted_facts(results: Results) -> list[CalibrationTarget]:
    """Return facts of the extract that the defaults were not calibrated on."""
    found = {
        measure: str(estimate_mean_of_form(results.runs, measure, "consortium"))
        for measure in ("team_size", "repeat_share", "cross_sector_share")
    }
    return [
        CalibrationTarget(
            "members of a consortium, mean", "10.1", HORIZON_2020, found["team_size"]
        ),
        CalibrationTarget(
            "pairs in consortia that worked together before",
            ".262",
            HORIZON_2020,
            found["repeat_share"],
        ),
        CalibrationTarget(
            "pairs in consortia from different sectors",
            ".622",
            f"{HORIZON_2020} (5 sectors, unequal)",
            found["cross_sector_share"],
        ),
    ]


def estimate_mean_of_form(runs: pl.DataFrame, measure: str, form: str) -> Estimate:
    """Return the mean of a measure under a form."""
    return estimate_mean(select_cell(runs, measure, structure=form))


def build_target_table(title: str, rows: Sequence[CalibrationTarget], note: str) -> Table:
    """Return targets as a table."""
    return Table(title, ("quantity", "wanted", "source", "defaults"), rows, note)


def main(overrides: Sequence[str]) -> None:
    """Run the study, show what it gives, and fill in the page unless other values were asked for."""
    study = load_study("calibration", overrides)
    points = study.points()
    results = run_study_in_memory(study, count_available_cores())
    note = f"n = {study.replicates} replicates, seed {study.seed}; mean [95 % interval, Student]."
    aimed = build_target_table("Calibrated on", list_targets(results, points[1].config), note)
    others = build_target_table("Not calibrated on", list_untargeted_facts(results), note)
    print_table(aimed)
    print_table(others)
    if not overrides:
        fill_page(
            "calibration.md", {"targets": aimed.to_markdown(), "others": others.to_markdown()}
        )


if __name__ == "__main__":
    main(sys.argv[1:])
