"""March (1991): mutual learning of an organisation's code and its members.

Reality has ``m`` dimensions of +1 or -1. Each of ``n`` individuals holds a belief of -1, 0 or 1 on
every dimension, and so does the organisation's code, which starts without any (0). In every round

1. *socialisation*: on each dimension where code and belief differ (and the code has an opinion) an
   individual's belief moves towards the code with probability ``p1``;
2. *learning by the code*: the code moves to the dominant view of those individuals whose knowledge
   exceeds its own, with probability ``1 - (1 - p2)^k``;
3. *turnover*: an individual is replaced by a naive one with probability ``p3``.

Fast socialisation makes all agree before the code has learnt from those that deviate, and the
organisation knows less in the end.

The text alone does not reproduce the published figure; rules that it does not state do (Rodan 2005,
Christensen 2015). Each is a switch, with the documented rule as default and the literal reading as
``model=march_1991_literal``:

* ``performance``: with ``actions`` an individual acts on every dimension, at random where it has no
  belief, and is judged by its actions; with ``beliefs`` a missing belief counts as wrong.
* ``adoption``: with ``step`` a belief moves one step (opposite, none, same); with ``whole`` it
  becomes that of the code at once.
* ``code_learning``: with ``majority`` k is the margin of the majority action; with ``differing`` it
  is the number of better individuals who differ from the code less the number who do not.
* ``missing``: where the code has no opinion it is half right (``half``), acts at random (``coin``),
  or is wrong (``wrong``).

Also left open: whether both learn at once (``order`` says who learns first within a round; those
that learn together learn from the state before), and what the figure's axis is. It is
``code_score``, right less wrong dimensions, under the documented rules: the public replication that
gives the published figure reports that, and not the share of right ones.

Source: March, J. G. (1991), Exploration and exploitation in organizational learning, Organization
Science 2(1):71-87.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

import numpy as np

from sim.array_model import RowAgent, RowAttribute
from sim.classics.arithmetic import raise_to_count
from sim.classics.classic import ClassicModel, Floats, Integers64, Parameters, declare_measures
from sim.classics.draws import compute_word_limit, draw_word, start_sequence
from sim.classics.kernels import classic_entry
from sim.config import declare_parameter
from sim.observation.measures import Measure
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed, draw_uniform, pick_index

PAPER = "March 1991"
REPLICATION_PAPERS = "Rodan 2005, Christensen 2015; not in March 1991"
LEARNING_ORDERS = ("individuals", "code", "together")
MISSING_OPINION_RULES = ("wrong", "half", "coin")
MISSING_IS_WRONG, MISSING_IS_HALF_RIGHT, MISSING_IS_COIN = range(3)
INDIVIDUALS_FIRST, CODE_FIRST, BOTH_TOGETHER = range(3)


class Stream(IntEnum):
    """Streams of draws."""

    REALITY = 1
    BELIEF = 2
    SOCIALISATION = 3
    ACTION = 4
    CODE = 5
    TURNOVER = 6
    NEWCOMER = 7


class MarchParameters(Parameters):
    """Parameters of March 1991."""

    rounds: int = declare_parameter(
        200,
        "rounds of one run",
        unit="rounds",
        source="assumed: long enough to come to rest unless p3 > 0",
        ge=1,
        le=1_000_000,
    )
    dimensions: int = declare_parameter(
        30, "dimensions of reality", symbol="m", source=PAPER, ge=1, le=10_000
    )
    individuals: int = declare_parameter(
        50, "members of the organisation", symbol="n", source=PAPER, ge=1, le=100_000
    )
    p1: float = declare_parameter(
        0.5,
        "socialisation: chance to learn from the code",
        unit="per dimension and round",
        source=PAPER,
        ge=0,
        le=1,
    )
    p2: float = declare_parameter(
        0.5,
        "learning by the code: chance per individual of the margin",
        unit="per dimension and round",
        source=PAPER,
        ge=0,
        le=1,
    )
    p3: float = declare_parameter(
        0.0,
        "turnover: chance to be replaced by somebody naive",
        unit="per individual and round",
        source=PAPER,
        ge=0,
        le=1,
    )
    performance: Literal["actions", "beliefs"] = declare_parameter(
        "actions", "what individuals and code are judged by", source=REPLICATION_PAPERS
    )
    adoption: Literal["step", "whole"] = declare_parameter(
        "step", "how far a belief moves towards the code", source=REPLICATION_PAPERS
    )
    code_learning: Literal["majority", "differing"] = declare_parameter(
        "majority", "what k of the code's learning counts", source=REPLICATION_PAPERS
    )
    missing: Literal["wrong", "half", "coin"] = declare_parameter(
        "half", "how the code is judged where it has no opinion", source=REPLICATION_PAPERS
    )
    order: Literal["individuals", "code", "together"] = declare_parameter(
        "together", "who learns first within a round", source="left open by March 1991"
    )


class MarchIndividual(RowAgent):
    """A member of the organisation."""

    beliefs = RowAttribute("beliefs", "belief per dimension, shape (m,): -1, 0 or 1")


class March1991(ClassicModel):
    """Mutual learning of a code and its members.

    Args:
        parameters: ``MarchParameters``; or give single ones by name.
        rng: seed or generator, as Mesa takes it.

    Source: March (1991), with rules of Rodan (2005) and Christensen (2015).

    Example:
        >>> model = March1991(p1=0.1, p2=0.5, rng=1).run(20)
        >>> model.beliefs.shape, 0 <= model.code_knowledge <= 1
        ((50, 30), True)
    """

    Parameters = MarchParameters
    Agent = MarchIndividual
    MEASURES = declare_measures(
        code_score=Measure(
            "dimensions on which the code is right less those on which it is wrong",
            "share, -1 to 1",
        ),
        code_knowledge=Measure("share of dimensions on which the code is right", "0-1"),
        knowledge=Measure("share of dimensions on which individuals are right, on average", "0-1"),
        disagreement=Measure(
            "share of dimensions on which two individuals differ, on average", "0-1"
        ),
    )

    def begin(self) -> None:
        """Draw reality and naive beliefs; the code starts without any."""
        self.reality, self.beliefs = draw_march_start(
            self.key, self.parameters.individuals, self.parameters.dimensions
        )
        self.code = np.zeros(self.parameters.dimensions, dtype=np.int64)

    @property
    def size(self) -> int:
        """Number of individuals."""
        return len(self.beliefs)

    def play(self, first: int, rounds: int, rows: Floats) -> int:
        """Learn from each other for some rounds."""
        p = self.parameters
        switches = (
            p.performance == "actions",
            p.adoption == "step",
            p.code_learning == "majority",
            MISSING_OPINION_RULES.index(p.missing),
            LEARNING_ORDERS.index(p.order),
        )
        play_march(
            self.reality,
            self.beliefs,
            self.code,
            self.key,
            (p.p1, p.p2, p.p3),
            switches,
            first,
            rounds,
            rows,
        )
        return rounds


MODEL = March1991


@classic_entry
def draw_march_start(key: Seed, individuals: int, dimensions: int) -> tuple[Integers64, Integers64]:
    """Return reality, shape (m,), and beliefs, shape (n, m)."""
    reality, beliefs = (
        np.empty(dimensions, dtype=np.int64),
        np.empty((individuals, dimensions), dtype=np.int64),
    )
    for dimension in range(dimensions):
        reality[dimension] = 1 if draw_uniform(key, Stream.REALITY, 0, dimension, 0) < 0.5 else -1
        for individual in range(individuals):
            beliefs[individual, dimension] = (
                pick_index(draw_uniform(key, Stream.BELIEF, 0, individual, dimension), 3) - 1
            )
    return reality, beliefs


@classic_entry
def play_march(
    reality: Integers64,
    beliefs: Integers64,
    code: Integers64,
    key: Seed,
    chances: tuple[float, float, float],
    switches: tuple[bool, bool, bool, int, int],
    first: int,
    rounds: int,
    rows: Floats,
) -> None:
    """Play rounds until code and individuals agree on everything.

    Nothing can change after that, and the last measures hold.
    """
    p1, p2, p3 = chances
    by_actions, stepwise, by_majority, missing, order = switches
    at_rest = False
    for now in range(first, first + rounds):
        if not at_rest:
            before = code.copy()
            if order == INDIVIDUALS_FIRST:
                socialise_individuals(beliefs, code, key, p1, stepwise, now)
            teach_code(reality, beliefs, code, key, p2, by_actions, by_majority, missing, now)
            if order != INDIVIDUALS_FIRST:
                socialise_individuals(
                    beliefs, code if order == CODE_FIRST else before, key, p1, stepwise, now
                )
            replace_individuals(beliefs, key, p3, now)
            at_rest = p3 == 0.0 and is_unanimous(beliefs, code)
        write_march_measures(reality, beliefs, code, rows[now - first])
    if rounds == 0:
        write_march_measures(reality, beliefs, code, rows[0])


@kernel
def socialise_individuals(
    beliefs: Integers64, code: Integers64, key: Seed, p1: float, stepwise: bool, now: int
) -> None:
    """Move beliefs towards the code, in place."""
    most = compute_word_limit(p1)
    for individual in range(beliefs.shape[0]):
        draws = start_sequence(key, Stream.SOCIALISATION, now, individual)
        for dimension in range(code.size):
            held, taught = beliefs[individual, dimension], code[dimension]
            moves = (taught != 0) & (held != taught) & (draw_word(draws, dimension) < most)
            beliefs[individual, dimension] = held + moves * (taught if stepwise else taught - held)


@kernel
def act_on_beliefs(beliefs: Integers64, actions: Integers64, key: Seed, now: int, who: int) -> None:
    """Write the action on every dimension: the belief, or a random one without a belief."""
    draws = start_sequence(key, Stream.ACTION, now, who)
    for dimension in range(beliefs.size):
        coin = 2 * (draw_word(draws, dimension) & 1) - 1
        actions[dimension] = beliefs[dimension] if beliefs[dimension] != 0 else coin


@kernel
def teach_code(
    reality: Integers64,
    beliefs: Integers64,
    code: Integers64,
    key: Seed,
    p2: float,
    by_actions: bool,
    by_majority: bool,
    missing: int,
    now: int,
) -> None:
    """Move the code to the dominant view of those that know more than it, in place."""
    n, m = beliefs.shape
    own = compute_code_score(reality, code, key, missing, n, now)
    balance, differing, view = (
        np.zeros(m, dtype=np.int64),
        np.zeros(m, dtype=np.int64),
        np.empty(m, dtype=np.int64),
    )
    for individual in range(n):
        if by_actions:
            act_on_beliefs(beliefs[individual], view, key, now, individual)
        else:
            view[:] = beliefs[individual]
        score = 0
        for dimension in range(m):
            score += view[dimension] == reality[dimension]
        if score > own:
            for dimension in range(m):
                balance[dimension] += view[dimension]
                differing[dimension] += 1 if view[dimension] != code[dimension] else -1
    for dimension in range(m):
        dominant = np.sign(balance[dimension])
        margin = abs(balance[dimension]) if by_majority else differing[dimension]
        if dominant != 0 and dominant != code[dimension] and margin > 0:
            chance = 1.0 - raise_to_count(1.0 - p2, margin)
            if draw_uniform(key, Stream.CODE, now, dimension, 0) < chance:
                code[dimension] = dominant


@kernel
def compute_code_score(
    reality: Integers64, code: Integers64, key: Seed, missing: int, n: int, now: int
) -> float:
    """Return on how many dimensions the code counts as right."""
    view, score = code.copy(), 0.0
    if missing == MISSING_IS_COIN:
        act_on_beliefs(code, view, key, now, n)
    for dimension in range(code.size):
        if view[dimension] == reality[dimension]:
            score += 1.0
        elif view[dimension] == 0 and missing == MISSING_IS_HALF_RIGHT:
            score += 0.5
    return score


@kernel
def replace_individuals(beliefs: Integers64, key: Seed, p3: float, now: int) -> None:
    """Replace individuals by naive ones, in place."""
    if p3 > 0.0:
        for individual in range(beliefs.shape[0]):
            if draw_uniform(key, Stream.TURNOVER, now, individual, 0) < p3:
                for dimension in range(beliefs.shape[1]):
                    beliefs[individual, dimension] = (
                        pick_index(
                            draw_uniform(key, Stream.NEWCOMER, now, individual, dimension), 3
                        )
                        - 1
                    )


@kernel
def is_unanimous(beliefs: Integers64, code: Integers64) -> bool:
    """Return whether the code has all opinions, and all individuals share them."""
    for dimension in range(code.size):
        if code[dimension] == 0:
            return False
        for individual in range(beliefs.shape[0]):
            if beliefs[individual, dimension] != code[dimension]:
                return False
    return True


@kernel
def write_march_measures(
    reality: Integers64, beliefs: Integers64, code: Integers64, row: Floats
) -> None:
    """Write the measures into a row."""
    n, m = beliefs.shape
    balance, held = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    for individual in range(n):
        for dimension in range(m):
            balance[dimension] += beliefs[individual, dimension]
            held[dimension] += beliefs[individual, dimension] != 0
    right, alike, code_right, code_score = 0, 0.0, 0, 0
    for dimension in range(m):
        code_right += code[dimension] == reality[dimension]
        code_score += code[dimension] * reality[dimension]
        right += (held[dimension] + balance[dimension] * reality[dimension]) // 2
        for count in (
            (held[dimension] + balance[dimension]) // 2,
            (held[dimension] - balance[dimension]) // 2,
            n - held[dimension],
        ):
            alike += count * (count - 1.0)
    row[0], row[1], row[2] = code_score / m, code_right / m, right / (n * m)
    row[3] = 1.0 - alike / (m * n * (n - 1.0)) if n > 1 else 0.0
