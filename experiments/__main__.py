"""The command line: ``overbruggen VERB``, for verbs that run, show, pack, describe and teach (``VERBS``)."""

from __future__ import annotations

import argparse
import gc
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import AnalysisError
from experiments.interrupts import STATUS, asked, heeded
from experiments.screen import errors, say, show
from sim.errors import InputError

if TYPE_CHECKING:
    from experiments.drawing import Wish
    from experiments.study import Options

DIFFERENT, BAD_INPUT, SOME_FAILED, MISSED = 1, 2, 3, 4
KINDS = ("lines", "heatmap", "phase", "interaction", "timecourse", "distributions", "profiles", "space", "network", "animation")
VERBS = "run | study | resume | rerun | figures | sensitivity | report | package | rebuild | describe | dock | classroom"
EXAMPLES = """examples:
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


def parser() -> argparse.ArgumentParser:
    """Return the grammar of the command line."""
    top = argparse.ArgumentParser(
        prog="overbruggen", description="Simulate how organisations find each other, work together and let go.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    verbs = top.add_subparsers(dest="verb", required=True, metavar=VERBS)
    run = verbs.add_parser("run", help="one run: summary, rounds and events as Parquet, one figure")
    study = verbs.add_parser("study", help="a design of many runs: tables with intervals, figures")
    study.add_argument("name", nargs="?", help="name of a study, for example structure_and_imitation, or a file of your own: my_study.yaml")
    study.add_argument("--list", action="store_true", help="show all studies that come with the package; run nothing")
    resume = verbs.add_parser("resume", help="do what a study's folder lacks, or what more it is asked for (replicates=60)")
    resume.add_argument("folder", type=Path)
    resume.add_argument("--retry-failed", action="store_true", help="do runs again that failed")
    resume.add_argument("--any-version", action="store_true", help="go on although the model has changed since")
    for verb in (study, resume):
        verb.add_argument("--workers", type=int, default=None, help="processes (default: all cores)")
        verb.add_argument("--time-limit", type=float, default=None, help="seconds after which a run is given up")
        verb.add_argument("--fail-fast", action="store_true", help="stop at the first run that fails")
        verb.add_argument("--quiet", action="store_true", help="show no progress")
    resume.add_argument("overrides", nargs="*", help="what more to do: replicates=60, a factor with more levels")
    for verb in (run, study):
        verb.add_argument("overrides", nargs="*", help="group=preset or parameter=value")
        verb.add_argument("--out", type=Path, default=None, help="results folder (default: in results/)")
        verb.add_argument("--overwrite", action="store_true", help="replace an existing results folder")
    study.add_argument("--dry-run", action="store_true", help="check all points, show runs, first and last configuration, time and disk; run nothing")
    rerun = verbs.add_parser("rerun", help="do one run of a study again and show what it gives, or how it fails")
    rerun.add_argument("folder", type=Path)
    rerun.add_argument("run", help="id of the run, from failures.parquet or runs.parquet")
    add_figures(verbs.add_parser("figures", help="draw figures of a results folder: its own, or one of a kind"))
    sensitivity = verbs.add_parser("sensitivity", help="which factors matter: indices, effects or a metamodel, as the design of a study allows")
    sensitivity.add_argument("folder", type=Path)
    sensitivity.add_argument("--measure", default=None, help="what is explained, for example joint_value (default: the first that is shown)")
    sensitivity.add_argument("--surface", nargs=2, metavar=("FACTOR", "FACTOR"), default=None, help="two factors to draw a response surface of")
    report = verbs.add_parser("report", help="one page of HTML: question, design, results, figures, methods, limits")
    report.add_argument("folder", type=Path)
    report.add_argument("--out", type=Path, default=None, help="file to write (default: report.html in the folder)")
    add_package(verbs.add_parser("package", help="a replication archive of a study: whatever is needed to get the same bytes again"))
    rebuild = verbs.add_parser("rebuild", help="make the study of a replication archive again and compare every file")
    rebuild.add_argument("archive", type=Path, help="the archive, or the folder it was unpacked to")
    rebuild.add_argument("--out", type=Path, default=Path("rebuilt"), help="folder for what is made (default: rebuilt)")
    rebuild.add_argument("--overwrite", action="store_true", help="replace an existing results folder")
    rebuild.add_argument("--figures-only", action="store_true", help="do no runs: tables and figures from the stored results")
    rebuild.add_argument("--workers", type=int, default=None, help="processes (default: all cores)")
    describe = verbs.add_parser("describe", help="every parameter: type, range, default, unit, meaning, source")
    describe.add_argument("group", nargs="?", default=None, help="a group of parameters, measures, classics, or a classic (default: all parameters)")
    describe.add_argument("--markdown", action="store_true", help="as Markdown")
    dock = verbs.add_parser("dock", help="published models: reference, ours, standard errors and verdict per cell (docs/docking.md)")
    dock.add_argument("names", nargs="*", help="docks, for example march_1991 (default: all)")
    dock.add_argument("--quick", action="store_true", help="fewer replicates")
    dock.add_argument("--page", action="store_true", help="write docs/docking.md and the page and figure of every dock that is run")
    dock.add_argument("--workers", type=int, default=None, help="processes (default: all cores)")
    dock.add_argument("--out", type=Path, default=None, help="where tables and figures go (default: results/docking)")
    classroom = verbs.add_parser("classroom", help="a page in the browser: two forms side by side, for teaching (docs/classroom.md)")
    classroom.add_argument("--port", type=int, default=8765, help="port on this machine (default: 8765; 0: any that is free)")
    classroom.add_argument("--no-browser", action="store_true", help="do not open the page")
    classroom.add_argument("--lan", action="store_true", help="let a class on the local network join with a code")
    return top


def add_figures(figures: argparse.ArgumentParser) -> None:
    """Add what `overbruggen figures` can be told (docs/gallery.md)."""
    figures.add_argument("folder", type=Path)
    figures.add_argument("--kind", default=None, help=f"one of {', '.join(KINDS)} (default: the figures of the study)")
    figures.add_argument("--measure", action="append", default=[], dest="measures", help="what is drawn; may be said several times")
    figures.add_argument("--x", default=None, help="factor along the axis")
    figures.add_argument("--y", default=None, help="factor along the other axis of a map")
    figures.add_argument("--by", default=None, help="factor with a line, panel or contender per level")
    figures.add_argument("--journal", default="house", help="size of page and text: nature, pnas, elsevier, springer, plos, ieee, apa, manuscript")
    figures.add_argument("--columns", type=int, default=2, help="columns of the journal the figure is wide: 1 or 2")
    figures.add_argument("--moments", type=int, default=None, help="how many moments a network is shown at")


def add_package(package: argparse.ArgumentParser) -> None:
    """Add what `overbruggen package` can be told (docs/how-to-package.md)."""
    package.add_argument("folder", type=Path)
    package.add_argument("--out", type=Path, default=None, help="the archive (default: FOLDER.zip)")
    package.add_argument("--overwrite", action="store_true", help="replace an existing archive")
    package.add_argument("--with-data", action="store_true", help="also pack the files of organisations, if you may give them on")
    package.add_argument("--license", default=None, help="licence of study and results, for example CC-BY-4.0 (spdx.org/licenses)")
    package.add_argument("--author", action="append", default=[], dest="authors", help="who made the study; may be said several times")


def wish_of(arguments: argparse.Namespace) -> Wish:
    """Return which figure is asked for."""
    from analysis.figures.journals import page
    from analysis.names import nearest
    from experiments.drawing import Wish

    if arguments.kind is None and (arguments.measures or any((arguments.x, arguments.y, arguments.by, arguments.moments is not None))):
        raise InputError(f"--measure, --x, --y, --by and --moments choose for a figure of one kind; add --kind, one of {', '.join(KINDS)}")
    if arguments.kind is not None and arguments.kind not in KINDS:
        raise InputError(f"--kind is {arguments.kind}; allowed: {', '.join(KINDS)}.{nearest(arguments.kind, KINDS)}")
    if arguments.moments is not None and (arguments.moments < 2 or arguments.kind not in ("network", "animation")):
        raise InputError(f"--moments is {arguments.moments}; allowed: 2 or more, with --kind network or animation")
    chosen = page(arguments.journal, arguments.columns)
    return Wish(arguments.kind, tuple(arguments.measures), arguments.x, arguments.y, arguments.by, chosen, arguments.moments)


def read(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line; overrides may also follow an option."""
    grammar = parser()
    arguments, left = grammar.parse_known_args(given)
    if arguments.verb not in ("run", "study", "resume") or any(word.startswith("-") for word in left):
        grammar.parse_args(given)  # says what is not recognised
    else:
        arguments.overrides += left
    return arguments


