"""The arguments of the command line: its commands and the options of each."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Listed here too, because importing the kinds would import matplotlib.
FIGURE_KINDS = (
    "lines",
    "heatmap",
    "phase",
    "interaction",
    "timecourse",
    "distributions",
    "profiles",
    "space",
    "network",
    "animation",
)
USAGE_EXAMPLES = """examples:
  overbruggen run                                    one run of the default alliance
  overbruggen run structure=hub imitation.rate=0.1   another form, with imitation
  overbruggen study --list                           all studies: question, runs, design
  overbruggen study structure_and_imitation          the main question, all forms
  overbruggen study structure_and_imitation structure=hub,alliance replicates=10 --out results/small
  overbruggen study structure_and_imitation --dry-run
                                                     number of runs, duration and disk space
  overbruggen study my_study.yaml design=latin_hypercube
                                                     your own study (docs/how-to-designs.md)
  overbruggen study structure_and_imitation execution=dask execution.address=tcp://host:8786
                                                     on a cluster (docs/how-to-clusters.md)
  overbruggen run model=march_1991 p1=0.1            a published model (docs/classics.md)
  overbruggen study model=march_1991 p1=0.1,0.5,0.9 p2=0.1,0.5,0.9 replicates=100
  overbruggen figures results/structure_and_imitation
                                                     draw the figures again
  overbruggen figures results/structure_and_imitation --kind phase --journal nature
                                                     another figure (docs/gallery.md)
  overbruggen sensitivity results/my_study           which factors matter
                                                     (docs/how-to-sensitivity.md)
  overbruggen report results/my_study                the study on one page (docs/how-to-report.md)
  overbruggen package results/my_study               a replication archive
                                                     (docs/how-to-package.md)
  overbruggen describe trust                         the parameters of trust
  overbruggen classroom                              a page for teaching (docs/classroom.md)

Overrides follow the command: group=preset or parameter=value. In a study, several values
separated by commas make a factor."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="overbruggen",
        description="Simulate how organisations find each other, work together and let go.",
        epilog=USAGE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_run_command(commands)
    add_study_commands(commands)
    add_result_commands(commands)
    add_archive_commands(commands)
    add_reference_commands(commands)
    return parser


def add_run_command(commands: Any) -> None:
    """Add the command that runs a model once."""
    run = commands.add_parser(
        "run", help="run a model once: summary, rounds and events as Parquet, one figure"
    )
    add_overrides(run)
    add_output_options(run)


def add_study_commands(commands: Any) -> None:
    """Add the commands that run studies."""
    study = commands.add_parser(
        "study", help="run a design of many runs: tables with intervals, figures"
    )
    study.add_argument(
        "name",
        nargs="?",
        help="a study, for example structure_and_imitation, or your own file: my_study.yaml",
    )
    add_overrides(study)
    study.add_argument(
        "--list",
        action="store_true",
        help="list all studies that come with the package; run nothing",
    )
    study.add_argument(
        "--dry-run",
        action="store_true",
        help=(
            "check all points; show the number of runs, the first and the last configuration, the"
            " duration and the disk space; run nothing"
        ),
    )
    add_output_options(study)
    resume = commands.add_parser("resume", help="finish an interrupted study, or extend it")
    resume.add_argument("folder", type=Path, help="folder of the study")
    resume.add_argument(
        "overrides",
        nargs="*",
        help="what extends the study: replicates=60, or a factor with more levels",
    )
    resume.add_argument("--retry-failed", action="store_true", help="repeat failed runs")
    resume.add_argument(
        "--any-version",
        action="store_true",
        help="continue although the model has changed; runs of the other version are repeated",
    )
    for command in (study, resume):
        add_workers_option(command)
        command.add_argument(
            "--time-limit", type=float, default=None, help="seconds after which a run is stopped"
        )
        command.add_argument(
            "--fail-fast", action="store_true", help="stop at the first failed run"
        )
        command.add_argument("--quiet", action="store_true", help="show no progress")
    rerun = commands.add_parser(
        "rerun", help="repeat one run of a study and show its measures or its error"
    )
    rerun.add_argument("folder", type=Path, help="folder of the study")
    rerun.add_argument("run", help="id of the run, from failures.parquet or runs.parquet")


def add_result_commands(commands: Any) -> None:
    """Add the commands that show results."""
    figures = commands.add_parser(
        "figures", help="draw the figures of a results folder, or one figure of another kind"
    )
    add_figure_arguments(figures)
    sensitivity = commands.add_parser(
        "sensitivity",
        help="estimate which factors matter: indices, effects or a metamodel, by the design",
    )
    sensitivity.add_argument("folder", type=Path, help="folder of a study")
    sensitivity.add_argument(
        "--measure",
        default=None,
        help="the measure to explain, for example joint_value (default: the first in the tables)",
    )
    sensitivity.add_argument(
        "--surface",
        nargs=2,
        metavar=("FACTOR", "FACTOR"),
        default=None,
        help="draw the response surface of two factors",
    )
    report = commands.add_parser(
        "report", help="write one HTML page: question, design, results, figures, methods, limits"
    )
    report.add_argument("folder", type=Path, help="results folder of a study or a run")
    report.add_argument(
        "--out", type=Path, default=None, help="file to write (default: report.html in the folder)"
    )


