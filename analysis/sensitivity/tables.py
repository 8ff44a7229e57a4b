"""Results of sensitivity analyses, as tables to print and as one long table behind a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from analysis.estimates import INTERVAL_SCHEMA
from analysis.sensitivity.indices import ElementaryEffects, SobolIndices
from analysis.sensitivity.level_effects import LevelEffects
from analysis.sensitivity.metamodel import CrossValidation, Metamodel
from analysis.sensitivity.noise import Noise, format_noise_note, format_percent
from analysis.tables import Table

INDICES_NOTE = (
    "First: share of the variance between points that a factor explains alone; total: with all its"
    " interactions. [95 % interval: bootstrap over blocks, given these seeds.] "
)
RESPONSE_NOTE = (
    "They are of the mean over replicates; of the response: without the noise that makes first too"
    " small and total too large. "
)
MORRIS_NOTE = (
    "Elementary effects per unit of a factor's range (of a list of levels: from the first to the"
    " last). mu*: mean size; mu: mean with sign; sigma: spread, by interaction, curvature and"
    " noise. mu* of noise: mu* of a factor without effect. [95 % interval over trajectories.] "
)
METAMODEL_NOTE = (
    "Shares of the variance of the metamodel over the box its points span, factors independent. [95"
    " % interval: of the sample through the metamodel, without the metamodel's own error, which is"
    " its held-out error.] "
)


def format_interval(
    value: float | None, low: float | None = None, high: float | None = None
) -> str:
    """Return a value with its interval to three digits; a dash for a missing value."""
    if value is None or np.isnan(value):
        return "-"
    return (
        f"{value:.3g}"
        if low is None or high is None or np.isnan(low)
        else f"{value:.3g} [{low:.3g}, {high:.3g}]"
    )


def make_rows(
    frame: pl.DataFrame, names: Sequence[str], values: Sequence[str]
) -> list[tuple[str, ...]]:
    """Return rows of text: names as they are, values with intervals from ``_low`` and ``_high``."""
    rows = []
    for row in frame.iter_rows(named=True):
        rows.append(
            (
                *(str(row[name]) for name in names),
                *(
                    format_interval(row[v], row.get(f"{v}_low"), row.get(f"{v}_high"))
                    for v in values
                ),
            )
        )
    return rows


def make_sobol_tables(indices: SobolIndices, measure: str, common: bool) -> list[Table]:
    """Return a table of indices, and one of pairs if there are any."""
    table = indices.factors.sort("total", descending=True, maintain_order=True)
    has_response = table["first_response"].null_count() == 0
    values = ["first", "total", *(["first_response", "total_response"] if has_response else [])]
    columns = (
        "factor",
        "first",
        "total",
        *(("first, response", "total, response") if has_response else ()),
    )
    note = (
        INDICES_NOTE
        + (RESPONSE_NOTE if has_response else "")
        + format_noise_note(indices.noise, common)
        + indices.note
    )
    tables = [
        Table(f"Sobol' indices of {measure}", columns, make_rows(table, ["factor"], values), note)
    ]
    if indices.pairs is not None and len(indices.pairs):
        pairs = indices.pairs.sort("second", descending=True, maintain_order=True)
        title = f"Sobol' indices of {measure}: pairs"
        note = (
            "Second order: share of the variance that two factors explain together beyond what each"
            " explains alone."
        )
        tables.append(
            Table(
                title,
                ("factor", "with", "second"),
                make_rows(pairs, ["factor", "with"], ["second"]),
                note,
            )
        )
    return tables


def make_morris_table(effects: ElementaryEffects, measure: str, common: bool) -> Table:
    """Return a table of elementary effects, the largest first."""
    table = effects.factors.sort("mu_star", descending=True, maintain_order=True)
    rows = make_rows(table, ["factor"], ["mu_star", "mu", "sigma", "mu_star_noise"])
    note = MORRIS_NOTE + format_noise_note(effects.noise, common) + effects.note
    return Table(
        f"Elementary effects on {measure}",
        ("factor", "mu*", "mu", "sigma", "mu* of noise"),
        rows,
        note,
    )


def make_effects_table(effects: LevelEffects, title: str, note: str) -> Table:
    """Return a table of effects of levels against a base."""
    rows = [
        (
            row["factor"],
            row["level"],
            row["base"],
            format_interval(row["effect"], row["low"], row["high"]),
            str(row["n"]),
        )
        for row in effects.effects.iter_rows(named=True)
    ]
    no_interval = (
        " One replicate gives no interval; run the study with replicates=2 or more."
        if effects.effects["low"].is_nan().all()
        else ""
    )
    columns = ("factor", "level", "against", "effect", "n")
    return Table(title, columns, rows, note + no_interval + effects.note)


def make_cross_validation_table(model: Metamodel, measure: str) -> Table:
    """Return how well a metamodel predicts held-out points."""
    error: CrossValidation = model.held_out
    rows = [
        ("R2 (0: no better than the mean)", format_interval(error.r2)),
        ("root mean square error", format_interval(error.rmse)),
        ("the same of the mean of the other points", format_interval(error.rmse_mean)),
        ("floor: noise in the means over replicates", format_interval(error.floor)),
        (
            "gain in squared error over the mean",
            format_interval(error.gain.value, error.gain.low, error.gain.high),
        ),
    ]
    note = (
        f"Five-fold cross-validation over {len(model.points)} points: a fit without its fold"
        " predicts every point. [95 % interval over points.]"
    )
    return Table(
        f"Metamodel of {measure} ({model.kind}): error on held-out points",
        ("what", "value"),
        rows,
        note + model.note,
    )


def make_metamodel_table(
    indices: pl.DataFrame, measure: str, noise: Noise | None, common: bool
) -> Table:
    """Return Sobol' indices of a metamodel."""
    table = indices.sort("total", descending=True, maintain_order=True)
    note = METAMODEL_NOTE + (format_noise_note(noise, common) if noise is not None else "")
    return Table(
        f"Sobol' indices of the metamodel of {measure}",
        ("factor", "first", "total"),
        make_rows(table, ["factor"], ["first", "total"]),
        note,
    )


def make_bars(factors: pl.DataFrame, noise: Noise) -> pl.DataFrame:
    """Return indices and noise as one long table ``name, index, value, low, high``.

    Missing values are left out.
    """
    kinds = [
        kind
        for kind in ("first", "total", "first_response", "total_response")
        if kind in factors.columns
    ]
    order = factors.sort("total", descending=True, maintain_order=True)
    rows: list[tuple[Any, ...]] = [
        (row["factor"], kind, row[kind], row[f"{kind}_low"], row[f"{kind}_high"])
        for row in order.iter_rows(named=True)
        for kind in kinds
        if row[kind] is not None
    ]
    if noise.replicates > 1:
        shares = (
            ("pure noise in one run", noise.run),
            (f"pure noise in means of {noise.replicates}", noise.means),
        )
        rows += [(name, "noise", share.value, share.low, share.high) for name, share in shares]
    return pl.DataFrame(
        rows,
        schema={
            "name": pl.String,
            "index": pl.String,
            **INTERVAL_SCHEMA,
        },
        orient="row",
    )


def format_noise_sentence(noise: Noise) -> str:
    """Return the share of noise, for a caption."""
    return (
        f" Pure noise is {format_percent(noise.run)} of the variance of single runs."
        if noise.replicates > 1
        else " One replicate: the share of noise is unknown."
    )
