"""``overbruggen dock``: run docks, show them, write them down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.console import say, show
from experiments.docking.comparing import run_dock
from experiments.docking.reference import dock_names, read_dock
from experiments.docking.showing import figure_of, tables_of, verdict_of, write_index, write_page
from experiments.execution.engines import available_cores
from experiments.presentation.exhibits import write_exhibit, write_tables
from sim.errors import InputError


def dock(names: Sequence[str], quick: bool, page: bool, workers: int | None, out: Path | None) -> int:
    """Run docks (all unless named) and show how they stand; return how many cells and claims miss."""
    if quick and page:
        raise InputError("--quick and --page exclude each other: pages of the documentation come from all replicates; leave --quick out")
    chosen = [read_dock(name) for name in names or dock_names()]
    misses = 0
    for found in chosen:
        outcome = run_dock(found, quick, workers or available_cores())
        folder = (out or Path("results") / "docking") / found.name
        folder.mkdir(parents=True, exist_ok=True)
        tables = tables_of(outcome)
        for table in tables:
            show(table)
        write_tables(tables, folder)
        write_exhibit(figure_of(outcome), folder, f"Made by `overbruggen dock {found.name}{' --quick' if quick else ''}`.")
        say(f"{found.name}: {verdict_of(outcome)}. Table and figure in {folder}.")
        if page:
            write_page(outcome)
        misses += outcome.misses
    if page:
        write_index([read_dock(name) for name in dock_names()])
    return misses
