"""Shares of variance: analysis of variance of a factorial design, regression of a sampled one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import statsmodels.api as sm
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Floats
from analysis.tidy import (
    ROUNDING_TOLERANCE,
    check_runs,
    check_table,
    extract_values,
    has_common_seeds,
    is_constant,
    list_levels,
)

MAX_FACTORIAL_POINTS = 1500
INTERACTION_SIGN = " x "


def variance_shares(
    runs: pl.DataFrame, factors: Sequence[str], measure: str, order: int = 2
) -> pl.DataFrame:
    """Divide the variance over a full factorial among factors, interactions and noise.

    The design is full and balanced, so that the sums of squares add up exactly. Where replicates
    share their seeds, what they share is a source too (randomised blocks).

    Args:
        runs: a row per run of a full factorial: factors, the measure, ``replicate``, ``seed``.
        factors: all factors that vary.
        measure: column to explain.
        order: largest interaction with a row of its own; higher ones share a row.

    Returns:
        A row per source, the last for replicate noise: ``source``, ``sum_of_squares`` (squared
        units of the measure), ``df``, ``f``, ``p_value``, ``eta_squared`` (share of the sum of
        squares; the shares add to 1, and noise alone lifts each above 0), ``omega_squared`` (share
        without that bias; can be below 0), ``n`` (replicates), ``method``.

    Raises:
        AnalysisError: the design is not full or not balanced, has more than 1,500 points, or
            replicates do not differ.

    Source:
        Fisher (1925), Statistical Methods for Research Workers; Hays (1963), omega squared =
        (SS - df MS_noise) / (SS_total + MS_noise). Sums of squares by statsmodels.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs()
        >>> shares = variance_shares(runs, ["structure", "imitation.rate"], "joint_value")
        >>> shares.select("source", pl.col("eta_squared").round(2)).rows()[:3]
        [('structure', 0.0), ('imitation.rate', 0.63), ('structure x imitation.rate', 0.31)]
    """
    for factor in factors:
        list_levels(runs, factor)
    check_runs(runs, measure, *factors)
    replicates = count_balanced_replicates(runs, factors)
    values = extract_values(runs, measure)
    total = float(((values - values.mean()) ** 2).sum())
    sources = collect_variance_sources(runs, factors, measure, order, replicates)
    rest = max(0.0, total - sum(source.squares for source in sources))
    df_rest = len(runs) - 1.0 - sum(source.df for source in sources)
    if rest <= ROUNDING_TOLERANCE * total:
        raise AnalysisError(
            f"{measure} does not vary between replicates beyond what they share, so there is no"
            " noise to test against"
        )
    rows = [make_variance_row(source, total, rest, df_rest) for source in sources]
    residual = {"sum_of_squares": rest, "df": df_rest, "eta_squared": rest / total}
    rows.append({"source": "residual (replicate noise)", **residual})
    method = "ANOVA, full factorial" + (", replicates as blocks" if has_common_seeds(runs) else "")
    return pl.DataFrame(rows).with_columns(n=pl.lit(replicates), method=pl.lit(method))


class VarianceSource(NamedTuple):
    """A factor or interaction with its sum of squares and degrees of freedom."""

    name: str
    squares: float
    df: float


def collect_variance_sources(
    runs: pl.DataFrame, factors: Sequence[str], measure: str, order: int, replicates: int
) -> list[VarianceSource]:
    """Return all sources but the residual: effects, and what replicates share by their seeds."""
    points = runs.group_by(list(factors), maintain_order=True).agg(
        pl.col(measure).cast(pl.Float64).mean()
    )
    sources = [
        source._replace(squares=replicates * source.squares)
        for source in compute_sums_of_squares(points, factors, measure, order)
    ]
    if has_common_seeds(runs):
        by_replicate = (
            runs.group_by("replicate", maintain_order=True)
            .agg(pl.col(measure).cast(pl.Float64).mean())[measure]
            .to_numpy()
        )
        shared = len(points) * float(((by_replicate - by_replicate.mean()) ** 2).sum())
        sources.append(VarianceSource("replicate (common seeds)", shared, replicates - 1.0))
    return sources


def make_variance_row(
    source: VarianceSource, total: float, rest: float, df_rest: float
) -> dict[str, Any]:
    """Return a source with its F test against the residual, and its shares of the total."""
    name, squares, df = source
    noise = rest / df_rest
    f = squares / df / noise
    return {
        "source": name,
        "sum_of_squares": squares,
        "df": df,
        "f": f,
        "p_value": float(stats.f.sf(f, df, df_rest)),
        "eta_squared": squares / total,
        "omega_squared": (squares - df * noise) / (total + noise),
    }


def count_balanced_replicates(runs: pl.DataFrame, factors: Sequence[str]) -> int:
    """Return the number of replicates per point of a balanced full factorial."""
    counts = runs.group_by(list(factors)).agg(
        runs=pl.len(), replicates=pl.col("replicate").n_unique()
    )
    wanted = int(np.prod([runs[factor].n_unique() for factor in factors]))
    if len(counts) != wanted:
        raise AnalysisError(
            f"the design has {len(counts)} of the {wanted} points of a full factorial; use"
            " regression_shares for a sampled design"
        )
    if wanted > MAX_FACTORIAL_POINTS:
        raise AnalysisError(
            f"the design has {wanted} points, more than {MAX_FACTORIAL_POINTS}; take fewer factors,"
            " or use regression_shares"
        )
    replicates = runs["replicate"].n_unique()
    if (counts["runs"] != replicates).any() or (counts["replicates"] != replicates).any():
        raise AnalysisError(
            f"not every point has one run of each of the {replicates} replicates; name every"
            " factor, and complete the study"
        )
    return replicates


def compute_sums_of_squares(
    points: pl.DataFrame, factors: Sequence[str], measure: str, order: int
) -> list[VarianceSource]:
    """Return the effects over the points; those of an order above ``order`` are one source."""
    names = {f"f{position}": factor for position, factor in enumerate(factors)}
    frame = pd.DataFrame(
        {name: points[factor].cast(pl.String).to_list() for name, factor in names.items()}
    )
    frame["y"] = points[measure].to_numpy()
    with np.errstate(divide="ignore"):  # no residual between points, and no use for its F
        table = anova_lm(
            ols("y ~ " + " * ".join(f"C({name})" for name in names), frame).fit(), typ=1
        )
    sources, squares_above, df_above = [], 0.0, 0.0
    for effect, squares, df in zip(table.index, table["sum_sq"], table["df"], strict=True):
        if effect == "Residual":
            continue  # a model with every interaction leaves none between points
        of = [names[part[2:-1]] for part in effect.split(":")]
        if len(of) <= order:
            sources.append(VarianceSource(INTERACTION_SIGN.join(of), float(squares), float(df)))
        else:
            squares_above, df_above = squares_above + float(squares), df_above + float(df)
    higher = VarianceSource("higher order", squares_above, df_above)
    return [*sources, higher] if df_above else sources


def regression_shares(
    runs: pl.DataFrame,
    factors: Sequence[str],
    measure: str,
    *,
    interactions: bool = True,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Regress a measure on standardised factors, for designs that sample a space of numbers.

    The points of the design are the units; their value is the mean over replicates.

    Args:
        runs: a row per run: numeric factors, the measure, ``replicate``.
        factors: all factors that vary.
        measure: column to explain.
        interactions: whether products of two factors are terms too.
        level: confidence level, 0 to 1.

    Returns:
        A row per term: ``term``, ``value`` (change of the measure per standard deviation of the
        factor), ``low``, ``high``, ``p_value`` (HC3: consistent under heteroskedasticity),
        ``share`` (of the variance between points that is lost without the term), ``n`` (points),
        ``level``, ``method``. Three more rows have only a ``share``: "all terms"; "replicate
        noise"; "left" (curvature and higher interactions; noise can make it negative).

    Raises:
        AnalysisError: a factor is not numeric or does not vary, a point has one replicate, or there
            are too few points for the terms.

    Source:
        MacKinnon & White (1985), J. Econometrics 29 (HC3); by statsmodels.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs(depths=(1.0, 2.0, 4.0)).filter(structure="hub")
        >>> table = regression_shares(runs, ["imitation.rate", "production.depth"], "joint_value")
        >>> table.select("term", pl.col("value").round(2)).rows()[:2]
        [('imitation.rate', -0.07), ('production.depth', -0.26)]
    """
    check_runs(runs, measure, *factors)
    points = summarise_points(runs, factors, measure)
    terms = standardise_factors(points, factors, interactions)
    wanted = len(terms) + 3
    if len(points) < wanted:
        raise AnalysisError(
            f"{len(terms)} terms need {wanted} points or more; there are {len(points)}; sample more"
            " or set interactions=False"
        )
    response = points["y"].to_numpy()
    rows, explained = fit_terms(response, terms, level)
    noise = float(points["noise"].to_numpy().mean() / response.var(ddof=1))
    shares = {"all terms": explained, "replicate noise": noise, "left": 1.0 - explained - noise}
    rows += [{"term": name, "share": float(share)} for name, share in shares.items()]
    method = "regression, standardised factors, HC3"
    return pl.DataFrame(rows).with_columns(
        n=pl.lit(len(points)), level=pl.lit(level), method=pl.lit(method)
    )


