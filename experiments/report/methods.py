"""The methods of a study or run in full sentences with its true numbers, ready to be adapted for a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from analysis.figures.labels import join_names
from experiments.design.factors import Factor, Range, is_constant
from experiments.design.plan import AdaptiveReplicates
from experiments.design.sampling import Design
from experiments.design.study import Study
from experiments.models.classics import ClassicTarget, get_summary_line
from experiments.models.mesa import ROUNDS_KEY
from experiments.report.citation import format_program_version, format_software_citation
from experiments.report.parameters import ParametersByPath, format_parameter_value
from experiments.store.manifest import Manifest, StudyManifest

CLASSIC_ROUNDS_PARAMETER = "rounds"
MAX_NAMED_VALUES = 8  # levels or settings that a sentence names
DESIGN_DESCRIPTIONS = {
    "full_factorial": "a full factorial (every combination of the levels)",
    "paired": (
        "paired (levels put side by side, the first of every factor with the first of the others)"
    ),
    "fractional_factorial": "a two-level fractional factorial of resolution IV",
    "one_at_a_time": "one factor at a time, all others at the base point",
    "table": "a table of points",
    "latin_hypercube": (
        "a Latin hypercube of {samples} samples (strength {strength}, design seed {seed})"
    ),
    "sobol_sequence": "{samples} points of a Sobol' sequence (design seed {seed})",
    "sobol": (
        "Saltelli's sample for Sobol' indices with {samples} base samples (design seed {seed})"
    ),
    "morris": "{trajectories} of Morris' trajectories over {levels} levels (design seed {seed})",
}
COUNTER_BASED_RANDOM_SENTENCE = (
    "Within a run every random draw is a function of seed, process, round and entity"
    " (Philox4x32-10; Salmon et al. 2011), so that runs with the same seed share their luck also"
    " where their parameters differ."
)
COUNTER_BASED_RANDOM_SOURCE = (
    "Salmon, Moraes, Dror & Shaw 2011, Parallel random numbers: as easy as 1, 2, 3, SC'11"
)
MEASURES_SENTENCE = (
    "Measures are means over all recorded rounds of a run; those whose name ends in _end are means"
    " over the last quarter of them."
)
OTHER_MODEL_MEASURES_SENTENCE = (
    "Measures are values at the end of a run; those whose name ends in _mean are means over all"
    " that the model's data collector recorded."
)
INTERVAL_SENTENCES = {
    "points": "Means over replicates are given with 95 % intervals (Student).",
    "main": (
        "Means over replicates are given with 95 % intervals (Student); differences between runs"
        " with and without imitation are paired by replicate. The rates of imitation at which joint"
        " value peaks and from which it erodes have bootstrap 95 % intervals over replicates"
        " (percentile)."
    ),
    "claims": (
        "Every claim was put to an interval over replicates (Student for means and paired"
        " differences, bootstrap for what is read off curves), at a level that holds for all claims"
        " of the study together with 95 % (Bonferroni); a claim holds when its whole interval lies"
        " above the threshold."
    ),
    "sobol": (
        "Sobol' indices (Saltelli's estimators in SALib) have 95 % bootstrap intervals over blocks"
        " of the sample."
    ),
    "morris": (
        "Elementary effects (SALib) have 95 % intervals over trajectories (Student for mu*,"
        " jackknife of the logarithm for sigma)."
    ),
    "one_at_a_time": (
        "The effect of every level against the base has a 95 % interval over replicates (Student"
        " where seeds are common, else Welch)."
    ),
    "fractional_factorial": "Main effects have 95 % intervals over replicates (Student).",
    "metamodel": (
        "A metamodel of the response (scikit-learn) was judged by five-fold cross-validation on"
        " points held out."
    ),
}


@dataclass(frozen=True)
class Experiment:
    """What the sentences are made of.

    Args:
        study: as it was asked for.
        manifest: how its results came about.
        points: how many its design has.
        runs: a row per run that is done.
        recorded: complete parameters of its first point; by dotted path for our own model.
        settings: parameters that no factor moves: of our own model those that differ from their defaults.
        moved: parameters that a factor moves.
        intervals: keys of ``INTERVALS`` that its tables use.
    """

    study: Study
    manifest: StudyManifest
    points: int
    runs: pl.DataFrame
    recorded: ParametersByPath
    settings: ParametersByPath
    moved: set[str]
    intervals: tuple[str, ...]

    @property
    def ours(self) -> bool:
        """Whether the model is that of this package."""
        return self.study.model is None

    @property
    def replicates(self) -> tuple[int, int]:
        """The fewest and the most replicates that are done at a point."""
        factors = list(self.manifest.factors)
        if self.runs.is_empty():
            return 0, 0
        counts = (
            self.runs.group_by(factors).len()["len"] if factors else pl.Series([len(self.runs)])
        )
        return int(counts.min()), int(counts.max())  # type: ignore[arg-type]


def format_methods_section(known: Experiment) -> list[str]:
    """Return the methods of a study, a paragraph on the model, one on the experiment, one on analysis and software."""
    seeds = [
        describe_seeding(known.study.common_random_numbers, known.manifest.seed),
        *([COUNTER_BASED_RANDOM_SENTENCE] if known.ours else []),
    ]
    measured = MEASURES_SENTENCE if known.ours else OTHER_MODEL_MEASURES_SENTENCE
    one = known.replicates[1] == 1
    way = (
        ["There was one replicate per point, so no intervals over replicates can be given."]
        if one
        else []
    )
    way += [
        INTERVAL_SENTENCES[key]
        for key in known.intervals
        if not (one and key in ("points", "main", "claims"))
    ]
    return [
        " ".join(
            [
                describe_simulated_model(known.study.model, known.manifest),
                describe_run_size(known.recorded, known.moved, known.ours),
                describe_fixed_parameters(known.settings, known.ours),
            ]
        ),
        " ".join(
            [describe_study_design(known.study, known.points), describe_replication(known), *seeds]
        ),
        " ".join([measured, *way, describe_software_used(known.manifest)]),
    ]


def format_methods_of_run(
    manifest: Manifest, values: ParametersByPath, differing: ParametersByPath
) -> list[str]:
    """Return the methods of a single run."""
    seed = f"It is a single run with seed {manifest.seed}. {COUNTER_BASED_RANDOM_SENTENCE}"
    return [
        " ".join(
            [
                describe_simulated_model(None, manifest),
                describe_run_size(values, set(), True),
                describe_fixed_parameters(differing, True),
                seed,
            ]
        ),
        f"{MEASURES_SENTENCE} {describe_software_used(manifest)}",
    ]


def describe_simulated_model(model: str | Mapping[str, Any] | None, manifest: Manifest) -> str:
    """Say which model was run, with which version of what."""
    about = format_program_version(manifest)
    cited = format_software_citation(manifest).short
    built = f"Mesa {manifest.packages.get('mesa', '(version unknown)')} in Python {manifest.python}"
    fingerprint = (
        f"fingerprint of its source {manifest.version}"
        if isinstance(manifest, StudyManifest)
        else ""
    )
    if model is None:
        also = f"; {fingerprint}" if fingerprint else ""
        return (
            "We simulated how organisations find each other, work together and let go with the"
            f" agent-based model Overbruggen ({cited}; {about}{also}), built on {built}."
        )
    if isinstance(model, str):
        return (
            f"We simulated a published model as Overbruggen implements it ({cited}; {about};"
            f" {fingerprint}), built on {built}: {get_summary_line(ClassicTarget(model).model)}"
        )
    name = str(model.get("class")).rpartition("/")[2]
    return (
        f"We simulated the agent-based model {name.rpartition(':')[2]} ({name}; {fingerprint}) with"
        f" {built}; the experiment was planned, run and analysed with Overbruggen ({cited};"
        f" {about})."
    )


def describe_run_size(values: ParametersByPath, moved: set[str], ours: bool) -> str:
    """Say how large and how long a run is, unless that is varied."""
    if not ours:
        path = ROUNDS_KEY if ROUNDS_KEY in values else CLASSIC_ROUNDS_PARAMETER
        return (
            ""
            if path in moved
            else f"Every run lasted {values[path]} rounds, unless the model stopped before."
        )
    said = {"population.organisations": "had {} organisations", "run.rounds": "lasted {} rounds"}
    parts = [
        words.format(values[path])
        for path, words in said.items()
        if path not in moved and path in values
    ]
    every = values.get("run.record_every", 1)
    if every != 1 and "run.record_every" not in moved:
        parts.append(f"was recorded every {every} rounds")
    return f"Every run {join_names(parts)}." if parts else ""


def describe_fixed_parameters(found: ParametersByPath, ours: bool) -> str:
    """Say what is fixed: by name where it is little, else by its table."""
    said = ("population.organisations", "run.rounds", "run.record_every", CLASSIC_ROUNDS_PARAMETER)
    told = {
        path: value
        for path, value in found.items()
        if path not in said and not path.startswith("model.")
    }
    others = ["All other parameters that were not varied had their default values."] if ours else []
    if len(told) > MAX_NAMED_VALUES:
        return " ".join(
            [
                f"{len(told)} parameters were fixed at the values of the table of parameters.",
                *others,
            ]
        )
    named = (
        [
            "These were fixed:"
            f" {join_names([f'{path} = {format_parameter_value(value)}' for path, value in told.items()])}."
        ]
        if told
        else []
    )
    return " ".join([*named, *others])


def describe_study_design(study: Study, points: int) -> str:
    """Say what was varied, and how."""
    varied = {name: factor for name, factor in study.factors.items() if not is_constant(factor)}
    if not varied:
        return "Nothing was varied: the design has one point."
    factors = "; ".join(
        f"{name} ({format_factor_levels(factor)})" for name, factor in varied.items()
    )
    kept = (
        f", of which those points were kept that fulfil {join_names(study.constraints)}"
        if study.constraints
        else ""
    )
    many = f"{len(varied)} factor{'s' * (len(varied) > 1)}"
    return (
        f"We varied {many}: {factors}. The design was {format_design_name(study.design)}{kept}; it"
        f" has {points:,} point{'s' * (points != 1)}."
    )


def format_factor_levels(factor: Factor) -> str:
    """Return the levels of a factor in words."""
    if isinstance(factor, Range):
        scale = ", on a logarithmic scale" if factor.scale == "log" else ""
        whole = ", whole numbers" if factor.whole else ""
        return (
            f"{format_parameter_value(float(factor.low))} to"
            f" {format_parameter_value(float(factor.high))}{scale}{whole}"
        )
    shown = [format_parameter_value(level.label) for level in factor]
    if len(shown) > 2 * MAX_NAMED_VALUES:
        return f"{len(shown)} levels from {shown[0]} to {shown[-1]}"
    return f"{len(shown)} levels: {', '.join(shown)}" if len(shown) > 1 else shown[0]


def format_design_name(design: Design) -> str:
    """Return a design in words; one that is composed by its parts."""
    if design.parts:
        how = "crossed" if design.name == "cross" else "put side by side"
        return f"composed of parts that were {how}: " + "; ".join(
            f"{', '.join(part.factors)} by {format_design_name(part)}" for part in design.parts
        )
    return DESIGN_DESCRIPTIONS[design.name].format(**design.settings)


def describe_replication(known: Experiment) -> str:
    """Say how many replicates and runs there were, and how many failed."""
    asked, (fewest, most) = known.study.replicates, known.replicates
    if isinstance(asked, AdaptiveReplicates):
        until = join_names(
            [
                f"the 95 % interval of {name} reached no further than {width:g} to either side"
                for name, width in asked.half_width.items()
            ]
        )
        how = (
            f"Replicates were added to every point, from {asked.at_least} to at most"
            f" {asked.at_most} in batches of {asked.batch}, until {until}"
        )
        how += (
            f"; points have {fewest} to {most} replicates"
            if fewest != most
            else f"; every point has {most} replicates"
        )
    else:
        how = f"Every point was run with {asked} replicate{'s' * (asked != 1)}"
    done, failed = known.manifest.runs or 0, known.manifest.failed or 0
    lost = f", of which {failed:,} failed and are left out" if failed else ", none of which failed"
    return f"{how}, {done + failed:,} runs in all{lost}."


def describe_seeding(common: bool, seed: int) -> str:
    """Say where seeds come from."""
    if common:
        return (
            "Replicate r had the same seed at every point (common random numbers), so that points"
            f" are compared on the same luck; seeds are drawn from the study's seed, {seed}, by"
            " NumPy's SeedSequence."
        )
    return (
        "Every run had a seed of its own, drawn by NumPy's SeedSequence from the study's seed,"
        f" {seed}, its point and its replicate."
    )


def describe_software_used(manifest: Manifest) -> str:
    """Say which libraries the numbers depend on."""
    packages = [
        f"{name} {version}" for name, version in manifest.packages.items() if name != "mesa"
    ]
    return (
        f"Software: {join_names([f'Python {manifest.python}', *packages])}, on {manifest.machine}."
    )


def choose_interval_sentences(
    study: str, own: bool, design_name: str, analyses: Sequence[str], main: str
) -> tuple[str, ...]:
    """Return which sentences on intervals a report needs: of its tables, then of its analyses of sensitivity."""
    tables = ("main",) if own and study == main else ("points", "claims") if own else ("points",)
    kinds = [design_name if design_name in INTERVAL_SENTENCES else "metamodel"] if analyses else []
    return (*tables, *kinds)
