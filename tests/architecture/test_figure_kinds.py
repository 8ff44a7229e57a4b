"""A kind of figure is known to the command line, drawn by one registry and shown in the gallery."""

import re
import shlex
from pathlib import Path

import pytest

from docs.build.gallery import GALLERY_FIGURES, RESULT_COMMANDS
from experiments.cli.arguments import FIGURE_KINDS
from experiments.presentation.run_figures import RUN_FIGURE_KINDS
from experiments.presentation.study_figures import STUDY_FIGURE_KINDS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")


def test_the_command_line_offers_the_kinds_that_can_be_drawn():
    assert set(FIGURE_KINDS) == set(STUDY_FIGURE_KINDS) | set(RUN_FIGURE_KINDS)


def test_the_gallery_shows_every_kind():
    assert {shlex.split(figure.options)[1] for figure in GALLERY_FIGURES} == set(FIGURE_KINDS)


@pytest.mark.parametrize(
    "command",
    [
        *RESULT_COMMANDS,
        *(
            f"figures results/gallery/{figure.results} {figure.options}"
            for figure in GALLERY_FIGURES
        ),
    ],
)
def test_the_gallery_has_every_command(command):
    assert f"overbruggen {command}\n" in PAGE


def test_the_pictures_of_the_gallery_exist():
    pictures = re.findall(r"\]\((images/gallery/.*?)\)", PAGE)
    assert len(pictures) == len(GALLERY_FIGURES)
    assert [picture for picture in pictures if not (DOCS / picture).is_file()] == []
