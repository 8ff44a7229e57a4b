"""Fill the generated blocks of the documentation's pages.

A block lies between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``. Commands replace the
contents of blocks; the rest of a page is written by hand.
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
    """Copy the main study's tables and figure from its results folder (`make run`)."""
    folder = Path("results/structure_and_imitation")
    read_manifest(folder)
    fill_page("results.md", {"tables": (folder / "tables.md").read_text(encoding="utf-8")})
    shutil.copy(folder / "joint_value_and_synergy.png", DOCS_FOLDER / "images")


def fill_hypothesis_study(tested: HypothesisStudy, results: Results) -> None:
    """Fill the block of a study that tests hypotheses: description, checks and figure."""
    images = DOCS_FOLDER / "images" / "patterns"
    images.mkdir(parents=True, exist_ok=True)
    save_figure(tested.figure(results, PAGE).figure, images / tested.study, (".png",))
    table = tabulate_checks(tested, tested.check(results))
    print_table(table)
    parts = [
        *describe_hypothesis_study(tested),
        table.to_markdown(),
        f"![{tested.heading}](images/patterns/{tested.study}.png)",
    ]
    fill_page(PATTERNS_PAGE, {tested.study: "\n\n".join(part.strip() for part in parts)})


def describe_hypothesis_study(tested: HypothesisStudy) -> list[str]:
    """Return question, hypotheses and sources of a study, and the command that runs it."""
    about = tested.about
    size = format_study_size(load_study(tested.study))
    command = f"Runs: `overbruggen study {tested.study}` ({size} runs)."
    hypotheses = "\n".join(f"- {hypothesis}" for hypothesis in about["hypotheses"])
    sources = "\n".join(f"- {source}" for source in about["sources"])
    return [
        f"*{about['question']}*",
        f"Hypotheses:\n\n{hypotheses}",
        f"<details><summary>Sources</summary>\n\n{sources}\n\n</details>",
        command,
    ]


def fill_summary() -> None:
    """Fill the summaries with the verdicts of the page's tables."""
    page = (DOCS_FOLDER / PATTERNS_PAGE).read_text(encoding="utf-8")
    for block, studies in (
        ("summary of patterns", PATTERN_STUDIES),
        ("summary of questions", QUESTION_STUDIES),
    ):
        rows = []
        for tested in studies:
            title = f"**{tested.heading}: "
            verdict = page.split(title, 1)[1].split(".**", 1)[0] if title in page else NOT_RUN
            rows.append(f"| {tested.heading} | {tested.about['question']} | {verdict} |")
        fill_page(
            PATTERNS_PAGE,
            {
                block: "\n".join(
                    ["| study | question | verdict on its hypotheses |", "|---|---|---|", *rows]
                )
            },
        )


def fill_gallery() -> None:
    """Draw every kind of figure and fill the gallery with pictures, captions and commands."""
    from docs.build.gallery import draw_blocks

    fill_page("gallery.md", dict(draw_blocks(DOCS_FOLDER / "images" / "gallery")))


def fill_patterns(names: Sequence[str]) -> None:
    """Run the studies that test hypotheses, or the named ones, and fill in their blocks."""
    known = [tested.study for tested in HYPOTHESIS_STUDIES]
    for name in names:
        if name not in known:
            raise InputError(
                f"{name} is not a study of {PATTERNS_PAGE}.{suggest_or_list(name, known)}"
            )
    for tested in HYPOTHESIS_STUDIES:
        if not names or tested.study in names:
            results = run_study_in_memory(load_study(tested.study), count_available_cores())
            fill_hypothesis_study(tested, results)
    fill_summary()


def main(words: Sequence[str]) -> None:
    """Fill in ``results``, ``gallery`` or ``patterns``; names after ``patterns`` select studies."""
    if words == ["results"]:
        fill_results()
    elif words == ["gallery"]:
        fill_gallery()
    elif words[:1] == ["patterns"]:
        fill_patterns(words[1:])
    else:
        raise InputError(
            f"{' '.join(words) or 'nothing'} cannot be filled in; allowed: results, gallery,"
            " patterns, patterns STUDY ..."
        )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(str(error))
