"""Figures: looks that read without colour, pages of journals, what is written, and a sentence for
what cannot be drawn.
"""

import itertools
import re

import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_rgb

from analysis.cells import compute_cell_means
from analysis.errors import AnalysisError
from analysis.figures.distributions import compute_distribution_curve, distribution
from analysis.figures.interaction import estimate_interaction, interaction
from analysis.figures.journals import JOURNALS, page
from analysis.figures.lines import response_lines
from analysis.figures.maps import compute_luminance, heat_map, phase_diagram
from analysis.figures.network import animation, compute_layout, find_ties, storyboard
from analysis.figures.one_run import RUN_PANELS, run_exhibit
from analysis.figures.profiles import profiles
from analysis.figures.space import expertise_space, project_points
from analysis.figures.style import MILLIMETRE, SERIES_STYLES, assign_styles, merge_rare_groups
from analysis.figures.timecourse import time_course
from analysis.regions import best_by_region
from experiments.presentation.exhibits import write_animation, write_exhibit

RNG = np.random.default_rng(3)


def made_runs(replicates=4):
    rows = [
        {
            "form": form,
            "rate": rate,
            "depth": depth,
            "replicate": r,
            "value": base + 0.5 * rate * (form == "hub") - 0.1 * depth + luck,
            "cost": rate + luck**2,
        }
        for form, base in (("hub", 0.0), ("alliance", 0.1), ("alone", -0.3))
        for rate in (0.0, 0.1, 0.4)
        for depth in (1.0, 2.0)
        for r, luck in enumerate(0.02 * RNG.standard_normal(replicates))
    ]
    return pl.DataFrame(rows)


def made_series():
    times = [(form, r, t) for form in ("hub", "alone") for r in range(3) for t in range(30)]
    rows = [
        {"form": f, "replicate": r, "round": t, "value": np.sin(t / 5) + 0.1 * r + (f == "hub")}
        for f, r, t in times
    ]
    events = [
        {"form": f, "replicate": r, "started": 2 * i, "ended": 2 * i + 5, "reason": "term"}
        for f in ("hub", "alone")
        for r in range(3)
        for i in range(10)
    ]
    return pl.DataFrame(rows), pl.DataFrame(events)


def made_members():
    nodes = pl.DataFrame({"organisation": range(8), "sector": ["care", "goods"] * 4})
    teams = [(1, 0, (0, 1, 2)), (1, 1, (3, 4)), (5, 0, (0, 1, 2)), (5, 2, (5, 6)), (9, 3, (1, 6))]
    rows = [
        {"moment": m, "collaboration": c, "organisation": o} for m, c, team in teams for o in team
    ]
    return nodes, pl.DataFrame(rows)


def made_expertise():
    start = RNG.random((12, 5))
    frames = [
        pl.DataFrame({f"domain_{k}": x[:, k] for k in range(5)}).with_columns(
            organisation=pl.int_range(12), moment=pl.lit(name), sector=pl.lit("care")
        )
        for name, x in (("at the start", start), ("at the end", start / 2))
    ]
    return pl.concat(frames)


def made_rounds():
    measures = [measure for _, series in RUN_PANELS for measure, _ in series]
    return pl.DataFrame({"round": range(20)} | {measure: RNG.random(20) for measure in measures})


RUNS = made_runs()
SERIES, EVENTS = made_series()
SIZES = pl.DataFrame(
    {
        "size": RNG.geometric(0.2, 300),
        "form": ["hub", "alone"] * 150,
        "replicate": np.arange(300) % 5,
    }
)
FAMILIES = {
    "lines": lambda p: response_lines(
        RUNS, "rate", ["value", "cost"], "form", ["form", "rate", "depth"], page=p
    ),
    "names": lambda p: response_lines(RUNS, "form", ["value"], page=p),
    "heatmap": lambda p: heat_map(RUNS, "rate", "depth", "value", "form", page=p),
    "phase": lambda p: phase_diagram(RUNS, "rate", "depth", "form", "value", page=p),
    "interaction": lambda p: interaction(RUNS, "rate", "form", "value", page=p),
    "timecourse": lambda p: time_course(SERIES, ["value"], "form", EVENTS, page=p),
    "distributions": lambda p: distribution(SIZES, ["size"], "form", page=p),
    "profiles": lambda p: profiles(
        RUNS,
        "form",
        {"value": 1, "cost": -1},
        labels={"cost": "Diversity within collaborations (distance)"},
        page=p,
    ),
    "run": lambda p: run_exhibit(made_rounds(), page=p),
    "space": lambda p: expertise_space(made_expertise(), page=p),
    "network": lambda p: storyboard(*made_members(), page=p),
}


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
        names += write_animation(animation(*made_members()), folder, "Seed 1.")
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


