"""What each verb of the command line does, an act each; modules are imported where needed, so that every verb starts fast."""

from __future__ import annotations

import gc
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from experiments.cli.arguments import KINDS
from experiments.console import say, show
from sim.errors import InputError

if TYPE_CHECKING:
    from experiments.presentation.drawing import Wish
    from experiments.run_study import Done, Options

DONE, DIFFERENT, SOME_FAILED, MISSED = 0, 1, 3, 4  # exit statuses


def run(arguments: Namespace, command: str) -> int:
    """Run our own model once, or the classic that is named."""
    with seldom_tidied():  # only here: a study in one process leaves models behind
        if any(override.startswith("model=") for override in arguments.overrides):
            run_classic(arguments, command)
        else:
            run_model(arguments, command)
    return DONE


def run_model(arguments: Namespace, command: str) -> None:
    """Run our own model once and show what it came to."""
    import polars as pl

    from experiments.run import single_run

    with single_run(arguments.overrides, arguments.out, arguments.overwrite, command) as done:
        from experiments.presentation.single import draw_run, form_table, summary_table  # only now: it takes a while

        draw_run(done.draft)
    show(summary_table(done.config, done.summary))
    if done.mixed:
        show(form_table(pl.read_parquet(done.folder / "events.parquet")))
    say(
        f"Results in {done.folder}: rounds, events, challenges and moments (Parquet), run.png with caption and table, configuration and manifest; "
        f"`overbruggen figures {done.folder}` adds PDF and SVG, and with --kind network, animation, space or distributions other figures."
    )


def run_classic(arguments: Namespace, command: str) -> None:
    """Run a classic once and show what it came to."""
    from experiments.models.choice import without_model
    from experiments.run_classic import single_classic_run

    preset, overrides = without_model(arguments.overrides)
    with single_classic_run(str(preset), overrides, arguments.out, arguments.overwrite, command) as done:
        from experiments.presentation.single import classic_table, draw_classic_run

        draw_classic_run(done.draft, done.preset)
    show(classic_table(done.model, done.preset, done.seed))
    say(f"Results in {done.folder}: rounds (Parquet), run.png with caption and table, configuration and manifest.")


def study(arguments: Namespace, command: str) -> int:
    """Run a study, or list those that come with the package."""
    if arguments.list:
        if arguments.name is not None:
            raise InputError(f"--list shows all studies and {arguments.name} is one; leave one of both out")
        from experiments.cli.catalogue import studies_table

        show(studies_table())
        return DONE
    if arguments.name is None:
        raise InputError("study needs a name, or a file of your own; `overbruggen study --list` shows the names")
    from experiments.run_study import run_study

    options, overrides = options_of(arguments, command)
    return present(run_study(arguments.name, overrides, arguments.out, arguments.overwrite, options))


def resume(arguments: Namespace, command: str) -> int:
    """Do what a study's folder lacks."""
    from experiments.run_study import resume as go_on

    options, overrides = options_of(arguments, command)
    return present(go_on(arguments.folder, overrides, options))


def present(done: Done) -> int:
    """Show what a study did as tables and figures; return the exit status."""
    if done.folder is not None:
        from experiments.presentation.reporting import present_study

        present_study(done.folder, done.tally)
    return SOME_FAILED if done.tally.failed else DONE


def rerun(arguments: Namespace, command: str) -> int:
    """Do one run of a study again."""
    from experiments.run_study import rerun as run_again

    run_again(arguments.folder, arguments.run)
    return DONE


def figures(arguments: Namespace, command: str) -> int:
    """Draw figures of a results folder."""
    from experiments.presentation.reporting import redraw

    redraw(arguments.folder, wish_of(arguments))
    return DONE


def sensitivity(arguments: Namespace, command: str) -> int:
    """Tell which factors matter."""
    from experiments.presentation.sensitivity import tell_sensitivity

    tell_sensitivity(arguments.folder, arguments.measure, arguments.surface)
    return DONE


def report(arguments: Namespace, command: str) -> int:
    """Write the page of a results folder."""
    from experiments.report.page import tell_report

    tell_report(arguments.folder, arguments.out)
    return DONE


def package(arguments: Namespace, command: str) -> int:
    """Pack a study."""
    from experiments.archive.package import Wanted
    from experiments.archive.package import package as pack

    pack(arguments.folder, Wanted(arguments.out, arguments.overwrite, arguments.with_data, arguments.license, tuple(arguments.authors)))
    return DONE


def rebuild(arguments: Namespace, command: str) -> int:
    """Make a packed study again."""
    from experiments.archive.rebuild import rebuild as make_again

    check_workers(arguments.workers)
    same = make_again(arguments.archive, arguments.out, arguments.overwrite, arguments.figures_only, arguments.workers)
    return DONE if same else DIFFERENT


def describe(arguments: Namespace, command: str) -> int:
    """Show parameters, measures or classics."""
    from experiments.cli.describe import CLASSICS, MEASURED, classics_markdown, measures_markdown, parameters_markdown
    from experiments.cli.describe import describe as tables

    if arguments.markdown:
        pages = {MEASURED: measures_markdown, CLASSICS: classics_markdown}
        print(pages.get(arguments.group, parameters_markdown)(), end="")
    else:
        for table in tables(arguments.group):
            show(table)
    return DONE


def dock(arguments: Namespace, command: str) -> int:
    """Compare classics with what was published."""
    from experiments.docking.command import dock as compare

    check_workers(arguments.workers)
    missed = compare(arguments.names, arguments.quick, arguments.page, arguments.workers, arguments.out)
    return MISSED if missed else DONE


def classroom(arguments: Namespace, command: str) -> int:
    """Serve the classroom page."""
    from experiments.classroom.command import serve

    serve(arguments.port, not arguments.no_browser, arguments.lan)
    return DONE


ACTS: dict[str, Callable[[Namespace, str], int]] = {
    act.__name__: act
    for act in (run, study, resume, rerun, figures, sensitivity, report, package, rebuild, describe, dock, classroom)
}  # fmt: skip


def wish_of(arguments: Namespace) -> Wish:
    """Return which figure is asked for."""
    from analysis.figures.journals import page
    from analysis.names import nearest
    from experiments.presentation.drawing import Wish

    if arguments.kind is None and (arguments.measures or any((arguments.x, arguments.y, arguments.by, arguments.moments is not None))):
        raise InputError(f"--measure, --x, --y, --by and --moments choose for a figure of one kind; add --kind, one of {', '.join(KINDS)}")
    if arguments.kind is not None and arguments.kind not in KINDS:
        raise InputError(f"--kind is {arguments.kind}; allowed: {', '.join(KINDS)}.{nearest(arguments.kind, KINDS)}")
    if arguments.moments is not None and (arguments.moments < 2 or arguments.kind not in ("network", "animation")):
        raise InputError(f"--moments is {arguments.moments}; allowed: 2 or more, with --kind network or animation")
    chosen = page(arguments.journal, arguments.columns)
    return Wish(arguments.kind, tuple(arguments.measures), arguments.x, arguments.y, arguments.by, chosen, arguments.moments)


def options_of(arguments: Namespace, command: str) -> tuple[Options, list[str]]:
    """Return how a study is to be run, and the overrides of the study itself."""
    from experiments.execution.settings import read_execution
    from experiments.run_study import Options

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


@contextmanager
def seldom_tidied() -> Iterator[None]:
    """Look for circular garbage seldom: what is imported stays, and going through it again and again costs a tenth of a run."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
