"""Citation of the program: CITATION.cff with the version that produced the results."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

from experiments.store.manifest import Manifest

COMMIT_DIGITS = 12  # hexadecimal digits that identify a commit


class Citation(NamedTuple):
    """How to cite the program behind results: short, as a reference, and as BibTeX."""

    short: str
    text: str
    bibtex: str


def find_citation_file() -> Path:
    """Return the path of CITATION.cff in an installed package or at the top of a checkout."""
    installed, checkout = (Path(__file__).parents[level] / "CITATION.cff" for level in (1, 2))
    return installed if installed.is_file() else checkout


def format_software_citation(manifest: Manifest) -> Citation:
    """Return how to cite the version that produced some results."""
    metadata = yaml.safe_load(find_citation_file().read_text(encoding="utf-8"))
    authors = " and ".join(author["name"] for author in metadata["authors"])
    year = str(metadata["date-released"])[:4]
    title, licence = metadata["title"], metadata["license"]
    version = format_program_version(manifest)
    bibtex = "\n".join(
        (
            "@software{overbruggen,",
            f"  author = {{{{{authors}}}}},",
            f"  title = {{{{{title}}}}},",
            f"  version = {{{manifest.overbruggen}}},",
            f"  year = {{{year}}},",
            f"  note = {{{version.capitalize()}. {licence} licence}},",
            "}",
        )
    )
    return Citation(
        f"{authors} {year}",
        f"{authors} ({year}). {title} ({version}) [Computer software].",
        bibtex,
    )


def format_program_version(manifest: Manifest) -> str:
    """Return version and commit, and whether files had uncommitted changes."""
    commit, _, dirty = (manifest.commit or "").partition("-")
    return (
        f"version {manifest.overbruggen}"
        + (f", commit {commit[:COMMIT_DIGITS]}" if commit else "")
        + (" with uncommitted changes" if dirty else "")
    )
