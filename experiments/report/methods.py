"""The methods section of a study or run: full sentences with its numbers, for use in a paper."""

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
MAX_NAMED_VALUES = 8  # settings that a sentence names; of levels twice as many
DESIGN_DESCRIPTIONS = {
    "full_factorial": "a full factorial (every combination of the levels)",
    "paired": ("paired (the first level of every factor together, then the second, and so on)"),
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
    " (Philox4x32-10; Salmon et al. 2011), so that runs with the same seed share their random"
    " numbers even where their parameters differ."
)
COUNTER_BASED_RANDOM_SOURCE = (
    "Salmon, Moraes, Dror & Shaw 2011, Parallel random numbers: as easy as 1, 2, 3, SC'11"
)
MEASURES_SENTENCE = (
    "Measures are means over all recorded rounds of a run; measures with the suffix _end are means"
    " over the last quarter of these rounds."
)
OTHER_MODEL_MEASURES_SENTENCE = (
    "Measures are values at the end of a run; measures with the suffix _mean are means over all"
    " values that the model's data collector recorded."
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
        "Every claim was tested with an interval over replicates (Student for means and paired"
        " differences, bootstrap for quantities derived from curves). The intervals hold jointly"
        " for all claims of the study at 95 % (Bonferroni); a claim holds if its whole interval"
        " lies above the threshold."
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
        " with common random numbers, Welch otherwise)."
    ),
    "fractional_factorial": "Main effects have 95 % intervals over replicates (Student).",
    "metamodel": (
        "A metamodel of the response (scikit-learn) was validated by five-fold cross-validation on"
        " held-out points."
    ),
}


