"""Pages of the documentation: written by hand, with blocks of figures that a command fills in.

A block stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``; what is between them is replaced, all else is kept.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.figures.style import PAGE, save
from experiments.design import load_study
from experiments.engines import available_cores
from experiments.manifest import read_manifest
from experiments.patterns import PATTERNS, Pattern, check_table
from experiments.screen import show
from experiments.study import play
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


def fill_results() -> None:
    """Bring the main study's tables and figure from its results folder (`make run`) into the documentation."""
    folder = Path("results/structure_and_imitation")
    read_manifest(folder)
    fill("results.md", {"tables": (folder / "tables.md").read_text(encoding="utf-8")})
    shutil.copy(folder / "joint_value_and_synergy.png", DOCS / "images")


def fill_pattern(pattern: Pattern) -> None:
    """Run a pattern's study, draw its figure and fill in its table."""
    study = load_study(pattern.study)
    results = play(study, available_cores())
    images = DOCS / "images" / "patterns"
    images.mkdir(parents=True, exist_ok=True)
    save(pattern.figure(results, PAGE).figure, images / pattern.study, (".png",))
    table = check_table(pattern, pattern.check(results))
    show(table)
    picture = f"![{pattern.hypothesis}](images/patterns/{pattern.study}.png)\n\nRuns: `overbruggen study {pattern.study}`."
    fill("patterns.md", {f"pattern {pattern.number}": f"{table.to_markdown()}\n{picture}"})


def fill_summary() -> None:
    """Gather the verdicts that stand above the patterns' tables."""
    page = (DOCS / "patterns.md").read_text(encoding="utf-8")
    rows = []
    for pattern in PATTERNS:
        before = f"**{pattern.number}. {pattern.hypothesis} "
        judged = page.split(before, 1)[1].split("**", 1)[0] if before in page else "not tried"
        rows.append(f"| {pattern.number}. {pattern.hypothesis} | {judged} |")
    fill("patterns.md", {"summary": "\n".join(["| pattern | verdict |", "|---|---|", *rows])})


def fill_gallery() -> None:
    """Draw every family of figures and fill the gallery with pictures, captions and commands."""
    from experiments.gallery import blocks

    fill("gallery.md", dict(blocks(DOCS / "images" / "gallery")))


def main(words: Sequence[str]) -> None:
    """Fill in ``results``, ``gallery``, or ``patterns`` (just some of them, if numbers follow)."""
    if words[:1] == ["results"]:
        fill_results()
    elif words == ["gallery"]:
        fill_gallery()
    elif words[:1] == ["patterns"]:
        for pattern in PATTERNS:
            if not words[1:] or str(pattern.number) in words[1:]:
                fill_pattern(pattern)
        fill_summary()
    else:
        raise InputError(f"{' '.join(words) or 'nothing'} cannot be filled in; allowed: results, gallery, patterns, patterns NUMBER ...")


if __name__ == "__main__":
    main(sys.argv[1:])
