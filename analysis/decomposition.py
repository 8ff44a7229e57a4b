"""Where joint value comes from: expertise, understanding (alike, bridged), trust and cost.

In every round, exactly (per organisation; ``docs/how-to-estimates.md`` derives it from the rules)::

    joint value = value of soloists + gross value of teams
                  - cost of links, rules, set-up, exit and search

The gross value of a team is the quality of pooled expertise, in which every member's skill is
weighted by how well it is understood and how far it trusts (docs/rules.md, Work). The records hold
the *mean* understanding and trust of teams, not every member's weight. So the gross value reads as

    G = P x (s + (1 - s) U) x (g + (1 - g) T),   U = alike + bridged

with modularity s and formalisation g of the form; in mediated forms U is the mediator's
understanding squared. P is what the same teams would make if all were understood and trusted. It
makes the product exact: it holds the expertise pooled and whatever the means miss (paths of
understanding through a third, the best of several members, the floor). Shapley's rule divides the
difference between two configurations among P, alike, bridged, mediator, trust, s and g; the parts
add up exactly.
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
    """The weights that a form of collaborating fixes, each from 0 to 1.

    Attributes:
        modularity: s, the share of a member's skill that counts without understanding.
        formalisation: g, the share of a contribution that counts without trust.
        mediator: the mediator's understanding of every member; none for forms without a mediator.

    Example:
        >>> Form(modularity=0.3, formalisation=0.2, mediator=0.8)
        Form(modularity=0.3, formalisation=0.2, mediator=0.8)
    """

    modularity: float
    formalisation: float
    mediator: float | None = None


def accounts(series: pl.DataFrame, factors: Sequence[str]) -> pl.DataFrame:
    """Compute the accounts of every run: where its joint value comes from.

    They are exact, also under uncertainty and with several collaborations per organisation:
    ``joint_value`` = ``solo`` + ``teams`` - the five costs.

    Args:
        series: a row per run and round (``series: 1`` in a study): factors, ``replicate``,
            ``seed``, ``run`` and the recorded measures.
        factors: all factors that vary.

    Returns:
        A row per run, means per organisation and round: the factors, ``replicate``, ``seed``,
        ``run``, ``joint_value``, ``solo``, ``teams`` (gross of costs), ``members_alone`` (what
        members would have earned alone), ``link_cost``, ``rule_cost``, ``setup_cost``,
        ``exit_cost``, ``search_cost``; ``alike``, ``bridged`` and ``trust`` (0 to 1) are means of
        teams, weighted by what teams made in the round.

    Raises:
        AnalysisError: a column is missing or not finite.

    Source:
        docs/rules.md, section 6; docs/how-to-estimates.md derives the identity.

    Example:
        >>> from analysis.examples import make_example_series
        >>> books = accounts(make_example_series(), ["imitation.rate"])
        >>> books.select(pl.col("joint_value", "solo", "teams").round(3)).row(0)
        (0.828, 0.2, 0.708)
    """
    keys = [*factors, "replicate", "seed", "run"]
    check_table(series, *keys, *RECORDED_MEASURES)
    for column in RECORDED_MEASURES:
        extract_values(series, column)
    members_alone = (
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
        series.with_columns(members_alone=members_alone)
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
    """One configuration by replicate: what its teams make, and what weights their members."""

    pooled: Floats
    alike: Floats
    bridged: Floats
    mediator: Floats
    trust: Floats
    modularity: Floats
    formalisation: Floats

    def compute_gross(self) -> Floats:
        """Return the gross value of teams."""
        return self.pooled * self.compute_weight()

    def compute_weight(self) -> Floats:
        """Return the weight of a mean member: understood, and trusting."""
        understood = self.modularity + (1.0 - self.modularity) * (
            self.alike + self.bridged + self.mediator
        )
        trusting: Floats = self.formalisation + (1.0 - self.formalisation) * self.trust
        return understood * trusting


def compute_team_values(
    books: pl.DataFrame, form: str, forms: Mapping[Any, Form], where: dict[str, Any]
) -> tuple[dict[str, Floats], TeamValues]:
    """Return the accounts of a configuration by replicate, and its teams.

    Their pooled expertise is what makes the gross value exact.
    """
    if books[form].n_unique() != 1:
        raise AnalysisError(f"there are several forms at {format_point(where)}; name {form} in by")
    modularity, formalisation, mediator = forms[books[form][0]]
    columns = {
        name: books[name].to_numpy() for name in (*ACCOUNT_COLUMNS, "alike", "bridged", "trust")
    }
    by_members = 1.0 if mediator is None else 0.0
    mediated, s, g = (
        np.full(len(books), value) for value in ((mediator or 0.0) ** 2, modularity, formalisation)
    )
    teams = TeamValues(
        columns["teams"],
        by_members * columns["alike"],
        by_members * columns["bridged"],
        mediated,
        columns["trust"],
        s,
        g,
    )
    weight = teams.compute_weight()
    if ((weight <= 0.0) & (teams.pooled > 0.0)).any():
        raise AnalysisError(
            "teams make value though nobody is understood or trusted on average; this decomposition"
            " does not hold here"
        )
    return columns, teams._replace(
        pooled=np.divide(teams.pooled, weight, out=np.zeros_like(weight), where=weight > 0.0)
    )


def divide_difference(before: TeamValues, after: TeamValues) -> dict[str, Floats]:
    """Return the difference in gross value by source; the parts add up exactly."""
    names = [
        name for name in TeamValues._fields if (getattr(before, name) != getattr(after, name)).any()
    ]
    if not names:
        return {}

    def value(switched: Switches) -> Floats:
        return before._replace(
            **{name: getattr(after, name) for name, on in zip(names, switched, strict=True) if on}
        ).compute_gross()

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
    """Divide the difference in joint value between levels of a factor among its sources.

    The division describes contributions, not causes.

    Args:
        series: a row per run and round, as for ``accounts``, with common random numbers.
        factor: factor whose levels are compared.
        reference: level that is subtracted.
        forms: the ``Form`` of every level of the column ``form``.
        by: other factors; every combination of their levels is divided by itself.
        form: column that names the form.
        level: confidence level, 0 to 1.

    Returns:
        A row per comparison and part; the parts add up to the last, the joint value: ``by``, the
        factor, ``reference``, ``part``, ``of`` ("expertise", "understanding", "trust", "form",
        "cost", "total"), ``value``, ``low``, ``high`` (per organisation and round), ``n``,
        ``exact`` (measured as such; else divided by mean understanding and trust, exact in sum),
        ``level``, ``method``. Parts that are 0 in every replicate are left out.

    Raises:
        AnalysisError: a column, form or run is missing, several forms are compared at once, or the
            seeds are not common.

    Source:
        Shapley (1953), A value for n-person games; Shorrocks (2013), J. Economic Inequality 11.

    Example:
        >>> from analysis.examples import make_example_series
        >>> forms = {"hub": Form(modularity=0.3, formalisation=0.2)}
        >>> table = decomposition(make_example_series(), "imitation.rate", 0.0, forms)
        >>> table.select("part", pl.col("value").round(3)).filter(pl.col("value") != 0).rows()
        [('pooled', -0.064), ('alike', 0.034), ('trust', -0.032), ('joint value', -0.062)]
    """
    books = accounts(series, list(dict.fromkeys([*by, factor, form])))
    unknown = [name for name in books[form].unique(maintain_order=True) if name not in forms]
    if unknown:
        raise AnalysisError(
            f"forms lacks {', '.join(map(str, unknown))}; give every level of {form} its"
            " modularity, formalisation and mediator"
        )
    rows = []
    for where, at, _ in list_comparisons(books, factor, reference, "joint_value", by, "paired"):
        points = [{**where, factor: compared} for compared in (at, reference)]
        after, before = compute_both_sides(books, points, form, forms)
        labels = {**where, factor: at, "reference": reference}
        rows += [
            {**labels, **part, "level": level} for part in estimate_parts(after, before, level)
        ]
    method = "paired, Student; teams by Shapley"
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(method=pl.lit(method))


def compute_both_sides(
    books: pl.DataFrame, points: Sequence[dict[str, Any]], form: str, forms: Mapping[Any, Form]
) -> list[tuple[dict[str, Floats], TeamValues]]:
    """Return two configurations by replicate, on the replicates that both have."""
    first, second = (
        books.filter([pl.col(name) == value for name, value in point.items()]) for point in points
    )
    pairs = (
        first.join(second, on="replicate", how="semi"),
        second.join(first, on="replicate", how="semi"),
    )
    return [
        compute_team_values(runs.sort("replicate"), form, forms, point)
        for runs, point in zip(pairs, points, strict=True)
    ]


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
