"""Interactions and shares of variance: analysis of variance of a factorial design, regression on the factors of a sampled one (statsmodels)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import polars as pl
import statsmodels.api as sm
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Floats
from analysis.tidy import check_runs, check_table, extract_values, is_constant, list_levels

MAX_FACTORIAL_POINTS = 1500
INTERACTION_SIGN = " x "


def variance_shares(
    runs: pl.DataFrame, factors: Sequence[str], measure: str, order: int = 2
) -> pl.DataFrame:
    """Return which share of the variance over a full factorial each factor and interaction accounts for; the residual is replicate noise.

    Interactions of more than ``order`` factors are one row. Where replicates have the same seed at every point, what they share is a row of its
    own (randomised blocks), and the residual is the noise that remains. The design must be full and balanced, so that the sums of squares add
    up exactly; ``eta_squared`` is their share (it adds to 1 and is above 0 by luck alone), ``omega_squared`` an estimate without that bias,
    which can be below 0.

    Columns: ``source``, ``sum_of_squares``, ``df``, ``f``, ``p_value``, ``eta_squared``, ``omega_squared``, ``n`` (replicates), ``method``.
    """
    for factor in factors:
        list_levels(runs, factor)
    check_runs(runs, measure, *factors)
    replicates = count_balanced_replicates(runs, factors)
    values = extract_values(runs, measure)
    total = float(((values - values.mean()) ** 2).sum())
    points = runs.group_by(list(factors), maintain_order=True).agg(
        pl.col(measure).cast(pl.Float64).mean()
    )
    sources = [
        (name, replicates * squares, df)
        for name, squares, df in compute_sums_of_squares(points, factors, measure, order)
    ]
    common = (
        "seed" in runs.columns
        and runs.group_by("replicate").agg(pl.col("seed").n_unique())["seed"].max() == 1
    )
    if common:
        by_replicate = (
            runs.group_by("replicate")
            .agg(pl.col(measure).cast(pl.Float64).mean())[measure]
            .to_numpy()
        )
        sources.append(
            (
                "replicate (common seeds)",
                len(points) * float(((by_replicate - by_replicate.mean()) ** 2).sum()),
                replicates - 1.0,
            )
        )
    rest = max(0.0, total - sum(squares for _, squares, _ in sources))
    df_rest = len(runs) - 1.0 - sum(df for _, _, df in sources)
    if rest <= 1e-12 * total:
        raise AnalysisError(
            f"{measure} does not vary between replicates beyond what they share, so there is no"
            " noise to test against"
        )
    noise = rest / df_rest
    rows = []
    for name, squares, df in sources:
        f = squares / df / noise
        tested = {
            "sum_of_squares": squares,
            "df": df,
            "f": f,
            "p_value": float(stats.f.sf(f, df, df_rest)),
        }
        rows.append(
            {
                "source": name,
                **tested,
                "eta_squared": squares / total,
                "omega_squared": (squares - df * noise) / (total + noise),
            }
        )
    rows.append(
        {
            "source": "residual (replicate noise)",
            "sum_of_squares": rest,
            "df": df_rest,
            "eta_squared": rest / total,
        }
    )
    method = "ANOVA, full factorial" + (", replicates as blocks" if common else "")
    return pl.DataFrame(rows).with_columns(n=pl.lit(replicates), method=pl.lit(method))


def count_balanced_replicates(runs: pl.DataFrame, factors: Sequence[str]) -> int:
    """Return how many replicates every point of a full factorial has, the same at all."""
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
) -> list[tuple[str, float, float]]:
    """Return source, sum of squares over the points and degrees of freedom of every effect, those above ``order`` together."""
    names = {f"f{position}": factor for position, factor in enumerate(factors)}
    frame = pd.DataFrame(
        {name: points[factor].cast(pl.String).to_list() for name, factor in names.items()}
    )
    frame["y"] = points[measure].to_numpy()
    with np.errstate(divide="ignore"):  # no residual between points, and no use for its F
        table = anova_lm(
            ols("y ~ " + " * ".join(f"C({name})" for name in names), frame).fit(), typ=1
        )
    found, squares_above, df_above = [], 0.0, 0.0
    for effect, squares, df in zip(table.index, table["sum_sq"], table["df"], strict=True):
        if effect == "Residual":
            continue  # a model with every interaction leaves none between points
        of = [names[part[2:-1]] for part in effect.split(":")]
        if len(of) <= order:
            found.append((INTERACTION_SIGN.join(of), float(squares), float(df)))
        else:
            squares_above, df_above = squares_above + float(squares), df_above + float(df)
    return [*found, ("higher order", squares_above, df_above)] if df_above else found


def regression_shares(
    runs: pl.DataFrame,
    factors: Sequence[str],
    measure: str,
    *,
    interactions: bool = True,
    level: float = LEVEL,
) -> pl.DataFrame:
    """Return the regression of a measure on standardised factors (mean 0, standard deviation 1), for designs that sample a space of numbers.

    The points of the design are the units; their value is the mean over replicates. ``value`` is by how much the measure changes with one
    standard deviation of the factor, with a heteroskedasticity-consistent interval (HC3); ``share`` is how much of the variance between points
    would be lost without the term. The last rows say what the regression explains together, which part of the variance between points is
    replicate noise, and what is left (curvature, higher interactions; below 0 by luck alone).

    Columns: ``term``, ``value``, ``low``, ``high``, ``p_value``, ``share``, ``n`` (points), ``level``, ``method``.
    """
    check_runs(runs, measure, *factors)
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
    terms = standardise_factors(points, factors, interactions)
    if len(points) < len(terms) + 3:
        wanted = len(terms) + 3
        raise AnalysisError(
            f"{len(terms)} terms need {wanted} points or more; there are {len(points)}; sample more"
            " or set interactions=False"
        )
    response, design = (
        points["y"].to_numpy(),
        sm.add_constant(np.column_stack(list(terms.values()))),
    )
    plain = sm.OLS(response, design).fit()
    robust = sm.OLS(response, design).fit(cov_type="HC3", use_t=True)
    bounds, lost = (
        robust.conf_int(1.0 - level),
        plain.tvalues**2 * (1.0 - plain.rsquared) / plain.df_resid,
    )
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
    noise = float(points["noise"].to_numpy().mean() / response.var(ddof=1))
    shares = {
        "all terms": plain.rsquared,
        "replicate noise": noise,
        "left": 1.0 - plain.rsquared - noise,
    }
    rows += [{"term": name, "share": float(share)} for name, share in shares.items()]
    return pl.DataFrame(rows).with_columns(
        n=pl.lit(len(points)),
        level=pl.lit(level),
        method=pl.lit("regression, standardised factors, HC3"),
    )


def standardise_factors(
    points: pl.DataFrame, factors: Sequence[str], interactions: bool
) -> dict[str, Floats]:
    """Return every factor, and product of two if asked for, with mean 0 and standard deviation 1 of the factors over the points."""
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
