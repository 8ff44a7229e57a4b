"""Many comparisons at once: p values corrected for their number, by statsmodels."""

from __future__ import annotations

import numpy as np
import polars as pl
from statsmodels.stats.multitest import multipletests

from analysis.errors import AnalysisError
from analysis.tidy import check_table


def corrected(table: pl.DataFrame, p_value: str = "p_value") -> pl.DataFrame:
    """Correct the p values of a table for their number.

    Args:
        table: a row per test.
        p_value: column of p values, 0 to 1. A row without one (null) keeps none and does not count.

    Returns:
        The table with three more columns: ``p_holm`` bounds the probability of any false alarm in
        the table; ``p_bh`` bounds the expected share of false alarms among the tests that are
        called significant (independent or positively dependent tests); ``tests`` counts the tests.

    Raises:
        AnalysisError: the column is missing, has no value, or has values outside 0 to 1.

    Source:
        Holm (1979), Scand. J. Stat. 6; Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57,
        equation 1.

    Example:
        >>> table = pl.DataFrame({"p_value": [0.01, 0.02, None, 0.04]})
        >>> tested = corrected(table)
        >>> tested["p_holm"].round(3).to_list(), tested["p_bh"].round(3).to_list()
        ([0.03, 0.04, None, 0.04], [0.03, 0.03, None, 0.04])
    """
    check_table(table, p_value)
    values = table[p_value].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    tested = np.isfinite(values)
    if not tested.any():
        raise AnalysisError(f"no row has a {p_value}; there is nothing to correct")
    if values[tested].min() < 0.0 or values[tested].max() > 1.0:
        raise AnalysisError(
            f"{p_value} goes from {values[tested].min():g} to {values[tested].max():g}; p values"
            " lie between 0 and 1"
        )
    columns = {}
    for name, method in (("p_holm", "holm"), ("p_bh", "fdr_bh")):
        column = np.full(values.size, np.nan)
        column[tested] = multipletests(values[tested], method=method)[1]
        columns[name] = pl.Series(column).fill_nan(None)
    return table.with_columns(**columns, tests=pl.lit(int(tested.sum())))