@contextmanager
def seldom_tidied() -> Iterator[None]:
    """Look for circular garbage seldom: what is imported stays, and going through it again and again costs a tenth of a run."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def act(arguments: argparse.Namespace, command: str) -> int:
    """Do what was asked, return the exit status; modules are imported where needed, so that each verb starts fast."""
    if arguments.verb == "run":
        with seldom_tidied():  # only here: a study in one process leaves models behind
            run_once(arguments, command)
    elif arguments.verb == "study" and arguments.list:
        if arguments.name is not None:
            raise InputError(f"--list shows all studies and {arguments.name} is one; leave one of both out")
        from experiments.catalogue import studies_table

        show(studies_table())
    elif arguments.verb == "study":
        if arguments.name is None:
            raise InputError("study needs a name, or a file of your own; `overbruggen study --list` shows the names")
        from experiments.study import run_study

        options, overrides = options_of(arguments, command)
        tally = run_study(arguments.name, overrides, arguments.out, arguments.overwrite, options)
        return SOME_FAILED if tally.failed else 0
    elif arguments.verb == "resume":
        from experiments.study import resume

        options, overrides = options_of(arguments, command)
        return SOME_FAILED if resume(arguments.folder, overrides, options).failed else 0
    elif arguments.verb == "rerun":
        from experiments.study import rerun

        rerun(arguments.folder, arguments.run)
    elif arguments.verb == "figures":
        from experiments.reporting import redraw

        redraw(arguments.folder, wish_of(arguments))
    elif arguments.verb == "sensitivity":
        from experiments.sensitivity import tell_sensitivity

        tell_sensitivity(arguments.folder, arguments.measure, arguments.surface)
    elif arguments.verb == "report":
        from experiments.report import tell_report

        tell_report(arguments.folder, arguments.out)
    elif arguments.verb == "dock":
        from experiments.dock import dock

        check_workers(arguments.workers)
        return MISSED if dock(arguments.names, arguments.quick, arguments.page, arguments.workers, arguments.out) else 0
    elif arguments.verb == "classroom":
        from experiments.classroom.command import serve

        serve(arguments.port, not arguments.no_browser, arguments.lan)
    elif arguments.verb == "package":
        from experiments.package import Wanted, package

        authors = tuple(arguments.authors)
        package(arguments.folder, Wanted(arguments.out, arguments.overwrite, arguments.with_data, arguments.license, authors))
    elif arguments.verb == "rebuild":
        from experiments.rebuild import rebuild

        check_workers(arguments.workers)
        same = rebuild(arguments.archive, arguments.out, arguments.overwrite, arguments.figures_only, arguments.workers)
        return 0 if same else DIFFERENT
    else:
        from experiments.describe import CLASSICS, MEASURED, classics_markdown, describe, measures_markdown, parameters_markdown

        if arguments.markdown:
            pages = {MEASURED: measures_markdown, CLASSICS: classics_markdown}
            print(pages.get(arguments.group, parameters_markdown)(), end="")
        else:
            for table in describe(arguments.group):
                show(table)
    return 0


def run_once(arguments: argparse.Namespace, command: str) -> None:
    """Run our own model once, or the classic that is named."""
    if any(override.startswith("model=") for override in arguments.overrides):
        from experiments.classics import without_model
        from experiments.single_classic import run_classic

        preset, overrides = without_model(arguments.overrides)
        run_classic(str(preset), overrides, arguments.out, arguments.overwrite, command)
    else:
        from experiments.single import run

        run(arguments.overrides, arguments.out, arguments.overwrite, command)


def options_of(arguments: argparse.Namespace, command: str) -> tuple[Options, list[str]]:
    """Return how a study is to be run, and the overrides of the study itself."""
    from experiments.execution import read_execution
    from experiments.study import Options

    check_workers(arguments.workers)
    if arguments.time_limit is not None and arguments.time_limit <= 0:
        raise InputError(f"--time-limit is {arguments.time_limit}; allowed: seconds above 0")
    retry, any_version = getattr(arguments, "retry_failed", False), getattr(arguments, "any_version", False)
    execution, overrides = read_execution(arguments.overrides, {"workers": arguments.workers, "time_limit": arguments.time_limit})
    dry_run = getattr(arguments, "dry_run", False)
    return Options(execution, arguments.fail_fast, retry, any_version, arguments.quiet, dry_run, command), overrides


def check_workers(workers: int | None) -> None:
    """Refuse fewer processes than one."""
    if workers is not None and workers < 1:
        raise InputError(f"--workers is {workers}; allowed: 1 or more")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status.

    0 done, 1 a rebuilt study differs, 2 bad input, 3 runs failed, 4 a dock misses, 130 interrupted (Ctrl-C), 143 terminated (SIGTERM).
    """
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(threads, "1")  # runs are spread over processes; threads of a matrix library only get in their way
    given = list(sys.argv[1:] if arguments is None else arguments)
    with heeded():
        try:
            return act(read(given), shlex.join(["overbruggen", *given]))
        except (Exception, KeyboardInterrupt) as reason:
            signal = asked()
            if signal is not None:  # a library's own tidying up may raise something else instead of KeyboardInterrupt
                say("Interrupted; nothing is half written. `overbruggen resume FOLDER` goes on with a study.")
                return STATUS[signal]
            if not isinstance(reason, (InputError, AnalysisError)):
                raise
            errors.print(str(reason), style="red", highlight=False, markup=False, soft_wrap=True)
            return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
