"""Pages of the documentation: written by hand, with blocks of figures that a command fills in.

A block stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``; what is between them is replaced, all else is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.errors import InputError

DOCS = Path(__file__).parents[1] / "docs"


def fill(page: str, blocks: Mapping[str, str]) -> None:
    """Replace blocks of a page in ``docs/``."""
    path = DOCS / page
    text = path.read_text(encoding="utf-8")
    for name, content in blocks.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if begin not in text or end not in text:
            raise InputError(f"docs/{page} has no block {name}; put {begin} and {end} where it belongs")
        before, rest = text.split(begin, 1)
        text = f"{before}{begin}\n{content.strip()}\n{end}{rest.split(end, 1)[1]}"
    path.write_text(text, encoding="utf-8")
