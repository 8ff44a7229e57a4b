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
from analysis.sensitivity.metamodel import Metamodel, indices_of, metamodel
from analysis.sensitivity.noise import noise
from analysis.sensitivity.responses import responses
from analysis.sensitivity.surfaces import cell_means, check_pair, foretold_surface
from analysis.tables import Table
from experiments.console import say, show
from experiments.design.factors import Range
from experiments.design.plan import Adaptive
from experiments.design.recorded import study_in
from experiments.design.study import Study, problem, unit_sample
from experiments.presentation.exhibits import circumstances, write_exhibit
from experiments.presentation.reporting import shown_measures
from experiments.store.files import NotWrittenError, not_written, write_text, writing
from experiments.store.manifest import StudyManifest, read_study_manifest
from experiments.store.provenance import FOLDER, record
from experiments.store.results import read_results
from sim.errors import InputError

PAIRED_NOTE = "Differences are paired by replicate, which has the same seed at every point. [95 % interval over replicates, Student.]"
APART_NOTE = "Every run has a seed of its own. [95 % interval over replicates, Welch.]"
MAIN_NOTE = (
    "Mean at the high level minus mean at the low one, over all combinations of the others that the design has (resolution IV: clear of "
    "interactions of two). [95 % interval over replicates, Student.]"
)


@dataclass(frozen=True)
class Asked:
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
        return [name for name, factor in self.study.factors.items() if isinstance(factor, Range) and factor.scale == "log"]

    @property
    def sampled(self) -> str:
        """How many runs this rests on, for a caption; what closes it says of which study, and whether replicates share their random numbers."""
        return f"{len(self.points)} points, {self.values.shape[1]} replicates, design {self.study.design.name}."


class Findings(NamedTuple):
    """What an analysis found: tables to show, tables of numbers by name, and exhibits, each with the table behind it."""

    tables: list[Table]
    frames: dict[str, pl.DataFrame]
    exhibits: list[Exhibit]


def tell_sensitivity(folder: Path, measure: str | None, surface: Sequence[str] | None) -> None:
    """Analyse a study's results by the design of the study; show the tables and write them, with figures, into its folder.

    Args:
        folder: of a study that is complete.
        measure: a column of its runs; by default the first that its tables show.
        surface: two factors whose response surface is wanted.

    Raises:
        InputError, AnalysisError: there is nothing to analyse, said in a sentence; nothing is written then.
    """
    manifest = read_study_manifest(folder)
    found, stem = analysed(folder, manifest, measure, surface)
    try:
        write_text("\n".join(table.to_markdown() for table in found.tables), folder / f"{stem}.md")
        for name, frame in found.frames.items():
            with writing():
                frame.write_csv(folder / f"{name}.csv")
        drawn = [name for exhibit in found.exhibits for name in write_exhibit(exhibit, folder, circumstances(manifest))]
        written = [f"{stem}.md", *(f"{name}.csv" for name in found.frames), *drawn]
        record(folder, ("sensitivity", FOLDER, *said(measure, surface)), written)
    except NotWrittenError as reason:
        raise not_written(folder, reason) from reason
    for table in found.tables:
        show(table)
    say(f"Written in {folder}: {', '.join(written)}.")


def said(measure: str | None, surface: Sequence[str] | None) -> list[str]:
    """Return the words that ask for this analysis again."""
    return [*(["--measure", measure] if measure else []), *(["--surface", *surface] if surface else [])]


