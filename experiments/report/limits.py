"""What a reader of a report must know before believing it: what failed, what has no interval, which claims do not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl

from analysis.estimates import compute_half_width
from analysis.figures.labels import join_names
from analysis.patterns import Check
from experiments.design.plan import AdaptiveReplicates
from experiments.report.methods import Experiment
from experiments.store.manifest import Manifest

FEW_REPLICATES = 5  # replicates; below, an interval rests on next to nothing
MAX_FAILURE_REASONS = 3
MODEL_LIMITATION = (
    "These are results of a model: they hold for its rules, for the parameters named here, and for"
    " the ranges that were tried, and not beyond."
)
INTERVAL_LIMITATION = (
    "Intervals are over replicates: they say how much is luck of the seed, and nothing of whether"
    " the model or its parameters are right."
)
SINGLE_RUN_LIMITATION = (
    "One run is one piece of luck: nothing here has an interval, and nothing can be compared. Use a"
    " study for findings."
)


def list_limitations(
    known: Experiment,
    shown: Sequence[str],
    failures: pl.DataFrame | None,
    present: str | None,
    refused: Sequence[str],
) -> list[str]:
    """Return what limits the results of a study, a sentence or two each.

    Args:
        known: the study.
        shown: measures in its tables.
        failures: its runs that failed.
        present: fingerprint of the model that is here now; None when it cannot be found.
        refused: why tables, figures or analyses are not there.
    """
    fewest, most = known.replicates
    found = [*describe_failed_runs(failures), *describe_points_without_runs(known), *refused]
    if most == 1:
        found.append(
            "There is one replicate per point: no interval can be given, and differences between"
            " points may be luck."
        )
    elif fewest < FEW_REPLICATES:
        found.append(
            f"Points have as few as {fewest} replicates: their intervals are wide, and trust that"
            " the measures are about normal."
        )
    if isinstance(known.study.replicates, AdaptiveReplicates):
        found += [
            "Replicates were added until intervals were narrow enough; such intervals hold a little"
            " less often than they say."
        ]
        found += describe_wide_intervals(known, known.study.replicates)
    found += [
        *describe_undefined_measures(known.runs, shown),
        *([INTERVAL_LIMITATION] if most > 1 else []),
        MODEL_LIMITATION,
    ]
    return [
        *found,
        *describe_unrecoverable_program(known.manifest),
        *describe_changed_model(known.manifest.version, present),
    ]


def describe_failed_runs(failures: pl.DataFrame | None) -> list[str]:
    """Say how many runs failed, and of what."""
    if failures is None or failures.is_empty():
        return []
    said = failures.select("status", "reason").iter_rows()
    reasons = Counter(
        str(reason).strip().splitlines()[-1] if reason else status for status, reason in said
    )
    named = "; ".join(
        f"{reason} ({count})"
        for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[
            :MAX_FAILURE_REASONS
        ]
    )
    more = "; and others" if len(reasons) > MAX_FAILURE_REASONS else ""
    runs = f"{len(failures):,} run{'s' * (len(failures) > 1)}"
    return [
        f"{runs} failed and are left out, so points with failed runs rest on fewer replicates, and"
        f" on those that went well: {named}{more}."
    ]


def describe_points_without_runs(known: Experiment) -> list[str]:
    """Say how many points have no run at all; points that are the same twice count once."""
    factors = list(known.manifest.factors)
    there = known.runs.select(factors).n_unique() if factors else 1
    asked = len({tuple(map(str, point.levels.values())) for point in known.study.points()})
    return (
        [
            f"{asked - there:,} of {asked:,} points have no run that is done, and are missing from"
            " tables and figures."
        ]
        if there < asked
        else []
    )


def describe_wide_intervals(known: Experiment, asked: AdaptiveReplicates) -> list[str]:
    """Say at how many points the most replicates allowed did not make intervals narrow enough."""
    factors = list(known.manifest.factors)
    points = [part for _, part in known.runs.group_by(factors)] if factors else [known.runs]
    wide = sum(
        any(
            compute_half_width(part[name].cast(pl.Float64).to_numpy()) > width
            for name, width in asked.half_width.items()
        )
        for part in points
    )
    where = f"At {wide:,} of {len(points):,} points"
    return (
        [
            f"{where} intervals are wider than was asked for, with the {asked.at_most} replicates"
            " allowed."
        ]
        if wide
        else []
    )


def describe_undefined_measures(runs: pl.DataFrame, shown: Sequence[str]) -> list[str]:
    """Say of which measures some runs have no value."""
    there = {
        name: int(runs[name].cast(pl.Float64).is_finite().fill_null(False).sum())
        for name in shown
        if name in runs.columns
    }
    lacking = {name: len(runs) - count for name, count in there.items() if count < len(runs)}
    return [
        f"{name} has no value in {count:,} of {len(runs):,} runs, where what it measures did not"
        " occur."
        for name, count in lacking.items()
    ]


def describe_unsupported_claims(checks: Sequence[Check]) -> list[str]:
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
            found.append(
                words.format(
                    (
                        many
                        if outcome == "the opposite"
                        else f"{'are' if len(claimed) > 1 else 'is'} {many}"
                    ),
                    "; ".join(claimed),
                )
            )
    return found


def describe_unrecoverable_program(manifest: Manifest) -> list[str]:
    """Say when the program that made the results cannot be had again from what is said of it."""
    if manifest.commit is None:
        return [
            "The commit of the program is not known (it ran outside a checkout); its version and"
            " the versions of its libraries are."
        ]
    if manifest.commit.endswith("-dirty"):
        return [
            "Files of the program had changes that were not committed, so the commit alone does not"
            " bring it back."
        ]
    return []


def describe_changed_model(made_by: str, present: str | None) -> list[str]:
    """Say when this page was written beside another model than that of the results."""
    if present is None:
        return [
            "The model's source was not found when this page was written, so it could not be"
            " compared with that of the results."
        ]
    if present == made_by:
        return []
    return [
        f"The results were made with model fingerprint {made_by}, and this page was written with"
        f" {present}: defaults, units and meanings of parameters are those of the latter."
        f" {join_names(['Check out the commit', 'write it again to be sure'])}."
    ]
