"""What a report says, gathered from a results folder; how it looks is the template's."""

from __future__ import annotations

import re
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from analysis.errors import AnalysisError
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import format_name
from analysis.figures.one_run import run_exhibit
from analysis.figures.style import PAGE, save_figure
from analysis.patterns import format_verdict
from analysis.tables import Table, escape_latex, escape_markdown, is_numeric_text
from experiments.design.plan import AdaptiveReplicates
from experiments.design.recorded_study import load_recorded_study
from experiments.design.study import Study, read_study_file
from experiments.presentation.exhibits import format_provenance_sentence
from experiments.presentation.figure_kinds import read_run_table
from experiments.presentation.hypothesis_studies import CHECK_TABLE_NAME, find_hypothesis_study
from experiments.presentation.sensitivity import SENSITIVITY_ANALYSES, analyse_study_sensitivity
from experiments.presentation.study_results import (
    COMPARISON_ERRORS,
    MAIN_STUDY,
    draw_study_with_remark,
    explain_missing_comparison,
    list_shown_measures,
    tabulate_study_with_remark,
)
from experiments.report.citation import Citation, format_software_citation
from experiments.report.limits import (
    SINGLE_RUN_LIMITATION,
    describe_unrecoverable_program,
    describe_unsupported_claims,
    list_limitations,
)
from experiments.report.methods import (
    COUNTER_BASED_RANDOM_SOURCE,
    Experiment,
    choose_interval_sentences,
    format_design_name,
    format_factor_levels,
    format_methods_of_run,
    format_methods_section,
)
from experiments.report.parameters import (
    flatten_model_parameters,
    list_level_settings,
    list_level_tables,
    read_recorded_parameters,
    select_fixed_parameters,
    tabulate_fixed_parameters,
)
from experiments.store.layout import REPORT_FILE, RESULT_FILES
from experiments.store.manifest import Manifest, RunManifest, StudyManifest
from experiments.store.provenance import PROVENANCE_FILE
from experiments.store.results import Results, read_results
from sim.errors import InputError

FILES_AFTER_REPORT = (REPORT_FILE, PROVENANCE_FILE)  # the report itself, and what it changes
FIGURE_FILE_DESCRIPTIONS = {
    ".pdf": "PDF",
    ".svg": "SVG",
    ".png": "PNG",
    ".gif": "GIF",
    ".csv": "data (CSV)",
    ".md": "caption (Markdown)",
    ".tex": "caption (LaTeX)",
}
MARKDOWN_ESCAPE = re.compile(r"\\([\\`*_\[\]<>|])")
REBUILT_FOLDER = "rebuilt"
MIN_LONG_CELL = 40  # letters of a cell that needs room


class ReportFigure(NamedTuple):
    """A figure of a report: its name, its SVG, its caption, and its files (what, name)."""

    name: str
    svg: str | bytes
    caption: str
    files: list[tuple[str, str]]


class ReportContents(NamedTuple):
    """What a report says, in the order it says it; what a kind of results has not is empty."""

    kind: str
    title: str
    question: str
    verdict: str
    hypotheses: Sequence[str]
    design: Sequence[tuple[str, str]]
    answers: Sequence[
        Table
    ]  # stand before the figures: claims with their outcomes, which factors matter
    figures: Sequence[ReportFigure]
    tables: Sequence[Table]
    settings: Sequence[Table]
    methods: Sequence[str]
    citation: Citation
    limits: Sequence[str]
    sources: Sequence[str]
    files: Sequence[tuple[str, str]]
    commands: Sequence[str]
    provenance: Sequence[tuple[str, str]]
    csv: dict[str, str]  # by name of a table

    @property
    def methods_markdown(self) -> str:
        """The methods to copy as Markdown."""
        return "\n\n".join(map(escape_markdown, self.methods))

    @property
    def methods_latex(self) -> str:
        """The methods to copy as LaTeX."""
        return "\n\n".join(map(escape_latex, self.methods))

    @staticmethod
    def kinds(table: Table) -> list[str]:
        """Return what the columns of a table hold, as a class of the template: numbers, long words, or neither."""
        return [
            classify_report_column([row[place] for row in table.rows])
            for place in range(len(table.columns))
        ]


def classify_report_column(cells: Sequence[str]) -> str:
    """Return what a column holds."""
    if cells and all(is_numeric_text(cell) or cell in ("", "-") for cell in cells):
        return "number"
    return "words" if max(map(len, cells), default=0) > MIN_LONG_CELL else "name"


