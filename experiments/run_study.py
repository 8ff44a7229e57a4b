"""Run a study: a checked design, run by an engine into a folder that survives interruption. What it shows is made by ``presentation``."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.configuration import did_you_mean
from experiments.console import RunProgress, say, show
from experiments.design.ordering import Tally, put_in_order
from experiments.design.plan import Adaptive, Plan
from experiments.design.recorded import in_force, plan_of, point_labels, refuse_another_version, study_in
from experiments.design.study import Point, Study, load_study, read_study_file
from experiments.execution.choice import opened
from experiments.execution.dry_run import rehearse
from experiments.execution.engines import Engine, Task, perform
from experiments.execution.runner import Conductor
from experiments.execution.settings import EXECUTION, Execution, read_execution
from experiments.models.classics import ClassicTarget
from experiments.models.collaboration import CollaborationTarget
from experiments.models.mesa import probe_seeding
from experiments.models.model import Wanted
from experiments.models.warming import compile_first
from experiments.store.files import Beginning, begin, write_manifest, write_yaml
from experiments.store.folder import Storage, locked
from experiments.store.journal import DONE
from experiments.store.layout import CONFIG, STUDY_FILE, make_room, refuse_unless_free
from experiments.store.manifest import read_study_manifest
from experiments.store.results import Results, read_results
from sim.errors import InputError


class Options(NamedTuple):
    """How a study is run; nothing of this changes its results."""

    execution: Execution
    fail_fast: bool = False
    retry_failed: bool = False
    any_version: bool = False
    quiet: bool = False
    dry_run: bool = False
    command: str = ""


class Done(NamedTuple):
    """What a command did for a study: in which folder, with how many runs done and failed there; no folder after a dry run."""

    folder: Path | None
    tally: Tally


def run_study(name: str, overrides: Sequence[str], out: Path | None, overwrite: bool, options: Options) -> Done:
    """Run a study into a new folder, or tell what it would be; return what was done."""
    study = load_study(name, overrides)
    plan, points = plan_of(study)
    folder = out or Path("results") / study.name
    if options.dry_run:
        tell_plan(study, plan, points, options)
        return Done(None, Tally(0, 0))
    refuse_unless_free(folder, overwrite)  # before a lock is laid into a folder of somebody else
    prepare(study, plan, options)
    with opened(options.execution, plan.target) as engine, locked(folder):  # in this order: where there is no cluster, nothing is left
        make_room(folder, overwrite)
        write_yaml(read_study_file(name), folder / STUDY_FILE)
        return Done(folder, go_on(study, plan, points, folder, list(overrides), engine, options))


def resume(folder: Path, more: Sequence[str], options: Options) -> Done:
    """Do what a study's folder lacks, or what more it is asked for; nothing that finished is done again."""
    read_study_manifest(folder)  # before a lock is laid into a folder of somebody else
    with locked(folder):
        study, manifest = study_in(folder, more), read_study_manifest(folder)
        refuse_other_series(folder, study)
        plan, points = plan_of(study)
        if not options.any_version:
            refuse_another_version(folder, plan, manifest)
        prepare(study, plan, options)
        with opened(options.execution, plan.target) as engine:
            return Done(folder, go_on(study, plan, points, folder, in_force(manifest.overrides, more), engine, options))


def refuse_other_series(folder: Path, study: Study) -> None:
    """Refuse to keep more of runs than was asked for when they were done."""
    before = study_in(folder)
    if (study.series, study.keep) != (before.series, before.keep):
        raise InputError(f"{folder} keeps other series than are asked for now, and its runs are not done again; start anew with --out")


def rerun(folder: Path, run: str) -> None:
    """Do one run of a study again in this process and show what it gives, or how it fails; nothing is kept."""
    study = study_in(folder)
    plan, points = plan_of(study)
    replicates = study.replicates if isinstance(study.replicates, int) else study.replicates.at_most
    found = next((planned for planned in plan.runs([0] * len(points), [replicates] * len(points)) if planned.id == run), None)
    if found is None:
        raise InputError(f"{run} is no run of {folder}; failures.parquet and runs.parquet there have the ids in the column run")
    say(f"{points[found.point].levels}, replicate {found.replicate}, seed {found.seed}")
    outcome = perform(Task(run, plan.target, plan.parameters(found.point), found.seed, Wanted()))
    say(outcome.reason if outcome.harvest is None else "\n".join(f"{name} = {value:g}" for name, value in outcome.harvest.measures.items()))


