"""What cannot be drawn is refused in one sentence; what has no interval says so."""

import numpy as np
import polars as pl
import pytest

from analysis.errors import AnalysisError
from analysis.figures.distributions import distribution
from analysis.figures.interaction import interaction
from analysis.figures.journals import page
from analysis.figures.lines import response_lines
from analysis.figures.maps import heat_map, phase_diagram
from analysis.figures.network import storyboard
from analysis.figures.one_run import run_exhibit
from analysis.figures.profiles import profiles
from analysis.figures.space import expertise_space, project_points
from analysis.figures.timecourse import time_course
from tests.unit.figure_tables import RUNS, SIZES, make_expertise, make_members, make_rounds

ONE = RUNS.filter(pl.col("replicate") == 0)
FLAT = RUNS.with_columns(value=pl.lit(0.3))
NOTHING = RUNS.with_columns(value=pl.lit(float("nan")))
ONE_FORM = RUNS.filter(pl.col("form") == "hub")
DRAWN = {
    "lines": lambda runs: response_lines(runs, "rate", ["value"], "form"),
    "heatmap": lambda runs: heat_map(runs, "rate", "depth", "value", "form"),
    "phase": lambda runs: phase_diagram(runs, "rate", "depth", "form", "value"),
    "interaction": lambda runs: interaction(runs, "rate", "form", "value"),
    "profiles": lambda runs: profiles(runs, "form", {"value": 1}),
    "timecourse": lambda runs: time_course(
        runs.with_columns(round=pl.col("rate")), ["value"], "form"
    ),
    "distributions": lambda runs: distribution(
        runs.with_columns(pl.col(pl.Float64).abs()), ["value"], "form"
    ),
}


@pytest.mark.parametrize("family", DRAWN)
@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        (FLAT, "in every run; nothing varies"),
        (NOTHING, "has no value in any of"),
        (ONE_FORM, "form has one level"),
        (RUNS.rename({"form": "forms"}), "there is no column form. Did you mean forms"),
        (RUNS.with_columns(value=pl.lit("high")), "value holds no numbers"),
    ],
)
def test_what_cannot_be_drawn_is_refused(family, runs, sentence):
    with pytest.raises(AnalysisError) as raised:
        DRAWN[family](runs)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("family", DRAWN)
def test_one_replicate_has_no_interval(family):
    if family in ("phase", "interaction", "profiles"):
        with pytest.raises(AnalysisError, match="one replicate gives no interval"):
            DRAWN[family](ONE)
        return
    exhibit = DRAWN[family](ONE)
    assert "One replicate: there is no interval" in exhibit.caption
    assert exhibit.data["low"].is_nan().all() and exhibit.data["high"].is_nan().all()
    bands = [
        band
        for axes in exhibit.figure.axes
        for band in axes.collections
        if len(band.get_paths()) and "FillBetween" in type(band).__name__
    ]
    assert all(not np.isfinite(path.vertices).any() for band in bands for path in band.get_paths())


def test_runs_without_a_value_are_counted():
    some = RUNS.with_columns(
        value=pl.when((pl.col("replicate") == 1) & (pl.col("form") == "hub"))
        .then(float("nan"))
        .otherwise(pl.col("value"))
    )
    exhibit = DRAWN["lines"](some)
    assert (
        "6 of 72 runs have no value" in exhibit.caption
        and "n = 3 to 4 replicates" in exhibit.caption
    )
    for family in ("phase", "profiles"):
        with pytest.raises(AnalysisError, match="the same replicates alone"):
            DRAWN[family](some)


def test_other_refusals():
    nodes, members = make_members()
    for wrong, sentence in (
        (lambda: heat_map(RUNS, "rate", "rate", "value"), "rate is on two axes"),
        (lambda: heat_map(RUNS, "rate", "depth", "form"), "form holds no numbers"),
        (lambda: distribution(SIZES.with_columns(size=-pl.col("size")), ["size"]), "below 0"),
        (
            lambda: expertise_space(
                make_expertise().select("organisation", "moment", "sector", "domain_1")
            ),
            "1 domain;",
        ),
        (lambda: project_points(np.ones((3, 2))), "nothing varies"),
        (lambda: project_points(np.array([[np.nan, 1.0]])), "no finite numbers"),
        (lambda: storyboard(nodes, members, 1), "moments is 1"),
        (lambda: storyboard(nodes, members.head(0)), "no network"),
        (
            lambda: response_lines(
                RUNS.with_columns(**{f"m{i}": pl.col("value") for i in range(9)}),
                "rate",
                [f"m{i}" for i in range(9)],
                page=page("apa", 1),
            ),
            "mm tall, and a page holds 240",
        ),
        (lambda: run_exhibit(make_rounds().head(0)), "no round was recorded"),
        (
            lambda: interaction(
                RUNS.filter((pl.col("form") != "alone") | (pl.col("rate") < 0.3)),
                "rate",
                "form",
                "value",
            ),
            "there is no run with rate = 0.4",
        ),
    ):
        with pytest.raises(AnalysisError, match=sentence):
            wrong()
