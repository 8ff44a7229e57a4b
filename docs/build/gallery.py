"""Fill the gallery, docs/gallery.md: every kind of figure with the command that draws it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from experiments.__main__ import main
from sim.errors import InputError

RESULT_COMMANDS = (
    "study structure_and_imitation structure=alliance,network,hub,consortium"
    " imitation.rate=0,0.02,0.05,0.1,0.3 replicates=8 population.organisations=40 run.rounds=60"
    " --out results/gallery/forms",
    "study distance_and_bridging series=1 replicates=8 population.organisations=40 run.rounds=100"
    " --out results/gallery/bridging",
    "run structure=network imitation.rate=0.05 population.organisations=60"
    " --out results/gallery/run",
)


class GalleryFigure(NamedTuple):
    """A figure of the gallery.

    Attributes:
        block: block of the page that shows it.
        results: name of the results that it shows.
        options: options of `overbruggen figures` that draw it.
        file: file that these options write.
    """

    block: str
    results: str
    options: str
    file: str


GALLERY_FIGURES = (
    GalleryFigure(
        "lines",
        "forms",
        "--kind lines --x imitation.rate --by structure",
        "lines_joint_value_synergy.png",
    ),
    GalleryFigure(
        "heatmap",
        "forms",
        "--kind heatmap --x imitation.rate --y production.depth --by structure",
        "heatmap_joint_value.png",
    ),
    GalleryFigure(
        "phase",
        "forms",
        "--kind phase --x imitation.rate --y production.depth --by structure",
        "phase_joint_value.png",
    ),
    GalleryFigure(
        "interaction",
        "forms",
        "--kind interaction --x imitation.rate --by structure --measure synergy",
        "interaction_synergy.png",
    ),
    GalleryFigure("profiles", "forms", "--kind profiles --by structure", "profiles.png"),
    GalleryFigure("timecourse", "bridging", "--kind timecourse", "timecourse.png"),
    GalleryFigure("distributions", "bridging", "--kind distributions", "distributions.png"),
    GalleryFigure("run", "run", "--kind timecourse", "run.png"),
    GalleryFigure("partners", "run", "--kind distributions", "distributions.png"),
    GalleryFigure("space", "run", "--kind space", "space.png"),
    GalleryFigure("network", "run", "--kind network", "network.png"),
    GalleryFigure("animation", "run", "--kind animation --moments 25", "animation.gif"),
    GalleryFigure(
        "one column",
        "forms",
        "--kind lines --x imitation.rate --by structure --journal nature --columns 1",
        "lines_joint_value_synergy.png",
    ),
)


def draw_blocks(images: Path) -> Iterator[tuple[str, str]]:
    """Draw every figure into a folder; yield the blocks of the page by name.

    Raises:
        InputError: a command of the gallery failed.
    """
    images.mkdir(parents=True, exist_ok=True)
    for command in RESULT_COMMANDS:
        run_command(f"{command} --overwrite")
    yield "results", format_commands(*RESULT_COMMANDS)
    for figure in GALLERY_FIGURES:
        command = f"figures results/gallery/{figure.results} {figure.options}"
        run_command(command)
        file = Path("results/gallery", figure.results, figure.file)
        target = images / f"{figure.block.replace(' ', '_')}{file.suffix}"
        if file.suffix == ".png":
            halve_resolution(file, target)
        else:
            shutil.copy(file, target)
        caption = file.with_suffix(".md").read_text(encoding="utf-8").split("\n\n", 1)[1].strip()
        picture = f"![{figure.block}](images/gallery/{target.name})"
        yield figure.block, f"{picture}\n\n*{caption}*\n\n{format_commands(command)}"


def run_command(command: str) -> None:
    """Run a command as a user would."""
    if main(shlex.split(command)) != 0:
        raise InputError(f"overbruggen {command} failed; the gallery needs it")


def format_commands(*commands: str) -> str:
    """Return commands as a block of shell code."""
    return "\n".join(["```sh", *(f"overbruggen {command}" for command in commands), "```"])


def halve_resolution(file: Path, target: Path) -> None:
    """Copy a picture at 150 dots per inch, which suffices for screens at a quarter of the size."""
    from PIL import Image

    with Image.open(file) as picture:
        picture.convert("RGB").resize(
            (picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS
        ).save(target, optimize=True)
