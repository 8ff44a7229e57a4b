"""A study: a checked design, run on all cores, written to a results folder, shown as tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from experiments.design import Point, Study, load_study
from experiments.execute import Job, available_cores, compile_first, run_jobs
from experiments.screen import console, progress, say, show
from experiments.store import new_folder, read_manifest, read_table, write_manifest, write_table, write_yaml


def run_study(name: str, overrides: Sequence[str], out: Path | None, overwrite: bool, workers: int | None, command: Sequence[str]) -> Path:
    """Run a study and write its results; return the folder."""
    study = load_study(name, overrides)
    points = study.points()
    check_buildable(points)
    folder = out or Path("results") / name
    started = datetime.now(UTC)
    count = workers or available_cores()
    jobs = make_jobs(points, study.seeds())
    say(f"{study.question}\n{len(points)} points x {study.replicates} replicates = {len(jobs)} runs on {count} cores.")
    with new_folder(folder, overwrite) as draft:
        compile_first(say)
        with progress("Runs", len(jobs)) as bar:
            rows = run_jobs(jobs, count, lambda: bar.advance(bar.task_ids[0]))
        runs = runs_table(points, study, rows)
        write_table(runs, draft / "runs.parquet")
        write_yaml(asdict(study), draft / "study.yaml")
        write_yaml(points[0].config.model_dump(mode="json"), draft / "config.yaml")
        write_manifest(draft, command, study.seed, started, kind="study", study=name, runs=len(jobs), workers=count)
        draw(runs, draft)
    report(folder, runs)
    return folder


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


def make_jobs(points: Sequence[Point], seeds: Sequence[int]) -> list[Job]:
    """Return the runs of a design: points in order, replicates within."""
    return [(p * len(seeds) + r, point.config, seed) for p, point in enumerate(points) for r, seed in enumerate(seeds)]


def runs_table(points: Sequence[Point], study: Study, rows: Sequence[dict[str, float]]) -> pl.DataFrame:
    """Return one row per run: factor levels, replicate, seed and measures."""
    records = []
    seeds = study.seeds()
    for position, row in enumerate(rows):
        point, replicate = points[position // study.replicates], position % study.replicates
        config = point.config
        known = {"form": config.structure.name, "imitation_rate": config.imitation.rate, "depth": config.production.depth}
        records.append({**known, **point.levels, "replicate": replicate, "seed": seeds[replicate], **row})
    return pl.DataFrame(records, schema_overrides={"seed": pl.UInt64}, infer_schema_length=None)


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
