"""Limitations that a report states.

They cover failed runs, missing intervals, unsupported claims, and whether the program that produced
the results can be restored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl

from analysis.checks import Check
from analysis.estimates import compute_half_width
from experiments.design.plan import AdaptiveReplicates
from experiments.report.methods import Experiment
from experiments.store.manifest import Manifest

FEW_REPLICATES = 5  # below this number of replicates intervals depend on normality
MAX_FAILURE_REASONS = 3
MODEL_LIMITATION = (
    "These are results of a model. They hold for its rules, the parameters named here and the"
    " ranges that were varied, and not beyond."
)
INTERVAL_LIMITATION = (
    "Intervals are over replicates: they quantify random variation between seeds, and do not show"
    " whether the model or its parameters are correct."
)
SINGLE_RUN_LIMITATION = (
    "A single run shows one realisation: it has no interval and permits no comparison. Use a study"
    " for findings."
)


def list_limitations(
    experiment: Experiment,
    shown_measures: Sequence[str],
    failures: pl.DataFrame | None,
    current_fingerprint: str | None,
    refusals: Sequence[str],
) -> list[str]:
    """Return the limitations of a study, one or two sentences each.

    Args:
        experiment: the study with its runs.
        shown_measures: measures in its tables.
        failures: its failed runs.
        current_fingerprint: present fingerprint of its model; None when the source is missing.
        refusals: why tables, figures or analyses are missing.
    """
    most = experiment.replicates[1]
    return [
        *describe_failed_runs(failures),
        *describe_points_without_runs(experiment),
        *refusals,
        *describe_few_replicates(experiment),
        *describe_undefined_measures(experiment.runs, shown_measures),
        *([INTERVAL_LIMITATION] if most > 1 else []),
        MODEL_LIMITATION,
        *describe_unrecoverable_program(experiment.manifest),
        *describe_changed_model(experiment.manifest.version, current_fingerprint),
    ]


def describe_few_replicates(experiment: Experiment) -> list[str]:
    """Return sentences on few replicates, and on replicates that were added adaptively."""
    fewest, most = experiment.replicates
    sentences = []
    if most == 1:
        sentences.append(
            "There is one replicate per point: no interval can be given, and differences between"
            " points may be random variation."
        )
    elif fewest < FEW_REPLICATES:
        sentences.append(
            f"Points have as few as {fewest} replicates: their intervals are wide and assume that"
            " the measures are approximately normal."
        )
    replicates = experiment.study.replicates
    if isinstance(replicates, AdaptiveReplicates):
        sentences.append(
            "Replicates were added until intervals were narrow enough; the coverage of such"
            " intervals is slightly below the stated level."
        )
        sentences += describe_wide_intervals(experiment, replicates)
    return sentences


def describe_failed_runs(failures: pl.DataFrame | None) -> list[str]:
    """Return a sentence on failed runs and their reasons."""
    if failures is None or failures.is_empty():
        return []
    reasons = Counter(
        str(reason).strip().splitlines()[-1] if reason else status
        for status, reason in failures.select("status", "reason").iter_rows()
    )
    listed = "; ".join(
        f"{reason} ({count})"
        for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[
            :MAX_FAILURE_REASONS
        ]
    )
    more = "; and others" if len(reasons) > MAX_FAILURE_REASONS else ""
    runs = f"{len(failures):,} run{'s' * (len(failures) > 1)}"
    return [
        f"{runs} failed and are excluded, so points with failed runs have fewer replicates and show"
        f" only the runs that completed. Reasons: {listed}{more}."
    ]


def describe_points_without_runs(experiment: Experiment) -> list[str]:
    """Return a sentence on points without a completed run; identical points count once."""
    factors = list(experiment.manifest.factors)
    present = experiment.runs.select(factors).n_unique() if factors else 1
    planned = len({tuple(map(str, point.levels.values())) for point in experiment.study.points()})
    if present == planned:
        return []
    return [
        f"{planned - present:,} of {planned:,} points have no completed run and are missing from"
        " tables and figures."
    ]


def describe_wide_intervals(experiment: Experiment, replicates: AdaptiveReplicates) -> list[str]:
    """Return a sentence on points whose intervals stayed wider than requested."""
    factors, runs = list(experiment.manifest.factors), experiment.runs
    points = [part for _, part in runs.group_by(factors)] if factors else [runs]
    wide = sum(
        any(
            compute_half_width(part[name].cast(pl.Float64).to_numpy()) > width
            for name, width in replicates.half_width.items()
        )
        for part in points
    )
    if not wide:
        return []
    return [
        f"At {wide:,} of {len(points):,} points intervals are wider than requested, with the"
        f" maximum of {replicates.at_most} replicates."
    ]


def describe_undefined_measures(runs: pl.DataFrame, measures: Sequence[str]) -> list[str]:
    """Return a sentence on each measure without a value in some runs."""
    undefined = {
        name: len(runs) - int(runs[name].cast(pl.Float64).is_finite().fill_null(False).sum())
        for name in measures
        if name in runs.columns
    }
    return [
        f"{name} has no value in {count:,} of {len(runs):,} runs, because what it measures did not"
        " occur there."
        for name, count in undefined.items()
        if count
    ]


def describe_unsupported_claims(checks: Sequence[Check]) -> list[str]:
    """Return the sentences on claims that the study does not support."""
    templates = {
        "the opposite": "The results show the opposite of {}: {}.",
        "not shown": "The results neither support nor contradict {}: {}.",
    }
    sentences = []
    for outcome, template in templates.items():
        claims = [check.claim for check in checks if check.outcome == outcome]
        if claims:
            count = f"{len(claims)} of {len(checks)} claims"
            sentences.append(template.format(count, "; ".join(claims)))
    return sentences


def describe_unrecoverable_program(manifest: Manifest) -> list[str]:
    """Return a sentence if the manifest does not suffice to restore the program."""
    if manifest.commit is None:
        return [
            "The commit of the program is unknown because it ran outside a checkout; its version"
            " and the versions of its libraries are known."
        ]
    if manifest.commit.endswith("-dirty"):
        return [
            "The program's files had uncommitted changes, so the commit alone does not restore the"
            " program."
        ]
    return []


def describe_changed_model(recorded: str, current: str | None) -> list[str]:
    """Return a sentence if the page was written with another model than the results."""
    if current is None:
        return [
            "The model's source was not found when this page was written, so it could not be"
            " compared with the source behind the results."
        ]
    if current == recorded:
        return []
    return [
        f"The results were made with model fingerprint {recorded}, but this page was written with"
        f" {current}: defaults, units and meanings of parameters are those of {current}. Check out"
        " the commit of the results and write the page again."
    ]
