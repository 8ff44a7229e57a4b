"""Kinds of figures of a single run: each reads its tables from the run's folder.

To add a kind, see docs/how-to-change-the-model.md, "A figure kind".
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from analysis.figures.distributions import distribution
from analysis.figures.exhibit import Exhibit
from analysis.figures.network import AnimatedExhibit, animation, find_ties, storyboard
from analysis.figures.one_run import run_exhibit
from analysis.figures.space import expertise_space
from experiments.presentation.figure_request import FigureRequest
from experiments.presentation.labels import list_axis_labels
from experiments.presentation.run_results import draw_time_course_of_classic
from experiments.presentation.study_figures import COLLABORATION_DISTRIBUTION_MEASURES
from experiments.store.results import RUN_AGAIN_ADVICE, read_table
from experiments.store.snapshots import MAX_SNAPSHOT_ORGANISATIONS
from sim.errors import InputError

DEFAULT_MOMENTS = 6  # panels of a storyboard


def draw_time_course_of_run(folder: Path, request: FigureRequest) -> Exhibit:
    """Draw the time course of one run."""
    try:
        return run_exhibit(read_run_table(folder, "rounds"), request.page)
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise InputError(
            f"{folder}/rounds.parquet lacks columns that a run writes; run it again"
        ) from error


def draw_distributions_of_run(folder: Path, request: FigureRequest) -> Exhibit:
    """Draw distributions of sizes and lifetimes of collaborations and of numbers of partners."""
    collaborations = read_run_table(folder, "events").select(COLLABORATION_DISTRIBUTION_MEASURES)
    return distribution(
        pl.concat([collaborations, count_partners(folder)], how="diagonal"),
        [*COLLABORATION_DISTRIBUTION_MEASURES, "partners"],
        None,
        list_axis_labels(),
        request.page,
    )


def count_partners(folder: Path) -> pl.DataFrame:
    """Return with how many others each organisation of a run worked; a row per organisation."""
    organisations, members = read_organisations_and_members(folder)
    ties = find_ties(members)
    partnerships = pl.concat(
        [ties.select("first", "second"), ties.select(first="second", second="first")]
    ).unique()
    partners = partnerships.group_by("first").agg(partners=pl.len().cast(pl.Int64))
    without = [0] * (len(organisations) - len(partners))
    return pl.concat(
        [
            partners.select("partners"),
            pl.DataFrame({"partners": without}, schema={"partners": pl.Int64}),
        ]
    )


def draw_expertise_space_of_run(folder: Path, request: FigureRequest) -> Exhibit:
    """Draw the space of expertise at the start and the end."""
    return expertise_space(read_moment_table(folder, "organisations"), request.page)


def draw_network_of_run(folder: Path, request: FigureRequest) -> Exhibit:
    """Draw the network as a storyboard."""
    organisations, members = read_organisations_and_members(folder)
    moments = DEFAULT_MOMENTS if request.moments is None else request.moments
    return storyboard(organisations, members, moments, request.page)


def draw_animation_of_run(folder: Path, request: FigureRequest) -> AnimatedExhibit:
    """Animate the network."""
    organisations, members = read_organisations_and_members(folder)
    return animation(organisations, members, request.moments, request.page)


def read_organisations_and_members(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the organisations of a run and the members of each collaboration at each moment."""
    organisations = read_moment_table(folder, "organisations")
    return organisations.unique(
        "organisation", keep="first", maintain_order=True
    ), read_moment_table(folder, "members")


def read_moment_table(folder: Path, name: str) -> pl.DataFrame:
    """Read a table of moments of a run."""
    if not (folder / f"{name}.parquet").exists():
        raise InputError(
            f"{folder} has no {name}.parquet: a run keeps its moments up to"
            f" {MAX_SNAPSHOT_ORGANISATIONS:,} organisations; run it again with fewer"
        )
    return read_run_table(folder, name)


def read_run_table(folder: Path, name: str) -> pl.DataFrame:
    """Read a table of a run."""
    return read_table(folder, name, pl.read_parquet, RUN_AGAIN_ADVICE)


RUN_FIGURE_KINDS: dict[str, Callable[[Path, FigureRequest], Exhibit | AnimatedExhibit]] = {
    "timecourse": draw_time_course_of_run,
    "distributions": draw_distributions_of_run,
    "space": draw_expertise_space_of_run,
    "network": draw_network_of_run,
    "animation": draw_animation_of_run,
}


def draw_figure_of_run(request: FigureRequest, folder: Path) -> Exhibit | AnimatedExhibit:
    """Draw the requested figure of a run."""
    kind = request.kind or "timecourse"
    if kind not in RUN_FIGURE_KINDS:
        raise InputError(
            f"--kind {kind} compares runs, and this is one run; give the folder of a study, or one"
            f" of {', '.join(RUN_FIGURE_KINDS)}"
        )
    refuse_study_options(request)
    return RUN_FIGURE_KINDS[kind](folder, request)


def draw_figure_of_classic_run(request: FigureRequest, folder: Path, model: str) -> Exhibit:
    """Draw the time course of one run of a classic."""
    if request.kind not in (None, "timecourse"):
        raise InputError(
            f"--kind {request.kind} is not drawn of one run of a classic; allowed: timecourse, or"
            " the folder of a study"
        )
    refuse_study_options(request)
    return draw_time_course_of_classic(read_run_table(folder, "rounds"), model, request.page)


def refuse_study_options(request: FigureRequest) -> None:
    """Refuse options that choose among factors and measures, which a single run does not have."""
    for option in ("measures", "x", "y", "by"):
        if getattr(request, option):
            raise InputError(
                f"--{option.removesuffix('s')} chooses among the factors and measures of a study,"
                " and this is one run; leave it out"
            )
