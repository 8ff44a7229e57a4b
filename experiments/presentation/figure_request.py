"""What a user requests of `overbruggen figures`, and what the results offer for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from analysis.figures.journals import find_journal
from analysis.figures.lines import order_factors
from analysis.figures.style import PAGE, Page
from analysis.names import suggest_or_list
from experiments.presentation.labels import list_axis_labels
from experiments.store.results import Results
from sim.errors import InputError

# Columns beside the factors that runs of the collaboration model have.
EXTRA_AXIS_COLUMNS = ("form", "imitation_rate", "depth")


class FigureRequest(NamedTuple):
    """A requested figure; the design of the study sets what is left out.

    Attributes:
        kind: kind of figure.
        measures: columns of the results to draw.
        x: factor along the axis.
        y: factor along the other axis of a map.
        by: factor with one line, panel or contender per level.
        page: journal and columns that set the size of the figure.
        moments: number of moments at which a network is drawn.
    """

    kind: str | None = None
    measures: tuple[str, ...] = ()
    x: str | None = None
    y: str | None = None
    by: str | None = None
    page: Page = PAGE
    moments: int | None = None

    @property
    def options(self) -> list[str] | None:
        """Options of `overbruggen figures` that repeat the request; None for an unlisted page."""
        journal = find_journal(self.page)
        if journal is None:
            return None
        values = {
            "kind": self.kind,
            "x": self.x,
            "y": self.y,
            "by": self.by,
            "moments": self.moments,
        }
        options = [
            word
            for name, value in values.items()
            if value is not None
            for word in (f"--{name}", str(value))
        ]
        options += [word for measure in self.measures for word in ("--measure", measure)]
        if self.page != PAGE:
            options += ["--journal", journal[0], "--columns", str(journal[1])]
        return options


class FigureSource(NamedTuple):
    """The results that a figure shows, and the measures to draw by default."""

    results: Results
    default_measures: tuple[str, ...]

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors of the study."""
        return self.results.factors

    @property
    def labels(self) -> dict[str, str]:
        """Axis labels by parameter or measure."""
        return list_axis_labels(self.results.manifest.model)

    @property
    def varied(self) -> list[str]:
        """Factors with several levels, in the order in which axes take them."""
        return order_factors(self.results.runs, self.factors)

    @property
    def varied_names(self) -> list[str]:
        """Varied factors whose levels are names rather than numbers."""
        runs = self.results.runs
        return [factor for factor in self.varied if not runs[factor].dtype.is_numeric()]


def choose_axis_factors(
    request: FigureRequest, source: FigureSource, slots: Sequence[str], needed: int
) -> list[str | None]:
    """Return a factor for each slot of a figure.

    Args:
        request: the factors that the user requests.
        source: the results to draw.
        slots: options of the kind, of x, y and by, in the order in which factors fill them.
        needed: how many of the slots must have a factor.

    Returns:
        The requested factor of each slot, or the next that varies, or None where none is left.

    Raises:
        InputError: the request does not fit the kind or the study.
    """
    requested = {slot: getattr(request, slot) for slot in slots}
    known = [
        *source.factors,
        *(name for name in EXTRA_AXIS_COLUMNS if name in source.results.runs.columns),
    ]
    for slot in ("x", "y", "by"):
        name = getattr(request, slot)
        if name and slot not in slots:
            raise InputError(f"--{slot} has no meaning in a figure of this kind; leave it out")
        if name and name not in known:
            raise InputError(
                f"--{slot} is {name}, which this study does not vary.{suggest_or_list(name, known)}"
            )
    free = [factor for factor in source.varied if factor not in requested.values()]
    chosen = [requested[slot] or (free.pop(0) if free else None) for slot in slots]
    if None in chosen[:needed]:
        varied = ", ".join(source.varied) or "none"
        raise InputError(
            f"--kind {request.kind} needs {needed} factor{'s' * (needed > 1)} with several levels;"
            f" this study varies {varied}"
        )
    return chosen


def choose_figure_measures(
    request: FigureRequest, source: FigureSource, table: pl.DataFrame
) -> list[str]:
    """Return the requested measures, or the default ones that a table has."""
    keys = {"replicate", "seed", *source.factors}
    known = [name for name, kind in table.schema.items() if kind.is_numeric() and name not in keys]
    for name in request.measures:
        if name not in known:
            raise InputError(
                f"--measure is {name}, which these results do not"
                f" have.{suggest_or_list(name, known)}"
            )
    chosen = list(request.measures) or [name for name in source.default_measures if name in known]
    if not chosen:
        raise InputError(
            f"--kind {request.kind} has no default measure in these results; give one with"
            f" --measure: {', '.join(known) or 'they have none that is a number'}"
        )
    return chosen


def choose_figure_measure(request: FigureRequest, source: FigureSource) -> str:
    """Return the one measure of runs that a figure shows."""
    measures = choose_figure_measures(request, source, source.results.runs)
    if len(request.measures) > 1:
        raise InputError(
            f"--kind {request.kind} takes one measure; it was given"
            f" {', '.join(request.measures)}: draw the figure once for each"
        )
    return measures[0]
