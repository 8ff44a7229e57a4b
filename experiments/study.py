"""A study: a checked design, run by an engine into a folder that survives interruption, shown as tables and figures."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from experiments.conduct import Conductor, Tally
from experiments.design import Point, Study, load_study, study_from
from experiments.engines import Engine, Pool, ThisProcess, available_cores
from experiments.folder import Storage, locked
from experiments.plan import Plan
from experiments.reporting import draw, study_tables
from experiments.results import Results, read_results
from experiments.screen import RunProgress, say, show
from experiments.store import read_manifest, write_manifest, write_yaml
from experiments.targets import Wanted, compile_first, target_of
from sim.errors import InputError


class Options(NamedTuple):
    """How a study is run; nothing of this changes its results."""

    workers: int | None = None
    time_limit: float | None = None
    fail_fast: bool = False
    retry_failed: bool = False
    any_version: bool = False
    quiet: bool = False
    command: Sequence[str] = ()


def run_study(name: str, overrides: Sequence[str], out: Path | None, overwrite: bool, options: Options) -> Tally:
    """Run a study into a new folder; return how many runs are done and how many failed."""
    study = load_study(name, overrides)
    points = study.points()
    folder = out or Path("results") / name
    make_room(folder, overwrite)
    with locked(folder):
        write_yaml(asdict(study), folder / "study.yaml")
        write_yaml(points[0].config.model_dump(mode="json"), folder / "config.yaml")
        return go_on(study, points, folder, options)


def resume(folder: Path, overrides: Sequence[str], options: Options) -> Tally:
    """Do what a study's folder lacks, or what more it is asked for; nothing that finished is done again."""
    manifest = read_manifest(folder)
    if manifest.get("kind") != "study":
        raise InputError(f"{folder} holds one run and no study; there is nothing to resume")
    study = study_from(yaml.safe_load((folder / "study.yaml").read_text(encoding="utf-8")), overrides)
    points = study.points()
    with locked(folder):
        check_version(manifest, folder, options)
        write_yaml(asdict(study), folder / "study.yaml")
        return go_on(study, points, folder, options)


def go_on(study: Study, points: Sequence[Point], folder: Path, options: Options) -> Tally:
    """Do the missing runs, put everything in order, show it."""
    started = datetime.now(UTC)
    facts = {"study": study.name, "factors": list(study.factors), "version": target_of(None).version()}
    write_manifest(folder, options.command, study.seed, started, kind="study", complete=False, **facts)
    tally = perform(study, points, folder, options)
    results = read_results(folder)
    tables = study_tables(study.name, tuple(study.factors), results)
    (folder / "tables.md").write_text("\n".join(table.to_markdown() for table in tables), encoding="utf-8")
    draw(study.name, tuple(study.factors), results, folder)
    write_manifest(folder, options.command, study.seed, started, kind="study", complete=True, runs=tally.done, failed=tally.failed, **facts)
    for table in tables:
        show(table)
    say(f"Results in {folder}: {', '.join(sorted(path.name for path in folder.iterdir() if not path.name.startswith('.')))}.")
    return tally
