"""Keyed draws in plain Python, from docs/rules.md section 1."""

from math import cos, log, pi, sin, sqrt

MASK = 2**32 - 1


def philox(counter, key):
    """Philox4x32-10 on four counter words and two key words."""
    x0, x1, x2, x3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = x0 * 0xD2511F53, x2 * 0xCD9E8D57
        x0, x1, x2, x3 = (p1 >> 32) ^ x1 ^ k0, p1 & MASK, (p0 >> 32) ^ x3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return x0, x1, x2, x3


class Draws:
    """All draws of a run."""

    def __init__(self, seed):
        self.key = (seed & MASK, seed >> 32)

    def pair(self, process, moment, entity, number):
        o = philox((number, entity, moment, process), self.key)
        return tuple(((a >> 5) * 2**26 + (b >> 6)) / 2**53 for a, b in ((o[0], o[1]), (o[2], o[3])))

    def u(self, process, moment, entity, number):
        return self.pair(process, moment, entity, number)[0]

    def normals(self, process, moment, entity, number):
        a, b = self.pair(process, moment, entity, number)
        radius = sqrt(-2 * log(1 - a))
        return radius * cos(2 * pi * b), radius * sin(2 * pi * b)


def pick(draw, n):
    return min(int(draw * n), n - 1)


def label(shares, draw):
    """The first label whose cumulated share exceeds the draw, the last if none."""
    total, cumulated = sum(shares), 0.0
    for position, share in enumerate(shares):
        cumulated += share / total
        if draw < cumulated:
            return position
    return len(shares) - 1