def analysed(folder: Path, manifest: StudyManifest, measure: str | None, surface: Sequence[str] | None) -> tuple[Findings, str]:
    """Read a folder and analyse it; return findings and the name of what is to be written."""
    study = study_in(folder)
    if not manifest.complete:
        raise InputError(f"{folder} is incomplete; `overbruggen resume {folder}` does what it lacks")
    runs = read_results(folder).runs
    if isinstance(study.replicates, Adaptive):
        say(f"Points have different numbers of replicates; the first {study.replicates.at_least}, which all have, are analysed.")
        runs = runs.filter(pl.col("replicate") < study.replicates.at_least)
    wanted = measure or next(iter(shown_measures(runs.schema, list(study.factors))), "")
    pair = None if surface is None else (surface[0], surface[1])
    points = table_of_points(study)
    if pair is not None:
        check_pair(*pair, points)
    asked = Asked(study, points, responses(runs, points, wanted), wanted, pair)
    stem = f"sensitivity_{wanted}"
    return ANALYSES.get(study.design.name, by_metamodel)(asked, stem), stem


def table_of_points(study: Study) -> pl.DataFrame:
    """Return the points of a study, a row each and a column per factor: numbers where all levels are, else text."""
    labels = [point.levels for point in study.points()]
    columns: dict[str, Any] = {}
    for name in study.factors:
        levels = [label[name] for label in labels]
        if all(isinstance(level, bool) for level in levels):
            columns[name] = pl.Series(levels)
        elif all(isinstance(level, int | float) and not isinstance(level, bool) for level in levels):
            columns[name] = pl.Series(levels, dtype=pl.Float64, strict=False)
        else:
            columns[name] = [str(level) for level in levels]
    return pl.DataFrame(columns)


def by_sobol(asked: Asked, stem: str) -> Findings:
    """Share the variance out among factors."""
    from analysis.figures.sensitivity import bars_exhibit

    found = sobol_indices(problem(asked.study), asked.values, asked.study.design.settings["second_order"], asked.common)
    bars = tables_of.bars(found.factors, found.noise)
    caption = (
        f"Sobol' indices of {asked.measure}: first (the factor alone) and total (with its interactions), of the mean over replicates, with 95 % "
        f"bootstrap intervals; diamonds: luck taken out. {asked.sampled}{tables_of.noise_sentence(found.noise)}{found.note}"
    )
    frames = {stem: found.factors} | ({f"{stem}_pairs": found.pairs} if found.pairs is not None else {})
    tables = tables_of.sobol_tables(found, asked.measure, asked.common)
    findings = Findings(tables, frames, [bars_exhibit(f"{stem}_bars", bars, asked.measure, caption)])
    return with_surface(findings, asked, stem)


def by_morris(asked: Asked, stem: str) -> Findings:
    """Screen factors by their elementary effects."""
    from analysis.figures.sensitivity import plane_exhibit

    unit, levels = unit_sample(asked.study), asked.study.design.settings["levels"]
    found = elementary_effects(problem(asked.study), unit, asked.values, levels, asked.common)
    caption = (
        f"Morris' elementary effects on {asked.measure}: mean size (mu*) against spread (sigma), with 95 % intervals over trajectories; a group of "
        f"factors has no sigma and stands on the axis. {asked.sampled}{tables_of.noise_sentence(found.noise)}{found.note}"
    )
    figure = plane_exhibit(f"{stem}_plane", found.factors, asked.measure, caption)
    return with_surface(Findings([tables_of.morris_table(found, asked.measure, asked.common)], {stem: found.factors}, [figure]), asked, stem)


def by_base(asked: Asked, stem: str) -> Findings:
    """Compare every level with the base."""
    found = one_at_a_time(asked.points, asked.values, asked.common)
    return tornado(found, f"Effects on {asked.measure}, one factor at a time", PAIRED_NOTE if asked.common else APART_NOTE, asked, stem)


def by_contrast(asked: Asked, stem: str) -> Findings:
    """Compare high with low levels."""
    unit, names = unit_sample(asked.study), problem(asked.study)["names"]
    ends = {
        name: (asked.points[name][int(np.argmin(unit[:, column]))], asked.points[name][int(np.argmax(unit[:, column]))])
        for column, name in enumerate(names)
    }
    return tornado(main_effects(asked.points, asked.values, ends), f"Main effects on {asked.measure}", MAIN_NOTE, asked, stem)


