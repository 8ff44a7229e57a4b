"""Designs against known answers: the samples of SALib, strata, orthogonality and counts."""

from itertools import pairwise

import numpy as np
import pytest
from SALib.analyze import ff as analyze_ff
from SALib.analyze import morris as analyze_morris
from SALib.analyze import sobol as analyze_sobol
from SALib.sample import morris as sample_morris
from SALib.sample import sobol as sample_sobol

from experiments.design import load_study, problem, unit_sample
from experiments.design.sampling import DESIGN_KINDS
from experiments.design.settings import (
    check_design_settings,
    list_design_names,
    read_default_settings,
)
from experiments.design.study_file import list_study_names
from tests.factors import LISTS, RANGES, labels


def test_every_design_has_a_file_of_defaults():
    assert set(list_design_names()) == set(DESIGN_KINDS)
    for name in set(list_design_names()) - {"table"}:
        assert check_design_settings(
            name, DESIGN_KINDS[name].settings, read_default_settings(name)
        ) == read_default_settings(name)


@pytest.mark.parametrize("name", list_study_names())
def test_studies_of_the_package_are_full_factorials(name):
    found = load_study(name)
    assert found.design.name == "full_factorial"
    assert len(found.points()) == np.prod([len(levels) for levels in found.factors.values()])


@pytest.mark.parametrize("second_order", [True, False])
def test_saltelli_equals_salibs_own_sample(study, second_order):
    made = study(
        "design=sobol", "design.samples=8", f"design.second_order={second_order}", "design.seed=5"
    )
    theirs = {
        "num_vars": 3,
        "names": list(RANGES),
        "bounds": [[0, 0.5], [np.log(0.01), np.log(0.1)], [4, 9]],
    }
    expected = sample_sobol.sample(theirs, 8, calc_second_order=second_order, seed=5)
    rates, gains, sizes = zip(*labels(made), strict=True)
    assert len(rates) == 8 * (8 if second_order else 5)
    np.testing.assert_allclose(rates, expected[:, 0], rtol=1e-14)
    np.testing.assert_allclose(gains, np.exp(expected[:, 1]), rtol=1e-12)
    assert list(sizes) == np.floor(expected[:, 2]).tolist()
    assert all(type(size) is int for size in sizes)


def test_morris_equals_salibs_own_sample(study):
    made = study("design=morris", "design.trajectories=6", "design.optimal=3")
    expected = sample_morris.sample(
        {"num_vars": 3, "names": list(RANGES), "bounds": [[0, 1]] * 3},
        6,
        optimal_trajectories=3,
        seed=1,
    )
    assert unit_sample(made).tolist() == expected.tolist()
    assert len(made.points()) == 3 * 4


def test_salib_analyses_what_the_study_gives_back(study):
    """Y = 4 a + 2 b in the unit cube.

    The shares of variance are 16/20 and 4/20 and the elementary effects 4 and 2; the effects of
    the fractional factorial are those of half a step.
    """
    made = study("design=sobol", "design.samples=1024")
    y = unit_sample(made) @ [4.0, 2.0, 0.0]
    indices = analyze_sobol.analyze(problem(made), y, seed=1)
    np.testing.assert_allclose(indices["S1"], [0.8, 0.2, 0.0], atol=0.01)
    np.testing.assert_allclose(indices["ST"], [0.8, 0.2, 0.0], atol=0.01)
    made = study("design=morris")
    x = unit_sample(made)
    effects = analyze_morris.analyze(problem(made), x, x @ [4.0, 2.0, 0.0], seed=1)
    np.testing.assert_allclose(effects["mu_star"], [4.0, 2.0, 0.0], atol=1e-12)
    made = study("design=fractional_factorial")
    x = unit_sample(made)
    effects = analyze_ff.analyze(problem(made), x, x @ [4.0, 2.0, 0.0])
    np.testing.assert_allclose(effects["ME"], [2.0, 1.0, 0.0, 0.0], atol=1e-12)


def test_groups_move_together(study):
    made = study(
        "design=morris", "design.groups.both=[imitation.rate,trust.gain]", "design.trajectories=5"
    )
    assert problem(made)["groups"] == ["both", "both", "structure.max_size"]
    x = unit_sample(made)
    assert len(x) == 5 * 3
    for row, (before, after) in enumerate(pairwise(x)):
        changed = (before != after).tolist()
        assert row % 3 == 2 or changed in ([True, True, False], [False, False, True])
    with pytest.raises(ValueError, match="puts all factors in the group g"):
        study("design=sobol", "design.groups.g=[imitation.rate,trust.gain,structure.max_size]")


def test_latin_hypercube_has_one_point_per_stratum(study):
    x = unit_sample(study("design=latin_hypercube", "design.samples=50"))
    assert [sorted(np.floor(column * 50).astype(int).tolist()) for column in x.T] == [
        list(range(50))
    ] * 3
    assert unit_sample(study("design=latin_hypercube", "design.samples=50")).tolist() == x.tolist()
    assert (
        unit_sample(study("design=latin_hypercube", "design.samples=50", "design.seed=2")).tolist()
        != x.tolist()
    )


def test_latin_hypercube_of_strength_two_fills_pairs(study):
    x = np.floor(
        unit_sample(study("design=latin_hypercube", "design.samples=25", "design.strength=2")) * 5
    ).astype(int)
    assert (
        len(set(zip(x[:, 0], x[:, 1], strict=True)))
        == len(set(zip(x[:, 1], x[:, 2], strict=True)))
        == 25
    )


