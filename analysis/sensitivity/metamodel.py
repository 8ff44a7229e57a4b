"""A metamodel: a smooth stand-in for the mean response, learnt from the points of a design and judged on points it has not seen.

A Gaussian process (anisotropic Matern kernel, Rasmussen & Williams 2006, with white noise for luck) up to ``GAUSSIAN_UP_TO`` points, where it
needs the fewest points for a smooth response; above, its cost grows with the cube of their number and gradient boosting on histograms takes
over. Both by scikit-learn, seeded.
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

if TYPE_CHECKING:
    from sklearn.base import RegressorMixin

MAX_GAUSSIAN_POINTS = 400
FOLDS = 5
MIN_POINTS = 20
METAMODEL_SEED = 1
SALTELLI_SAMPLES = 1024  # of Saltelli's sample through the metamodel
SURFACE_SAMPLE = (
    256  # points of the design over which the factors that a surface does not show are averaged
)


class Encoding(NamedTuple):
    """How factors become numbers: ranges of numeric ones (to the unit interval, on a log scale if asked), names of all others (one column each)."""

    ranges: dict[str, tuple[float, float]]
    names: dict[str, list[Any]]
    log: frozenset[str]

    def matrix(self, points: pl.DataFrame) -> Floats:
        """Return points as numbers (P, columns)."""
        columns = []
        for factor in points.columns:
            if factor in self.names:
                columns += [
                    (points[factor] == name).cast(pl.Float64).to_numpy()
                    for name in self.names[factor]
                ]
            else:
                low, high = (self._scaled(factor, np.array(end)) for end in self.ranges[factor])
                columns.append(
                    (self._scaled(factor, points[factor].to_numpy()) - low) / (high - low)
                )
        matrix: Floats = np.column_stack(columns)
        return matrix

    def points(self, unit: Floats) -> pl.DataFrame:
        """Return the points at shares (P, factors) of the unit interval; names have bins of equal width."""
        columns: dict[str, Any] = {}
        for factor, shares in zip([*self.ranges, *self.names], unit.T, strict=True):
            if factor in self.names:
                names = self.names[factor]
                columns[factor] = [
                    names[min(int(share * len(names)), len(names) - 1)] for share in shares
                ]
            else:
                low, high = (self._scaled(factor, np.array(end)) for end in self.ranges[factor])
                value = low + shares * (high - low)
                columns[factor] = np.exp(value) if factor in self.log else value
        return pl.DataFrame(columns)

    def _scaled(self, factor: str, values: Floats) -> Floats:
        """Return values on the factor's scale."""
        scaled: Floats = np.log(values) if factor in self.log else values
        return scaled


class CrossValidation(NamedTuple):
    """Error on points that were held out of the fit, fold by fold.

    Attributes:
        r2: share of the variance between points that is foretold; 0 is no better than the mean of the other points.
        rmse: root mean square error.
        rmse_mean: the same of foretelling the mean of the other points.
        floor: what luck alone leaves of it: the root of its variance in the means over replicates; NaN with one replicate.
        gain: by how much the squared error is smaller than that of the mean, over points; ``n`` counts points.
    """

    r2: float
    rmse: float
    rmse_mean: float
    floor: float
    gain: Estimate


class Metamodel(NamedTuple):
    """A fitted metamodel with its held-out error, the points it was fitted to, and what was left out."""

    kind: str
    encoding: Encoding
    regressor: RegressorMixin
    held_out: CrossValidation
    points: pl.DataFrame
    note: str

    def predict(self, points: pl.DataFrame) -> Floats:
        """Return the foretold mean at points (columns as in the design)."""
        found: Floats = self.regressor.predict(
            self.encoding.matrix(points.select(self.points.columns))
        )
        return found


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
    """Fit a metamodel to the mean over replicates at every point.

    Args:
        points: a row per point, a column per factor: numbers, or anything else as names.
        values: a measure by point and replicate (P, R); NaN where a run failed. A point with a gap is left out, and so is one that stands twice.
        log: numeric factors on a log scale.

    Raises:
        AnalysisError: too few points, no factor that varies, or no better than the mean on points held out (the 95 % interval of its gain reaches 0).
    """
    points = points.with_columns(cs.numeric().cast(pl.Float64))
    varied = [name for name in points.columns if points[name].n_unique() > 1]
    if not varied:
        raise AnalysisError(
            "no factor has several levels; give one a range or several levels, for example"
            " imitation.rate=0,0.1"
        )
    whole = np.asarray(np.isfinite(values).all(axis=1))
    chosen = (
        points.select(varied)
        .with_row_index("place")
        .filter(whole)
        .unique(varied, keep="first", maintain_order=True)
    )
    distinct, lost = chosen.drop("place"), len(points.unique()) - len(chosen)
    if len(chosen) < MIN_POINTS:
        raise AnalysisError(
            f"a metamodel needs {MIN_POINTS} points or more and the design has"
            f" {len(chosen)}{' without failed runs' if lost else ''}: take more samples, for"
            " example design=latin_hypercube design.samples=64"
        )
    numeric_first = sorted(varied, key=lambda name: not distinct[name].dtype.is_numeric())
    distinct = distinct.select(numeric_first)
    encoding = make_encoding(distinct, [name for name in log if name in varied])
    x, runs = encoding.matrix(distinct), values[chosen["place"].to_numpy()]
    y = runs.mean(axis=1)
    if np.ptp(y) == 0:
        raise AnalysisError("the mean is the same at all points: there is nothing to learn")
    held_out = cross_validate(x, runs)
    if not held_out.gain.low > 0:
        raise AnalysisError(
            f"the metamodel foretells nothing: on points held out its error {held_out.rmse:.3g} is"
            f" not reliably smaller than that of the mean, {held_out.rmse_mean:.3g} (R2"
            f" {held_out.r2:.2f}); take more samples or replicates, or fewer factors"
        )
    note = (
        f" {lost} of {lost + len(chosen)} points are left out because runs at them failed."
        if lost
        else ""
    )
    return Metamodel(choose_kind(len(x)), encoding, fit_regressor(x, y), held_out, distinct, note)


