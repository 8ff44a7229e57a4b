"""What a page may ask of the class: the teacher leads, students decide in a role-play."""

from __future__ import annotations

from experiments.classroom.connection import Connection
from experiments.classroom.messages import (
    CloseRoundMessage,
    DecideMessage,
    EveryoneMessage,
    OpenRoundMessage,
    RolesMessage,
)
from sim.errors import InputError

TeacherMessage = EveryoneMessage | RolesMessage | OpenRoundMessage | CloseRoundMessage
StudentMessage = DecideMessage


async def answer_student(message: StudentMessage, page: Connection) -> None:
    """Note what a student decides for its organisation."""
    await page.open_pages.decide(page, message.build_decision())


async def answer_teacher(message: TeacherMessage, page: Connection) -> None:
    """Do what the teacher asks of the class; raise InputError when a student asks it."""
    if page.is_student:
        raise InputError("only the teacher can do this; ask the teacher")
    pages = page.open_pages
    if isinstance(message, EveryoneMessage):
        await page.send("sent", pages=await pages.send_scenario(page.session.scenario))
    elif isinstance(message, OpenRoundMessage):
        await pages.open_round(message.seconds)
    elif isinstance(message, CloseRoundMessage):
        await pages.close_round()
    elif message.begin:
        await pages.begin_role_play(page)
    else:
        await pages.end_role_play()
