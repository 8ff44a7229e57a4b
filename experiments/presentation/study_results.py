"""The tables and figures of a study.

A study with checks has tables and figures of its own; any other study has a table of its points and
lines through them. Users can request further figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from analysis.comparison import make_point_table, make_summary_tables
from analysis.errors import AnalysisError
from analysis.figures.style import PAGE, Page
from analysis.tables import Table
from experiments.console import print_table, print_text
from experiments.design.result_tables import RunCounts
from experiments.presentation.exhibits import (
    format_provenance_sentence,
    write_animation,
    write_exhibit,
    write_tables,
)
from experiments.presentation.hypothesis_studies import find_hypothesis_study, tabulate_checks
from experiments.store.files import NotWrittenError, make_write_error
from experiments.store.folder import lock_folder
from experiments.store.layout import CONFIG_FILE, STUDY_COMMAND, STUDY_FILE, STUDY_TABLE_FILES
from experiments.store.manifest import RunManifest, StudyManifest, read_manifest
from experiments.store.provenance import FOLDER_PLACEHOLDER, record_provenance
from experiments.store.results import Results, read_columns, read_results
from sim.errors import InputError

if TYPE_CHECKING:
    from analysis.figures.exhibit import Exhibit
    from experiments.presentation.figure_request import FigureRequest

MAIN_STUDY = "structure_and_imitation"
HEADLINE_MEASURES = ("joint_value", "synergy")
# What a comparison raises when the points or columns that it needs are missing.
COMPARISON_ERRORS = (LookupError, ValueError, pl.exceptions.PolarsError)


def check_main_study_runs(runs: pl.DataFrame) -> pl.DataFrame:
    """Return the runs of the main study, if they pair runs with and without imitation."""
    if runs.select("form", "imitation_rate", "depth", "replicate").is_duplicated().any():
        raise AnalysisError("further factors give several runs per form, rate, depth and replicate")
    if runs["imitation_rate"].n_unique() < 2 or runs["imitation_rate"].min() != 0.0:
        raise AnalysisError("they need runs with and without imitation (imitation.rate=0,...)")
    return runs


def explain_missing_comparison(error: Exception) -> str:
    """Return why a comparison could not be made."""
    return (
        str(error)
        if isinstance(error, AnalysisError)
        else "points or columns that it compares are missing"
    )


def list_shown_measures(schema: pl.Schema, factors: Sequence[str]) -> list[str]:
    """Return the measures of a table of points: the headline ones, or another model's first."""
    if set(HEADLINE_MEASURES) <= set(schema):
        return list(HEADLINE_MEASURES)
    known = {*factors, "replicate", "seed", "run"}
    return [name for name, kind in schema.items() if name not in known and kind.is_numeric()][:3]


def list_shown_columns(manifest: StudyManifest, schema: pl.Schema) -> list[str]:
    """Return the columns of runs that a study's tables and figures need.

    A study with checks needs all columns, any other those of its points.
    """
    if manifest.study == MAIN_STUDY or find_hypothesis_study(manifest.study) is not None:
        return list(schema)
    return [
        name
        for name in schema
        if name in {*manifest.factors, "replicate", *list_shown_measures(schema, manifest.factors)}
    ]


def present_study(folder: Path, counts: RunCounts) -> None:
    """Write a study's tables and figures, print the tables, and report failed runs."""
    with lock_folder(folder):
        tables, written = write_tables_and_figures(folder) if counts.done else ([], [])
        record_provenance(
            folder,
            (STUDY_COMMAND,),
            [
                *written,
                *(
                    name
                    for name in (*STUDY_TABLE_FILES, STUDY_FILE, CONFIG_FILE)
                    if (folder / name).exists()
                ),
            ],
        )
    for table in tables:
        print_table(table)
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    print_text(f"Results in {folder}: {', '.join(names)}.")
    if counts.failed:
        print_text(
            f"{counts.failed} runs failed; {folder / 'failures.parquet'} lists each with its reason"
            " and the command that repeats it."
        )


def write_tables_and_figures(folder: Path) -> tuple[list[Table], list[str]]:
    """Write a study's tables and figures; return the tables and the names of all files."""
    results = read_columns(folder, list_shown_columns)
    tables = tabulate_study(results)
    return tables, [*write_tables(tables, folder), *write_study_figures(results, folder)]


def tabulate_study(results: Results) -> list[Table]:
    """Return the tables of a study; print a remark when they replace its own tables."""
    tables, remark = tabulate_study_with_remark(results)
    if remark:
        print_text(remark)
    return tables