def summarise_points(runs: pl.DataFrame, factors: Sequence[str], measure: str) -> pl.DataFrame:
    """Return per point the mean ``y``, its variance by ``noise``, and how many ``runs`` it has."""
    points = runs.group_by(list(factors), maintain_order=True).agg(
        y=pl.col(measure).cast(pl.Float64).mean(),
        noise=pl.col(measure).cast(pl.Float64).var() / pl.len(),
        runs=pl.len(),
    )
    if points["runs"].min() == 1:
        raise AnalysisError(
            "there is a point with one replicate, which gives no noise; run the study with"
            " replicates=2 or more"
        )
    return points


def fit_terms(
    response: Floats, terms: dict[str, Floats], level: float
) -> tuple[list[dict[str, Any]], float]:
    """Return a row per term of the regression, and the share that all terms explain."""
    design = sm.add_constant(np.column_stack(list(terms.values())))
    plain = sm.OLS(response, design).fit()
    robust = sm.OLS(response, design).fit(cov_type="HC3", use_t=True)
    bounds = robust.conf_int(1.0 - level)
    lost = plain.tvalues**2 * (1.0 - plain.rsquared) / plain.df_resid
    rows = [
        {
            "term": term,
            "value": robust.params[at],
            "low": bounds[at, 0],
            "high": bounds[at, 1],
            "p_value": robust.pvalues[at],
            "share": lost[at],
        }
        for at, term in enumerate(terms, start=1)
    ]
    return rows, plain.rsquared


def standardise_factors(
    points: pl.DataFrame, factors: Sequence[str], interactions: bool
) -> dict[str, Floats]:
    """Return the terms of a regression: factors with mean 0 and standard deviation 1, products."""
    check_table(points, *factors)
    scaled = {}
    for factor in factors:
        if not points[factor].dtype.is_numeric():
            raise AnalysisError(
                f"{factor} is {points[factor].dtype}, not numbers; use variance_shares for a full"
                " factorial, or filter to one level"
            )
        values = extract_values(points, factor)
        if is_constant(values):
            raise AnalysisError(
                f"{factor} has one level, {values[0]:g}; a comparison needs two or more"
            )
        scaled[factor] = (values - values.mean()) / values.std(ddof=1)
    pairs = combinations(factors, 2) if interactions else ()
    return scaled | {f"{a}{INTERACTION_SIGN}{b}": scaled[a] * scaled[b] for a, b in pairs}
