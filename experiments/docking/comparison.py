"""Run the study of a dock and compare its results with the reference values."""

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
    """A cell, or the crossing of a curve, compared with its reference.

    Attributes:
        cell: the cell.
        ours: mean and standard error of our model.
        replicates: number of our replicates.
        reference: reference value and its standard error.
        margin: the smallest difference that matters.
        comparison: difference and verdict.
    """

    cell: DockCell
    ours: MeanWithError
    replicates: int
    reference: MeanWithError
    margin: float
    comparison: ReferenceComparison


class ClaimResult(NamedTuple):
    """A claim with the paired difference that decides on it."""

    claim: Claim
    difference: Estimate
    outcome: str


class DockResult(NamedTuple):
    """Results of a dock.

    Attributes:
        dock: the dock.
        cells: comparisons of the cells that have a reference.
        claims: results of the claims.
        runs: all runs of cells with their parameters.
    """

    dock: Dock
    cells: list[CellComparison]
    claims: list[ClaimResult]
    runs: pl.DataFrame

    @property
    def misses(self) -> int:
        """Number of different cells and contradicted claims."""
        return sum(cell.comparison.verdict == "different" for cell in self.cells) + sum(
            claim.outcome == "contradicted" for claim in self.claims
        )


def format_point_key(settings: Mapping[str, Any]) -> str:
    """Return the parameters of a point as text that is the same for the same parameters."""
    return json.dumps(settings, sort_keys=True)


def list_dock_points(dock: Dock, quick: bool) -> DockPoints:
    """Return the points of cells and claims by key; quick docks omit cells that are only drawn."""
    curves = dock.about.crossings
    cells = [
        cell
        for cell in dock.cells
        if cell.value is not None or not quick or any(curve.is_along(cell) for curve in curves)
    ]
    points = [
        *(dock.collect_settings(cell) for cell in cells),
        *(point for claim in dock.about.relations for point in (claim.more, claim.less)),
    ]
    return {format_point_key(point): point for point in points}


def run_dock(dock: Dock, quick: bool, workers: int) -> DockResult:
    """Run all points of a dock with common random numbers and compare the results."""
    points = list_dock_points(dock, quick)
    replicates = dock.about.replicates.quick if quick else dock.about.replicates.full
    levels = [Level(key, settings) for key, settings in points.items()]
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
    """Return the runs of cells with the parameters that the cells set."""
    rows = [
        {
            CELL_FACTOR: format_point_key(dock.collect_settings(cell)),
            "variant": cell.variant,
            **cell.settings,
        }
        for cell in dock.cells
    ]
    cells = pl.DataFrame(rows, infer_schema_length=None).unique(maintain_order=True)
    return runs.join(cells, on=CELL_FACTOR, maintain_order="right")


def select_point_values(runs: pl.DataFrame, point: Mapping[str, Any], measure: str) -> np.ndarray:
    """Return a measure at a point, by replicate."""
    return (
        runs.filter(pl.col(CELL_FACTOR) == format_point_key(point))
        .sort("replicate")[measure]
        .to_numpy()
    )


def compare_cells(dock: Dock, runs: pl.DataFrame) -> list[CellComparison]:
    """Compare every cell that has a reference and every crossing of a curve."""
    cells = [cell for cell in dock.cells if cell.value is not None]
    count = len(cells) + len(dock.crossings)
    return [
        *(compare_cell(dock, cell, runs, count) for cell in cells),
        *(compare_crossing(dock, crossing, runs, count) for crossing in dock.about.crossings),
    ]


def compare_cell(dock: Dock, cell: DockCell, runs: pl.DataFrame, count: int) -> CellComparison:
    """Compare a cell with its reference; ``count`` cells of the dock are compared."""
    sample = select_point_values(runs, dock.collect_settings(cell), cell.measure)
    deviation = float(sample.std(ddof=1))
    assert cell.value is not None
    # Where only the number of reference runs is known, they are assumed to vary as ours do.
    error = cell.error if cell.error is not None else deviation / float(np.sqrt(cell.runs or 1))
    ours = MeanWithError(float(sample.mean()), estimate_model_error(deviation, sample.size, cell))
    reference = MeanWithError(cell.value, error)
    margin = dock.find_margin(cell.measure)
    comparison = compare_with_reference(ours, reference, margin, count)
    return CellComparison(cell, ours, sample.size, reference, margin, comparison)


def compare_crossing(
    dock: Dock, crossing: CurveCrossing, runs: pl.DataFrame, count: int
) -> CellComparison:
    """Compare where our mean curve crosses a level; jackknife standard error over replicates."""
    cells = sorted(
        (cell for cell in dock.cells if crossing.is_along(cell)),
        key=lambda cell: float(cell.settings[crossing.of]),
    )
    levels = np.array([cell.settings[crossing.of] for cell in cells], dtype=np.float64)
    curves = (
        np.column_stack(
            [
                select_point_values(runs, dock.collect_settings(cell), crossing.measure)
                for cell in cells
            ]
        )
        - crossing.level
    )
    replicates = len(curves)
    without_one = (curves.sum(axis=0) - curves) / (replicates - 1.0)
    resampled = np.array([find_first_crossing(levels, curve, crossing) for curve in without_one])
    deviations = resampled - resampled.mean()
    ours = MeanWithError(
        find_first_crossing(levels, curves.mean(axis=0), crossing),
        float(np.sqrt((replicates - 1.0) / replicates * (deviations**2).sum())),
    )
    reference = MeanWithError(crossing.value, crossing.error)
    margin = dock.find_margin(crossing.cell.measure)
    comparison = compare_with_reference(ours, reference, margin, count)
    return CellComparison(crossing.cell, ours, replicates, reference, margin, comparison)


def find_first_crossing(levels: Floats, gaps: Floats, crossing: CurveCrossing) -> float:
    """Return where a curve first crosses its level; ``gaps`` is the curve minus the level."""
    crossings = find_sign_changes(levels, gaps)
    if not crossings:
        raise InputError(
            f"{crossing.measure} does not cross {crossing.level:g} along {crossing.of}; give"
            " cells.csv values on both sides"
        )
    return crossings[0].at


def estimate_model_error(deviation: float, replicates: int, cell: DockCell) -> float:
    """Return the standard error of our mean.

    If all our replicates agree, the error is that of as many runs with the reference's variation.
    """
    if deviation == 0.0 and cell.error and cell.runs:
        return cell.error * float(np.sqrt(cell.runs / replicates))
    return deviation / float(np.sqrt(replicates))


def judge_claims(dock: Dock, runs: pl.DataFrame) -> list[ClaimResult]:
    """Judge every claim by its paired difference, with intervals that hold jointly."""
    claims = dock.about.relations
    level = compute_simultaneous_level(len(claims), 1.0 - FALSE_ALARM_RATE)
    results = []
    for claim in claims:
        more, less = (
            select_point_values(runs, point, claim.measure) for point in (claim.more, claim.less)
        )
        difference = estimate_paired_difference(more, less, level)
        results.append(ClaimResult(claim, difference, judge_claim(difference)))
    return results
