"""The network of collaboration: a storyboard of moments, and an animation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import matplotlib as mpl
import networkx as nx
import numpy as np
import polars as pl
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.figures.exhibit import Exhibit
from analysis.figures.style import (
    PAGE,
    Page,
    add_legend_above,
    assign_styles,
    make_figure,
    make_panel_grid,
    merge_rare_groups,
)
from analysis.names import check_columns

LAYOUT_SEED = 1  # of the layout alone, in which only distances have a meaning


class AnimatedExhibit(NamedTuple):
    """An animation: its last frame with caption and table, and the film itself.

    Attributes:
        exhibit: last frame, caption and table.
        film: matplotlib's animation; ``film.save("network.gif")`` writes it.
    """

    exhibit: Exhibit
    film: FuncAnimation


def find_ties(members: pl.DataFrame) -> pl.DataFrame:
    """Return a row per moment and pair of organisations that are in a collaboration together.

    Args:
        members: a row per moment and membership: ``moment``, ``collaboration``, ``organisation``.
    """
    check_columns(members, "moment", "collaboration", "organisation")
    teams = members.group_by("moment", "collaboration", maintain_order=True).agg(
        pl.col("organisation").sort()
    )
    rows = {
        (moment, *pair) for moment, _, team in teams.iter_rows() for pair in combinations(team, 2)
    }
    return pl.DataFrame(
        sorted(rows),
        schema={"moment": pl.Int64, "first": pl.Int64, "second": pl.Int64},
        orient="row",
    )


def compute_layout(
    organisations: Sequence[int], ties: pl.DataFrame
) -> dict[int, tuple[float, float]]:
    """Return the places of organisations: near those they worked with, over all moments together.

    The same ties give the same places.
    """
    graph: Any = nx.Graph()
    graph.add_nodes_from(organisations)
    counted = ties.group_by("first", "second").agg(weight=pl.len()).sort("first", "second")
    graph.add_weighted_edges_from(counted.iter_rows())
    layout = nx.spring_layout(
        graph, k=2.2 / np.sqrt(max(1, len(graph))), iterations=120, seed=LAYOUT_SEED
    )
    return {node: (float(at[0]), float(at[1])) for node, at in layout.items()}


def storyboard(
    nodes: pl.DataFrame, members: pl.DataFrame, moments: int = 6, page: Page = PAGE
) -> Exhibit:
    """Draw who is in a collaboration with whom, at moments spread evenly over the run.

    Every organisation is at the same place in all panels.

    Args:
        nodes: a row per organisation: ``organisation``, ``sector``.
        members: a row per moment and membership: ``moment`` (rounds played), ``collaboration``,
            ``organisation``.
        moments: number of panels, 2 or more.
        page: width and text size.

    Returns:
        ``Exhibit``; ``data`` has a row per moment and tie: ``moment``, ``first``, ``second``, and
        their places ``first_x``, ``first_y``, ``second_x``, ``second_y`` (no unit).

    Raises:
        AnalysisError: a column is missing, or nobody works together at any moment.

    Source:
        Fruchterman & Reingold (1991), Software: Practice and Experience 21 (layout); by networkx.

    Example:
        >>> nodes = pl.DataFrame({"organisation": [0, 1, 2], "sector": ["care", "care", "goods"]})
        >>> members = pl.DataFrame(
        ...     {
        ...         "moment": [4, 4, 8, 8],
        ...         "collaboration": [0, 0, 1, 1],
        ...         "organisation": [0, 1, 1, 2],
        ...     }
        ... )
        >>> exhibit = storyboard(nodes, members, moments=2)
        >>> exhibit.data.select("moment", "first", "second").rows()
        [(4, 0, 1), (8, 1, 2)]
    """
    nodes, ties, at, known = prepare_network(nodes, members)
    chosen = pick_evenly(known, moments)
    figure, panels = make_panel_grid(page, len(chosen), 2.2)
    with mpl.rc_context(page.settings):
        for panel, moment in zip(panels, chosen, strict=True):
            draw_moment(panel, nodes, ties, at, moment)
    add_sector_legend(figure, panels[0], page)
    shown = ties.filter(pl.col("moment").is_in(chosen))
    caption = (
        f"Who is in a collaboration with whom after {', '.join(map(str, chosen))} rounds, one run"
        f" of {len(nodes)} organisations; markers: sectors; faint: in no collaboration. Every"
        " organisation is at the same place in all panels, near those it worked with over the whole"
        " run (spring layout). n = 1 run: there is no interval."
    )
    return Exhibit("network", figure, caption, add_places(shown, at))


def animation(
    nodes: pl.DataFrame, members: pl.DataFrame, moments: int | None = None, page: Page = PAGE
) -> AnimatedExhibit:
    """Film the network of one run, a frame per moment.

    Args:
        nodes: a row per organisation: ``organisation``, ``sector``.
        members: a row per moment and membership, as for ``storyboard``.
        moments: number of frames; none for all moments.
        page: width and text size; frames are half as wide.

    Returns:
        ``AnimatedExhibit``: the film, and its last frame with caption and table.

    Raises:
        AnalysisError: as for ``storyboard``.

    Source:
        As for ``storyboard``.

    Example:
        >>> nodes = pl.DataFrame({"organisation": [0, 1], "sector": ["care", "goods"]})
        >>> members = pl.DataFrame(
        ...     {"moment": [4, 4], "collaboration": [0, 0], "organisation": [0, 1]}
        ... )
        >>> animated = animation(nodes, members)
        >>> animated.exhibit.data["moment"].to_list()
        [4]
        >>> animated.film.save("network.gif", writer="pillow")
    """
    nodes, ties, at, known = prepare_network(nodes, members)
    known = known if moments is None else pick_evenly(known, moments)
    small = Page(page.width / 2, page.text)
    (last, _), (moving, screen) = (
        draw_one_moment(nodes, ties, at, known[-1], small) for _ in range(2)
    )
    moving.draw_without_rendering()
    moving.set_layout_engine("none")  # laid out once, so that nothing moves but ties

    def frame(number: int) -> list[Any]:
        screen.clear()
        with mpl.rc_context(small.settings):
            draw_moment(screen, nodes, ties, at, known[number])
        return []

    film = FuncAnimation(moving, frame, frames=len(known), blit=False)
    caption = (
        f"The network of collaboration of one run of {len(nodes)} organisations, {len(known)}"
        f" moments up to round {known[-1]} (here the last; the film shows all); markers: sectors;"
        " faint: in no collaboration. n = 1 run: there is no interval."
    )
    return AnimatedExhibit(
        Exhibit(
            "animation", last, caption, add_places(ties.filter(pl.col("moment").is_in(known)), at)
        ),
        film,
    )


def pick_evenly(known: Sequence[int], count: int) -> list[int]:
    """Return ``count`` of the known moments, spread evenly from the first to the last."""
    if count < 2:
        raise AnalysisError(f"moments is {count}; a sequence needs 2 or more")
    return [
        known[place]
        for place in np.unique(
            np.linspace(0, len(known) - 1, min(count, len(known))).round().astype(int)
        )
    ]


def draw_one_moment(
    nodes: pl.DataFrame,
    ties: pl.DataFrame,
    at: dict[int, tuple[float, float]],
    moment: int,
    page: Page,
) -> tuple[Figure, Axes]:
    """Return a figure of one moment, and its panel."""
    figure, grid = make_figure(page, 1, 1, page.width * 1.08 / page.scale)
    with mpl.rc_context(page.settings):
        draw_moment(grid[0][0], nodes, ties, at, moment)
    add_sector_legend(figure, grid[0][0], page)
    return figure, grid[0][0]


def prepare_network(
    nodes: pl.DataFrame, members: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, dict[int, tuple[float, float]], list[int]]:
    """Return organisations, ties, places and the moments of a run."""
    check_columns(nodes, "organisation", "sector")
    ties = find_ties(members)
    if ties.is_empty():
        raise AnalysisError(
            "nobody is in a collaboration at any moment; there is no network to draw"
        )
    known = members["moment"].unique().sort().to_list()
    return (
        nodes.with_columns(merge_rare_groups(nodes["sector"])),
        ties,
        compute_layout(nodes["organisation"].to_list(), ties),
        known,
    )


def draw_moment(
    panel: Axes,
    nodes: pl.DataFrame,
    ties: pl.DataFrame,
    at: dict[int, tuple[float, float]],
    moment: int,
) -> None:
    """Draw organisations and ties of one moment."""
    now = ties.filter(pl.col("moment") == moment)
    panel.add_collection(
        LineCollection(
            [(at[a], at[b]) for _, a, b in now.iter_rows()],
            colors="#555555",
            linewidths=0.6,
            alpha=0.7,
            zorder=1,
        )
    )
    tied = {*now["first"], *now["second"]}
    for sector, style in assign_styles(nodes["sector"].unique().sort()).items():
        for busy in (False, True):
            here = [
                at[node]
                for node in nodes.filter(pl.col("sector") == sector)["organisation"]
                if (node in tied) == busy
            ]
            across, up = zip(*here, strict=True) if here else ((), ())
            faint: dict[str, Any] = {
                "markeredgecolor": style.colour,
                "markerfacecolor": "white",
                "alpha": 0.45,
            }
            ink = {"color": style.colour} if busy else faint
            panel.plot(
                across,
                up,
                linestyle="",
                marker=style.marker,
                markersize=3.6,
                zorder=2,
                label=sector if busy else "_",
                **ink,
            )
    everywhere = np.array(list(at.values()))
    low, high = everywhere.min(axis=0), everywhere.max(axis=0)
    margin = 0.05 * float((high - low).max())
    panel.set(
        xlim=(low[0] - margin, high[0] + margin),
        ylim=(low[1] - margin, high[1] + margin),
        xticks=[],
        yticks=[],
        aspect="equal",
    )
    panel.grid(False)
    panel.spines[:].set_visible(False)
    panel.set_title(f"round {moment}: {len(now)} ties")


def add_sector_legend(figure: Figure, panel: Axes, page: Page) -> None:
    """Put a legend of sectors above all panels, if there are several."""
    handles, names = panel.get_legend_handles_labels()
    if len(names) > 1:
        add_legend_above(figure, page, handles, names, "sector")


def add_places(ties: pl.DataFrame, at: dict[int, tuple[float, float]]) -> pl.DataFrame:
    """Return ties with the places of their ends, so that the table suffices to redraw them."""
    ends = {"first": ties["first"].to_list(), "second": ties["second"].to_list()}
    return ties.with_columns(
        *(
            pl.Series(f"{end}_{axis}", [at[node][place] for node in nodes], pl.Float64)
            for end, nodes in ends.items()
            for place, axis in enumerate("xy")
        )
    )
