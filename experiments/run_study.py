"""Run a study: a checked design, run by an engine into a folder that survives interruption. What it shows is made by ``presentation``."""

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
from experiments.models.classics import ClassicTarget
from experiments.models.collaboration import CollaborationTarget
from experiments.models.compilation import compile_model_once
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
    """How a study is run; nothing of this changes its results."""

    execution: Execution
    fail_fast: bool = False
    retry_failed: bool = False
    any_version: bool = False
    quiet: bool = False
    dry_run: bool = False
    command: str = ""


class StudyOutcome(NamedTuple):
    """What a command did for a study: in which folder, with how many runs done and failed there; no folder after a dry run."""

    folder: Path | None
    tally: RunCounts


def run_study(
    name: str, overrides: Sequence[str], out: Path | None, overwrite: bool, options: StudyOptions
) -> StudyOutcome:
    """Run a study into a new folder, or tell what it would be; return what was done."""
    study = load_study(name, overrides)
    plan, points = plan_study(study)
    folder = out or Path("results") / study.name
    if options.dry_run:
        show_dry_run(study, plan, points, options)
        return StudyOutcome(None, RunCounts(0, 0))
    refuse_occupied_folder(
        folder, overwrite
    )  # before a lock is laid into a folder of somebody else
    prepare_study(study, plan, options)
    with (
        open_engine(options.execution, plan.target) as engine,
        lock_folder(folder),
    ):  # in this order: where there is no cluster, nothing is left
        clear_study_folder(folder, overwrite)
        write_yaml(read_study_file(name), folder / STUDY_FILE)
        return StudyOutcome(
            folder, complete_study(study, plan, points, folder, list(overrides), engine, options)
        )


def resume_study(folder: Path, more: Sequence[str], options: StudyOptions) -> StudyOutcome:
    """Do what a study's folder lacks, or what more it is asked for; nothing that finished is done again."""
    read_study_manifest(folder)  # before a lock is laid into a folder of somebody else
    with lock_folder(folder):
        study, manifest = load_recorded_study(folder, more), read_study_manifest(folder)
        refuse_other_series(folder, study)
        plan, points = plan_study(study)
        if not options.any_version:
            refuse_another_version(folder, plan, manifest)
        prepare_study(study, plan, options)
        with open_engine(options.execution, plan.target) as engine:
            return StudyOutcome(
                folder,
                complete_study(
                    study,
                    plan,
                    points,
                    folder,
                    merge_overrides(manifest.overrides, more),
                    engine,
                    options,
                ),
            )


def refuse_other_series(folder: Path, study: Study) -> None:
    """Refuse to keep more of runs than was asked for when they were done."""
    before = load_recorded_study(folder)
    if (study.series, study.keep) != (before.series, before.keep):
        raise InputError(
            f"{folder} keeps other series than are asked for now, and its runs are not done again;"
            " start anew with --out"
        )


def rerun_one_run(folder: Path, run: str) -> None:
    """Do one run of a study again in this process and show what it gives, or how it fails; nothing is kept."""
    study = load_recorded_study(folder)
    plan, points = plan_study(study)
    replicates = study.replicates if isinstance(study.replicates, int) else study.replicates.at_most
    found = next(
        (
            planned
            for planned in plan.walk_runs([0] * len(points), [replicates] * len(points))
            if planned.id == run
        ),
        None,
    )
    if found is None:
        raise InputError(
            f"{run} is no run of {folder}; failures.parquet and runs.parquet there have the ids in"
            " the column run"
        )
    print_text(f"{points[found.point].levels}, replicate {found.replicate}, seed {found.seed}")
    outcome = run_task(
        Task(run, plan.target, plan.settle_point(found.point), found.seed, RecordingOptions())
    )
    print_text(
        outcome.reason
        if outcome.result is None
        else "\n".join(f"{name} = {value:g}" for name, value in outcome.result.measures.items())
    )


def complete_study(
    study: Study,
    plan: Plan,
    points: Sequence[Point],
    folder: Path,
    overrides: list[str],
    engine: Engine,
    options: StudyOptions,
) -> RunCounts:
    """Do the missing runs, and put everything in order."""
    started = start_clock()
    write_yaml(plan.settle_point(0), folder / CONFIG_FILE)
    write_study_manifest(study, plan, folder, overrides, options, started)
    tally = execute_missing_runs(study, plan, points, folder, engine, options)
    write_study_manifest(
        study, plan, folder, overrides, options, started, tally
    )  # the tables of runs are all there
    return tally


