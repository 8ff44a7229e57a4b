"""What is shown in the terminal: tables, progress, sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table as RichTable

from analysis.tables import Table

LONGEST_ESTIMATE = 22  # "-0.123 [-0.123, -0.123]" stays on one line where all columns fit
PADDING = 3

console = Console()
errors = Console(stderr=True)


def show(table: Table) -> None:
    """Print a table."""
    shown = RichTable(title=table.title, title_justify="left", box=SIMPLE_HEAD, caption=table.note or None, caption_justify="left")
    widths = [min(LONGEST_ESTIMATE, max((len(row[position]) for row in table.rows), default=0)) for position in range(len(table.columns))]
    words = [max(map(len, column.split()), default=0) for column in table.columns]
    fits = sum(max(pair) + PADDING for pair in zip(widths, words, strict=True)) <= console.width
    for column, width in zip(table.columns, widths, strict=True):
        shown.add_column(column, overflow="fold", min_width=width if fits else None)
    for row in table.rows:
        shown.add_row(*row)
    console.print(shown)


def say(sentence: str) -> None:
    """Print a sentence as it stands."""
    console.print(sentence, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def progress(title: str, total: int) -> Iterator[Progress]:
    """Show a progress bar with counts, time spent and time left; its one task has number 0."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        bar.add_task(title, total=total)
        yield bar
