"""Response lines of the main question: measures against the rate of imitation, a line per form."""

from __future__ import annotations

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.cells import compute_cell_means
from analysis.comparison import RATE_COLUMN
from analysis.errors import AnalysisError
from analysis.estimates import Floats
from analysis.figures.exhibit import Exhibit
from analysis.figures.labels import (
    DIVERSITY_WITHIN_LABEL,
    JOINT_VALUE_LABEL,
    SYNERGY_LABEL,
    join_names,
)
from analysis.figures.lines import draw_lines, format_interval_note
from analysis.figures.style import (
    LIGHT_GREY,
    PAGE,
    Page,
    add_legend_above,
    add_panel_letter,
    make_figure,
)

RESPONSE_LABELS = {
    "joint_value": JOINT_VALUE_LABEL,
    "synergy": SYNERGY_LABEL,
    "diversity_within": DIVERSITY_WITHIN_LABEL,
}


def draw_response_exhibits(runs: pl.DataFrame, page: Page = PAGE) -> list[Exhibit]:
    """Return the main figure (joint value, synergy and diversity by depth), and diversity alone.

    Measures that do not vary are left out.
    """
    varied = [
        measure
        for measure in RESPONSE_LABELS
        if select_drawn_runs(runs, measure)[measure].n_unique() > 1
    ]
    if not varied:
        raise AnalysisError(
            f"{join_names(list(RESPONSE_LABELS))} are the same in every run; nothing varies, so"
            " there is nothing to draw"
        )
    exhibits = [draw_response_exhibit(runs, "joint_value_and_synergy", tuple(varied), page)]
    return (
        [*exhibits, draw_response_exhibit(runs, "diversity_within", ("diversity_within",), page)]
        if "diversity_within" in varied
        else exhibits
    )


def select_drawn_runs(runs: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Return the runs that have a measure: alone there is no synergy and no diversity within."""
    return runs if measure == "joint_value" else runs.filter(pl.col("form") != "alone")


def draw_response_exhibit(
    runs: pl.DataFrame, name: str, measures: tuple[str, ...], page: Page
) -> Exhibit:
    """Return a grid of panels, a row per measure and a column per depth."""
    means = pl.concat(
        [
            compute_cell_means(
                select_drawn_runs(runs, measure), ["depth", "form", RATE_COLUMN], measure
            )
            for measure in measures
        ]
    )
    what = join_names([" ".join(RESPONSE_LABELS[measure].split()) for measure in measures])
    caption = (
        f"{what} (rows) against the rate of imitation, a line per form, for each depth of expertise"
        " (columns): whether spreading skills is free (1) or has its price."
        f" {format_interval_note(means['n'])}"
    )
    return Exhibit(name, draw_response_figure(means, measures, page), caption, means)


def draw_response_figure(means: pl.DataFrame, measures: tuple[str, ...], page: Page) -> Figure:
    """Return a grid of panels: a row per measure, a column per depth."""
    depths = means["depth"].unique().sort().to_list()
    figure, panels = make_figure(
        page, len(measures), len(depths), 0.55 + 2.05 * len(measures), share="row"
    )
    with mpl.rc_context(page.settings):
        for row, measure in enumerate(measures):
            for column, depth in enumerate(depths):
                panel = panels[row][column]
                draw_response_panel(
                    panel, means.filter((pl.col("depth") == depth) & (pl.col("measure") == measure))
                )
                if row == 0:
                    panel.set_title(f"depth {depth:g}")
                if column == 0:
                    panel.set_ylabel(RESPONSE_LABELS[measure])
                add_panel_letter(panel, row * len(depths) + column)
        figure.supxlabel(
            page.fit("Imitation rate (per exposed member and round; square-root axis)")
        )
    handles, names = panels[0][0].get_legend_handles_labels()
    add_legend_above(figure, page, handles, names)
    return figure


def draw_response_panel(panel: Axes, means: pl.DataFrame) -> None:
    """Draw one measure against the rate, a line per form; a square-root axis shows small rates."""
    draw_lines(panel, means, RATE_COLUMN, "form")
    rates = means[RATE_COLUMN].unique().sort().to_list()
    panel.set_xscale("function", functions=(_take_root, _square))
    panel.set_xticks(rates, [f"{rate:g}" for rate in rates])
    panel.set_xlim(0, rates[-1] * 1.03)
    panel.axhline(0, color=LIGHT_GREY, linewidth=0.5, zorder=0)


def _take_root(x: Floats) -> Floats:
    """Return the square root of the absolute value."""
    root: Floats = abs(x) ** 0.5
    return root


def _square(x: Floats) -> Floats:
    """Return the square."""
    return x**2
