"""A role-play: students are organisations of side A, decide under a clock, and see the world as their organisation does."""

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
from sim.phases.let_go import END_REASONS
from sim.state import NOBODY


class RolePlay:
    """Who is which organisation, what was decided in the round that is open, and what came of the last one."""

    def __init__(self, session: Session) -> None:
        self.session = session
        session.playing = False
        self.decisions: dict[int, Decision] = {}
        self.answers: dict[int, AnswersByAction] = {}
        self.is_open, self._until = False, 0.0
        self.played: int | None = None  # its last round

    @property
    def side(self) -> PlayedSide:
        """The side on which students are organisations."""
        return self.session.sides["a"]

    @property
    def seats(self) -> dict[str, int]:
        """Organisations by the token of a student's session; NOBODY for those that look on."""
        return self.session.seats

    @property
    def count(self) -> int:
        """How many organisations there are."""
        return int(self.side.model.world.org.load.size)

    def seat(self, token: str) -> None:
        """Give a student the first organisation that is nobody's; with more students than organisations, some look on."""
        if self.seats.get(token, self.count) < self.count:
            return
        taken = set(self.seats.values())
        self.seats[token] = next((i for i in range(self.count) if i not in taken), NOBODY)

    def begin_anew(self, tokens: list[str]) -> None:
        """Go on in a world that began anew: no round is open, nothing is decided; those whose organisation is there keep it, others get one."""
        self.decisions, self.answers, self.is_open, self.played = {}, {}, False, None
        self.session.seats = {token: i for token, i in self.seats.items() if 0 <= i < self.count}
        for token in tokens:
            self.seat(token)

    def open(self, seconds: float) -> None:
        """Let everybody decide for so many seconds."""
        if self.session.finished:
            raise InputError("the last round is played; begin again")
        self.session.playing = False
        self.decisions, self.is_open, self._until = {}, True, time.monotonic() + seconds

    def decide(self, token: str, decision: Decision) -> None:
        """Note what a student decided; it may change its mind until the round is played."""
        i = self.seats.get(token, NOBODY)
        if i == NOBODY or not self.is_open:
            raise InputError("no round is open for you; wait for the teacher")
        check_decisions(self.side.model.world, {i: decision})
        self.decisions[i] = decision

    def all_decided(self, tokens: list[str]) -> bool:
        """Tell whether every student that is here and plays has decided."""
        playing = [self.seats[token] for token in tokens if self.seats.get(token, NOBODY) != NOBODY]
        return self.is_open and bool(playing) and all(i in self.decisions for i in playing)

    async def play(self) -> None:
        """Play the round; the rules decide for whoever did not."""
        self.answers = await self.session.advance_decided(self.decisions)
        self.played = self.side.frontier

    def told(self) -> dict[str, Any]:
        """Return what the teacher sees: who plays, who decided, how long the round is open."""
        players = sorted(i for i in self.seats.values() if i != NOBODY)
        return {
            "players": players,
            "decided": sorted(self.decisions) if self.is_open else [],
            "open": self.is_open,
            "left": self.left(),
        }

    def left(self) -> float:
        """Return the seconds left to decide."""
        return round(max(0.0, self._until - time.monotonic()), 1) if self.is_open else 0.0

    def view(self, token: str) -> dict[str, Any]:
        """Return what a student sees: the clock, and the world as its organisation sees it after the last round."""
        i = self.seats.get(token, NOBODY)
        clock = {
            "round": self.side.frontier,
            "open": self.is_open,
            "left": self.left(),
            "decided": i in self.decisions and self.is_open,
        }
        if i == NOBODY:
            return {"organisation": None} | clock
        return clock | build_player_view(self.side, i) | {"answers": self.answers_to(i)}

    def answers_to(self, i: int) -> AnswersByAction | None:
        """Return what came of the last round's decision for ``i``; None when the rules decided, nothing when it was no round of the role-play."""
        now = self.side.frontier
        if self.played != now:
            return {}
        return self.answers.get(i, {}) if i in self.side.decided.get(now - 1, {}) else None


def build_player_view(side: PlayedSide, i: int) -> dict[str, Any]:
    """Return the world as organisation ``i`` sees it: itself, its teams, whom it knows and how it judges them, what it may join, what happened."""
    model = side.model
    organisation, org, col = model.organisation(i), model.world.org, model.world.col
    teams = [describe_team(side, int(c)) for c in org.places[i, : org.load[i]]]
    known = [describe_acquaintance(side, i, told) for told in organisation.ledger()]
    contacts = {one["partner"] for one in known}
    running = [
        int(c)
        for c in col.order[: col.totals[0]]
        if contacts & set(col.members[c, : col.size[c]].tolist())
    ]
    room = [
        c
        for c in running
        if i not in col.members[c, : col.size[c]]
        and col.size[c] < model.world.forms.max_size[col.form[c]]
    ]
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
        "at_work": int(col.serial[org.at_work[i]]) if org.at_work[i] != NOBODY else None,
        "earned": round(float(org.earned[i]), 3),
        "earned_total": round(float(org.earned_total[i]), 3),
        "meetings": int(model.world.p.search.meetings),
        "teams": teams,
        "known": known,
        "may_join": [describe_team(side, c) for c in room],
        "happened": list_last_events(side, i),
    }


def round_values(values: Any) -> list[float]:
    """Return numbers as the page needs them."""
    return [round(float(value), 3) for value in values]


def describe_team(side: PlayedSide, c: int) -> dict[str, Any]:
    """Return what those in a collaboration, and those who know one of them, know of it."""
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


def describe_acquaintance(side: PlayedSide, i: int, told: dict[str, Any]) -> dict[str, Any]:
    """Return how ``i`` judges somebody it knows: trust, understanding, and the skills it sees, which are clearer the more often they met."""
    model, partner = side.model, told["partner"]
    skills = np.zeros(model.world.org.expertise.shape[1])
    understood, trusted = assess_organisation(model.packed, i, partner.row, skills)
    return {
        "partner": partner.row,
        "sector": partner.sector,
        "trust": round(trusted, 2),
        "understanding": round(understood, 2),
        "meetings": told["meetings"],
        "joint": told["joint"],
        "free": partner.is_free,
        "skills": [round(float(skill), 2) for skill in skills],
    }


def list_last_events(side: PlayedSide, i: int) -> list[dict[str, Any]]:
    """Return what happened to ``i`` in the last round: collaborations that began, ended or were left, and who copied whom."""
    if side.frontier == 0:
        return []
    before, after = side.moment(side.frontier - 1), side.moment(side.frontier)
    was, now = (
        {serial for serial, team in moment.teams.items() if i in team[1:]}
        for moment in (before, after)
    )
    ended = dict(after.ended)
    told: list[dict[str, Any]] = [
        {"what": "began", "members": after.teams[serial][1:]} for serial in sorted(now - was)
    ]
    told += [
        {"what": "ended", "reason": END_REASONS[ended[serial]] if serial in ended else "left"}
        for serial in sorted(was - now)
    ]
    told += [{"what": "copied", "from": model} for copier, model in after.copies if copier == i]
    told += [{"what": "copied_by", "by": copier} for copier, model in after.copies if model == i]
    return told
