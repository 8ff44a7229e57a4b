"""Run what a dock compares, and compare it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analysis.crossings import find_sign_changes
from analysis.docking import (
    FALSE_ALARM_RATE,
    MeanWithError,
    ReferenceComparison,
    compare_with_reference,
    judge_claim,
)
from analysis.estimates import (
    Estimate,
    Floats,
    compute_simultaneous_level,
    estimate_paired_difference,
)
from experiments.design.factors import Level
from experiments.design.sampling import Design
from experiments.design.study import Study
from experiments.docking.reference import Claim, CurveCrossing, Dock, DockCell
from experiments.run_study import run_study_in_memory
from sim.errors import InputError

CELL_FACTOR = "cell"
DockPoints = dict[str, dict[str, Any]]


class CellComparison(NamedTuple):
    """A cell, or what is read off a curve: ours and the reference with their standard errors, our replicates, the margin, and how it stands."""

    cell: DockCell
    ours: MeanWithError
    replicates: int
    reference: MeanWithError
    margin: float
    standing: ReferenceComparison


class ClaimResult(NamedTuple):
    """A claim with the paired difference it is judged by."""

    relation: Claim
    difference: Estimate
    outcome: str


class DockResult(NamedTuple):
    """What a dock came to: cells with a reference, claims, and all runs with the parameters of their cells."""

    dock: Dock
    compared: list[CellComparison]
    related: list[ClaimResult]
    runs: pl.DataFrame

    @property
    def misses(self) -> int:
        """How many cells differ and claims are contradicted."""
        return sum(c.standing.verdict == "different" for c in self.compared) + sum(
            r.outcome == "contradicted" for r in self.related
        )


def format_point_key(settings: Mapping[str, Any]) -> str:
    """Return a place as text, the same for the same place."""
    return json.dumps(settings, sort_keys=True)


def list_dock_points(dock: Dock, quick: bool) -> DockPoints:
    """Return every place that is run, once: those of cells and of claims; when it is to be quick none that is only drawn."""
    curves = dock.about.crossings
    cells = [
        cell
        for cell in dock.cells
        if cell.value is not None or not quick or any(curve.is_along(cell) for curve in curves)
    ]
    asked = [
        *(dock.place(cell) for cell in cells),
        *(place for r in dock.about.relations for place in (r.more, r.less)),
    ]
    return {format_point_key(place): place for place in asked}


def run_dock(dock: Dock, quick: bool, workers: int) -> DockResult:
    """Run all places of a dock with common random numbers, and compare."""
    places = list_dock_points(dock, quick)
    replicates = dock.about.replicates.quick if quick else dock.about.replicates.full
    levels = [Level(key, settings) for key, settings in places.items()]
    study = Study(
        dock.name,
        dock.about.title,
        {CELL_FACTOR: levels},
        replicates,
        dock.about.seed,
        design=Design(factors=(CELL_FACTOR,)),
        model=dock.about.model,
    )
    runs = run_study_in_memory(study, workers).runs
    return DockResult(
        dock, compare_cells(dock, runs), judge_claims(dock, runs), add_cell_parameters(runs, dock)
    )


def add_cell_parameters(runs: pl.DataFrame, dock: Dock) -> pl.DataFrame:
    """Return runs with the parameters that cells set beside them; runs of claims alone are left out."""
    rows = [
        {CELL_FACTOR: format_point_key(dock.place(cell)), "variant": cell.variant, **cell.settings}
        for cell in dock.cells
    ]
    places = pl.DataFrame(rows, infer_schema_length=None).unique(maintain_order=True)
    return runs.join(places, on=CELL_FACTOR, maintain_order="right")


def select_point_values(runs: pl.DataFrame, place: Mapping[str, Any], measure: str) -> np.ndarray:
    """Return a measure at a place, by replicate."""
    return (
        runs.filter(pl.col(CELL_FACTOR) == format_point_key(place))
        .sort("replicate")[measure]
        .to_numpy()
    )


def compare_cells(dock: Dock, runs: pl.DataFrame) -> list[CellComparison]:
    """Compare every cell that has a reference, and what is read off curves."""
    known = [cell for cell in dock.cells if cell.value is not None]
    count = len(known) + len(dock.crossings)
    found = []
    for cell in known:
        sample = select_point_values(runs, dock.place(cell), cell.measure)
        spread = float(sample.std(ddof=1))
        assert cell.value is not None
        error = (
            cell.error if cell.error is not None else spread / float(np.sqrt(cell.runs or 1))
        )  # their runs vary as ours do
        ours, reference = (
            MeanWithError(float(sample.mean()), estimate_model_error(spread, sample.size, cell)),
            MeanWithError(cell.value, error),
        )
        margin = dock.margin(cell.measure)
        found.append(
            CellComparison(
                cell,
                ours,
                sample.size,
                reference,
                margin,
                compare_with_reference(ours, reference, margin, count),
            )
        )
    return [
        *found,
        *(compare_crossing(dock, crossing, runs, count) for crossing in dock.about.crossings),
    ]


def compare_crossing(
    dock: Dock, crossing: CurveCrossing, runs: pl.DataFrame, count: int
) -> CellComparison:
    """Compare where our mean curve crosses a level; its standard error is the jackknife's over replicates."""
    cells = sorted(
        (cell for cell in dock.cells if crossing.is_along(cell)),
        key=lambda cell: float(cell.settings[crossing.of]),
    )
    levels = np.array([cell.settings[crossing.of] for cell in cells], dtype=np.float64)
    curves = (
        np.column_stack(
            [select_point_values(runs, dock.place(cell), crossing.measure) for cell in cells]
        )
        - crossing.level
    )
    without = (curves.sum(axis=0) - curves) / (len(curves) - 1.0)
    at, resampled = (
        find_first_crossing(levels, curves.mean(axis=0), crossing),
        np.array([find_first_crossing(levels, curve, crossing) for curve in without]),
    )
    error = float(
        np.sqrt((len(curves) - 1.0) / len(curves) * ((resampled - resampled.mean()) ** 2).sum())
    )
    ours, reference = MeanWithError(at, error), MeanWithError(crossing.value, crossing.error)
    margin = dock.margin(crossing.cell.measure)
    return CellComparison(
        crossing.cell,
        ours,
        len(curves),
        reference,
        margin,
        compare_with_reference(ours, reference, margin, count),
    )


def find_first_crossing(levels: Floats, gap: Floats, crossing: CurveCrossing) -> float:
    """Return where a curve, less its level, changes sign first."""
    found = find_sign_changes(levels, gap)
    if not found:
        raise InputError(
            f"{crossing.measure} does not cross {crossing.level:g} along {crossing.of}; give"
            " cells.csv values on both sides"
        )
    return found[0].at


def estimate_model_error(spread: float, replicates: int, cell: DockCell) -> float:
    """Return our standard error; where all of ours came out the same, that of as many runs that vary as the reference does, not zero."""
    if spread == 0.0 and cell.error and cell.runs:
        return cell.error * float(np.sqrt(cell.runs / replicates))
    return spread / float(np.sqrt(replicates))


def judge_claims(dock: Dock, runs: pl.DataFrame) -> list[ClaimResult]:
    """Judge every claim by the paired difference, with intervals that hold together."""
    claims = dock.about.relations
    found = []
    for relation in claims:
        more, less = (
            select_point_values(runs, place, relation.measure)
            for place in (relation.more, relation.less)
        )
        difference = estimate_paired_difference(
            more, less, compute_simultaneous_level(len(claims), 1.0 - FALSE_ALARM_RATE)
        )
        found.append(ClaimResult(relation, difference, judge_claim(difference)))
    return found
