"""What plain twins count of beliefs: rows of -1, 0 or 1, one row per individual."""

from math import comb


def right_and_differing(rows, reality):
    """Return the share of beliefs that are right, and of pairs of beliefs on the same dimension
    that differ.
    """
    right, differing = 0, 0
    for column, real in zip(zip(*rows, strict=True), reality, strict=True):
        against, without, for_it = column.count(-1), column.count(0), column.count(1)
        right += for_it if real == 1 else against
        differing += against * without + against * for_it + without * for_it
    return right / (len(rows) * len(reality)), differing / (comb(len(rows), 2) * len(reality))
