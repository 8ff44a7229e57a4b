"""A round as the page shows it, small enough to keep all rounds and show any of them again."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.model import CollaborationModel
from sim.phases.imitate import COPY_MEAN
from sim.state import END_REASONS, EndReason, Floats, Integers

PEAK_STEPS = 9  # steps in which the page shows how high an organisation's strongest skill is
CHARTED_MEASURES = ("joint_value", "synergy", "diversity", "trust")
# The order in which the page names endings: what a class should notice first comes first.
CAPTION_REASONS = tuple(
    END_REASONS[code]
    for code in (
        EndReason.SOLVED,
        EndReason.SURPLUS,
        EndReason.DEADLINE,
        EndReason.TERM,
        EndReason.MEMBERS,
        EndReason.TURNOVER,
    )
)
JUST_ENTERED = -1  # in ``worked_alone``, until the newcomer's first round


class Team(NamedTuple):
    """A collaboration as the page shows it."""

    form: str
    members: list[int]  # the convenor first

    @property
    def convenor(self) -> int:
        """The organisation that convenes it."""
        return self.members[0]


class Copy(NamedTuple):
    """A copy: who copied whom; no model means the mean of those it saw."""

    copier: int
    model: int | None


class RoundSnapshot(NamedTuple):
    """What one side looks like after a round, and what happened in it."""

    strongest: list[int]  # domain in which each organisation is best
    peak: list[int]  # skill there, 0 to PEAK_STEPS
    sector: list[int]
    teams: dict[int, Team]  # by serial number of the collaboration
    ended: dict[int, str]  # reason, by serial number of the collaboration
    copies: list[Copy]
    renewed: int | None  # domain that was renewed, if any
    entered: list[int]  # newcomers, in the places of others


EMPTY_SNAPSHOT = RoundSnapshot([], [], [], {}, {}, [], None, [])


def take_round_snapshot(
    model: CollaborationModel, ended: Mapping[int, str], copies: Integers, demand_before: Floats
) -> RoundSnapshot:
    """Return what a model looks like now.

    Args:
        model: the model, after a round.
        ended: reasons of the collaborations that ended in that round, by serial number.
        copies: who copied whom in that round, shape (copies, 2).
        demand_before: demand per domain before that round.
    """
    org, col = model.world.org, model.world.col
    running = col.order[: col.totals[0]]
    rows = zip(
        col.serial[running].tolist(),
        col.form[running].tolist(),
        col.size[running].tolist(),
        col.members[running].tolist(),
        strict=True,
    )
    names = model.form_names
    return RoundSnapshot(
        strongest=org.expertise.argmax(axis=1).tolist(),
        peak=np.rint(org.expertise.max(axis=1) * PEAK_STEPS).astype(int).tolist(),
        sector=org.sector.tolist(),
        teams={serial: Team(names[form], members[:size]) for serial, form, size, members in rows},
        ended=dict(ended),
        copies=[Copy(i, None if j == COPY_MEAN else j) for i, j in copies.tolist()],
        renewed=find_renewed_domain(demand_before, model.world.around.demand),
        entered=np.flatnonzero(org.worked_alone == JUST_ENTERED).tolist(),
    )


def find_renewed_domain(before: Floats, after: Floats) -> int | None:
    """Return the domain that was renewed, or None.

    A renewal changes the demand for one domain against the demand for all others.
    """
    if np.array_equal(before, after):
        return None
    ratio = np.divide(after, before, out=np.ones_like(after), where=before > 0.0)
    moved = np.flatnonzero(~np.isclose(ratio, np.median(ratio), rtol=1e-9))
    return int(moved[0]) if moved.size == 1 else None


def pack_round_snapshot(snapshot: RoundSnapshot) -> bytes:
    """Return a snapshot in a few hundred bytes."""
    return zlib.compress(json.dumps(snapshot, separators=(",", ":")).encode(), 1)


def unpack_round_snapshot(packed: bytes) -> RoundSnapshot:
    """Return a packed snapshot; JSON has no tuples and no numbers as keys."""
    plain = RoundSnapshot(*json.loads(zlib.decompress(packed)))
    return plain._replace(
        teams={int(serial): Team(*team) for serial, team in plain.teams.items()},
        ended={int(serial): reason for serial, reason in plain.ended.items()},
        copies=[Copy(*copy) for copy in plain.copies],
    )


def compare_round_snapshots(before: RoundSnapshot, shown: RoundSnapshot) -> dict[str, Any]:
    """Return what a page that shows one snapshot needs to show another."""
    changed = [
        i
        for i in range(len(shown.strongest))
        if not before.strongest
        or (before.strongest[i], before.peak[i], before.sector[i])
        != (shown.strongest[i], shown.peak[i], shown.sector[i])
    ]
    return {
        "organisations": {
            "number": changed,
            "strongest": [shown.strongest[i] for i in changed],
            "peak": [shown.peak[i] for i in changed],
            "sector": [shown.sector[i] for i in changed],
        },
        "teams": {
            serial: team._asdict()
            for serial, team in shown.teams.items()
            if before.teams.get(serial) != team
        },
        "gone": [serial for serial in before.teams if serial not in shown.teams],
    }


def summarise_passed_rounds(passed: Sequence[RoundSnapshot]) -> dict[str, Any]:
    """Return what happened in the rounds that a page goes through.

    These are the copies of the last round, the numbers of copies, newcomers and endings in all
    of them, and the domains that were renewed.
    """
    if not passed:
        return {}
    ended = Counter(reason for snapshot in passed for reason in snapshot.ended.values())
    return {
        "copies": [copy._asdict() for copy in passed[-1].copies],
        "copied": sum(len(snapshot.copies) for snapshot in passed),
        "entered": sum(len(snapshot.entered) for snapshot in passed),
        "ended": {reason: ended[reason] for reason in CAPTION_REASONS if ended[reason]},
        "renewed": [snapshot.renewed for snapshot in passed if snapshot.renewed is not None],
    }
