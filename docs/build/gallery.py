"""The gallery of docs/gallery.md: every family of figures, with the command that draws it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from experiments.__main__ import main
from sim.errors import InputError

RESULTS = (
    "study structure_and_imitation structure=alliance,network,hub,consortium imitation.rate=0,0.02,0.05,0.1,0.3 "
    "replicates=8 population.organisations=40 run.rounds=60 --out results/gallery/forms",
    "study distance_and_bridging series=1 replicates=8 population.organisations=40 run.rounds=100 --out results/gallery/bridging",
    "run structure=network imitation.rate=0.05 population.organisations=60 --out results/gallery/run",
)


class Piece(NamedTuple):
    """A picture of the gallery: its block on the page, the results it is drawn of, what is asked for, and the file that gives."""

    block: str
    of: str
    words: str
    file: str


PIECES = (
    Piece("lines", "forms", "--kind lines --x imitation.rate --by structure", "lines_joint_value_synergy.png"),
    Piece("heatmap", "forms", "--kind heatmap --x imitation.rate --y production.depth --by structure", "heatmap_joint_value.png"),
    Piece("phase", "forms", "--kind phase --x imitation.rate --y production.depth --by structure", "phase_joint_value.png"),
    Piece("interaction", "forms", "--kind interaction --x imitation.rate --by structure --measure synergy", "interaction_synergy.png"),
    Piece("profiles", "forms", "--kind profiles --by structure", "profiles.png"),
    Piece("timecourse", "bridging", "--kind timecourse", "timecourse.png"),
    Piece("distributions", "bridging", "--kind distributions", "distributions.png"),
    Piece("run", "run", "--kind timecourse", "run.png"),
    Piece("partners", "run", "--kind distributions", "distributions.png"),
    Piece("space", "run", "--kind space", "space.png"),
    Piece("network", "run", "--kind network", "network.png"),
    Piece("animation", "run", "--kind animation --moments 25", "animation.gif"),
    Piece("one column", "forms", "--kind lines --x imitation.rate --by structure --journal nature --columns 1", "lines_joint_value_synergy.png"),
)


def blocks(images: Path) -> Iterator[tuple[str, str]]:
    """Draw every picture into a folder, and walk through the blocks of the page.

    Raises:
        InputError: a command of the gallery did not do.
    """
    images.mkdir(parents=True, exist_ok=True)
    for command in RESULTS:
        do(f"{command} --overwrite")
    yield "results", shown(*RESULTS)
    for piece in PIECES:
        command = f"figures results/gallery/{piece.of} {piece.words}"
        do(command)
        file = Path("results/gallery", piece.of, piece.file)
        target = images / f"{piece.block.replace(' ', '_')}{file.suffix}"
        halve(file, target) if file.suffix == ".png" else shutil.copy(file, target)
        caption = file.with_suffix(".md").read_text(encoding="utf-8").split("\n\n", 1)[1].strip()
        yield piece.block, f"![{piece.block}](images/gallery/{target.name})\n\n*{caption}*\n\n{shown(command)}"


def do(command: str) -> None:
    """Give a command as a user would."""
    if main(shlex.split(command)) != 0:
        raise InputError(f"overbruggen {command} did not do; the gallery needs it")


def shown(*commands: str) -> str:
    """Return commands as they are typed."""
    return "\n".join(["```sh", *(f"overbruggen {command}" for command in commands), "```"])


def halve(file: Path, target: Path) -> None:
    """Copy a picture at 150 dots per inch: enough for a screen, a quarter of the bytes."""
    from PIL import Image

    with Image.open(file) as picture:
        picture.convert("RGB").resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS).save(target, optimize=True)
