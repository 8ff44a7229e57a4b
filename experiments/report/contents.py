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
from analysis.figures.labels import in_words
from analysis.figures.one_run import run_exhibit
from analysis.figures.style import PAGE, save
from analysis.patterns import verdict
from analysis.tables import Table, latex, markdown, numeric
from experiments.design.plan import Adaptive
from experiments.design.recorded import study_in
from experiments.design.study import Study, read_study_file
from experiments.presentation.drawing import table_of
from experiments.presentation.exhibits import circumstances
from experiments.presentation.patterns import CHECKS, inquiry_of
from experiments.presentation.reporting import LACKING, MAIN, because, exhibits_and_remark, shown_measures, tables_and_remark
from experiments.presentation.sensitivity import ANALYSES, analysed
from experiments.report.citation import Citation, citation
from experiments.report.differences import effects, fixed, fixed_table, flat, level_tables, recorded
from experiments.report.limits import ONE_RUN, claims, limits, program
from experiments.report.methods import KEYED_SOURCE, Experiment, intervals_used, levels, methods, methods_of_run, named
from experiments.store.manifest import Manifest, RunManifest, StudyManifest
from experiments.store.results import Results, read_results
from sim.errors import InputError

FILES = {
    "runs.parquet": "a row per run: levels of the factors, replicate, seed and all measures", "events.parquet": "a row per collaboration",
    "series.parquet": "a row per run and recorded round", "failures.parquet": "runs that failed, with reason and the command that does one again",
    "rounds.parquet": "a row per recorded round", "challenges.parquet": "a row per challenge",
    "organisations.parquet": "organisations at their start and end", "members.parquet": "who was in which collaboration at which moment",
    "tables.md": "the tables as Markdown", "tables.tex": "the tables as LaTeX (booktabs)", "study.yaml": "the study as it was asked for",
    "config.yaml": "complete parameters (of a study: of its first point)", "manifest.json": "how the results came about",
}  # fmt: skip
PICTURES = {".pdf": "PDF", ".svg": "SVG", ".png": "PNG", ".gif": "GIF", ".csv": "data (CSV)", ".md": "caption (Markdown)", ".tex": "caption (LaTeX)"}
ESCAPED = re.compile(r"\\([\\`*_\[\]<>|])")
AGAIN = "rebuilt"
LONG = 40  # letters of a cell that needs room


class Picture(NamedTuple):
    """A figure of a report: its name, its SVG, its caption, and its files (what, name)."""

    name: str
    svg: str | bytes
    caption: str
    files: list[tuple[str, str]]


class Report(NamedTuple):
    """What a report says, in the order it says it; what a kind of results has not is empty."""

    kind: str
    title: str
    question: str
    verdict: str
    hypotheses: Sequence[str]
    design: Sequence[tuple[str, str]]
    answers: Sequence[Table]  # stand before the figures: claims with their outcomes, which factors matter
    figures: Sequence[Picture]
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
        return "\n\n".join(map(markdown, self.methods))

    @property
    def methods_latex(self) -> str:
        """The methods to copy as LaTeX."""
        return "\n\n".join(map(latex, self.methods))

    @staticmethod
    def kinds(table: Table) -> list[str]:
        """Return what the columns of a table hold, as a class of the template: numbers, long words, or neither."""
        return [kind_of([row[place] for row in table.rows]) for place in range(len(table.columns))]


def kind_of(cells: Sequence[str]) -> str:
    """Return what a column holds."""
    if cells and all(numeric(cell) or cell in ("", "-") for cell in cells):
        return "number"
    return "words" if max(map(len, cells), default=0) > LONG else "name"


class Findings(NamedTuple):
    """Tables and exhibits of a study, whether they are its own, which measures were put to an analysis of factors, and what was refused."""

    answers: list[Table]
    tables: list[Table]
    exhibits: list[Exhibit]
    own: bool
    analysed: list[str]
    refused: list[str]


