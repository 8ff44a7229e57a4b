"""The tables and figures a study is shown as: those of its question if it has its own, else its points and lines; others when asked for."""

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
    write_exhibit,
    write_film,
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
    from experiments.presentation.figure_kinds import FigureRequest

MAIN_STUDY = "structure_and_imitation"
HEADLINE_MEASURES = ("joint_value", "synergy")
COMPARISON_ERRORS = (
    LookupError,
    ValueError,
    pl.exceptions.PolarsError,
)  # what a comparison raises when points or columns it needs are not there


def check_main_study_runs(runs: pl.DataFrame) -> pl.DataFrame:
    """Return the runs of the main question, if they compare imitation with none, one run with one run."""
    if runs.select("form", "imitation_rate", "depth", "replicate").is_duplicated().any():
        raise AnalysisError("further factors give several runs per form, rate, depth and replicate")
    if runs["imitation_rate"].n_unique() < 2 or runs["imitation_rate"].min() != 0.0:
        raise AnalysisError("they need runs without imitation and with it (imitation.rate=0,...)")
    return runs


def explain_missing_comparison(reason: Exception) -> str:
    """Return why a comparison could not be made: its own words if it has some."""
    return (
        str(reason)
        if isinstance(reason, AnalysisError)
        else "points or columns that it compares are not there"
    )


def list_shown_measures(schema: pl.Schema, factors: Sequence[str]) -> list[str]:
    """Return which measures stand in a table of points: our two headline ones, or the first of another model."""
    if set(HEADLINE_MEASURES) <= set(schema):
        return list(HEADLINE_MEASURES)
    known = {*factors, "replicate", "seed", "run"}
    return [name for name, kind in schema.items() if name not in known and kind.is_numeric()][:3]


def list_shown_columns(manifest: StudyManifest, schema: pl.Schema) -> list[str]:
    """Return the columns of runs that a study's tables and figures take: all if it has its own, else those of its points."""
    if manifest.study == MAIN_STUDY or find_hypothesis_study(manifest.study) is not None:
        return list(schema)
    return [
        name
        for name in schema
        if name in {*manifest.factors, "replicate", *list_shown_measures(schema, manifest.factors)}
    ]


def present_study(folder: Path, tally: RunCounts) -> None:
    """Make tables and figures of what a study has done, show them, and say what failed."""
    with lock_folder(folder):
        tables, written = write_tables_and_figures(folder) if tally.done else ([], [])
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
    print_text(
        f"Results in {folder}:"
        f" {', '.join(sorted(path.name for path in folder.iterdir() if not path.name.startswith('.')))}."
    )
    if tally.failed:
        print_text(
            f"{tally.failed} runs failed; they stand in {folder / 'failures.parquet'} with reason"
            " and the command that does one again."
        )


def write_tables_and_figures(folder: Path) -> tuple[list[Table], list[str]]:
    """Write the tables and figures of a study's results; return the tables, and the names of all files."""
    results = read_columns(folder, list_shown_columns)
    tables = tabulate_study(results)
    return tables, [*write_tables(tables, folder), *write_study_figures(results, folder)]


def tabulate_study(results: Results) -> list[Table]:
    """Return the tables of a study, and say when they are not its own."""
    tables, remark = tabulate_study_with_remark(results)
    if remark:
        print_text(remark)
    return tables


def tabulate_study_with_remark(results: Results) -> tuple[list[Table], str]:
    """Return the tables of a study; its points alone, and why, when it was cut down or widened so far that its own tables cannot be made."""
    study, factors = results.manifest.study, results.factors
    inquiry = find_hypothesis_study(study)
    points = make_point_table(
        results.runs, factors, list_shown_measures(results.runs.schema, factors)
    )
    try:
        if study == MAIN_STUDY:
            return make_summary_tables(check_main_study_runs(results.runs)), ""
        if inquiry is not None:
            return [points, tabulate_checks(inquiry, inquiry.check(results))], ""
    except COMPARISON_ERRORS as reason:
        needs = (
            f"The tables of {study} need its whole study, as a full factorial of its own factors"
            f" alone: {explain_missing_comparison(reason)}."
        )
        return [points], f"{needs} Shown instead: its points."
    return [points], ""