def show_dry_run(study: Study, plan: Plan, points: Sequence[Point], options: StudyOptions) -> None:
    """Show what a study would be, and do nothing of it."""
    compile_or_warn(plan)
    for table in perform_dry_run(study, plan, points, options.execution):
        print_table(table)


def prepare_study(study: Study, plan: Plan, options: StudyOptions) -> None:
    """Say what is about to be run, compile it, and check what only a run can tell."""
    announce_study(study, len(plan.points), options.execution.place)
    compile_or_warn(plan)
    if isinstance(study.replicates, AdaptiveReplicates):
        check_stopping_measures(study.replicates, plan)


def compile_or_warn(plan: Plan) -> None:
    """Compile our model once, or warn of a model that is not seeded as it should be."""
    if isinstance(plan.target, CollaborationTarget):
        compile_model_once(print_text)
    if isinstance(plan.target, ClassicTarget) and not plan.target.is_compiled:
        print_text(
            f"Compiling {plan.target.preset} once on this machine (some seconds); later runs start"
            " at once."
        )
        plan.target.warm_up()  # once, here: workers would all do it at the same time
    warning = probe_seeding(plan.target, plan.settle_point(0))
    if warning:
        print_text(warning)


def check_stopping_measures(replicates: AdaptiveReplicates, plan: Plan) -> None:
    """Refuse to wait for a measure that no run gives; a model that fails at once says so in its runs."""
    result = run_task(
        Task(
            "",
            plan.target,
            plan.target.shorten(plan.settle_point(0)),
            plan.plan_run(0, 0).seed,
            RecordingOptions(),
        )
    ).result
    known = list(result.measures) if result else list(replicates.half_width)
    for name in replicates.half_width:
        if name not in known:
            raise InputError(
                f"replicates.until names {name}, which is no measure of a"
                f" run.{suggest_or_list(name, known)}"
            )


def write_study_manifest(
    study: Study,
    plan: Plan,
    folder: Path,
    overrides: list[str],
    options: StudyOptions,
    started: StartTime,
    tally: RunCounts | None = None,
) -> None:
    """Write the manifest of a study that goes on or, with its tally, is complete."""
    facts: dict[str, object] = {
        "study": study.name,
        "overrides": overrides,
        "factors": list(study.factors),
        "version": plan.target.compute_version(),
    }
    if isinstance(study.model, str):
        facts["model"] = study.model
    facts["common_random_numbers"] = study.common_random_numbers
    facts[EXECUTION] = {EXECUTION: options.execution.name, **options.execution.model_dump()}
    standing = (
        {"complete": False}
        if tally is None
        else {"complete": True, "runs": tally.done, "failed": tally.failed}
    )
    write_manifest(folder, options.command, study.seed, started, kind="study", **standing, **facts)


def execute_missing_runs(
    study: Study,
    plan: Plan,
    points: Sequence[Point],
    folder: Path,
    engine: Engine,
    options: StudyOptions,
) -> RunCounts:
    """Do the missing runs of a plan into a folder, with progress."""
    with RunProgress(
        (
            None
            if isinstance(study.replicates, AdaptiveReplicates)
            else len(points) * study.replicates
        ),
        options.quiet,
    ) as bar:
        wanted = RecordingOptions(study.series, "events" in study.keep)
        storage = RunStorage(folder)
        conductor = StudyRunner(
            plan, storage, engine, wanted, bar.count_run, options.retry_failed, options.fail_fast
        )
        bar.begin(int((conductor.statuses["status"] == RUN_DONE).sum()))
        counts = conductor.run_replicates(study.replicates)
        return write_ordered_tables(
            plan, [get_point_labels(point) for point in points], storage, counts
        )


def announce_study(study: Study, points: int, place: str) -> None:
    """Say what is about to be run."""
    if isinstance(study.replicates, AdaptiveReplicates):
        a = study.replicates
        many = (
            f"{points} points x {a.at_least} to {a.at_most} replicates, until"
            f" {', '.join(f'{m} is known to {w:g}' for m, w in a.half_width.items())},"
        )
    else:
        many = f"{points} points x {study.replicates} replicates = {points * study.replicates} runs"
    print_text(f"{study.question}\n{many} {place}.")


def run_study_in_memory(study: Study, workers: int) -> Results:
    """Run a study without keeping a folder."""
    plan, points = plan_study(study)
    execution, _ = read_execution((), {"workers": workers})
    options, started = StudyOptions(execution), start_clock()
    prepare_study(study, plan, options)
    with open_engine(execution, plan.target) as engine, tempfile.TemporaryDirectory() as folder:
        tally = execute_missing_runs(study, plan, points, Path(folder), engine, options)
        write_study_manifest(study, plan, Path(folder), [], options, started, tally)
        return read_results(Path(folder))
