"""The grammar of the command line: which verbs there are and what each can be told."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
  overbruggen run                                        one run of the default alliance
  overbruggen run structure=hub imitation.rate=0.1       another form, with imitation
  overbruggen study --list                               all studies: question, runs, design
  overbruggen study structure_and_imitation              the main question, all forms
  overbruggen study structure_and_imitation structure=hub,alliance replicates=10 --out results/small
  overbruggen study structure_and_imitation --dry-run    how many runs, how long, how much disk
  overbruggen study my_study.yaml design=latin_hypercube a study of your own, another design (docs/how-to-designs.md)
  overbruggen study structure_and_imitation execution=dask execution.address=tcp://host:8786   on a cluster (docs/how-to-clusters.md)
  overbruggen run model=march_1991 p1=0.1                a published model (docs/classics.md): `overbruggen describe classics`
  overbruggen study model=march_1991 p1=0.1,0.5,0.9 p2=0.1,0.5,0.9 replicates=100
  overbruggen figures results/structure_and_imitation    draw the figures again
  overbruggen figures results/structure_and_imitation --kind phase --journal nature   another figure (docs/gallery.md)
  overbruggen sensitivity results/my_study               which factors matter (docs/how-to-sensitivity.md)
  overbruggen report results/my_study                    question, design, results, figures and methods on one page
  overbruggen package results/my_study                   a replication archive (docs/how-to-package.md)
  overbruggen describe trust                             what the parameters of trust mean
  overbruggen classroom                                  a page for teaching, in the browser (docs/classroom.md)

Overrides follow the verb: group=preset or parameter=value; in a study several values by comma make a factor."""


