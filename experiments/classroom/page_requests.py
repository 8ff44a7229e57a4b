"""What a page says: who may ask what, and which room answers it."""

from __future__ import annotations

import time

from experiments.classroom.bands import BandMaker
from experiments.classroom.class_requests import (
    StudentMessage,
    TeacherMessage,
    answer_student,
    answer_teacher,
)
from experiments.classroom.connection import Connection
from experiments.classroom.messages import (
    AnyPageMessage,
    GlanceMessage,
    LookMessage,
    PaintedMessage,
)
from experiments.classroom.registry import SessionRegistry
from experiments.classroom.run_requests import RunsMessage, start_runs
from experiments.classroom.session_requests import answer_session_request
from sim.errors import InputError

WATCHER_MESSAGES = (LookMessage, GlanceMessage)


async def answer_page(
    message: AnyPageMessage, page: Connection, registry: SessionRegistry, band_maker: BandMaker
) -> None:
    """Do what a page asks, if it may ask it.

    A page that watches may only look closer. A page whose session moved to another tab is ignored.
    """
    if isinstance(message, PaintedMessage):
        await page.note_painted(message.number)
        return
    if page.watches and not isinstance(message, WATCHER_MESSAGES):
        raise InputError("this page only watches; use the teacher's page")
    if not page.watches:
        if not registry.is_attached(page.session, page):
            return
        page.session.last_used = time.monotonic()
    if isinstance(message, StudentMessage):
        await answer_student(message, page)
    elif isinstance(message, TeacherMessage):
        await answer_teacher(message, page)
    elif isinstance(message, RunsMessage):
        start_runs(message, page, band_maker)
    else:
        async with page.session.busy:
            await answer_session_request(message, page)
