"""The figures of a report: those drawn from the results, then those that other commands left."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from analysis.figures.exhibit import Exhibit
from analysis.figures.style import save_figure
from experiments.presentation.exhibits import format_provenance_sentence
from experiments.report.contents import ReportFigure
from experiments.store.manifest import Manifest

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


def list_report_figures(
    exhibits: Sequence[Exhibit], folder: Path, manifest: Manifest
) -> list[ReportFigure]:
    """Return the exhibits as figures, then all other figures of the folder as they were drawn."""
    provenance = format_provenance_sentence(manifest)
    redrawn = [
        ReportFigure(
            exhibit.name,
            render_exhibit_as_svg(exhibit),
            f"{exhibit.caption} {provenance}",
            list_files_of_figure(exhibit.name, folder),
        )
        for exhibit in exhibits
    ]
    names = {figure.name for figure in redrawn}
    others = [
        ReportFigure(
            path.stem,
            path.read_bytes(),
            read_caption(path),
            list_files_of_figure(path.stem, folder),
        )
        for path in sorted(folder.glob("*.svg"))
        if path.stem not in names and path.with_suffix(".md").is_file()
    ]
    return [*redrawn, *others]


def read_caption(figure: Path) -> str:
    """Read the caption beside a figure as plain text."""
    markdown = figure.with_suffix(".md").read_text(encoding="utf-8")
    return MARKDOWN_ESCAPE.sub(r"\1", markdown.split("\n\n", 1)[-1].strip())


def render_exhibit_as_svg(exhibit: Exhibit) -> bytes:
    """Return an exhibit as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        return save_figure(exhibit.figure, Path(folder, exhibit.name), (".svg",))[0].read_bytes()


def list_files_of_figure(name: str, folder: Path) -> list[tuple[str, str]]:
    """Return the files of a figure that exist: description and file name."""
    return [
        (description, f"{name}{suffix}")
        for suffix, description in FIGURE_FILE_DESCRIPTIONS.items()
        if (folder / f"{name}{suffix}").is_file()
    ]


def describe_figures_not_redrawn(redrawn: int, total: int) -> list[str]:
    """Return a sentence that names the figures not redrawn from the results, if any."""
    if redrawn == total:
        return []
    which = (
        f"Figure {total} is" if redrawn + 1 == total else f"Figures {redrawn + 1} to {total} are"
    )
    return [
        f"{which} shown as drawn by an earlier command; if the study has been extended since, draw"
        " again with `overbruggen figures` or `sensitivity`."
    ]
