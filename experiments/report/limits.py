"""What a reader of a report must know before believing it: what failed, what has no interval, which claims do not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl

from analysis.estimates import mean
from analysis.figures.labels import listed
from analysis.patterns import Check
from experiments.design.plan import Adaptive
from experiments.report.methods import Experiment
from experiments.store.manifest import Manifest

FEW = 5  # replicates; below, an interval rests on next to nothing
MOST_REASONS = 3
A_MODEL = "These are results of a model: they hold for its rules, for the parameters named here, and for the ranges that were tried, and not beyond."
SEEDS_ALONE = "Intervals are over replicates: they say how much is luck of the seed, and nothing of whether the model or its parameters are right."
ONE_RUN = "One run is one piece of luck: nothing here has an interval, and nothing can be compared. Use a study for findings."


def limits(known: Experiment, shown: Sequence[str], failures: pl.DataFrame | None, present: str | None, refused: Sequence[str]) -> list[str]:
    """Return what limits the results of a study, a sentence or two each.

    Args:
        known: the study.
        shown: measures in its tables.
        failures: its runs that failed.
        present: fingerprint of the model that is here now; None when it cannot be found.
        refused: why tables, figures or analyses are not there.
    """
    fewest, most = known.replicates
    found = [*failed(failures), *no_runs(known), *refused]
    if most == 1:
        found.append("There is one replicate per point: no interval can be given, and differences between points may be luck.")
    elif fewest < FEW:
        found.append(f"Points have as few as {fewest} replicates: their intervals are wide, and trust that the measures are about normal.")
    if isinstance(known.study.replicates, Adaptive):
        found += ["Replicates were added until intervals were narrow enough; such intervals hold a little less often than they say."]
        found += too_wide(known, known.study.replicates)
    found += [*undefined(known.runs, shown), *([SEEDS_ALONE] if most > 1 else []), A_MODEL]
    return [*found, *program(known.manifest), *another_version(known.manifest.version, present)]


def failed(failures: pl.DataFrame | None) -> list[str]:
    """Say how many runs failed, and of what."""
    if failures is None or failures.is_empty():
        return []
    said = failures.select("status", "reason").iter_rows()
    reasons = Counter(str(reason).strip().splitlines()[-1] if reason else status for status, reason in said)
    named = "; ".join(f"{reason} ({count})" for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:MOST_REASONS])
    more = "; and others" if len(reasons) > MOST_REASONS else ""
    runs = f"{len(failures):,} run{'s' * (len(failures) > 1)}"
    return [f"{runs} failed and are left out, so points with failed runs rest on fewer replicates, and on those that went well: {named}{more}."]


def no_runs(known: Experiment) -> list[str]:
    """Say how many points have no run at all; points that are the same twice count once."""
    factors = list(known.manifest.factors)
    there = known.runs.select(factors).n_unique() if factors else 1
    asked = len({tuple(map(str, point.levels.values())) for point in known.study.points()})
    return [f"{asked - there:,} of {asked:,} points have no run that is done, and are missing from tables and figures."] if there < asked else []


def too_wide(known: Experiment, asked: Adaptive) -> list[str]:
    """Say at how many points the most replicates allowed did not make intervals narrow enough."""
    factors = list(known.manifest.factors)
    points = [part for _, part in known.runs.group_by(factors)] if factors else [known.runs]
    wide = sum(any(not half_width(part[name]) <= width for name, width in asked.half_width.items()) for part in points)
    where = f"At {wide:,} of {len(points):,} points"
    return [f"{where} intervals are wider than was asked for, with the {asked.at_most} replicates allowed."] if wide else []


def half_width(values: pl.Series) -> float:
    """Return half the width of the 95 % interval of a mean; NaN for a single value."""
    found = mean(values.to_numpy())
    return (found.high - found.low) / 2


def undefined(runs: pl.DataFrame, shown: Sequence[str]) -> list[str]:
    """Say of which measures some runs have no value."""
    there = {name: int(runs[name].cast(pl.Float64).is_finite().fill_null(False).sum()) for name in shown if name in runs.columns}
    lacking = {name: len(runs) - count for name, count in there.items() if count < len(runs)}
    return [f"{name} has no value in {count:,} of {len(runs):,} runs, where what it measures did not occur." for name, count in lacking.items()]


def claims(checks: Sequence[Check]) -> list[str]:
    """Name the claims that the study does not bear out."""
    told = {
        "the opposite": "For {} the opposite was found: {}.",
        "not shown": "Not shown, for the interval does not tell, {}: {}.",
    }
    found = []
    for outcome, words in told.items():
        claimed = [check.claim for check in checks if check.outcome == outcome]
        if claimed:
            many = f"{len(claimed)} of {len(checks)} claims"
            found.append(words.format(many if outcome == "the opposite" else f"{'are' if len(claimed) > 1 else 'is'} {many}", "; ".join(claimed)))
    return found


def program(manifest: Manifest) -> list[str]:
    """Say when the program that made the results cannot be had again from what is said of it."""
    if manifest.commit is None:
        return ["The commit of the program is not known (it ran outside a checkout); its version and the versions of its libraries are."]
    if manifest.commit.endswith("-dirty"):
        return ["Files of the program had changes that were not committed, so the commit alone does not bring it back."]
    return []


def another_version(made_by: str, present: str | None) -> list[str]:
    """Say when this page was written beside another model than that of the results."""
    if present is None:
        return ["The model's source was not found when this page was written, so it could not be compared with that of the results."]
    if present == made_by:
        return []
    return [
        f"The results were made with model fingerprint {made_by}, and this page was written with {present}: defaults, units and meanings of "
        f"parameters are those of the latter. {listed(['Check out the commit', 'write it again to be sure'])}."
    ]
