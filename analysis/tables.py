"""Result tables: a title, columns, rows of text and a note; as Markdown, LaTeX and CSV."""

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
    """The text of a number in a table, with the exact number it was rounded from."""

    exact: Estimate | float

    def __new__(cls, exact: Estimate | float, text: str | None = None) -> FormattedNumber:
        """Return the text of a number or an estimate; ``text`` replaces its usual form."""
        formatted = super().__new__(cls, str(exact) if text is None else text)
        formatted.exact = exact
        return formatted


@dataclass(frozen=True)
class Table:
    """A table ready to print or write; to CSV, a ``FormattedNumber`` goes unrounded.

    Attributes:
        title: what the table shows.
        columns: heads of the columns.
        rows: texts, a cell per column.
        note: n, the interval, and how to read the table.
        name: of its file and its LaTeX label.

    Example:
        >>> from analysis.estimates import Estimate
        >>> cell = FormattedNumber(Estimate(0.51234, 0.4, 0.6, 8))
        >>> table = Table("Joint value", ("form", "mean"), [("hub", cell)], "n = 8 replicates.")
        >>> table.to_markdown().splitlines()[4]
        '| hub | 0.512 [0.400, 0.600] |'
        >>> print(table.to_csv())
        form,mean,mean low,mean high,mean n
        hub,0.51234,0.4,0.6,8
    """

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
        """Return the table as LaTeX with the rules of booktabs; numbers are aligned right."""
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
        """Return the table as CSV with exact numbers; an estimate takes four columns.

        They are its value, low, high and n.
        """
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
                    for cell, wide in zip(row, spread, strict=True)
                    for part in split_estimate(get_exact(cell), wide)
                ]
            )
        return text.getvalue()


def get_exact(cell: str) -> Estimate | float | str:
    """Return what a cell was rounded from, or its text."""
    return cell.exact if isinstance(cell, FormattedNumber) else cell


def split_estimate(exact: Estimate | float | str, wide: bool) -> Sequence[object]:
    """Return a cell as it fills one column of a CSV, or four."""
    if not wide:
        return (exact,)
    return exact if isinstance(exact, tuple) else (exact, "", "", "")


def is_numeric_text(text: str) -> bool:
    """Return whether a cell begins like a number."""
    return isinstance(text, FormattedNumber) or text[:2].lstrip("-+").replace(".", "")[:1].isdigit()


def escape_cell(text: str) -> str:
    """Return text that cannot end its cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def escape_latex(text: str) -> str:
    """Return text that LaTeX sets literally."""
    return "".join(LATEX_ESCAPES.get(character, character) for character in text)


def escape_markdown(text: str) -> str:
    """Return text that Markdown sets literally."""
    return "".join(MARKDOWN_ESCAPES.get(character, character) for character in text)


def format_latex_row(cells: Sequence[str]) -> str:
    """Return a row of a LaTeX table."""
    return " & ".join(map(escape_latex, cells)) + r" \\"
