"""A study: a checked design, run on all cores, written to a results folder, shown as tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from experiments.design import Point, Study, load_study
from experiments.execute import Done, Job, available_cores, compile_first, run_jobs
from experiments.screen import console, progress, say, show
from experiments.store import new_folder, read_manifest, read_table, write_manifest, write_table, write_yaml


class Results(NamedTuple):
    """What a study found: a row per run, and a row per collaboration if the study keeps events."""

    runs: pl.DataFrame
    events: pl.DataFrame | None


def run_study(name: str, overrides: Sequence[str], out: Path | None, overwrite: bool, workers: int | None, command: Sequence[str]) -> Path:
    """Run a study and write its results; return the folder."""
    study = load_study(name, overrides)
    points = study.points()
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
        write_yaml(points[0].config.model_dump(mode="json"), draft / "config.yaml")
        write_manifest(draft, command, study.seed, started, kind="study", study=name, runs=len(results.runs), workers=count)
        draw(results.runs, draft)
    report(folder, results.runs)
    return folder


def play(study: Study, points: Sequence[Point], workers: int) -> Results:
    """Run all points of a study with a progress bar."""
    jobs = make_jobs(study, points)
    say(f"{study.question}\n{len(points)} points x {study.replicates} replicates = {len(jobs)} runs on {workers} cores.")
    compile_first(say)
    with progress("Runs", len(jobs)) as bar:
        done = run_jobs(jobs, workers, lambda: bar.advance(bar.task_ids[0]))
    return collect(study, points, done)


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


def collect(study: Study, points: Sequence[Point], done: Sequence[Done]) -> Results:
    """Return a row per run: factor levels, replicate, seed and measures; and the events with the same keys."""
    records, events = [], []
    seeds = study.seeds()
    for run in done:
        point, replicate = points[run.position // study.replicates], run.position % study.replicates
        config = point.config
        known = {"form": config.structure.name, "imitation_rate": config.imitation.rate, "depth": config.production.depth}
        keys = {**known, **point.levels, "replicate": replicate}
        records.append({**keys, "seed": seeds[replicate], **run.summary})
        if run.events is not None:
            labels = [pl.lit(value).alias(f"run.{name}" if name in run.events.columns else name) for name, value in keys.items()]
            events.append(run.events.with_columns(labels))
    runs = pl.DataFrame(records, schema_overrides={"seed": pl.UInt64}, infer_schema_length=None)
    return Results(runs, pl.concat(events) if events else None)


def compares_imitation(runs: pl.DataFrame) -> bool:
    """Tell whether the tables and figures of the main question can be made."""
    return runs["imitation_rate"].n_unique() > 1 and runs["imitation_rate"].min() == 0.0


def draw(runs: pl.DataFrame, folder: Path) -> None:
    """Draw the figures of a study into its folder."""
    if not compares_imitation(runs) or runs["replicate"].n_unique() < 2:
        return
    from analysis.figures.response import response_figures
    from analysis.figures.style import save

    for name, figure in response_figures(runs).items():
        save(figure, folder / name)


def report(folder: Path, runs: pl.DataFrame) -> None:
    """Show the tables of a study and say where everything is."""
    from analysis.comparison import summary_tables

    if compares_imitation(runs):
        tables = summary_tables(runs)
        for table in tables:
            show(table)
        (folder / "tables.md").write_text("\n".join(table.to_markdown() for table in tables), encoding="utf-8")
    else:
        means = runs.group_by("form", "imitation_rate", "depth", maintain_order=True).agg(pl.col("joint_value", "synergy").mean())
        console.print(means)
    drawn = sorted(path.name for path in folder.glob("*.p*") if path.suffix in (".pdf", ".png"))
    say(f"Results in {folder}: runs.parquet, study.yaml, config.yaml, manifest.json{''.join(', ' + name for name in drawn)}.")
    if not drawn:
        say("No figure: it needs imitation.rate=0 and at least one other rate, and replicates=2 or more.")


def redraw(folder: Path) -> None:
    """Draw the figures of a results folder again."""
    manifest = read_manifest(folder)
    if manifest.get("kind") == "study":
        draw(read_table(folder, "runs"), folder)
    else:
        from analysis.figures.style import save
        from analysis.figures.timecourse import run_figure

        save(run_figure(read_table(folder, "rounds")), folder / "run")
    say(f"Figures drawn in {folder}: {', '.join(sorted(path.name for path in folder.glob('*.p[dn][fg]')))}")
