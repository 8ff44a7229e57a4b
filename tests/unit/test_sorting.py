"""Sorting byte by byte against NumPy's stable sort."""

import numba
import numpy as np
import pytest

from sim.config import Config
from sim.runtime.packing import PackedTuple
from sim.runtime.sorting import sort_by_keys
from sim.world import build_world

RNG = np.random.default_rng(20261124)
KEYS = {
    "uniforms": RNG.random(3_000),
    "equals": RNG.integers(0, 5, 3_000).astype(float),
    "all alike": np.full(300, 2.5),
    "all magnitudes": np.append(10.0 ** RNG.uniform(-320, 300, 3_000), [0.0, np.inf]),
    "falling": np.arange(300.0)[::-1],
    "one": np.array([0.3]),
    "none": np.zeros(0),
}


@numba.njit
def sort(world, keys):
    sort_by_keys(world, keys)


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
def test_keys_and_what_goes_along_with_them_are_sorted(keys):
    count, beyond = len(keys), 7
    config = Config.model_validate({"population": {"organisations": count + beyond}})
    world = build_world(config, [(config.structure, 1.0)], {}, None)
    space = world.scratch
    space.keys[:count], space.keys[count:] = keys, 0.1
    space.actors[:] = np.arange(count + beyond)
    sort(PackedTuple(world), count)
    order = np.argsort(keys, kind="stable")
    np.testing.assert_array_equal(space.keys[:count], keys[order])
    np.testing.assert_array_equal(space.actors[:count], order)
    assert (space.keys[count:] == 0.1).all()
    np.testing.assert_array_equal(space.actors[count:], np.arange(count, count + beyond))