def draw_study_with_remark(results: Results, page: Page) -> tuple[list[Exhibit], str]:
    """Return the exhibits of a study; lines through its points, and why, when its own cannot be made."""
    from analysis.figures.lines import draw_points_exhibit
    from analysis.figures.response import draw_response_exhibits
    from experiments.presentation.labels import list_axis_labels

    study, factors = results.manifest.study, results.factors
    inquiry, remark = find_hypothesis_study(study), ""
    try:
        if study == MAIN_STUDY:
            return draw_response_exhibits(check_main_study_runs(results.runs), page), ""
        if inquiry is not None:
            return [inquiry.figure(results, page)], ""
    except COMPARISON_ERRORS as reason:
        needs = (
            f"The figures of {study} need its whole study, with its own factors alone:"
            f" {explain_missing_comparison(reason)}."
        )
        remark = f"{needs} Drawn instead: lines through its points."
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
    """Draw the figures of a study into its folder, or say why there are none; return the names of the files."""
    how = format_provenance_sentence(results.manifest)
    try:
        exhibits, remark = draw_study_with_remark(results, page)
        if remark:
            print_text(remark)
        return [name for exhibit in exhibits for name in write_exhibit(exhibit, folder, how)]
    except COMPARISON_ERRORS as reason:
        print_text(f"No figure: {explain_missing_comparison(reason)}.")
        return []


def write_requested_figures(folder: Path, wish: FigureRequest) -> None:
    """Draw figures of a results folder: the one asked for, or all that belong to it."""
    manifest = read_manifest(folder)
    try:
        files = (
            write_requested_run_figures(folder, manifest, wish)
            if isinstance(manifest, RunManifest)
            else write_requested_study_figures(folder, wish)
        )
    except NotWrittenError as reason:
        raise make_write_error(folder, reason) from reason
    if files:
        print_text(f"Figures drawn in {folder}: {', '.join(files)}")


def write_requested_study_figures(folder: Path, wish: FigureRequest) -> list[str]:
    """Draw figures of a study's folder."""
    results = read_results(folder)
    for column in (*results.factors, "replicate", "seed"):
        if column not in results.runs.columns:
            raise InputError(
                f"{folder}/runs.parquet has no column {column}, so it is not what the study wrote;"
                " run the study again"
            )
    files = (
        write_study_figures(results, folder, wish.page)
        if wish.kind is None
        else write_study_figure_of_kind(results, folder, wish)
    )
    if files and wish.words is not None:
        record_provenance(folder, ("figures", FOLDER_PLACEHOLDER, *wish.words), files)
    return files


def write_study_figure_of_kind(results: Results, folder: Path, wish: FigureRequest) -> list[str]:
    """Draw the figure of a kind into a study's folder."""
    from experiments.presentation.figure_kinds import FigureSource, draw_figure_of_study

    subject = FigureSource(
        results, tuple(list_shown_measures(results.runs.schema, results.factors))
    )
    return write_exhibit(
        draw_figure_of_study(wish, subject), folder, format_provenance_sentence(results.manifest)
    )


def write_requested_run_figures(
    folder: Path, manifest: RunManifest, wish: FigureRequest
) -> list[str]:
    """Draw figures of a run's folder."""
    from analysis.figures.network import AnimatedExhibit
    from experiments.presentation.figure_kinds import draw_figure_of_classic_run, draw_figure_of_run

    drawn, how = (
        (
            draw_figure_of_classic_run(wish, folder, manifest.model)
            if manifest.model
            else draw_figure_of_run(wish, folder)
        ),
        format_provenance_sentence(manifest),
    )
    return (
        write_film(drawn, folder, how)
        if isinstance(drawn, AnimatedExhibit)
        else write_exhibit(drawn, folder, how)
    )
