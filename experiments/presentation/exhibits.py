"""Write exhibits to disk.

An exhibit consists of the figure in the formats of journals, its caption in Markdown and LaTeX, and
the table behind the figure.
"""

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

# A single run draws only these formats; `overbruggen figures` adds the others, which take longer.
QUICK_FORMATS = (".png",)


def write_exhibit(
    exhibit: Exhibit, folder: Path, provenance: str, formats: Sequence[str] | None = None
) -> list[str]:
    """Write a figure (PDF, SVG, PNG), its table (CSV) and its caption (Markdown, LaTeX).

    Args:
        exhibit: the figure with its caption and table.
        folder: the folder to write into.
        provenance: the sentence that closes the caption: study, seed and overrides.
        formats: file formats of the figure; all formats by default.

    Returns:
        The names of the files.
    """
    # Imported here because matplotlib is slow to import and most commands do not draw.
    from analysis.figures.style import FIGURE_FORMATS, save_figure

    path = folder / exhibit.name
    with wrap_write_errors():
        written = save_figure(exhibit.figure, path, FIGURE_FORMATS if formats is None else formats)
        exhibit.data.write_csv(path.with_name(f"{exhibit.name}.csv"))
    caption = f"{exhibit.caption} {provenance}".strip()
    write_text(
        f"![]({exhibit.name}.png)\n\n{escape_markdown(caption)}\n",
        path.with_name(f"{exhibit.name}.md"),
    )
    write_text(format_latex_figure(exhibit.name, caption), path.with_name(f"{exhibit.name}.tex"))
    return [
        *(target.name for target in written),
        *(f"{exhibit.name}{suffix}" for suffix in (".csv", ".md", ".tex")),
    ]


def write_animation(animated: AnimatedExhibit, folder: Path, provenance: str) -> list[str]:
    """Write an animation as GIF and its last frame as an ordinary exhibit."""
    from analysis.figures.style import save_animation

    name = f"{animated.exhibit.name}.gif"
    with wrap_write_errors():
        save_animation(animated.film, folder / name)
    return [name, *write_exhibit(animated.exhibit, folder, provenance)]


def format_latex_figure(name: str, caption: str) -> str:
    """Return a LaTeX figure at its natural size, the width of the journal's column."""
    lines = (
        r"\begin{figure}[tbp]",
        r"  \centering",
        rf"  \includegraphics{{{name}.pdf}}",
        rf"  \caption{{{escape_latex(caption)}}}",
        rf"  \label{{fig:{name}}}",
    )
    return "\n".join([*lines, r"\end{figure}", ""])


def write_tables(tables: Sequence[Table], folder: Path) -> list[str]:
    """Write tables as one Markdown file, one LaTeX file (booktabs) and a CSV file each.

    The CSV files hold unrounded numbers.

    Returns:
        The names of the files.
    """
    write_text("\n".join(table.to_markdown() for table in tables), folder / "tables.md")
    write_text(
        "% needs \\usepackage{booktabs}\n\n" + "\n".join(table.to_latex() for table in tables),
        folder / "tables.tex",
    )
    for table in tables:
        write_text(table.to_csv(), folder / f"table_{table.name}.csv")
    return ["tables.md", "tables.tex", *(f"table_{table.name}.csv" for table in tables)]


def format_provenance_sentence(manifest: Manifest) -> str:
    """Return the study, seed and overrides behind results, as the last sentence of a caption."""
    overrides = ", ".join(manifest.overrides or ())
    if isinstance(manifest, RunManifest):
        if manifest.overrides is None:
            return f"Seed {manifest.seed}."
        changes = f", with {overrides}" if overrides else ""
        return f"Seed {manifest.seed}; the default configuration{changes}."
    seeds = (
        "common random numbers"
        if manifest.common_random_numbers
        else "independent seeds for all runs"
    )
    changes = f"with {overrides}" if overrides else "without overrides"
    return f"Study {manifest.study}, {seeds}, seed {manifest.seed}, {changes}."
