"""Kinds of figures of a study: each takes its axes and measures from the request or the design.

To add a kind, see docs/how-to-change-the-model.md, "A figure kind".
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from analysis.figures.distributions import distribution
from analysis.figures.exhibit import Exhibit
from analysis.figures.interaction import interaction
from analysis.figures.lines import response_lines
from analysis.figures.maps import heat_map, phase_diagram
from analysis.figures.profiles import profiles
from analysis.figures.timecourse import time_course
from experiments.presentation.figure_request import (
    FigureRequest,
    FigureSource,
    choose_axis_factors,
    choose_figure_measure,
    choose_figure_measures,
)
from sim.errors import InputError

COLLABORATION_DISTRIBUTION_MEASURES = ("largest_size", "rounds")
MEASURE_DIRECTIONS = {
    "joint_value": 1,
    "joint_value_end": 1,
    "synergy": 1,
    "synergy_loss": -1,
    "solved_share_narrow": 1,
    "solved_share_broad": 1,
    "rounds_to_solve": -1,
    "understanding": 1,
    "trust_within": 1,
    "diversity_within": 1,
    "bridging_skill": 1,
    "working_share": 1,
    "search_cost": -1,
    "link_cost": -1,
    "rule_cost": -1,
    "gini_value": -1,
}


def draw_response_lines_of_study(request: FigureRequest, source: FigureSource) -> Exhibit:
    """Draw response lines."""
    x, by = choose_axis_factors(request, source, ("x", "by"), 1)
    measures = choose_figure_measures(request, source, source.results.runs)
    return response_lines(
        source.results.runs,
        str(x),
        measures,
        by,
        source.factors,
        source.labels,
        request.page,
        f"lines_{'_'.join(measures)}",
    )


def draw_heat_map_of_study(request: FigureRequest, source: FigureSource) -> Exhibit:
    """Draw a heat map; a requested third factor makes panels."""
    x, y = choose_axis_factors(request, source, ("x", "y", "by"), 2)[:2]
    measure = choose_figure_measure(request, source)
    exhibit = heat_map(
        source.results.runs,
        str(x),
        str(y),
        measure,
        request.by,
        source.factors,
        source.labels,
        request.page,
    )
    return add_measure_to_name(exhibit, measure)


def draw_phase_diagram_of_study(request: FigureRequest, source: FigureSource) -> Exhibit:
    """Draw a phase diagram; by default a factor with names competes and numbers span the map."""
    names = (name for name in source.varied_names if name not in (request.x, request.y))
    request = request._replace(by=request.by or next(names, None))
    x, y, by = choose_axis_factors(request, source, ("x", "y", "by"), 3)
    measure = choose_figure_measure(request, source)
    exhibit = phase_diagram(
        source.results.runs,
        str(x),
        str(y),
        str(by),
        measure,
        source.factors,
        source.labels,
        request.page,
    )
    return add_measure_to_name(exhibit, measure)


def draw_interaction_of_study(request: FigureRequest, source: FigureSource) -> Exhibit:
    """Draw an interaction plot."""
    x, by = choose_axis_factors(request, source, ("x", "by"), 2)
    measure = choose_figure_measure(request, source)
    exhibit = interaction(
        source.results.runs,
        str(x),
        str(by),
        measure,
        source.factors,
        source.labels,
        request.page,
    )
    return add_measure_to_name(exhibit, measure)


def draw_time_courses_of_study(request: FigureRequest, source: FigureSource) -> Exhibit:
    """Draw time courses of a study that keeps series."""
    series = source.results.series
    if series is None:
        raise InputError(
            "--kind timecourse needs the series of every run, which this study does not keep; run"
            " it with series=1 (every round)"
        )
    (by,) = choose_axis_factors(request, source, ("by",), 0)
    return time_course(
        series,
        choose_figure_measures(request, source, series),
        by,
        source.results.events,
        source.factors,
        source.labels,
        request.page,
    )


def draw_distributions_of_study(request: FigureRequest, source: FigureSource) -> Exhibit:
    """Draw distributions of sizes and lifetimes of a study that keeps events."""
    events = source.results.events
    if events is None:
        raise InputError(
            "--kind distributions needs a row per collaboration, which this study does not keep;"
            " add keep: [events] to the study's file and run it again"
        )
    (by,) = choose_axis_factors(request, source, ("by",), 0)
    return distribution(
        events,
        (
            choose_figure_measures(request, source, events)
            if request.measures
            else COLLABORATION_DISTRIBUTION_MEASURES
        ),
        by,
        source.labels,
        request.page,
    )


def draw_profiles_of_study(request: FigureRequest, source: FigureSource) -> Exhibit:
    """Draw profiles of a factor's levels over measures; by default a factor with names.

    By default the measures are those of which it is known whether more or less is better.
    """
    runs = source.results.runs
    request = request._replace(by=request.by or next(iter(source.varied_names), None))
    (by,) = choose_axis_factors(request, source, ("by",), 1)
    measures = (
        choose_figure_measures(request, source, runs)
        if request.measures
        else [name for name in MEASURE_DIRECTIONS if is_varying_measure(runs, name)]
    )
    return profiles(
        runs,
        str(by),
        {name: MEASURE_DIRECTIONS.get(name, 1) for name in measures},
        source.factors,
        source.labels,
        request.page,
    )


def is_varying_measure(runs: pl.DataFrame, measure: str) -> bool:
    """Return whether every run has a value of a measure and the values differ."""
    return (
        measure in runs.columns
        and bool(runs[measure].is_finite().all())
        and runs[measure].n_unique() > 1
    )


def add_measure_to_name(exhibit: Exhibit, measure: str) -> Exhibit:
    """Return an exhibit named after its measure, so that figures of two measures can coexist."""
    return exhibit._replace(name=f"{exhibit.name}_{measure}")


STUDY_FIGURE_KINDS: dict[str, Callable[[FigureRequest, FigureSource], Exhibit]] = {
    "lines": draw_response_lines_of_study,
    "heatmap": draw_heat_map_of_study,
    "phase": draw_phase_diagram_of_study,
    "interaction": draw_interaction_of_study,
    "timecourse": draw_time_courses_of_study,
    "distributions": draw_distributions_of_study,
    "profiles": draw_profiles_of_study,
}


def draw_figure_of_study(request: FigureRequest, source: FigureSource) -> Exhibit:
    """Draw the requested figure of a study."""
    assert request.kind is not None
    if request.kind not in STUDY_FIGURE_KINDS:
        raise InputError(
            f"--kind {request.kind} is drawn of one run, and this is a study; give the folder of"
            f" `overbruggen run`, or one of {', '.join(STUDY_FIGURE_KINDS)}"
        )
    return STUDY_FIGURE_KINDS[request.kind](request, source)