def tornado(found: LevelEffects, title: str, note: str, asked: Asked, stem: str) -> Findings:
    """Return effects of levels as table and tornado."""
    from analysis.figures.sensitivity import tornado_exhibit

    caption = f"{title}: change against the base, points with 95 % intervals. {asked.sampled} {note}{found.note}"
    figure = tornado_exhibit(f"{stem}_tornado", found.effects, asked.measure, caption)
    return with_surface(Findings([tables_of.effects_table(found, title, note)], {stem: found.effects}, [figure]), asked, stem)


def by_metamodel(asked: Asked, stem: str) -> Findings:
    """Learn the response from the points of any design and share out its variance; a full factorial of two factors shows its cells."""
    varied = [name for name in asked.points.columns if asked.points[name].n_unique() > 1]
    if asked.study.design.name == "full_factorial" and (asked.surface or len(varied) == 2):
        return with_surface(Findings([], {}, []), asked, stem, (varied[0], varied[1]))
    from analysis.figures.sensitivity import bars_exhibit

    model = metamodel(asked.points, asked.values, asked.log)
    indices = indices_of(model)
    whole = asked.values[np.isfinite(asked.values).all(axis=1)]
    luck = noise(whole[:, None, :], asked.common)
    tables = [tables_of.held_out_table(model, asked.measure), tables_of.metamodel_table(indices, asked.measure, luck, asked.common)]
    bars = tables_of.bars(indices, luck)
    caption = (
        f"Sobol' indices of a metamodel ({model.kind}) of {asked.measure}: first (the factor alone) and total (with its interactions). On "
        f"points held out it explains {100 * model.held_out.r2:.0f} % of the variance between points. {asked.sampled}"
        f"{tables_of.noise_sentence(luck)}{model.note}"
    )
    findings = Findings(tables, {stem: indices}, [bars_exhibit(f"{stem}_bars", bars, asked.measure, caption)])
    return with_surface(findings, asked, stem, model=model)


def with_surface(findings: Findings, asked: Asked, stem: str, pair: tuple[str, str] | None = None, model: Metamodel | None = None) -> Findings:
    """Add the response surface of two factors, if it is wanted: means of cells where the design is a full factorial, else a metamodel's."""
    chosen = asked.surface or pair
    if chosen is None:
        return findings
    from analysis.figures.surface import surface_exhibit

    x, y = chosen
    tables = list(findings.tables)
    if asked.study.design.name == "full_factorial":
        surface = cell_means(asked.points, asked.values, x, y)
        what = "mean in every cell over replicates and the levels of other factors"
        rows = tables_of.rows_of(surface.rename({"mean": "cell"}).with_columns(cell_low="low", cell_high="high"), [x, y], ["cell"])
        tables.append(Table(f"{asked.measure} by {x} and {y}", (x, y, "mean"), rows, "[95 % interval over replicates, Student.]"))
    else:
        if model is None:
            model = metamodel(asked.points, asked.values, asked.log)
            tables.append(tables_of.held_out_table(model, asked.measure))
        surface = foretold_surface(model, x, y)
        what = (
            f"metamodel ({model.kind}; on points held out it explains {100 * model.held_out.r2:.0f} % of the variance), averaged over the other "
            "factors as the design has them"
        )
    name = f"{stem}_surface"
    caption = f"{asked.measure} against {x} and {y}: {what}. Circles: points of the design. {asked.sampled}"
    figure = surface_exhibit(name, surface, asked.points, asked.measure, caption, asked.log)
    return Findings(tables, findings.frames, [*findings.exhibits, figure])


Analysis = Callable[[Asked, str], Findings]
ANALYSES: dict[str, Analysis] = {"sobol": by_sobol, "morris": by_morris, "one_at_a_time": by_base, "fractional_factorial": by_contrast}
