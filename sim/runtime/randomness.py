"""Keyed random draws: every draw is a pure function of (seed, process, round, entity, number).

A draw does not depend on how many draws were made before it, on the order of evaluation or on the
number of workers. So two runs with the same seed and one changed parameter share their draws
(common random numbers).

Source: Philox4x32-10, Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1,
2, 3", SC'11.
"""

from __future__ import annotations

from enum import IntEnum
from math import cos, log, pi, sin, sqrt

import numpy as np

from sim.runtime.compilation import kernel


class Process(IntEnum):
    """The streams of draws.

    The codes are part of every result and never change their meaning (rules.md, section 1).
    """

    EXPERTISE = 1
    SECTOR = 2
    FORM = 3
    CHALLENGE = 4
    JOINT_CHALLENGE = 5
    ORDER = 6
    CHANNEL = 7
    MEETING = 8
    PERCEPTION = 9
    TOPOLOGY = 10
    SHOCK = 11
    IMITATION = 12
    EXPOSURE = 13
    PERSISTENCE = 14
    INERTIA = 15
    REFLECTION = 16
    RENEWAL = 17
    PICK_UP = 18
    TURNOVER = 19


Seed = int | np.uint64

MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_32 = np.uint64(32)
SHIFT_5 = np.uint64(5)
SHIFT_6 = np.uint64(6)
TWO_26 = 67108864.0
TWO_MINUS_53 = 1.0 / 9007199254740992.0


@kernel
def philox(
    c0: int, c1: int, c2: int, c3: int, seed: Seed
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four 32-bit words of Philox4x32-10 for one counter and key.

    The 64-bit key is ``seed``.
    """
    x0 = np.uint64(c0) & LOW_32
    x1 = np.uint64(c1) & LOW_32
    x2 = np.uint64(c2) & LOW_32
    x3 = np.uint64(c3) & LOW_32
    k0 = np.uint64(seed) & LOW_32
    k1 = np.uint64(seed) >> SHIFT_32
    for _ in range(10):
        product_0 = x0 * MULTIPLIER_0
        product_1 = x2 * MULTIPLIER_1
        x0 = (product_1 >> SHIFT_32) ^ x1 ^ k0
        x1 = product_1 & LOW_32
        x2 = (product_0 >> SHIFT_32) ^ x3 ^ k1
        x3 = product_0 & LOW_32
        k0 = (k0 + WEYL_0) & LOW_32
        k1 = (k1 + WEYL_1) & LOW_32
    return x0, x1, x2, x3


@kernel
def draw_uniform_pair(
    seed: Seed, process: int, moment: int, entity: int, number: int
) -> tuple[float, float]:
    """Return two independent uniforms in [0, 1) with 53 random bits each."""
    o0, o1, o2, o3 = philox(number, entity, moment, process, seed)
    first = (float(o0 >> SHIFT_5) * TWO_26 + float(o1 >> SHIFT_6)) * TWO_MINUS_53
    second = (float(o2 >> SHIFT_5) * TWO_26 + float(o3 >> SHIFT_6)) * TWO_MINUS_53
    return first, second


@kernel
def draw_uniform(seed: Seed, process: int, moment: int, entity: int, number: int) -> float:
    """Return one uniform in [0, 1)."""
    return draw_uniform_pair(seed, process, moment, entity, number)[0]


@kernel
def draw_normal_pair(
    seed: Seed, process: int, moment: int, entity: int, number: int
) -> tuple[float, float]:
    """Return two independent standard normals (Box & Muller 1958)."""
    first, second = draw_uniform_pair(seed, process, moment, entity, number)
    radius = sqrt(-2.0 * log(1.0 - first))
    return radius * cos(2.0 * pi * second), radius * sin(2.0 * pi * second)


@kernel
def pick_index(draw: float, count: int) -> int:
    """Turn a uniform into an index below ``count``."""
    return min(int(draw * count), count - 1)
