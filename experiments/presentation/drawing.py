"""Figures asked for by their kind: which part of the results each takes, and what stands on its axes unless told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from analysis.figures.distributions import distribution
from analysis.figures.exhibit import Exhibit
from analysis.figures.interaction import interaction
from analysis.figures.journals import journal_of
from analysis.figures.lines import in_order_of_axes, response_lines
from analysis.figures.maps import heat_map, phase_diagram
from analysis.figures.network import Film, animation, storyboard, ties_of
from analysis.figures.one_run import run_exhibit
from analysis.figures.profiles import profiles
from analysis.figures.space import expertise_space
from analysis.figures.style import PAGE, Page
from analysis.figures.timecourse import time_course
from experiments.configuration import did_you_mean
from experiments.presentation.labels import labels
from experiments.store.results import RUN_AGAIN, Results, read_table
from sim.errors import InputError

BESIDE = ("form", "imitation_rate", "depth")  # what a table of our own runs has beside the factors
SIZES = ("largest_size", "rounds")  # what of a collaboration is distributed
GOOD = {
    "joint_value": 1, "joint_value_end": 1, "synergy": 1, "synergy_loss": -1, "solved_share_narrow": 1, "solved_share_broad": 1,
    "rounds_to_solve": -1, "understanding": 1, "trust_within": 1, "diversity_within": 1, "bridging_skill": 1, "working_share": 1,
    "search_cost": -1, "link_cost": -1, "rule_cost": -1, "gini_value": -1,
}  # fmt: skip


class Wish(NamedTuple):
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
        asked = journal_of(self.page)
        if asked is None:
            return None
        options = {"kind": self.kind, "x": self.x, "y": self.y, "by": self.by, "moments": self.moments}
        words = [word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))]
        words += [word for measure in self.measures for word in ("--measure", measure)]
        return words if self.page == PAGE else [*words, "--journal", asked[0], "--columns", str(asked[1])]


class Subject(NamedTuple):
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
        return labels(self.results.manifest.model)

    @property
    def varied(self) -> list[str]:
        """Factors with several levels, in the order in which they stand on axes."""
        return in_order_of_axes(self.results.runs, self.factors)


def axes(wish: Wish, subject: Subject, slots: Sequence[str], needed: int) -> list[str | None]:
    """Return a factor per slot (x, y, by): the one asked for, or the next that varies; None where there is none and none is needed."""
    asked = {slot: getattr(wish, slot) for slot in slots}
    known = [*subject.factors, *(name for name in BESIDE if name in subject.results.runs.columns)]
    for slot in ("x", "y", "by"):
        name = getattr(wish, slot)
        if name and slot not in slots:
            raise InputError(f"--{slot} has no meaning in a figure of this kind; leave it out")
        if name and name not in known:
            raise InputError(f"--{slot} is {name}, which this study does not vary.{did_you_mean(name, known)}")
    left = [factor for factor in subject.varied if factor not in asked.values()]
    filled = [asked[slot] or (left.pop(0) if left else None) for slot in slots]
    if None in filled[:needed]:
        varied = ", ".join(subject.varied) or "none"
        raise InputError(f"--kind {wish.kind} needs {needed} factor{'s' * (needed > 1)} with several levels; this study varies {varied}")
    return filled


def measures_of(wish: Wish, subject: Subject, table: pl.DataFrame, most: int | None = None) -> list[str]:
    """Return the measures asked for, or those a study is headed by; all must be there."""
    known = [name for name, kind in table.schema.items() if kind.is_numeric() and name not in ("replicate", "seed", *subject.factors)]
    for name in wish.measures:
        if name not in known:
            raise InputError(f"--measure is {name}, which these results do not have.{did_you_mean(name, known)}")
    if most is not None and len(wish.measures) > most:
        raise InputError(f"--kind {wish.kind} takes one measure; it was given {', '.join(wish.measures)}: draw it once for each")
    found = list(wish.measures) or [name for name in subject.headline if name in known]
    return found[:most]


def draw_lines(wish: Wish, subject: Subject) -> Exhibit:
    """Draw response lines."""
    x, by = axes(wish, subject, ("x", "by"), 1)
    runs, measures = subject.results.runs, measures_of(wish, subject, subject.results.runs)
    return response_lines(runs, str(x), measures, by, subject.factors, subject.labels, wish.page, f"lines_{'_'.join(measures)}")


def draw_heat_map(wish: Wish, subject: Subject) -> Exhibit:
    """Draw a heat map; a third factor makes panels when it is asked for."""
    x, y = axes(wish, subject, ("x", "y", "by"), 2)[:2]
    runs, (measure,) = subject.results.runs, measures_of(wish, subject, subject.results.runs, 1)
    return named(heat_map(runs, str(x), str(y), measure, wish.by, subject.factors, subject.labels, wish.page), measure)


def draw_phases(wish: Wish, subject: Subject) -> Exhibit:
    """Draw a phase diagram; unless told, names compete and numbers span the map."""
    names = [factor for factor in subject.varied if not subject.results.runs[factor].dtype.is_numeric()]
    by = wish.by or next((name for name in names if name not in (wish.x, wish.y)), None)
    x, y, by = axes(wish._replace(by=by), subject, ("x", "y", "by"), 3)
    runs, (measure,) = subject.results.runs, measures_of(wish, subject, subject.results.runs, 1)
    return named(phase_diagram(runs, str(x), str(y), str(by), measure, subject.factors, subject.labels, wish.page), measure)


def draw_interaction(wish: Wish, subject: Subject) -> Exhibit:
    """Draw an interaction plot."""
    x, by = axes(wish, subject, ("x", "by"), 2)
    runs, (measure,) = subject.results.runs, measures_of(wish, subject, subject.results.runs, 1)
    return named(interaction(runs, str(x), str(by), measure, subject.factors, subject.labels, wish.page), measure)


def draw_courses(wish: Wish, subject: Subject) -> Exhibit:
    """Draw time courses of a study that keeps series."""
    series = subject.results.series
    if series is None:
        raise InputError("--kind timecourse needs the course of every run, which this study does not keep; run it with series=1 (every round)")
    (by,) = axes(wish, subject, ("by",), 0)
    return time_course(series, measures_of(wish, subject, series), by, subject.results.events, subject.factors, subject.labels, wish.page)


def draw_distributions(wish: Wish, subject: Subject) -> Exhibit:
    """Draw distributions of sizes and lifetimes of a study that keeps events."""
    events = subject.results.events
    if events is None:
        raise InputError("--kind distributions needs a row per collaboration, which this study does not keep; give it keep: [events]")
    (by,) = axes(wish, subject, ("by",), 0)
    return distribution(events, measures_of(wish, subject, events) if wish.measures else SIZES, by, subject.labels, wish.page)


def draw_profiles(wish: Wish, subject: Subject) -> Exhibit:
    """Draw profiles of forms over measures whose better side is known; names rather than numbers unless told."""
    names = [factor for factor in subject.varied if not subject.results.runs[factor].dtype.is_numeric()]
    (by,) = axes(wish._replace(by=wish.by or next(iter(names), None)), subject, ("by",), 1)
    asked = measures_of(wish, subject, subject.results.runs) if wish.measures else [name for name in GOOD if varies(subject.results.runs, name)]
    return profiles(subject.results.runs, str(by), {name: GOOD.get(name, 1) for name in asked}, subject.factors, subject.labels, wish.page)


def varies(runs: pl.DataFrame, measure: str) -> bool:
    """Tell whether runs have a measure, all of them, and not the same."""
    return measure in runs.columns and bool(runs[measure].is_finite().all()) and runs[measure].n_unique() > 1


def named(exhibit: Exhibit, measure: str) -> Exhibit:
    """Return an exhibit with its measure in its name, so that one does not overwrite that of another."""
    return exhibit._replace(name=f"{exhibit.name}_{measure}")


def draw_run(folder: Path, wish: Wish) -> Exhibit:
    """Draw the course of one run."""
    try:
        return run_exhibit(table_of(folder, "rounds"), wish.page)
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise InputError(f"{folder}/rounds.parquet lacks columns that a run writes; run it again") from error


def draw_run_distributions(folder: Path, wish: Wish) -> Exhibit:
    """Draw sizes and lifetimes of collaborations, and with how many each organisation worked."""
    nodes, members = moments_of(folder)
    ties = ties_of(members)
    each = pl.concat([ties.select("first", "second"), ties.select(first="second", second="first")]).unique()
    partners = each.group_by("first").agg(partners=pl.len().cast(pl.Int64)).select("partners")
    cases = pl.concat([table_of(folder, "events").select(SIZES), partners], how="diagonal")
    if len(nodes) > len(partners):
        cases = pl.concat([cases, pl.DataFrame({"partners": [0] * (len(nodes) - len(partners))}, schema={"partners": pl.Int64})], how="diagonal")
    return distribution(cases, [*SIZES, "partners"], None, labels(), wish.page)


def draw_space(folder: Path, wish: Wish) -> Exhibit:
    """Draw the space of expertise before and after."""
    return expertise_space(kept(folder, "organisations"), wish.page)


def draw_network(folder: Path, wish: Wish) -> Exhibit:
    """Draw the network as a storyboard."""
    nodes, members = moments_of(folder)
    return storyboard(nodes, members, 6 if wish.moments is None else wish.moments, wish.page)


def draw_animation(folder: Path, wish: Wish) -> Film:
    """Film the network."""
    nodes, members = moments_of(folder)
    return animation(nodes, members, wish.moments, wish.page)


def moments_of(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the organisations of a run, and who was in which collaboration at which moment."""
    organisations = kept(folder, "organisations")
    return organisations.unique("organisation", keep="first", maintain_order=True), kept(folder, "members")


