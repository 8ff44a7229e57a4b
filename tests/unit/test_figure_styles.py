"""Styles read without colour, and pages are those of journals."""

import itertools

import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_rgb

from analysis.errors import AnalysisError
from analysis.figures.journals import JOURNALS, page
from analysis.figures.maps import compute_luminance
from analysis.figures.style import MILLIMETRE, SERIES_STYLES, assign_styles, merge_rare_groups


def simulated(colour, matrix):
    """Return a colour as seen without one kind of cone (Machado, Oliveira & Fernandes 2009)."""
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
def test_colours_can_be_distinguished(eyes):
    for (one, a), (other, b) in itertools.combinations(SERIES_STYLES.items(), 2):
        difference = np.linalg.norm(
            lab(simulated(a.colour, SEEN[eyes])) - lab(simulated(b.colour, SEEN[eyes]))
        )
        assert difference > 5, (one, other, difference)  # 2.3 is just noticeable (Mahy et al. 1994)


def test_styles_can_be_distinguished_in_grey():
    for part in ("marker", "line"):
        assert len({getattr(style, part) for style in SERIES_STYLES.values()}) == len(SERIES_STYLES)
    greys = sorted(compute_luminance(style.colour) for style in SERIES_STYLES.values())
    assert greys[0] < 0.1 and greys[-1] < 0.75  # all dark enough to be seen on white


def test_every_series_has_a_different_style():
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
