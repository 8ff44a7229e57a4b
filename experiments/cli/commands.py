"""The commands of the command line.

Each imports what it needs, so that every command starts fast.
"""

from __future__ import annotations

import gc
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from experiments.cli.arguments import FIGURE_KINDS
from experiments.console import print_table, print_text
from experiments.exit_statuses import (
    EXIT_DIFFERENT,
    EXIT_DOCK_MISSED,
    EXIT_DONE,
    EXIT_RUNS_FAILED,
)
from sim.errors import InputError

if TYPE_CHECKING:
    from experiments.presentation.figure_request import FigureRequest
    from experiments.run_study import StudyOptions, StudyOutcome


def run(arguments: Namespace, command_line: str) -> int:
    """Run the collaboration model or a classic once."""
    # Not for studies: with one worker they create many models in this process.
    with collect_garbage_rarely():
        if any(override.startswith("model=") for override in arguments.overrides):
            run_and_show_classic(arguments, command_line)
        else:
            run_and_show_model(arguments, command_line)
    return EXIT_DONE


def run_and_show_model(arguments: Namespace, command_line: str) -> None:
    """Run the collaboration model once and show the result."""
    import polars as pl

    from experiments.run import run_model_into_folder

    with run_model_into_folder(
        arguments.overrides, arguments.out, arguments.overwrite, command_line
    ) as done:
        # Imported after the run, because it imports matplotlib.
        from experiments.presentation.run_results import (
            tabulate_outcomes_by_form,
            tabulate_run_summary,
            write_run_figure,
        )

        write_run_figure(done.draft)
    print_table(tabulate_run_summary(done.config, done.summary))
    if done.mixed:
        print_table(tabulate_outcomes_by_form(pl.read_parquet(done.folder / "events.parquet")))
    print_text(
        f"Results in {done.folder}: rounds, events, challenges and moments (Parquet), run.png with"
        f" caption and table, configuration and manifest. `overbruggen figures {done.folder}` adds"
        " PDF and SVG, and draws other figures with --kind network, animation, space or"
        " distributions."
    )


def run_and_show_classic(arguments: Namespace, command_line: str) -> None:
    """Run a classic once and show the result."""
    from experiments.models.choice import split_model_override
    from experiments.run_classic import run_classic_into_folder

    preset, overrides = split_model_override(arguments.overrides)
    with run_classic_into_folder(
        str(preset), overrides, arguments.out, arguments.overwrite, command_line
    ) as done:
        from experiments.presentation.run_results import (
            tabulate_classic_run_summary,
            write_classic_run_figure,
        )

        write_classic_run_figure(done.draft, done.preset)
    print_table(tabulate_classic_run_summary(done.model, done.preset, done.seed))
    print_text(
        f"Results in {done.folder}: rounds (Parquet), run.png with caption and table, configuration"
        " and manifest."
    )


def study(arguments: Namespace, command_line: str) -> int:
    """Run a study, or list those that come with the package."""
    if arguments.list:
        if arguments.name is not None:
            raise InputError(
                f"--list shows all studies and {arguments.name} is one; remove one of the two"
            )
        from experiments.cli.catalogue import build_studies_table

        print_table(build_studies_table())
        return EXIT_DONE
    if arguments.name is None:
        raise InputError("study needs a name or a file; `overbruggen study --list` shows the names")
    from experiments.run_study import run_study

    options, overrides = read_study_options(arguments, command_line)
    return show_study_outcome(
        run_study(arguments.name, overrides, arguments.out, arguments.overwrite, options)
    )


def resume(arguments: Namespace, command_line: str) -> int:
    """Finish an interrupted study, or extend it."""
    from experiments.run_study import resume_study

    options, overrides = read_study_options(arguments, command_line)
    return show_study_outcome(resume_study(arguments.folder, overrides, options))


def show_study_outcome(outcome: StudyOutcome) -> int:
    """Show the tables and figures of a study; return the exit status."""
    if outcome.folder is not None:
        from experiments.presentation.study_results import present_study

        present_study(outcome.folder, outcome.counts)
    return EXIT_RUNS_FAILED if outcome.counts.failed else EXIT_DONE


def rerun(arguments: Namespace, command_line: str) -> int:
    """Repeat one run of a study."""
    from experiments.run_study import rerun_one_run

    rerun_one_run(arguments.folder, arguments.run)
    return EXIT_DONE


def figures(arguments: Namespace, command_line: str) -> int:
    """Draw figures of a results folder."""
    from experiments.presentation.study_results import write_requested_figures

    write_requested_figures(arguments.folder, read_figure_request(arguments))
    return EXIT_DONE


def sensitivity(arguments: Namespace, command_line: str) -> int:
    """Estimate which factors matter."""
    from experiments.presentation.sensitivity import report_sensitivity

    report_sensitivity(arguments.folder, arguments.measure, arguments.surface)
    return EXIT_DONE


def report(arguments: Namespace, command_line: str) -> int:
    """Write the report of a results folder."""
    from experiments.report.page import write_report

    write_report(arguments.folder, arguments.out)
    return EXIT_DONE


