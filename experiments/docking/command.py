"""``overbruggen dock``: run docks, print their tables and write their pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.console import print_table, print_text
from experiments.docking.comparison import run_dock
from experiments.docking.output import (
    DOCS_FOLDER,
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
    """Run docks and print their tables.

    Args:
        names: docks to run; all docks when empty.
        quick: use few replicates, and only the cells that are compared.
        page: write the pages of the documentation.
        workers: number of processes; all available cores by default.
        out: folder for tables and figures; ``results/docking`` by default.

    Returns:
        The number of different cells and contradicted claims.

    Raises:
        InputError: a name is unknown, ``quick`` and ``page`` are combined, or ``page`` is used
            outside a checkout.
    """
    if quick and page:
        raise InputError(
            "--quick and --page exclude each other: the pages of the documentation need all"
            " replicates; leave --quick out"
        )
    if page and not DOCS_FOLDER.is_dir():
        raise InputError(
            f"--page writes the pages of the documentation, and {DOCS_FOLDER} does not exist; run"
            " it in a checkout, or leave --page out"
        )
    docks = [read_dock(name) for name in names or list_docks()]
    misses = 0
    for dock in docks:
        result = run_dock(dock, quick, workers or count_available_cores())
        folder = (out or Path("results") / "docking") / dock.name
        folder.mkdir(parents=True, exist_ok=True)
        tables = build_dock_tables(result)
        for table in tables:
            print_table(table)
        write_tables(tables, folder)
        write_exhibit(
            draw_dock(result),
            folder,
            f"Made by `overbruggen dock {dock.name}{' --quick' if quick else ''}`.",
        )
        print_text(f"{dock.name}: {format_dock_verdict(result)}. Table and figure in {folder}.")
        if page:
            write_dock_page(result)
        misses += result.misses
    if page:
        write_dock_index([read_dock(name) for name in list_docks()])
    return misses
