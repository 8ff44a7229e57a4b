"""`overbruggen report DIR`: one page of HTML with a study's question, design, results, figures, methods and limits."""

from __future__ import annotations

import os
from pathlib import Path

from experiments.console import print_text
from experiments.report.contents import ReportContents, gather_run_report, gather_study_report
from experiments.report.inline_svg import convert_to_inline_svg
from experiments.store.files import NotWrittenError, make_write_error, wrap_write_errors, write_text
from experiments.store.layout import REPORT_FILE
from experiments.store.manifest import RunManifest, StudyManifest, read_manifest
from experiments.store.provenance import FOLDER_PLACEHOLDER, record_provenance
from sim import __version__
from sim.errors import InputError

GENERATOR_TAG = '<meta name="generator" content="overbruggen report">'


def write_report(folder: Path, out: Path | None) -> None:
    """Write the report of a results folder, as ``report.html`` in it or where told.

    Args:
        folder: of a study that is complete, or of a run.
        out: a file that ends in .html, or a folder that is there.

    Raises:
        InputError: the folder holds no results that can be told, or the page cannot be written; said in a sentence.
    """
    target = choose_report_path(folder, out)
    manifest = read_manifest(folder)
    refuse_other_page(target)
    report = (
        gather_run_report(folder, manifest)
        if isinstance(manifest, RunManifest)
        else gather_study_report(folder, manifest)
    )
    text = render_report_page(
        report, Path(os.path.relpath(folder.resolve(), target.resolve().parent)).as_posix()
    )
    try:
        with wrap_write_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
        write_text(text, target)
        if isinstance(manifest, StudyManifest) and target == folder / REPORT_FILE:
            record_provenance(folder, ("report", FOLDER_PLACEHOLDER), [REPORT_FILE])
    except NotWrittenError as reason:
        raise make_write_error(target, reason) from reason
    shown = (
        f"{format_count(len(report.answers) + len(report.tables), 'table')},"
        f" {format_count(len(report.figures), 'figure')}"
    )
    print_text(
        f"Report in {target}: {shown}, methods and limits on one page"
        f" ({len(text.encode()) / 1e6:.1f} MB)."
    )


def format_count(number: int, what: str) -> str:
    """Return a number of things in words."""
    return f"{number} {what}{'s' * (number != 1)}"


def choose_report_path(folder: Path, out: Path | None) -> Path:
    """Return the file to write."""
    if out is None:
        return folder / REPORT_FILE
    if out.is_dir():
        return out / REPORT_FILE
    if out.suffix not in (".html", ".htm"):
        raise InputError(
            f"--out is {out}; allowed: a file that ends in .html, or a folder that is there"
        )
    return out


def refuse_other_page(target: Path) -> None:
    """Refuse to replace a page that is no report."""
    if target.exists():
        try:
            head = target.read_text(encoding="utf-8")[:2000]
        except (OSError, UnicodeDecodeError):
            head = ""
        if GENERATOR_TAG not in head:
            raise InputError(
                f"{target} exists and is no report of `overbruggen`, so it is not replaced; give"
                " another file with --out"
            )


def render_report_page(report: ReportContents, to_folder: str) -> str:
    """Return a report as HTML; links are relative to the page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    drawings = []
    for figure in report.figures:
        try:
            drawings.append(
                convert_to_inline_svg(figure.svg, f"svg-{figure.name}", f"caption-{figure.name}")
            )
        except ValueError as error:
            wrong = (
                f"{figure.name}.svg is no figure that `overbruggen` drew, or was damaged ({error})"
            )
            raise InputError(f"{wrong}; draw it again, or remove it") from error
    environment = Environment(
        loader=PackageLoader("experiments.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    before = "" if to_folder == "." else f"{to_folder}/"
    pictures = [
        (figure, Markup(drawing.svg), drawing.width)
        for figure, drawing in zip(report.figures, drawings, strict=True)
    ]
    return environment.get_template("report.html.j2").render(
        report=report,
        pictures=pictures,
        before=before,
        generator=Markup(GENERATOR_TAG),
        version=__version__,
    )
