"""Effect sizes: differences in units of the spread, and how often one side is larger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy import stats
from scipy.optimize import brentq
from scipy.special import gammaln

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Estimate
from analysis.tidy import Pairing, Samples, format_point, list_comparisons


class Effect(NamedTuple):
    """A standardised effect with its interval and its name."""

    effect: str
    estimate: Estimate
    method: str


def compute_noncentral_t_interval(t: float, df: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of the noncentrality of an observed t (Steiger & Fouladi 1997)."""
    tails = (1.0 + level) / 2.0, (1.0 - level) / 2.0
    # About the standard deviation of the noncentrality.
    spread = float(np.sqrt(1.0 + t * t / (2.0 * df)))

    def bound(tail: float) -> float:
        def excess(noncentrality: float) -> float:
            return float(stats.nct.cdf(t, df, noncentrality)) - tail

        low, high = t - 2.0 * spread, t + 2.0 * spread
        while excess(low) < 0.0:
            low -= 2.0 * spread
        while excess(high) > 0.0:
            high += 2.0 * spread
        return float(brentq(excess, low, high, xtol=1e-10))

    return bound(tails[0]), bound(tails[1])


def compute_small_sample_factor(df: float) -> float:
    """Return the factor that removes the bias of a standardised difference, J (Hedges 1981)."""
    return float(np.exp(gammaln(df / 2.0) - gammaln((df - 1.0) / 2.0)) / np.sqrt(df / 2.0))


def compute_hedges_g(samples: Samples, level: float = LEVEL) -> Effect:
    """Return the difference of two means in pooled standard deviations, unbiased (Hedges 1981)."""
    first, second = samples.first, samples.second
    df = first.size + second.size - 2
    t = float(stats.ttest_ind(first, second).statistic)
    scale = compute_small_sample_factor(df) * float(np.sqrt(1.0 / first.size + 1.0 / second.size))
    low, high = compute_noncentral_t_interval(t, df, level)
    return Effect(
        "Hedges' g",
        Estimate(scale * t, scale * low, scale * high, samples.n),
        "unpaired, noncentral t",
    )


def compute_d_z(samples: Samples, level: float = LEVEL) -> Effect:
    """Return the mean of paired differences in their own standard deviations.

    It grows with the random variation that the pairs share.
    """
    n = samples.n
    t = float(stats.ttest_rel(samples.first, samples.second).statistic)
    low, high = compute_noncentral_t_interval(t, n - 1, level)
    root = float(np.sqrt(n))
    return Effect("d_z", Estimate(t / root, low / root, high / root, n), "paired, noncentral t")


def estimate_superiority(samples: Samples, level: float = LEVEL) -> Effect:
    """Return the probability that the first is larger than the second, ties counted half.

    Paired: the share of pairs, with the exact binomial interval. Unpaired: Mann-Whitney's U over
    all possible pairs, with the interval of Newcombe (2006, method 5), which also holds when the
    samples do not overlap.
    """
    first, second, n = samples.first, samples.second, samples.n
    if samples.paired:
        wins = float((first > second).sum() + (first == second).sum() / 2.0)
        low = stats.binomtest(int(np.floor(wins)), n).proportion_ci(level).low
        high = stats.binomtest(int(np.ceil(wins)), n).proportion_ci(level).high
        return Effect(
            "probability of superiority",
            Estimate(wins / n, float(low), float(high), n),
            "paired, exact binomial",
        )
    share = float(stats.mannwhitneyu(first, second).statistic) / (first.size * second.size)
    low, high = compute_newcombe_interval(share, first.size, second.size, level)
    return Effect(
        "probability of superiority",
        Estimate(share, low, high, n),
        "unpaired, Mann-Whitney, Newcombe",
    )


def compute_newcombe_interval(
    share: float, m: int, n: int, level: float = LEVEL
) -> tuple[float, float]:
    """Return the interval of a probability of superiority, by inversion of its standard error.

    The variance at probability p is that of Hanley & McNeil (1982), with both sample sizes replaced
    by their mean.
    """
    z, middle = float(stats.norm.ppf((1.0 + level) / 2.0)), (m + n) / 2.0 - 1.0

    def distance(p: float) -> float:
        variance = (
            p * (1.0 - p) * (1.0 + middle * ((1.0 - p) / (2.0 - p) + p / (1.0 + p))) / (m * n)
        )
        return (share - p) ** 2 - z * z * variance

    edge = 1e-9  # the distance is 0 at 0 and 1 themselves, which are not the ends wanted
    low = 0.0 if share == 0.0 else float(brentq(distance, 0.0, min(share, 1.0 - edge)))
    high = 1.0 if share == 1.0 else float(brentq(distance, max(share, edge), 1.0))
    return low, high


def effects(
    runs: pl.DataFrame,
    factor: str,
    reference: Any,
    measure: str,
    by: Sequence[str] = (),
    *,
    pairing: Pairing = "auto",
    level: float = LEVEL,
) -> pl.DataFrame:
    """Estimate the effect size of every level of a factor against the reference level.

    Pairs get d_z, other samples Hedges' g; both get the probability of superiority. d_z counts in
    standard deviations of *differences*, which common random numbers make small: do not compare it
    with g.

    Args:
        runs: a row per run: factors, the measure, ``replicate`` and ``seed``.
        factor: factor whose levels are compared.
        reference: level to compare with.
        measure: column to compare.
        by: other factors; every combination of their levels is compared by itself.
        pairing: ``"auto"``, ``"paired"`` or ``"unpaired"``, as in ``analysis.means.differences``.
        level: confidence level, 0 to 1.

    Returns:
        Two rows per comparison: ``by``, the factor, ``reference``, ``measure``, ``effect`` (its
        name), ``value``, ``low``, ``high`` (standard deviations, or a probability), ``n``,
        ``level``, ``method``.

    Raises:
        AnalysisError: as in ``analysis.means.differences``, or all differences are equal.

    Source:
        Hedges (1981), J. Educational Statistics 6 (g); Steiger & Fouladi (1997), interval by the
        noncentral t distribution; Newcombe (2006), Statistics in Medicine 25, method 5.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> runs = make_example_runs().filter(pl.col("imitation.rate") == 0.2)
        >>> table = effects(runs, "structure", "alliance", "joint_value")
        >>> table.select("effect", pl.col("value").round(2)).rows()
        [('d_z', 4.52), ('probability of superiority', 1.0)]
    """
    rows = []
    for where, at, samples in list_comparisons(runs, factor, reference, measure, by, pairing):
        if samples.no_spread:
            raise AnalysisError(
                f"{measure} at {format_point({**where, factor: at})} differs from {reference} by"
                " the same in every replicate, so an effect size has no spread to be measured in;"
                " use the differences"
            )
        for effect, estimate, method in (
            compute_d_z(samples, level) if samples.paired else compute_hedges_g(samples, level),
            estimate_superiority(samples, level),
        ):
            compared = {factor: at, "reference": reference, "measure": measure, "effect": effect}
            rows.append(
                {**where, **compared, **estimate._asdict(), "level": level, "method": method}
            )
    return pl.DataFrame(rows, infer_schema_length=None)
