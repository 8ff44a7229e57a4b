"""The metamodel against known functions, its held-out error against known noise, its refusals."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import qmc

from analysis.errors import AnalysisError
from analysis.figures.surface import draw_surface_exhibit
from analysis.sensitivity.metamodel import (
    MAX_GAUSSIAN_POINTS,
    compute_metamodel_indices,
    fit_metamodel,
)
from analysis.sensitivity.surfaces import compute_surface_means, predict_surface

NOISE = 0.2


def points(count, seed=1):
    unit = qmc.LatinHypercube(3, rng=seed).random(count)
    forms = np.array(["hub", "network"])[(unit[:, 2] * 2).astype(int)]
    return pl.DataFrame({"form": forms, "rate": 10 ** (2 * unit[:, 0] - 2), "trust": unit[:, 1]})


def response(at):
    rate, trust, hub = (
        np.log10(at["rate"].to_numpy()) / 2 + 1,
        at["trust"].to_numpy(),
        (at["form"] == "hub").to_numpy(),
    )
    return 2 * rate + trust**2 + 0.5 * hub


def noisy(at, replicates, seed=2):
    return response(at)[:, None] + np.random.default_rng(seed).normal(
        0, NOISE, (len(at), replicates)
    )


@pytest.fixture(scope="module")
def model():
    return fit_metamodel(points(60), noisy(points(60), 4), ["rate"])


def test_held_out_error_is_near_the_floor_of_noise(model):
    held_out = model.held_out
    assert model.kind == "Gaussian process"
    assert held_out.floor == pytest.approx(
        NOISE / 2, rel=0.3
    )  # 59 x 3 degrees of freedom: 5 standard errors are 27 %
    assert held_out.r2 == pytest.approx(1 - (held_out.rmse / held_out.rmse_mean) ** 2)
    assert held_out.rmse < 1.6 * held_out.floor
    unseen = points(200, seed=3)
    assert np.sqrt(np.mean((model.predict(unseen) - response(unseen)) ** 2)) < 0.1


def test_indices_of_a_sum_are_its_shares_of_variance(model):
    found = compute_metamodel_indices(model)
    parts = {"rate": 4 / 12, "trust": 1 / 5 - 1 / 9, "form": 0.25 / 4}
    for factor, first, total in found.select("factor", "first", "total").iter_rows():
        assert first == pytest.approx(parts[factor] / sum(parts.values()), abs=0.05)
        assert total == pytest.approx(first, abs=0.05)


def test_many_points_are_boosted():
    at = points(MAX_GAUSSIAN_POINTS + 1)
    found = fit_metamodel(at, noisy(at, 2), ["rate"])
    assert found.kind == "gradient boosting"
    assert found.held_out.r2 > 0.9


def test_the_same_points_give_the_same_metamodel_to_the_bit(model):
    again = fit_metamodel(points(60), noisy(points(60), 4), ["rate"])
    assert again.held_out == model.held_out
    assert compute_metamodel_indices(again).equals(compute_metamodel_indices(model))


def test_pure_noise_is_refused():
    """The interval of the gain excludes 0 by chance in at most 2.5 % of studies.

    3 of 10 or more happen once in 500, and fixed seeds do not.
    """
    refused = 0
    for seed in range(10):
        try:
            fit_metamodel(points(40), np.random.default_rng(seed).normal(0, 1, (40, 2)), ["rate"])
        except AnalysisError as error:
            refused += "not reliably smaller than that of the mean" in str(error)
    assert refused >= 8


def test_points_with_failed_runs_and_repeated_points_are_left_out():
    at = pl.concat([points(60), points(60).head(5)])
    values = noisy(points(60), 3)
    values = np.vstack([values, values[:5]])
    values[10, 1] = np.nan
    found = fit_metamodel(at, values, ["rate"])
    assert len(found.points) == 59
    assert "1 of 60 points" in found.note


@pytest.mark.parametrize(
    ("at", "values", "expected"),
    [
        (points(10), noisy(points(10), 2), "needs 20 points or more and the design has 10"),
        (points(30), np.ones((30, 2)), "the mean is the same at all points"),
        (pl.DataFrame({"rate": [0.1] * 30}), np.ones((30, 2)), "no factor has several levels"),
    ],
)
def test_what_cannot_be_learnt_is_refused(at, values, expected):
    with pytest.raises(AnalysisError, match=expected):
        fit_metamodel(at, values)


def test_a_predicted_surface_is_averaged_over_the_others(model):
    surface = predict_surface(model, "rate", "form")
    assert surface.columns == ["rate", "form", "mean"] and len(surface) == 42
    assert np.diff(np.log(surface["rate"].unique().sort().to_numpy())) == pytest.approx(
        np.log(surface["rate"].max() / surface["rate"].min()) / 20
    )
    expected = response(surface.with_columns(trust=pl.lit(0.0))) + np.mean(
        points(60)["trust"].to_numpy() ** 2
    )
    assert np.abs(surface["mean"].to_numpy() - expected).max() < 0.2
    with pytest.raises(AnalysisError, match="Did you mean trust"):
        predict_surface(model, "rate", "trst")
    with pytest.raises(AnalysisError, match="both are rate"):
        predict_surface(model, "rate", "rate")


def grid():
    return pl.DataFrame(
        [(x, y, z) for x in (0.0, 0.1, 0.5) for y in ("b", "a") for z in (1.0, 2.0)],
        schema=["x", "y", "z"],
        orient="row",
    )


def test_cells_are_means_over_other_factors_with_students_interval():
    values = np.random.default_rng(5).normal(0, 1, (12, 4))
    found = compute_surface_means(grid(), values, "x", "y")
    assert found.select("x", "y").rows() == [(x, y) for x in (0.0, 0.1, 0.5) for y in ("b", "a")]
    assert found["mean"].to_list() == pytest.approx(values.reshape(6, 2, 4).mean(axis=(1, 2)))
    assert found["n"].to_list() == [4] * 6
    values[0, 0] = np.nan
    assert compute_surface_means(grid(), values, "x", "y")["n"].to_list() == [3, *[4] * 5]
    values[1] = np.nan
    with pytest.raises(AnalysisError, match="all runs at x=0.0, y=b failed"):
        compute_surface_means(grid(), values, "x", "y")
    with pytest.raises(AnalysisError, match="no full factorial"):
        compute_surface_means(grid().head(11), values[:11], "x", "y")


def test_a_surface_with_names_on_both_axes_is_drawn():
    surface = compute_surface_means(grid(), np.arange(24.0).reshape(12, 2), "x", "y")
    panel = draw_surface_exhibit("surface", surface, grid(), "joint_value", "caption").figure.axes[
        0
    ]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["b", "a"]
