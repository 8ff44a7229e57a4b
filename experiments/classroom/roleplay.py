"""A role-play: students are organisations of side A, and see what their organisation sees."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from experiments.classroom.session import Session
from experiments.classroom.side import PlayedSide
from sim.config import Entry
from sim.errors import InputError
from sim.interactive.decisions import (
    AnswersByAction,
    Decision,
    assess_organisation,
    check_decisions,
)
from sim.state import NOBODY


class RolePlay:
    """The seats of students, their decisions in the open round, and what came of the last ones."""

    def __init__(self, session: Session) -> None:
        self.session = session
        session.playing = False
        self.decisions: dict[int, Decision] = {}
        self.answers: dict[int, AnswersByAction] = {}
        self.is_open, self._closes_at = False, 0.0
        self.last_round: int | None = None

    @property
    def side(self) -> PlayedSide:
        """The side on which students are organisations."""
        return self.session.sides["a"]

    @property
    def seats(self) -> dict[str, int]:
        """Organisations by the token of a student's session; NOBODY for students that watch."""
        return self.session.seats

    @property
    def organisations(self) -> int:
        """The number of organisations."""
        return int(self.side.model.world.org.load.size)

    @property
    def seconds_left(self) -> float:
        """Seconds left to decide."""
        return round(max(0.0, self._closes_at - time.monotonic()), 1) if self.is_open else 0.0

    def assign_seat(self, token: str) -> None:
        """Give a student the first free organisation; when none is free, the student watches."""
        if self.seats.get(token, self.organisations) < self.organisations:
            return
        taken = set(self.seats.values())
        free = (i for i in range(self.organisations) if i not in taken)
        self.seats[token] = next(free, NOBODY)

    def restart(self, tokens: list[str]) -> None:
        """Go on after the session began again: no round is open and nothing is decided.

        Students keep their organisation if it is still there; others get one.
        """
        self.decisions, self.answers, self.is_open, self.last_round = {}, {}, False, None
        self.session.seats = {
            token: i for token, i in self.seats.items() if 0 <= i < self.organisations
        }
        for token in tokens:
            self.assign_seat(token)

    def open_round(self, seconds: float) -> None:
        """Let everybody decide for some seconds."""
        if self.session.finished:
            raise InputError("the last round is played; begin again")
        self.session.playing = False
        self.decisions, self.is_open = {}, True
        self._closes_at = time.monotonic() + seconds

    def decide(self, token: str, decision: Decision) -> None:
        """Note what a student decided; a later decision replaces it until the round is played."""
        i = self.seats.get(token, NOBODY)
        if i == NOBODY or not self.is_open:
            raise InputError("no round is open for you; wait for the teacher")
        check_decisions(self.side.model.world, {i: decision})
        self.decisions[i] = decision

    def is_decided_by(self, tokens: list[str]) -> bool:
        """Tell whether all of these students that have an organisation have decided."""
        playing = [self.seats[token] for token in tokens if self.seats.get(token, NOBODY) != NOBODY]
        return self.is_open and bool(playing) and all(i in self.decisions for i in playing)

    async def play_round(self) -> None:
        """Play the round; the rules decide for players that did not."""
        self.answers = await self.session.advance_decided(self.decisions)
        self.last_round = self.side.frontier

    def describe_progress(self) -> dict[str, Any]:
        """Return what the teacher sees: who plays, who decided, and how long the round is open."""
        return {
            "players": sorted(i for i in self.seats.values() if i != NOBODY),
            "decided": sorted(self.decisions) if self.is_open else [],
            "open": self.is_open,
            "seconds_left": self.seconds_left,
        }

    def build_view(self, token: str) -> dict[str, Any]:
        """Return what a student sees: the clock, and the world as its organisation sees it."""
        i = self.seats.get(token, NOBODY)
        clock = {
            "round": self.side.frontier,
            "open": self.is_open,
            "seconds_left": self.seconds_left,
            "decided": i in self.decisions and self.is_open,
        }
        if i == NOBODY:
            return {"organisation": None} | clock
        return clock | build_player_view(self.side, i) | {"answers": self.find_answers(i)}

    def find_answers(self, i: int) -> AnswersByAction | None:
        """Return what came of the decision for ``i`` in the last round.

        None means that the rules decided; an empty answer, that the last round was not one of
        the role-play.
        """
        now = self.side.frontier
        if self.last_round != now:
            return {}
        return self.answers.get(i, {}) if i in self.side.decisions.get(now - 1, {}) else None


