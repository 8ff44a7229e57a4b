"""Figures asked for by their kind: which part of the results each takes, and what stands on its axes unless told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from analysis.figures.distributions import distribution
from analysis.figures.exhibit import Exhibit
from analysis.figures.interaction import interaction
from analysis.figures.journals import find_journal
from analysis.figures.lines import order_factors, response_lines
from analysis.figures.maps import heat_map, phase_diagram
from analysis.figures.network import AnimatedExhibit, animation, find_ties, storyboard
from analysis.figures.one_run import run_exhibit
from analysis.figures.profiles import profiles
from analysis.figures.space import expertise_space
from analysis.figures.style import PAGE, Page
from analysis.figures.timecourse import time_course
from analysis.names import suggest_or_list
from experiments.presentation.labels import list_axis_labels
from experiments.store.results import RUN_AGAIN_ADVICE, Results, read_table
from sim.errors import InputError

EXTRA_AXIS_COLUMNS = (
    "form",
    "imitation_rate",
    "depth",
)  # what a table of our own runs has beside the factors
COLLABORATION_DISTRIBUTION_MEASURES = (
    "largest_size",
    "rounds",
)  # what of a collaboration is distributed
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


class FigureRequest(NamedTuple):
    """What is asked for; what is left out is chosen from the design."""

    kind: str | None = None
    measures: tuple[str, ...] = ()
    x: str | None = None
    y: str | None = None
    by: str | None = None
    page: Page = PAGE
    moments: int | None = None

    @property
    def words(self) -> list[str] | None:
        """What to say to `overbruggen figures FOLDER` to get the same again; None for a page that no journal has."""
        asked = find_journal(self.page)
        if asked is None:
            return None
        options = {
            "kind": self.kind,
            "x": self.x,
            "y": self.y,
            "by": self.by,
            "moments": self.moments,
        }
        words = [
            word
            for name, value in options.items()
            if value is not None
            for word in (f"--{name}", str(value))
        ]
        words += [word for measure in self.measures for word in ("--measure", measure)]
        return (
            words
            if self.page == PAGE
            else [*words, "--journal", asked[0], "--columns", str(asked[1])]
        )


class FigureSource(NamedTuple):
    """The results a figure is drawn of, and the measures to draw unless told."""

    results: Results
    headline: tuple[str, ...]

    @property
    def factors(self) -> tuple[str, ...]:
        """What the study varies."""
        return self.results.factors

    @property
    def labels(self) -> dict[str, str]:
        """What stands beside axes."""
        return list_axis_labels(self.results.manifest.model)

    @property
    def varied(self) -> list[str]:
        """Factors with several levels, in the order in which they stand on axes."""
        return order_factors(self.results.runs, self.factors)


def choose_axis_factors(
    wish: FigureRequest, subject: FigureSource, slots: Sequence[str], needed: int
) -> list[str | None]:
    """Return a factor per slot (x, y, by): the one asked for, or the next that varies; None where there is none and none is needed."""
    asked = {slot: getattr(wish, slot) for slot in slots}
    known = [
        *subject.factors,
        *(name for name in EXTRA_AXIS_COLUMNS if name in subject.results.runs.columns),
    ]
    for slot in ("x", "y", "by"):
        name = getattr(wish, slot)
        if name and slot not in slots:
            raise InputError(f"--{slot} has no meaning in a figure of this kind; leave it out")
        if name and name not in known:
            raise InputError(
                f"--{slot} is {name}, which this study does not vary.{suggest_or_list(name, known)}"
            )
    left = [factor for factor in subject.varied if factor not in asked.values()]
    filled = [asked[slot] or (left.pop(0) if left else None) for slot in slots]
    if None in filled[:needed]:
        varied = ", ".join(subject.varied) or "none"
        raise InputError(
            f"--kind {wish.kind} needs {needed} factor{'s' * (needed > 1)} with several levels;"
            f" this study varies {varied}"
        )
    return filled


def choose_figure_measures(
    wish: FigureRequest, subject: FigureSource, table: pl.DataFrame, most: int | None = None
) -> list[str]:
    """Return the measures asked for, or those a study is headed by; all must be there."""
    known = [
        name
        for name, kind in table.schema.items()
        if kind.is_numeric() and name not in ("replicate", "seed", *subject.factors)
    ]
    for name in wish.measures:
        if name not in known:
            raise InputError(
                f"--measure is {name}, which these results do not"
                f" have.{suggest_or_list(name, known)}"
            )
    if most is not None and len(wish.measures) > most:
        raise InputError(
            f"--kind {wish.kind} takes one measure; it was given {', '.join(wish.measures)}: draw"
            " it once for each"
        )
    found = list(wish.measures) or [name for name in subject.headline if name in known]
    return found[:most]


def draw_response_lines_of_study(wish: FigureRequest, subject: FigureSource) -> Exhibit:
    """Draw response lines."""
    x, by = choose_axis_factors(wish, subject, ("x", "by"), 1)
    runs, measures = (
        subject.results.runs,
        choose_figure_measures(wish, subject, subject.results.runs),
    )
    return response_lines(
        runs,
        str(x),
        measures,
        by,
        subject.factors,
        subject.labels,
        wish.page,
        f"lines_{'_'.join(measures)}",
    )


def draw_heat_map_of_study(wish: FigureRequest, subject: FigureSource) -> Exhibit:
    """Draw a heat map; a third factor makes panels when it is asked for."""
    x, y = choose_axis_factors(wish, subject, ("x", "y", "by"), 2)[:2]
    runs, (measure,) = (
        subject.results.runs,
        choose_figure_measures(wish, subject, subject.results.runs, 1),
    )
    return add_measure_to_name(
        heat_map(
            runs, str(x), str(y), measure, wish.by, subject.factors, subject.labels, wish.page
        ),
        measure,
    )


def draw_phase_diagram_of_study(wish: FigureRequest, subject: FigureSource) -> Exhibit:
    """Draw a phase diagram; unless told, names compete and numbers span the map."""
    names = [
        factor for factor in subject.varied if not subject.results.runs[factor].dtype.is_numeric()
    ]
    by = wish.by or next((name for name in names if name not in (wish.x, wish.y)), None)
    x, y, by = choose_axis_factors(wish._replace(by=by), subject, ("x", "y", "by"), 3)
    runs, (measure,) = (
        subject.results.runs,
        choose_figure_measures(wish, subject, subject.results.runs, 1),
    )
    return add_measure_to_name(
        phase_diagram(
            runs, str(x), str(y), str(by), measure, subject.factors, subject.labels, wish.page
        ),
        measure,
    )


def draw_interaction_of_study(wish: FigureRequest, subject: FigureSource) -> Exhibit:
    """Draw an interaction plot."""
    x, by = choose_axis_factors(wish, subject, ("x", "by"), 2)
    runs, (measure,) = (
        subject.results.runs,
        choose_figure_measures(wish, subject, subject.results.runs, 1),
    )
    return add_measure_to_name(
        interaction(runs, str(x), str(by), measure, subject.factors, subject.labels, wish.page),
        measure,
    )


def draw_time_courses_of_study(wish: FigureRequest, subject: FigureSource) -> Exhibit:
    """Draw time courses of a study that keeps series."""
    series = subject.results.series
    if series is None:
        raise InputError(
            "--kind timecourse needs the course of every run, which this study does not keep; run"
            " it with series=1 (every round)"
        )
    (by,) = choose_axis_factors(wish, subject, ("by",), 0)
    return time_course(
        series,
        choose_figure_measures(wish, subject, series),
        by,
        subject.results.events,
        subject.factors,
        subject.labels,
        wish.page,
    )


def draw_distributions_of_study(wish: FigureRequest, subject: FigureSource) -> Exhibit:
    """Draw distributions of sizes and lifetimes of a study that keeps events."""
    events = subject.results.events
    if events is None:
        raise InputError(
            "--kind distributions needs a row per collaboration, which this study does not keep;"
            " give it keep: [events]"
        )
    (by,) = choose_axis_factors(wish, subject, ("by",), 0)
    return distribution(
        events,
        (
            choose_figure_measures(wish, subject, events)
            if wish.measures
            else COLLABORATION_DISTRIBUTION_MEASURES
        ),
        by,
        subject.labels,
        wish.page,
    )


def draw_profiles_of_study(wish: FigureRequest, subject: FigureSource) -> Exhibit:
    """Draw profiles of forms over measures whose better side is known; names rather than numbers unless told."""
    names = [
        factor for factor in subject.varied if not subject.results.runs[factor].dtype.is_numeric()
    ]
    (by,) = choose_axis_factors(
        wish._replace(by=wish.by or next(iter(names), None)), subject, ("by",), 1
    )
    asked = (
        choose_figure_measures(wish, subject, subject.results.runs)
        if wish.measures
        else [name for name in MEASURE_DIRECTIONS if is_varying_measure(subject.results.runs, name)]
    )
    return profiles(
        subject.results.runs,
        str(by),
        {name: MEASURE_DIRECTIONS.get(name, 1) for name in asked},
        subject.factors,
        subject.labels,
        wish.page,
    )


def is_varying_measure(runs: pl.DataFrame, measure: str) -> bool:
    """Tell whether runs have a measure, all of them, and not the same."""
    return (
        measure in runs.columns
        and bool(runs[measure].is_finite().all())
        and runs[measure].n_unique() > 1
    )


def add_measure_to_name(exhibit: Exhibit, measure: str) -> Exhibit:
    """Return an exhibit with its measure in its name, so that one does not overwrite that of another."""
    return exhibit._replace(name=f"{exhibit.name}_{measure}")


def draw_time_course_of_run(folder: Path, wish: FigureRequest) -> Exhibit:
    """Draw the course of one run."""
    try:
        return run_exhibit(read_run_table(folder, "rounds"), wish.page)
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise InputError(
            f"{folder}/rounds.parquet lacks columns that a run writes; run it again"
        ) from error


def draw_distributions_of_run(folder: Path, wish: FigureRequest) -> Exhibit:
    """Draw sizes and lifetimes of collaborations, and with how many each organisation worked."""
    nodes, members = read_organisations_and_members(folder)
    ties = find_ties(members)
    each = pl.concat(
        [ties.select("first", "second"), ties.select(first="second", second="first")]
    ).unique()
    partners = each.group_by("first").agg(partners=pl.len().cast(pl.Int64)).select("partners")
    cases = pl.concat(
        [read_run_table(folder, "events").select(COLLABORATION_DISTRIBUTION_MEASURES), partners],
        how="diagonal",
    )
    if len(nodes) > len(partners):
        cases = pl.concat(
            [
                cases,
                pl.DataFrame(
                    {"partners": [0] * (len(nodes) - len(partners))}, schema={"partners": pl.Int64}
                ),
            ],
            how="diagonal",
        )
    return distribution(
        cases,
        [*COLLABORATION_DISTRIBUTION_MEASURES, "partners"],
        None,
        list_axis_labels(),
        wish.page,
    )


def draw_expertise_space_of_run(folder: Path, wish: FigureRequest) -> Exhibit:
    """Draw the space of expertise before and after."""
    return expertise_space(read_moment_table(folder, "organisations"), wish.page)


def draw_network_of_run(folder: Path, wish: FigureRequest) -> Exhibit:
    """Draw the network as a storyboard."""
    nodes, members = read_organisations_and_members(folder)
    return storyboard(nodes, members, 6 if wish.moments is None else wish.moments, wish.page)


def draw_animation_of_run(folder: Path, wish: FigureRequest) -> AnimatedExhibit:
    """Film the network."""
    nodes, members = read_organisations_and_members(folder)
    return animation(nodes, members, wish.moments, wish.page)


def read_organisations_and_members(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the organisations of a run, and who was in which collaboration at which moment."""
    organisations = read_moment_table(folder, "organisations")
    return organisations.unique(
        "organisation", keep="first", maintain_order=True
    ), read_moment_table(folder, "members")


