"""A study: a checked design, run by an engine into a folder that survives interruption, shown as tables and figures."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from analysis.tables import Table
from experiments.conduct import Conductor, Tally
from experiments.configuration import did_you_mean
from experiments.design import Point, Study, load_study, read_study_file
from experiments.dry_run import rehearse
from experiments.engines import Engine, Pool, Task, ThisProcess, available_cores, perform
from experiments.exhibits import write_tables
from experiments.factors import KEYS
from experiments.folder import Storage, locked
from experiments.journal import DONE
from experiments.plan import Adaptive, Plan
from experiments.reporting import draw, study_tables
from experiments.results import Results, read_results
from experiments.screen import RunProgress, say, show
from experiments.store import read_manifest, write_manifest, write_yaml
from experiments.targets import CollaborationTarget, Wanted, probe_seeding
from experiments.warming import compile_first
from sim.errors import InputError


class Options(NamedTuple):
    """How a study is run; nothing of this changes its results."""

    workers: int | None = None
    time_limit: float | None = None
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
    prepare(study, plan, options)
    with locked(make_room(folder, overwrite)):
        write_yaml(read_study_file(name), folder / "study.yaml")
        write_yaml(plan.parameters(0), folder / "config.yaml")
        return go_on(study, plan, points, folder, list(overrides), options)


def resume(folder: Path, more: Sequence[str], options: Options) -> Tally:
    """Do what a study's folder lacks, or what more it is asked for; nothing that finished is done again."""
    study, manifest = study_in(folder, more), read_manifest(folder)
    overrides = in_force(manifest["overrides"], more)
    plan, points = plan_of(study)
    if plan.target.version() != manifest["version"] and not options.any_version:
        raise InputError(
            f"{folder} was begun with model version {manifest['version']} and this is {plan.target.version()}; mixing them would compare "
            "different models: start anew, or say --any-version to do all runs again that another version did"
        )
    prepare(study, plan, options)
    with locked(folder):
        return go_on(study, plan, points, folder, overrides, options)


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
    manifest = read_manifest(folder)
    if manifest.get("kind") != "study":
        raise InputError(f"{folder} holds one run and no study; give the folder of a study")
    return load_study(manifest["study"], in_force(manifest["overrides"], more), source=str(folder / "study.yaml"))


def in_force(before: Sequence[str], more: Sequence[str]) -> list[str]:
    """Return overrides of which later ones replace earlier ones of the same key."""
    replaced = {override.partition("=")[0] for override in more}
    return [*(override for override in before if override.partition("=")[0] not in replaced), *more]


def plan_of(study: Study) -> tuple[Plan, list[Point]]:
    """Return all runs of a study, every point checked."""
    points = study.points()
    check_names(study, points[0])
    return Plan(study.target, [point.settings for point in points], study.seed, study.common_random_numbers), points


def check_names(study: Study, point: Point) -> None:
    """Refuse an own measure that has the name of a factor or another key of the table of runs."""
    for reference in point.parameters["run"]["measures"] if isinstance(point.target, CollaborationTarget) else ():
        name = reference.rpartition(":")[2]
        if name in (*study.factors, *KEYS):
            raise InputError(f"run.measures has {reference}, but the table of runs has a column {name} already; give the function another name")


def make_room(folder: Path, overwrite: bool) -> Path:
    """Refuse a folder that holds something, or clear it when it holds results and may be overwritten."""
    if folder.exists() and any(folder.iterdir()):
        if not overwrite:
            raise InputError(f"{folder} exists already; `overbruggen resume {folder}` goes on with it, --out names another, --overwrite replaces it")
        if not (folder / "manifest.json").exists():
            raise InputError(f"{folder} is no results folder (it has no manifest.json) and is not overwritten; give another with --out")
        with locked(folder):
            shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}; give another folder with --out") from error
    return folder


