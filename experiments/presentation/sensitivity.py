"""Sensitivity of a study's results to its factors: run the analysis that suits the design."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analysis.estimates import Floats
from analysis.figures.exhibit import Exhibit
from analysis.sensitivity import tables as sensitivity_tables
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
    "Differences are paired by replicate (common random numbers). [95 % interval over replicates,"
    " Student.]"
)
UNPAIRED_NOTE = "Runs have independent seeds. [95 % interval over replicates, Welch.]"
MAIN_EFFECTS_NOTE = (
    "Mean at the high level minus mean at the low level, over all combinations of the other factors"
    " in the design (resolution IV: not confounded with two-factor interactions). [95 % interval"
    " over replicates, Student.]"
)


@dataclass(frozen=True)
class SensitivityInput:
    """The data of a sensitivity analysis.

    Attributes:
        study: the study.
        points: a row per point, a column per factor.
        values: the measure by point and replicate, shape (P, R).
        measure: name of the measure.
        surface: two factors whose response surface is requested.
    """

    study: Study
    points: pl.DataFrame
    values: Floats
    measure: str
    surface: tuple[str, str] | None

    @property
    def common(self) -> bool:
        """Whether replicate r has the same seed at every point (common random numbers)."""
        return self.study.common_random_numbers

    @property
    def log_factors(self) -> list[str]:
        """Factors on a logarithmic scale."""
        return [
            name
            for name, factor in self.study.factors.items()
            if isinstance(factor, Range) and factor.scale == "log"
        ]

    @property
    def sample_sentence(self) -> str:
        """Number of points and replicates and the design, for a caption."""
        return (
            f"{len(self.points)} points, {self.values.shape[1]} replicates, design"
            f" {self.study.design.name}."
        )


class SensitivityResult(NamedTuple):
    """Results of a sensitivity analysis.

    Attributes:
        tables: tables to print.
        frames: unrounded numbers by name of their CSV file.
        exhibits: figures with captions.
    """

    tables: list[Table]
    frames: dict[str, pl.DataFrame]
    exhibits: list[Exhibit]


def report_sensitivity(folder: Path, measure: str | None, surface: Sequence[str] | None) -> None:
    """Analyse a study by its design; print the tables and write them with figures to its folder.

    Args:
        folder: folder of a complete study.
        measure: a column of its runs; by default the first that its tables show.
        surface: two factors whose response surface to add.

    Raises:
        InputError, AnalysisError: the results cannot be analysed; nothing is written then.
    """
    manifest = read_study_manifest(folder)
    result, stem = analyse_study_sensitivity(folder, manifest, measure, surface)
    try:
        write_text("\n".join(table.to_markdown() for table in result.tables), folder / f"{stem}.md")
        for name, frame in result.frames.items():
            with wrap_write_errors():
                frame.write_csv(folder / f"{name}.csv")
        figures = [
            name
            for exhibit in result.exhibits
            for name in write_exhibit(exhibit, folder, format_provenance_sentence(manifest))
        ]
        written = [f"{stem}.md", *(f"{name}.csv" for name in result.frames), *figures]
        record_provenance(
            folder,
            ("sensitivity", FOLDER_PLACEHOLDER, *list_sensitivity_options(measure, surface)),
            written,
        )
    except NotWrittenError as error:
        raise make_write_error(folder, error) from error
    for table in result.tables:
        print_table(table)
    print_text(f"Written in {folder}: {', '.join(written)}.")


def list_sensitivity_options(measure: str | None, surface: Sequence[str] | None) -> list[str]:
    """Return the options of `overbruggen sensitivity` that repeat this analysis."""
    return [
        *(["--measure", measure] if measure else []),
        *(["--surface", *surface] if surface else []),
    ]


def analyse_study_sensitivity(
    folder: Path, manifest: StudyManifest, measure: str | None, surface: Sequence[str] | None
) -> tuple[SensitivityResult, str]:
    """Analyse the study in a folder; return the result and the stem of the files to write."""
    study = load_recorded_study(folder)
    if not manifest.complete:
        raise InputError(
            f"{folder} is incomplete; finish the study with `overbruggen resume {folder}`"
        )
    runs = read_results(folder).runs
    if isinstance(study.replicates, AdaptiveReplicates):
        print_text(
            "Points have different numbers of replicates; the analysis uses the first"
            f" {study.replicates.at_least}, which all points have."
        )
        runs = runs.filter(pl.col("replicate") < study.replicates.at_least)
    analysed = measure or next(iter(list_shown_measures(runs.schema, list(study.factors))), "")
    pair = None if surface is None else (surface[0], surface[1])
    points = tabulate_points_of_study(study)
    if pair is not None:
        check_pair(*pair, points)
    data = SensitivityInput(
        study, points, collect_responses(runs, points, analysed), analysed, pair
    )
    stem = f"sensitivity_{analysed}"
    return SENSITIVITY_ANALYSES.get(study.design.name, analyse_by_metamodel)(data, stem), stem


def tabulate_points_of_study(study: Study) -> pl.DataFrame:
    """Return the points of a study, a row per point and a column per factor.

    A factor whose levels are all numbers gives a column of numbers, any other a column of text.
    """
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


def analyse_by_sobol(data: SensitivityInput, stem: str) -> SensitivityResult:
    """Decompose the variance by factor (Sobol' indices)."""
    from analysis.figures.sensitivity import draw_bars_exhibit

    indices = sobol_indices(
        problem(data.study),
        data.values,
        data.study.design.settings["second_order"],
        data.common,
    )
    bars = sensitivity_tables.make_bars(indices.factors, indices.noise)
    noise = sensitivity_tables.format_noise_sentence(indices.noise)
    caption = (
        f"Sobol' indices of {data.measure}: first (the factor alone) and total (with its"
        " interactions), of the mean over replicates, with 95 % bootstrap intervals; diamonds:"
        " corrected for random variation."
        f" {data.sample_sentence}{noise}{indices.note}"
    )
    frames = {stem: indices.factors} | (
        {f"{stem}_pairs": indices.pairs} if indices.pairs is not None else {}
    )
    tables = sensitivity_tables.make_sobol_tables(indices, data.measure, data.common)
    findings = SensitivityResult(
        tables, frames, [draw_bars_exhibit(f"{stem}_bars", bars, data.measure, caption)]
    )
    return add_response_surface(findings, data, stem)


def analyse_by_morris(data: SensitivityInput, stem: str) -> SensitivityResult:
    """Screen factors by their elementary effects."""
    from analysis.figures.sensitivity import draw_plane_exhibit

    unit, levels = unit_sample(data.study), data.study.design.settings["levels"]
    effects = elementary_effects(problem(data.study), unit, data.values, levels, data.common)
    noise = sensitivity_tables.format_noise_sentence(effects.noise)
    caption = (
        f"Morris' elementary effects on {data.measure}: mean size (mu*) against spread (sigma),"
        " with 95 % intervals over trajectories; a group of factors has no sigma and lies on the"
        f" axis. {data.sample_sentence}{noise}{effects.note}"
    )
    figure = draw_plane_exhibit(f"{stem}_plane", effects.factors, data.measure, caption)
    return add_response_surface(
        SensitivityResult(
            [sensitivity_tables.make_morris_table(effects, data.measure, data.common)],
            {stem: effects.factors},
            [figure],
        ),
        data,
        stem,
    )


def analyse_one_at_a_time(data: SensitivityInput, stem: str) -> SensitivityResult:
    """Compare every level with the base."""
    effects = one_at_a_time(data.points, data.values, data.common)
    return present_level_effects(
        effects,
        f"Effects on {data.measure}, one factor at a time",
        PAIRED_NOTE if data.common else UNPAIRED_NOTE,
        data,
        stem,
    )


def analyse_main_effects(data: SensitivityInput, stem: str) -> SensitivityResult:
    """Compare high with low levels."""
    unit, names = unit_sample(data.study), problem(data.study)["names"]
    ends = {
        name: (
            data.points[name][int(np.argmin(unit[:, column]))],
            data.points[name][int(np.argmax(unit[:, column]))],
        )
        for column, name in enumerate(names)
    }
    return present_level_effects(
        main_effects(data.points, data.values, ends),
        f"Main effects on {data.measure}",
        MAIN_EFFECTS_NOTE,
        data,
        stem,
    )


def present_level_effects(
    effects: LevelEffects, title: str, note: str, data: SensitivityInput, stem: str
) -> SensitivityResult:
    """Return effects of levels as table and tornado."""
    from analysis.figures.sensitivity import draw_tornado_exhibit

    caption = (
        f"{title}: change against the base, points with 95 % intervals. {data.sample_sentence}"
        f" {note}{effects.note}"
    )
    figure = draw_tornado_exhibit(f"{stem}_tornado", effects.effects, data.measure, caption)
    return add_response_surface(
        SensitivityResult(
            [sensitivity_tables.make_effects_table(effects, title, note)],
            {stem: effects.effects},
            [figure],
        ),
        data,
        stem,
    )


def analyse_by_metamodel(data: SensitivityInput, stem: str) -> SensitivityResult:
    """Fit a metamodel to the points of any design and decompose its variance by factor.

    A full factorial of two factors needs no metamodel: its surface shows the means of the cells.
    """
    varied = [name for name in data.points.columns if data.points[name].n_unique() > 1]
    if data.study.design.name == "full_factorial" and (data.surface or len(varied) == 2):
        return add_response_surface(
            SensitivityResult([], {}, []), data, stem, (varied[0], varied[1])
        )
    from analysis.figures.sensitivity import draw_bars_exhibit

    model = fit_metamodel(data.points, data.values, data.log_factors)
    indices = compute_metamodel_indices(model)
    complete = data.values[np.isfinite(data.values).all(axis=1)]
    noise = estimate_noise(complete[:, None, :], data.common)
    tables = [
        sensitivity_tables.make_cross_validation_table(model, data.measure),
        sensitivity_tables.make_metamodel_table(indices, data.measure, noise, data.common),
    ]
    bars = sensitivity_tables.make_bars(indices, noise)
    caption = (
        f"Sobol' indices of a metamodel ({model.kind}) of {data.measure}: first (the factor alone)"
        " and total (with its interactions). On held-out points it explains"
        f" {100 * model.held_out.r2:.0f} % of the variance between points."
        f" {data.sample_sentence}{sensitivity_tables.format_noise_sentence(noise)}{model.note}"
    )
    findings = SensitivityResult(
        tables, {stem: indices}, [draw_bars_exhibit(f"{stem}_bars", bars, data.measure, caption)]
    )
    return add_response_surface(findings, data, stem, model=model)


def add_response_surface(
    findings: SensitivityResult,
    data: SensitivityInput,
    stem: str,
    pair: tuple[str, str] | None = None,
    model: Metamodel | None = None,
) -> SensitivityResult:
    """Add the response surface of two factors, if one is requested.

    A full factorial gives the means of its cells, any other design the surface of a metamodel.
    """
    chosen = data.surface or pair
    if chosen is None:
        return findings
    from analysis.figures.surface import draw_surface_exhibit

    x, y = chosen
    tables = list(findings.tables)
    if data.study.design.name == "full_factorial":
        surface = compute_surface_means(data.points, data.values, x, y)
        description = "mean in every cell over replicates and the levels of other factors"
        rows = sensitivity_tables.make_rows(
            surface.rename({"mean": "cell"}).with_columns(cell_low="low", cell_high="high"),
            [x, y],
            ["cell"],
        )
        tables.append(
            Table(
                f"{data.measure} by {x} and {y}",
                (x, y, "mean"),
                rows,
                "[95 % interval over replicates, Student.]",
            )
        )
    else:
        if model is None:
            model = fit_metamodel(data.points, data.values, data.log_factors)
            tables.append(sensitivity_tables.make_cross_validation_table(model, data.measure))
        surface = predict_surface(model, x, y)
        description = (
            f"metamodel ({model.kind}; on held-out points it explains {100 * model.held_out.r2:.0f}"
            " % of the variance), averaged over the other factors as the design has them"
        )
    name = f"{stem}_surface"
    caption = (
        f"{data.measure} against {x} and {y}: {description}. Circles: points of the design."
        f" {data.sample_sentence}"
    )
    figure = draw_surface_exhibit(
        name, surface, data.points, data.measure, caption, data.log_factors
    )
    return SensitivityResult(tables, findings.frames, [*findings.exhibits, figure])


SensitivityAnalysis = Callable[[SensitivityInput, str], SensitivityResult]
SENSITIVITY_ANALYSES: dict[str, SensitivityAnalysis] = {
    "sobol": analyse_by_sobol,
    "morris": analyse_by_morris,
    "one_at_a_time": analyse_one_at_a_time,
    "fractional_factorial": analyse_main_effects,
}
