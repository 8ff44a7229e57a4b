"""Compare forms without and with imitation: the tables of the main question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from analysis.cells import taken_apart
from analysis.errors import AnalysisError
from analysis.estimates import Estimate, Floats, mean, paired_difference, peak, response_matrix, turning_rate
from analysis.tables import Shown, Table

RATE = "imitation_rate"
POINTS = 60  # rows of a table of points
LONGEST_LEVEL = 8  # digits; a level that somebody chose is shorter, one that was drawn is not
VALUE_NOTE = (
    "n = {n} replicates with common random numbers; mean [95 % interval, Student]. Loss: imitation off minus on, same luck; "
    "a negative loss is a gain."
)
EROSION_NOTE = (
    "Peak and end: synergy averaged over a twentieth of the rounds; a highest of many windows lies above its mean by luck alone, which is the loss "
    "without imitation. Where imitation keeps synergy low from the start there is little left to lose within a run. "
    "Half-life: rounds from the peak to half of it, median over runs (how many of them lose half)."
)
TURNING_NOTE = (
    "Peak: the rate, of those tried, with the highest joint value. Erodes from: the rate beyond which joint value stays below what it is "
    "without imitation (interpolated). Both with bootstrap 95 % intervals over replicates."
)


def summary_tables(runs: pl.DataFrame) -> list[Table]:
    """Return three tables per depth, a row per form: joint value with the loss by imitation; synergy with the turning rates; erosion."""
    for column in ("form", RATE, "depth", "replicate", "joint_value", "synergy", "synergy_loss", "synergy_half_life"):
        if column not in runs.columns:
            raise AnalysisError(f"the runs have no column {column}; the comparison of forms needs a study of structure and imitation.rate")
    tables = []
    for depth, part in runs.sort("depth", maintain_order=True).group_by("depth", maintain_order=True):
        title = f"Depth {depth[0]:g}"
        tables += [value_table(part, title), turning_table(part, title), erosion_table(part, title)]
    return tables


def point_table(runs: pl.DataFrame, factors: Sequence[str], measures: Sequence[str]) -> Table:
    """Return the mean of measures at every point of a design, as many as fit a screen."""
    replicates = runs["replicate"].n_unique()
    note = f"n = {replicates} replicates per point; mean [95 % interval, Student]." if replicates > 1 else "One replicate per point: no interval."
    points = runs.select(factors).unique(maintain_order=True)
    if len(points) > POINTS:
        runs = runs.join(points.head(POINTS), on=factors, how="semi", nulls_equal=True)
    groups = taken_apart(runs.select(*factors, *measures), factors) if factors else [((), runs)]
    rows = [(*map(level_text, levels), *(Shown(mean(part[measure].to_numpy())) for measure in measures)) for levels, part in groups]
    more = f" The first {POINTS} of {len(points)} points; all runs are in runs.parquet." if len(points) > POINTS else ""
    return Table("Points of the design", (*factors, *(measure.replace("_", " ") for measure in measures)), rows, note + more, "points")


def level_text(level: object) -> str:
    """Return a level as it stands in a table: the many digits of one that was drawn are cut, and kept behind it."""
    return Shown(level, f"{level:.4g}") if isinstance(level, float) and len(str(level)) > LONGEST_LEVEL else str(level)


def forms_with_responses(runs: pl.DataFrame, measure: str) -> Iterator[tuple[str, Floats, Floats]]:
    """Walk through the forms: name, rates (L,) and the measure by replicate and rate (R, L); the first rate must be 0."""
    for name in runs["form"].unique(maintain_order=True):
        rates, values = response_matrix(runs.filter(pl.col("form") == name), measure, RATE)
        if rates.size < 2 or rates[0] != 0.0:
            raise AnalysisError(f"the rates of imitation are {rates.tolist()}; the comparison needs 0 and at least one more")
        yield name, rates, values


def value_table(runs: pl.DataFrame, title: str) -> Table:
    """Return joint value without and with imitation, and what imitation costs at the highest rate."""
    top = f"{float(runs[RATE].to_numpy().max()):g}"
    rows = [
        (name, Shown(mean(joint[:, 0])), Shown(mean(joint[:, -1])), Shown(paired_difference(joint[:, 0], joint[:, -1])))
        for name, _, joint in forms_with_responses(runs, "joint_value")
    ]
    columns = ("form", "joint value without imitation", f"joint value at rate {top}", "loss by imitation (paired)")
    return Table(
        f"{title}: joint value per organisation and round", columns, rows, VALUE_NOTE.format(n=runs["replicate"].n_unique()), name_of(title, "value")
    )


def turning_table(runs: pl.DataFrame, title: str) -> Table:
    """Return synergy without and with imitation, and where imitation turns from raising to eroding joint value."""
    top = f"{float(runs[RATE].to_numpy().max()):g}"
    rows = []
    pairs = zip(forms_with_responses(runs, "joint_value"), forms_with_responses(runs, "synergy"), strict=True)
    for (name, rates, joint), (_, _, synergy) in pairs:
        moved = float(np.ptp(joint, axis=1).max()) > 0.0
        turning = [rate_text(estimate, rates[-1]) if moved else "no effect" for estimate in (peak(rates, joint), turning_rate(rates, joint))]
        rows.append((name, Shown(mean(synergy[:, 0])), Shown(mean(synergy[:, -1])), *turning))
    columns = ("form", "synergy without", f"synergy at rate {top}", "peak at", "erodes from")
    return Table(f"{title}: synergy, and where imitation turns", columns, rows, TURNING_NOTE, name_of(title, "turning"))


def erosion_table(runs: pl.DataFrame, title: str) -> Table:
    """Return how much synergy is lost within a run from its peak to its end, the part imitation causes, and how fast it goes."""
    top = float(runs[RATE].to_numpy().max())
    rows = []
    for name, _, loss in forms_with_responses(runs.filter(pl.col("form") != "alone"), "synergy_loss"):
        eroding = runs.filter((pl.col("form") == name) & (pl.col(RATE) == top))
        cells = (mean(loss[:, 0]), mean(loss[:, -1]), paired_difference(loss[:, -1], loss[:, 0]))
        rows.append((name, *map(Shown, cells), half_life_text(eroding["synergy_half_life"].to_numpy())))
    columns = ("form", "peak-to-end loss without", f"at rate {top:g}", "caused by imitation (paired)", f"half-life at rate {top:g}")
    return Table(f"{title}: erosion of synergy within a run", columns, rows, EROSION_NOTE, name_of(title, "erosion"))


def name_of(title: str, subject: str) -> str:
    """Return the name under which a table of a depth is written."""
    return f"{title.lower().replace(' ', '_')}_{subject}"


def half_life_text(half_lives: Floats) -> Shown:
    """Return the median half-life, runs that never lose half counted as longer than any, and how many do."""
    eroded = np.isfinite(half_lives)
    median = float(np.median(np.where(eroded, half_lives, np.inf)))
    shown = f"{median:g} rounds" if np.isfinite(median) else "none"
    return Shown(median, f"{shown} ({int(eroded.sum())} of {half_lives.size})")


def rate_text(rate: Estimate, top: float) -> Shown:
    """Return a rate with its interval; infinity reads as above the largest rate tried."""
    parts = [f"> {top:g}" if np.isinf(value) else f"{value:.3g}" for value in (rate.value, rate.low, rate.high)]
    return Shown(rate, f"{parts[0]} [{parts[1]}, {parts[2]}]")
