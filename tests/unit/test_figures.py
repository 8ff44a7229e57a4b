"""Figures fit their page, are the same bytes every time, and draw what was computed."""

import re

import numpy as np
import polars as pl
import pytest

from analysis.cells import compute_cell_means
from analysis.figures.distributions import compute_distribution_curve
from analysis.figures.interaction import estimate_interaction
from analysis.figures.journals import page
from analysis.figures.network import animation, compute_layout, find_ties, storyboard
from analysis.figures.space import project_points
from analysis.regions import best_by_region
from experiments.presentation.exhibits import write_animation, write_exhibit
from tests.unit.figure_tables import FAMILIES, RNG, RUNS, make_members


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_fits_its_page(family):
    for journal, columns in (("nature", 1), ("apa", 2)):
        wanted = page(journal, columns)
        exhibit = FAMILIES[family](wanted)
        assert exhibit.figure.get_figwidth() == wanted.width
        exhibit.figure.draw_without_rendering()
        drawn = exhibit.figure.get_tightbbox()  # of all that is drawn, also beyond the edge
        assert (
            min(drawn.x0, drawn.y0) > -0.02
            and drawn.x1 < wanted.width + 0.02
            and drawn.y1 < exhibit.figure.get_figheight() + 0.02
        ), drawn
        assert not exhibit.data.is_empty()
        assert re.search(r"n = \d|no interval", exhibit.caption)


def test_the_same_results_give_the_same_bytes(tmp_path):
    written = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        names = [
            name
            for family in ("lines", "phase", "network")
            for name in write_exhibit(FAMILIES[family](page()), folder, "Seed 1.")
        ]
        names += write_animation(animation(*make_members()), folder, "Seed 1.")
        written.append({name: (folder / name).read_bytes() for name in names})
    assert {name.rpartition(".")[2] for name in written[0]} == {
        "pdf",
        "svg",
        "png",
        "csv",
        "md",
        "tex",
        "gif",
    }
    assert [name for name in written[0] if written[0][name] != written[1][name]] == []


def test_pdf_embeds_its_fonts_and_svg_keeps_its_text(tmp_path):
    write_exhibit(FAMILIES["lines"](page()), tmp_path, "Seed 1, 100 % & a_b.")
    pdf, svg = (tmp_path / "lines.pdf").read_bytes(), (tmp_path / "lines.svg").read_text()
    assert b"/FontFile2" in pdf and b"/Type3" not in pdf and b"CreationDate" not in pdf
    assert "<text" in svg and ">hub</text>" in svg and "<dc:date>" not in svg
    assert r"100 \% \& a\_b" in (tmp_path / "lines.tex").read_text()
    assert pl.read_csv(tmp_path / "lines.csv").columns == [
        "rate",
        "form",
        "measure",
        "value",
        "low",
        "high",
        "n",
    ]
    assert (tmp_path / "lines.png").read_bytes()[:4] == b"\x89PNG"


def test_cells_count_replicates_and_not_runs():
    means = compute_cell_means(RUNS, ["rate", "form"], "value")
    assert means["n"].unique().to_list() == [4]
    by_hand = (
        RUNS.filter((pl.col("form") == "hub") & (pl.col("rate") == 0.4))
        .group_by("replicate")
        .agg(pl.col("value").mean())["value"]
    )
    assert means.filter((pl.col("form") == "hub") & (pl.col("rate") == 0.4))[
        "value"
    ].item() == pytest.approx(by_hand.mean())


def test_winner_and_its_probability():
    rows = [
        {"x": 0, "form": f, "replicate": r, "value": v}
        for f, values in (("a", (1, 1, 1, 9)), ("b", (2, 2, 2, 0)))
        for r, v in enumerate(values)
    ]
    best = best_by_region(pl.DataFrame(rows), ["x"], "form", "value").row(0, named=True)
    assert (best["winner"], best["value"], best["runner_up"], best["lead"]) == ("a", 3.0, "b", 1.5)
    # a is best if replicate 3 is drawn k >= 1 times: the mean of a - b is (9 k - (4 - k)) / 4.
    assert best["probability"] == pytest.approx(
        1 - (3 / 4) ** 4, abs=4 * np.sqrt(0.68 * 0.32 / 2000)
    )  # fails for a correct one in 1 of 15,000 seeds
    equal = pl.DataFrame([{**row, "value": row["replicate"]} for row in rows])
    tied = best_by_region(equal, ["x"], "form", "value").row(0, named=True)
    assert (tied["winner"], tied["probability"]) == ("a = b", 1.0)


def test_difference_of_differences():
    table = estimate_interaction(RUNS, "rate", "form", "value")
    hub = table.filter((pl.col("rate") == 0.4) & (pl.col("form") == "alliance"))
    assert (
        hub["low"].item() < -0.2 < hub["high"].item()
    )  # the alliance lacks the 0.5 * 0.4 that the hub, the first level, gains
    assert table.filter(pl.col("rate") == 0.0)["value"].abs().max() == 0


def test_shares_at_or_above():
    cases = pl.DataFrame({"size": [1, 1, 2, 4], "replicate": [0, 1, 0, 1]})
    found = compute_distribution_curve(cases, "size")
    assert found.select("at", "value").rows() == [(1.0, 1.0), (2.0, 0.5), (4.0, 0.25)]
    assert (
        compute_distribution_curve(cases.with_columns(replicate=pl.lit(0)), "size")["low"]
        .is_nan()
        .all()
    )


def test_projection_is_that_of_the_covariance():
    values = RNG.random((40, 6))
    points, shares = project_points(values)
    lengths = np.sort(np.linalg.eigvalsh(np.cov(values.T)))[::-1]
    assert shares == pytest.approx(lengths[:2] / lengths.sum())
    assert points.var(axis=0, ddof=1) == pytest.approx(lengths[:2])


def test_ties_and_fixed_places():
    nodes, members = make_members()
    ties = find_ties(members)
    assert ties.filter(pl.col("moment") == 1).rows() == [(1, 0, 1), (1, 0, 2), (1, 1, 2), (1, 3, 4)]
    assert compute_layout(nodes["organisation"].to_list(), ties) == compute_layout(
        nodes["organisation"].to_list(), ties
    )
    drawn = storyboard(nodes, members).data
    assert (
        drawn.group_by("first").agg(pl.col("first_x").n_unique())["first_x"].to_list()
        == [1] * drawn["first"].n_unique()
    )
