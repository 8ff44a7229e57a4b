"""Many comparisons at once: p values corrected for their number, by statsmodels."""

from __future__ import annotations

import numpy as np
import polars as pl
from statsmodels.stats.multitest import multipletests

from analysis.errors import AnalysisError
from analysis.tidy import check_table


def corrected(table: pl.DataFrame, p_value: str = "p_value") -> pl.DataFrame:
    """Return a table with its p values corrected for their number, as further columns.

    ``p_holm`` bounds the chance of any false alarm in the table (Holm 1979); ``p_bh`` the expected share of false alarms among what is called
    significant (Benjamini & Hochberg 1995: for independent or positively dependent tests). Rows without a p value stay without and do not count;
    ``tests`` is how many count.
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
