"""A session: one page's two sides, their one clock, and what waits for the next reset."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from typing import Any, Literal

from experiments.classroom.messages import MOST_ROUNDS
from experiments.classroom.places import place_organisations
from experiments.classroom.scenario import SIDES, Scalar, Scenario, Side
from experiments.classroom.side import ROUNDS_PER_TURN, PlayedSide, find_changed_parameters
from experiments.classroom.snapshots import (
    EMPTY_SNAPSHOT,
    RoundSnapshot,
    compare_round_snapshots,
    summarise_passed_rounds,
)
from sim.config import Config
from sim.errors import InputError
from sim.interactive.decisions import AnswersByAction, Decision
from sim.interactive.parameter_changes import can_change_between_rounds

DEFAULT_SPEED = 5.0  # rounds per second
MOST_PASSED_ROUNDS = 60  # rounds a page may have missed and still be told what happened in them


class Session:
    """Two sides with the same population and the same luck, played together.

    ``scenario`` is what the page asks for, ``begun`` what it asked for at round 0: what changed since
    acts from its round on, or waits for a reset.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.token = secrets.token_urlsafe(18)
        self.busy = asyncio.Lock()
        self.playing, self.speed = False, DEFAULT_SPEED
        self.last_used = time.monotonic()
        self.seats: dict[
            str, int
        ] = {}  # organisations in a role-play by the token of a student's session
        self.begin(scenario)

    def begin(self, scenario: Scenario) -> None:
        """Build both models anew."""
        configs = scenario.configs()
        self.sides: dict[Side, PlayedSide] = {side: PlayedSide(configs[side]) for side in SIDES}
        self.scenario, self.begun, self.shown, self.playing = scenario, scenario, 0, False
        self.incomplete = False  # whether it came back without all that was decided and changed, and its page was not told so yet
        self.places = place_organisations(self.sides["a"].moment(0).strongest)

    @property
    def frontier(self) -> int:
        """The last round that was played."""
        return self.sides["a"].frontier

    @property
    def finished(self) -> bool:
        """Whether no more rounds can be played."""
        return self.shown >= MOST_ROUNDS

    # --- playing -----------------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Show the next round; play it, if it was not played yet."""
        if self.finished:
            self.playing = False
            return
        if self.shown == self.frontier:
            for side in self.sides.values():
                side.play()
        self.shown += 1

    async def advance_decided(
        self, decisions: Mapping[int, Decision]
    ) -> dict[int, AnswersByAction]:
        """Play the round after the one that is shown, with what persons decided on side A; side B shows what the rules do with the same luck."""
        for side in self.sides.values():
            await side.cut(self.shown)
        answers = self.sides["a"].play(decisions)
        self.sides["b"].play()
        self.shown += 1
        return answers

    def seek(self, now: int) -> None:
        """Show a round that was played."""
        if now > self.frontier:
            raise InputError(f"round {now} is not played yet; the last one is {self.frontier}")
        self.shown = now

    async def play_to(self, now: int) -> None:
        """Play on to a round, letting others have their turn."""
        while self.shown < now:
            self.advance()
            if self.shown % ROUNDS_PER_TURN == 0:
                await asyncio.sleep(0)

    # --- choosing ----------------------------------------------------------------------------------------------------

    async def change(self, side: Side | Literal["both"], path: str, value: Scalar) -> None:
        """Set a parameter; one that acts at once does so from the round that is shown, and what came after it is forgotten."""
        wanted = self.scenario.with_value(side, path, value)
        configs = wanted.configs()
        renewed = {s: defer_changes(self.sides[s].config, configs[s]) for s in self.sides}
        if any(renewed[s] != self.sides[s].config for s in self.sides):
            for s, played in self.sides.items():
                await played.cut(self.shown)
                played.change(renewed[s])
        self.scenario = wanted

    def choose_form(self, side: Side | Literal["both"], name: str) -> None:
        """Choose a preset of structure for the next reset."""
        wanted = self.scenario.with_structure(side, name)
        wanted.configs()
        self.scenario = wanted

    def waiting(self) -> dict[Side, list[str]]:
        """Return the parameters that wait for a reset."""
        configs = self.scenario.configs()
        return {
            s: list(find_changed_parameters(self.sides[s].config, configs[s])) for s in self.sides
        }

    # --- telling -----------------------------------------------------------------------------------------------------

    def scene(self) -> dict[str, Any]:
        """Return what stays until the next reset: who there is, where they stand, which forms there are."""
        forms = {}
        for name, side in self.sides.items():
            model = side.model
            linked = model.world.forms.linked
            links = [
                [
                    [(a, b) for a in range(size) for b in range(a) if table[size, a, b]]
                    for size in range(len(table))
                ]
                for table in linked
            ]
            codes = model.world.forms.topology.tolist()
            forms[name] = [
                {"name": form, "topology": code, "links": drawn}
                for form, code, drawn in zip(model.form_names, codes, links, strict=True)
            ]
        model = self.sides["a"].model
        return {
            "places": self.places,
            "sectors": list(model.sector_names),
            "domains": model.config.population.domains,
            "forms": forms,
        }

    def state(self) -> dict[str, Any]:
        """Return the clock and the choices."""
        return {
            "playing": self.playing,
            "speed": self.speed,
            "round": self.shown,
            "frontier": self.frontier,
            "most": MOST_ROUNDS,
            "scenario": self.scenario.model_dump(),
            "waiting": self.waiting(),
            "by_persons": bool(
                self.sides["a"].decided
            ),  # then thirty runs, which rules play alone, are no bands of this run
        }


class ClientState:
    """What a page holds of its session: only what differs is sent."""

    def __init__(self) -> None:
        self.moments: dict[Side, RoundSnapshot] = {"a": EMPTY_SNAPSHOT, "b": EMPTY_SNAPSHOT}
        self.round = -1
        self.charted = 0  # rounds of the series it has
        self._outdated = False  # whether it has more of it than is true

    def frame(self, session: Session) -> dict[str, Any]:
        """Return what brings the page to the round that is shown, and note that it has it."""
        told: dict[str, Any] = {"round": session.shown, "frontier": session.frontier}
        passed = (
            range(self.round + 1, session.shown + 1)
            if 0 <= session.shown - self.round - 1 < MOST_PASSED_ROUNDS and self.round >= 0
            else range(0)
        )
        for side, played in session.sides.items():
            shown = played.moment(session.shown)
            told[side] = compare_round_snapshots(
                self.moments[side], shown
            ) | summarise_passed_rounds([played.moment(now) for now in passed])
            self.moments[side] = shown
        if self.charted < session.frontier or self._outdated:
            told["series"] = {"from": self.charted} | {
                side: played.series[self.charted :] for side, played in session.sides.items()
            }
        self.round, self.charted, self._outdated = session.shown, session.frontier, False
        return told

    def forget_after(self, now: int) -> None:
        """Note that rounds after this one are no longer true."""
        self._outdated = self._outdated or self.charted > now
        self.charted = min(self.charted, now)


def defer_changes(running: Config, wanted: Config) -> Config:
    """Return the wanted configuration with everything that waits for a reset as it is now: another form waits whole."""
    values = wanted.model_dump()
    now = running.model_dump()
    differs = find_changed_parameters(running, wanted)
    for path in differs:
        if not can_change_between_rounds(path) or (
            "structure.name" in differs and path.startswith("structure.")
        ):
            *groups, name = path.split(".")
            source, target = now, values
            for group in groups:
                source, target = source[group], target[group]
            target[name] = source[name]
    return Config.model_validate(values)
