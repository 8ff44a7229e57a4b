"""The tables and figures a study is shown as: those of its question if it has its own, else its points and lines; others when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from analysis.comparison import point_table, summary_tables
from analysis.errors import AnalysisError
from analysis.figures.style import PAGE, Page
from analysis.tables import Table
from experiments.console import say, show
from experiments.design.ordering import Tally
from experiments.presentation.exhibits import circumstances, write_exhibit, write_film, write_tables
from experiments.presentation.patterns import check_table, inquiry_of
from experiments.store.files import NotWrittenError, not_written
from experiments.store.folder import locked
from experiments.store.layout import CONFIG, STUDY, STUDY_FILE, TABLES
from experiments.store.manifest import RunManifest, StudyManifest, read_manifest
from experiments.store.provenance import FOLDER, record
from experiments.store.results import Results, read_columns, read_results
from sim.errors import InputError

if TYPE_CHECKING:
    from analysis.figures.exhibit import Exhibit
    from experiments.presentation.drawing import Wish

MAIN = "structure_and_imitation"
HEADLINE = ("joint_value", "synergy")
LACKING = (LookupError, ValueError, pl.exceptions.PolarsError)  # what a comparison raises when points or columns it needs are not there


def compared(runs: pl.DataFrame) -> pl.DataFrame:
    """Return the runs of the main question, if they compare imitation with none, one run with one run."""
    if runs.select("form", "imitation_rate", "depth", "replicate").is_duplicated().any():
        raise AnalysisError("further factors give several runs per form, rate, depth and replicate")
    if runs["imitation_rate"].n_unique() < 2 or runs["imitation_rate"].min() != 0.0:
        raise AnalysisError("they need runs without imitation and with it (imitation.rate=0,...)")
    return runs


def because(reason: Exception) -> str:
    """Return why a comparison could not be made: its own words if it has some."""
    return str(reason) if isinstance(reason, AnalysisError) else "points or columns that it compares are not there"


def shown_measures(schema: pl.Schema, factors: Sequence[str]) -> list[str]:
    """Return which measures stand in a table of points: our two headline ones, or the first of another model."""
    if set(HEADLINE) <= set(schema):
        return list(HEADLINE)
    known = {*factors, "replicate", "seed", "run"}
    return [name for name, kind in schema.items() if name not in known and kind.is_numeric()][:3]


def shown_columns(manifest: StudyManifest, schema: pl.Schema) -> list[str]:
    """Return the columns of runs that a study's tables and figures take: all if it has its own, else those of its points."""
    if manifest.study == MAIN or inquiry_of(manifest.study) is not None:
        return list(schema)
    return [name for name in schema if name in {*manifest.factors, "replicate", *shown_measures(schema, manifest.factors)}]


def present_study(folder: Path, tally: Tally) -> None:
    """Make tables and figures of what a study has done, show them, and say what failed."""
    with locked(folder):
        tables, written = tell_results(folder) if tally.done else ([], [])
        record(folder, (STUDY,), [*written, *(name for name in (*TABLES, STUDY_FILE, CONFIG) if (folder / name).exists())])
    for table in tables:
        show(table)
    say(f"Results in {folder}: {', '.join(sorted(path.name for path in folder.iterdir() if not path.name.startswith('.')))}.")
    if tally.failed:
        say(f"{tally.failed} runs failed; they stand in {folder / 'failures.parquet'} with reason and the command that does one again.")


def tell_results(folder: Path) -> tuple[list[Table], list[str]]:
    """Write the tables and figures of a study's results; return the tables, and the names of all files."""
    results = read_columns(folder, shown_columns)
    tables = study_tables(results)
    return tables, [*write_tables(tables, folder), *draw(results, folder)]


def study_tables(results: Results) -> list[Table]:
    """Return the tables of a study, and say when they are not its own."""
    tables, remark = tables_and_remark(results)
    if remark:
        say(remark)
    return tables


