"""The contents of a report, as the template reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from analysis.tables import Table, escape_latex, escape_markdown, is_numeric_text
from experiments.report.citation import Citation

MIN_LONG_CELL = 40  # characters; columns with longer cells get a minimum width


class ReportFigure(NamedTuple):
    """A figure of a report: its name, SVG, caption and files (description, file name)."""

    name: str
    svg: str | bytes
    caption: str
    files: list[tuple[str, str]]


class ReportContents(NamedTuple):
    """The contents of a report in the order of the page; parts that do not apply are empty.

    Attributes:
        kind: study or single run.
        title: heading of the page.
        question: question of the study.
        verdict: verdict on its hypotheses.
        hypotheses: what the study tests.
        design: terms and descriptions of the design.
        answers: tables that precede the figures: checked claims, and which factors matter.
        figures: figures with captions.
        tables: tables that follow the figures.
        settings: tables of parameters.
        methods: paragraphs of the methods section.
        citation: how to cite the program.
        limits: limitations, one or two sentences each.
        sources: references.
        files: names and descriptions of files in the folder.
        commands: commands that reproduce results and page.
        provenance: terms and descriptions from the manifest.
        csv: file with unrounded numbers, by name of a table.
    """

    kind: str
    title: str
    question: str
    verdict: str
    hypotheses: Sequence[str]
    design: Sequence[tuple[str, str]]
    answers: Sequence[Table]
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
    csv: dict[str, str]

    @property
    def methods_markdown(self) -> str:
        """The methods section as Markdown."""
        return "\n\n".join(map(escape_markdown, self.methods))

    @property
    def methods_latex(self) -> str:
        """The methods section as LaTeX."""
        return "\n\n".join(map(escape_latex, self.methods))


def classify_report_columns(table: Table) -> list[str]:
    """Return the CSS class of each column of a table: number, words or name."""
    return [
        classify_report_column([row[position] for row in table.rows])
        for position in range(len(table.columns))
    ]


def classify_report_column(cells: Sequence[str]) -> str:
    """Return the CSS class of a column: number, words (long cells) or name."""
    if cells and all(is_numeric_text(cell) or cell in ("", "-") for cell in cells):
        return "number"
    return "words" if max(map(len, cells), default=0) > MIN_LONG_CELL else "name"
