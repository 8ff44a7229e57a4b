"""How this program is cited: from CITATION.cff, with the version that made the results."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

from experiments.store.manifest import Manifest

COMMIT_DIGITS = 12  # digits that name a commit


class Citation(NamedTuple):
    """How to cite the program that made results: in words, and as BibTeX."""

    short: str
    text: str
    bibtex: str


def find_citation_file() -> Path:
    """Return CITATION.cff: inside an installed package, or at the top of a checkout."""
    inside, outside = (
        Path(__file__).parents[above] / "CITATION.cff" for above in (1, 2)
    )  # outside: a checkout
    return inside if inside.is_file() else outside


def format_software_citation(manifest: Manifest) -> Citation:
    """Return how to cite the version that made some results."""
    said = yaml.safe_load(find_citation_file().read_text(encoding="utf-8"))
    authors = " and ".join(author["name"] for author in said["authors"])
    year, title, licence = str(said["date-released"])[:4], said["title"], said["license"]
    bibtex = "\n".join(
        (
            "@software{overbruggen,",
            f"  author = {{{{{authors}}}}},",
            f"  title = {{{{{title}}}}},",
            f"  version = {{{manifest.overbruggen}}},",
            f"  year = {{{year}}},",
            f"  note = {{{format_program_version(manifest).capitalize()}. {licence} licence}},",
            "}",
        )
    )
    return Citation(
        f"{authors} {year}",
        f"{authors} ({year}). {title} ({format_program_version(manifest)}) [Computer software].",
        bibtex,
    )


def format_program_version(manifest: Manifest) -> str:
    """Return version and commit, as short as names a commit still; changes that were not committed are said."""
    commit, _, dirty = (manifest.commit or "").partition("-")
    return (
        f"version {manifest.overbruggen}"
        + (f", commit {commit[:COMMIT_DIGITS]}" if commit else "")
        + (" with changes" if dirty else "")
    )
