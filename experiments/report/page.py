"""`overbruggen report DIR`: write the report of a results folder as a single HTML page."""

from __future__ import annotations

import os
from pathlib import Path

from experiments.console import print_text
from experiments.report.contents import ReportContents, classify_report_columns
from experiments.report.inline_svg import InlineSvg, convert_to_inline_svg
from experiments.report.run_report import gather_run_report
from experiments.report.study_report import gather_study_report
from experiments.store.files import NotWrittenError, make_write_error, wrap_write_errors, write_text
from experiments.store.layout import REPORT_FILE
from experiments.store.manifest import RunManifest, StudyManifest, read_manifest
from experiments.store.provenance import FOLDER_PLACEHOLDER, record_provenance
from sim import __version__
from sim.errors import InputError

GENERATOR_TAG = '<meta name="generator" content="overbruggen report">'


def write_report(folder: Path, out: Path | None) -> None:
    """Write the report of a results folder.

    Args:
        folder: folder of a complete study or of a single run.
        out: a file that ends in .html, or an existing folder; ``report.html`` in ``folder`` by
            default.

    Raises:
        InputError: the folder holds no results that can be reported, or the page cannot be written.
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
    except NotWrittenError as error:
        raise make_write_error(target, error) from error
    shown = (
        f"{format_count(len(report.answers) + len(report.tables), 'table')},"
        f" {format_count(len(report.figures), 'figure')}"
    )
    print_text(
        f"Report in {target}: {shown}, methods and limits on one page"
        f" ({len(text.encode()) / 1e6:.1f} MB)."
    )


def format_count(number: int, noun: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{number} {noun}{'s' * (number != 1)}"


def choose_report_path(folder: Path, out: Path | None) -> Path:
    """Return the file to write the report to."""
    if out is None:
        return folder / REPORT_FILE
    if out.is_dir():
        return out / REPORT_FILE
    if out.suffix not in (".html", ".htm"):
        raise InputError(
            f"--out is {out}; allowed: a file that ends in .html, or an existing folder"
        )
    return out


def refuse_other_page(target: Path) -> None:
    """Refuse to replace a file that is not a report."""
    if target.exists():
        try:
            head = target.read_text(encoding="utf-8")[:2000]
        except (OSError, UnicodeDecodeError):
            head = ""
        if GENERATOR_TAG not in head:
            raise InputError(
                f"{target} exists and is not a report of `overbruggen`, so it is not replaced; give"
                " another file with --out"
            )


def render_report_page(report: ReportContents, folder_path: str) -> str:
    """Return a report as HTML.

    Args:
        report: its contents.
        folder_path: path of the results folder relative to the page.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("experiments.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    figures = [
        (figure, Markup(drawing.svg), drawing.width)
        for figure, drawing in zip(report.figures, convert_report_figures(report), strict=True)
    ]
    return environment.get_template("report.html.j2").render(
        report=report,
        figures=figures,
        classify_columns=classify_report_columns,
        before="" if folder_path == "." else f"{folder_path}/",
        generator=Markup(GENERATOR_TAG),
        version=__version__,
    )


def convert_report_figures(report: ReportContents) -> list[InlineSvg]:
    """Return the figures of a report as elements of the page."""
    drawings = []
    for figure in report.figures:
        try:
            drawings.append(
                convert_to_inline_svg(figure.svg, f"svg-{figure.name}", f"caption-{figure.name}")
            )
        except ValueError as error:
            raise InputError(
                f"{figure.name}.svg is not a figure that `overbruggen` drew, or it is damaged"
                f" ({error}); draw it again, or remove it"
            ) from error
    return drawings
