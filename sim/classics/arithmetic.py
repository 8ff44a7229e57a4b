"""Arithmetic that gives the same bits compiled and as plain Python.

NumPy and Numba round differently.
"""

from __future__ import annotations

from sim.runtime.compilation import kernel
from sim.state import Floats


@kernel
def compute_mean(values: Floats) -> float:
    """Return the mean, added up from the first value to the last; NumPy adds in pairs."""
    total = 0.0
    for value in values:
        total += value
    return total / values.size


@kernel
def raise_to_count(base: float, count: int) -> float:
    """Return a power with a whole exponent, 0 or more, by repeated squaring.

    Python takes logarithms instead.
    """
    power = 1.0
    while count != 0:
        if count & 1:
            power *= base
        count >>= 1
        base *= base
    return power