def of_study(folder: Path, manifest: StudyManifest) -> Report:
    """Gather the report of a study that is complete."""
    results, study = read_results(folder), study_in(folder)
    for column in (*results.factors, "replicate", "seed"):
        if column not in results.runs.columns:
            raise InputError(f"{folder}/runs.parquet has no column {column}, so it is not what the study wrote; run the study again")
    if results.runs.is_empty():
        raise InputError(f"{folder} has no run that is done, so there is nothing to report; {folder / 'failures.parquet'} says why they failed")
    about, found, ours = read_study_file(str(folder / "study.yaml")), findings(results, study, folder), study.model is None
    moves = effects(study)
    moved = {path for effect in moves for path in effect.rows}
    values = dict(recorded(folder))
    kept = fixed(values, ours, moved)
    used = intervals_used(study.name, found.own, study.design.name, found.analysed, MAIN)
    known = Experiment(study, manifest, len(study.points()), results.runs, flat(values) if ours else values, kept, moved, used)
    checks, judged = judgement(results) if found.own else ([], "")
    caught = limits(known, shown_measures(results.runs.schema, results.factors), results.failures, fingerprint(study), found.refused)
    settings, figures = fixed_table(kept, ours), pictures(found.exhibits, folder, manifest)
    return Report(
        kind="Study", title=str(about.get("title") or in_words(study.name)), question=study.question, verdict=judged,
        hypotheses=about.get("hypotheses", ()), design=what_was_done(known), answers=found.answers, figures=figures, tables=found.tables,
        settings=[*([settings] if settings else []), *level_tables(moves)], methods=methods(known), citation=citation(manifest),
        limits=[*claims(checks), *as_they_lie(len(found.exhibits), len(figures)), *caught],
        sources=[*about.get("sources", ()), *([KEYED_SOURCE] if ours else [])], files=files_in(folder),
        commands=commands(manifest, study, found.analysed), provenance=provenance(manifest), csv=csv_files([*found.answers, *found.tables], folder),
    )  # fmt: skip


def of_run(folder: Path, manifest: RunManifest) -> Report:
    """Gather the report of a single run of our own model."""
    if manifest.model is not None:
        raise InputError(
            f"{folder} is one run of {manifest.model}; reports are made of studies of it: `overbruggen study model={manifest.model} "
            "PARAMETER=VALUE,VALUE replicates=30`"
        )
    from experiments.configuration import validate
    from experiments.presentation.single import form_table, summary_table
    from sim.observation.outcomes import outcomes

    values = dict(recorded(folder))
    config = validate(values)
    rounds, events, challenges = (table_of(folder, name) for name in ("rounds", "events", "challenges"))
    try:
        tables = [summary_table(config, outcomes(rounds, events, challenges, config.challenge.breadths))]
        tables += [form_table(events)] if config.structure.mix else []
        exhibits = [run_exhibit(rounds)]
    except (*LACKING, TypeError) as reason:
        raise InputError(f"{folder} lacks columns that a run writes ({because(reason)}); run it again") from reason
    kept = fixed(values, True, set())
    settings, written = fixed_table(kept, True), flat(values)
    design = [
        ("Form", config.structure.name), ("Organisations", f"{config.population.organisations:,}"), ("Rounds", f"{config.run.rounds:,}"),
        ("Seed", str(manifest.seed)),
    ]  # fmt: skip
    return Report(
        kind="One run", title=f"One run: {config.structure.name}, seed {manifest.seed}", question="", verdict="", hypotheses=(), design=design,
        answers=(), tables=tables, figures=pictures(exhibits, folder, manifest), settings=[settings] if settings else [],
        methods=methods_of_run(manifest, written, kept), citation=citation(manifest), limits=[ONE_RUN, *program(manifest)], sources=[KEYED_SOURCE],
        files=files_in(folder), commands=commands_of_run(manifest),
        provenance=provenance(manifest), csv={},
    )  # fmt: skip


def judgement(results: Results) -> tuple[list[Any], str]:
    """Return the checks of a study that has some, and the verdict on them."""
    inquiry = inquiry_of(results.manifest.study)
    checks = inquiry.check(results) if inquiry else []
    return checks, f"Verdict on its hypotheses: {verdict(checks)}." if checks else ""


def findings(results: Results, study: Study, folder: Path) -> Findings:
    """Return the tables and exhibits of a study: its own, and those of its sensitivity where its design or an earlier command asks for them."""
    manifest = results.manifest
    tables, exhibits, refused, own = list[Table](), list[Exhibit](), list[str](), manifest.study == MAIN or inquiry_of(manifest.study) is not None
    try:
        tables, remark = tables_and_remark(results)
        own = own and not remark
        refused += [remark] if remark else []
    except LACKING as reason:
        own = False
        refused.append(f"There is no table of points: {because(reason)}.")
    try:
        exhibits = exhibits_and_remark(results, PAGE)[0]
    except LACKING as reason:
        refused.append(f"The study has no figure of its own: {because(reason)}; what `overbruggen figures --kind` draws of it is shown here.")
    written = [path for path in sorted(folder.glob("sensitivity_*.md")) if not path.with_suffix(".svg").exists()]
    asked = [path.stem.removeprefix("sensitivity_") for path in written]
    default = [None] if study.design.name in ANALYSES and not asked else []
    done, of_factors = list[str](), list[Table]()
    for measure in (*default, *asked):
        try:
            found, stem = analysed(folder, manifest, measure, None)
        except (AnalysisError, InputError) as reason:
            refused.append(f"There is no analysis of factors: {reason}.")
            continue
        done.append(stem.removeprefix("sensitivity_"))
        of_factors += [named_after(table, stem, place) for place, table in enumerate(found.tables)]
        exhibits += found.exhibits
    answers = [table for table in tables if table.name == CHECKS]
    return Findings([*answers, *of_factors], [table for table in tables if table not in answers], exhibits, own, done, refused)