def package(arguments: Namespace, command_line: str) -> int:
    """Pack a study into a replication archive."""
    from experiments.archive.package import ArchiveOptions, write_archive

    write_archive(
        arguments.folder,
        ArchiveOptions(
            arguments.out,
            arguments.overwrite,
            arguments.with_data,
            arguments.license,
            tuple(arguments.authors),
        ),
    )
    return EXIT_DONE


def rebuild(arguments: Namespace, command_line: str) -> int:
    """Reproduce the study of a replication archive."""
    from experiments.archive.rebuild import rebuild_archive

    check_worker_count(arguments.workers)
    same = rebuild_archive(
        arguments.archive,
        arguments.out,
        arguments.overwrite,
        arguments.figures_only,
        arguments.workers,
    )
    return EXIT_DONE if same else EXIT_DIFFERENT


def describe(arguments: Namespace, command_line: str) -> int:
    """Show parameters, measures or classics."""
    from experiments.cli.descriptions import (
        CLASSICS_TOPIC,
        MEASURES_TOPIC,
        build_description_tables,
        format_classics_markdown,
        format_measures_markdown,
        format_parameters_markdown,
    )

    if arguments.markdown:
        pages = {MEASURES_TOPIC: format_measures_markdown, CLASSICS_TOPIC: format_classics_markdown}
        print(pages.get(arguments.group, format_parameters_markdown)(), end="")
    else:
        for table in build_description_tables(arguments.group):
            print_table(table)
    return EXIT_DONE


def dock(arguments: Namespace, command_line: str) -> int:
    """Compare classics with published results."""
    from experiments.docking.command import run_docks

    check_worker_count(arguments.workers)
    misses = run_docks(
        arguments.names, arguments.quick, arguments.page, arguments.workers, arguments.out
    )
    return EXIT_DOCK_MISSED if misses else EXIT_DONE


def classroom(arguments: Namespace, command_line: str) -> int:
    """Serve the classroom page."""
    from experiments.classroom.command import serve_classroom

    serve_classroom(arguments.port, not arguments.no_browser, arguments.lan)
    return EXIT_DONE


COMMANDS: dict[str, Callable[[Namespace, str], int]] = {
    command.__name__: command
    for command in (
        run,
        study,
        resume,
        rerun,
        figures,
        sensitivity,
        report,
        package,
        rebuild,
        describe,
        dock,
        classroom,
    )
}


def read_figure_request(arguments: Namespace) -> FigureRequest:
    """Return the requested figure."""
    from analysis.figures.journals import page
    from analysis.names import suggest_name
    from experiments.presentation.figure_request import FigureRequest

    if arguments.kind is None and (
        arguments.measures
        or any((arguments.x, arguments.y, arguments.by, arguments.moments is not None))
    ):
        raise InputError(
            "--measure, --x, --y, --by and --moments belong to a figure of one kind; add --kind,"
            f" one of {', '.join(FIGURE_KINDS)}"
        )
    if arguments.kind is not None and arguments.kind not in FIGURE_KINDS:
        raise InputError(
            f"--kind is {arguments.kind}; allowed:"
            f" {', '.join(FIGURE_KINDS)}.{suggest_name(arguments.kind, FIGURE_KINDS)}"
        )
    if arguments.moments is not None and (
        arguments.moments < 2 or arguments.kind not in ("network", "animation")
    ):
        raise InputError(
            f"--moments is {arguments.moments}; allowed: 2 or more, with --kind network or"
            " animation"
        )
    return FigureRequest(
        arguments.kind,
        tuple(arguments.measures),
        arguments.x,
        arguments.y,
        arguments.by,
        page(arguments.journal, arguments.columns),
        arguments.moments,
    )


def read_study_options(arguments: Namespace, command_line: str) -> tuple[StudyOptions, list[str]]:
    """Return how a study is run, and the overrides of the study itself."""
    from experiments.execution.settings import read_execution
    from experiments.run_study import StudyOptions

    check_worker_count(arguments.workers)
    if arguments.time_limit is not None and arguments.time_limit <= 0:
        raise InputError(f"--time-limit is {arguments.time_limit}; allowed: seconds above 0")
    execution, overrides = read_execution(
        arguments.overrides, {"workers": arguments.workers, "time_limit": arguments.time_limit}
    )
    options = StudyOptions(
        execution,
        fail_fast=arguments.fail_fast,
        retry_failed=getattr(arguments, "retry_failed", False),  # of resume only
        any_version=getattr(arguments, "any_version", False),
        quiet=arguments.quiet,
        dry_run=getattr(arguments, "dry_run", False),  # of study only
        command=command_line,
    )
    return options, overrides


def check_worker_count(workers: int | None) -> None:
    """Refuse a number of processes below 1."""
    if workers is not None and workers < 1:
        raise InputError(f"--workers is {workers}; allowed: 1 or more")


@contextmanager
def collect_garbage_rarely() -> Iterator[None]:
    """Collect cyclic garbage rarely: scans of all imported modules take a tenth of a run."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