def simulated(colour, matrix):
    """Return a colour as it is seen without one kind of cone: the matrices of Machado, Oliveira &
    Fernandes (2009), severity 1.
    """
    linear = np.array(
        [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    )
    return np.clip(np.array(matrix) @ linear, 0, 1)


def lab(linear):
    xyz = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ linear
        / np.array([0.9505, 1.0, 1.089])
    )
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


SEEN = {
    "all cones": np.eye(3),
    "no long (protanopia)": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no middle (deuteranopia)": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


@pytest.mark.parametrize("eyes", SEEN)
def test_colours_can_be_told_apart(eyes):
    for (one, a), (other, b) in itertools.combinations(SERIES_STYLES.items(), 2):
        difference = np.linalg.norm(
            lab(simulated(a.colour, SEEN[eyes])) - lab(simulated(b.colour, SEEN[eyes]))
        )
        assert difference > 5, (one, other, difference)  # 2.3 is just noticeable (Mahy et al. 1994)


def test_looks_can_be_told_apart_in_grey():
    for part in ("marker", "line"):
        assert len({getattr(style, part) for style in SERIES_STYLES.values()}) == len(SERIES_STYLES)
    greys = sorted(compute_luminance(style.colour) for style in SERIES_STYLES.values())
    assert greys[0] < 0.1 and greys[-1] < 0.75  # all dark enough to be seen on white


def test_every_series_has_a_look_of_its_own():
    assert assign_styles(["mine", "alliance"]) == {
        "mine": SERIES_STYLES["network"],
        "alliance": SERIES_STYLES["alliance"],
    }
    assert (
        len(set(assign_styles(range(8)).values())) == 8
        and assign_styles(range(8))["7"] == SERIES_STYLES["alone"]
    )
    with pytest.raises(AnalysisError, match="9 series .* at most 8 at once"):
        assign_styles(range(9))
    sectors = pl.Series("sector", [f"s{i}" for i in range(10) for _ in range(i + 1)])
    assert (
        merge_rare_groups(sectors).n_unique() == 8
        and (merge_rare_groups(sectors) == "others").sum() == 1 + 2 + 3
    )
    assert merge_rare_groups(sectors.head(10)).equals(sectors.head(10))


def test_journals_name_their_source():
    for name, journal in JOURNALS.items():
        assert journal.one < journal.two <= 200 and journal.source
        assert page(name, 1).width == pytest.approx(journal.one * MILLIMETRE)
    with pytest.raises(AnalysisError, match="Did you mean nature"):
        page("natur")
    with pytest.raises(AnalysisError, match="columns is 3"):
        page("nature", 3)


# --- what is drawn is what was computed


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
    # a is best whenever replicate 3 is drawn at least once (6 * 1 + 9 = 3 * ... : mean of a - b is
    # (9 k - (4 - k)) / 4 > 0 for k >= 1)
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
    nodes, members = made_members()
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


# --- what cannot be drawn is said

ONE = RUNS.filter(pl.col("replicate") == 0)
FLAT = RUNS.with_columns(value=pl.lit(0.3))
NOTHING = RUNS.with_columns(value=pl.lit(float("nan")))
ONE_FORM = RUNS.filter(pl.col("form") == "hub")
DRAWN = {
    "lines": lambda runs: response_lines(runs, "rate", ["value"], "form"),
    "heatmap": lambda runs: heat_map(runs, "rate", "depth", "value", "form"),
    "phase": lambda runs: phase_diagram(runs, "rate", "depth", "form", "value"),
    "interaction": lambda runs: interaction(runs, "rate", "form", "value"),
    "profiles": lambda runs: profiles(runs, "form", {"value": 1}),
    "timecourse": lambda runs: time_course(
        runs.with_columns(round=pl.col("rate")), ["value"], "form"
    ),
    "distributions": lambda runs: distribution(
        runs.with_columns(pl.col(pl.Float64).abs()), ["value"], "form"
    ),
}


@pytest.mark.parametrize("family", DRAWN)
@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        (FLAT, "in every run; nothing varies"),
        (NOTHING, "has no value in any of"),
        (ONE_FORM, "form has one level"),
        (RUNS.rename({"form": "forms"}), "there is no column form. Did you mean forms"),
        (RUNS.with_columns(value=pl.lit("high")), "value holds no numbers"),
    ],
)
def test_what_cannot_be_drawn_is_said(family, runs, sentence):
    with pytest.raises(AnalysisError) as raised:
        DRAWN[family](runs)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("family", DRAWN)