@dataclass(frozen=True)
class Experiment:
    """What the sentences on a study need.

    Attributes:
        study: definition of the study.
        manifest: its provenance.
        points: number of points of its design.
        runs: a row per completed run.
        recorded: complete parameters of its first point; by dotted path for the collaboration
            model.
        settings: parameters that no factor varies; of the collaboration model only those that
            differ from their defaults.
        moved: parameters that a factor varies.
        intervals: keys of ``INTERVAL_SENTENCES`` that apply to its tables.
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
        """Whether the model is the collaboration model of this package."""
        return self.study.model is None

    @property
    def replicates(self) -> tuple[int, int]:
        """The smallest and the largest number of completed replicates of a point."""
        factors = list(self.manifest.factors)
        if self.runs.is_empty():
            return 0, 0
        counts = (
            self.runs.group_by(factors).len()["len"] if factors else pl.Series([len(self.runs)])
        )
        return int(counts.min()), int(counts.max())  # type: ignore[arg-type]


def format_methods_section(experiment: Experiment) -> list[str]:
    """Return the methods of a study in paragraphs on model, experiment, and analysis."""
    seeds = [
        describe_seeding(experiment.study.common_random_numbers, experiment.manifest.seed),
        *([COUNTER_BASED_RANDOM_SENTENCE] if experiment.ours else []),
    ]
    measures = MEASURES_SENTENCE if experiment.ours else OTHER_MODEL_MEASURES_SENTENCE
    single = experiment.replicates[1] == 1
    intervals = (
        ["There was one replicate per point, so intervals over replicates cannot be given."]
        if single
        else []
    )
    intervals += [
        INTERVAL_SENTENCES[key]
        for key in experiment.intervals
        if not (single and key in ("points", "main", "claims"))
    ]
    return [
        " ".join(
            [
                describe_simulated_model(experiment.study.model, experiment.manifest),
                describe_run_size(experiment.recorded, experiment.moved, experiment.ours),
                describe_fixed_parameters(experiment.settings, experiment.ours),
            ]
        ),
        " ".join(
            [
                describe_study_design(experiment.study, experiment.points),
                describe_replication(experiment),
                *seeds,
            ]
        ),
        " ".join([measures, *intervals, describe_software_used(experiment.manifest)]),
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
    """Return the sentence on the model and its version."""
    version = format_program_version(manifest)
    citation = format_software_citation(manifest).short
    platform = (
        f"Mesa {manifest.packages.get('mesa', '(version unknown)')} in Python {manifest.python}"
    )
    fingerprint = (
        f"fingerprint of its source {manifest.version}"
        if isinstance(manifest, StudyManifest)
        else ""
    )
    if model is None:
        source = f"; {fingerprint}" if fingerprint else ""
        return (
            "We simulated how organisations find each other, work together and let go with the"
            f" agent-based model Overbruggen ({citation}; {version}{source}), built on {platform}."
        )
    if isinstance(model, str):
        return (
            f"We simulated a published model as Overbruggen implements it ({citation}; {version};"
            f" {fingerprint}), built on {platform}: {get_summary_line(ClassicTarget(model).model)}"
        )
    name = str(model.get("class")).rpartition("/")[2]
    return (
        f"We simulated the agent-based model {name.rpartition(':')[2]} ({name}; {fingerprint}) with"
        f" {platform}; the experiment was planned, run and analysed with Overbruggen ({citation};"
        f" {version})."
    )


def describe_run_size(values: ParametersByPath, moved: set[str], ours: bool) -> str:
    """Return the sentence on size and length of a run, unless both are varied."""
    if not ours:
        path = ROUNDS_KEY if ROUNDS_KEY in values else CLASSIC_ROUNDS_PARAMETER
        return (
            ""
            if path in moved
            else f"Every run lasted {values[path]} rounds, unless the model stopped earlier."
        )
    phrases = {"population.organisations": "had {} organisations", "run.rounds": "lasted {} rounds"}
    parts = [
        phrase.format(values[path])
        for path, phrase in phrases.items()
        if path not in moved and path in values
    ]
    every = values.get("run.record_every", 1)
    if every != 1 and "run.record_every" not in moved:
        parts.append(f"was recorded every {every} rounds")
    return f"Every run {join_names(parts)}." if parts else ""


def describe_fixed_parameters(settings: ParametersByPath, ours: bool) -> str:
    """Return the sentences on fixed parameters; many parameters are left to their table."""
    elsewhere = (
        "population.organisations",
        "run.rounds",
        "run.record_every",
        CLASSIC_ROUNDS_PARAMETER,
    )
    fixed = {
        path: value
        for path, value in settings.items()
        if path not in elsewhere and not path.startswith("model.")
    }
    others = ["All other parameters that were not varied had their default values."] if ours else []
    if not fixed:
        return " ".join(others)
    if len(fixed) > MAX_NAMED_VALUES:
        sentence = f"{len(fixed)} parameters were fixed at the values in the table of parameters."
    else:
        values = [f"{path} = {format_parameter_value(value)}" for path, value in fixed.items()]
        sentence = f"The following parameters were fixed: {join_names(values)}."
    return " ".join([sentence, *others])


def describe_study_design(study: Study, points: int) -> str:
    """Return the sentences on factors and design."""
    varied = {name: factor for name, factor in study.factors.items() if not is_constant(factor)}
    if not varied:
        return "Nothing was varied: the design has one point."
    factors = "; ".join(
        f"{name} ({format_factor_levels(factor)})" for name, factor in varied.items()
    )
    constraints = (
        f", restricted to points that satisfy {join_names(study.constraints)}"
        if study.constraints
        else ""
    )
    return (
        f"We varied {len(varied)} factor{'s' * (len(varied) > 1)}: {factors}. The design was"
        f" {format_design_name(study.design)}{constraints}; it had"
        f" {points:,} point{'s' * (points != 1)}."
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
    """Return a design in words; a composed design by its parts."""
    if design.parts:
        how = "crossed" if design.name == "cross" else "paired point by point"
        return f"composed of parts that were {how}: " + "; ".join(
            f"{', '.join(part.factors)} by {format_design_name(part)}" for part in design.parts
        )
    return DESIGN_DESCRIPTIONS[design.name].format(**design.settings)


def describe_replication(experiment: Experiment) -> str:
    """Return the sentence on replicates, runs and failures."""
    replicates, (fewest, most) = experiment.study.replicates, experiment.replicates
    if isinstance(replicates, AdaptiveReplicates):
        until = join_names(
            [
                f"the half-width of the 95 % interval of {name} was at most {width:g}"
                for name, width in replicates.half_width.items()
            ]
        )
        how = (
            f"Replicates were added to every point, from {replicates.at_least} to at most"
            f" {replicates.at_most} in batches of {replicates.batch}, until {until}"
        )
        how += (
            f"; points have {fewest} to {most} replicates"
            if fewest != most
            else f"; every point has {most} replicates"
        )
    else:
        how = f"Every point was run with {replicates} replicate{'s' * (replicates != 1)}"
    done, failed = experiment.manifest.runs or 0, experiment.manifest.failed or 0
    failures = (
        f", of which {failed:,} failed and are excluded" if failed else ", none of which failed"
    )
    return f"{how}, {done + failed:,} runs in total{failures}."


def describe_seeding(common: bool, seed: int) -> str:
    """Return the sentence on seeds."""
    if common:
        return (
            "Replicate r had the same seed at every point (common random numbers), so that"
            " comparisons between points are paired by replicate. NumPy's SeedSequence derived the"
            f" seeds from the study's seed, {seed}."
        )
    return (
        "Every run had an independent seed, which NumPy's SeedSequence derived from the study's"
        f" seed, {seed}, the point and the replicate."
    )


def describe_software_used(manifest: Manifest) -> str:
    """Return the sentence on the libraries that the numbers depend on."""
    packages = [
        f"{name} {version}" for name, version in manifest.packages.items() if name != "mesa"
    ]
    return (
        f"Software: {join_names([f'Python {manifest.python}', *packages])}, on {manifest.machine}."
    )


def choose_interval_sentences(
    study: str, specific: bool, design_name: str, analysed: Sequence[str], main_study: str
) -> tuple[str, ...]:
    """Return the keys of the sentences on intervals that a report needs.

    Args:
        study: name of the study.
        specific: whether it has checks or comparisons of its own.
        design_name: name of its design.
        analysed: measures with a sensitivity analysis.
        main_study: name of the main study, which has comparisons of its own.
    """
    tables = ("points", "claims") if specific else ("points",)
    if specific and study == main_study:
        tables = ("main",)
    kinds = [design_name if design_name in INTERVAL_SENTENCES else "metamodel"] if analysed else []
    return (*tables, *kinds)