def go_on(study: Study, plan: Plan, points: Sequence[Point], folder: Path, overrides: list[str], engine: Engine, options: Options) -> Tally:
    """Do the missing runs, and put everything in order."""
    started = begin()
    write_yaml(plan.parameters(0), folder / CONFIG)
    note(study, plan, folder, overrides, options, started)
    tally = conduct(study, plan, points, folder, engine, options)
    note(study, plan, folder, overrides, options, started, tally)  # the tables of runs are all there
    return tally


def tell_plan(study: Study, plan: Plan, points: Sequence[Point], options: Options) -> None:
    """Show what a study would be, and do nothing of it."""
    compile_or_warn(plan)
    for table in rehearse(study, plan, points, options.execution):
        show(table)


def prepare(study: Study, plan: Plan, options: Options) -> None:
    """Say what is about to be run, compile it, and check what only a run can tell."""
    announce(study, len(plan.points), options.execution.place)
    compile_or_warn(plan)
    if isinstance(study.replicates, Adaptive):
        check_measured(study.replicates, plan)


def compile_or_warn(plan: Plan) -> None:
    """Compile our model once, or warn of a model that is not seeded as it should be."""
    if isinstance(plan.target, CollaborationTarget):
        compile_first(say)
    if isinstance(plan.target, ClassicTarget) and not plan.target.is_compiled:
        say(f"Compiling {plan.target.preset} once on this machine (some seconds); later runs start at once.")
        plan.target.warm()  # once, here: workers would all do it at the same time
    warning = probe_seeding(plan.target, plan.parameters(0))
    if warning:
        say(warning)


def check_measured(replicates: Adaptive, plan: Plan) -> None:
    """Refuse to wait for a measure that no run gives; a model that fails at once says so in its runs."""
    harvest = perform(Task("", plan.target, plan.target.shortened(plan.parameters(0)), plan.run(0, 0).seed, Wanted())).harvest
    known = list(harvest.measures) if harvest else list(replicates.half_width)
    for name in replicates.half_width:
        if name not in known:
            raise InputError(f"replicates.until names {name}, which is no measure of a run.{did_you_mean(name, known)}")


def note(
    study: Study, plan: Plan, folder: Path, overrides: list[str], options: Options, started: Beginning, tally: Tally | None = None,
) -> None:  # fmt: skip
    """Write the manifest of a study that goes on or, with its tally, is complete."""
    facts: dict[str, object] = {"study": study.name, "overrides": overrides, "factors": list(study.factors), "version": plan.target.version()}
    if isinstance(study.model, str):
        facts["model"] = study.model
    facts["common_random_numbers"] = study.common_random_numbers
    facts[EXECUTION] = {EXECUTION: options.execution.name, **options.execution.model_dump()}
    standing = {"complete": False} if tally is None else {"complete": True, "runs": tally.done, "failed": tally.failed}
    write_manifest(folder, options.command, study.seed, started, kind="study", **standing, **facts)


def conduct(study: Study, plan: Plan, points: Sequence[Point], folder: Path, engine: Engine, options: Options) -> Tally:
    """Do the missing runs of a plan into a folder, with progress."""
    with RunProgress(None if isinstance(study.replicates, Adaptive) else len(points) * study.replicates, options.quiet) as bar:
        wanted = Wanted(study.series, "events" in study.keep)
        storage = Storage(folder)
        conductor = Conductor(plan, storage, engine, wanted, bar.tell, options.retry_failed, options.fail_fast)
        bar.begin(int((conductor.ended["status"] == DONE).sum()))
        counts = conductor.replicate(study.replicates)
        return put_in_order(plan, [point_labels(point) for point in points], storage, counts)


def announce(study: Study, points: int, place: str) -> None:
    """Say what is about to be run."""
    if isinstance(study.replicates, Adaptive):
        a = study.replicates
        many = (
            f"{points} points x {a.at_least} to {a.at_most} replicates, until {', '.join(f'{m} is known to {w:g}' for m, w in a.half_width.items())},"
        )
    else:
        many = f"{points} points x {study.replicates} replicates = {points * study.replicates} runs"
    say(f"{study.question}\n{many} {place}.")


def play(study: Study, workers: int) -> Results:
    """Run a study without keeping a folder."""
    plan, points = plan_of(study)
    execution, _ = read_execution((), {"workers": workers})
    options, started = Options(execution), begin()
    prepare(study, plan, options)
    with opened(execution, plan.target) as engine, tempfile.TemporaryDirectory() as folder:
        tally = conduct(study, plan, points, Path(folder), engine, options)
        note(study, plan, Path(folder), [], options, started, tally)
        return read_results(Path(folder))
