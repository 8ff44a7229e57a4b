"""Gather the report of a study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from analysis.checks import Check, format_verdict
from analysis.errors import AnalysisError
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import format_name
from analysis.figures.style import PAGE
from analysis.tables import Table
from experiments.design.recorded_study import load_recorded_study
from experiments.design.study import Study
from experiments.design.study_file import read_study_file
from experiments.presentation.hypothesis_studies import CHECK_TABLE_NAME, find_hypothesis_study
from experiments.presentation.sensitivity import SENSITIVITY_ANALYSES, analyse_study_sensitivity
from experiments.presentation.study_results import (
    COMPARISON_ERRORS,
    MAIN_STUDY,
    draw_study_with_remark,
    explain_missing_comparison,
    list_shown_measures,
    read_complete_results,
    tabulate_study_with_remark,
)
from experiments.report.citation import format_software_citation
from experiments.report.contents import ReportContents
from experiments.report.figures import describe_figures_not_redrawn, list_report_figures
from experiments.report.limits import describe_unsupported_claims, list_limitations
from experiments.report.methods import (
    COUNTER_BASED_RANDOM_SOURCE,
    Experiment,
    choose_interval_sentences,
    format_methods_section,
)
from experiments.report.parameters import (
    flatten_model_parameters,
    list_level_settings,
    list_level_tables,
    read_recorded_parameters,
    select_fixed_parameters,
    tabulate_fixed_parameters,
)
from experiments.report.summaries import (
    list_csv_of_tables,
    list_report_files,
    list_study_commands,
    summarise_provenance,
    summarise_study_design,
)
from experiments.store.manifest import StudyManifest
from experiments.store.results import Results
from sim.errors import InputError


class FactorAnalyses(NamedTuple):
    """Sensitivity analyses of a study: tables, exhibits, analysed measures, refusals."""

    tables: list[Table]
    exhibits: list[Exhibit]
    measures: list[str]
    refusals: list[str]


class StudyFindings(NamedTuple):
    """Tables and exhibits of a study.

    Attributes:
        answers: tables that precede the figures: checked claims, and which factors matter.
        tables: the other tables.
        exhibits: figures.
        specific: whether the study has checks or comparisons of its own and they could be made.
        analysed: measures with a sensitivity analysis.
        refusals: why tables, figures or analyses are missing.
    """

    answers: list[Table]
    tables: list[Table]
    exhibits: list[Exhibit]
    specific: bool
    analysed: list[str]
    refusals: list[str]


def gather_study_report(folder: Path, manifest: StudyManifest) -> ReportContents:
    """Gather the report of a complete study.

    Raises:
        InputError: the folder is incomplete or damaged, or no run is done.
    """
    results = read_complete_results(folder)
    if results.runs.is_empty():
        raise InputError(
            f"{folder} has no run that is done, so there is nothing to report;"
            f" {folder / 'failures.parquet'} says why they failed"
        )
    study = load_recorded_study(folder)
    description = read_study_file(str(folder / "study.yaml"))
    findings = gather_study_findings(results, study, folder)
    experiment = describe_experiment(folder, manifest, study, results, findings)
    checks = check_study_hypotheses(results) if findings.specific else []
    figures = list_report_figures(findings.exhibits, folder, manifest)
    settings = tabulate_fixed_parameters(experiment.settings, experiment.ours)
    return ReportContents(
        kind="Study",
        title=str(description.get("title") or format_name(study.name)),
        question=study.question,
        verdict=f"Verdict on its hypotheses: {format_verdict(checks)}." if checks else "",
        hypotheses=description.get("hypotheses", ()),
        design=summarise_study_design(experiment),
        answers=findings.answers,
        figures=figures,
        tables=findings.tables,
        settings=[
            *([settings] if settings else []),
            *list_level_tables(list_level_settings(study)),
        ],
        methods=format_methods_section(experiment),
        citation=format_software_citation(manifest),
        limits=[
            *describe_unsupported_claims(checks),
            *describe_figures_not_redrawn(len(findings.exhibits), len(figures)),
            *list_limitations(
                experiment,
                list_shown_measures(results.runs.schema, results.factors),
                results.failures,
                find_current_fingerprint(study),
                findings.refusals,
            ),
        ],
        sources=[
            *description.get("sources", ()),
            *([COUNTER_BASED_RANDOM_SOURCE] if experiment.ours else []),
        ],
        files=list_report_files(folder),
        commands=list_study_commands(manifest, study, findings.analysed),
        provenance=summarise_provenance(manifest),
        csv=list_csv_of_tables([*findings.answers, *findings.tables], folder),
    )


def describe_experiment(
    folder: Path, manifest: StudyManifest, study: Study, results: Results, findings: StudyFindings
) -> Experiment:
    """Return what the sentences on methods and limits need to know of a study."""
    ours = study.model is None
    moved = {path for settings in list_level_settings(study) for path in settings.rows}
    values = dict(read_recorded_parameters(folder))
    return Experiment(
        study,
        manifest,
        len(study.points()),
        results.runs,
        flatten_model_parameters(values) if ours else values,
        select_fixed_parameters(values, ours, moved),
        moved,
        choose_interval_sentences(
            study.name, findings.specific, study.design.name, findings.analysed, MAIN_STUDY
        ),
    )


def check_study_hypotheses(results: Results) -> Sequence[Check]:
    """Return the checks of a study that tests hypotheses."""
    tested = find_hypothesis_study(results.manifest.study)
    return tested.check(results) if tested else []


def gather_study_findings(results: Results, study: Study, folder: Path) -> StudyFindings:
    """Return the tables, exhibits and sensitivity analyses of a study."""
    tables: list[Table] = []
    exhibits: list[Exhibit] = []
    refusals: list[str] = []
    name = results.manifest.study
    specific = name == MAIN_STUDY or find_hypothesis_study(name) is not None
    try:
        tables, remark = tabulate_study_with_remark(results)
        specific = specific and not remark
        refusals += [remark] if remark else []
    except COMPARISON_ERRORS as error:
        specific = False
        refusals.append(f"There is no table of points: {explain_missing_comparison(error)}.")
    try:
        exhibits = draw_study_with_remark(results, PAGE)[0]
    except COMPARISON_ERRORS as error:
        refusals.append(
            f"The study has no default figure: {explain_missing_comparison(error)}; the page shows"
            " the figures that `overbruggen figures --kind` drew."
        )
    factors = analyse_factors(results.manifest, study, folder)
    answers = [table for table in tables if table.name == CHECK_TABLE_NAME]
    return StudyFindings(
        [*answers, *factors.tables],
        [table for table in tables if table not in answers],
        [*exhibits, *factors.exhibits],
        specific,
        factors.measures,
        [*refusals, *factors.refusals],
    )


def analyse_factors(manifest: StudyManifest, study: Study, folder: Path) -> FactorAnalyses:
    """Repeat the sensitivity analyses whose tables are in the folder.

    A design for sensitivity analysis is analysed even when the folder has no such table.
    """
    recorded: list[str | None] = [
        path.stem.removeprefix("sensitivity_")
        for path in sorted(folder.glob("sensitivity_*.md"))
        if not path.with_suffix(".svg").exists()
    ]
    default = [None] if study.design.name in SENSITIVITY_ANALYSES and not recorded else []
    analyses = FactorAnalyses([], [], [], [])
    for measure in (*default, *recorded):
        try:
            result, stem = analyse_study_sensitivity(folder, manifest, measure, None)
        except (AnalysisError, InputError) as error:
            analyses.refusals.append(f"There is no sensitivity analysis: {error}.")
            continue
        analyses.measures.append(stem.removeprefix("sensitivity_"))
        analyses.tables.extend(
            rename_table(table, f"{stem}_{position}")
            for position, table in enumerate(result.tables)
        )
        analyses.exhibits.extend(result.exhibits)
    return analyses


def rename_table(table: Table, name: str) -> Table:
    """Return a table under another name, which is unique on the page."""
    return Table(table.title, table.columns, table.rows, table.note, name)


def find_current_fingerprint(study: Study) -> str | None:
    """Return the present fingerprint of a study's model; None when its source is missing."""
    try:
        return study.target.compute_version()
    except InputError:
        return None