def build_player_view(side: PlayedSide, i: int) -> dict[str, Any]:
    """Return the world as organisation ``i`` sees it.

    It sees itself, its teams, the organisations it knows and how it judges them, the teams it may
    ask to join, and what happened to it in the last round.
    """
    model = side.model
    organisation, org, col = model.organisation(i), model.world.org, model.world.col
    known = [describe_acquaintance(side, i, entry) for entry in organisation.ledger()]
    contacts = {acquaintance["partner"] for acquaintance in known}
    at_work = org.at_work[i]
    return {
        "organisation": i,
        "organisations": int(org.load.size),
        "sector": organisation.sector,
        "free": organisation.is_free,
        "skills": round_values(organisation.expertise),
        "core": round_values(organisation.core),
        "needs": np.flatnonzero(organisation.requirement).tolist(),
        "progress": round(float(org.progress[i]) / model.world.p.challenge.workload, 3),
        "alone_quality": round(float(org.alone_quality[i]), 3),
        "alone_value": round(float(org.alone_value[i]), 3),
        "at_work": None if at_work == NOBODY else int(col.serial[at_work]),
        "earned": round(float(org.earned[i]), 3),
        "earned_total": round(float(org.earned_total[i]), 3),
        "meetings": int(model.world.p.search.meetings),
        "teams": [describe_team(side, int(c)) for c in org.places[i, : org.load[i]]],
        "known": known,
        "may_join": [describe_team(side, c) for c in list_teams_to_join(side, i, contacts)],
        "happened": list_last_events(side, i),
    }


def list_teams_to_join(side: PlayedSide, i: int, contacts: set[int]) -> list[int]:
    """Return the collaborations with room that ``i`` knows a member of and is not in."""
    world = side.model.world
    col, running = world.col, world.col.order[: world.col.totals[0]]
    members = {int(c): set(col.members[c, : col.size[c]].tolist()) for c in running}
    return [
        c
        for c, inside in members.items()
        if contacts & inside and i not in inside and col.size[c] < world.forms.max_size[col.form[c]]
    ]


def round_values(values: Any) -> list[float]:
    """Return numbers with the digits that the page needs."""
    return [round(float(value), 3) for value in values]


def describe_team(side: PlayedSide, c: int) -> dict[str, Any]:
    """Return what members of a collaboration, and those who know a member, know of it."""
    col, form = side.model.world.col, int(side.model.world.col.form[c])
    return {
        "serial": int(col.serial[c]),
        "members": col.members[c, : col.size[c]].tolist(),
        "quality": round(float(col.quality[c]), 3),
        "surplus": round(float(col.surplus[c]), 3),
        "gain": round_values(col.gain[c, : col.size[c]]),
        "rounds_left": int(col.rounds_left[c]),
        "needs": col.domains[c, : col.breadth[c]].tolist(),
        "open": bool(side.model.world.forms.entry[form] == Entry.OPEN),
    }


def describe_acquaintance(side: PlayedSide, i: int, entry: dict[str, Any]) -> dict[str, Any]:
    """Return how ``i`` judges an organisation it knows: trust, understanding and visible skills.

    Skills become clearer with every meeting.
    """
    model, partner = side.model, entry["partner"]
    skills = np.zeros(model.world.org.expertise.shape[1])
    understanding, trust = assess_organisation(model.packed, i, partner.row, skills)
    return {
        "partner": partner.row,
        "sector": partner.sector,
        "trust": round(trust, 2),
        "understanding": round(understanding, 2),
        "meetings": entry["meetings"],
        "joint": entry["joint"],
        "free": partner.is_free,
        "skills": [round(float(skill), 2) for skill in skills],
    }


def list_last_events(side: PlayedSide, i: int) -> list[dict[str, Any]]:
    """Return what happened to ``i`` in the last round.

    These are collaborations that began, ended or were left, and who copied whom.
    """
    if side.frontier == 0:
        return []
    before, after = side.load_snapshot(side.frontier - 1), side.load_snapshot(side.frontier)
    was, now = (
        {serial for serial, team in snapshot.teams.items() if i in team.members}
        for snapshot in (before, after)
    )
    events: list[dict[str, Any]] = [
        {"what": "began", "members": after.teams[serial].members} for serial in sorted(now - was)
    ]
    events += [
        {"what": "ended", "reason": after.ended.get(serial, "left")} for serial in sorted(was - now)
    ]
    events += [{"what": "copied", "model": copy.model} for copy in after.copies if copy.copier == i]
    events += [
        {"what": "copied_by", "copier": copy.copier} for copy in after.copies if copy.model == i
    ]
    return events