def read_moment_table(folder: Path, name: str) -> pl.DataFrame:
    """Return a table of moments of a run."""
    if not (folder / f"{name}.parquet").exists():
        from experiments.store.snapshots import MAX_SNAPSHOT_ORGANISATIONS

        raise InputError(
            f"{folder} has no {name}.parquet: a run keeps its moments up to"
            f" {MAX_SNAPSHOT_ORGANISATIONS:,} organisations; run it again with fewer"
        )
    return read_run_table(folder, name)


def read_run_table(folder: Path, name: str) -> pl.DataFrame:
    """Return a table of a run."""
    return read_table(folder, name, pl.read_parquet, RUN_AGAIN_ADVICE)


STUDY_FIGURE_KINDS: dict[str, Callable[[FigureRequest, FigureSource], Exhibit]] = {
    "lines": draw_response_lines_of_study,
    "heatmap": draw_heat_map_of_study,
    "phase": draw_phase_diagram_of_study,
    "interaction": draw_interaction_of_study,
    "timecourse": draw_time_courses_of_study,
    "distributions": draw_distributions_of_study,
    "profiles": draw_profiles_of_study,
}
RUN_FIGURE_KINDS: dict[str, Callable[[Path, FigureRequest], Exhibit | AnimatedExhibit]] = {
    "timecourse": draw_time_course_of_run,
    "distributions": draw_distributions_of_run,
    "space": draw_expertise_space_of_run,
    "network": draw_network_of_run,
    "animation": draw_animation_of_run,
}


