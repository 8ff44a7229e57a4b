"""The tables and figures a study is shown as: those of its question if it has its own, else its points and lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from analysis.comparison import point_table, summary_tables
from analysis.errors import AnalysisError
from analysis.tables import Table
from experiments.patterns import check_table, pattern_of
from experiments.results import Results, read_results
from experiments.screen import say
from experiments.store import read_manifest, read_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAIN = "structure_and_imitation"
HEADLINE = ("joint_value", "synergy")


def compares_imitation(runs: pl.DataFrame) -> bool:
    """Tell whether the tables and figures of the main question can be made."""
    return runs["imitation_rate"].n_unique() > 1 and runs["imitation_rate"].min() == 0.0


def shown_measures(runs: pl.DataFrame, factors: Sequence[str]) -> list[str]:
    """Return which measures stand in a table of points: our two headline ones, or the first of another model."""
    if set(HEADLINE) <= set(runs.columns):
        return list(HEADLINE)
    known = {*factors, "replicate", "seed", "run"}
    return [name for name, kind in runs.schema.items() if name not in known and kind.is_numeric()][:3]


def study_tables(study: str, factors: Sequence[str], results: Results) -> list[Table]:
    """Return the tables of a study; the points alone when it was cut down so far that its own tables cannot be made."""
    pattern = pattern_of(study)
    points = point_table(results.runs, factors, shown_measures(results.runs, factors))
    try:
        if study == MAIN and compares_imitation(results.runs):
            return summary_tables(results.runs)
        if pattern is not None:
            return [points, check_table(pattern, pattern.check(results))]
    except AnalysisError as reason:
        say(f"The tables of {study} need its whole study, as a full factorial; here are its points alone: {reason}")
    return [points]


def study_figures(study: str, factors: Sequence[str], results: Results) -> dict[str, Figure]:
    """Return the figures of a study by name."""
    from analysis.figures.lines import points_figure
    from analysis.figures.response import response_figures

    pattern = pattern_of(study)
    if study == MAIN and compares_imitation(results.runs):
        return response_figures(results.runs)
    if pattern is not None:
        return {study: pattern.figure(results)}
    return {study: points_figure(results.runs, factors, shown_measures(results.runs, factors))}


def draw(study: str, factors: Sequence[str], results: Results, folder: Path) -> None:
    """Draw the figures of a study into its folder, or say why there are none."""
    from analysis.figures.style import save

    try:
        for name, figure in study_figures(study, factors, results).items():
            save(figure, folder / name)
    except AnalysisError as reason:
        say(f"No figure: {reason}")


def redraw(folder: Path) -> None:
    """Draw the figures of a results folder again."""
    manifest = read_manifest(folder)
    if manifest.get("kind") == "study":
        draw(manifest["study"], manifest["factors"], read_results(folder), folder)
    else:
        from analysis.figures.style import save
        from analysis.figures.timecourse import run_figure

        save(run_figure(read_table(folder, "rounds")), folder / "run")
    say(f"Figures drawn in {folder}: {', '.join(sorted(path.name for path in folder.glob('*.p[dn][fg]')))}")
