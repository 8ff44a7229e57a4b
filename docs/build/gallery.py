"""The gallery of docs/gallery.md: every family of figures, with the command that draws it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from experiments.__main__ import main
from sim.errors import InputError

RESULT_COMMANDS = (
    "study structure_and_imitation structure=alliance,network,hub,consortium imitation.rate=0,0.02,0.05,0.1,0.3 "
    "replicates=8 population.organisations=40 run.rounds=60 --out results/gallery/forms",
    "study distance_and_bridging series=1 replicates=8 population.organisations=40 run.rounds=100 --out results/gallery/bridging",
    "run structure=network imitation.rate=0.05 population.organisations=60 --out results/gallery/run",
)


class Picture(NamedTuple):
    """A picture of the gallery: its block on the page, the results it is drawn of, what is asked for, and the file that gives."""

    block: str
    of: str
    words: str
    file: str


PICTURES = (
    Picture(
        "lines",
        "forms",
        "--kind lines --x imitation.rate --by structure",
        "lines_joint_value_synergy.png",
    ),
    Picture(
        "heatmap",
        "forms",
        "--kind heatmap --x imitation.rate --y production.depth --by structure",
        "heatmap_joint_value.png",
    ),
    Picture(
        "phase",
        "forms",
        "--kind phase --x imitation.rate --y production.depth --by structure",
        "phase_joint_value.png",
    ),
    Picture(
        "interaction",
        "forms",
        "--kind interaction --x imitation.rate --by structure --measure synergy",
        "interaction_synergy.png",
    ),
    Picture("profiles", "forms", "--kind profiles --by structure", "profiles.png"),
    Picture("timecourse", "bridging", "--kind timecourse", "timecourse.png"),
    Picture("distributions", "bridging", "--kind distributions", "distributions.png"),
    Picture("run", "run", "--kind timecourse", "run.png"),
    Picture("partners", "run", "--kind distributions", "distributions.png"),
    Picture("space", "run", "--kind space", "space.png"),
    Picture("network", "run", "--kind network", "network.png"),
    Picture("animation", "run", "--kind animation --moments 25", "animation.gif"),
    Picture(
        "one column",
        "forms",
        "--kind lines --x imitation.rate --by structure --journal nature --columns 1",
        "lines_joint_value_synergy.png",
    ),
)


def draw_blocks(images: Path) -> Iterator[tuple[str, str]]:
    """Draw every picture into a folder, and walk through the blocks of the page.

    Raises:
        InputError: a command of the gallery did not do.
    """
    images.mkdir(parents=True, exist_ok=True)
    for command in RESULT_COMMANDS:
        run_command(f"{command} --overwrite")
    yield "results", format_commands(*RESULT_COMMANDS)
    for piece in PICTURES:
        command = f"figures results/gallery/{piece.of} {piece.words}"
        run_command(command)
        file = Path("results/gallery", piece.of, piece.file)
        target = images / f"{piece.block.replace(' ', '_')}{file.suffix}"
        halve_resolution(file, target) if file.suffix == ".png" else shutil.copy(file, target)
        caption = file.with_suffix(".md").read_text(encoding="utf-8").split("\n\n", 1)[1].strip()
        yield (
            piece.block,
            f"![{piece.block}](images/gallery/{target.name})\n\n*{caption}*\n\n{format_commands(command)}",
        )


def run_command(command: str) -> None:
    """Give a command as a user would."""
    if main(shlex.split(command)) != 0:
        raise InputError(f"overbruggen {command} did not do; the gallery needs it")


def format_commands(*commands: str) -> str:
    """Return commands as they are typed."""
    return "\n".join(["```sh", *(f"overbruggen {command}" for command in commands), "```"])


def halve_resolution(file: Path, target: Path) -> None:
    """Copy a picture at 150 dots per inch: enough for a screen, a quarter of the bytes."""
    from PIL import Image

    with Image.open(file) as picture:
        picture.convert("RGB").resize(
            (picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS
        ).save(target, optimize=True)