def test_sobol_sequence_has_one_point_per_stratum_at_powers_of_two(study):
    x = unit_sample(study("design=sobol_sequence", "design.samples=32"))
    assert [sorted(np.floor(column * 32).astype(int).tolist()) for column in x.T] == [
        list(range(32))
    ] * 3


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_fractional_factorial_is_orthogonal(study, count):
    names = [
        "imitation.rate",
        "trust.gain",
        "trust.loss",
        "structure.persistence",
        "environment.turbulence",
    ][:count]
    made = study("design=fractional_factorial", factors={name: [0.1, 0.2] for name in names})
    signs = unit_sample(made) * 2 - 1
    assert set(signs.flatten()) == {-1.0, 1.0}
    assert (signs.T @ signs == len(signs) * np.eye(count)).all()
    assert (signs.sum(axis=0) == 0).all()
    pairs = np.array([signs[:, a] * signs[:, b] for a in range(count) for b in range(a)])
    assert (
        not pairs.size or (pairs @ signs == 0).all()
    )  # resolution IV: main effects are clear of interactions of two
    assert [point.levels[names[0]] for point in made.points()] == [
        0.2 if sign > 0 else 0.1 for sign in signs[:, 0]
    ]


def test_paired_one_at_a_time_and_full_factorial(study):
    assert labels(study(factors=LISTS, design="paired")) == [
        (0.0, "hub"),
        (0.1, "alliance"),
        (0.2, "network"),
    ]
    assert labels(study("structure=hub", factors=LISTS, design="paired")) == [
        (0.0, "hub"),
        (0.1, "hub"),
        (0.2, "hub"),
    ]
    assert len(labels(study(factors=LISTS))) == 9
    made = study(factors=LISTS, design={"name": "one_at_a_time", "base": {"structure": "alliance"}})
    assert labels(made) == [
        (0.0, "alliance"),
        (0.1, "alliance"),
        (0.2, "alliance"),
        (0.0, "hub"),
        (0.0, "network"),
    ]
    spread = {
        "imitation.rate": {"low": 0, "high": 0.5, "levels": 6},
        "trust.gain": {"low": 0.001, "high": 0.1, "scale": "log", "levels": 3},
    }
    assert labels(study(factors=spread), "imitation.rate")[::3] == [
        (0.0,),
        (0.1,),
        (0.2,),
        (0.3,),
        (0.4,),
        (0.5,),
    ]
    assert labels(study(factors=spread), "trust.gain")[:3] == [(0.001,), (0.01,), (0.1,)]


def test_designs_compose(study):
    factors = {
        **LISTS,
        "trust.gain": {"low": 0, "high": 0.1},
        "trust.loss": {"low": 0.2, "high": 0.9},
    }
    hypercube = {"name": "latin_hypercube", "samples": 3}
    crossed = study(
        factors=factors,
        design={"cross": [{"name": "full_factorial", "factors": list(LISTS)}, hypercube]},
    )
    assert len(crossed.points()) == 9 * 3
    assert labels(crossed, *LISTS)[::3] == labels(study(factors=LISTS))
    assert len(set(labels(crossed, "trust.gain", "trust.loss"))) == 3
    zipped = {"zip": [{"name": "full_factorial", "factors": ["structure"]}, hypercube]}
    nested = {"cross": [{"name": "full_factorial", "factors": ["imitation.rate"]}, zipped]}
    made = study("design.samples=3", factors=factors, design=nested)
    assert len(made.points()) == 3 * 3
    assert labels(made, "structure")[:3] == [("hub",), ("alliance",), ("network",)]
    assert list(made.points()[0].levels) == list(factors)


def test_parts_of_a_composition_draw_different_numbers(study):
    one, two = (
        {"name": "latin_hypercube", "samples": 20, "factors": [name]}
        for name in ("trust.gain", "trust.loss")
    )
    factors = {"trust.gain": {"low": 0, "high": 1}, "trust.loss": {"low": 0, "high": 1}}
    gains, losses = np.array(labels(study(factors=factors, design={"zip": [one, two]}))).T
    assert abs(np.corrcoef(gains, losses)[0, 1]) < 0.9


def test_a_table_gives_the_points(study, tmp_path):
    (tmp_path / "points.csv").write_text(
        "structure,imitation.rate,trusting\nhub,0.1,high\n\nalliance,1e-2,low\nhub,0.1,high\n",
        encoding="utf-8-sig",
    )
    trusting = {"low": {"trust.initial": 0.2}, "high": {"trust.initial": 0.8}}
    factors = {"trusting": trusting, "imitation.rate": [0.5, 0.6], "production.depth": [2.0]}
    made = study("design=table", "design.file=points.csv", factors=factors)
    assert labels(made, "structure", "imitation.rate", "trusting", "production.depth") == [
        ("hub", 0.1, "high", 2.0),
        ("alliance", 0.01, "low", 2.0),
        ("hub", 0.1, "high", 2.0),
    ]
    assert made.points()[1].config.trust.initial == 0.2
    crossed = {
        "cross": [
            {"name": "table", "file": "points.csv"},
            {"name": "full_factorial", "factors": ["production.depth"]},
        ]
    }
    assert (
        len(
            study(
                factors={"trusting": trusting, "production.depth": [1, 2]}, design=crossed
            ).points()
        )
        == 6
    )


def test_an_interval_keeps_scale_and_levels_of_the_range(study):
    made = study(
        "imitation.rate=interval(0.001,1)",
        factors={"imitation.rate": {"low": 0.1, "high": 0.2, "scale": "log", "levels": 4}},
    )
    assert labels(made) == [(0.001,), (0.01,), (0.1,), (1.0,)]