def named_after(table: Table, stem: str, place: int) -> Table:
    """Return a table with a name of its own on the page."""
    return Table(table.title, table.columns, table.rows, table.note, f"{stem}_{place}")


def pictures(exhibits: Sequence[Exhibit], folder: Path, manifest: Manifest) -> list[Picture]:
    """Return exhibits as pictures, then all others that lie in the folder with their captions, as they were drawn."""
    how = circumstances(manifest)
    found = [Picture(exhibit.name, drawn(exhibit), f"{exhibit.caption} {how}", files_of(exhibit.name, folder)) for exhibit in exhibits]
    known = {picture.name for picture in found}
    for path in sorted(folder.glob("*.svg")):
        caption = path.with_suffix(".md")
        if path.stem not in known and caption.is_file():
            words = ESCAPED.sub(r"\1", caption.read_text(encoding="utf-8").split("\n\n", 1)[-1].strip())
            found.append(Picture(path.stem, path.read_bytes(), words, files_of(path.stem, folder)))
    return found


def as_they_lie(anew: int, all_figures: int) -> list[str]:
    """Say which figures are not drawn anew from the results."""
    if anew == all_figures:
        return []
    which = f"Figure {all_figures} is" if anew + 1 == all_figures else f"Figures {anew + 1} to {all_figures} are"
    return [f"{which} shown as drawn by an earlier command; if the study has grown since, draw anew with `overbruggen figures` or `sensitivity`."]


def drawn(exhibit: Exhibit) -> bytes:
    """Return an exhibit as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        return save(exhibit.figure, Path(folder, exhibit.name), (".svg",))[0].read_bytes()


def files_of(name: str, folder: Path) -> list[tuple[str, str]]:
    """Return the files of a figure that are there: what each is, and its name."""
    return [(words, f"{name}{suffix}") for suffix, words in PICTURES.items() if (folder / f"{name}{suffix}").is_file()]


def files_in(folder: Path) -> list[tuple[str, str]]:
    """Return the files of a folder that are no figures, with what is in them."""
    return [(name, words) for name, words in FILES.items() if (folder / name).is_file()]


def csv_files(tables: Sequence[Table], folder: Path) -> dict[str, str]:
    """Return the file with the unrounded numbers of each table that has one."""
    return {table.name: name for table in tables if (folder / (name := f"table_{table.name}.csv")).is_file()}


def what_was_done(known: Experiment) -> list[tuple[str, str]]:
    """Return the design of a study, a line each."""
    study, manifest, asked = known.study, known.manifest, known.study.replicates
    until = isinstance(asked, Adaptive)
    replicates = f"{asked.at_least} to {asked.at_most}, as many as intervals need" if until else str(asked)  # type: ignore[union-attr]
    luck = "common random numbers: replicate r has the same seed at every point" if study.common_random_numbers else "a seed of its own for every run"
    failed = manifest.failed or 0
    return [
        *((f"Factor {name}", levels(factor)) for name, factor in study.factors.items()),
        ("Design", named(study.design)),
        *([("Constraints", "; ".join(study.constraints))] if study.constraints else []),
        ("Points", f"{known.points:,}"),
        ("Replicates", replicates),
        ("Runs", f"{manifest.runs or 0:,} done, {failed:,} failed"),
        ("Seeds", f"from {manifest.seed}; {luck}"),
    ]


def fingerprint(study: Study) -> str | None:
    """Return the fingerprint of a study's model as it is now; None when it cannot be found."""
    try:
        return study.target.version()
    except InputError:
        return None


def commands(manifest: StudyManifest, study: Study, analysed_measures: Sequence[str]) -> list[str]:
    """Return the commands that make the results, figures and this page again."""
    from experiments.design.study import study_names

    own = study.name not in study_names()
    name = f"{study.name}.yaml" if own else study.name
    asked = [command("sensitivity", AGAIN, "--measure", measure) for measure in analysed_measures]
    given = [f"cp study.yaml {name}"] if own else []
    return [*given, command("study", name, *manifest.overrides, "--out", AGAIN), *asked, command("report", AGAIN)]


def commands_of_run(manifest: RunManifest) -> list[str]:
    """Return the commands that make a run and its page again; what was typed, where an earlier version did not say what was changed."""
    if manifest.overrides is None:
        return [manifest.command]
    return [command("run", *manifest.overrides, "--out", AGAIN), command("report", AGAIN)]


def command(*words: str) -> str:
    """Return a command as it is typed."""
    return shlex.join(["overbruggen", *words])


def provenance(manifest: Manifest) -> list[tuple[str, str]]:
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
        ("Libraries", ", ".join(f"{name} {version}" for name, version in manifest.packages.items())),
    ]