def build_parser() -> argparse.ArgumentParser:
    """Return the grammar of the command line."""
    top = argparse.ArgumentParser(
        prog="overbruggen",
        description="Simulate how organisations find each other, work together and let go.",
        epilog=USAGE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    add_run_commands(verbs)
    add_result_commands(verbs)
    add_archive_commands(verbs)
    add_reference_commands(verbs)
    return top


def add_run_commands(verbs: Any) -> None:
    """Add the verbs that run models."""
    run = verbs.add_parser("run", help="one run: summary, rounds and events as Parquet, one figure")
    study = verbs.add_parser("study", help="a design of many runs: tables with intervals, figures")
    study.add_argument(
        "name",
        nargs="?",
        help=(
            "name of a study, for example structure_and_imitation, or a file of your own:"
            " my_study.yaml"
        ),
    )
    study.add_argument(
        "--list",
        action="store_true",
        help="show all studies that come with the package; run nothing",
    )
    resume = verbs.add_parser(
        "resume",
        help="do what a study's folder lacks, or what more it is asked for (replicates=60)",
    )
    resume.add_argument("folder", type=Path)
    resume.add_argument("--retry-failed", action="store_true", help="do runs again that failed")
    resume.add_argument(
        "--any-version", action="store_true", help="go on although the model has changed since"
    )
    for verb in (study, resume):
        verb.add_argument(
            "--workers", type=int, default=None, help="processes (default: all cores)"
        )
        verb.add_argument(
            "--time-limit", type=float, default=None, help="seconds after which a run is given up"
        )
        verb.add_argument(
            "--fail-fast", action="store_true", help="stop at the first run that fails"
        )
        verb.add_argument("--quiet", action="store_true", help="show no progress")
    resume.add_argument(
        "overrides", nargs="*", help="what more to do: replicates=60, a factor with more levels"
    )
    for verb in (run, study):
        verb.add_argument("overrides", nargs="*", help="group=preset or parameter=value")
        verb.add_argument(
            "--out", type=Path, default=None, help="results folder (default: in results/)"
        )
        verb.add_argument(
            "--overwrite", action="store_true", help="replace an existing results folder"
        )
    study.add_argument(
        "--dry-run",
        action="store_true",
        help=(
            "check all points, show runs, first and last configuration, time and disk; run nothing"
        ),
    )
    rerun = verbs.add_parser(
        "rerun", help="do one run of a study again and show what it gives, or how it fails"
    )
    rerun.add_argument("folder", type=Path)
    rerun.add_argument("run", help="id of the run, from failures.parquet or runs.parquet")


def add_result_commands(verbs: Any) -> None:
    """Add the verbs that show results."""
    add_figure_arguments(
        verbs.add_parser(
            "figures", help="draw figures of a results folder: its own, or one of a kind"
        )
    )
    sensitivity = verbs.add_parser(
        "sensitivity",
        help=(
            "which factors matter: indices, effects or a metamodel, as the design of a study allows"
        ),
    )
    sensitivity.add_argument("folder", type=Path)
    sensitivity.add_argument(
        "--measure",
        default=None,
        help="what is explained, for example joint_value (default: the first that is shown)",
    )
    sensitivity.add_argument(
        "--surface",
        nargs=2,
        metavar=("FACTOR", "FACTOR"),
        default=None,
        help="two factors to draw a response surface of",
    )
    report = verbs.add_parser(
        "report", help="one page of HTML: question, design, results, figures, methods, limits"
    )
    report.add_argument("folder", type=Path)
    report.add_argument(
        "--out", type=Path, default=None, help="file to write (default: report.html in the folder)"
    )


def add_archive_commands(verbs: Any) -> None:
    """Add the verbs that pack a study and make it again (docs/how-to-package.md)."""
    add_package_arguments(
        verbs.add_parser(
            "package",
            help="a replication archive of a study: whatever is needed to get the same bytes again",
        )
    )
    rebuild = verbs.add_parser(
        "rebuild", help="make the study of a replication archive again and compare every file"
    )
    rebuild.add_argument("archive", type=Path, help="the archive, or the folder it was unpacked to")
    rebuild.add_argument(
        "--out",
        type=Path,
        default=Path("rebuilt"),
        help="folder for what is made (default: rebuilt)",
    )
    rebuild.add_argument(
        "--overwrite", action="store_true", help="replace an existing results folder"
    )
    rebuild.add_argument(
        "--figures-only",
        action="store_true",
        help="do no runs: tables and figures from the stored results",
    )
    rebuild.add_argument("--workers", type=int, default=None, help="processes (default: all cores)")


def add_reference_commands(verbs: Any) -> None:
    """Add the verbs that explain, compare with what was published, and teach."""
    describe = verbs.add_parser(
        "describe", help="every parameter: type, range, default, unit, meaning, source"
    )
    describe.add_argument(
        "group",
        nargs="?",
        default=None,
        help="a group of parameters, measures, classics, or a classic (default: all parameters)",
    )
    describe.add_argument("--markdown", action="store_true", help="as Markdown")
    dock = verbs.add_parser(
        "dock",
        help=(
            "published models: reference, ours, standard errors and verdict per cell"
            " (docs/docking.md)"
        ),
    )
    dock.add_argument("names", nargs="*", help="docks, for example march_1991 (default: all)")
    dock.add_argument("--quick", action="store_true", help="fewer replicates")
    dock.add_argument(
        "--page",
        action="store_true",
        help="write docs/docking.md and the page and figure of every dock that is run",
    )
    dock.add_argument("--workers", type=int, default=None, help="processes (default: all cores)")
    dock.add_argument(
        "--out",
        type=Path,
        default=None,
        help="where tables and figures go (default: results/docking)",
    )
    classroom = verbs.add_parser(
        "classroom",
        help="a page in the browser: two forms side by side, for teaching (docs/classroom.md)",
    )
    classroom.add_argument(
        "--port",
        type=int,
        default=8765,
        help="port on this machine (default: 8765; 0: any that is free)",
    )
    classroom.add_argument("--no-browser", action="store_true", help="do not open the page")
    classroom.add_argument(
        "--lan", action="store_true", help="let a class on the local network join with a code"
    )


def add_figure_arguments(figures: argparse.ArgumentParser) -> None:
    """Add what `overbruggen figures` can be told (docs/gallery.md)."""
    figures.add_argument("folder", type=Path)
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
        help="what is drawn; may be said several times",
    )
    figures.add_argument("--x", default=None, help="factor along the axis")
    figures.add_argument("--y", default=None, help="factor along the other axis of a map")
    figures.add_argument(
        "--by", default=None, help="factor with a line, panel or contender per level"
    )
    figures.add_argument(
        "--journal",
        default="house",
        help="size of page and text: nature, pnas, elsevier, springer, plos, ieee, apa, manuscript",
    )
    figures.add_argument(
        "--columns", type=int, default=2, help="columns of the journal the figure is wide: 1 or 2"
    )
    figures.add_argument(
        "--moments", type=int, default=None, help="how many moments a network is shown at"
    )


def add_package_arguments(package: argparse.ArgumentParser) -> None:
    """Add what `overbruggen package` can be told (docs/how-to-package.md)."""
    package.add_argument("folder", type=Path)
    package.add_argument("--out", type=Path, default=None, help="the archive (default: FOLDER.zip)")
    package.add_argument("--overwrite", action="store_true", help="replace an existing archive")
    package.add_argument(
        "--with-data",
        action="store_true",
        help="also pack the files of organisations, if you may give them on",
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
        help="who made the study; may be said several times",
    )


def parse_arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line; overrides may also follow an option."""
    grammar = build_parser()
    arguments, left = grammar.parse_known_args(given)
    if arguments.verb not in ("run", "study", "resume") or any(
        word.startswith("-") for word in left
    ):
        grammar.parse_args(given)  # says what is not recognised
    else:
        arguments.overrides += left
    return arguments
