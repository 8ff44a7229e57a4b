"""The two-lines test of a U or an inverted U with the Robin Hood break point (Simonsohn 2018).

A quadratic can call a curve U-shaped that never turns. Two lines, one on either side of a break
point, test only what a U claims: slopes of opposite sign. The break point gives more of the flat
part of the curve to the weaker line. Two things differ from the paper. Runs of one replicate share
random numbers, so the slopes are estimated within replicates and tested over them (with a seed for
every run: one regression with HC3 errors, as in the paper). A factor of ten levels or fewer is
smoothed by its level means.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import stats
from statsmodels.gam.api import BSplines, GLMGam

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Estimate, Floats, estimate_mean
from analysis.tidy import is_constant

Integers = NDArray[np.intp]
Booleans = NDArray[np.bool_]
FEW_LEVELS = 10
INNER_QUANTILES = (0.1, 0.9)  # the break point lies within the middle 80 % of the observations
MAX_T = 1e6


class Line(NamedTuple):
    """The slope of one line with its interval, its t, and the two-sided p value of a flat line."""

    slope: Estimate
    t: float
    p_value: float


class TwoLines(NamedTuple):
    """The break point and the lines before and after it."""

    break_point: float
    before: Line
    after: Line
    method: str

    @property
    def p_value(self) -> float:
        """The larger of both p values if the slopes have opposite signs, else 1."""
        opposite = self.before.slope.value * self.after.slope.value < 0.0
        return max(self.before.p_value, self.after.p_value) if opposite else 1.0


def fit_two_lines(
    x: Floats, y: Floats, replicate: Floats, *, common: bool, level: float = LEVEL
) -> TwoLines:
    """Test a U or an inverted U in observations (N,).

    With ``common`` the observations of a replicate share random numbers.

    Raises:
        AnalysisError: there are fewer than three levels of ``x``, or a replicate has fewer than two
            on one side of the break point.
    """
    if np.unique(x).size < 3:
        raise AnalysisError(f"two lines need three levels or more; there are {np.unique(x).size}")
    group = np.unique(replicate, return_inverse=True)[1]
    if group.max() < 1:
        raise AnalysisError(
            "one replicate gives no interval; run the study with replicates=2 or more"
        )
    flat = find_flat_part(
        x, y - (np.bincount(group, y) / np.bincount(group))[group] if common else y
    )
    trial = fit_lines_at(float(np.median(flat)), x, y, group, common, level)
    # A line without any noise has an infinite t.
    before, after = (min(abs(line.t), MAX_T) for line in trial)
    share = after / (before + after) if before + after > 0.0 else 0.5
    break_point = float(np.quantile(flat, share))
    method = (
        "two lines, Simonsohn 2018; slopes within replicates, Student"
        if common
        else "two lines, Simonsohn 2018; HC3"
    )
    return TwoLines(break_point, *fit_lines_at(break_point, x, y, group, common, level), method)


def find_flat_part(x: Floats, y: Floats) -> Floats:
    """Return the inner ``x`` at which the smooth curve lies within one standard error of its top.

    For a curve that falls first, of its bottom.
    """
    fitted, error = smooth_curve(x, y)
    slope, curvature = np.polynomial.Polynomial.fit(x, y, 2).convert().coef[1:3]
    turned = 1.0 if slope + 2.0 * curvature * x.min() > 0.0 else -1.0
    low, high = np.quantile(x, INNER_QUANTILES)
    inner = (x > low) & (x < high)
    if not inner.any():
        raise AnalysisError(
            "no observation lies in the middle 80 % of the range, where a break point could be; use"
            " more levels"
        )
    fitted, error, inside = turned * fitted[inner], error[inner], x[inner]
    flat: Floats = inside[fitted + error >= fitted.max()]
    return flat


def smooth_curve(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return a smooth curve through observations, and its standard error at each of them.

    It holds level means if the levels are few, else a penalised spline (GCV).
    """
    levels, at = np.unique(x, return_inverse=True)
    if levels.size <= FEW_LEVELS:
        count = np.bincount(at)
        centre = np.bincount(at, y) / count
        spread = np.bincount(at, (y - centre[at]) ** 2) / np.maximum(1, count - 1)
        return centre[at], np.sqrt(spread / count)[at]
    spline = GLMGam(
        y,
        exog=np.ones((x.size, 1)),
        smoother=BSplines(x[:, None], df=[FEW_LEVELS], degree=[3]),
        alpha=[1.0],
    )
    spline.fit()  # the choice of the penalty starts from a fit
    spline.alpha = spline.select_penweight(criterion="gcv", method="nm", disp=False)[0]
    fitted = spline.fit()
    variance = np.einsum("ij,jk,ik->i", spline.exog, fitted.cov_params(), spline.exog)
    return np.asarray(fitted.fittedvalues), np.sqrt(np.maximum(0.0, variance))


def fit_lines_at(
    point: float, x: Floats, y: Floats, group: Integers, common: bool, level: float
) -> tuple[Line, Line]:
    """Return the lines up to a point and from it on; observations at the point belong to both."""
    if common:
        return fit_line_over_replicates(x, y, group, x <= point, level), fit_line_over_replicates(
            x, y, group, x >= point, level
        )
    return fit_robust_line(point, x, y, x <= point, level), fit_robust_line(
        point, x, y, x >= point, level
    )


def fit_line_over_replicates(
    x: Floats, y: Floats, group: Integers, part: Booleans, level: float
) -> Line:
    """Return a line from the slopes within every replicate, over part of the observations."""
    here, replicates = group[part], int(group.max()) + 1
    count = np.bincount(here, minlength=replicates)
    apart = x[part] - (np.bincount(here, x[part], replicates) / np.maximum(1, count))[here]
    squares = np.bincount(here, apart**2, replicates)
    if squares.min() <= 0.0:
        raise AnalysisError(
            "a replicate has fewer than two levels on one side of the break point; use more levels,"
            " or complete the study"
        )
    slopes = np.bincount(here, apart * y[part], replicates) / squares
    slope = estimate_mean(slopes, level)
    if is_constant(slopes):
        return Line(
            slope,
            np.sign(slope.value) * np.inf if slope.value else 0.0,
            0.0 if slope.value else 1.0,
        )
    test = stats.ttest_1samp(slopes, 0.0)
    return Line(slope, float(test.statistic), float(test.pvalue))


def fit_robust_line(point: float, x: Floats, y: Floats, part: Booleans, level: float) -> Line:
    """Return one line of an interrupted regression with HC3 errors; each side has its own line."""
    if min(np.unique(x[part]).size, np.unique(x[~part]).size) < 2:
        raise AnalysisError(
            "there are fewer than two levels on one side of the break point; use more levels"
        )
    shifted = x - point
    design = np.column_stack([part, part * shifted, ~part, ~part * shifted]).astype(np.float64)
    fitted = sm.OLS(y, design).fit(cov_type="HC3", use_t=True)
    low, high = fitted.conf_int(1.0 - level)[1]
    return Line(
        Estimate(float(fitted.params[1]), float(low), float(high), x.size),
        float(fitted.tvalues[1]),
        float(fitted.pvalues[1]),
    )
