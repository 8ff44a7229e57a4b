"""A figure with its caption and its table."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
from matplotlib.figure import Figure


class Exhibit(NamedTuple):
    """A figure with what a paper needs beside it.

    Attributes:
        name: of its files.
        figure: the matplotlib figure; ``figure.savefig("name.pdf")`` writes it.
        caption: plain text: what is drawn, n, and the interval.
        data: the table behind the figure, unrounded.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> from analysis.figures.lines import response_lines
        >>> exhibit = response_lines(make_example_runs(), "imitation.rate", ["joint_value"])
        >>> exhibit.name, exhibit.data.columns[-4:]
        ('lines', ['value', 'low', 'high', 'n'])
    """

    name: str
    figure: Figure
    caption: str
    data: pl.DataFrame
