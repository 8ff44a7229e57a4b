"""Facts about NK landscapes that are known exactly, and a second opinion by plain Python.

A correct landscape fails a z-test here for one seed in a million.
"""

from itertools import product

import numpy as np
import pytest
from scipy.stats import norm

from sim.classics.nk import (
    compute_fitness_table,
    draw_nk_landscape,
    find_local_optima,
    get_cached_landscape,
    run_adaptive_walks,
)

FALSE_ALARM = 1e-6


def p_value(values, expected, error=0.0):
    """Two-sided z-test of a mean against a value that is itself known up to an error."""
    return 2 * norm.sf(
        abs(np.mean(values) - expected)
        / np.hypot(np.std(values, ddof=1) / np.sqrt(len(values)), error)
    )


@pytest.mark.parametrize("inputs", ["adjacent", "distinct", "itself", "repeated"])
@pytest.mark.parametrize(("n", "k"), [(1, 0), (5, 2), (7, 6)])
def test_fitness_is_that_of_plain_python(inputs, n, k):
    found = draw_nk_landscape(7, n, k, inputs)
    if inputs in ("adjacent", "distinct"):
        assert all(len({bit, *row}) == k + 1 for bit, row in enumerate(found.inputs.tolist()))
    if inputs == "itself":
        assert all(len(set(row)) == k for row in found.inputs.tolist())
    for bits in product((0, 1), repeat=n):
        patterns = [
            sum(bits[place] << position for position, place in enumerate((bit, *found.inputs[bit])))
            for bit in range(n)
        ]
        expected = (
            sum(found.contributions[bit, pattern] for bit, pattern in enumerate(patterns)) / n
        )
        assert compute_fitness_table(found)[
            sum(bit << place for place, bit in enumerate(bits))
        ] == pytest.approx(expected, abs=1e-14)
    assert found.top == compute_fitness_table(found).max()


def test_adjacent_inputs_are_the_next_ones():
    assert draw_nk_landscape(1, 5, 2, "adjacent").inputs.tolist() == [
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 0],
        [0, 1],
    ]


def test_without_inputs_there_is_one_optimum_of_two_thirds():
    """Kauffman 1993: each bit takes the larger of two uniforms, whose mean is 2/3."""
    found = [draw_nk_landscape(seed, 10, 0) for seed in range(400)]
    assert all(find_local_optima(land).sum() == 1 for land in found)
    assert p_value([land.top for land in found], 2 / 3) > FALSE_ALARM


def test_with_all_inputs_optima_are_as_many_as_in_a_random_order():
    """K = N-1: fitness values are exchangeable, so a solution beats its N neighbours with
    probability 1 / (N + 1).
    """
    counts = [find_local_optima(draw_nk_landscape(seed, 8, 7)).sum() for seed in range(400)]
    assert p_value(counts, 2**8 / 9) > FALSE_ALARM


@pytest.mark.parametrize(("n", "k", "expected"), [(8, 2, 0.703), (16, 2, 0.704), (16, 15, 0.643)])
def test_mean_end_of_walks(n, k, expected):
    """An independent implementation's means over walks (not over optima), given to three
    decimals.
    """
    ends = [
        run_adaptive_walks(draw_nk_landscape(seed, n, k), seed, 50).mean()
        for seed in range(120 if n == 16 else 600)
    ]
    assert p_value(ends, expected, error=0.001) > FALSE_ALARM


def test_walks_end_at_optima():
    land = draw_nk_landscape(3, 10, 4)
    heights = compute_fitness_table(land)[find_local_optima(land)]
    assert all(np.abs(heights - end).min() < 1e-12 for end in run_adaptive_walks(land, 5, 100))


def test_contributions_are_rounded_and_uniform():
    rounded = draw_nk_landscape(2, 12, 10, digits=1).contributions
    assert set(np.rint(rounded * 10).ravel().astype(int)) == set(range(11))
    np.testing.assert_array_equal(
        rounded, np.rint(draw_nk_landscape(2, 12, 10).contributions * 10) / 10
    )
    assert p_value(draw_nk_landscape(2, 12, 10).contributions.ravel(), 0.5) > FALSE_ALARM


@pytest.mark.parametrize("k", [3, 19])
def test_who_writes_to_a_landscape_writes_to_its_own(k):
    first = draw_nk_landscape(np.uint64(4), 20, k)
    before = [part.copy() for part in (first.inputs, first.contributions)]
    first.inputs[:], first.contributions[:] = 0, 0.0
    again = draw_nk_landscape(np.uint64(4), 20, k)
    np.testing.assert_array_equal(again.inputs, before[0])
    np.testing.assert_array_equal(again.contributions, before[1])


def test_a_landscape_remembered_is_the_one_that_was_asked_for():
    asked = [
        (seed, 8, k, inputs, digits)
        for seed in (1, 2**63 + 1)
        for k in (2, 3)
        for inputs in ("adjacent", "itself")
        for digits in (-1, 1)
    ]
    fresh = []
    for each in asked:
        get_cached_landscape.cache_clear()
        fresh.append(draw_nk_landscape(*each))
    for each, expected in [
        *zip(asked, fresh, strict=True),
        *zip(asked[-4:], fresh[-4:], strict=True),
    ]:
        for part, wanted in zip(draw_nk_landscape(*each), expected, strict=True):
            np.testing.assert_array_equal(part, wanted)
