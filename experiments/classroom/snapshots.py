"""A round as the page shows it: small enough to keep all of them, so that any round can be shown again at once."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.model import CollaborationModel
from sim.phases.let_go import END_REASONS
from sim.state import Floats, Integers

PEAK_STEPS = (
    9  # steps in which the page shows how far an organisation stands out in its strongest domain
)
CHARTED_MEASURES = ("joint_value", "synergy", "diversity", "trust")
NO_RENEWAL = -1
JUST_ENTERED = -1  # in ``worked_alone``, until the newcomer's first round

Team = list[int]  # form, then members, the convenor first


class RoundSnapshot(NamedTuple):
    """What one side looks like after a round, and what happened in it."""

    strongest: list[int]  # domain in which each organisation is best
    peak: list[int]  # skill there, 0 to PEAKS
    sector: list[int]
    teams: dict[int, Team]  # by serial number of the collaboration
    ended: list[tuple[int, int]]  # serial number, reason (position in REASONS)
    copies: list[tuple[int, int]]  # copier, model (-1: the mean of those seen)
    renewed: int  # domain that was renewed, or NOTHING_RENEWED
    entered: list[int]  # newcomers, in the places of others


EMPTY_SNAPSHOT = RoundSnapshot([], [], [], {}, [], [], NO_RENEWAL, [])


def take_round_snapshot(
    model: CollaborationModel, ended: list[tuple[int, int]], copies: Integers, demand_before: Floats
) -> RoundSnapshot:
    """Return the moment a model is at; ``ended`` lists the collaborations that ended in its last round, with the reason."""
    org, col = model.world.org, model.world.col
    running = col.order[: col.totals[0]]
    rows = zip(
        col.serial[running].tolist(),
        col.form[running].tolist(),
        col.size[running].tolist(),
        col.members[running].tolist(),
        strict=True,
    )
    return RoundSnapshot(
        strongest=org.expertise.argmax(axis=1).tolist(),
        peak=np.rint(org.expertise.max(axis=1) * PEAK_STEPS).astype(int).tolist(),
        sector=org.sector.tolist(),
        teams={serial: [form, *members[:size]] for serial, form, size, members in rows},
        ended=ended,
        copies=list(map(tuple, copies.tolist())),
        renewed=find_renewed_domain(demand_before, model.world.around.demand),
        entered=np.flatnonzero(org.worked_alone == JUST_ENTERED).tolist(),
    )


def find_renewed_domain(before: Floats, after: Floats) -> int:
    """Return the domain whose demand moved against that for all others, as a renewal makes it, or NOTHING_RENEWED."""
    if np.array_equal(before, after):
        return NO_RENEWAL
    ratio = np.divide(after, before, out=np.ones_like(after), where=before > 0.0)
    moved = np.flatnonzero(~np.isclose(ratio, np.median(ratio), rtol=1e-9))
    return int(moved[0]) if moved.size == 1 else NO_RENEWAL


def pack_round_snapshot(moment: RoundSnapshot) -> bytes:
    """Return a moment in a few hundred bytes."""
    return zlib.compress(json.dumps(moment, separators=(",", ":")).encode(), 1)


def unpack_round_snapshot(packed: bytes) -> RoundSnapshot:
    """Return a packed moment."""
    strongest, peak, sector, teams, ended, copies, renewed, entered = json.loads(
        zlib.decompress(packed)
    )
    numbered = {int(serial): team for serial, team in teams.items()}
    return RoundSnapshot(
        strongest,
        peak,
        sector,
        numbered,
        [(s, r) for s, r in ended],
        [(i, j) for i, j in copies],
        renewed,
        entered,
    )


def compare_round_snapshots(held: RoundSnapshot, shown: RoundSnapshot) -> dict[str, Any]:
    """Return what a page that holds one moment needs to show another."""
    before = (
        zip(held.strongest, held.peak, held.sector, strict=True)
        if held.strongest
        else (None for _ in shown.strongest)
    )
    now = zip(shown.strongest, shown.peak, shown.sector, strict=True)
    return {
        "organisations": [
            [i, *new] for i, (old, new) in enumerate(zip(before, now, strict=True)) if old != new
        ],
        "teams": {
            serial: team for serial, team in shown.teams.items() if held.teams.get(serial) != team
        },
        "gone": [serial for serial in held.teams if serial not in shown.teams],
    }


def summarise_passed_rounds(passed: Sequence[RoundSnapshot]) -> dict[str, Any]:
    """Return what happened in rounds a page goes through: copies of the last one, numbers of copies, newcomers and endings, renewed domains."""
    if not passed:
        return {}
    ended = Counter(END_REASONS[reason] for moment in passed for _, reason in moment.ended)
    renewed = [moment.renewed for moment in passed if moment.renewed != NO_RENEWAL]
    copied, entered = (
        sum(len(moment.copies) for moment in passed),
        sum(len(moment.entered) for moment in passed),
    )
    return {
        "copies": passed[-1].copies,
        "copied": copied,
        "entered": entered,
        "ended": dict(ended),
        "renewed": renewed,
    }
