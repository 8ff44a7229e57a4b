"""Pages of the documentation: written by hand, with blocks of figures that a command fills in.

A block stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``; what is between them is replaced, all else is kept.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.figures.style import PAGE, save_figure
from analysis.names import suggest_or_list
from experiments.cli.catalogue import format_study_size
from experiments.console import print_table
from experiments.design import load_study
from experiments.execution.engines import count_available_cores
from experiments.presentation.hypothesis_studies import (
    HYPOTHESIS_STUDIES,
    PATTERN_STUDIES,
    QUESTION_STUDIES,
    HypothesisStudy,
    tabulate_checks,
)
from experiments.run_study import run_study_in_memory
from experiments.store.manifest import read_manifest
from experiments.store.results import Results
from sim.errors import InputError

DOCS_FOLDER = Path(__file__).parents[2] / "docs"
PATTERNS_PAGE = "patterns.md"
NOT_RUN = "not run yet"


def fill_page(page: str, blocks: Mapping[str, str]) -> None:
    """Replace blocks of a page in ``docs/``."""
    path = DOCS_FOLDER / page
    text = path.read_text(encoding="utf-8")
    for name, content in blocks.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if begin not in text or end not in text:
            raise InputError(
                f"docs/{page} has no block {name}; put {begin} and {end} where it belongs"
            )
        before, rest = text.split(begin, 1)
        text = f"{before}{begin}\n{content.strip()}\n{end}{rest.split(end, 1)[1]}"
    path.write_text(text, encoding="utf-8")


def fill_results() -> None:
    """Bring the main study's tables and figure from its results folder (`make run`) into the documentation."""
    folder = Path("results/structure_and_imitation")
    read_manifest(folder)
    fill_page("results.md", {"tables": (folder / "tables.md").read_text(encoding="utf-8")})
    shutil.copy(folder / "joint_value_and_synergy.png", DOCS_FOLDER / "images")


def fill_inquiry(inquiry: HypothesisStudy, results: Results) -> None:
    """Draw the figure of an inquiry and fill in what its file says, its table and its figure."""
    images = DOCS_FOLDER / "images" / "patterns"
    images.mkdir(parents=True, exist_ok=True)
    save_figure(inquiry.figure(results, PAGE).figure, images / inquiry.study, (".png",))
    table = tabulate_checks(inquiry, inquiry.check(results))
    print_table(table)
    parts = [
        *describe_inquiry(inquiry),
        table.to_markdown(),
        f"![{inquiry.heading}](images/patterns/{inquiry.study}.png)",
    ]
    fill_page(PATTERNS_PAGE, {inquiry.study: "\n\n".join(part.strip() for part in parts)})


def describe_inquiry(inquiry: HypothesisStudy) -> list[str]:
    """Return what an inquiry's file says for a reader: question, hypotheses, sources; and the command that runs it."""
    about = inquiry.about
    command = f"Runs: `overbruggen study {inquiry.study}` ({format_study_size(load_study(inquiry.study))} runs)."
    hypotheses = "\n".join(f"- {hypothesis}" for hypothesis in about["hypotheses"])
    sources = "\n".join(f"- {source}" for source in about["sources"])
    return [
        f"*{about['question']}*",
        f"Hypotheses:\n\n{hypotheses}",
        f"<details><summary>Sources</summary>\n\n{sources}\n\n</details>",
        command,
    ]


def fill_summary() -> None:
    """Gather the verdicts that stand above the tables, patterns first, then further questions."""
    page = (DOCS_FOLDER / PATTERNS_PAGE).read_text(encoding="utf-8")
    for block, inquiries in (
        ("summary of patterns", PATTERN_STUDIES),
        ("summary of questions", QUESTION_STUDIES),
    ):
        rows = []
        for inquiry in inquiries:
            before = f"**{inquiry.heading}: "
            judged = page.split(before, 1)[1].split(".**", 1)[0] if before in page else NOT_RUN
            rows.append(f"| {inquiry.heading} | {inquiry.about['question']} | {judged} |")
        fill_page(
            PATTERNS_PAGE,
            {
                block: "\n".join(
                    ["| study | question | verdict on its hypotheses |", "|---|---|---|", *rows]
                )
            },
        )


def fill_gallery() -> None:
    """Draw every family of figures and fill the gallery with pictures, captions and commands."""
    from docs.build.gallery import draw_blocks

    fill_page("gallery.md", dict(draw_blocks(DOCS_FOLDER / "images" / "gallery")))


def main(words: Sequence[str]) -> None:
    """Fill in ``results``, ``gallery``, or ``patterns`` (just some of their studies, if names follow)."""
    if words[:1] == ["results"]:
        fill_results()
    elif words == ["gallery"]:
        fill_gallery()
    elif words[:1] == ["patterns"]:
        known = [inquiry.study for inquiry in HYPOTHESIS_STUDIES]
        for name in words[1:]:
            if name not in known:
                raise InputError(
                    f"{name} is not a study of {PATTERNS_PAGE}.{suggest_or_list(name, known)}"
                )
        for inquiry in HYPOTHESIS_STUDIES:
            if not words[1:] or inquiry.study in words[1:]:
                fill_inquiry(
                    inquiry, run_study_in_memory(load_study(inquiry.study), count_available_cores())
                )
        fill_summary()
    else:
        raise InputError(
            f"{' '.join(words) or 'nothing'} cannot be filled in; allowed: results, gallery, patterns, patterns STUDY ..."
        )


if __name__ == "__main__":
    main(sys.argv[1:])
