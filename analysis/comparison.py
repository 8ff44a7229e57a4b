"""Compare forms without and with imitation: the tables of the main question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from analysis.cells import format_missing_runs, iterate_cells
from analysis.errors import AnalysisError
from analysis.estimates import (
    Estimate,
    Floats,
    build_response_matrix,
    estimate_mean,
    estimate_paired_difference,
    estimate_peak,
    estimate_turning_rate,
)
from analysis.names import check_columns
from analysis.tables import FormattedNumber, Table

RATE_COLUMN = "imitation_rate"
MAX_POINT_ROWS = 60  # of a table of points
MAX_LEVEL_DIGITS = 8  # a level that somebody chose is shorter, one that was drawn is longer
FORM_COLUMNS = (
    "form",
    RATE_COLUMN,
    "depth",
    "replicate",
    "joint_value",
    "synergy",
    "synergy_loss",
    "synergy_half_life",
)
VALUE_NOTE = (
    "n = {n} replicates with common random numbers; mean [95 % interval, Student]. Loss: imitation"
    " off minus on, paired by replicate; a negative loss is a gain."
)
EROSION_NOTE = (
    "Peak and end: synergy averaged over a twentieth of the rounds. The highest of many windows"
    " exceeds its mean by random variation alone; that is the loss without imitation. Where"
    " imitation keeps synergy low from the start, little is left to lose within a run. Half-life:"
    " rounds from the peak to half of it, median over runs (how many of them lose half)."
)
TURNING_NOTE = (
    "Peak: the rate, of those tried, with the highest joint value. Erodes from: the rate beyond"
    " which joint value stays below its value without imitation (interpolated). Both with"
    " bootstrap 95 % intervals over replicates."
)


def make_summary_tables(runs: pl.DataFrame) -> list[Table]:
    """Return three tables per depth, a row per form.

    They are of joint value with the loss by imitation, synergy with the turning rates, and erosion.
    """
    check_columns(
        runs,
        *FORM_COLUMNS,
        advice="; the comparison of forms needs a study of structure and imitation.rate",
    )
    tables = []
    for depth, part in runs.sort("depth", maintain_order=True).group_by(
        "depth", maintain_order=True
    ):
        title = f"Depth {depth[0]:g}"
        tables += [
            make_value_table(part, title),
            make_turning_table(part, title),
            make_erosion_table(part, title),
        ]
    return tables


def make_point_table(runs: pl.DataFrame, factors: Sequence[str], measures: Sequence[str]) -> Table:
    """Return the mean of measures at the points of a design, as many as fit a screen."""
    replicates = runs["replicate"].n_unique()
    note = (
        f"n = {replicates} replicates per point; mean [95 % interval, Student]."
        if replicates > 1
        else "One replicate per point: no interval."
    )
    points = runs.select(factors).unique(maintain_order=True)
    if len(points) > MAX_POINT_ROWS:
        runs = runs.join(points.head(MAX_POINT_ROWS), on=factors, how="semi", nulls_equal=True)
    groups = iterate_cells(runs.select(*factors, *measures), factors) if factors else [((), runs)]
    rows = [
        (
            *map(format_table_level, levels),
            *(format_mean_of_runs(part[measure].to_numpy()) for measure in measures),
        )
        for levels, part in groups
    ]
    more = (
        f" The first {MAX_POINT_ROWS} of {len(points)} points; all runs are in runs.parquet."
        if len(points) > MAX_POINT_ROWS
        else ""
    )
    return Table(
        "Points of the design",
        (*factors, *(measure.replace("_", " ") for measure in measures)),
        rows,
        note + format_missing_runs(runs, measures) + more,
        "points",
    )


def format_mean_of_runs(values: Floats) -> FormattedNumber:
    """Return the mean of the runs that have a value; "-" if none has one."""
    finite = values[np.isfinite(values)]
    return (
        FormattedNumber(estimate_mean(finite))
        if finite.size
        else FormattedNumber(float("nan"), "-")
    )


def format_table_level(level: object) -> str:
    """Return a level for a table; a level with many digits shows four and keeps the rest."""
    return (
        FormattedNumber(level, f"{level:.4g}")
        if isinstance(level, float) and len(str(level)) > MAX_LEVEL_DIGITS
        else str(level)
    )


def iterate_form_responses(
    runs: pl.DataFrame, measure: str
) -> Iterator[tuple[str, Floats, Floats]]:
    """Walk through the forms: name, rates (L,) and the measure by replicate and rate (R, L).

    The first rate must be 0.
    """
    for name in runs["form"].unique(maintain_order=True):
        rates, values = build_response_matrix(
            runs.filter(pl.col("form") == name), measure, RATE_COLUMN
        )
        if rates.size < 2 or rates[0] != 0.0:
            raise AnalysisError(
                f"the rates of imitation are {rates.tolist()}; the comparison needs 0 and at least"
                " one more"
            )
        yield name, rates, values


def make_value_table(runs: pl.DataFrame, title: str) -> Table:
    """Return joint value without and with imitation, and the loss at the highest rate."""
    top = f"{float(runs[RATE_COLUMN].to_numpy().max()):g}"
    rows = [
        (
            name,
            FormattedNumber(estimate_mean(joint[:, 0])),
            FormattedNumber(estimate_mean(joint[:, -1])),
            FormattedNumber(estimate_paired_difference(joint[:, 0], joint[:, -1])),
        )
        for name, _, joint in iterate_form_responses(runs, "joint_value")
    ]
    columns = (
        "form",
        "joint value without imitation",
        f"joint value at rate {top}",
        "loss by imitation (paired)",
    )
    return Table(
        f"{title}: joint value per organisation and round",
        columns,
        rows,
        VALUE_NOTE.format(n=runs["replicate"].n_unique()),
        make_table_name(title, "value"),
    )


def make_turning_table(runs: pl.DataFrame, title: str) -> Table:
    """Return synergy without and with imitation, and where imitation begins to erode value."""
    top = f"{float(runs[RATE_COLUMN].to_numpy().max()):g}"
    rows = []
    pairs = zip(
        iterate_form_responses(runs, "joint_value"),
        iterate_form_responses(runs, "synergy"),
        strict=True,
    )
    for (name, rates, joint), (_, _, synergy) in pairs:
        moved = float(np.ptp(joint, axis=1).max()) > 0.0
        turning = [
            format_rate(estimate, rates[-1]) if moved else "no effect"
            for estimate in (estimate_peak(rates, joint), estimate_turning_rate(rates, joint))
        ]
        rows.append(
            (
                name,
                FormattedNumber(estimate_mean(synergy[:, 0])),
                FormattedNumber(estimate_mean(synergy[:, -1])),
                *turning,
            )
        )
    columns = ("form", "synergy without", f"synergy at rate {top}", "peak at", "erodes from")
    return Table(
        f"{title}: synergy, and where imitation turns",
        columns,
        rows,
        TURNING_NOTE,
        make_table_name(title, "turning"),
    )


def make_erosion_table(runs: pl.DataFrame, title: str) -> Table:
    """Return the loss of synergy within a run, the part imitation causes, and its half-life."""
    top = float(runs[RATE_COLUMN].to_numpy().max())
    rows = []
    for name, _, loss in iterate_form_responses(
        runs.filter(pl.col("form") != "alone"), "synergy_loss"
    ):
        eroding = runs.filter((pl.col("form") == name) & (pl.col(RATE_COLUMN) == top))
        cells = (
            estimate_mean(loss[:, 0]),
            estimate_mean(loss[:, -1]),
            estimate_paired_difference(loss[:, -1], loss[:, 0]),
        )
        rows.append(
            (
                name,
                *map(FormattedNumber, cells),
                format_half_life(eroding["synergy_half_life"].to_numpy()),
            )
        )
    columns = (
        "form",
        "peak-to-end loss without",
        f"at rate {top:g}",
        "caused by imitation (paired)",
        f"half-life at rate {top:g}",
    )
    return Table(
        f"{title}: erosion of synergy within a run",
        columns,
        rows,
        EROSION_NOTE,
        make_table_name(title, "erosion"),
    )


def make_table_name(title: str, subject: str) -> str:
    """Return the name under which a table of a depth is written."""
    return f"{title.lower().replace(' ', '_')}_{subject}"


def format_half_life(half_lives: Floats) -> FormattedNumber:
    """Return the median half-life and how many runs lose half; the others count as longer."""
    eroded = np.isfinite(half_lives)
    median = float(np.median(np.where(eroded, half_lives, np.inf)))
    shown = f"{median:g} rounds" if np.isfinite(median) else "none"
    return FormattedNumber(median, f"{shown} ({int(eroded.sum())} of {half_lives.size})")


def format_rate(rate: Estimate, top: float) -> FormattedNumber:
    """Return a rate with its interval; infinity reads as above the largest rate tried."""
    parts = [
        f"> {top:g}" if np.isinf(value) else f"{value:.3g}"
        for value in (rate.value, rate.low, rate.high)
    ]
    return FormattedNumber(rate, f"{parts[0]} [{parts[1]}, {parts[2]}]")
