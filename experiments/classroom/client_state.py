"""What a page already shows of its session, so that only differences are sent."""

from __future__ import annotations

from typing import Any

from experiments.classroom.scenario import SIDES, Side
from experiments.classroom.session import Session
from experiments.classroom.snapshots import (
    CHARTED_MEASURES,
    EMPTY_SNAPSHOT,
    RoundSnapshot,
    compare_round_snapshots,
    summarise_passed_rounds,
)

MOST_PASSED_ROUNDS = 60  # rounds that a page may miss and still learn what happened in them


class ClientState:
    """The round that a page shows, and the part of the series that it has."""

    def __init__(self) -> None:
        self.snapshots: dict[Side, RoundSnapshot] = dict.fromkeys(SIDES, EMPTY_SNAPSHOT)
        self.round: int | None = None
        self.charted = 0  # rounds of the series that it has
        self._has_old_rounds = False  # whether it has rounds that are no longer true

    def build_frame(self, session: Session) -> dict[str, Any]:
        """Return what brings the page to the round that is shown, and note that it has it."""
        frame: dict[str, Any] = {"round": session.shown, "frontier": session.frontier}
        passed = self._list_passed_rounds(session.shown)
        for name, side in session.sides.items():
            shown = side.load_snapshot(session.shown)
            passed_snapshots = [side.load_snapshot(now) for now in passed]
            frame[name] = compare_round_snapshots(self.snapshots[name], shown)
            frame[name] |= summarise_passed_rounds(passed_snapshots)
            self.snapshots[name] = shown
        if self.charted < session.frontier or self._has_old_rounds:
            frame["series"] = {"from": self.charted} | {
                name: label_series(side.series[self.charted :])
                for name, side in session.sides.items()
            }
        self.round, self.charted = session.shown, session.frontier
        self._has_old_rounds = False
        return frame

    def _list_passed_rounds(self, shown: int) -> range:
        """Return the rounds that the page goes through on its way to another one."""
        if self.round is None or not 0 < shown - self.round <= MOST_PASSED_ROUNDS:
            return range(0)
        return range(self.round + 1, shown + 1)

    def forget_after(self, now: int) -> None:
        """Note that rounds after this one are no longer true."""
        self._has_old_rounds = self._has_old_rounds or self.charted > now
        self.charted = min(self.charted, now)


def label_series(rows: list[list[float]]) -> dict[str, list[float]]:
    """Return rows of charted measures as a list of values per measure."""
    return {measure: [row[at] for row in rows] for at, measure in enumerate(CHARTED_MEASURES)}