def kept(folder: Path, name: str) -> pl.DataFrame:
    """Return a table of moments of a run."""
    if not (folder / f"{name}.parquet").exists():
        from experiments.store.moments import MOST_DRAWN

        raise InputError(f"{folder} has no {name}.parquet: a run keeps its moments up to {MOST_DRAWN:,} organisations; run it again with fewer")
    return table_of(folder, name)


def table_of(folder: Path, name: str) -> pl.DataFrame:
    """Return a table of a run."""
    return read_table(folder, name, pl.read_parquet, RUN_AGAIN)


OF_STUDIES: dict[str, Callable[[Wish, Subject], Exhibit]] = {
    "lines": draw_lines, "heatmap": draw_heat_map, "phase": draw_phases, "interaction": draw_interaction, "timecourse": draw_courses,
    "distributions": draw_distributions, "profiles": draw_profiles,
}  # fmt: skip
OF_RUNS: dict[str, Callable[[Path, Wish], Exhibit | Film]] = {
    "timecourse": draw_run, "distributions": draw_run_distributions, "space": draw_space, "network": draw_network, "animation": draw_animation,
}  # fmt: skip


def of_classic(wish: Wish, folder: Path, model: str) -> Exhibit:
    """Draw the course of one run of a classic."""
    from experiments.presentation.single import course

    if wish.kind not in (None, "timecourse"):
        raise InputError(f"--kind {wish.kind} is not drawn of one run of a classic; allowed: timecourse, or the folder of a study")
    refuse_choices(wish)
    return course(table_of(folder, "rounds"), model, wish.page)


def of_study(wish: Wish, subject: Subject) -> Exhibit:
    """Draw one figure of a study."""
    assert wish.kind is not None
    if wish.kind not in OF_STUDIES:
        raise InputError(
            f"--kind {wish.kind} is drawn of one run, and this is a study; give the folder of `overbruggen run`, or one of {', '.join(OF_STUDIES)}"
        )
    return OF_STUDIES[wish.kind](wish, subject)


def of_run(wish: Wish, folder: Path) -> Exhibit | Film:
    """Draw one figure of a run."""
    kind = wish.kind or "timecourse"
    if kind not in OF_RUNS:
        raise InputError(f"--kind {kind} compares runs, and this is one run; give the folder of a study, or one of {', '.join(OF_RUNS)}")
    refuse_choices(wish)
    return OF_RUNS[kind](folder, wish)


def refuse_choices(wish: Wish) -> None:
    """Refuse to choose among what one run does not have."""
    for option in ("measures", "x", "y", "by"):
        if getattr(wish, option):
            raise InputError(f"--{option.removesuffix('s')} chooses among the factors and measures of a study, and this is one run; leave it out")
