"""The sensitivity of a study's results to its factors: the analysis that suits its design, shown and written into its folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analysis.estimates import Floats
from analysis.figures.exhibit import Exhibit
from analysis.sensitivity import tables as tables_of
from analysis.sensitivity.indices import elementary_effects, sobol_indices
from analysis.sensitivity.level_effects import LevelEffects, main_effects, one_at_a_time
from analysis.sensitivity.metamodel import Metamodel, compute_metamodel_indices, fit_metamodel
from analysis.sensitivity.noise import estimate_noise
from analysis.sensitivity.responses import collect_responses
from analysis.sensitivity.surfaces import check_pair, compute_surface_means, predict_surface
from analysis.tables import Table
from experiments.console import print_table, print_text
from experiments.design.factors import Range
from experiments.design.plan import AdaptiveReplicates
from experiments.design.recorded_study import load_recorded_study
from experiments.design.study import Study, problem, unit_sample
from experiments.presentation.exhibits import format_provenance_sentence, write_exhibit
from experiments.presentation.study_results import list_shown_measures
from experiments.store.files import NotWrittenError, make_write_error, wrap_write_errors, write_text
from experiments.store.manifest import StudyManifest, read_study_manifest
from experiments.store.provenance import FOLDER_PLACEHOLDER, record_provenance
from experiments.store.results import read_results
from sim.errors import InputError

PAIRED_NOTE = (
    "Differences are paired by replicate, which has the same seed at every point. [95 % interval"
    " over replicates, Student.]"
)
UNPAIRED_NOTE = "Every run has a seed of its own. [95 % interval over replicates, Welch.]"
MAIN_EFFECTS_NOTE = (
    "Mean at the high level minus mean at the low one, over all combinations of the others that the"
    " design has (resolution IV: clear of interactions of two). [95 % interval over replicates,"
    " Student.]"
)


@dataclass(frozen=True)
class SensitivityInput:
    """What is analysed: a study, its points (a row each, a column per factor), a measure by point and replicate (P, R), and two factors to map."""

    study: Study
    points: pl.DataFrame
    values: Floats
    measure: str
    surface: tuple[str, str] | None

    @property
    def common(self) -> bool:
        """Whether replicate r has the same seed at every point."""
        return self.study.common_random_numbers

    @property
    def log(self) -> list[str]:
        """Which factors are on a log scale."""
        return [
            name
            for name, factor in self.study.factors.items()
            if isinstance(factor, Range) and factor.scale == "log"
        ]

    @property
    def sampled(self) -> str:
        """How many runs this rests on, for a caption; what closes it says of which study, and whether replicates share their random numbers."""
        return (
            f"{len(self.points)} points, {self.values.shape[1]} replicates, design"
            f" {self.study.design.name}."
        )


class SensitivityResult(NamedTuple):
    """What an analysis found: tables to show, tables of numbers by name, and exhibits, each with the table behind it."""

    tables: list[Table]
    frames: dict[str, pl.DataFrame]
    exhibits: list[Exhibit]


def report_sensitivity(folder: Path, measure: str | None, surface: Sequence[str] | None) -> None:
    """Analyse a study's results by the design of the study; show the tables and write them, with figures, into its folder.

    Args:
        folder: of a study that is complete.
        measure: a column of its runs; by default the first that its tables show.
        surface: two factors whose response surface is wanted.

    Raises:
        InputError, AnalysisError: there is nothing to analyse, said in a sentence; nothing is written then.
    """
    manifest = read_study_manifest(folder)
    found, stem = analyse_study_sensitivity(folder, manifest, measure, surface)
    try:
        write_text("\n".join(table.to_markdown() for table in found.tables), folder / f"{stem}.md")
        for name, frame in found.frames.items():
            with wrap_write_errors():
                frame.write_csv(folder / f"{name}.csv")
        drawn = [
            name
            for exhibit in found.exhibits
            for name in write_exhibit(exhibit, folder, format_provenance_sentence(manifest))
        ]
        written = [f"{stem}.md", *(f"{name}.csv" for name in found.frames), *drawn]
        record_provenance(
            folder,
            ("sensitivity", FOLDER_PLACEHOLDER, *list_sensitivity_options(measure, surface)),
            written,
        )
    except NotWrittenError as reason:
        raise make_write_error(folder, reason) from reason
    for table in found.tables:
        print_table(table)
    print_text(f"Written in {folder}: {', '.join(written)}.")


def list_sensitivity_options(measure: str | None, surface: Sequence[str] | None) -> list[str]:
    """Return the words that ask for this analysis again."""
    return [
        *(["--measure", measure] if measure else []),
        *(["--surface", *surface] if surface else []),
    ]


def analyse_study_sensitivity(
    folder: Path, manifest: StudyManifest, measure: str | None, surface: Sequence[str] | None
) -> tuple[SensitivityResult, str]:
    """Read a folder and analyse it; return findings and the name of what is to be written."""
    study = load_recorded_study(folder)
    if not manifest.complete:
        raise InputError(
            f"{folder} is incomplete; `overbruggen resume {folder}` does what it lacks"
        )
    runs = read_results(folder).runs
    if isinstance(study.replicates, AdaptiveReplicates):
        print_text(
            f"Points have different numbers of replicates; the first {study.replicates.at_least},"
            " which all have, are analysed."
        )
        runs = runs.filter(pl.col("replicate") < study.replicates.at_least)
    wanted = measure or next(iter(list_shown_measures(runs.schema, list(study.factors))), "")
    pair = None if surface is None else (surface[0], surface[1])
    points = tabulate_points_of_study(study)
    if pair is not None:
        check_pair(*pair, points)
    asked = SensitivityInput(study, points, collect_responses(runs, points, wanted), wanted, pair)
    stem = f"sensitivity_{wanted}"
    return SENSITIVITY_ANALYSES.get(study.design.name, analyse_by_metamodel)(asked, stem), stem


def tabulate_points_of_study(study: Study) -> pl.DataFrame:
    """Return the points of a study, a row each and a column per factor: numbers where all levels are, else text."""
    labels = [point.levels for point in study.points()]
    columns: dict[str, Any] = {}
    for name in study.factors:
        levels = [label[name] for label in labels]
        if all(isinstance(level, bool) for level in levels):
            columns[name] = pl.Series(levels)
        elif all(
            isinstance(level, int | float) and not isinstance(level, bool) for level in levels
        ):
            columns[name] = pl.Series(levels, dtype=pl.Float64, strict=False)
        else:
            columns[name] = [str(level) for level in levels]
    return pl.DataFrame(columns)


def analyse_by_sobol(asked: SensitivityInput, stem: str) -> SensitivityResult:
    """Share the variance out among factors."""
    from analysis.figures.sensitivity import draw_bars_exhibit

    found = sobol_indices(
        problem(asked.study),
        asked.values,
        asked.study.design.settings["second_order"],
        asked.common,
    )
    bars = tables_of.make_bars(found.factors, found.noise)
    caption = (
        f"Sobol' indices of {asked.measure}: first (the factor alone) and total (with its"
        " interactions), of the mean over replicates, with 95 % bootstrap intervals; diamonds:"
        " luck taken out."
        f" {asked.sampled}{tables_of.format_noise_sentence(found.noise)}{found.note}"
    )
    frames = {stem: found.factors} | (
        {f"{stem}_pairs": found.pairs} if found.pairs is not None else {}
    )
    tables = tables_of.make_sobol_tables(found, asked.measure, asked.common)
    findings = SensitivityResult(
        tables, frames, [draw_bars_exhibit(f"{stem}_bars", bars, asked.measure, caption)]
    )
    return add_response_surface(findings, asked, stem)


def analyse_by_morris(asked: SensitivityInput, stem: str) -> SensitivityResult:
    """Screen factors by their elementary effects."""
    from analysis.figures.sensitivity import draw_plane_exhibit

    unit, levels = unit_sample(asked.study), asked.study.design.settings["levels"]
    found = elementary_effects(problem(asked.study), unit, asked.values, levels, asked.common)
    caption = (
        f"Morris' elementary effects on {asked.measure}: mean size (mu*) against spread (sigma),"
        " with 95 % intervals over trajectories; a group of factors has no sigma and stands on the"
        f" axis. {asked.sampled}{tables_of.format_noise_sentence(found.noise)}{found.note}"
    )
    figure = draw_plane_exhibit(f"{stem}_plane", found.factors, asked.measure, caption)
    return add_response_surface(
        SensitivityResult(
            [tables_of.make_morris_table(found, asked.measure, asked.common)],
            {stem: found.factors},
            [figure],
        ),
        asked,
        stem,
    )


def analyse_one_at_a_time(asked: SensitivityInput, stem: str) -> SensitivityResult:
    """Compare every level with the base."""
    found = one_at_a_time(asked.points, asked.values, asked.common)
    return present_level_effects(
        found,
        f"Effects on {asked.measure}, one factor at a time",
        PAIRED_NOTE if asked.common else UNPAIRED_NOTE,
        asked,
        stem,
    )


def analyse_main_effects(asked: SensitivityInput, stem: str) -> SensitivityResult:
    """Compare high with low levels."""
    unit, names = unit_sample(asked.study), problem(asked.study)["names"]
    ends = {
        name: (
            asked.points[name][int(np.argmin(unit[:, column]))],
            asked.points[name][int(np.argmax(unit[:, column]))],
        )
        for column, name in enumerate(names)
    }
    return present_level_effects(
        main_effects(asked.points, asked.values, ends),
        f"Main effects on {asked.measure}",
        MAIN_EFFECTS_NOTE,
        asked,
        stem,
    )


def present_level_effects(
    found: LevelEffects, title: str, note: str, asked: SensitivityInput, stem: str
) -> SensitivityResult:
    """Return effects of levels as table and tornado."""
    from analysis.figures.sensitivity import draw_tornado_exhibit

    caption = (
        f"{title}: change against the base, points with 95 % intervals. {asked.sampled}"
        f" {note}{found.note}"
    )
    figure = draw_tornado_exhibit(f"{stem}_tornado", found.effects, asked.measure, caption)
    return add_response_surface(
        SensitivityResult(
            [tables_of.make_effects_table(found, title, note)], {stem: found.effects}, [figure]
        ),
        asked,
        stem,
    )


def analyse_by_metamodel(asked: SensitivityInput, stem: str) -> SensitivityResult:
    """Learn the response from the points of any design and share out its variance; a full factorial of two factors shows its cells."""
    varied = [name for name in asked.points.columns if asked.points[name].n_unique() > 1]
    if asked.study.design.name == "full_factorial" and (asked.surface or len(varied) == 2):
        return add_response_surface(
            SensitivityResult([], {}, []), asked, stem, (varied[0], varied[1])
        )
    from analysis.figures.sensitivity import draw_bars_exhibit

    model = fit_metamodel(asked.points, asked.values, asked.log)
    indices = compute_metamodel_indices(model)
    whole = asked.values[np.isfinite(asked.values).all(axis=1)]
    luck = estimate_noise(whole[:, None, :], asked.common)
    tables = [
        tables_of.make_cross_validation_table(model, asked.measure),
        tables_of.make_metamodel_table(indices, asked.measure, luck, asked.common),
    ]
    bars = tables_of.make_bars(indices, luck)
    caption = (
        f"Sobol' indices of a metamodel ({model.kind}) of {asked.measure}: first (the factor alone)"
        " and total (with its interactions). On points held out it explains"
        f" {100 * model.held_out.r2:.0f} % of the variance between points."
        f" {asked.sampled}{tables_of.format_noise_sentence(luck)}{model.note}"
    )
    findings = SensitivityResult(
        tables, {stem: indices}, [draw_bars_exhibit(f"{stem}_bars", bars, asked.measure, caption)]
    )
    return add_response_surface(findings, asked, stem, model=model)


def add_response_surface(
    findings: SensitivityResult,
    asked: SensitivityInput,
    stem: str,
    pair: tuple[str, str] | None = None,
    model: Metamodel | None = None,
) -> SensitivityResult:
    """Add the response surface of two factors, if it is wanted: means of cells where the design is a full factorial, else a metamodel's."""
    chosen = asked.surface or pair
    if chosen is None:
        return findings
    from analysis.figures.surface import draw_surface_exhibit

    x, y = chosen
    tables = list(findings.tables)
    if asked.study.design.name == "full_factorial":
        surface = compute_surface_means(asked.points, asked.values, x, y)
        what = "mean in every cell over replicates and the levels of other factors"
        rows = tables_of.make_rows(
            surface.rename({"mean": "cell"}).with_columns(cell_low="low", cell_high="high"),
            [x, y],
            ["cell"],
        )
        tables.append(
            Table(
                f"{asked.measure} by {x} and {y}",
                (x, y, "mean"),
                rows,
                "[95 % interval over replicates, Student.]",
            )
        )
    else:
        if model is None:
            model = fit_metamodel(asked.points, asked.values, asked.log)
            tables.append(tables_of.make_cross_validation_table(model, asked.measure))
        surface = predict_surface(model, x, y)
        what = (
            f"metamodel ({model.kind}; on points held out it explains {100 * model.held_out.r2:.0f}"
            " % of the variance), averaged over the other factors as the design has them"
        )
    name = f"{stem}_surface"
    caption = (
        f"{asked.measure} against {x} and {y}: {what}. Circles: points of the design."
        f" {asked.sampled}"
    )
    figure = draw_surface_exhibit(name, surface, asked.points, asked.measure, caption, asked.log)
    return SensitivityResult(tables, findings.frames, [*findings.exhibits, figure])


SensitivityAnalysis = Callable[[SensitivityInput, str], SensitivityResult]
SENSITIVITY_ANALYSES: dict[str, SensitivityAnalysis] = {
    "sobol": analyse_by_sobol,
    "morris": analyse_by_morris,
    "one_at_a_time": analyse_one_at_a_time,
    "fractional_factorial": analyse_main_effects,
}