def draw_figure_of_classic_run(wish: FigureRequest, folder: Path, model: str) -> Exhibit:
    """Draw the course of one run of a classic."""
    from experiments.presentation.run_results import draw_time_course_of_classic

    if wish.kind not in (None, "timecourse"):
        raise InputError(
            f"--kind {wish.kind} is not drawn of one run of a classic; allowed: timecourse, or the"
            " folder of a study"
        )
    refuse_study_options(wish)
    return draw_time_course_of_classic(read_run_table(folder, "rounds"), model, wish.page)


def draw_figure_of_study(wish: FigureRequest, subject: FigureSource) -> Exhibit:
    """Draw one figure of a study."""
    assert wish.kind is not None
    if wish.kind not in STUDY_FIGURE_KINDS:
        raise InputError(
            f"--kind {wish.kind} is drawn of one run, and this is a study; give the folder of"
            f" `overbruggen run`, or one of {', '.join(STUDY_FIGURE_KINDS)}"
        )
    return STUDY_FIGURE_KINDS[wish.kind](wish, subject)


def draw_figure_of_run(wish: FigureRequest, folder: Path) -> Exhibit | AnimatedExhibit:
    """Draw one figure of a run."""
    kind = wish.kind or "timecourse"
    if kind not in RUN_FIGURE_KINDS:
        raise InputError(
            f"--kind {kind} compares runs, and this is one run; give the folder of a study, or one"
            f" of {', '.join(RUN_FIGURE_KINDS)}"
        )
    refuse_study_options(wish)
    return RUN_FIGURE_KINDS[kind](folder, wish)


def refuse_study_options(wish: FigureRequest) -> None:
    """Refuse to choose among what one run does not have."""
    for option in ("measures", "x", "y", "by"):
        if getattr(wish, option):
            raise InputError(
                f"--{option.removesuffix('s')} chooses among the factors and measures of a study,"
                " and this is one run; leave it out"
            )
