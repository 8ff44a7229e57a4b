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

from analysis.estimates import Estimate, Floats, mean, paired_difference, simultaneous_level
from analysis.patterns import LIGHT, cell
from analysis.tables import Table
from docs.build.pages import fill
from experiments.console import show
from experiments.design.study import load_study
from experiments.execution.engines import available_cores
from experiments.run_study import play
from experiments.store.results import Results
from sim.config import Config
from sim.model import CollaborationModel

FIVE_YEARS = 15  # rounds: a round is four months, see the page
MANY = 5_000  # organisations drawn to look at the law of expertise
USERS = "the user's text: some can do everything alone, mostly not"
LUNNAN = "Lunnan & Haugland 2008"
EXTRACT = "Horizon 2020"


class Target(NamedTuple):
    """What a quantity should be, from where, and what it is."""

    quantity: str
    wanted: str
    source: str
    found: str


def expertise_shares(config: Config) -> tuple[Estimate, Estimate]:
    """Return the effective number of domains (exp of entropy) and the largest share, of drawn expertise before it is capped at 1."""
    population = config.population.model_copy(update={"organisations": MANY, "budget": 1.0, "base_skill": 0.0})
    core = CollaborationModel(config.model_copy(update={"population": population})).world.org.core
    shares = core / core.sum(axis=1, keepdims=True)
    entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-300)), axis=1)
    return mean(np.exp(entropy)), mean(shares.max(axis=1))


def share_of_ended(events: pl.DataFrame, form: str, counted: pl.Expr) -> Estimate:
    """Return which share of a form's ended collaborations meets a condition, replicates as units."""
    ended = events.filter((pl.col("structure") == form) & (pl.col("reason") != "running"))
    return mean(ended.group_by("replicate").agg(counted.mean().alias("share"))["share"].to_numpy())


def ended_by(events: pl.DataFrame, form: str, started_before: int, lasted: int) -> Estimate:
    """Return the share of collaborations that ended within so many rounds, among those that started early enough to be seen that long."""
    seen = events.filter((pl.col("structure") == form) & (pl.col("started") < started_before))
    gone = (pl.col("reason") != "running") & (pl.col("rounds") <= lasted)
    return mean(seen.group_by("replicate").agg(gone.mean().alias("share"))["share"].to_numpy())


def room_to_differ(runs: pl.DataFrame) -> tuple[float, int, int]:
    """Return the spread of joint value over light forms relative to their mean, and how many of their pairs differ (family-wise 95 %)."""
    values: dict[str, Floats] = {form: cell(runs, "joint_value", structure=form) for form in LIGHT}
    means = np.array([value.mean() for value in values.values()])
    pairs = list(combinations(LIGHT, 2))
    apart = [paired_difference(values[a], values[b], simultaneous_level(len(pairs))) for a, b in pairs]
    return float(np.ptp(means) / means.mean()), sum(e.low > 0.0 or e.high < 0.0 for e in apart), len(pairs)


def targets(results: Results, config: Config) -> list[Target]:
    """Return what the defaults were calibrated on."""
    runs, events = results.runs, results.events
    assert events is not None  # the study keeps them
    effective, largest = expertise_shares(config)
    spread, different, pairs = room_to_differ(runs)
    at_once = max((of_form(runs, "ended_at_once", form) for form in LIGHT), key=lambda share: share.value)
    within = ended_by(events, "alliance", config.run.rounds - FIVE_YEARS, FIVE_YEARS)
    premature = share_of_ended(events, "alliance", pl.col("reason").is_in(["surplus", "members"]))
    qualities = [of_form(runs, "quality", form).value for form in LIGHT]
    return [
        Target("narrow challenges (1-2 domains) solved alone", "> .5", USERS, str(of_form(runs, "solved_share_narrow", "alone"))),
        Target("broad challenges (5-8) solved alone", "< .05", USERS, str(of_form(runs, "solved_share_broad", "alone"))),
        Target("effective number of domains of an organisation", "3.2", EXTRACT, str(effective)),
        Target("share of its largest domain", ".62", EXTRACT, str(largest)),
        Target("median lifetime of a consortium, rounds", "37 months", f"{EXTRACT}: sets a round", str(of_form(runs, "lifetime", "consortium"))),
        Target("alliances ended within five years", ".34 to .55", f"{LUNNAN}: 34 of 100; Harrigan 1988: over 55 %", str(within)),
        Target("alliances that ended before they were done", "about .25", f"{LUNNAN}: 25 of 100", str(premature)),
        Target("ended in their first round, worst light form", "< .05", "assumed: nobody signs and leaves within four months", str(at_once)),
        Target("spread of joint value over light forms / mean", "> .05", "room to differ", f"{spread:.3f}"),
        Target("pairs of light forms that differ", "most", "room to differ", f"{different} of {pairs}"),
        Target("mean quality, worst and best light form", "within .2 to .8", "room to differ", f"{min(qualities):.2f}, {max(qualities):.2f}"),
    ]


def not_aimed_at(results: Results) -> list[Target]:
    """Return facts of the extract that the defaults were not calibrated on."""
    found = {measure: str(of_form(results.runs, measure, "consortium")) for measure in ("team_size", "repeat_share", "cross_sector_share")}
    return [
        Target("members of a consortium, mean", "10.1", EXTRACT, found["team_size"]),
        Target("pairs in consortia that worked together before", ".262", EXTRACT, found["repeat_share"]),
        Target("pairs in consortia from different sectors", ".622", f"{EXTRACT} (5 sectors, unequal)", found["cross_sector_share"]),
    ]


def of_form(runs: pl.DataFrame, measure: str, form: str) -> Estimate:
    """Return the mean of a measure under a form."""
    return mean(cell(runs, measure, structure=form))


def table(title: str, rows: Sequence[Target], note: str) -> Table:
    """Return targets as a table."""
    return Table(title, ("quantity", "wanted", "source", "defaults"), rows, note)


def main(overrides: Sequence[str]) -> None:
    """Run the study, show what it gives, and fill in the page unless other values were asked for."""
    study = load_study("calibration", overrides)
    points = study.points()
    results = play(study, available_cores())
    note = f"n = {study.replicates} replicates, seed {study.seed}; mean [95 % interval, Student]."
    aimed = table("Calibrated on", targets(results, points[1].config), note)
    others = table("Not calibrated on", not_aimed_at(results), note)
    show(aimed)
    show(others)
    if not overrides:
        fill("calibration.md", {"targets": aimed.to_markdown(), "others": others.to_markdown()})


if __name__ == "__main__":
    main(sys.argv[1:])
