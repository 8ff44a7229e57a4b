"""A figure with what belongs to it in a paper."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
from matplotlib.figure import Figure


class Exhibit(NamedTuple):
    """A figure, its name, its caption in plain text (what, n, interval), and the table behind the picture."""

    name: str
    figure: Figure
    caption: str
    data: pl.DataFrame
