"""A metamodel: a smooth model of the mean response, fitted to a design, tested on held-out points.

Up to ``MAX_GAUSSIAN_POINTS`` points it is a Gaussian process (anisotropic Matern kernel, Rasmussen
& Williams 2006, with white noise), which needs the fewest points for a smooth response. Its cost
grows with the cube of their number; above, it is gradient boosting on histograms. Both are by
scikit-learn, seeded.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import polars.selectors as cs

from analysis.errors import AnalysisError
from analysis.estimates import Estimate, Floats, estimate_mean
from analysis.names import suggest_or_list
from analysis.sensitivity.noise import compute_mean_squares
from analysis.sensitivity.responses import SENSITIVITY_SEED

if TYPE_CHECKING:
    from sklearn.base import RegressorMixin

MAX_GAUSSIAN_POINTS = 400
FOLDS = 5
MIN_POINTS = 20
SALTELLI_SAMPLES = 1024  # of Saltelli's sample through the metamodel
INDEX_RESAMPLES = 1000
SURFACE_SAMPLE = 256  # points of the design over which a surface averages the other factors


class Encoding(NamedTuple):
    """How factors become numbers.

    Attributes:
        ranges: low and high level of numeric factors, which become 0 and 1.
        names: levels of all other factors, which become one column each.
        log: numeric factors on a log scale.
    """

    ranges: dict[str, tuple[float, float]]
    names: dict[str, list[Any]]
    log: frozenset[str]

    def encode(self, points: pl.DataFrame) -> Floats:
        """Return points as numbers (P, columns)."""
        columns = []
        for factor in points.columns:
            if factor in self.names:
                columns += [
                    (points[factor] == name).cast(pl.Float64).to_numpy()
                    for name in self.names[factor]
                ]
            else:
                low, high = (self._scale(factor, np.array(end)) for end in self.ranges[factor])
                columns.append(
                    (self._scale(factor, points[factor].to_numpy()) - low) / (high - low)
                )
        matrix: Floats = np.column_stack(columns)
        return matrix

    def make_points(self, unit: Floats) -> pl.DataFrame:
        """Return the points at shares (P, factors) of the unit interval; names share it equally."""
        columns: dict[str, Any] = {}
        for factor, shares in zip([*self.ranges, *self.names], unit.T, strict=True):
            if factor in self.names:
                names = self.names[factor]
                columns[factor] = [
                    names[min(int(share * len(names)), len(names) - 1)] for share in shares
                ]
            else:
                low, high = (self._scale(factor, np.array(end)) for end in self.ranges[factor])
                value = low + shares * (high - low)
                columns[factor] = np.exp(value) if factor in self.log else value
        return pl.DataFrame(columns)

    def _scale(self, factor: str, values: Floats) -> Floats:
        """Return values on the factor's scale."""
        scaled: Floats = np.log(values) if factor in self.log else values
        return scaled


class CrossValidation(NamedTuple):
    """Error on held-out points, fold by fold.

    Attributes:
        r2: share of the variance between points that is predicted; 0 is no better than the mean of
            the other points.
        rmse: root mean square error, in units of the measure.
        rmse_mean: the same of the mean of the other points as prediction.
        floor: the error that noise alone causes: the standard error of the means over replicates;
            NaN with one replicate.
        gain: squared error of the mean minus that of the metamodel; ``n`` counts points.
    """

    r2: float
    rmse: float
    rmse_mean: float
    floor: float
    gain: Estimate


class Metamodel(NamedTuple):
    """A fitted metamodel.

    Attributes:
        kind: "Gaussian process" or "gradient boosting".
        encoding: how factors become numbers.
        regressor: scikit-learn's fitted regressor.
        held_out: error on held-out points.
        points: the points it was fitted to.
        note: what is left out.
    """

    kind: str
    encoding: Encoding
    regressor: RegressorMixin
    held_out: CrossValidation
    points: pl.DataFrame
    note: str

    def predict(self, points: pl.DataFrame) -> Floats:
        """Return the predicted mean at points (columns as in the design)."""
        means: Floats = self.regressor.predict(
            self.encoding.encode(points.select(self.points.columns))
        )
        return means


