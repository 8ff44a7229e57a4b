"""Where organisations stand on the page: near those of the same field, the same on both sides, and for the whole run."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin, sqrt

GOLDEN_ANGLE = pi * (3.0 - sqrt(5.0))  # spreads points evenly over a disc (Vogel 1979)


def place_organisations(strongest: Sequence[int]) -> list[tuple[float, float]]:
    """Return a place per organisation in the unit disc: evenly spread seats, taken around the clock by strongest domain.

    Args:
        strongest: domain in which each organisation is best at the start.
    """
    n = len(strongest)
    seats = [
        (sqrt((k + 0.5) / n) * cos(k * GOLDEN_ANGLE), sqrt((k + 0.5) / n) * sin(k * GOLDEN_ANGLE))
        for k in range(n)
    ]
    clockwise = sorted(range(n), key=lambda k: (k * GOLDEN_ANGLE) % (2.0 * pi))
    found = [(0.0, 0.0)] * n
    for seat, i in zip(clockwise, sorted(range(n), key=lambda i: (strongest[i], i)), strict=True):
        x, y = seats[seat]
        found[i] = (round(x, 4), round(y, 4))
    return found
