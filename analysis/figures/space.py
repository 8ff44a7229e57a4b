"""The space of expertise: organisations before and after, projected on the same two axes."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.estimates import Floats
from analysis.figures.exhibit import Exhibit
from analysis.figures.style import (
    PAGE,
    Page,
    add_legend_above,
    add_panel_letter,
    assign_styles,
    balance_columns,
    make_panel_grid,
    merge_rare_groups,
)
from analysis.names import check_columns


def expertise_space(expertise: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw the expertise of organisations at several moments, a panel each.

    The axes are the two principal axes of all moments together.

    Args:
        expertise: a row per organisation and moment: ``organisation``, ``moment``, ``sector``, and
            a column ``domain_...`` per domain.
        page: width and text size.

    Returns:
        ``Exhibit``; ``data`` has ``organisation``, ``moment``, ``sector``, ``axis_1`` and
        ``axis_2`` (units of expertise). The caption gives the root mean square distance from the
        mean at every moment.

    Raises:
        AnalysisError: a column is missing, there are fewer than two domains or organisations, or
            all are alike.

    Source:
        Principal axes by singular value decomposition.

    Example:
        >>> expertise = pl.DataFrame(
        ...     {
        ...         "organisation": [0, 1, 0, 1],
        ...         "moment": ["at the start", "at the start", "at the end", "at the end"],
        ...         "sector": ["care", "goods", "care", "goods"],
        ...         "domain_1": [0.0, 2.0, 0.5, 1.5],
        ...         "domain_2": [0.0, 0.0, 0.0, 0.0],
        ...     }
        ... )
        >>> expertise_space(expertise).data["axis_1"].to_list()
        [-1.0, 1.0, -0.5, 0.5]
    """
    check_columns(expertise, "organisation", "moment", "sector")
    domains = [column for column in expertise.columns if column.startswith("domain_")]
    if len(domains) < 2:
        raise AnalysisError(
            f"the expertise has {len(domains)} domain{'s' * (len(domains) != 1)}; a projection on"
            " two axes needs two or more"
        )
    points, shares = project_points(expertise.select(domains).to_numpy().astype(np.float64))
    placed = expertise.select(
        "organisation", "moment", merge_rare_groups(expertise["sector"])
    ).with_columns(axis_1=points[:, 0], axis_2=points[:, 1])
    moments = placed["moment"].unique(maintain_order=True).to_list()
    spreads = [
        compute_spread(expertise.filter(pl.col("moment") == moment).select(domains).to_numpy())
        for moment in moments
    ]
    caption = (
        f"Expertise of {placed['organisation'].n_unique()} organisations in {len(domains)} domains"
        f" ({', '.join(map(str, moments))}), one run, projected on the two principal axes of all"
        " moments together, so that panels share their axes; markers: sectors; cross: mean. Root"
        f" mean square distance from the mean: {', '.join(f'{value:.3f}' for value in spreads)}. n"
        " = 1 run: there is no interval."
    )
    return Exhibit("space", draw_space_figure(placed, moments, shares, page), caption, placed)


def project_points(values: Floats) -> tuple[Floats, Floats]:
    """Return points on the first two principal axes, and the shares of variance of these.

    The sign of an axis is free; here the domain with the largest weight counts positively.
    """
    if not np.isfinite(values).all():
        raise AnalysisError(
            "the expertise has values that are no finite numbers; leave these organisations out"
        )
    centred = values - values.mean(axis=0)
    if len(values) < 2 or not centred.any():
        raise AnalysisError(
            "all organisations have the same expertise at all moments; nothing varies, so there is"
            " nothing to draw"
        )
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    two = axes[:2]
    two = two * np.sign(two[np.arange(len(two)), np.abs(two).argmax(axis=1)])[:, None]
    shares: Floats = lengths**2 / (lengths**2).sum()
    return centred @ two.T, shares[:2]


def compute_spread(values: Floats) -> float:
    """Return the root mean square distance from the mean."""
    return float(np.sqrt(((values - values.mean(axis=0)) ** 2).sum(axis=1).mean()))


def draw_space_figure(
    placed: pl.DataFrame, moments: Sequence[object], shares: Floats, page: Page
) -> Figure:
    """Return a panel per moment, all on the same axes and to scale."""
    figure, panels = make_panel_grid(page, len(moments), 3.0, at_most=2, share="all")
    sectors = placed["sector"].unique().sort().to_list()
    with mpl.rc_context(page.settings):
        for position, (panel, moment) in enumerate(zip(panels, moments, strict=True)):
            draw_points(panel, placed.filter(pl.col("moment") == moment), sectors)
            panel.set_title(str(moment))
            panel.set_aspect("equal")
            panel.set_xlabel(f"First axis ({shares[0]:.0%} of variance)".replace("%", " %"))
            if position % balance_columns(page, len(moments), 2) == 0:
                panel.set_ylabel(f"Second axis ({shares[1]:.0%} of variance)".replace("%", " %"))
            add_panel_letter(panel, position)
    if len(sectors) > 1:
        add_legend_above(figure, page, *panels[0].get_legend_handles_labels(), "sector")
    return figure


def draw_points(panel: Axes, points: pl.DataFrame, sectors: Sequence[str]) -> None:
    """Draw organisations by sector, and the mean of all."""
    for sector, style in assign_styles(sectors).items():
        part = points.filter(pl.col("sector") == sector)
        panel.plot(
            part["axis_1"],
            part["axis_2"],
            linestyle="",
            marker=style.marker,
            color=style.colour,
            alpha=0.75,
            markersize=3.4,
            label=sector,
        )
    middle = points.select("axis_1", "axis_2").mean().row(0)
    panel.plot(*middle, marker="+", color="black", markersize=9, markeredgewidth=1.4, linestyle="")