def test_one_replicate_has_no_interval(family):
    if family in ("phase", "interaction", "profiles"):
        with pytest.raises(AnalysisError, match="one replicate gives no interval"):
            DRAWN[family](ONE)
        return
    exhibit = DRAWN[family](ONE)
    assert "One replicate: there is no interval" in exhibit.caption
    assert exhibit.data["low"].is_nan().all() and exhibit.data["high"].is_nan().all()
    bands = [
        band
        for axes in exhibit.figure.axes
        for band in axes.collections
        if len(band.get_paths()) and "FillBetween" in type(band).__name__
    ]
    assert all(not np.isfinite(path.vertices).any() for band in bands for path in band.get_paths())


def test_runs_without_a_value_are_counted():
    some = RUNS.with_columns(
        value=pl.when((pl.col("replicate") == 1) & (pl.col("form") == "hub"))
        .then(float("nan"))
        .otherwise(pl.col("value"))
    )
    exhibit = DRAWN["lines"](some)
    assert (
        "6 of 72 runs have no value" in exhibit.caption
        and "n = 3 to 4 replicates" in exhibit.caption
    )
    for family in ("phase", "profiles"):
        with pytest.raises(AnalysisError, match="the same replicates alone"):
            DRAWN[family](some)


def test_other_sentences():
    nodes, members = made_members()
    for wrong, sentence in (
        (lambda: heat_map(RUNS, "rate", "rate", "value"), "rate is on two axes"),
        (lambda: heat_map(RUNS, "rate", "depth", "form"), "form holds no numbers"),
        (lambda: distribution(SIZES.with_columns(size=-pl.col("size")), ["size"]), "below 0"),
        (
            lambda: expertise_space(
                made_expertise().select("organisation", "moment", "sector", "domain_1")
            ),
            "1 domain;",
        ),
        (lambda: project_points(np.ones((3, 2))), "nothing varies"),
        (lambda: project_points(np.array([[np.nan, 1.0]])), "no finite numbers"),
        (lambda: storyboard(nodes, members, 1), "moments is 1"),
        (lambda: storyboard(nodes, members.head(0)), "no network"),
        (
            lambda: response_lines(
                RUNS.with_columns(**{f"m{i}": pl.col("value") for i in range(9)}),
                "rate",
                [f"m{i}" for i in range(9)],
                page=page("apa", 1),
            ),
            "mm tall, and a page holds 240",
        ),
        (lambda: run_exhibit(made_rounds().head(0)), "no round was recorded"),
        (
            lambda: interaction(
                RUNS.filter((pl.col("form") != "alone") | (pl.col("rate") < 0.3)),
                "rate",
                "form",
                "value",
            ),
            "there is no run with rate = 0.4",
        ),
    ):
        with pytest.raises(AnalysisError, match=sentence):
            wrong()
