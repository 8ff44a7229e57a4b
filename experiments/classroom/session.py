"""A session: the two sides of a page, their clock, and what waits for the next reset."""

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
from sim.config import FORM_TOPOLOGIES, Config
from sim.errors import InputError
from sim.interactive.decisions import AnswersByAction, Decision
from sim.interactive.parameter_changes import can_change_between_rounds
from sim.model import CollaborationModel

DEFAULT_SPEED = 5.0  # rounds per second


class Session:
    """Two sides with the same population and the same random draws, played together.

    ``scenario`` is what the page has chosen; ``begun`` is what it had chosen at round 0. Changes
    since then act from their round on, or wait for a reset.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.token = secrets.token_urlsafe(18)
        self.busy = asyncio.Lock()
        self.playing, self.speed = False, DEFAULT_SPEED
        self.last_used = time.monotonic()
        # Organisations in a role-play, by the token of a student's session.
        self.seats: dict[str, int] = {}
        self.begin(scenario)

    def begin(self, scenario: Scenario) -> None:
        """Build both models at round 0."""
        configs = scenario.build_configs()
        self.sides: dict[Side, PlayedSide] = {side: PlayedSide(configs[side]) for side in SIDES}
        self.scenario, self.begun, self.shown, self.playing = scenario, scenario, 0, False
        # Whether it was restored in part, and its page was not informed yet.
        self.incomplete = False
        self.places = place_organisations(self.sides["a"].load_snapshot(0).strongest)

    @property
    def frontier(self) -> int:
        """The last round that was played."""
        return self.sides["a"].frontier

    @property
    def finished(self) -> bool:
        """Whether no more rounds can be played."""
        return self.shown >= MOST_ROUNDS

    # --- playing ---------------------------------------------------------------------------------

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
        """Play the next round with decisions of persons on side A; return what came of them.

        On side B the rules decide, with the same random draws.
        """
        for side in self.sides.values():
            await side.truncate(self.shown)
        answers = self.sides["a"].play(decisions)
        self.sides["b"].play()
        self.shown += 1
        return answers

    def seek(self, now: int) -> None:
        """Show a round that was played."""
        if now > self.frontier:
            raise InputError(
                f"round {now} is not played yet; allowed: 0 to {self.frontier}; press Play to go on"
            )
        self.shown = now

    async def play_to(self, now: int) -> None:
        """Play to a round; let other sessions have their turn in between."""
        while self.shown < now:
            self.advance()
            if self.shown % ROUNDS_PER_TURN == 0:
                await asyncio.sleep(0)

    # --- choosing --------------------------------------------------------------------------------

    async def change(self, side: Side | Literal["both"], path: str, value: Scalar) -> None:
        """Set a parameter.

        A parameter that acts at once does so from the round that is shown; later rounds are
        forgotten.
        """
        scenario = self.scenario.replace_value(side, path, value)
        configs = scenario.build_configs()
        at_once = {s: defer_changes(self.sides[s].config, configs[s]) for s in self.sides}
        if any(at_once[s] != self.sides[s].config for s in self.sides):
            for s, played in self.sides.items():
                await played.truncate(self.shown)
                played.change(at_once[s])
        self.scenario = scenario

    def choose_form(self, side: Side | Literal["both"], name: str) -> None:
        """Choose a preset of structure for the next reset."""
        scenario = self.scenario.replace_structure(side, name)
        scenario.build_configs()
        self.scenario = scenario

    def list_waiting(self) -> dict[Side, list[str]]:
        """Return the parameters that wait for a reset, per side."""
        configs = self.scenario.build_configs()
        return {
            s: list(find_changed_parameters(self.sides[s].config, configs[s])) for s in self.sides
        }

    # --- what the page shows ---------------------------------------------------------------------

    def describe_scene(self) -> dict[str, Any]:
        """Return what stays until the next reset: organisations, their places, and the forms."""
        model = self.sides["a"].model
        return {
            "places": self.places,
            "sectors": list(model.sector_names),
            "domains": model.config.population.domains,
            "forms": {name: describe_forms(side.model) for name, side in self.sides.items()},
        }

    def describe_state(self) -> dict[str, Any]:
        """Return the clock and the choices."""
        return {
            "playing": self.playing,
            "speed": self.speed,
            "round": self.shown,
            "frontier": self.frontier,
            "most_rounds": MOST_ROUNDS,
            "scenario": self.scenario.model_dump(),
            "waiting": self.list_waiting(),
            # Bands are played by the rules alone, so with decisions they show another run.
            "has_decisions": bool(self.sides["a"].decisions),
        }


def describe_forms(model: CollaborationModel) -> dict[str, dict[str, Any]]:
    """Return the topology of each form by name, and its links by team size."""
    names = dict(enumerate(FORM_TOPOLOGIES))
    forms = model.world.forms
    described = {}
    for name, code, linked in zip(
        model.form_names, forms.topology.tolist(), forms.linked, strict=True
    ):
        links = [
            [(a, b) for a in range(size) for b in range(a) if linked[size, a, b]]
            for size in range(len(linked))
        ]
        described[name] = {"topology": names[code], "links": links}
    return described


def defer_changes(running: Config, chosen: Config) -> Config:
    """Return the chosen configuration, without the changes that wait for a reset.

    A change of form waits as a whole.
    """
    values, now = chosen.model_dump(), running.model_dump()
    changed = find_changed_parameters(running, chosen)
    for path in changed:
        if not can_change_between_rounds(path) or (
            "structure.name" in changed and path.startswith("structure.")
        ):
            *groups, name = path.split(".")
            source, target = now, values
            for group in groups:
                source, target = source[group], target[group]
            target[name] = source[name]
    return Config.model_validate(values)
