"""A study: a checked design, run on all cores, written to a results folder, shown as tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from experiments.configuration import written
from experiments.design import KEYS, Point, Study, load_study
from experiments.execute import Job, available_cores, compile_first, run_jobs
from experiments.reporting import draw, study_tables
from experiments.results import Results, collect
from experiments.screen import progress, say, show
from experiments.store import new_folder, write_manifest, write_table, write_text, write_yaml
from sim.errors import InputError


def run_study(name: str, overrides: Sequence[str], out: Path | None, overwrite: bool, workers: int | None, command: str) -> Path:
    """Run a study and write its results; return the folder."""
    study = load_study(name, overrides)
    points = study.points()
    check_names(study, points)
    check_buildable(points)
    folder = out or Path("results") / name
    started = datetime.now(UTC)
    count = workers or available_cores()
    with new_folder(folder, overwrite) as draft:
        results = play(study, points, count)
        write_table(results.runs, draft / "runs.parquet")
        if results.events is not None:
            write_table(results.events, draft / "events.parquet")
        write_yaml(asdict(study), draft / "study.yaml")
        write_yaml(written(points[0].config), draft / "config.yaml")
        facts = {"study": name, "factors": list(study.factors), "runs": len(results.runs), "workers": count}
        write_manifest(draft, command, study.seed, started, kind="study", **facts)
        tables = study_tables(name, tuple(study.factors), results)
        write_text("\n".join(table.to_markdown() for table in tables), draft / "tables.md")
        draw(name, tuple(study.factors), results, draft)
    for table in tables:
        show(table)
    say(f"Results in {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}.")
    return folder


def play(study: Study, points: Sequence[Point], workers: int) -> Results:
    """Run all points of a study with a progress bar."""
    jobs = make_jobs(study, points)
    say(f"{study.question}\n{len(points)} points x {study.replicates} replicates = {len(jobs)} runs on {workers} cores.")
    compile_first(say)
    with progress("Runs", len(jobs)) as bar:
        done = run_jobs(jobs, workers, lambda: bar.advance(bar.task_ids[0]))
    return collect(study, points, done)


def check_names(study: Study, points: Sequence[Point]) -> None:
    """Refuse an own measure that would have the name of a factor or another key of the table of runs."""
    for reference in {reference for point in points for reference in point.config.run.measures}:
        name = reference.rpartition(":")[2]
        if name in (*study.factors, *KEYS):
            raise InputError(f"run.measures has {reference}, but the table of runs has a column {name} already; give the function another name")


def check_buildable(points: Sequence[Point]) -> None:
    """Check what only the model itself can: own functions, mixes, files. One model per structure and file is enough."""
    from sim.model import CollaborationModel

    seen = set()
    for point in points:
        config = point.config
        key = (config.structure, config.population, config.imitation.rule, config.production.pooling, config.run.measures)
        text = repr(key)
        if text not in seen:
            seen.add(text)
            CollaborationModel.check(config)


def make_jobs(study: Study, points: Sequence[Point]) -> list[Job]:
    """Return the runs of a design: points in order, replicates within."""
    seeds = study.seeds()
    return [Job(p * len(seeds) + r, point.config, seed, "events" in study.keep) for p, point in enumerate(points) for r, seed in enumerate(seeds)]
