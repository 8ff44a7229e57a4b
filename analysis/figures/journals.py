"""Width and text size of figures in common journals."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from analysis.errors import AnalysisError
from analysis.figures.style import MILLIMETRE, Page
from analysis.names import suggest_name


class Journal(NamedTuple):
    """Widths of one and of two columns (mm), size of text (pt), and the source."""

    one: float
    two: float
    text: float
    source: str


JOURNALS = {
    "house": Journal(90.0, 190.0, 7.5, "as elsevier, text a little larger"),
    "nature": Journal(
        89.0,
        183.0,
        6.5,
        "Nature, formatting guide, final submission: 89 and 183 mm, text of 5 to 7 pt",
    ),
    "pnas": Journal(
        87.0, 178.0, 7.0, "PNAS, digital art guidelines: 8.7 and 17.8 cm, text of 6 to 8 pt"
    ),
    "elsevier": Journal(
        90.0,
        190.0,
        7.0,
        "Elsevier, artwork and media instructions, sizing: 90 and 190 mm, text of 7 pt",
    ),
    "springer": Journal(
        84.0,
        174.0,
        8.5,
        "Springer Nature, artwork guidelines: 84 and 174 mm, lettering of 8 to 12 pt",
    ),
    "plos": Journal(
        132.0,
        190.5,
        9.0,
        "PLOS, figure guidelines: text column 13.2 cm, at most 19.05 cm, text of 8 to 12 pt",
    ),
    "ieee": Journal(
        88.9, 181.9, 8.5, "IEEE, graphics for articles: 3.5 and 7.16 inches, text of 8 to 10 pt"
    ),
    "apa": Journal(
        82.5,
        165.1,
        9.0,
        "APA, Publication Manual (7th ed.): text of 8 to 14 pt; letter within margins of one inch,"
        " and half of that",
    ),
    "manuscript": Journal(
        80.0,
        160.0,
        8.5,
        "no width is required (JASSS, INFORMS, SAGE): A4 within margins of 25 mm, and half of that",
    ),
}


def page(journal: str = "house", columns: int = 2) -> Page:
    """Return the page of a journal: the width and text size that figures are drawn for.

    Args:
        journal: name in ``JOURNALS``: house, nature, pnas, elsevier, springer, plos, ieee, apa or
            manuscript.
        columns: width in columns of the journal, 1 or 2.

    Returns:
        ``Page``, to give to any figure.

    Raises:
        AnalysisError: the journal is unknown, or the number of columns is not 1 or 2.

    Source:
        ``JOURNALS[journal].source`` names the guide of each journal.

    Example:
        >>> narrow = page("nature", columns=1)
        >>> round(narrow.width / MILLIMETRE), narrow.text
        (89, 6.5)
    """
    if journal not in JOURNALS:
        raise AnalysisError(
            f"{journal} is not a known journal; allowed:"
            f" {', '.join(JOURNALS)}.{suggest_name(journal, JOURNALS)}"
        )
    if columns not in (1, 2):
        raise AnalysisError(f"columns is {columns}; allowed: 1 or 2")
    known = JOURNALS[journal]
    return Page((known.one, known.two)[columns - 1] * MILLIMETRE, known.text)


def find_journal(chosen: Page) -> tuple[str, int] | None:
    """Return the journal of a page and its width in columns; None for a user-defined page."""
    return next((known for known in product(JOURNALS, (1, 2)) if page(*known) == chosen), None)