def make_encoding(points: pl.DataFrame, log: Sequence[str]) -> Encoding:
    """Return how the factors of a design become numbers; numeric factors come first."""
    numbers = [name for name in points.columns if points[name].dtype.is_numeric()]
    ranges = {
        name: (float(np.min(points[name].to_numpy())), float(np.max(points[name].to_numpy())))
        for name in numbers
    }
    names = {
        name: points[name].unique(maintain_order=True).to_list()
        for name in points.columns
        if name not in numbers
    }
    return Encoding(ranges, names, frozenset(log))


def fit_metamodel(points: pl.DataFrame, values: Floats, log: Sequence[str] = ()) -> Metamodel:
    """Fit a metamodel to the mean over replicates at every point of a design.

    Args:
        points: a row per point, a column per factor: numbers, or anything else as names.
        values: a measure by point and replicate (P, R); NaN where a run failed. A point with a gap
            is left out, and so is a repeated one.
        log: numeric factors on a log scale.

    Returns:
        ``Metamodel``, with ``predict(points)`` and its error on held-out points (``held_out``).

    Raises:
        AnalysisError: too few points, no factor that varies, or no predictive skill on held-out
            points (the 95 % interval of the gain over the mean reaches 0).

    Source:
        Rasmussen & Williams (2006), Gaussian Processes for Machine Learning, equation 4.17 (Matern
        5/2) and algorithm 2.1; by scikit-learn.

    Example:
        >>> points = pl.DataFrame({"rate": np.linspace(0.0, 1.0, 24)})
        >>> values = (points["rate"].to_numpy() ** 2)[:, None]  # one replicate
        >>> model = fit_metamodel(points, values)
        >>> model.kind, round(model.held_out.r2, 2)
        ('Gaussian process', 1.0)
    """
    points = points.with_columns(cs.numeric().cast(pl.Float64))
    varied = [name for name in points.columns if points[name].n_unique() > 1]
    if not varied:
        raise AnalysisError(
            "no factor has several levels; give one a range or several levels, for example"
            " imitation.rate=0,0.1"
        )
    chosen = select_distinct_points(points, values, varied)
    distinct, lost = chosen.drop("place"), len(points.unique()) - len(chosen)
    if len(chosen) < MIN_POINTS:
        raise AnalysisError(
            f"a metamodel needs {MIN_POINTS} points or more and the design has"
            f" {len(chosen)}{' without failed runs' if lost else ''}: take more samples, for"
            " example design=latin_hypercube design.samples=64"
        )
    encoding = make_encoding(distinct, [name for name in log if name in varied])
    x, runs = encoding.encode(distinct), values[chosen["place"].to_numpy()]
    held_out = validate_metamodel(x, runs)
    note = (
        f" {lost} of {lost + len(chosen)} points are left out because runs at them failed."
        if lost
        else ""
    )
    regressor = fit_regressor(x, runs.mean(axis=1))
    return Metamodel(choose_kind(len(x)), encoding, regressor, held_out, distinct, note)


def select_distinct_points(
    points: pl.DataFrame, values: Floats, varied: Sequence[str]
) -> pl.DataFrame:
    """Return the distinct points without gaps, numeric factors first, and their ``place``."""
    complete = np.asarray(np.isfinite(values).all(axis=1))
    distinct = (
        points.select(varied)
        .with_row_index("place")
        .filter(complete)
        .unique(varied, keep="first", maintain_order=True)
    )
    numeric_first = sorted(varied, key=lambda name: not distinct[name].dtype.is_numeric())
    return distinct.select("place", *numeric_first)


def validate_metamodel(x: Floats, runs: Floats) -> CrossValidation:
    """Return the error on held-out points of what can be learnt, or refuse."""
    if np.ptp(runs.mean(axis=1)) == 0:
        raise AnalysisError("the mean is the same at all points: there is nothing to learn")
    held_out = cross_validate(x, runs)
    if not held_out.gain.low > 0:
        raise AnalysisError(
            "the metamodel has no predictive skill on held-out points: its error"
            f" {held_out.rmse:.3g} is not reliably smaller than that of the mean,"
            f" {held_out.rmse_mean:.3g} (R2 {held_out.r2:.2f}); take more samples or replicates, or"
            " fewer factors"
        )
    return held_out


