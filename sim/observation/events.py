"""What is recorded of a collaboration when it ends, and of those that still run at the end."""

from __future__ import annotations

from sim.config import number_names
from sim.runtime.compilation import kernel
from sim.state import Floats, WorkSum, World

EVENT_MEANINGS = {
    "collaboration": "number in order of starting",
    "form": "form of the initiator",
    "convenor": "organisation that convenes, row",
    "started": "round of starting",
    "ended": "round of ending, or the round after the last for one that still runs",
    "rounds": "rounds worked",
    "reason": "why it ended: solved, deadline, term, surplus, members, turnover; or running",
    "size": "members at the end",
    "largest_size": "largest number of members",
    "breadth": "domains its last challenge needed",
    "mean_size": "members, mean over rounds",
    "value": "joint value per round, mean",
    "synergy": "synergy per round, mean",
    "mean_distance": "cognitive distance between members, mean over pairs and rounds",
    "understanding_alike": "understanding from being alike, mean",
    "understanding_bridged": "understanding from having learned to bridge, mean",
    "trust": "trust between members, mean",
    "repeat_share": "pairs at the start that had worked together before, share",
    "cross_sector_share": "pairs of members from different sectors at the end, share",
    "bridging_skill": "bridging skill of the members at the end, mean",
}
EVENT_COLUMNS = tuple(EVENT_MEANINGS)
EventColumn = number_names("event", EVENT_MEANINGS)
INTEGER_COLUMNS = (
    "collaboration",
    "convenor",
    "started",
    "ended",
    "rounds",
    "size",
    "largest_size",
    "breadth",
)


@kernel
def write_event(w: World, event: Floats, c: int, now: int) -> None:
    """Write the record of a collaboration into the row ``event``."""
    org, col = w.org, w.col
    size, rounds, sums = col.size[c], max(1, col.age[c]), col.sums[c]
    across, bridging = 0, 0.0
    for a in range(size):
        bridging += org.bridging[col.members[c, a]]
        for b in range(a):
            across += org.sector[col.members[c, a]] != org.sector[col.members[c, b]]
    event[EventColumn.COLLABORATION] = col.serial[c]
    event[EventColumn.FORM] = col.form[c]
    event[EventColumn.CONVENOR] = col.members[c, 0]
    event[EventColumn.STARTED] = col.started[c]
    event[EventColumn.ENDED] = now
    event[EventColumn.ROUNDS] = col.age[c]
    event[EventColumn.REASON] = col.reason[c]
    event[EventColumn.SIZE] = size
    event[EventColumn.LARGEST_SIZE] = col.largest[c]
    event[EventColumn.BREADTH] = col.breadth[c]
    event[EventColumn.MEAN_SIZE] = sums[WorkSum.MEMBERS] / rounds
    event[EventColumn.VALUE] = sums[WorkSum.VALUE] / rounds
    event[EventColumn.SYNERGY] = sums[WorkSum.SYNERGY] / rounds
    event[EventColumn.MEAN_DISTANCE] = sums[WorkSum.DISTANCE] / rounds
    event[EventColumn.UNDERSTANDING_ALIKE] = sums[WorkSum.ALIKE] / rounds
    event[EventColumn.UNDERSTANDING_BRIDGED] = sums[WorkSum.BRIDGED] / rounds
    event[EventColumn.TRUST] = sums[WorkSum.TRUST] / rounds
    event[EventColumn.REPEAT_SHARE] = col.repeat_share[c]
    event[EventColumn.CROSS_SECTOR_SHARE] = across / (size * (size - 1) / 2) if size > 1 else 0.0
    event[EventColumn.BRIDGING_SKILL] = bridging / size if size > 0 else 0.0
