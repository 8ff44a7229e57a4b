"""A study: a checked design, run by an engine into a folder that survives interruption, shown as tables and figures."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from analysis.tables import Table
from experiments.conduct import Conductor, Tally
from experiments.design import Point, Study, load_study, read_study_file
from experiments.engines import Engine, Task, perform
from experiments.execution import EXECUTION, Execution, read_execution
from experiments.factors import KEYS
from experiments.folder import Storage, locked
from experiments.opening import opened
from experiments.plan import Adaptive, Plan
from experiments.reporting import draw, study_tables
from experiments.results import Results, read_results
from experiments.screen import RunProgress, say, show
from experiments.store import read_manifest, write_manifest, write_text, write_yaml
from experiments.targets import CollaborationTarget, Wanted, probe_seeding
from experiments.warming import compile_first
from sim.errors import InputError


class Options(NamedTuple):
    """How a study is run; nothing of this changes its results."""

    execution: Execution
    fail_fast: bool = False
    retry_failed: bool = False
    any_version: bool = False
    quiet: bool = False
    command: str = ""


def run_study(name: str, overrides: Sequence[str], out: Path | None, overwrite: bool, options: Options) -> Tally:
    """Run a study into a new folder; return how many runs are done and how many failed."""
    study = load_study(name, overrides)
    plan, points = plan_of(study)
    folder = out or Path("results") / study.name
    refuse_taken(folder, overwrite)
    with opened(options.execution, plan.target) as engine, locked(make_room(folder, overwrite)):
        write_yaml(read_study_file(name), folder / "study.yaml")
        write_yaml(plan.parameters(0), folder / "config.yaml")
        return go_on(study, plan, points, folder, list(overrides), engine, options)


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
    with opened(options.execution, plan.target) as engine, locked(folder):
        return go_on(study, plan, points, folder, overrides, engine, options)


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


def refuse_taken(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is results that may be overwritten."""
    if folder.exists() and any(folder.iterdir()):
        if not overwrite:
            raise InputError(f"{folder} exists already; `overbruggen resume {folder}` goes on with it, --out names another, --overwrite replaces it")
        if not (folder / "manifest.json").exists():
            raise InputError(f"{folder} is no results folder (it has no manifest.json) and is not overwritten; give another with --out")


def make_room(folder: Path, overwrite: bool) -> Path:
    """Make a folder, or clear it when it holds results and may be overwritten."""
    refuse_taken(folder, overwrite)
    if folder.exists() and any(folder.iterdir()):
        with locked(folder):
            shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}; give another folder with --out") from error
    return folder


def go_on(study: Study, plan: Plan, points: Sequence[Point], folder: Path, overrides: list[str], engine: Engine, options: Options) -> Tally:
    """Do the missing runs, put everything in order, show it."""
    started = datetime.now(UTC)
    facts: dict[str, object] = {"study": study.name, "overrides": overrides, "factors": list(study.factors), "version": plan.target.version()}
    facts[EXECUTION] = {EXECUTION: options.execution.name, **options.execution.model_dump()}
    write_manifest(folder, options.command, study.seed, started, kind="study", complete=False, **facts)
    tally = conduct(study, plan, points, folder, engine, options)
    tables = tell_results(study, folder) if tally.done else []
    write_manifest(folder, options.command, study.seed, started, kind="study", complete=True, runs=tally.done, failed=tally.failed, **facts)
    for table in tables:
        show(table)
    say(f"Results in {folder}: {', '.join(sorted(path.name for path in folder.iterdir() if not path.name.startswith('.')))}.")
    if tally.failed:
        say(f"{tally.failed} runs failed; they stand in {folder / 'failures.parquet'} with reason and the command that does one again.")
    return tally


def tell_results(study: Study, folder: Path) -> list[Table]:
    """Write the tables and figures of a study's results; return the tables."""
    results = read_results(folder)
    tables = study_tables(study.name, tuple(study.factors), results)
    write_text("\n".join(table.to_markdown() for table in tables), folder / "tables.md")
    draw(study.name, tuple(study.factors), results, folder)
    return tables


def conduct(study: Study, plan: Plan, points: Sequence[Point], folder: Path, engine: Engine, options: Options) -> Tally:
    """Do the missing runs of a plan into a folder, with progress."""
    announce(study, len(points), options.execution.place)
    if isinstance(plan.target, CollaborationTarget):
        compile_first(say)
    warning = probe_seeding(plan.target, plan.parameters(0))
    if warning:
        say(warning)
    with RunProgress(None if isinstance(study.replicates, Adaptive) else len(points) * study.replicates, options.quiet) as bar:
        wanted = Wanted(study.series, "events" in study.keep)
        conductor = Conductor(
            plan, [labels(point) for point in points], Storage(folder), engine, wanted, bar.tell, options.retry_failed,
            options.fail_fast,
        )  # fmt: skip
        bar.begin(sum(status == "done" for status in conductor.ended.values()))
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
    with opened(execution, plan.target) as engine, tempfile.TemporaryDirectory() as folder:
        conduct(study, plan, points, Path(folder), engine, Options(execution))
        return read_results(Path(folder))
