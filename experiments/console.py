"""Output in the terminal: tables, progress bars and sentences."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table as RichTable

from analysis.tables import Table

LONGEST_ESTIMATE = 22  # "-0.123 [-0.123, -0.123]" stays on one line where all columns fit
PADDING = 3
SECONDS_BETWEEN_LINES = 10.0
MANY_POINTS = 5_000  # checking them takes a few seconds
Item = TypeVar("Item")

console = Console()
error_console = Console(stderr=True)


def print_table(table: Table) -> None:
    """Print a table."""
    shown = RichTable(
        title=table.title,
        title_justify="left",
        box=SIMPLE_HEAD,
        caption=table.note or None,
        caption_justify="left",
    )
    widths = [
        min(LONGEST_ESTIMATE, max((len(row[position]) for row in table.rows), default=0))
        for position in range(len(table.columns))
    ]
    words = [max(map(len, column.split()), default=0) for column in table.columns]
    fits = sum(max(pair) + PADDING for pair in zip(widths, words, strict=True)) <= console.width
    for column, width in zip(table.columns, widths, strict=True):
        shown.add_column(column, overflow="fold", min_width=width if fits else None)
    for row in table.rows:
        shown.add_row(*row)
    console.print(shown)


def print_text(sentence: str) -> None:
    """Print a sentence without markup."""
    console.print(sentence, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def show_progress(title: str, total: int) -> Iterator[Progress]:
    """Show a progress bar with counts, elapsed time and time left; it has one task."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        bar.add_task(title, total=total)
        yield bar


def track_points(points: Sequence[Item]) -> Iterator[Item]:
    """Walk through the points of a design while each is checked; many points get a bar."""
    if len(points) < MANY_POINTS:
        yield from points
        return
    with show_progress("Checking points", len(points)) as bar:
        for point in points:
            yield point
            bar.advance(TaskID(0))


class RunProgress:
    """Progress of a study: completed and failed runs, their rate and the time left.

    A terminal shows a bar. Any other output gets a line from time to time.

    Args:
        total: number of runs of the study; None if a stopping rule decides it.
        quiet: show nothing.
    """

    def __init__(self, total: int | None, quiet: bool) -> None:
        self.total, self.quiet = total, quiet
        self.done, self.before, self.failed = 0, 0, 0
        self.started = self.last_line = time.monotonic()
        columns = (
            TextColumn("Runs"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failed]}"),
        )
        self.bar = (
            Progress(*columns, console=console) if console.is_terminal and not quiet else None
        )

    def __enter__(self) -> RunProgress:
        """Start the bar."""
        if self.bar is not None:
            self.bar.start()
            self.task = self.bar.add_task("", total=self.total, rate="", failed="")
        return self

    def __exit__(self, *raised: object) -> None:
        """Stop the bar, or print the final line."""
        if self.bar is not None:
            self.bar.stop()
        elif not self.quiet:
            self._print_line()

    def begin(self, before: int) -> None:
        """Set the number of runs that were completed before."""
        self.before = before

    def count_run(self, status: str) -> None:
        """Count one more run."""
        self.done += 1
        self.failed += status != "done"
        if self.bar is not None:
            failures = f"{self.failed} failed" if self.failed else ""
            self.bar.update(
                self.task,
                completed=self.before + self.done,
                rate=self._format_rate(),
                failed=failures,
            )
        elif not self.quiet and time.monotonic() - self.last_line > SECONDS_BETWEEN_LINES:
            self._print_line()

    def _format_rate(self) -> str:
        """Return runs per second."""
        return f"{self.done / max(1e-9, time.monotonic() - self.started):.1f}/s"

    def _print_line(self) -> None:
        """Print the present state as one line."""
        self.last_line = time.monotonic()
        of = "" if self.total is None else f" of {self.total}"
        left = (
            ""
            if self.total is None or not self.done
            else f", {self._estimate_seconds_left():.0f} s left"
        )
        print_text(
            f"{self.before + self.done}{of} runs,"
            f" {self._format_rate()}{left}{f', {self.failed} failed' if self.failed else ''}"
        )

    def _estimate_seconds_left(self) -> float:
        """Return the time that the missing runs need at the present rate."""
        missing = max(0, (self.total or 0) - self.before - self.done)
        return missing * (time.monotonic() - self.started) / self.done
