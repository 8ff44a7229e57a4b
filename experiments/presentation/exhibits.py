"""Exhibits on disk: the picture in the formats of journals, its caption in Markdown and LaTeX, and the table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.tables import Table, escape_latex, escape_markdown
from experiments.store.files import wrap_write_errors, write_text
from experiments.store.manifest import Manifest, RunManifest

if TYPE_CHECKING:
    from analysis.figures.exhibit import Exhibit
    from analysis.figures.network import AnimatedExhibit

QUICK_FORMATS = (
    ".png",
)  # what a single run draws at once; the rest costs time and waits for `overbruggen figures`


def write_exhibit(
    exhibit: Exhibit, folder: Path, circumstances: str, formats: Sequence[str] | None = None
) -> list[str]:
    """Write a figure (PDF, SVG, PNG), its table (CSV) and its caption (Markdown, LaTeX); return the names of the files.

    Args:
        exhibit: what to write.
        folder: where.
        circumstances: how the results came about; closes the caption.
        formats: pictures to draw; all of them unless told.
    """
    from analysis.figures.style import (
        FIGURE_FORMATS,
        save_figure,
    )  # matplotlib is slow to import and not always asked for

    path = folder / exhibit.name
    with wrap_write_errors():
        written = save_figure(exhibit.figure, path, FIGURE_FORMATS if formats is None else formats)
        exhibit.data.write_csv(path.with_name(f"{exhibit.name}.csv"))
    caption = f"{exhibit.caption} {circumstances}".strip()
    write_text(
        f"![]({exhibit.name}.png)\n\n{escape_markdown(caption)}\n",
        path.with_name(f"{exhibit.name}.md"),
    )
    write_text(format_latex_figure(exhibit.name, caption), path.with_name(f"{exhibit.name}.tex"))
    return [
        *(target.name for target in written),
        *(f"{exhibit.name}{suffix}" for suffix in (".csv", ".md", ".tex")),
    ]


def write_film(film: AnimatedExhibit, folder: Path, circumstances: str) -> list[str]:
    """Write a film as GIF, and its last frame as any other exhibit."""
    from analysis.figures.style import save_animation

    name = f"{film.exhibit.name}.gif"
    with wrap_write_errors():
        save_animation(film.film, folder / name)
    return [name, *write_exhibit(film.exhibit, folder, circumstances)]


def format_latex_figure(name: str, caption: str) -> str:
    """Return a LaTeX figure in its natural size, which is that of the journal's column."""
    lines = (
        r"\begin{figure}[tbp]",
        r"  \centering",
        rf"  \includegraphics{{{name}.pdf}}",
        rf"  \caption{{{escape_latex(caption)}}}",
        rf"  \label{{fig:{name}}}",
    )
    return "\n".join([*lines, r"\end{figure}", ""])


def write_tables(tables: Sequence[Table], folder: Path) -> list[str]:
    """Write tables as one page of Markdown, one of LaTeX (booktabs), and a CSV each with unrounded numbers; return the names of the files."""
    write_text("\n".join(table.to_markdown() for table in tables), folder / "tables.md")
    write_text(
        "% needs \\usepackage{booktabs}\n\n" + "\n".join(table.to_latex() for table in tables),
        folder / "tables.tex",
    )
    for table in tables:
        write_text(table.to_csv(), folder / f"table_{table.name}.csv")
    return ["tables.md", "tables.tex", *(f"table_{table.name}.csv" for table in tables)]


def format_provenance_sentence(manifest: Manifest) -> str:
    """Return under which study, seed and configuration results came about, from the manifest of their folder."""
    with_what = f", with {', '.join(manifest.overrides)}" if manifest.overrides else ""
    if isinstance(manifest, RunManifest):
        configuration = (
            "" if manifest.overrides is None else f"; the default configuration{with_what}"
        )
        return f"Seed {manifest.seed}{configuration}."
    luck = "common random numbers" if manifest.common_random_numbers else "a seed for every run"
    return f"Study {manifest.study}, {luck}, seed {manifest.seed}{with_what or ', as it stands'}."