class StudyFindings(NamedTuple):
    """Tables and exhibits of a study, whether they are its own, which measures were put to an analysis of factors, and what was refused."""

    answers: list[Table]
    tables: list[Table]
    exhibits: list[Exhibit]
    own: bool
    analysed: list[str]
    refused: list[str]


def gather_study_report(folder: Path, manifest: StudyManifest) -> ReportContents:
    """Gather the report of a study that is complete."""
    results, study = read_results(folder), load_recorded_study(folder)
    for column in (*results.factors, "replicate", "seed"):
        if column not in results.runs.columns:
            raise InputError(
                f"{folder}/runs.parquet has no column {column}, so it is not what the study wrote;"
                " run the study again"
            )
    if results.runs.is_empty():
        raise InputError(
            f"{folder} has no run that is done, so there is nothing to report;"
            f" {folder / 'failures.parquet'} says why they failed"
        )
    about, found, ours = (
        read_study_file(str(folder / "study.yaml")),
        gather_study_findings(results, study, folder),
        study.model is None,
    )
    moves = list_level_settings(study)
    moved = {path for effect in moves for path in effect.rows}
    values = dict(read_recorded_parameters(folder))
    kept = select_fixed_parameters(values, ours, moved)
    used = choose_interval_sentences(
        study.name, found.own, study.design.name, found.analysed, MAIN_STUDY
    )
    known = Experiment(
        study,
        manifest,
        len(study.points()),
        results.runs,
        flatten_model_parameters(values) if ours else values,
        kept,
        moved,
        used,
    )
    checks, judged = check_study_hypotheses(results) if found.own else ([], "")
    caught = list_limitations(
        known,
        list_shown_measures(results.runs.schema, results.factors),
        results.failures,
        find_current_fingerprint(study),
        found.refused,
    )
    settings, figures = (
        tabulate_fixed_parameters(kept, ours),
        list_report_figures(found.exhibits, folder, manifest),
    )
    return ReportContents(
        kind="Study",
        title=str(about.get("title") or format_name(study.name)),
        question=study.question,
        verdict=judged,
        hypotheses=about.get("hypotheses", ()),
        design=summarise_study_design(known),
        answers=found.answers,
        figures=figures,
        tables=found.tables,
        settings=[*([settings] if settings else []), *list_level_tables(moves)],
        methods=format_methods_section(known),
        citation=format_software_citation(manifest),
        limits=[
            *describe_unsupported_claims(checks),
            *describe_figures_not_redrawn(len(found.exhibits), len(figures)),
            *caught,
        ],
        sources=[*about.get("sources", ()), *([COUNTER_BASED_RANDOM_SOURCE] if ours else [])],
        files=list_report_files(folder),
        commands=list_study_commands(manifest, study, found.analysed),
        provenance=summarise_provenance(manifest),
        csv=list_csv_of_tables([*found.answers, *found.tables], folder),
    )


def gather_run_report(folder: Path, manifest: RunManifest) -> ReportContents:
    """Gather the report of a single run of our own model."""
    if manifest.model is not None:
        raise InputError(
            f"{folder} is one run of {manifest.model}; reports are made of studies of it:"
            f" `overbruggen study model={manifest.model} PARAMETER=VALUE,VALUE replicates=30`"
        )
    from experiments.configuration import validate_config
    from experiments.presentation.run_results import tabulate_outcomes_by_form, tabulate_run_summary
    from sim.observation.outcomes import compute_outcomes

    values = dict(read_recorded_parameters(folder))
    config = validate_config(values)
    rounds, events, challenges = (
        read_run_table(folder, name) for name in ("rounds", "events", "challenges")
    )
    try:
        tables = [
            tabulate_run_summary(
                config, compute_outcomes(rounds, events, challenges, config.challenge.breadths)
            )
        ]
        tables += [tabulate_outcomes_by_form(events)] if config.structure.mix else []
        exhibits = [run_exhibit(rounds)]
    except (*COMPARISON_ERRORS, TypeError) as reason:
        raise InputError(
            f"{folder} lacks columns that a run writes ({explain_missing_comparison(reason)}); run"
            " it again"
        ) from reason
    kept = select_fixed_parameters(values, True, set())
    settings, written = tabulate_fixed_parameters(kept, True), flatten_model_parameters(values)
    design = [
        ("Form", config.structure.name),
        ("Organisations", f"{config.population.organisations:,}"),
        ("Rounds", f"{config.run.rounds:,}"),
        ("Seed", str(manifest.seed)),
    ]
    return ReportContents(
        kind="One run",
        title=f"One run: {config.structure.name}, seed {manifest.seed}",
        question="",
        verdict="",
        hypotheses=(),
        design=design,
        answers=(),
        tables=tables,
        figures=list_report_figures(exhibits, folder, manifest),
        settings=[settings] if settings else [],
        methods=format_methods_of_run(manifest, written, kept),
        citation=format_software_citation(manifest),
        limits=[SINGLE_RUN_LIMITATION, *describe_unrecoverable_program(manifest)],
        sources=[COUNTER_BASED_RANDOM_SOURCE],
        files=list_report_files(folder),
        commands=list_run_commands(manifest),
        provenance=summarise_provenance(manifest),
        csv={},
    )


