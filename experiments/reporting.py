"""The tables and figures a study is shown as: those of its question if it has its own, else its points and lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis.comparison import point_table, summary_tables
from analysis.errors import AnalysisError
from analysis.tables import Table
from experiments.patterns import check_table, inquiry_of
from experiments.results import Results, read_results
from experiments.screen import say
from experiments.store import NotWrittenError, not_written, read_manifest, read_table, write_figure
from sim.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


def shown_measures(runs: pl.DataFrame, factors: Sequence[str]) -> list[str]:
    """Return which measures stand in a table of points: our two headline ones, or the first of another model."""
    if set(HEADLINE) <= set(runs.columns):
        return list(HEADLINE)
    known = {*factors, "replicate", "seed", "run"}
    return [name for name, kind in runs.schema.items() if name not in known and kind.is_numeric()][:3]


def study_tables(study: str, factors: Sequence[str], results: Results) -> list[Table]:
    """Return the tables of a study; the points alone when it was cut down or widened so far that its own tables cannot be made."""
    inquiry = inquiry_of(study)
    points = point_table(results.runs, factors, shown_measures(results.runs, factors))
    try:
        if study == MAIN:
            return summary_tables(compared(results.runs))
        if inquiry is not None:
            return [points, check_table(inquiry, inquiry.check(results))]
    except LACKING as reason:
        say(
            f"The tables of {study} need its whole study, as a full factorial of its own factors alone: {because(reason)}. Shown instead: its points."
        )
    return [points]


def study_figures(study: str, factors: Sequence[str], results: Results) -> dict[str, Figure]:
    """Return the figures of a study by name; lines through its points when its own cannot be made."""
    from analysis.figures.lines import points_figure
    from analysis.figures.response import response_figures

    inquiry = inquiry_of(study)
    try:
        if study == MAIN:
            return response_figures(compared(results.runs))
        if inquiry is not None:
            return {study: inquiry.figure(results)}
    except LACKING as reason:
        say(f"The figures of {study} need its whole study, with its own factors alone: {because(reason)}. Drawn instead: lines through its points.")
    return {study: points_figure(results.runs, factors, shown_measures(results.runs, factors))}


def draw(study: str, factors: Sequence[str], results: Results, folder: Path) -> None:
    """Draw the figures of a study into its folder, or say why there are none."""
    try:
        for name, figure in study_figures(study, factors, results).items():
            write_figure(figure, folder / name)
    except LACKING as reason:
        say(f"No figure: {because(reason)}.")


def redraw(folder: Path) -> None:
    """Draw the figures of a results folder again."""
    manifest = read_manifest(folder)
    try:
        if manifest.get("kind") == "study":
            redraw_study(manifest, folder)
        else:
            redraw_run(folder)
    except NotWrittenError as reason:
        raise not_written(folder, reason) from reason
    say(f"Figures drawn in {folder}: {', '.join(sorted(path.name for path in folder.glob('*.p[dn][fg]')))}")


def redraw_study(manifest: dict[str, Any], folder: Path) -> None:
    """Draw the figures of a study's folder."""
    study, factors = manifest.get("study"), manifest.get("factors")
    if not isinstance(study, str) or not isinstance(factors, list) or not all(isinstance(factor, str) for factor in factors):
        raise InputError(f"{folder}/manifest.json does not say which study this is and its factors; give another folder or run the study again")
    results = read_results(folder)
    for column in (*factors, "replicate", "seed"):
        if column not in results.runs.columns:
            raise InputError(f"{folder}/runs.parquet has no column {column}, so it is not what the study wrote; run the study again")
    draw(study, factors, results, folder)


def redraw_run(folder: Path) -> None:
    """Draw the figure of a run's folder."""
    from analysis.figures.timecourse import run_figure

    rounds = read_table(folder, "rounds")
    try:
        figure = run_figure(rounds)
    except AnalysisError:
        raise
    except (*LACKING, TypeError) as error:
        raise InputError(f"{folder}/rounds.parquet lacks columns that a run writes; run it again") from error
    write_figure(figure, folder / "run")
