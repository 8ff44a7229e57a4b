"""Fang, Lee & Schilling (2010): semi-isolated groups explore longer and still share findings.

Reality has ``dimensions`` (m) of +1 or -1. Each of ``individuals`` (n) holds a belief of -1, 0 or 1
on every dimension. Payoff comes in bundles of ``bundle`` (s) dimensions next to each other: a
bundle pays s when all its beliefs are right, else nothing, so that ``payoff`` is the share of
bundles that are right.

Individuals are in groups of ``group``, and linked with all others of their group. Every such link
is replaced with probability ``beta`` by one with an individual of another group. In every round,
all at once, an individual looks at those of its contacts whose payoff exceeds its own, and on each
dimension adopts the belief of their majority with probability ``p_learn``.

With beta at 0 groups cannot learn from each other; with beta at 1 all soon believe the same. Payoff
at rest is highest in between.

Left open by the paper, and made a parameter:

* ``start``: whether a belief may be missing at the start (``three``: -1, 0 and 1 are equally
  likely) or not (``two``);
* ``majority``: with ``held`` contacts without a belief have no vote; with ``all`` they vote for
  having none, and the most frequent of the three is adopted, none included. Without a single winner
  an individual keeps its belief;
* ``links``: with ``mutual`` a link leads both ways, and a coin decides which of its ends keeps it;
  with ``one_way`` it is replaced for each end separately, so that all have equally many contacts.

Source: Fang, C., Lee, J. & Schilling, M. A. (2010), Balancing exploration and exploitation through
structural design: the isolation of subgroups and organizational learning, Organization Science
21(3):625-642.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from sim.array_model import RowAgent, RowAttribute
from sim.classics.arithmetic import compute_mean
from sim.classics.classic import ClassicModel, Floats, Integers64, Parameters, declare_measures
from sim.classics.draws import compute_word_limit, draw_word, start_sequence
from sim.classics.kernels import classic_entry
from sim.classics.networks import Network
from sim.config import declare_parameter
from sim.observation.measures import Measure
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed, draw_uniform, pick_index

PAPER = "Fang, Lee & Schilling 2010"
Beliefs = NDArray[np.int8]


class Stream(IntEnum):
    """Streams of draws."""

    REALITY = 1
    BELIEF = 2
    LINK = 3
    LEARNING = 4


class FangLeeSchillingParameters(Parameters):
    """Parameters of Fang, Lee & Schilling 2010."""

    rounds: int = declare_parameter(
        400,
        "rounds of one run",
        unit="rounds",
        source="assumed: long enough to come to rest",
        ge=1,
        le=1_000_000,
    )
    individuals: int = declare_parameter(
        280, "members of the organisation", symbol="n", source=PAPER, ge=2, le=3000
    )
    group: int = declare_parameter(
        7, "members of a group", unit="individuals", source=PAPER, ge=1, le=3000
    )
    dimensions: int = declare_parameter(
        100, "dimensions of reality", symbol="m", source=PAPER, ge=1, le=10_000
    )
    bundle: int = declare_parameter(
        5,
        "dimensions that pay only together",
        unit="dimensions",
        symbol="s",
        source=PAPER,
        ge=1,
        le=10_000,
    )
    beta: float = declare_parameter(
        0.1,
        "chance that a link within a group leads to another group instead",
        unit="per link",
        source=PAPER,
        ge=0,
        le=1,
    )
    p_learn: float = declare_parameter(
        0.3,
        "chance to adopt the majority's belief",
        unit="per dimension and round",
        source=PAPER,
        ge=0,
        le=1,
    )
    start: Literal["three", "two"] = declare_parameter(
        "three", "beliefs at the start: -1, 0 and 1, or -1 and 1, as likely", source="left open"
    )
    majority: Literal["held", "all"] = declare_parameter(
        "held", "whether contacts without a belief vote for none", source="left open"
    )
    links: Literal["mutual", "one_way"] = declare_parameter(
        "mutual", "whether links lead both ways", source="left open"
    )

    @model_validator(mode="after")
    def refuse_impossible(self) -> Self:
        """Refuse groups and bundles that do not divide individuals and dimensions."""
        if self.individuals % self.group:
            raise ValueError(
                f"group is {self.group}, but {self.individuals} individuals make no whole number of"
                " such groups: change one of them"
            )
        if self.dimensions % self.bundle:
            raise ValueError(
                f"bundle is {self.bundle}, but {self.dimensions} dimensions make no whole number of"
                " such bundles: change one of them"
            )
        return self


class FangLeeSchillingIndividual(RowAgent):
    """A member of the organisation."""

    beliefs = RowAttribute("beliefs", "belief per dimension, shape (m,): -1, 0 or 1")
    payoff = RowAttribute("payoffs", "share of bundles on which it is right")


class FangLeeSchilling2010(ClassicModel):
    """Learning from the majority of superior contacts, in groups that are more or less isolated.

    Args:
        parameters: ``FangLeeSchillingParameters``; or give single ones by name.
        rng: seed or generator, as Mesa takes it.

    Source: Fang, Lee & Schilling (2010).

    Example:
        >>> model = FangLeeSchilling2010(individuals=28, beta=0.1, rng=1).run(10)
        >>> model.payoff <= model.best_payoff <= 1
        True
    """

    Parameters = FangLeeSchillingParameters
    Agent = FangLeeSchillingIndividual
    MEASURES = declare_measures(
        payoff=Measure("mean payoff: share of bundles that are right", "0-1"),
        best_payoff=Measure("payoff of the best individual", "0-1"),
        knowledge=Measure("share of dimensions on which individuals are right, on average", "0-1"),
        disagreement=Measure(
            "share of dimensions on which two individuals differ, on average", "0-1"
        ),
    )

    def begin(self) -> None:
        """Draw reality, beliefs and the links that lead to other groups."""
        p = self.parameters
        self.reality, self.beliefs = draw_fang_lee_schilling_start(
            self.key, p.individuals, p.dimensions, p.start == "three"
        )
        self.network = Network(
            *draw_group_links(self.key, p.individuals, p.group, p.beta, p.links == "mutual")
        )
        self.payoffs = np.zeros(p.individuals)

    @property
    def size(self) -> int:
        """Number of individuals."""
        return len(self.beliefs)

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Learn for some rounds."""
        p = self.parameters
        play_fang_lee_schilling(
            self.reality,
            self.beliefs,
            self.payoffs,
            self.network,
            self.key,
            p.bundle,
            p.p_learn,
            p.majority == "held",
            first,
            rounds,
            rows,
        )
        return rounds