def check_study_hypotheses(results: Results) -> tuple[list[Any], str]:
    """Return the checks of a study that has some, and the verdict on them."""
    inquiry = find_hypothesis_study(results.manifest.study)
    checks = inquiry.check(results) if inquiry else []
    return checks, f"Verdict on its hypotheses: {format_verdict(checks)}." if checks else ""


def gather_study_findings(results: Results, study: Study, folder: Path) -> StudyFindings:
    """Return the tables and exhibits of a study: its own, and those of its sensitivity where its design or an earlier command asks for them."""
    manifest = results.manifest
    tables, exhibits, refused, own = (
        list[Table](),
        list[Exhibit](),
        list[str](),
        manifest.study == MAIN_STUDY or find_hypothesis_study(manifest.study) is not None,
    )
    try:
        tables, remark = tabulate_study_with_remark(results)
        own = own and not remark
        refused += [remark] if remark else []
    except COMPARISON_ERRORS as reason:
        own = False
        refused.append(f"There is no table of points: {explain_missing_comparison(reason)}.")
    try:
        exhibits = draw_study_with_remark(results, PAGE)[0]
    except COMPARISON_ERRORS as reason:
        refused.append(
            f"The study has no figure of its own: {explain_missing_comparison(reason)}; what"
            " `overbruggen figures --kind` draws of it is shown here."
        )
    written = [
        path
        for path in sorted(folder.glob("sensitivity_*.md"))
        if not path.with_suffix(".svg").exists()
    ]
    asked = [path.stem.removeprefix("sensitivity_") for path in written]
    default = [None] if study.design.name in SENSITIVITY_ANALYSES and not asked else []
    done, of_factors = list[str](), list[Table]()
    for measure in (*default, *asked):
        try:
            found, stem = analyse_study_sensitivity(folder, manifest, measure, None)
        except (AnalysisError, InputError) as reason:
            refused.append(f"There is no analysis of factors: {reason}.")
            continue
        done.append(stem.removeprefix("sensitivity_"))
        of_factors += [
            add_name_to_table(table, stem, place) for place, table in enumerate(found.tables)
        ]
        exhibits += found.exhibits
    answers = [table for table in tables if table.name == CHECK_TABLE_NAME]
    return StudyFindings(
        [*answers, *of_factors],
        [table for table in tables if table not in answers],
        exhibits,
        own,
        done,
        refused,
    )


def add_name_to_table(table: Table, stem: str, place: int) -> Table:
    """Return a table with a name of its own on the page."""
    return Table(table.title, table.columns, table.rows, table.note, f"{stem}_{place}")


def list_report_figures(
    exhibits: Sequence[Exhibit], folder: Path, manifest: Manifest
) -> list[ReportFigure]:
    """Return exhibits as pictures, then all others that lie in the folder with their captions, as they were drawn."""
    how = format_provenance_sentence(manifest)
    found = [
        ReportFigure(
            exhibit.name,
            render_exhibit_as_svg(exhibit),
            f"{exhibit.caption} {how}",
            list_files_of_figure(exhibit.name, folder),
        )
        for exhibit in exhibits
    ]
    known = {picture.name for picture in found}
    for path in sorted(folder.glob("*.svg")):
        caption = path.with_suffix(".md")
        if path.stem not in known and caption.is_file():
            words = MARKDOWN_ESCAPE.sub(
                r"\1", caption.read_text(encoding="utf-8").split("\n\n", 1)[-1].strip()
            )
            found.append(
                ReportFigure(
                    path.stem, path.read_bytes(), words, list_files_of_figure(path.stem, folder)
                )
            )
    return found


def describe_figures_not_redrawn(anew: int, all_figures: int) -> list[str]:
    """Say which figures are not drawn anew from the results."""
    if anew == all_figures:
        return []
    which = (
        f"Figure {all_figures} is"
        if anew + 1 == all_figures
        else f"Figures {anew + 1} to {all_figures} are"
    )
    return [
        f"{which} shown as drawn by an earlier command; if the study has grown since, draw anew"
        " with `overbruggen figures` or `sensitivity`."
    ]


