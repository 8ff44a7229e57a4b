"""Run a study: an engine executes the runs of a checked design into a folder.

The folder survives an interruption: ``resume_study`` continues it. Tables and figures for the
reader are made by ``presentation``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from analysis.names import suggest_or_list
from experiments.console import RunProgress, print_table, print_text
from experiments.design.plan import AdaptiveReplicates, Plan
from experiments.design.recorded_study import (
    get_point_labels,
    load_recorded_study,
    merge_overrides,
    plan_study,
    refuse_another_version,
)
from experiments.design.result_tables import RunCounts, write_ordered_tables
from experiments.design.study import Point, Study
from experiments.design.study_file import read_study_file
from experiments.design.study_loading import load_study
from experiments.execution.dry_run import perform_dry_run
from experiments.execution.engine_factory import open_engine
from experiments.execution.engines import Engine, Task, run_task
from experiments.execution.runner import StudyRunner
from experiments.execution.settings import EXECUTION, Execution, read_execution
from experiments.models.compilation import compile_once
from experiments.models.mesa import probe_seeding
from experiments.models.target import RecordingOptions
from experiments.store.files import StartTime, start_clock, write_manifest, write_yaml
from experiments.store.folder import RunStorage, lock_folder
from experiments.store.journal import RUN_DONE
from experiments.store.layout import (
    CONFIG_FILE,
    STUDY_FILE,
    clear_study_folder,
    refuse_occupied_folder,
)
from experiments.store.manifest import read_study_manifest
from experiments.store.results import Results, read_results
from sim.errors import InputError


class StudyOptions(NamedTuple):
    """How a study is run; no option changes a result.

    Attributes:
        execution: where runs are executed, with how many workers and which time limit.
        fail_fast: stop at the first run that fails.
        retry_failed: repeat runs that failed before.
        any_version: continue a study although the model has changed since.
        quiet: show no progress.
        dry_run: check the study and show its size; run nothing.
        command: the command line, for the manifest.
    """

    execution: Execution
    fail_fast: bool = False
    retry_failed: bool = False
    any_version: bool = False
    quiet: bool = False
    dry_run: bool = False
    command: str = ""


class StudyOutcome(NamedTuple):
    """What a command did for a study.

    Attributes:
        folder: the results folder; None after a dry run.
        counts: how many runs in the folder are done, and how many failed.
    """

    folder: Path | None
    counts: RunCounts


class StudyJob(NamedTuple):
    """A study that is ready to run, with all its runs and how they are to be executed."""

    study: Study
    plan: Plan
    points: list[Point]
    overrides: list[str]
    options: StudyOptions


def run_study(
    name: str, overrides: Sequence[str], out: Path | None, overwrite: bool, options: StudyOptions
) -> StudyOutcome:
    """Run a study into a new folder.

    Args:
        name: a study of the package or a file, as for ``load_study``.
        overrides: as on the command line.
        out: the results folder; ``results/NAME`` by default.
        overwrite: replace an existing results folder.
        options: how the study is run.

    Returns:
        The folder, and the numbers of completed and failed runs.

    Raises:
        InputError: the study is wrong, or the folder is occupied or in use.
    """
    study = load_study(name, overrides)
    job = StudyJob(study, *plan_study(study), list(overrides), options)
    folder = out or Path("results") / study.name
    if options.dry_run:
        show_dry_run(job)
        return StudyOutcome(None, RunCounts(0, 0))
    # Checked before the lock file is written into a folder of somebody else.
    refuse_occupied_folder(folder, overwrite)
    prepare_study(job)
    # In this order: where no cluster can be reached, no folder is left behind.
    with open_engine(options.execution, job.plan.target) as engine, lock_folder(folder):
        clear_study_folder(folder, overwrite)
        write_yaml(read_study_file(name), folder / STUDY_FILE)
        return StudyOutcome(folder, complete_study(job, folder, engine))


def resume_study(folder: Path, more: Sequence[str], options: StudyOptions) -> StudyOutcome:
    """Finish an interrupted study, or extend it; completed runs are not repeated.

    Args:
        folder: the folder of the study.
        more: overrides that extend the study, such as ``replicates=60`` or a longer list of
            levels; they replace earlier ones of the same key.
        options: how the study is run.

    Returns:
        The folder, and the numbers of completed and failed runs.

    Raises:
        InputError: the folder holds no study, is in use, or was made by another version.
    """
    # Checked before the lock file is written into a folder of somebody else.
    read_study_manifest(folder)
    with lock_folder(folder):
        study, manifest = load_recorded_study(folder, more), read_study_manifest(folder)
        refuse_other_series(folder, study)
        overrides = merge_overrides(manifest.overrides, more)
        job = StudyJob(study, *plan_study(study), overrides, options)
        if not options.any_version:
            refuse_another_version(folder, job.plan, manifest)
        prepare_study(job)
        with open_engine(options.execution, job.plan.target) as engine:
            return StudyOutcome(folder, complete_study(job, folder, engine))


def refuse_other_series(folder: Path, study: Study) -> None:
    """Refuse to record other series or events than the completed runs have."""
    before = load_recorded_study(folder)
    if (study.series, study.keep) != (before.series, before.keep):
        raise InputError(
            f"{folder} stores other series or events than this command asks for, and completed runs"
            " are not repeated; start a new folder with --out"
        )


def rerun_one_run(folder: Path, run: str) -> None:
    """Repeat one run of a study in this process and print its measures or its error."""
    study = load_recorded_study(folder)
    plan, points = plan_study(study)
    runs = plan.walk_runs([0] * len(points), [study.most_replicates] * len(points))
    planned = next((planned for planned in runs if planned.id == run), None)
    if planned is None:
        raise InputError(
            f"{run} is no run of {folder}; failures.parquet and runs.parquet there have the ids in"
            " the column run"
        )
    print_text(
        f"{points[planned.point].levels}, replicate {planned.replicate}, seed {planned.seed}"
    )
    outcome = run_task(
        Task(run, plan.target, plan.settle_point(planned.point), planned.seed, RecordingOptions())
    )
    print_text(
        outcome.reason
        if outcome.result is None
        else "\n".join(f"{name} = {value:g}" for name, value in outcome.result.measures.items())
    )


def complete_study(job: StudyJob, folder: Path, engine: Engine) -> RunCounts:
    """Execute the missing runs and write the tables of results."""
    started = start_clock()
    write_yaml(job.plan.settle_point(0), folder / CONFIG_FILE)
    write_study_manifest(job, folder, started)
    counts = execute_missing_runs(job, folder, engine)
    # Only now, when all tables are written, the manifest says that the study is complete.
    write_study_manifest(job, folder, started, counts)
    return counts


def show_dry_run(job: StudyJob) -> None:
    """Show the size of a study; run nothing of it."""
    compile_or_warn(job.plan)
    for table in perform_dry_run(job.study, job.plan, job.points, job.options.execution):
        print_table(table)


def prepare_study(job: StudyJob) -> None:
    """Print what is about to be run, compile it, and check what only a run can show."""
    announce_study(job.study, len(job.points), job.options.execution.place)
    compile_or_warn(job.plan)
    if isinstance(job.study.replicates, AdaptiveReplicates):
        check_stopping_measures(job.study.replicates, job.plan)


def compile_or_warn(plan: Plan) -> None:
    """Compile a model of the package; warn of a Mesa model that escapes its seed."""
    compile_once(plan.target)
    warning = probe_seeding(plan.target, plan.settle_point(0))
    if warning:
        print_text(warning)


def check_stopping_measures(replicates: AdaptiveReplicates, plan: Plan) -> None:
    """Refuse a stopping rule on a measure that no run has.

    A model that fails in this trial run fails in its runs too, which then report it.
    """
    parameters = plan.target.shorten(plan.settle_point(0))
    trial = Task("", plan.target, parameters, plan.plan_run(0, 0).seed, RecordingOptions())
    result = run_task(trial).result
    known = list(result.measures) if result else list(replicates.half_width)
    for name in replicates.half_width:
        if name not in known:
            raise InputError(
                f"replicates.until names {name}, which is no measure of a"
                f" run.{suggest_or_list(name, known)}"
            )


def write_study_manifest(
    job: StudyJob, folder: Path, started: StartTime, counts: RunCounts | None = None
) -> None:
    """Write the manifest of a study that is running or, with the counts of its runs, complete."""
    study, execution = job.study, job.options.execution
    facts: dict[str, object] = {
        "study": study.name,
        "overrides": job.overrides,
        "factors": list(study.factors),
        "version": job.plan.target.compute_version(),
    }
    if isinstance(study.model, str):
        facts["model"] = study.model
    facts["common_random_numbers"] = study.common_random_numbers
    facts[EXECUTION] = {EXECUTION: execution.name, **execution.model_dump()}
    state = (
        {"complete": False}
        if counts is None
        else {"complete": True, "runs": counts.done, "failed": counts.failed}
    )
    write_manifest(folder, job.options.command, study.seed, started, kind="study", **state, **facts)


def execute_missing_runs(job: StudyJob, folder: Path, engine: Engine) -> RunCounts:
    """Execute the missing runs of a study with progress, and write the tables of results."""
    study, options = job.study, job.options
    total = (
        None
        if isinstance(study.replicates, AdaptiveReplicates)
        else len(job.points) * study.replicates
    )
    with RunProgress(total, options.quiet) as bar:
        recording = RecordingOptions(study.series, "events" in study.keep)
        storage = RunStorage(folder)
        runner = StudyRunner(
            job.plan,
            storage,
            engine,
            recording,
            bar.count_run,
            options.retry_failed,
            options.fail_fast,
        )
        bar.begin(int((runner.statuses["status"] == RUN_DONE).sum()))
        replicates = runner.run_replicates(study.replicates)
        labels = [get_point_labels(point) for point in job.points]
        return write_ordered_tables(job.plan, labels, storage, replicates)


def announce_study(study: Study, points: int, place: str) -> None:
    """Print the question of a study, the number of its runs and where they are executed."""
    if isinstance(study.replicates, AdaptiveReplicates):
        rule = study.replicates
        goals = ", ".join(
            f"{name} is known to {width:g}" for name, width in rule.half_width.items()
        )
        size = f"{points} points x {rule.at_least} to {rule.at_most} replicates, until {goals},"
    else:
        size = f"{points} points x {study.replicates} replicates = {points * study.replicates} runs"
    print_text(f"{study.question}\n{size} {place}.")


def run_study_in_memory(study: Study, workers: int) -> Results:
    """Run a study without a results folder.

    Args:
        study: a study as ``load_study`` returns it.
        workers: number of processes.

    Returns:
        The tables of results, as ``experiments.load`` returns them for a folder.

    Raises:
        InputError: a point of the study is wrong.

    Example:
        >>> from experiments.design import load_study
        >>> changes = ["structure=hub", "production.depth=2", "run.rounds=10", "replicates=2"]
        >>> study = load_study("structure_and_imitation", changes)
        >>> runs = run_study_in_memory(study, workers=1).runs
        How ... replicates = ... runs ...
        >>> runs.height == len(study.points()) * 2
        True
    """
    execution, _ = read_execution((), {"workers": workers})
    job = StudyJob(study, *plan_study(study), [], StudyOptions(execution))
    prepare_study(job)
    target = job.plan.target
    with open_engine(execution, target) as engine, tempfile.TemporaryDirectory() as folder:
        complete_study(job, Path(folder), engine)
        return read_results(Path(folder))