def choose_kind(points: int) -> str:
    """Return the kind of metamodel for a number of points."""
    return "Gaussian process" if points <= MAX_GAUSSIAN_POINTS else "gradient boosting"


def fit_regressor(x: Floats, y: Floats) -> RegressorMixin:
    """Return a fitted regressor."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from threadpoolctl import threadpool_limits

    if choose_kind(len(x)) == "gradient boosting":
        # The order of sums, and with it the last digits, depends on the number of threads.
        with threadpool_limits(1):
            return HistGradientBoostingRegressor(
                early_stopping=False, random_state=SENSITIVITY_SEED
            ).fit(x, y)
    kernel = ConstantKernel(1.0, (1e-2, 1e3)) * Matern(
        np.ones(x.shape[1]), (0.05, 1e3), nu=2.5
    ) + WhiteKernel(0.1, (1e-8, 2.0))
    with warnings.catch_warnings(), threadpool_limits(1):
        # A length scale at its bound is a factor without effect.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianProcessRegressor(
            kernel, normalize_y=True, random_state=SENSITIVITY_SEED
        ).fit(x, y)


def cross_validate(x: Floats, runs: Floats) -> CrossValidation:
    """Return the error on held-out points, in five random folds."""
    from sklearn.model_selection import KFold

    y = runs.mean(axis=1)
    predicted, by_mean = np.empty_like(y), np.empty_like(y)
    for rest, held_out in KFold(FOLDS, shuffle=True, random_state=SENSITIVITY_SEED).split(x):
        predicted[held_out] = (
            fit_regressor(x[rest], y[rest]).predict(x[held_out])
            if np.ptp(y[rest]) > 0
            else y[rest][0]
        )
        by_mean[held_out] = y[rest].mean()
    errors, of_mean = (y - predicted) ** 2, (y - by_mean) ** 2
    replicates = runs.shape[1]
    floor = (
        float(np.sqrt(compute_mean_squares(runs).specific / replicates))
        if replicates > 1
        else float("nan")
    )
    rmse, rmse_mean = float(np.sqrt(errors.mean())), float(np.sqrt(of_mean.mean()))
    return CrossValidation(
        1 - float(errors.sum() / of_mean.sum()),
        rmse,
        rmse_mean,
        floor,
        estimate_mean(of_mean - errors),
    )


def compute_metamodel_indices(model: Metamodel) -> pl.DataFrame:
    """Return Sobol' indices of a metamodel over the box its points span.

    Columns: ``factor``, ``first`` and ``total`` with ``_low`` and ``_high`` (SALib's bootstrap).
    The intervals count the sample through the metamodel alone, not the metamodel's own error.
    """
    from SALib.analyze import sobol
    from SALib.sample import sobol as saltelli

    names = model.points.columns
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    unit = saltelli.sample(
        problem, SALTELLI_SAMPLES, calc_second_order=False, seed=SENSITIVITY_SEED
    )
    indices = sobol.analyze(
        problem,
        model.predict(model.encoding.make_points(unit)),
        calc_second_order=False,
        num_resamples=INDEX_RESAMPLES,
        seed=SENSITIVITY_SEED,
    )
    columns: dict[str, Any] = {"factor": names}
    for ours, theirs in (("first", "S1"), ("total", "ST")):
        value, half = indices[theirs], indices[f"{theirs}_conf"]
        columns |= {ours: value, f"{ours}_low": value - half, f"{ours}_high": value + half}
    return pl.DataFrame(columns)


def compute_partial_dependence(model: Metamodel, shown: Mapping[str, Any]) -> float:
    """Return the predicted mean at levels of some factors (partial dependence, Friedman 2001).

    The other factors are as at the points of the design.
    """
    step = max(1, len(model.points) // SURFACE_SAMPLE)
    others = model.points.gather_every(step)
    points = others.with_columns(
        pl.lit(level, dtype=others[name].dtype).alias(name) for name, level in shown.items()
    )
    return float(model.predict(points).mean())


def check_factor(name: str, known: Sequence[str]) -> None:
    """Refuse a name that is not that of a factor that varies."""
    if name not in known:
        raise AnalysisError(
            f"{name} is not a factor that varies in this study.{suggest_or_list(name, known)}"
        )
