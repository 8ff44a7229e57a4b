"""Positions of organisations on the page: fixed, the same on both sides, sorted by domain."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin, sqrt

GOLDEN_ANGLE = pi * (3.0 - sqrt(5.0))  # spreads points evenly over a disc (Vogel 1979)


def place_organisations(strongest: Sequence[int]) -> list[tuple[float, float]]:
    """Return a position per organisation in the unit disc.

    Positions are spread evenly over the disc and filled clockwise, in the order of the strongest
    domain.

    Args:
        strongest: domain in which each organisation is best at the start.
    """
    n = len(strongest)
    points = [
        (sqrt((k + 0.5) / n) * cos(k * GOLDEN_ANGLE), sqrt((k + 0.5) / n) * sin(k * GOLDEN_ANGLE))
        for k in range(n)
    ]
    clockwise = sorted(range(n), key=lambda k: (k * GOLDEN_ANGLE) % (2.0 * pi))
    by_domain = sorted(range(n), key=lambda i: (strongest[i], i))
    places = [(0.0, 0.0)] * n
    for point, i in zip(clockwise, by_domain, strict=True):
        x, y = points[point]
        places[i] = (round(x, 4), round(y, 4))
    return places
