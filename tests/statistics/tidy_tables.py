"""Tidy tables with known contents: a row per run of a full factorial design."""

from itertools import product

import numpy as np
import polars as pl


def factorial(levels, value, replicates=6, common=True):
    """A row per point and replicate; ``value(replicate, **point)`` is the measure ``y``."""
    rows = []
    for number, point in enumerate(product(*levels.values())):
        named = dict(zip(levels, point, strict=True))
        for r in range(replicates):
            seed = 100 + r if common else 1000 * (number + 1) + r
            rows.append(
                {
                    **named,
                    "replicate": r,
                    "seed": seed,
                    "run": f"{number}.{r}",
                    "y": float(value(r, **named)),
                }
            )
    return pl.DataFrame(rows)


def two_forms(first, second, common=True):
    """Two forms, hub and alliance, with these values by replicate."""
    sides = {"hub": np.asarray(first), "alliance": np.asarray(second)}
    parts = []
    for number, (form, values) in enumerate(sides.items()):
        seeds = np.arange(values.size) + (0 if common else 1000 * number)
        parts.append(
            pl.DataFrame(
                {"structure": form, "replicate": range(values.size), "seed": seeds, "y": values}
            )
        )
    return pl.concat(parts)
