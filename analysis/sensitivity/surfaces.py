"""Response surfaces of two factors: means of the cells of a factorial, or a metamodel's."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import Floats, estimate_mean
from analysis.sensitivity.metamodel import Metamodel, check_factor, compute_partial_dependence

GRID_STEPS = 21  # of a numeric factor on a metamodel's surface


def check_pair(x: str, y: str, points: pl.DataFrame) -> None:
    """Refuse two factors that span no surface."""
    varied = [name for name in points.columns if points[name].n_unique() > 1]
    for name in (x, y):
        check_factor(name, varied)
    if x == y:
        raise AnalysisError(f"a surface needs two factors and both are {x}; name another")


def compute_surface_means(points: pl.DataFrame, values: Floats, x: str, y: str) -> pl.DataFrame:
    """Return the mean in every cell of two factors.

    Args:
        points: a row per point, a column per factor.
        values: a measure by point and replicate (P, R); NaN where a run failed.
        x: factor along the axis.
        y: the other factor.

    Columns: ``x, y`` (named as the factors), ``mean, low, high, n``. Every cell is averaged over
    the same levels of the other factors, within a replicate first: the interval is Student's over
    replicates (``n``). A replicate with a gap in the cell is left out of it. Rows are x by y, in
    the order of levels.
    """
    check_pair(x, y, points)
    distinct = points.unique()
    if len(distinct) < prod(points[name].n_unique() for name in points.columns):
        raise AnalysisError(
            f"the design is no full factorial, so cells of {x} by {y} are missing or differ in"
            " other factors; use a metamodel's surface"
        )
    cells = points.with_row_index("place").group_by(x, y, maintain_order=True).agg("place")
    rows = []
    for across, along, places in cells.iter_rows():
        within = values[places].mean(axis=0)
        within = within[np.isfinite(within)]
        if not within.size:
            raise AnalysisError(
                f"all runs at {x}={across}, {y}={along} failed, and the surface would have a hole;"
                " see failures.parquet"
            )
        rows.append((across, along, *estimate_mean(within)))
    kinds: dict[str, Any] = {
        x: points[x].dtype,
        y: points[y].dtype,
        **dict.fromkeys(("mean", "low", "high"), pl.Float64),
        "n": pl.Int64,
    }
    table = pl.DataFrame(rows, schema=kinds, orient="row")
    numbers = [name for name in (x, y) if points[name].dtype.is_numeric()]
    return table.sort(numbers, maintain_order=True) if numbers else table


def predict_surface(model: Metamodel, x: str, y: str) -> pl.DataFrame:
    """Return a metamodel's surface: ``x, y`` (named as the factors) and ``mean``.

    It is averaged over the other factors as the design has them.
    """
    check_pair(x, y, model.points)
    along = {name: make_factor_grid(model, name) for name in (x, y)}
    rows = [
        (a, b, compute_partial_dependence(model, {x: a, y: b})) for a in along[x] for b in along[y]
    ]
    return pl.DataFrame(
        rows,
        schema={x: model.points[x].dtype, y: model.points[y].dtype, "mean": pl.Float64},
        orient="row",
    )


def make_factor_grid(model: Metamodel, name: str) -> list[object]:
    """Return the levels of a factor along a surface: its names, or equal steps on its scale."""
    encoding = model.encoding
    if name in encoding.names:
        return list(encoding.names[name])
    low, high = encoding.ranges[name]
    return (
        np.geomspace(low, high, GRID_STEPS)
        if name in encoding.log
        else np.linspace(low, high, GRID_STEPS)
    ).tolist()
