"""The state of a run as arrays: named tuples, so that kernels say what they touch.

Shapes: N organisations, K domains, B largest breadth, R ledger slots, P places (capacity),
C collaboration slots, S largest team, F forms. Everything is linear in N: relations live in a
bounded ledger per organisation. A column says its type and shape once, here; ``build_columns``
makes the arrays from that.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, auto
from typing import Annotated, Any, NamedTuple, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from sim.config import Config

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
Shorts = NDArray[np.int16]
Longs = NDArray[np.int64]
Flags = NDArray[np.int8]
SmallIntegers = NDArray[np.int8]  # whole numbers up to 127

# Columns by form, made from the declared fields of a form (sim/encoding.py); mypy cannot know them.
Forms = Any

NOBODY = -1
JUST_ENTERED = -1  # in ``Organisations.worked_alone``: a newcomer took the row this round
# Who decides for an organisation; alone: it declines every invitation.
BY_RULES, BY_PERSON, BY_PERSON_ALONE = range(3)


class EndReason(IntEnum):
    """Why a collaboration ends: codes in ``Collaborations.reason``."""

    RUNNING = 0
    SOLVED = auto()
    DEADLINE = auto()
    TERM = auto()
    SURPLUS = auto()
    MEMBERS = auto()
    TURNOVER = auto()


END_REASONS = tuple(reason.name.lower() for reason in EndReason)


class CollaborationTotal(IntEnum):
    """Positions in ``Collaborations.totals``."""

    RUNNING = 0
    STARTED = auto()  # since round 0


class WorkSum(IntEnum):
    """Positions in ``Collaborations.sums``: sums over the rounds that a collaboration worked."""

    MEMBERS = 0
    VALUE = auto()
    SYNERGY = auto()
    DISTANCE = auto()
    ALIKE = auto()
    BRIDGED = auto()
    TRUST = auto()


class ChallengeCount(IntEnum):
    """Columns of ``Surroundings.challenges``."""

    SOLVED_ALONE = 0
    SOLVED_TOGETHER = auto()
    EXPIRED = auto()
    ROUNDS_TO_SOLVE = auto()


class DomainStatistic(IntEnum):
    """Rows of ``Scratch.by_domain``."""

    MEAN = 0
    SHARE_MEAN = auto()
    HIGHEST = auto()
    VARIANCE = auto()
    SHARE_VARIANCE = auto()


class Tally(IntEnum):
    """Positions in ``Surroundings.tally``: the sums of a round."""

    SEARCH = 0
    SETUP = auto()
    EXIT = auto()
    LINK = auto()
    RULE = auto()
    VALUE_TOGETHER = auto()
    VALUE_SOLO = auto()
    SYNERGY = auto()
    QUALITY = auto()
    SOLVED = auto()
    EXPIRED = auto()
    COPIES = auto()
    ALIKE = auto()
    BRIDGED = auto()
    DIVERSITY = auto()
    TRUST = auto()
    TEAMS = auto()
    SOLOISTS = auto()


class Organisations(NamedTuple):
    """One row per organisation."""

    expertise: Annotated[Floats, "N", "K"]  # skill, x
    core: Annotated[Floats, "N", "K"]  # skill, x0
    before: Annotated[Floats, "N", "K"]  # expertise before this round's copying
    sector: Annotated[Integers, "N"]  # code
    form: Annotated[Integers, "N"]  # code of the form it initiates
    bridging: Annotated[Floats, "N"]  # b
    performance: Annotated[Floats, "N"]  # moving average of value earned per round, p
    earned: Annotated[Floats, "N"]  # value earned this round, net of costs
    earned_total: Annotated[Floats, "N"]  # value earned since entering
    alone_quality: Annotated[Floats, "N"]  # quality alone on its challenge, as the round begins
    alone_value: Annotated[Floats, "N"]  # value per round that goes with it, A
    load: Annotated[SmallIntegers, "N"]  # collaborations it is in
    places: Annotated[Integers, "N", "P"]  # collaboration slots, in order of joining
    partners: Annotated[Integers, "N"]  # ledger slots with a joint collaboration
    worked_alone: Annotated[
        Flags, "N"
    ]  # 1 when it worked alone this round; else 0, or JUST_ENTERED
    at_work: Annotated[Integers, "N"]  # collaboration that works on its challenge, or NOBODY
    breadth: Annotated[Integers, "N"]  # of its own challenge
    domains: Annotated[Integers, "N", "B"]  # required domains, ascending
    requirement: Annotated[Floats, "N", "B"]  # weights of these, sum 1, r
    progress: Annotated[Floats, "N"]  # accumulated quality
    rounds_left: Annotated[Integers, "N"]  # rounds of work before the deadline
    rounds_spent: Annotated[Integers, "N"]  # rounds worked on it
    decides: Annotated[Flags, "N"]  # BY_RULES, or by a person this round
    leaves: Annotated[Integers, "N"]  # collaboration + 1 that a person leaves this round, else 0


class Ledger(NamedTuple):
    """What each organisation remembers of partners, a row of slots each."""

    used: Annotated[Integers, "N"]  # slots in use
    partner: Annotated[Integers, "N", "R"]  # organisation; NOBODY in slots not in use
    trust: Annotated[Floats, "N", "R"]  # tau
    familiarity: Annotated[Floats, "N", "R"]  # l
    meetings: Annotated[Integers, "N", "R"]  # m
    last_met: Annotated[Integers, "N", "R"]  # round
    joint: Annotated[Integers, "N", "R"]  # joint collaborations
    last_worked: Annotated[Integers, "N", "R"]  # round
    same_sector: Annotated[Flags, "N", "R"]  # 1 for the own sector: decides to what trust fades


class Collaborations(NamedTuple):
    """One row per slot; ``order`` lists the slots in use, by start."""

    totals: Annotated[Integers, len(CollaborationTotal)]
    order: Annotated[Integers, "C"]  # slots in use, then the free ones
    serial: Annotated[Longs, "C"]  # number in order of starting
    size: Annotated[Integers, "C"]
    members: Annotated[Integers, "C", "S"]  # the convenor first
    weight: Annotated[Floats, "C", "S"]  # weight in the last round of work
    gain: Annotated[Floats, "C", "S"]  # moving average of share minus value alone
    leaving: Annotated[Flags, "C", "S"]  # place + 1 of a member that leaves this round, else 0
    remembered: Annotated[Shorts, "C", "S", "S"]  # ledger slot of one in another's, as last worked
    reason: Annotated[Integers, "C"]  # why it ends this round: EndReason, RUNNING when it goes on
    solved: Annotated[Flags, "C"]  # 1 when its challenge was solved this round
    form: Annotated[Integers, "C"]
    owner: Annotated[Integers, "C"]  # organisation whose challenge it works on, or NOBODY
    started: Annotated[Integers, "C"]  # round
    age: Annotated[Integers, "C"]  # rounds worked
    breadth: Annotated[Integers, "C"]
    domains: Annotated[Integers, "C", "B"]
    requirement: Annotated[Floats, "C", "B"]
    progress: Annotated[Floats, "C"]
    rounds_left: Annotated[Integers, "C"]
    rounds_spent: Annotated[Integers, "C"]  # rounds worked on the challenge
    expected: Annotated[Floats, "C"]  # perceived joint value per round
    surplus: Annotated[Floats, "C"]  # moving average of synergy
    quality: Annotated[Floats, "C"]  # in the last round of work
    largest: Annotated[Integers, "C"]  # largest size so far
    repeat_share: Annotated[Floats, "C"]  # share of pairs at the start that had worked together
    sums: Annotated[Floats, "C", len(WorkSum)]  # over the rounds it worked


class Surroundings(NamedTuple):
    """What all organisations share."""

    demand: Annotated[Floats, "K"]  # sum 1
    breadth_bounds: Annotated[Integers, "classes", 2]  # lowest, highest
    breadth_shares: Annotated[Floats, "classes"]  # cumulated
    sector_shares: Annotated[Floats, "sectors"]  # cumulated
    form_shares: Annotated[Floats, "F"]  # cumulated
    tally: Annotated[Floats, len(Tally)]  # sums of this round
    challenges: Annotated[Floats, "K + 1", len(ChallengeCount)]  # by breadth
    users: Annotated[Integers, "F", "N"]  # organisations that use a form this round
    user_count: Annotated[Integers, "F"]


class Scratch(NamedTuple):
    """Working space, so that no phase allocates: nothing here outlives the organisation's turn.

    Where one kernel leaves a result here for another, both say so in their docstrings.
    """

    keys: Annotated[Floats, "N"]  # what ``sort_by_keys`` sorts by
    actors: Annotated[Integers, "N"]  # and what it sorts
    other_keys: Annotated[Floats, "N"]  # where these are sorted to
    other_actors: Annotated[Integers, "N"]
    byte_counts: Annotated[Integers, "key bytes", "byte values"]
    contribution: Annotated[Floats, "S + 1", "B"]  # of a team's members, then of a newcomer
    pooled: Annotated[Floats, "B"]  # a whole team's capability
    share: Annotated[Floats, "S + 1"]  # of the value, by position in ``contribution``
    candidate: Annotated[Integers, "R"]  # organisations that may be invited
    understood: Annotated[Floats, "R"]  # how they are understood
    trusted: Annotated[Floats, "R"]  # how they are trusted
    offered: Annotated[Floats, "R", "B"]  # what they are expected to contribute
    taken: Annotated[Flags, "R"]  # 1 when proposed
    chosen: Annotated[Integers, "S + 1"]  # positions in ``candidate``, in the order added
    initiator: Annotated[Floats, "B"]  # what the initiator contributes when fully understood
    mates: Annotated[Floats, "B"]  # pooled capability of the candidates chosen so far
    best_newcomer: Annotated[Floats, "B"]  # what the best newcomer is expected to contribute
    visited: Annotated[Integers, "R P"]  # collaborations looked at
    freed: Annotated[Integers, "C"]  # slots of ended collaborations
    linked: Annotated[Flags, "S", "S"]  # this round's coordination graph
    understanding: Annotated[Floats, "S", "S"]  # of all pairs of members
    integration: Annotated[Floats, "S", "S"]  # the best product of these along paths
    seen: Annotated[Integers, "seen"]  # organisations whose practice a member sees
    domain_weight: Annotated[Floats, "K"]  # weights from which required domains are drawn
    mean_skill: Annotated[Floats, "K"]  # of a collaboration's members
    by_domain: Annotated[Floats, len(DomainStatistic), "K"]  # statistics over organisations


class World(NamedTuple):
    """All that a round reads and writes."""

    org: Organisations
    ledger: Ledger
    col: Collaborations
    forms: Forms
    around: Surroundings
    scratch: Scratch
    p: Config  # the parameters: ``w.p.trust.gain`` (sim/encoding.py)


def build_columns(kind: type[Any], sizes: Mapping[str, int]) -> Any:
    """Return a named tuple of zeroed arrays, of the declared types and shapes."""
    made = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        array, *axes = get_args(hint)
        scalar = get_args(get_args(array)[1])[0]
        made[name] = np.zeros([sizes.get(axis, axis) for axis in axes], dtype=scalar)
    return kind(**made)
