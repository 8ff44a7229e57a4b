"""The course of one run in four panels."""

from __future__ import annotations

import matplotlib as mpl
import polars as pl
from matplotlib.figure import Figure

from analysis.errors import AnalysisError
from analysis.figures.exhibit import Exhibit
from analysis.figures.style import PAGE, Page, make_panel_grid

RUN_PANELS = (
    (
        "Value (per organisation and round)",
        (
            ("joint_value", "joint value"),
            ("value_alone", "value if all worked alone"),
            ("synergy", "synergy"),
        ),
    ),
    (
        "Diversity (root mean square distance)",
        (("diversity", "all organisations"), ("diversity_within", "within collaborations")),
    ),
    (
        "Understanding and trust (0 to 1)",
        (
            ("understanding_alike", "by being alike"),
            ("understanding_bridged", "by bridging"),
            ("trust_within", "trust"),
        ),
    ),
    (
        "Collaborations (share; members)",
        (("working_share", "share of organisations in one"), ("mean_size", "members, mean")),
    ),
)
RUN_COLOURS = ("#0072B2", "#E69F00", "#009E73")
RUN_LINE_STYLES = ("-", "--", ":")


def run_exhibit(rounds: pl.DataFrame, page: Page = PAGE) -> Exhibit:
    """Draw value, diversity, understanding and collaborations of one run against rounds.

    Args:
        rounds: a row per recorded round: ``round`` and the measures of ``RUN_PANELS``.
        page: width and text size.

    Returns:
        ``Exhibit``; ``data`` has ``round`` and the measures.

    Raises:
        AnalysisError: no round was recorded.

    Example:
        >>> from analysis.examples import make_example_series
        >>> rounds = make_example_series().filter(pl.col("run") == "0.2-0")
        >>> exhibit = run_exhibit(rounds)
        >>> exhibit.data.columns[:4], len(exhibit.data)
        (['round', 'joint_value', 'value_alone', 'synergy'], 40)
    """
    if rounds.is_empty():
        raise AnalysisError("no round was recorded; lower run.record_every or raise run.rounds")
    shown = [measure for _, series in RUN_PANELS for measure, _ in series]
    caption = (
        "One run: value, diversity, understanding and trust, and collaborations against rounds. n ="
        " 1 run: there is no interval."
    )
    return Exhibit("run", draw_run_figure(rounds, page), caption, rounds.select("round", *shown))


def draw_run_figure(rounds: pl.DataFrame, page: Page) -> Figure:
    """Return value, diversity, understanding and collaborations against rounds."""
    figure, panels = make_panel_grid(
        page, len(RUN_PANELS), 2.0 if page.count_columns(len(RUN_PANELS), 2) > 1 else 1.6, at_most=2
    )
    room = page.count_letters(0.85 * page.width / page.count_columns(len(RUN_PANELS), 2))
    with mpl.rc_context(page.settings):
        for panel, (title, series) in zip(panels, RUN_PANELS, strict=True):
            for (measure, name), colour, line in zip(
                series, RUN_COLOURS, RUN_LINE_STYLES, strict=False
            ):
                panel.plot(
                    rounds["round"], rounds[measure], color=colour, linestyle=line, label=name
                )
            panel.set_title(title, loc="left")
            panel.set_xlabel("Round")
            values = rounds.select([measure for measure, _ in series]).to_numpy()
            fits = sum(len(name) + 6 for _, name in series) < room
            # With room for the legend above the lines.
            panel.set_ylim(min(0.0, values.min()), (1.2 if fits else 1.5) * max(values.max(), 0.1))
            panel.legend(
                loc="upper left",
                ncols=len(series) if fits else 1,
                columnspacing=1.0,
                handlelength=1.8,
            )
    return figure
