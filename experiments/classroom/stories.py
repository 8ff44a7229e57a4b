"""The story of one organisation: whom it met and copied, what it learned, and how teams ended."""

from __future__ import annotations

from collections import Counter
from typing import Any

from experiments.classroom.side import PlayedSide
from experiments.classroom.snapshots import RoundSnapshot, Team
from sim.state import END_REASONS, EndReason

MOST_STORY_LINES = 8  # of each kind
SMALLEST_LEARNED = 0.02  # smallest change of a skill that the story mentions
RUNNING, LEFT = END_REASONS[EndReason.RUNNING], "left"


async def describe_skills(side: PlayedSide, i: int, now: int) -> dict[str, Any]:
    """Return the skills of organisation ``i`` in round ``now``, its core skills and its sector."""
    model = await side.rebuild_model(now)
    if i >= model.world.org.load.size:
        return {}
    organisation = model.organisation(i)
    skills, core = (
        [round(float(skill), 3) for skill in values]
        for values in (organisation.expertise, organisation.core)
    )
    return {
        "organisation": i,
        "round": now,
        "sector": organisation.sector,
        "skills": skills,
        "core": core,
    }


async def build_story(side: PlayedSide, i: int, now: int) -> dict[str, Any]:
    """Return what happened to organisation ``i`` up to round ``now``.

    Skills, trust and familiarity are those after that round. ``core`` holds the skills to which
    the organisation drifts back: those it entered with, except in domains renewed since then.
    Partners come in the order of joint collaborations, then of meetings. Collaborations come
    newest first; the reason of one that still runs is ``running``.
    """
    model = await side.rebuild_model(now)
    org = model.world.org
    if i >= org.load.size:
        return {}
    organisation = model.organisation(i)
    partners = [{**known, "partner": known["partner"].row} for known in organisation.ledger()]
    partners.sort(key=lambda known: (-known["joint"], -known["meetings"], known["partner"]))
    skills, core = org.expertise[i], org.core[i]
    return {
        **await describe_skills(side, i, now),
        "learned": [
            {"domain": k, "change": round(float(skills[k] - core[k]), 3)}
            for k in (skills - core).argsort().tolist()
            if abs(skills[k] - core[k]) > SMALLEST_LEARNED
        ],
        "bridging": round(float(org.bridging[i]), 3),
        "performance": round(float(org.performance[i]), 3),
        "needs": [
            {"domain": k, "weight": round(float(weight), 3)}
            for k, weight in enumerate(organisation.requirement)
            if weight > 0.0
        ],
        "alone_quality": round(float(org.alone_quality[i]), 3),
        "known": len(partners),
        "partners": [
            {key: round(value, 2) for key, value in known.items()}
            for known in partners[:MOST_STORY_LINES]
        ],
        **collect_past(side, i, now),
    }


class Past:
    """What the rounds so far show of one organisation."""

    def __init__(self, since: int) -> None:
        self.since = since
        self.copied: Counter[int | None] = Counter()
        self.copied_by: Counter[int] = Counter()
        self.collaborations: dict[int, dict[str, Any]] = {}  # by serial number

    def add_round(self, i: int, now: int, snapshot: RoundSnapshot) -> None:
        """Add a round."""
        self.copied.update(copy.model for copy in snapshot.copies if copy.copier == i)
        self.copied_by.update(copy.copier for copy in snapshot.copies if copy.model == i)
        for serial, team in snapshot.teams.items():
            if i in team.members:
                note_collaboration(self.collaborations, serial, team, now)
        for serial, collaboration in self.collaborations.items():
            if collaboration["reason"] != RUNNING:
                continue
            if serial in snapshot.ended:
                collaboration["reason"], collaboration["ended"] = snapshot.ended[serial], now
            elif serial not in snapshot.teams or i not in snapshot.teams[serial].members:
                collaboration["reason"], collaboration["ended"] = LEFT, now


def collect_past(side: PlayedSide, i: int, now: int) -> dict[str, Any]:
    """Return whom an organisation copied, who copied it, and its collaborations up to a round.

    The story of a newcomer begins in the round in which it entered: ``since``, which is 0 for
    organisations that are there from the start.
    """
    past = Past(since=0)
    for played in range(1, now + 1):
        snapshot = side.load_snapshot(played)
        if i in snapshot.entered:  # earlier rounds belong to the organisation that it replaced
            past = Past(since=played)
        else:
            past.add_round(i, played, snapshot)
    newest = sorted(past.collaborations.values(), key=lambda one: -one["started"])
    return {
        "copied": list_most_common(past.copied),
        "copied_by": list_most_common(past.copied_by),
        "worked": len(past.collaborations),
        "collaborations": newest[:MOST_STORY_LINES],
        "since": past.since,
    }


def list_most_common(counts: Counter[Any]) -> list[dict[str, int | None]]:
    """Return the organisations that are counted most, and how often."""
    return [{"organisation": i, "times": n} for i, n in counts.most_common(MOST_STORY_LINES)]


def note_collaboration(
    collaborations: dict[int, dict[str, Any]], serial: int, team: Team, now: int
) -> None:
    """Note that an organisation is in a collaboration after a round."""
    collaboration = collaborations.setdefault(
        serial, {"started": now, "ended": None, "reason": RUNNING}
    )
    collaboration["members"], collaboration["convenor"] = team.members, team.convenor