def add_archive_commands(commands: Any) -> None:
    """Add the commands that pack a study and reproduce it (docs/how-to-package.md)."""
    package = commands.add_parser(
        "package", help="pack a study with everything that reproduces it byte for byte"
    )
    add_package_arguments(package)
    rebuild = commands.add_parser(
        "rebuild", help="reproduce the study of a replication archive and compare every file"
    )
    rebuild.add_argument("archive", type=Path, help="the archive, or the folder it was unpacked to")
    rebuild.add_argument(
        "--out",
        type=Path,
        default=Path("rebuilt"),
        help="folder for the reproduced files (default: rebuilt)",
    )
    rebuild.add_argument(
        "--overwrite", action="store_true", help="replace an existing results folder"
    )
    rebuild.add_argument(
        "--figures-only",
        action="store_true",
        help="reproduce only tables and figures, from the stored results",
    )
    add_workers_option(rebuild)


def add_reference_commands(commands: Any) -> None:
    """Add the commands that explain the model, compare with published results, and teach."""
    describe = commands.add_parser(
        "describe", help="explain parameters: type, range, default, unit, meaning, source"
    )
    describe.add_argument(
        "group",
        nargs="?",
        default=None,
        help="a group of parameters, measures, classics, or a classic (default: all parameters)",
    )
    describe.add_argument("--markdown", action="store_true", help="print Markdown")
    dock = commands.add_parser(
        "dock",
        help=(
            "compare classics with published results: reference, ours, standard errors and verdict"
            " per cell (docs/docking.md)"
        ),
    )
    dock.add_argument("names", nargs="*", help="docks, for example march_1991 (default: all)")
    dock.add_argument("--quick", action="store_true", help="run fewer replicates")
    dock.add_argument(
        "--page",
        action="store_true",
        help="write docs/docking.md, and the page and the figure of every dock that is run",
    )
    add_workers_option(dock)
    dock.add_argument(
        "--out",
        type=Path,
        default=None,
        help="folder for tables and figures (default: results/docking)",
    )
    classroom = commands.add_parser(
        "classroom",
        help="serve a page for teaching: two forms side by side (docs/classroom.md)",
    )
    classroom.add_argument(
        "--port",
        type=int,
        default=8765,
        help="port on this machine (default: 8765; 0: any free port)",
    )
    classroom.add_argument("--no-browser", action="store_true", help="do not open the page")
    classroom.add_argument(
        "--lan", action="store_true", help="let a class on the local network join with a code"
    )


def add_overrides(command: argparse.ArgumentParser) -> None:
    """Add the overrides of presets and parameters."""
    command.add_argument("overrides", nargs="*", help="group=preset or parameter=value")


def add_output_options(command: argparse.ArgumentParser) -> None:
    """Add the options of a results folder."""
    command.add_argument(
        "--out", type=Path, default=None, help="results folder (default: in results/)"
    )
    command.add_argument(
        "--overwrite", action="store_true", help="replace an existing results folder"
    )


def add_workers_option(command: argparse.ArgumentParser) -> None:
    """Add the number of processes."""
    command.add_argument(
        "--workers", type=int, default=None, help="number of processes (default: all cores)"
    )


def add_figure_arguments(figures: argparse.ArgumentParser) -> None:
    """Add the arguments of `overbruggen figures` (docs/gallery.md)."""
    figures.add_argument("folder", type=Path, help="results folder of a study or a run")
    figures.add_argument(
        "--kind",
        default=None,
        help=f"one of {', '.join(FIGURE_KINDS)} (default: the figures of the study)",
    )
    figures.add_argument(
        "--measure",
        action="append",
        default=[],
        dest="measures",
        help="a measure to draw; can be repeated",
    )
    figures.add_argument("--x", default=None, help="factor along the axis")
    figures.add_argument("--y", default=None, help="factor along the other axis of a map")
    figures.add_argument(
        "--by", default=None, help="factor with one line, panel or contender per level"
    )
    figures.add_argument(
        "--journal",
        default="house",
        help="size of page and text: nature, pnas, elsevier, springer, plos, ieee, apa, manuscript",
    )
    figures.add_argument(
        "--columns", type=int, default=2, help="width of the figure in journal columns: 1 or 2"
    )
    figures.add_argument(
        "--moments", type=int, default=None, help="number of moments at which a network is drawn"
    )


def add_package_arguments(package: argparse.ArgumentParser) -> None:
    """Add the arguments of `overbruggen package` (docs/how-to-package.md)."""
    package.add_argument("folder", type=Path, help="folder of a study")
    package.add_argument("--out", type=Path, default=None, help="the archive (default: FOLDER.zip)")
    package.add_argument("--overwrite", action="store_true", help="replace an existing archive")
    package.add_argument(
        "--with-data",
        action="store_true",
        help="include the files of organisations, if you may share them",
    )
    package.add_argument(
        "--license",
        default=None,
        help="licence of study and results, for example CC-BY-4.0 (spdx.org/licenses)",
    )
    package.add_argument(
        "--author",
        action="append",
        default=[],
        dest="authors",
        help="an author of the study; can be repeated",
    )


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; overrides may also follow an option."""
    parser = build_parser()
    arguments, rest = parser.parse_known_args(words)
    if arguments.command not in ("run", "study", "resume") or any(
        word.startswith("-") for word in rest
    ):
        parser.parse_args(words)  # reports what is not recognised
    else:
        arguments.overrides += rest
    return arguments