def tables_and_remark(results: Results) -> tuple[list[Table], str]:
    """Return the tables of a study; its points alone, and why, when it was cut down or widened so far that its own tables cannot be made."""
    study, factors = results.manifest.study, results.factors
    inquiry = inquiry_of(study)
    points = point_table(results.runs, factors, shown_measures(results.runs.schema, factors))
    try:
        if study == MAIN:
            return summary_tables(compared(results.runs)), ""
        if inquiry is not None:
            return [points, check_table(inquiry, inquiry.check(results))], ""
    except LACKING as reason:
        needs = f"The tables of {study} need its whole study, as a full factorial of its own factors alone: {because(reason)}."
        return [points], f"{needs} Shown instead: its points."
    return [points], ""


def exhibits_and_remark(results: Results, page: Page) -> tuple[list[Exhibit], str]:
    """Return the exhibits of a study; lines through its points, and why, when its own cannot be made."""
    from analysis.figures.lines import points_exhibit
    from analysis.figures.response import response_exhibits
    from experiments.presentation.labels import labels

    study, factors = results.manifest.study, results.factors
    inquiry, remark = inquiry_of(study), ""
    try:
        if study == MAIN:
            return response_exhibits(compared(results.runs), page), ""
        if inquiry is not None:
            return [inquiry.figure(results, page)], ""
    except LACKING as reason:
        needs = f"The figures of {study} need its whole study, with its own factors alone: {because(reason)}."
        remark = f"{needs} Drawn instead: lines through its points."
    return [points_exhibit(study, results.runs, factors, shown_measures(results.runs.schema, factors), labels(results.manifest.model), page)], remark


def draw(results: Results, folder: Path, page: Page = PAGE) -> list[str]:
    """Draw the figures of a study into its folder, or say why there are none; return the names of the files."""
    how = circumstances(results.manifest)
    try:
        exhibits, remark = exhibits_and_remark(results, page)
        if remark:
            say(remark)
        return [name for exhibit in exhibits for name in write_exhibit(exhibit, folder, how)]
    except LACKING as reason:
        say(f"No figure: {because(reason)}.")
        return []


def redraw(folder: Path, wish: Wish) -> None:
    """Draw figures of a results folder: the one asked for, or all that belong to it."""
    manifest = read_manifest(folder)
    try:
        files = redraw_run(folder, manifest, wish) if isinstance(manifest, RunManifest) else redraw_study(folder, wish)
    except NotWrittenError as reason:
        raise not_written(folder, reason) from reason
    if files:
        say(f"Figures drawn in {folder}: {', '.join(files)}")


def redraw_study(folder: Path, wish: Wish) -> list[str]:
    """Draw figures of a study's folder."""
    results = read_results(folder)
    for column in (*results.factors, "replicate", "seed"):
        if column not in results.runs.columns:
            raise InputError(f"{folder}/runs.parquet has no column {column}, so it is not what the study wrote; run the study again")
    files = draw(results, folder, wish.page) if wish.kind is None else draw_kind(results, folder, wish)
    if files and wish.words is not None:
        record(folder, ("figures", FOLDER, *wish.words), files)
    return files


def draw_kind(results: Results, folder: Path, wish: Wish) -> list[str]:
    """Draw the figure of a kind into a study's folder."""
    from experiments.presentation.drawing import Subject, of_study

    subject = Subject(results, tuple(shown_measures(results.runs.schema, results.factors)))
    return write_exhibit(of_study(wish, subject), folder, circumstances(results.manifest))


def redraw_run(folder: Path, manifest: RunManifest, wish: Wish) -> list[str]:
    """Draw figures of a run's folder."""
    from analysis.figures.network import Film
    from experiments.presentation.drawing import of_classic, of_run

    drawn, how = of_classic(wish, folder, manifest.model) if manifest.model else of_run(wish, folder), circumstances(manifest)
    return write_film(drawn, folder, how) if isinstance(drawn, Film) else write_exhibit(drawn, folder, how)
