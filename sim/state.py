"""The state of a run as arrays, and the settings kernels read: named tuples, so that kernels say what they touch.

Shapes: N organisations, K domains, B largest breadth, R ledger slots, P places (capacity), C collaboration slots,
S largest team, F forms. Everything is linear in N: relations live in a bounded ledger per organisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, auto
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.config import Config

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
Shorts = NDArray[np.int16]
Flags = NDArray[np.int8]
SmallIntegers = NDArray[np.int8]  # whole numbers up to 127

Settings = Config  # what sim.encoding.build_settings makes mirrors it
Forms = Any  # columns by form, made from the fields of sim.config.Structure (sim/encoding.py)

NOBODY = -1
BY_RULES, BY_PERSON, BY_PERSON_ALONE = range(
    3
)  # who decides for an organisation; alone: declines every invitation


class Organisations(NamedTuple):
    """One row per organisation."""

    expertise: Floats  # (N, K) skill, x
    core: Floats  # (N, K) skill, x0
    before: Floats  # (N, K) expertise before this round's copying
    sector: Integers  # (N,) code
    form: Integers  # (N,) code of the form it initiates
    bridging: Floats  # (N,) b
    performance: Floats  # (N,) moving average of value earned per round, p
    earned: Floats  # (N,) value earned this round, net of costs
    earned_total: Floats  # (N,) value earned since entering
    alone_quality: Floats  # (N,) quality alone on the own challenge at the beginning of the round
    alone_value: Floats  # (N,) value per round that goes with it, A
    load: SmallIntegers  # (N,) collaborations it is in
    places: Integers  # (N, P) collaboration slots, in order of joining
    partners: Integers  # (N,) ledger slots with a joint collaboration
    worked_alone: Flags  # (N,) 1 when it worked alone this round
    at_work: Integers  # (N,) collaboration that works on its own challenge, or NOBODY
    breadth: Integers  # (N,) of its own challenge
    domains: Integers  # (N, B) required domains, ascending
    requirement: Floats  # (N, B) weights of these, sum 1, r
    progress: Floats  # (N,) accumulated quality
    rounds_left: Integers  # (N,) rounds of work before the deadline
    rounds_spent: Integers  # (N,) rounds worked on it
    decides: Flags  # (N,) BY_RULES, or by a person this round (sim/interactive/decisions.py)
    leaves: Integers  # (N,) collaboration + 1 that a person leaves this round, else 0


class Ledger(NamedTuple):
    """What each organisation remembers of partners, a row of slots each."""

    used: Integers  # (N,) slots in use
    partner: Integers  # (N, R) organisation; NOBODY in slots not in use
    trust: Floats  # (N, R) tau
    familiarity: Floats  # (N, R) l
    meetings: Integers  # (N, R) m
    last_met: Integers  # (N, R) round
    joint: Integers  # (N, R) joint collaborations
    last_worked: Integers  # (N, R) round
    same_sector: Flags  # (N, R) 1 when it is of the own sector, which tells to what trust fades


class Collaborations(NamedTuple):
    """One row per slot; ``order`` lists the slots in use, by start."""

    totals: Integers  # (len(CollaborationTotal),)
    order: Integers  # (C,) slots in use, then the free ones
    serial: NDArray[np.int64]  # (C,) number in order of starting
    size: Integers  # (C,)
    members: Integers  # (C, S) the convenor first
    weight: Floats  # (C, S) weight in the last round of work
    gain: Floats  # (C, S) moving average of share minus value alone
    leaving: Flags  # (C, S) place + 1 of a member that leaves this round, else 0
    remembered: Shorts  # (C, S, S) slot in which a member remembered another when they last worked, or NOBODY
    reason: Integers  # (C,) why it ends this round: EndReason, RUNNING when it goes on
    solved: Flags  # (C,) 1 when its challenge was solved this round
    form: Integers  # (C,)
    owner: Integers  # (C,) organisation whose challenge it works on, or NOBODY
    started: Integers  # (C,) round
    age: Integers  # (C,) rounds worked
    breadth: Integers  # (C,)
    domains: Integers  # (C, B)
    requirement: Floats  # (C, B)
    progress: Floats  # (C,)
    rounds_left: Integers  # (C,)
    rounds_spent: Integers  # (C,) rounds worked on the challenge
    expected: Floats  # (C,) perceived joint value per round
    surplus: Floats  # (C,) moving average of synergy
    quality: Floats  # (C,) in the last round of work
    largest: Integers  # (C,) largest size so far
    repeat_share: Floats  # (C,) share of pairs at the start that had worked together
    sums: Floats  # (C, len(WorkSum)) over the rounds it worked


class Surroundings(NamedTuple):
    """What all organisations share."""

    demand: Floats  # (K,) sum 1
    breadth_bounds: Integers  # (classes, 2) lowest, highest
    breadth_shares: Floats  # (classes,) cumulated
    sector_shares: Floats  # (sectors,) cumulated
    form_shares: Floats  # (F,) cumulated
    tally: Floats  # (len(Tally),) sums of this round
    challenges: Floats  # (K + 1, len(ChallengeCount)) by breadth
    users: Integers  # (F, N) organisations that use a form this round
    user_count: Integers  # (F,)


class Scratch(NamedTuple):
    """Working space, so that no phase allocates."""

    keys: Floats  # (N,)
    actors: Integers  # (N,)
    other_keys: Floats  # (N,) where these are sorted to
    other_actors: Integers  # (N,)
    byte_counts: Integers  # (8, 256)
    contribution: Floats  # (S + 1, B)
    share: Floats  # (S + 1,)
    pooled: Floats  # (B,)
    own: Floats  # (B,)
    candidate: Integers  # (R,)
    understood: Floats  # (R,)
    trusted: Floats  # (R,)
    offered: Floats  # (R, B) candidates' contributions
    chosen: Integers  # (S + 1,) candidates in the order added
    taken: Flags  # (R,)
    visited: Integers  # (R * P,) collaborations looked at
    freed: Integers  # (C,)
    linked: Flags  # (S, S)
    understanding: Floats  # (S, S)
    integration: Floats  # (S, S)
    seen: Integers  # (max(S, 64),)
    domain_weight: Floats  # (K,)
    skill: Floats  # (K,)
    by_domain: Floats  # (len(DomainStatistic), K) sums over organisations


class World(NamedTuple):
    """All that a round reads and writes."""

    org: Organisations
    ledger: Ledger
    col: Collaborations
    forms: Forms
    around: Surroundings
    scratch: Scratch
    p: Settings


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


def build_columns(
    kind: type[Any], rows: int, widths: Mapping[str, tuple[int, ...]], types: Mapping[str, Any]
) -> Any:
    """Build a named tuple of zeroed arrays with ``rows`` rows; ``widths`` gives further axes, ``types`` non-float columns."""
    made = {
        name: np.zeros((rows, *widths.get(name, ())), dtype=types.get(name, np.float64))
        for name in kind._fields
    }
    return kind(**made)
