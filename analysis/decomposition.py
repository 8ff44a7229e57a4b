"""Where joint value comes from: expertise, understanding (alike, bridged), trust and cost.

In every round, exactly (per organisation; ``docs/how-to-estimates.md`` derives it from the rules)::

    joint value = value of soloists + gross value of teams - cost of links, rules, set-up, exit and search

The gross value of a team is quality of pooled expertise in which every member's skill is weighed by how well it is understood and how far it
trusts (model.md, Work). What is recorded is the *mean* understanding and trust of teams, not every member's weight. So the gross value is read as

    G = P x (s + (1 - s) U) x (g + (1 - g) T),   U = alike + bridged (mediated forms: the mediator's understanding squared)

with modularity s and formalisation g of the form; P, what the same teams would make if all were understood and trusted, is what makes the product
exact: it holds the expertise pooled and whatever the means miss (paths of understanding through a third, the best of several members, the floor).
The difference between two configurations is divided among P, alike, bridged, mediator, trust, s and g by Shapley's rule and adds up exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from analysis.errors import AnalysisError
from analysis.estimates import LEVEL, Floats, estimate_mean
from analysis.shapley import Switches, compute_shapley_values
from analysis.tidy import check_table, extract_values, format_point, list_comparisons

COSTS = ("link_cost", "rule_cost", "setup_cost", "exit_cost", "search_cost")
RECORDED_MEASURES = (
    "joint_value",
    "synergy",
    "synergy_ratio",
    *COSTS,
    "understanding_alike",
    "understanding_bridged",
    "trust_within",
)
ACCOUNT_COLUMNS = ("joint_value", "solo", "teams", "members_alone", *COSTS)
PART_SOURCES = {
    "pooled": "expertise",
    "alike": "understanding",
    "bridged": "understanding",
    "mediator": "understanding",
    "trust": "trust",
    "modularity": "form",
    "formalisation": "form",
}


class Form(NamedTuple):
    """What a form of collaborating fixes about weights: ``modularity`` s, ``formalisation`` g, and a mediator's understanding if it has one."""

    modularity: float
    formalisation: float
    mediator: float | None = None


def accounts(series: pl.DataFrame, factors: Sequence[str]) -> pl.DataFrame:
    """Return the accounts of every run from its recorded rounds (``series: 1`` in a study): means per organisation and round.

    ``joint_value`` = ``solo`` + ``teams`` - the five costs, exactly. ``teams`` is gross of costs, ``members_alone`` what members would have earned
    alone, so that ``teams`` minus that is the gross gain of working together. ``alike``, ``bridged`` and ``trust`` are means of teams, weighed
    by what teams made in the round. Columns besides: the factors, ``replicate``, ``seed``, ``run``. Exact also under uncertainty and with
    several collaborations per organisation.

    Raises:
        AnalysisError: a column is missing or not finite.
    """
    keys = [*factors, "replicate", "seed", "run"]
    check_table(series, *keys, *RECORDED_MEASURES)
    for column in RECORDED_MEASURES:
        extract_values(series, column)
    members = (
        pl.when(pl.col("synergy_ratio") != 0.0)
        .then(pl.col("synergy") / pl.col("synergy_ratio"))
        .otherwise(0.0)
    )
    net = pl.col("synergy") + pl.col("members_alone")
    weight = (
        pl.when(pl.col("teams").sum() > 0.0)
        .then(pl.col("teams") / pl.col("teams").sum())
        .otherwise(0.0)
    )
    return (
        series.with_columns(members_alone=members)
        .with_columns(
            teams=net + pl.col("link_cost") + pl.col("rule_cost"),
            solo=pl.col("joint_value")
            + pl.col("search_cost")
            + pl.col("setup_cost")
            + pl.col("exit_cost")
            - net,
        )
        .group_by(list(dict.fromkeys(keys)), maintain_order=True)
        .agg(
            *(pl.col(name).mean() for name in ACCOUNT_COLUMNS),
            alike=(pl.col("understanding_alike") * weight).sum(),
            bridged=(pl.col("understanding_bridged") * weight).sum(),
            trust=(pl.col("trust_within") * weight).sum(),
        )
    )


class TeamValues(NamedTuple):
    """One configuration by replicate: what its teams make, and what weighs their members."""

    pooled: Floats
    alike: Floats
    bridged: Floats
    mediator: Floats
    trust: Floats
    modularity: Floats
    formalisation: Floats

    def gross(self) -> Floats:
        """Return the gross value of teams."""
        return self.pooled * self.weight()

    def weight(self) -> Floats:
        """Return the weight of a mean member: understood, and trusting."""
        understood = self.modularity + (1.0 - self.modularity) * (
            self.alike + self.bridged + self.mediator
        )
        trusting: Floats = self.formalisation + (1.0 - self.formalisation) * self.trust
        return understood * trusting