def render_exhibit_as_svg(exhibit: Exhibit) -> bytes:
    """Return an exhibit as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        return save_figure(exhibit.figure, Path(folder, exhibit.name), (".svg",))[0].read_bytes()


def list_files_of_figure(name: str, folder: Path) -> list[tuple[str, str]]:
    """Return the files of a figure that are there: what each is, and its name."""
    return [
        (words, f"{name}{suffix}")
        for suffix, words in FIGURE_FILE_DESCRIPTIONS.items()
        if (folder / f"{name}{suffix}").is_file()
    ]


def list_report_files(folder: Path) -> list[tuple[str, str]]:
    """Return the files of a folder that are not part of a figure, with what each holds."""
    return [
        (name, content)
        for name, content in RESULT_FILES.items()
        if name not in FILES_AFTER_REPORT and (folder / name).is_file()
    ]


def list_csv_of_tables(tables: Sequence[Table], folder: Path) -> dict[str, str]:
    """Return the file with the unrounded numbers of each table that has one."""
    return {
        table.name: name
        for table in tables
        if (folder / (name := f"table_{table.name}.csv")).is_file()
    }


def summarise_study_design(known: Experiment) -> list[tuple[str, str]]:
    """Return the design of a study, a line each."""
    study, manifest, asked = known.study, known.manifest, known.study.replicates
    replicates = (
        f"{asked.at_least} to {asked.at_most}, as many as intervals need"
        if isinstance(asked, AdaptiveReplicates)
        else str(asked)
    )
    luck = (
        "common random numbers: replicate r has the same seed at every point"
        if study.common_random_numbers
        else "a seed of its own for every run"
    )
    failed = manifest.failed or 0
    return [
        *(
            (f"Factor {name}", format_factor_levels(factor))
            for name, factor in study.factors.items()
        ),
        ("Design", format_design_name(study.design)),
        *([("Constraints", "; ".join(study.constraints))] if study.constraints else []),
        ("Points", f"{known.points:,}"),
        ("Replicates", replicates),
        ("Runs", f"{manifest.runs or 0:,} done, {failed:,} failed"),
        ("Seeds", f"from {manifest.seed}; {luck}"),
    ]


def find_current_fingerprint(study: Study) -> str | None:
    """Return the fingerprint of a study's model as it is now; None when it cannot be found."""
    try:
        return study.target.version()
    except InputError:
        return None


def list_study_commands(
    manifest: StudyManifest, study: Study, analysed_measures: Sequence[str]
) -> list[str]:
    """Return the commands that make the results, figures and this page again."""
    from experiments.design.study import list_study_names

    own = study.name not in list_study_names()
    name = f"{study.name}.yaml" if own else study.name
    asked = [
        format_overbruggen_command("sensitivity", REBUILT_FOLDER, "--measure", measure)
        for measure in analysed_measures
    ]
    given = [f"cp study.yaml {name}"] if own else []
    return [
        *given,
        format_overbruggen_command("study", name, *manifest.overrides, "--out", REBUILT_FOLDER),
        *asked,
        format_overbruggen_command("report", REBUILT_FOLDER),
    ]


def list_run_commands(manifest: RunManifest) -> list[str]:
    """Return the commands that make a run and its page again; what was typed, where an earlier version did not say what was changed."""
    if manifest.overrides is None:
        return [manifest.command]
    return [
        format_overbruggen_command("run", *manifest.overrides, "--out", REBUILT_FOLDER),
        format_overbruggen_command("report", REBUILT_FOLDER),
    ]


def format_overbruggen_command(*words: str) -> str:
    """Return a command as it is typed."""
    return shlex.join(["overbruggen", *words])


def summarise_provenance(manifest: Manifest) -> list[tuple[str, str]]:
    """Return what the manifest says."""
    ours = [("Model fingerprint", manifest.version)] if isinstance(manifest, StudyManifest) else []
    return [
        ("Command", manifest.command),
        ("Overbruggen", manifest.overbruggen),
        ("Commit", manifest.commit or "not known"),
        *ours,
        ("Seed", str(manifest.seed)),
        ("Started", manifest.started.isoformat(sep=" ")),
        ("Ended", manifest.ended.isoformat(sep=" ")),
        ("Python", manifest.python),
        ("Machine", manifest.machine),
        (
            "Libraries",
            ", ".join(f"{name} {version}" for name, version in manifest.packages.items()),
        ),
    ]