def tabulate_study_with_remark(results: Results) -> tuple[list[Table], str]:
    """Return the tables of a study and a remark.

    When overrides removed or added so much that the study's own tables cannot be made, the table of
    its points replaces them and the remark gives the reason; otherwise the remark is empty.
    """
    study, factors = results.manifest.study, results.factors
    tested = find_hypothesis_study(study)
    points = make_point_table(
        results.runs, factors, list_shown_measures(results.runs.schema, factors)
    )
    try:
        if study == MAIN_STUDY:
            return make_summary_tables(check_main_study_runs(results.runs)), ""
        if tested is not None:
            return [points, tabulate_checks(tested, tested.check(results))], ""
    except COMPARISON_ERRORS as error:
        needs = (
            f"The tables of {study} need the complete study, as a full factorial of its own factors"
            f" only: {explain_missing_comparison(error)}."
        )
        return [points], f"{needs} The table of its points replaces them."
    return [points], ""


def draw_study_with_remark(results: Results, page: Page) -> tuple[list[Exhibit], str]:
    """Return the exhibits of a study and a remark.

    When its own exhibits cannot be made, lines through its points replace them and the remark gives
    the reason; otherwise the remark is empty.
    """
    from analysis.figures.lines import draw_points_exhibit
    from analysis.figures.response import draw_response_exhibits
    from experiments.presentation.labels import list_axis_labels

    study, factors = results.manifest.study, results.factors
    tested, remark = find_hypothesis_study(study), ""
    try:
        if study == MAIN_STUDY:
            return draw_response_exhibits(check_main_study_runs(results.runs), page), ""
        if tested is not None:
            return [tested.figure(results, page)], ""
    except COMPARISON_ERRORS as error:
        needs = (
            f"The figures of {study} need the complete study, with its own factors only:"
            f" {explain_missing_comparison(error)}."
        )
        remark = f"{needs} Lines through its points replace them."
    return [
        draw_points_exhibit(
            study,
            results.runs,
            factors,
            list_shown_measures(results.runs.schema, factors),
            list_axis_labels(results.manifest.model),
            page,
        )
    ], remark


def write_study_figures(results: Results, folder: Path, page: Page = PAGE) -> list[str]:
    """Draw the figures of a study into its folder, or print why there are none.

    Returns:
        The names of the files.
    """
    provenance = format_provenance_sentence(results.manifest)
    try:
        exhibits, remark = draw_study_with_remark(results, page)
        if remark:
            print_text(remark)
        return [name for exhibit in exhibits for name in write_exhibit(exhibit, folder, provenance)]
    except COMPARISON_ERRORS as error:
        print_text(f"No figure: {explain_missing_comparison(error)}.")
        return []


def write_requested_figures(folder: Path, request: FigureRequest) -> None:
    """Draw the requested figure of a results folder, or all figures that belong to it."""
    manifest = read_manifest(folder)
    try:
        files = (
            write_requested_run_figures(folder, manifest, request)
            if isinstance(manifest, RunManifest)
            else write_requested_study_figures(folder, request)
        )
    except NotWrittenError as error:
        raise make_write_error(folder, error) from error
    if files:
        print_text(f"Figures drawn in {folder}: {', '.join(files)}")


def write_requested_study_figures(folder: Path, request: FigureRequest) -> list[str]:
    """Draw figures into a study's folder; return the names of the files."""
    results = read_complete_results(folder)
    files = (
        write_study_figures(results, folder, request.page)
        if request.kind is None
        else write_study_figure_of_kind(results, folder, request)
    )
    if files and request.options is not None:
        record_provenance(folder, ("figures", FOLDER_PLACEHOLDER, *request.options), files)
    return files


def read_complete_results(folder: Path) -> Results:
    """Read the results of a complete study.

    Raises:
        InputError: the results are incomplete or damaged, or lack a column that a study writes.
    """
    results = read_results(folder)
    for column in (*results.factors, "replicate", "seed"):
        if column not in results.runs.columns:
            raise InputError(
                f"{folder}/runs.parquet has no column {column}, so it is not what the study wrote;"
                " run the study again"
            )
    return results


def write_study_figure_of_kind(results: Results, folder: Path, request: FigureRequest) -> list[str]:
    """Draw the figure of a kind into a study's folder; return the names of the files."""
    from experiments.presentation.figure_request import FigureSource
    from experiments.presentation.study_figures import draw_figure_of_study

    measures = list_shown_measures(results.runs.schema, results.factors)
    return write_exhibit(
        draw_figure_of_study(request, FigureSource(results, tuple(measures))),
        folder,
        format_provenance_sentence(results.manifest),
    )


def write_requested_run_figures(
    folder: Path, manifest: RunManifest, request: FigureRequest
) -> list[str]:
    """Draw a figure into a run's folder; return the names of the files."""
    from analysis.figures.network import AnimatedExhibit
    from experiments.presentation.run_figures import draw_figure_of_classic_run, draw_figure_of_run

    exhibit = (
        draw_figure_of_classic_run(request, folder, manifest.model)
        if manifest.model
        else draw_figure_of_run(request, folder)
    )
    provenance = format_provenance_sentence(manifest)
    if isinstance(exhibit, AnimatedExhibit):
        return write_animation(exhibit, folder, provenance)
    return write_exhibit(exhibit, folder, provenance)
