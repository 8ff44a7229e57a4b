"""Tables from which nothing can be estimated: one clear sentence each, from every function."""

import numpy as np
import polars as pl
import pytest

from analysis.anova import regression_shares, variance_shares
from analysis.crossings import crossings
from analysis.decomposition import Form, decomposition
from analysis.effects import effects
from analysis.equivalence import equivalence
from analysis.erosion import caused_by_round, erosion, half_lives
from analysis.errors import AnalysisError
from analysis.means import differences, means
from analysis.replicates import (
    compute_variation_course,
    replicates_needed,
    replicates_needed_to_compare,
    variance_stability,
)
from analysis.shapley import causes
from analysis.turning import inverted_u_tests, turning
from tests.statistics.tidy_tables import factorial

FACTOR = "imitation.rate"
OF_RUNS = {
    "means": lambda runs: means(runs, [FACTOR], ["y"]),
    "differences": lambda runs: differences(runs, FACTOR, 0.0, ["y"]),
    "effects": lambda runs: effects(runs, FACTOR, 0.0, "y"),
    "equivalence": lambda runs: equivalence(runs, FACTOR, 0.0, "y", (-1.0, 1.0)),
    "variance_shares": lambda runs: variance_shares(runs, [FACTOR], "y"),
    "regression_shares": lambda runs: regression_shares(runs, [FACTOR], "y"),
    "variance_stability": lambda runs: variance_stability(runs, [FACTOR], ["y"]),
    "variation_course": lambda runs: compute_variation_course(runs, [FACTOR], "y"),
    "replicates_needed": lambda runs: replicates_needed(runs, [FACTOR], "y", 0.1),
    "replicates_needed_to_compare": lambda runs: replicates_needed_to_compare(
        runs, FACTOR, 0.0, "y", 0.1
    ),
    "turning": lambda runs: turning(runs, FACTOR, "y"),
    "inverted_u_tests": lambda runs: inverted_u_tests(runs, FACTOR, "y"),
    "causes": lambda runs: causes(runs, {FACTOR: (0.0, 0.1)}, "y"),
    "crossings": lambda runs: crossings(runs, FACTOR, "structure", "y"),
}
POINTLESS = {
    "means",
    "variance_stability",
    "variation_course",
    "replicates_needed",
}  # one point is enough for these


def runs():
    rng = np.random.default_rng(1)
    return factorial(
        {"structure": ["hub", "alliance"], FACTOR: [0.0, 0.1, 0.2, 0.3]},
        lambda r, **at: rng.normal(),
        5,
    )


def arguments_of(name, table):
    """Runs of one structure, but for the function that compares two."""
    return table if name == "crossings" else table.filter(structure="hub")


@pytest.mark.parametrize("name", OF_RUNS)
def test_one_sentence_each(name):
    function, good = OF_RUNS[name], arguments_of(name, runs())
    assert not function(
        good.with_row_index().with_columns(y=pl.col("index") ** 1.5 + pl.col("y"))
    ).is_empty()
    with pytest.raises(AnalysisError, match="one replicate"):
        function(good.filter(replicate=0))
    with pytest.raises(AnalysisError, match=r"all \d+ values of y are equal"):
        function(good.with_columns(y=pl.lit(1.0)))
    with pytest.raises(AnalysisError, match="missing or not finite in 1 of"):
        function(
            good.with_columns(
                y=pl.when(pl.int_range(pl.len()) == 3).then(float("nan")).otherwise("y")
            )
        )
    with pytest.raises(AnalysisError, match="no column y"):
        function(good.drop("y"))
    with pytest.raises(AnalysisError, match=f"no column {FACTOR}"):
        function(good.drop(FACTOR))
    with pytest.raises(AnalysisError, match="no column replicate"):
        function(good.drop("replicate"))
    with pytest.raises(AnalysisError, match="no rows"):
        function(good.clear())
    with pytest.raises(AnalysisError, match="not numbers"):
        function(good.with_columns(y=pl.lit("much")))
    if name not in POINTLESS:
        with pytest.raises(AnalysisError, match="has one level"):
            function(good.filter(pl.col(FACTOR) == 0.0))


def test_several_runs_per_replicate_and_unknown_levels():
    with pytest.raises(AnalysisError, match="several runs per replicate at imitation.rate=0.0"):
        means(runs(), [FACTOR], ["y"])
    with pytest.raises(AnalysisError, match="no level hubb. Did you mean hub"):
        differences(runs(), "structure", "hubb", ["y"], [FACTOR])
    with pytest.raises(AnalysisError, match="no column structur. Did you mean structure"):
        means(runs(), ["structur"], ["y"])
    with pytest.raises(AnalysisError, match="no runs at .*alliance, the reference"):
        differences(
            runs().filter((pl.col("structure") == "hub") | (pl.col(FACTOR) > 0)),
            "structure",
            "alliance",
            ["y"],
            [FACTOR],
        )
    with pytest.raises(AnalysisError, match="interval is 'wide'"):
        means(runs(), ["structure", FACTOR], ["y"], interval="wide")
    with pytest.raises(AnalysisError, match="pairing is 'both'"):
        differences(runs(), "structure", "hub", ["y"], [FACTOR], pairing="both")


def series():
    table = runs().join(pl.DataFrame({"round": range(8)}), how="cross")
    costs = {
        name: pl.lit(0.01)
        for name in ("link_cost", "rule_cost", "setup_cost", "exit_cost", "search_cost")
    }
    return table.with_columns(
        joint_value=2.0 + pl.col("y") * 0.1,
        synergy=1.0 + pl.col("y") * 0.1 - pl.col("round") * (0.1 + 0.01 * pl.col("replicate")),
        synergy_ratio=pl.lit(0.8),
        **costs,
        understanding_alike=pl.lit(0.4),
        understanding_bridged=pl.lit(0.2),
        trust_within=pl.lit(0.5),
    )


OF_SERIES = {
    "erosion": lambda table: erosion(table),
    "half_lives": lambda table: half_lives(table, [FACTOR]),
    "caused_by_round": lambda table: caused_by_round(table),
    "decomposition": lambda table: decomposition(table, FACTOR, 0.0, {"hub": Form(0.3, 0.2)}),
}


@pytest.mark.parametrize("name", OF_SERIES)
def test_one_sentence_each_of_series(name):
    function, good = OF_SERIES[name], series().filter(structure="hub")
    assert not function(good).is_empty()
    with pytest.raises(AnalysisError, match="one replicate"):
        function(good.filter(replicate=0))
    with pytest.raises(AnalysisError, match="no column synergy"):
        function(good.drop("synergy"))
    with pytest.raises(AnalysisError, match="not finite in 1 of"):
        function(
            good.with_columns(
                synergy=pl.when(pl.int_range(pl.len()) == 3).then(float("nan")).otherwise("synergy")
            )
        )
    if name != "half_lives":
        with pytest.raises(AnalysisError, match="has one level"):
            function(good.filter(pl.col(FACTOR) == 0.0))
