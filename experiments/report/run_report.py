"""Gather the report of a single run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.figures.exhibit import Exhibit
from analysis.figures.one_run import run_exhibit
from analysis.tables import Table
from experiments.configuration import validate_config
from experiments.presentation.run_figures import read_run_table
from experiments.presentation.run_results import tabulate_outcomes_by_form, tabulate_run_summary
from experiments.presentation.study_results import COMPARISON_ERRORS, explain_missing_comparison
from experiments.report.citation import format_software_citation
from experiments.report.contents import ReportContents
from experiments.report.figures import list_report_figures
from experiments.report.limits import SINGLE_RUN_LIMITATION, describe_unrecoverable_program
from experiments.report.methods import COUNTER_BASED_RANDOM_SOURCE, format_methods_of_run
from experiments.report.parameters import (
    flatten_model_parameters,
    read_recorded_parameters,
    select_fixed_parameters,
    tabulate_fixed_parameters,
)
from experiments.report.summaries import list_report_files, list_run_commands, summarise_provenance
from experiments.store.manifest import RunManifest
from sim.config import Config
from sim.errors import InputError
from sim.observation.outcomes import compute_outcomes


def gather_run_report(folder: Path, manifest: RunManifest) -> ReportContents:
    """Gather the report of a single run of the collaboration model.

    Raises:
        InputError: the run is of another model, or its tables lack columns.
    """
    if manifest.model is not None:
        raise InputError(
            f"{folder} is one run of {manifest.model}; reports are made of studies of it:"
            f" `overbruggen study model={manifest.model} PARAMETER=VALUE,VALUE replicates=30`"
        )
    values: dict[str, Any] = dict(read_recorded_parameters(folder))
    config = validate_config(values)
    tables, exhibit = present_recorded_run(folder, config)
    differing = select_fixed_parameters(values, True, set())
    settings = tabulate_fixed_parameters(differing, True)
    return ReportContents(
        kind="One run",
        title=f"One run: {config.structure.name}, seed {manifest.seed}",
        question="",
        verdict="",
        hypotheses=(),
        design=[
            ("Form", config.structure.name),
            ("Organisations", f"{config.population.organisations:,}"),
            ("Rounds", f"{config.run.rounds:,}"),
            ("Seed", str(manifest.seed)),
        ],
        answers=(),
        tables=tables,
        figures=list_report_figures([exhibit], folder, manifest),
        settings=[settings] if settings else [],
        methods=format_methods_of_run(manifest, flatten_model_parameters(values), differing),
        citation=format_software_citation(manifest),
        limits=[SINGLE_RUN_LIMITATION, *describe_unrecoverable_program(manifest)],
        sources=[COUNTER_BASED_RANDOM_SOURCE],
        files=list_report_files(folder),
        commands=list_run_commands(manifest),
        provenance=summarise_provenance(manifest),
        csv={},
    )


def present_recorded_run(folder: Path, config: Config) -> tuple[list[Table], Exhibit]:
    """Return the tables of a run and the figure of its time course."""
    rounds, events, challenges = (
        read_run_table(folder, name) for name in ("rounds", "events", "challenges")
    )
    try:
        outcomes = compute_outcomes(rounds, events, challenges, config.challenge.breadths)
        tables = [tabulate_run_summary(config, outcomes)]
        if config.structure.mix:
            tables.append(tabulate_outcomes_by_form(events))
        return tables, run_exhibit(rounds)
    except (*COMPARISON_ERRORS, TypeError) as error:
        raise InputError(
            f"{folder} lacks columns that a run writes ({explain_missing_comparison(error)}); run"
            " it again"
        ) from error
