"""Invented tables for figures, and one figure of every family."""

import numpy as np
import polars as pl

from analysis.figures.distributions import distribution
from analysis.figures.interaction import interaction
from analysis.figures.lines import response_lines
from analysis.figures.maps import heat_map, phase_diagram
from analysis.figures.network import storyboard
from analysis.figures.one_run import RUN_PANELS, run_exhibit
from analysis.figures.profiles import profiles
from analysis.figures.space import expertise_space
from analysis.figures.timecourse import time_course

RNG = np.random.default_rng(3)


def make_runs(replicates=4):
    rows = [
        {
            "form": form,
            "rate": rate,
            "depth": depth,
            "replicate": r,
            "value": base + 0.5 * rate * (form == "hub") - 0.1 * depth + noise,
            "cost": rate + noise**2,
        }
        for form, base in (("hub", 0.0), ("alliance", 0.1), ("alone", -0.3))
        for rate in (0.0, 0.1, 0.4)
        for depth in (1.0, 2.0)
        for r, noise in enumerate(0.02 * RNG.standard_normal(replicates))
    ]
    return pl.DataFrame(rows)


def make_series():
    times = [(form, r, t) for form in ("hub", "alone") for r in range(3) for t in range(30)]
    rows = [
        {"form": f, "replicate": r, "round": t, "value": np.sin(t / 5) + 0.1 * r + (f == "hub")}
        for f, r, t in times
    ]
    events = [
        {"form": f, "replicate": r, "started": 2 * i, "ended": 2 * i + 5, "reason": "term"}
        for f in ("hub", "alone")
        for r in range(3)
        for i in range(10)
    ]
    return pl.DataFrame(rows), pl.DataFrame(events)


def make_members():
    nodes = pl.DataFrame({"organisation": range(8), "sector": ["care", "goods"] * 4})
    teams = [(1, 0, (0, 1, 2)), (1, 1, (3, 4)), (5, 0, (0, 1, 2)), (5, 2, (5, 6)), (9, 3, (1, 6))]
    rows = [
        {"moment": m, "collaboration": c, "organisation": o} for m, c, team in teams for o in team
    ]
    return nodes, pl.DataFrame(rows)


def make_expertise():
    start = RNG.random((12, 5))
    frames = [
        pl.DataFrame({f"domain_{k}": x[:, k] for k in range(5)}).with_columns(
            organisation=pl.int_range(12), moment=pl.lit(name), sector=pl.lit("care")
        )
        for name, x in (("at the start", start), ("at the end", start / 2))
    ]
    return pl.concat(frames)


def make_rounds():
    measures = [measure for _, series in RUN_PANELS for measure, _ in series]
    return pl.DataFrame({"round": range(20)} | {measure: RNG.random(20) for measure in measures})


RUNS = make_runs()
SERIES, EVENTS = make_series()
SIZES = pl.DataFrame(
    {
        "size": RNG.geometric(0.2, 300),
        "form": ["hub", "alone"] * 150,
        "replicate": np.arange(300) % 5,
    }
)
FAMILIES = {
    "lines": lambda p: response_lines(
        RUNS, "rate", ["value", "cost"], "form", ["form", "rate", "depth"], page=p
    ),
    "names": lambda p: response_lines(RUNS, "form", ["value"], page=p),
    "heatmap": lambda p: heat_map(RUNS, "rate", "depth", "value", "form", page=p),
    "phase": lambda p: phase_diagram(RUNS, "rate", "depth", "form", "value", page=p),
    "interaction": lambda p: interaction(RUNS, "rate", "form", "value", page=p),
    "timecourse": lambda p: time_course(SERIES, ["value"], "form", EVENTS, page=p),
    "distributions": lambda p: distribution(SIZES, ["size"], "form", page=p),
    "profiles": lambda p: profiles(
        RUNS,
        "form",
        {"value": 1, "cost": -1},
        labels={"cost": "Diversity within collaborations (distance)"},
        page=p,
    ),
    "run": lambda p: run_exhibit(make_rounds(), page=p),
    "space": lambda p: expertise_space(make_expertise(), page=p),
    "network": lambda p: storyboard(*make_members(), page=p),
}