def go_on(study: Study, plan: Plan, points: Sequence[Point], folder: Path, overrides: list[str], options: Options) -> Tally:
    """Do the missing runs, put everything in order, show it."""
    started = datetime.now(UTC)
    facts = {
        "study": study.name, "overrides": overrides, "factors": list(study.factors), "version": plan.target.version(),
        "common_random_numbers": study.common_random_numbers,
    }  # fmt: skip
    write_manifest(folder, options.command, study.seed, started, kind="study", complete=False, **facts)
    tally = conduct(study, plan, points, folder, options)
    tables = tell_results({"kind": "study", "seed": study.seed, **facts}, folder) if tally.done else []
    write_manifest(folder, options.command, study.seed, started, kind="study", complete=True, runs=tally.done, failed=tally.failed, **facts)
    for table in tables:
        show(table)
    say(f"Results in {folder}: {', '.join(sorted(path.name for path in folder.iterdir() if not path.name.startswith('.')))}.")
    if tally.failed:
        say(f"{tally.failed} runs failed; they stand in {folder / 'failures.parquet'} with reason and the command that does one again.")
    return tally


def tell_plan(study: Study, plan: Plan, points: Sequence[Point], options: Options) -> Tally:
    """Show what a study would be, and do nothing of it."""
    compile_or_warn(plan)
    for table in rehearse(study, plan, points, options.workers or available_cores(), options.time_limit):
        show(table)
    return Tally(0, 0)


def prepare(study: Study, plan: Plan, options: Options) -> None:
    """Say what is about to be run, compile it, and check what only a run can tell."""
    announce(study, len(plan.points), options.workers or available_cores())
    compile_or_warn(plan)
    if isinstance(study.replicates, Adaptive):
        check_measured(study.replicates, plan)


def compile_or_warn(plan: Plan) -> None:
    """Compile our model once, or warn of a model that is not seeded as it should be."""
    if isinstance(plan.target, CollaborationTarget):
        compile_first(say)
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


def tell_results(manifest: dict[str, Any], folder: Path) -> list[Table]:
    """Write the tables and figures of a study's results; return the tables."""
    results = read_results(folder)
    tables = study_tables(manifest["study"], tuple(manifest["factors"]), results)
    write_tables(tables, folder)
    draw(manifest, results, folder)
    return tables


def conduct(study: Study, plan: Plan, points: Sequence[Point], folder: Path, options: Options) -> Tally:
    """Do the missing runs of a plan into a folder, with progress."""
    workers = options.workers or available_cores()
    with RunProgress(None if isinstance(study.replicates, Adaptive) else len(points) * study.replicates, options.quiet) as bar:
        wanted = Wanted(study.series, "events" in study.keep)
        conductor = Conductor(
            plan, [labels(point) for point in points], Storage(folder), engine_of(workers, options.time_limit), wanted, bar.tell,
            options.retry_failed, options.fail_fast,
        )  # fmt: skip
        bar.begin(int((conductor.ended["status"] == DONE).sum()))
        return conductor.put_in_order(conductor.replicate(study.replicates))


def announce(study: Study, points: int, workers: int) -> None:
    """Say what is about to be run."""
    if isinstance(study.replicates, Adaptive):
        a = study.replicates
        many = (
            f"{points} points x {a.at_least} to {a.at_most} replicates, until {', '.join(f'{m} is known to {w:g}' for m, w in a.half_width.items())},"
        )
    else:
        many = f"{points} points x {study.replicates} replicates = {points * study.replicates} runs"
    say(f"{study.question}\n{many} on {workers} cores.")


def engine_of(workers: int, time_limit: float | None) -> Engine:
    """Return where runs are executed: with one worker and no time limit in this process."""
    return ThisProcess() if workers == 1 and time_limit is None else Pool(workers, time_limit)


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
    prepare(study, plan, Options(workers=workers))
    with tempfile.TemporaryDirectory() as folder:
        conduct(study, plan, points, Path(folder), Options(workers=workers))
        return read_results(Path(folder))
