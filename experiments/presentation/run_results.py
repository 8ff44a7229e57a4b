"""Present a single run: tables of its measures and the figure of its time course."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analysis.figures.exhibit import Exhibit
from analysis.figures.style import PAGE, Page
from analysis.figures.timecourse import time_course
from analysis.tables import Table
from experiments.models.classics import read_model_preset
from experiments.presentation.exhibits import (
    QUICK_FORMATS,
    format_provenance_sentence,
    write_exhibit,
)
from experiments.presentation.labels import list_axis_labels
from experiments.store.manifest import read_manifest
from sim.classics.classic import ClassicModel
from sim.config import Config
from sim.errors import InputError
from sim.observation.measures import MEASURES
from sim.observation.outcomes import OUTCOMES, compute_form_outcomes

SINGLE_RUN_NOTE = "A single run shows one realisation: use a study for findings."


def write_run_figure(folder: Path) -> None:
    """Draw the time course of one run into its folder, which holds its tables and manifest."""
    from analysis.figures.one_run import run_exhibit

    rounds = pl.read_parquet(folder / "rounds.parquet")
    write_exhibit(
        run_exhibit(rounds),
        folder,
        format_provenance_sentence(read_manifest(folder)),
        QUICK_FORMATS,
    )


def write_classic_run_figure(folder: Path, preset: str) -> None:
    """Draw the time course of one run of a classic into its folder."""
    rounds = pl.read_parquet(folder / "rounds.parquet")
    write_exhibit(
        draw_time_course_of_classic(rounds, preset),
        folder,
        format_provenance_sentence(read_manifest(folder)),
        QUICK_FORMATS,
    )


def draw_time_course_of_classic(rounds: pl.DataFrame, preset: str, page: Page = PAGE) -> Exhibit:
    """Draw the time course of all measures that vary."""
    measures = [
        name
        for name in rounds.columns
        if name != "round" and rounds[name].is_finite().any() and rounds[name].n_unique() > 1
    ]
    if not measures:
        raise InputError(
            f"{preset}: no measure changed in this run, so there is no time course to draw; run it"
            " with more rounds or other parameters"
        )
    exhibit = time_course(
        rounds.with_columns(replicate=0), measures, labels=list_axis_labels(preset), page=page
    )
    return exhibit._replace(name="run")


def tabulate_run_summary(config: Config, summary: dict[str, float]) -> Table:
    """Return the measures of a run with their units."""
    names = [name for name in summary if not name.endswith("_end")]
    rows = [
        (
            name,
            format_measure_value(summary[name]),
            format_measure_value(summary.get(f"{name}_end")),
            find_unit_of_measure(name),
        )
        for name in names
    ]
    title = f"Results of one run: {config.structure.name}, seed {config.run.seed}"
    return Table(
        title,
        ("measure", "all rounds", "last quarter", "unit"),
        rows,
        SINGLE_RUN_NOTE,
    )


def find_unit_of_measure(name: str) -> str:
    """Return the unit of a measure or outcome, short enough for a terminal of 80 columns."""
    known = MEASURES.get(name) or OUTCOMES.get(name)
    return known.unit.replace("organisation", "org.") if known else "user-defined or network"


def format_measure_value(value: float | None) -> str:
    """Return a number for a table; nothing for a value that did not occur or is not measured."""
    return "" if value is None or value != value else f"{value:.4f}"


def tabulate_outcomes_by_form(events: pl.DataFrame) -> Table:
    """Return the outcomes of collaborations by form, for a population that mixes forms."""
    forms = (
        compute_form_outcomes(events)
        .sort("form")
        .rename({"collaborations": "number", "team_size": "size"})
    )
    rows = [(row[0], str(row[1]), *map(format_measure_value, row[2:])) for row in forms.iter_rows()]
    return Table(
        "By form of the collaboration",
        tuple(forms.columns),
        rows,
        "Value and synergy per member and round; lifetime: median rounds.",
    )


def tabulate_classic_run_summary(model: ClassicModel, preset: str, seed: int) -> Table:
    """Return the measures of a run at its end and on average, with their units."""
    summary = model.summary()
    rows = [
        (name, f"{summary[name]:.4f}", f"{summary[f'{name}_mean']:.4f}", measure.unit)
        for name, measure in model.MEASURES.items()
    ]
    title = f"Results of one run: {preset}, seed {seed}"
    note = (
        f"`overbruggen describe {read_model_preset(preset)[0]}` explains the measures."
        f" {SINGLE_RUN_NOTE}"
    )
    return Table(title, ("measure", "at the end", "all rounds", "unit"), rows, note)
