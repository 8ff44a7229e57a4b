"""Many draws for one agent in one round, from one keyed start.

SplitMix64 continues the start: its n-th word is a function of start and n alone.

A keyed draw by Philox costs ten rounds of mixing; where an agent needs dozens of draws at once, one
such call starts a sequence, and a word of it costs two multiplications.
Draws stay functions of (key, stream, round, agent, number).

Source: Steele, Lea & Flood (2014), Fast splittable pseudorandom number generators, OOPSLA;
constants of SplitMix64.
"""

from __future__ import annotations

import numpy as np

from sim.runtime.compilation import kernel
from sim.runtime.randomness import SHIFT_32, Seed, philox

GOLDEN_GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
SHIFT_27, SHIFT_30, SHIFT_31, SHIFT_2 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(2)
WORD_VALUES = 4611686018427387904.0  # 2^62
HALF_WORD_BITS, LOWER_HALF_MASK = 31, (1 << 31) - 1  # a word of 62 bits makes two draws


@kernel
def start_sequence(key: Seed, process: int, moment: int, entity: int) -> np.uint64:
    """Return the start of a sequence of draws."""
    high, low, _, _ = philox(0, entity, moment, process, key)
    return (high << SHIFT_32) | low


@kernel
def draw_word(start: np.uint64, number: int) -> np.int64:
    """Return a whole number below 2^62."""
    mixed = start + (np.uint64(number) + np.uint64(1)) * GOLDEN_GAMMA
    mixed = (mixed ^ (mixed >> SHIFT_30)) * MIX_1
    mixed = (mixed ^ (mixed >> SHIFT_27)) * MIX_2
    return np.int64((mixed ^ (mixed >> SHIFT_31)) >> SHIFT_2)


@kernel
def compute_word_limit(chance: float) -> np.int64:
    """Return the number that a word is below with this chance."""
    return np.int64(chance * WORD_VALUES)
