"""What a page may ask of its own session: play, go back, choose settings, and look closer."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from experiments.classroom.connection import Connection
from experiments.classroom.messages import (
    ChangeMessage,
    ChooseMessage,
    FormMessage,
    GlanceMessage,
    LookMessage,
    PauseMessage,
    PlayMessage,
    ResetMessage,
    SeekMessage,
    SpeedMessage,
    StepMessage,
)
from experiments.classroom.scenario import Scenario
from experiments.classroom.stories import build_story, describe_skills
from sim.errors import InputError


@singledispatch
async def answer_session_request(message: Any, page: Connection) -> None:
    """Do what a page asks of its session; one function below for each kind of message."""
    raise InputError("`hello` comes once, as the first message")


@answer_session_request.register
async def play(message: PlayMessage, page: Connection) -> None:
    """Start the clock."""
    page.start_playing()
    await page.broadcast_state()


@answer_session_request.register
async def pause(message: PauseMessage, page: Connection) -> None:
    """Stop the clock."""
    page.session.playing = False
    await page.send_missed_frame()
    await page.broadcast_state()


@answer_session_request.register
async def step(message: StepMessage, page: Connection) -> None:
    """Play one round and stop."""
    page.session.playing = False
    page.session.advance()
    await page.broadcast_frame()
    await page.broadcast_state()


@answer_session_request.register
async def set_speed(message: SpeedMessage, page: Connection) -> None:
    """Set the speed of the clock."""
    page.session.speed = message.per_second
    await page.broadcast_state()


@answer_session_request.register
async def seek(message: SeekMessage, page: Connection) -> None:
    """Show a round that was played."""
    page.session.playing = False
    page.session.seek(message.round)
    await page.broadcast_frame()
    await page.broadcast_state()


@answer_session_request.register
async def reset(message: ResetMessage, page: Connection) -> None:
    """Begin again at round 0."""
    await begin_scenario(page, page.session.scenario)


@answer_session_request.register
async def choose_scenario(message: ChooseMessage, page: Connection) -> None:
    """Begin another scenario."""
    await begin_scenario(page, message.scenario)


async def begin_scenario(page: Connection, scenario: Scenario) -> None:
    """Begin a scenario; show it to those that watch and to those that play a role in it."""
    page.begin(scenario)
    await page.broadcast_scene()
    await page.open_pages.restart_role_play(page.session)


@answer_session_request.register
async def change_parameter(message: ChangeMessage, page: Connection) -> None:
    """Set a parameter."""
    await page.session.change(message.side, message.parameter, message.value)
    await show_choices(page)


@answer_session_request.register
async def choose_form(message: FormMessage, page: Connection) -> None:
    """Choose a form of collaboration."""
    page.session.choose_form(message.side, message.name)
    await show_choices(page)


async def show_choices(page: Connection) -> None:
    """Send the choices; before the first round, everything that waits for a reset acts at once."""
    if page.session.frontier == 0 and any(page.session.list_waiting().values()):
        await begin_scenario(page, page.session.scenario)
        return
    for one in (page, *page.list_watchers()):
        one.client_state.forget_after(page.session.frontier)
    await page.broadcast_frame()
    await page.broadcast_state()


@answer_session_request.register
async def send_story(message: LookMessage, page: Connection) -> None:
    """Send the story of an organisation."""
    side, now = page.session.sides[message.side], page.session.shown
    story = await build_story(side, message.organisation, now)
    await page.send("story", side=message.side, **story)


@answer_session_request.register
async def send_skills(message: GlanceMessage, page: Connection) -> None:
    """Send the skills of an organisation."""
    side, now = page.session.sides[message.side], page.session.shown
    skills = await describe_skills(side, message.organisation, now)
    await page.send("glance", side=message.side, **skills)