def compute_team_values(
    books: pl.DataFrame, form: str, forms: Mapping[Any, Form], where: dict[str, Any]
) -> tuple[dict[str, Floats], TeamValues]:
    """Return the accounts of a configuration by replicate, and its teams with the pooled expertise that makes their gross value exact."""
    if books[form].n_unique() != 1:
        raise AnalysisError(f"there are several forms at {format_point(where)}; name {form} in by")
    modularity, formalisation, mediator = forms[books[form][0]]
    columns = {
        name: books[name].to_numpy() for name in (*ACCOUNT_COLUMNS, "alike", "bridged", "trust")
    }
    seen = 1.0 if mediator is None else 0.0
    mediated, s, g = (
        np.full(len(books), value) for value in ((mediator or 0.0) ** 2, modularity, formalisation)
    )
    side = TeamValues(
        columns["teams"],
        seen * columns["alike"],
        seen * columns["bridged"],
        mediated,
        columns["trust"],
        s,
        g,
    )
    weight = side.weight()
    if ((weight <= 0.0) & (side.pooled > 0.0)).any():
        raise AnalysisError(
            "teams make value though nobody is understood or trusted on average; this decomposition"
            " does not hold here"
        )
    return columns, side._replace(
        pooled=np.divide(side.pooled, weight, out=np.zeros_like(weight), where=weight > 0.0)
    )


def divide_difference(before: TeamValues, after: TeamValues) -> dict[str, Floats]:
    """Return how the difference in gross value divides among its sources; adds up exactly."""
    names = [
        name for name in TeamValues._fields if (getattr(before, name) != getattr(after, name)).any()
    ]
    if not names:
        return {}

    def value(switched: Switches) -> Floats:
        return before._replace(
            **{name: getattr(after, name) for name, on in zip(names, switched, strict=True) if on}
        ).gross()

    return dict(zip(names, compute_shapley_values(value, len(names)), strict=True))


def decomposition(
    series: pl.DataFrame,
    factor: str,
    reference: Any,
    forms: Mapping[Any, Form],
    by: Sequence[str] = (),
    *,
    form: str = "structure",
    level: float = LEVEL,
) -> pl.DataFrame:
    """Divide the difference in joint value between levels of a factor and the reference among its sources; the rows of a comparison add up.

    ``forms`` gives every level of the column ``form`` its ``Form``. Runs must have common seeds: the division is made within replicates.
    ``exact`` says whether a row is measured as such (soloists, costs, the total) or divided by mean understanding and trust; of the latter the
    sum is exact. Rows that are 0 in every replicate are left out.

    Columns: ``by``, ``factor``, ``reference``, ``part``, ``of`` (expertise, understanding, trust, form, cost, total), ``value``, ``low``,
    ``high``, ``n``, ``exact``, ``level``, ``method``.
    """
    kept = list(dict.fromkeys([*by, factor, form]))
    books = accounts(series, kept)
    unknown = [name for name in books[form].unique(maintain_order=True) if name not in forms]
    if unknown:
        raise AnalysisError(
            f"forms lacks {', '.join(map(str, unknown))}; give every level of {form} its"
            " modularity, formalisation and mediator"
        )
    rows = []
    for where, here, _ in list_comparisons(books, factor, reference, "joint_value", by, "paired"):
        now, then = (
            books.filter([pl.col(name) == value for name, value in {**where, factor: at}.items()])
            for at in (here, reference)
        )
        after, before = (
            now.join(then, on="replicate", how="semi"),
            then.join(now, on="replicate", how="semi"),
        )
        sides = [
            compute_team_values(books_at.sort("replicate"), form, forms, {**where, factor: at})
            for books_at, at in ((after, here), (before, reference))
        ]
        rows += [
            {**where, factor: here, "reference": reference, **row, "level": level}
            for row in estimate_parts(sides[0], sides[1], level)
        ]
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        method=pl.lit("paired, Student; teams by Shapley")
    )


def estimate_parts(
    after: tuple[dict[str, Floats], TeamValues],
    before: tuple[dict[str, Floats], TeamValues],
    level: float,
) -> list[dict[str, Any]]:
    """Return the parts of one difference with their intervals, the total last."""
    now, then = after[0], before[0]
    rows = [("working alone", "expertise", True, now["solo"] - then["solo"])]
    rows += [
        (name, PART_SOURCES[name], False, values)
        for name, values in divide_difference(before[1], after[1]).items()
    ]
    rows += [(name.replace("_", " "), "cost", True, then[name] - now[name]) for name in COSTS]
    rows = [row for row in rows if (row[3] != 0.0).any()]
    rows.append(("joint value", "total", True, now["joint_value"] - then["joint_value"]))
    return [
        {"part": part, "of": of, **estimate_mean(values, level)._asdict(), "exact": exact}
        for part, of, exact, values in rows
    ]