def choose_kind(points: int) -> str:
    """Return which kind of metamodel so many points get."""
    return "Gaussian process" if points <= MAX_GAUSSIAN_POINTS else "gradient boosting"


def fit_regressor(x: Floats, y: Floats) -> RegressorMixin:
    """Return a fitted regressor."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from threadpoolctl import threadpool_limits

    if choose_kind(len(x)) == "gradient boosting":
        with threadpool_limits(
            1
        ):  # the order of sums, and with it the last digits, depends on the number of threads
            return HistGradientBoostingRegressor(
                early_stopping=False, random_state=METAMODEL_SEED
            ).fit(x, y)
    kernel = ConstantKernel(1.0, (1e-2, 1e3)) * Matern(
        np.ones(x.shape[1]), (0.05, 1e3), nu=2.5
    ) + WhiteKernel(0.1, (1e-8, 2.0))
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # a length scale at its bound is a factor that does nothing
        return GaussianProcessRegressor(kernel, normalize_y=True, random_state=METAMODEL_SEED).fit(
            x, y
        )


def cross_validate(x: Floats, runs: Floats) -> CrossValidation:
    """Return the error on held-out points: five folds, drawn once."""
    from sklearn.model_selection import KFold

    y = runs.mean(axis=1)
    foretold, by_mean = np.empty_like(y), np.empty_like(y)
    for seen, held in KFold(FOLDS, shuffle=True, random_state=METAMODEL_SEED).split(x):
        foretold[held] = (
            fit_regressor(x[seen], y[seen]).predict(x[held]) if np.ptp(y[seen]) > 0 else y[seen][0]
        )
        by_mean[held] = y[seen].mean()
    errors, of_mean = (y - foretold) ** 2, (y - by_mean) ** 2
    replicates = runs.shape[1]
    floor = (
        float(np.sqrt(compute_mean_squares(runs).own / replicates))
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
    """Return Sobol' indices of a metamodel over the box its points span: ``factor, first, total`` with the bootstrap half-widths of SALib.

    Intervals count the sample through the metamodel alone, which is cheap; what the metamodel gets wrong is its held-out error.
    """
    from SALib.analyze import sobol
    from SALib.sample import sobol as saltelli

    names = model.points.columns
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    unit = saltelli.sample(problem, SALTELLI_SAMPLES, calc_second_order=False, seed=METAMODEL_SEED)
    found = sobol.analyze(
        problem,
        model.predict(model.encoding.points(unit)),
        calc_second_order=False,
        num_resamples=1000,
        seed=METAMODEL_SEED,
    )
    columns: dict[str, Any] = {"factor": names}
    for ours, theirs in (("first", "S1"), ("total", "ST")):
        value, half = found[theirs], found[f"{theirs}_conf"]
        columns |= {ours: value, f"{ours}_low": value - half, f"{ours}_high": value + half}
    return pl.DataFrame(columns)


def compute_partial_dependence(model: Metamodel, shown: Mapping[str, Any]) -> float:
    """Return the foretold mean with some factors held and the others as at the points of the design (partial dependence, Friedman 2001)."""
    step = max(1, len(model.points) // SURFACE_SAMPLE)
    others = model.points.gather_every(step)
    held = others.with_columns(
        pl.lit(level, dtype=others[name].dtype).alias(name) for name, level in shown.items()
    )
    return float(model.predict(held).mean())


def check_factor(name: str, known: Sequence[str]) -> None:
    """Refuse what is no factor that varies."""
    if name not in known:
        raise AnalysisError(
            f"{name} is not a factor that varies in this study.{suggest_or_list(name, known)}"
        )
