"""A study: a checked design, run by an engine into a folder that survives interruption, shown as tables and figures."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from analysis.tables import Table
from experiments.classics import ClassicTarget
from experiments.conduct import Conductor, Tally
from experiments.configuration import did_you_mean
from experiments.design import Point, Study, load_study, read_study_file
from experiments.dry_run import rehearse
from experiments.engines import Engine, Task, perform
from experiments.execution import EXECUTION, Execution, read_execution
from experiments.exhibits import write_tables
from experiments.factors import KEYS
from experiments.folder import LOCK, Storage, locked
from experiments.journal import DONE
from experiments.manifest import MANIFEST, StudyManifest, read_study_manifest
from experiments.opening import opened
from experiments.plan import Adaptive, Plan
from experiments.provenance import record
from experiments.reporting import draw, shown_columns, study_tables
from experiments.results import Results, read_columns, read_results
from experiments.screen import RunProgress, checked, say, show
from experiments.store import Beginning, begin, write_manifest, write_yaml, writing
from experiments.targets import CollaborationTarget, Wanted, probe_seeding
from experiments.warming import compile_first
from sim.errors import InputError

STUDY, STUDY_FILE, CONFIG = "study", "study.yaml", "config.yaml"
BEGUN = {LOCK, STUDY_FILE, CONFIG}  # what a study writes before its manifest
TABLES = ("runs.parquet", "events.parquet", "series.parquet", "failures.parquet")


class Options(NamedTuple):
    """How a study is run; nothing of this changes its results."""

    execution: Execution
    fail_fast: bool = False
    retry_failed: bool = False
    any_version: bool = False
    quiet: bool = False
    dry_run: bool = False
    command: str = ""


def run_study(name: str, overrides: Sequence[str], out: Path | None, overwrite: bool, options: Options) -> Tally:
    """Run a study into a new folder, or tell what it would be; return how many runs are done and how many failed."""
    study = load_study(name, overrides)
    plan, points = plan_of(study)
    folder = out or Path("results") / study.name
    if options.dry_run:
        return tell_plan(study, plan, points, options)
    refuse_unless_free(folder, overwrite)  # before a lock is laid into a folder of somebody else
    prepare(study, plan, options)
    with ExitStack() as workplace:
        engine = workplace.enter_context(opened(options.execution, plan.target))  # before the lock: where there is no cluster, nothing is left
        with locked(folder):
            make_room(folder, overwrite)
            write_yaml(read_study_file(name), folder / STUDY_FILE)
            tally = go_on(study, plan, points, folder, list(overrides), engine, options)
            workplace.close()  # workers need not wait in memory while tables are made
            return show_results(folder, tally)


def resume(folder: Path, more: Sequence[str], options: Options) -> Tally:
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
            tally = go_on(study, plan, points, folder, in_force(manifest.overrides, more), engine, options)
        return show_results(folder, tally)


def refuse_other_series(folder: Path, study: Study) -> None:
    """Refuse to keep more of runs than was asked for when they were done."""
    before = study_in(folder)
    if (study.series, study.keep) != (before.series, before.keep):
        raise InputError(f"{folder} keeps other series than are asked for now, and its runs are not done again; start anew with --out")


def refuse_another_version(folder: Path, plan: Plan, manifest: StudyManifest) -> None:
    """Refuse to go on with a study of a model that has changed since."""
    if plan.target.version() != manifest.version:
        raise InputError(
            f"{folder} was begun with model version {manifest.version} and this is {plan.target.version()}; mixing them would compare "
            "different models: start anew, or say --any-version to do all runs again that another version did"
        )


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


def study_in(folder: Path, more: Sequence[str] = ()) -> Study:
    """Return the study of a folder as it was asked for, and with what more is asked."""
    manifest = read_study_manifest(folder)
    return load_study(manifest.study, in_force(manifest.overrides, more), source=str(folder / STUDY_FILE))


def in_force(before: Sequence[str], more: Sequence[str]) -> list[str]:
    """Return overrides of which later ones replace earlier ones of the same key."""
    replaced = {override.partition("=")[0] for override in more}
    return [*(override for override in before if override.partition("=")[0] not in replaced), *more]


def plan_of(study: Study) -> tuple[Plan, list[Point]]:
    """Return all runs of a study, every point checked."""
    points = study.points()
    check_names(study, points[0])
    return Plan(study.target, [point.settings for point in points], study.seed, study.common_random_numbers, checked), points


def check_names(study: Study, point: Point) -> None:
    """Refuse an own measure that has the name of a factor or another key of the table of runs."""
    for reference in point.parameters["run"]["measures"] if isinstance(point.target, CollaborationTarget) else ():
        name = reference.rpartition(":")[2]
        if name in (*study.factors, *KEYS):
            raise InputError(f"run.measures has {reference}, but the table of runs has a column {name} already; give the function another name")


def refuse_unless_free(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is ours and may be overwritten, or was left when a study had hardly begun."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    ours = LOCK in names
    if not names or (ours and all(name in BEGUN or name.endswith(".draft") for name in names)):
        return
    if not overwrite:
        raise InputError(f"{folder} exists already; `overbruggen resume {folder}` goes on with it, --out names another, --overwrite replaces it")
    if not ours and MANIFEST not in names:
        raise InputError(f"{folder} is no results folder (it has no {MANIFEST}) and is not overwritten; give another with --out")


def make_room(folder: Path, overwrite: bool) -> None:
    """Clear a folder that this process holds, the manifest first: without it nobody goes on with what is half cleared."""
    refuse_unless_free(folder, overwrite)
    with writing():
        (folder / MANIFEST).unlink(missing_ok=True)
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()


def go_on(study: Study, plan: Plan, points: Sequence[Point], folder: Path, overrides: list[str], engine: Engine, options: Options) -> Tally:
    """Do the missing runs, and put everything in order."""
    started = begin()
    write_yaml(plan.parameters(0), folder / CONFIG)
    note(study, plan, folder, overrides, options, started)
    tally = conduct(study, plan, points, folder, engine, options)
    note(study, plan, folder, overrides, options, started, tally)  # the tables of runs are all there
    return tally


def show_results(folder: Path, tally: Tally) -> Tally:
    """Make tables and figures of what is done, show them, and say what failed."""
    tables, written = tell_results(folder) if tally.done else ([], [])
    record(folder, (STUDY,), [*written, *(name for name in (*TABLES, STUDY_FILE, CONFIG) if (folder / name).exists())])
    for table in tables:
        show(table)
    say(f"Results in {folder}: {', '.join(sorted(path.name for path in folder.iterdir() if not path.name.startswith('.')))}.")
    if tally.failed:
        say(f"{tally.failed} runs failed; they stand in {folder / 'failures.parquet'} with reason and the command that does one again.")
    return tally


def tell_plan(study: Study, plan: Plan, points: Sequence[Point], options: Options) -> Tally:
    """Show what a study would be, and do nothing of it."""
    compile_or_warn(plan)
    for table in rehearse(study, plan, points, options.execution):
        show(table)
    return Tally(0, 0)


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


def tell_results(folder: Path) -> tuple[list[Table], list[str]]:
    """Write the tables and figures of a study's results; return the tables, and the names of all files."""
    results = read_columns(folder, shown_columns)
    tables = study_tables(results)
    return tables, [*write_tables(tables, folder), *draw(results, folder)]


def conduct(study: Study, plan: Plan, points: Sequence[Point], folder: Path, engine: Engine, options: Options) -> Tally:
    """Do the missing runs of a plan into a folder, with progress."""
    with RunProgress(None if isinstance(study.replicates, Adaptive) else len(points) * study.replicates, options.quiet) as bar:
        wanted = Wanted(study.series, "events" in study.keep)
        conductor = Conductor(
            plan, [labels(point) for point in points], Storage(folder), engine, wanted, bar.tell, options.retry_failed,
            options.fail_fast,
        )  # fmt: skip
        bar.begin(int((conductor.ended["status"] == DONE).sum()))
        return conductor.put_in_order(conductor.replicate(study.replicates))


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


def labels(point: Point) -> dict[str, object]:
    """Return what stands beside the measures of a point; for our own model also form, rate of imitation and depth, which its tables need."""
    if not isinstance(point.target, CollaborationTarget):
        return dict(point.levels)
    known = point.parameters
    return {
        "form": known["structure"]["name"],
        "imitation_rate": known["imitation"]["rate"],
        "depth": known["production"]["depth"],
        **point.levels,
    }


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
