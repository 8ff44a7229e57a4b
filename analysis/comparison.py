"""Compare forms without and with imitation: the tables of the main question."""

from __future__ import annotations

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import Estimate, mean, paired_difference, peak, response_matrix, turning_rate
from analysis.tables import Table

RATE = "imitation_rate"
NOTE = (
    "n = {n} replicates with common random numbers; mean [95 % interval, Student]. Peak: rate (of those tried) with the highest joint value. "
    "Eroding from: rate beyond which joint value stays below what it is without imitation (interpolated); both with bootstrap 95 % "
    "intervals over replicates. Loss: joint value with imitation off minus on, same luck (paired)."
)


def summary_tables(runs: pl.DataFrame) -> list[Table]:
    """Return one table per depth: a row per form."""
    for column in ("form", RATE, "depth", "replicate", "joint_value", "synergy"):
        if column not in runs.columns:
            raise AnalysisError(f"the runs have no column {column}; the comparison of forms needs a study of structure and imitation.rate")
    return [depth_table(part, float(depth[0])) for depth, part in runs.sort("depth").group_by("depth", maintain_order=True)]  # type: ignore[arg-type]


def depth_table(runs: pl.DataFrame, depth: float) -> Table:
    """Return the table of one depth."""
    rates = runs[RATE].unique().sort().to_list()
    replicates = runs["replicate"].n_unique()
    if len(rates) < 2 or rates[0] != 0.0:
        raise AnalysisError(f"the rates of imitation are {rates}; the comparison needs 0 and at least one more")
    top = f"{rates[-1]:g}"
    columns = (
        "form", "joint value, no imitation", f"joint value, rate {top}", "synergy, no imitation", f"synergy, rate {top}",
        "peak", "eroding from", f"loss by imitation, rate {top}",
    )  # fmt: skip
    names = runs["form"].unique(maintain_order=True).to_list()
    rows = [form_row(name, runs.filter(pl.col("form") == name), rates[-1]) for name in names]
    return Table(f"Depth {depth:g}: forms without and with imitation", columns, rows, NOTE.format(n=replicates))


def form_row(name: str, runs: pl.DataFrame, top: float) -> tuple[str, ...]:
    """Return one form's row."""
    rates, joint = response_matrix(runs, "joint_value", RATE)
    _, synergy = response_matrix(runs, "synergy", RATE)
    ends = [mean(values[:, column]) for values in (joint, synergy) for column in (0, -1)]
    loss = paired_difference(joint[:, 0], joint[:, -1])
    if np.ptp(joint, axis=1).max() == 0.0:
        return (name, *(str(e) for e in ends), "no effect", "no effect", str(loss))
    return (name, *(str(e) for e in ends), rate_text(peak(rates, joint), top), rate_text(turning_rate(rates, joint), top), str(loss))


def rate_text(rate: Estimate, top: float) -> str:
    """Return a rate with its interval; infinity reads as above the largest rate tried."""
    parts = [f"> {top:g}" if np.isinf(value) else f"{value:.3g}" for value in (rate.value, rate.low, rate.high)]
    return f"{parts[0]} [{parts[1]}, {parts[2]}]"
