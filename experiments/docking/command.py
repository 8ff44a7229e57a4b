"""``overbruggen dock``: run docks, show them, write them down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.console import print_table, print_text
from experiments.docking.comparison import run_dock
from experiments.docking.output import (
    build_dock_tables,
    draw_dock,
    format_dock_verdict,
    write_dock_index,
    write_dock_page,
)
from experiments.docking.reference import list_docks, read_dock
from experiments.execution.engines import count_available_cores
from experiments.presentation.exhibits import write_exhibit, write_tables
from sim.errors import InputError


def run_docks(
    names: Sequence[str], quick: bool, page: bool, workers: int | None, out: Path | None
) -> int:
    """Run docks (all unless named) and show how they stand; return how many cells and claims miss."""
    if quick and page:
        raise InputError(
            "--quick and --page exclude each other: pages of the documentation come from all"
            " replicates; leave --quick out"
        )
    chosen = [read_dock(name) for name in names or list_docks()]
    misses = 0
    for found in chosen:
        outcome = run_dock(found, quick, workers or count_available_cores())
        folder = (out or Path("results") / "docking") / found.name
        folder.mkdir(parents=True, exist_ok=True)
        tables = build_dock_tables(outcome)
        for table in tables:
            print_table(table)
        write_tables(tables, folder)
        write_exhibit(
            draw_dock(outcome),
            folder,
            f"Made by `overbruggen dock {found.name}{' --quick' if quick else ''}`.",
        )
        print_text(f"{found.name}: {format_dock_verdict(outcome)}. Table and figure in {folder}.")
        if page:
            write_dock_page(outcome)
        misses += outcome.misses
    if page:
        write_dock_index([read_dock(name) for name in list_docks()])
    return misses
