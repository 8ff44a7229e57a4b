"""The story of one organisation up to a round: whom it met, what it learned, whom it copied, and why its collaborations ended."""

from __future__ import annotations

from collections import Counter
from typing import Any

from experiments.classroom.side import PlayedSide
from experiments.classroom.snapshots import Team
from sim.phases.let_go import END_REASONS

MOST_STORY_LINES = 8  # lines of each kind: a class reads few
SMALLEST_LEARNED = 0.02  # change of a skill that is worth telling


async def describe_skills(side: PlayedSide, i: int, now: int) -> dict[str, Any]:
    """Return the skills of organisation ``i`` in round ``now``, those of its core, and its sector."""
    model = await side.model_at(now)
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
    """Return what became of organisation ``i`` up to round ``now``.

    Skills, trust and familiarity are those after that round; ``core`` are the skills to which it drifts back: those it entered with, but
    for fields that were renewed since. Partners come with the number of meetings and of joint collaborations, those it worked with first.
    Collaborations are listed newest first, with reason ``running`` while they run.
    """
    model = await side.model_at(now)
    org = model.world.org
    if i >= org.load.size:
        return {}
    organisation = model.organisation(i)
    partners = [{**known, "partner": known["partner"].row} for known in organisation.ledger()]
    partners.sort(key=lambda known: (-known["joint"], -known["meetings"], known["partner"]))
    skills, core = org.expertise[i], org.core[i]
    requirement = organisation.requirement
    return {
        **await describe_skills(side, i, now),
        "learned": [
            [k, round(float(skills[k] - core[k]), 3)]
            for k in (skills - core).argsort().tolist()
            if abs(skills[k] - core[k]) > SMALLEST_LEARNED
        ],
        "bridging": round(float(org.bridging[i]), 3),
        "performance": round(float(org.performance[i]), 3),
        "needs": [
            [k, round(float(weight), 3)] for k, weight in enumerate(requirement) if weight > 0.0
        ],
        "alone_quality": round(float(org.alone_quality[i]), 3),
        "known": len(partners),
        "partners": [
            {key: round(value, 2) for key, value in known.items()}
            for known in partners[:MOST_STORY_LINES]
        ],
        **collect_past(side, i, now),
    }


def collect_past(side: PlayedSide, i: int, now: int) -> dict[str, Any]:
    """Return whom an organisation copied, who copied it, and its collaborations, from the rounds on the tape.

    A newcomer's story begins when it took the place of another: ``since``, 0 for those that are there from the start.
    """
    since = 0
    copied: Counter[int] = Counter()
    copied_by: Counter[int] = Counter()
    seen: dict[int, dict[str, Any]] = {}
    for played in range(1, now + 1):
        moment = side.moment(played)
        if i in moment.entered:  # what was told so far is another's
            since, copied, copied_by, seen = played, Counter(), Counter(), {}
            continue
        copied.update(model for copier, model in moment.copies if copier == i)
        copied_by.update(copier for copier, model in moment.copies if model == i)
        for serial, team in moment.teams.items():
            if i in team[1:]:
                note_collaboration(seen, serial, team, played)
        ended = dict(moment.ended)
        for serial, told in seen.items():
            if told["reason"] != "running":
                continue
            if serial in ended:
                told["reason"], told["ended"] = END_REASONS[ended[serial]], played
            elif i not in moment.teams.get(serial, [])[1:]:
                told["reason"], told["ended"] = "left", played
    newest = sorted(seen.values(), key=lambda told: -told["started"])[:MOST_STORY_LINES]
    told = {
        "copied": copied.most_common(MOST_STORY_LINES),
        "copied_by": copied_by.most_common(MOST_STORY_LINES),
        "worked": len(seen),
        "collaborations": newest,
    }
    return told | {"since": since}


def note_collaboration(
    seen: dict[int, dict[str, Any]], serial: int, team: Team, played: int
) -> None:
    """Note a collaboration an organisation is in after a round."""
    told = seen.setdefault(
        serial,
        {
            "started": played,
            "ended": None,
            "reason": "running",
            "convenor": team[1],
            "members": team[1:],
        },
    )
    told["members"], told["convenor"] = team[1:], team[1]