MODEL = FangLeeSchilling2010


@classic_entry
def draw_fang_lee_schilling_start(
    key: Seed, individuals: int, dimensions: int, three: bool
) -> tuple[Beliefs, Beliefs]:
    """Return reality, shape (m,), and beliefs, shape (n, m)."""
    reality, beliefs = (
        np.empty(dimensions, dtype=np.int8),
        np.empty((individuals, dimensions), dtype=np.int8),
    )
    for dimension in range(dimensions):
        reality[dimension] = 1 if draw_uniform(key, Stream.REALITY, 0, dimension, 0) < 0.5 else -1
    for individual in range(individuals):
        draws = start_sequence(key, Stream.BELIEF, 0, individual)
        for dimension in range(dimensions):
            beliefs[individual, dimension] = (
                draw_word(draws, dimension) % 3 - 1
                if three
                else 2 * (draw_word(draws, dimension) & 1) - 1
            )
    return reality, beliefs


@classic_entry
def draw_group_links(
    key: Seed, individuals: int, group: int, beta: float, mutual: bool
) -> tuple[Integers64, Integers64]:
    """Return where each individual's contacts begin, and the contacts."""
    sees = np.zeros((individuals, individuals), dtype=np.bool_)
    for one in range(individuals):
        for other in range(one // group * group, (one // group + 1) * group):
            sees[one, other] = one != other
    for one in range(individuals):
        for other in range(one + 1 if mutual else one // group * group, (one // group + 1) * group):
            if other != one and draw_uniform(key, Stream.LINK, 0, one, 3 * other) < beta:
                keeps = (
                    one
                    if not mutual or draw_uniform(key, Stream.LINK, 0, one, 3 * other + 1) < 0.5
                    else other
                )
                stranger = find_stranger(
                    sees, keeps, group, draw_uniform(key, Stream.LINK, 0, one, 3 * other + 2)
                )
                if stranger >= 0:
                    sees[one, other], sees[keeps, stranger] = False, True
                    if mutual:
                        sees[other, one], sees[stranger, keeps] = False, True
    starts, contacts = (
        np.zeros(individuals + 1, dtype=np.int64),
        np.empty(sees.sum(), dtype=np.int64),
    )
    for one in range(individuals):
        seen = np.flatnonzero(sees[one])
        starts[one + 1] = starts[one] + seen.size
        contacts[starts[one] : starts[one + 1]] = seen
    return starts, contacts


@kernel
def find_stranger(sees: NDArray[np.bool_], individual: int, group: int, draw: float) -> int:
    """Return an individual of another group that this one does not see yet, or -1."""
    own, count = individual // group, 0
    for other in range(sees.shape[0]):
        count += other // group != own and not sees[individual, other]
    left = pick_index(draw, count) if count > 0 else -1
    for other in range(sees.shape[0]):
        if other // group != own and not sees[individual, other]:
            if left == 0:
                return other
            left -= 1
    return -1


@classic_entry
def play_fang_lee_schilling(
    reality: Beliefs,
    beliefs: Beliefs,
    payoffs: Floats,
    network: Network,
    key: Seed,
    bundle: int,
    p_learn: float,
    held: bool,
    first: int,
    rounds: int,
    rows: Floats,
) -> None:
    """Play rounds until no individual has anything to learn.

    Nothing can change after that, and the last measures hold.
    """
    at_rest = False
    write_bundle_payoffs(reality, beliefs, bundle, payoffs)
    for now in range(first, first + rounds):
        if not at_rest:
            at_rest = not learn_from_majority(beliefs, payoffs, network, key, p_learn, held, now)
            write_bundle_payoffs(reality, beliefs, bundle, payoffs)
        if at_rest and now > first:
            rows[now - first] = rows[now - first - 1]
        else:
            write_fang_lee_schilling_measures(reality, beliefs, payoffs, rows[now - first])
    if rounds == 0:
        write_fang_lee_schilling_measures(reality, beliefs, payoffs, rows[0])


@kernel
def learn_from_majority(
    beliefs: Beliefs,
    payoffs: Floats,
    network: Network,
    key: Seed,
    p_learn: float,
    held: bool,
    now: int,
) -> bool:
    """Let all learn at once, in place; return whether any had anything to learn."""
    n, m = beliefs.shape
    before, most = beliefs.copy(), compute_word_limit(p_learn)
    balance, votes = np.empty(m, dtype=np.int32), np.empty(m, dtype=np.int32)
    could = False
    for individual in range(n):
        superior = 0
        balance[:], votes[:] = 0, 0
        for contact in network.contacts[
            network.starts[individual] : network.starts[individual + 1]
        ]:
            if payoffs[contact] > payoffs[individual]:
                superior += 1
                for dimension in range(m):
                    balance[dimension] += before[contact, dimension]
                    votes[dimension] += abs(before[contact, dimension])
        if superior > 0:
            draws = start_sequence(key, Stream.LEARNING, now, individual)
            for dimension in range(m):
                own = before[individual, dimension]
                view = find_winning_belief(
                    balance[dimension],
                    votes[dimension],
                    0 if held else superior - votes[dimension],
                    own,
                )
                could |= view != own
                beliefs[individual, dimension] = view if draw_word(draws, dimension) < most else own
    return could


@kernel
def find_winning_belief(balance: int, votes: int, missing: int, own: int) -> int:
    """Return the belief with most votes, or the agent's own where no single one has.

    ``missing`` is the number of votes for none.
    """
    most = (votes + abs(balance)) // 2
    if missing > most:
        return 0
    return own if balance == 0 or missing == most else np.sign(balance)


@kernel
def write_bundle_payoffs(reality: Beliefs, beliefs: Beliefs, bundle: int, payoffs: Floats) -> None:
    """Write the payoff of every individual, in place."""
    m = reality.size
    for individual in range(payoffs.size):
        right = 0
        for begun in range(0, m, bundle):
            whole = True
            for dimension in range(begun, begun + bundle):
                whole &= beliefs[individual, dimension] == reality[dimension]
            right += whole
        payoffs[individual] = right * bundle / m


@kernel
def write_fang_lee_schilling_measures(
    reality: Beliefs, beliefs: Beliefs, payoffs: Floats, row: Floats
) -> None:
    """Write the measures into a row."""
    n, m = beliefs.shape
    balance, held = np.zeros(m, dtype=np.int32), np.zeros(m, dtype=np.int32)
    for individual in range(n):
        for dimension in range(m):
            balance[dimension] += beliefs[individual, dimension]
            held[dimension] += abs(beliefs[individual, dimension])
    right, alike = 0, 0.0
    for dimension in range(m):
        right += (held[dimension] + balance[dimension] * reality[dimension]) // 2
        for count in (
            (held[dimension] + balance[dimension]) // 2,
            (held[dimension] - balance[dimension]) // 2,
            n - held[dimension],
        ):
            alike += count * (count - 1.0)
    row[0], row[1], row[2] = compute_mean(payoffs), payoffs.max(), right / (n * m)
    row[3] = max(0.0, 1.0 - alike / (m * n * (n - 1.0)))
