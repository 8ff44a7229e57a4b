"""Result tables: a title, columns, rows of text, and a note; as Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.estimates import Estimate

CSV_SUFFIXES = ("", " low", " high", " n")  # what an estimate is spread over in a CSV
LATEX_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "\n": " ",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
}
MARKDOWN_ESCAPES = {character: f"\\{character}" for character in "\\`*_[]<>|"}


class FormattedNumber(str):
    """A number as it stands in a table, which keeps what it was rounded from."""

    exact: Estimate | float

    def __new__(cls, exact: Estimate | float, text: str | None = None) -> FormattedNumber:
        """Make the text of a number or an estimate; its own, unless another is given."""
        made = super().__new__(cls, str(exact) if text is None else text)
        made.exact = exact
        return made


@dataclass(frozen=True)
class Table:
    """A table ready to be shown or written; cells that are ``Shown`` are written to CSV unrounded."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()
    note: str = ""
    name: str = "table"

    def to_markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [
            f"**{self.title}**",
            "",
            "| " + " | ".join(map(escape_cell, self.columns)) + " |",
            "|" + "---|" * len(self.columns),
        ]
        lines += ["| " + " | ".join(map(escape_cell, row)) + " |" for row in self.rows]
        return "\n".join([*lines, "", self.note, ""])

    def to_latex(self) -> str:
        """Return the table as a LaTeX table with the rules of booktabs; columns of numbers are set to the right."""
        kinds = "".join(
            "r" if self.rows and all(is_numeric_text(row[place]) for row in self.rows) else "l"
            for place in range(len(self.columns))
        )
        lines = [
            r"\begin{table}[tbp]",
            r"  \centering",
            rf"  \caption{{{escape_latex(self.title)}}}",
            rf"  \label{{tab:{self.name}}}",
        ]
        lines += [
            rf"  \begin{{tabular}}{{{kinds}}}",
            r"    \toprule",
            f"    {format_latex_row(self.columns)}",
            r"    \midrule",
        ]
        lines += [f"    {format_latex_row(row)}" for row in self.rows]
        lines += [r"    \bottomrule", r"  \end{tabular}"]
        note = (
            [rf"  \par\smallskip{{\footnotesize {escape_latex(self.note)}}}"] if self.note else []
        )
        return "\n".join([*lines, *note, r"\end{table}", ""])

    def to_csv(self) -> str:
        """Return the table as CSV: numbers as exact as they were computed, an estimate in four columns (value, low, high, n)."""
        spread = [
            any(isinstance(get_exact(row[place]), tuple) for row in self.rows)
            for place in range(len(self.columns))
        ]
        heads = [
            column + part
            for column, wide in zip(self.columns, spread, strict=True)
            for part in (CSV_SUFFIXES if wide else CSV_SUFFIXES[:1])
        ]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(heads)
        for row in self.rows:
            writer.writerow(
                [
                    part
                    for found, wide in zip(row, spread, strict=True)
                    for part in split_estimate(get_exact(found), wide)
                ]
            )
        return text.getvalue()


def get_exact(found: str) -> Estimate | float | str:
    """Return what a cell was rounded from, or its text."""
    return found.exact if isinstance(found, FormattedNumber) else found


def split_estimate(found: Estimate | float | str, wide: bool) -> Sequence[object]:
    """Return what of a cell stands in the columns of a CSV."""
    if not wide:
        return (found,)
    return found if isinstance(found, tuple) else (found, "", "", "")


def is_numeric_text(text: str) -> bool:
    """Tell whether a cell begins like a number."""
    return isinstance(text, FormattedNumber) or text[:2].lstrip("-+").replace(".", "")[:1].isdigit()


def escape_cell(text: str) -> str:
    """Return text that cannot end its cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def escape_latex(text: str) -> str:
    """Return text that LaTeX sets as it stands."""
    return "".join(LATEX_ESCAPES.get(character, character) for character in text)


def escape_markdown(text: str) -> str:
    """Return text that Markdown sets as it stands."""
    return "".join(MARKDOWN_ESCAPES.get(character, character) for character in text)


def format_latex_row(cells: Sequence[str]) -> str:
    """Return a row of a LaTeX table."""
    return " & ".join(map(escape_latex, cells)) + r" \\"
