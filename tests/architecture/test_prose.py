"""Prose that a machine can check: one sentence per line, no words that say nothing, links that lead
somewhere.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GENERATED = {"parameters.md", "measures.md", "classics.md", "docking.md", "CHANGELOG.md"}
PAGES = [
    path
    for path in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "decisions").glob("*.md"),
    ]
    if path.name not in GENERATED
]
ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|al|vs|cf|ca|approx|resp|Fig|Eq|No|pp?|Vol|Dr|[A-Z])\.$")
TWO_SENTENCES = re.compile(r"(?P<first>\S+[.!?])[)*_]*\s+(?=[*_(]?[A-Z`][a-z`])")
BANNED = re.compile(
    r"\b(anew|in vain|other luck|same luck|piece of luck|give on|gave on)\b", re.IGNORECASE
)


def prose_of(path):
    """Walk through the numbered lines of a page that are prose by hand: no code, tables, headings
    or generated blocks.
    """
    fenced = generated = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif line.startswith("<!-- begin"):
            generated = True
        elif line.startswith("<!-- end"):
            generated = False
        elif not fenced and not generated and not line.startswith(("#", "|", "![", "    ")):
            yield number, line


def sentences_begun_in(line):
    """Return the ends of sentences after which another one begins on the same line."""
    plain = re.sub(r"`[^`]*`", "`code`", line)
    plain = re.sub(r"^\s*(?:[-*]|\d+\.)\s+", "", plain)
    plain = re.sub(r"^\*\*[^*]+[.:]\*\*\s+", "", plain)  # a heading that runs in
    return [
        found["first"]
        for found in TWO_SENTENCES.finditer(plain)
        if not ABBREVIATIONS.search(found["first"])
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_line_is_a_sentence(path):
    assert [
        (number, line[:90]) for number, line in prose_of(path) if sentences_begun_in(line)
    ] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_words_mean_something(path):
    assert [(number, line) for number, line in prose_of(path) if BANNED.search(line)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(path):
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_check_sees_what_it_should():
    assert sentences_begun_in("One thing. Another thing.")
    assert sentences_begun_in("- A list. And more.")
    assert not sentences_begun_in("March et al. Then nothing else")
    assert not sentences_begun_in("Use `a. B` here.")
    assert not sentences_begun_in("1. First step")
