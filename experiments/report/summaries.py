"""Short lists of a report: design, files, commands that reproduce the results, provenance."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from analysis.tables import Table
from experiments.design.plan import AdaptiveReplicates
from experiments.design.study import Study
from experiments.design.study_file import list_study_names
from experiments.report.methods import Experiment, format_design_name, format_factor_levels
from experiments.store.layout import REPORT_FILE, RESULT_FILES
from experiments.store.manifest import Manifest, RunManifest, StudyManifest
from experiments.store.provenance import PROVENANCE_FILE

FILES_AFTER_REPORT = (REPORT_FILE, PROVENANCE_FILE)  # the report itself, and what it changes
REBUILT_FOLDER = "rebuilt"


def summarise_study_design(experiment: Experiment) -> list[tuple[str, str]]:
    """Return the design of a study as terms and descriptions."""
    study, manifest, replicates = experiment.study, experiment.manifest, experiment.study.replicates
    seeds = (
        "common random numbers: replicate r has the same seed at every point"
        if study.common_random_numbers
        else "an independent seed for every run"
    )
    return [
        *(
            (f"Factor {name}", format_factor_levels(factor))
            for name, factor in study.factors.items()
        ),
        ("Design", format_design_name(study.design)),
        *([("Constraints", "; ".join(study.constraints))] if study.constraints else []),
        ("Points", f"{experiment.points:,}"),
        (
            "Replicates",
            f"{replicates.at_least} to {replicates.at_most}, until intervals are narrow enough"
            if isinstance(replicates, AdaptiveReplicates)
            else str(replicates),
        ),
        ("Runs", f"{manifest.runs or 0:,} done, {manifest.failed or 0:,} failed"),
        ("Seeds", f"derived from {manifest.seed}; {seeds}"),
    ]


def list_report_files(folder: Path) -> list[tuple[str, str]]:
    """Return the files of a folder that are no figures: name and description."""
    return [
        (name, description)
        for name, description in RESULT_FILES.items()
        if name not in FILES_AFTER_REPORT and (folder / name).is_file()
    ]


def list_csv_of_tables(tables: Sequence[Table], folder: Path) -> dict[str, str]:
    """Return the file with unrounded numbers of each table that has one, by name of the table."""
    return {
        table.name: name
        for table in tables
        if (folder / (name := f"table_{table.name}.csv")).is_file()
    }


def list_study_commands(
    manifest: StudyManifest, study: Study, analysed_measures: Sequence[str]
) -> list[str]:
    """Return the commands that reproduce the results, figures and page of a study."""
    user_defined = study.name not in list_study_names()
    name = f"{study.name}.yaml" if user_defined else study.name
    return [
        *([f"cp study.yaml {name}"] if user_defined else []),
        format_overbruggen_command("study", name, *manifest.overrides, "--out", REBUILT_FOLDER),
        *(
            format_overbruggen_command("sensitivity", REBUILT_FOLDER, "--measure", measure)
            for measure in analysed_measures
        ),
        format_overbruggen_command("report", REBUILT_FOLDER),
    ]


def list_run_commands(manifest: RunManifest) -> list[str]:
    """Return the commands that reproduce a run and its page.

    Manifests of earlier versions record no overrides; their command is returned as typed.
    """
    if manifest.overrides is None:
        return [manifest.command]
    return [
        format_overbruggen_command("run", *manifest.overrides, "--out", REBUILT_FOLDER),
        format_overbruggen_command("report", REBUILT_FOLDER),
    ]


def format_overbruggen_command(*words: str) -> str:
    """Return a command as a user types it."""
    return shlex.join(["overbruggen", *words])


def summarise_provenance(manifest: Manifest) -> list[tuple[str, str]]:
    """Return the manifest as terms and descriptions."""
    fingerprint = (
        [("Model fingerprint", manifest.version)] if isinstance(manifest, StudyManifest) else []
    )
    packages = ", ".join(f"{name} {version}" for name, version in manifest.packages.items())
    return [
        ("Command", manifest.command),
        ("Overbruggen", manifest.overbruggen),
        ("Commit", manifest.commit or "not known"),
        *fingerprint,
        ("Seed", str(manifest.seed)),
        ("Started", manifest.started.isoformat(sep=" ")),
        ("Ended", manifest.ended.isoformat(sep=" ")),
        ("Python", manifest.python),
        ("Machine", manifest.machine),
        ("Libraries", packages),
    ]
