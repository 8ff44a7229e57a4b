"""The server of the classroom page: files, the vocabulary, and a websocket per page."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from experiments.classroom.access import AccessControl, draw_qr_code
from experiments.classroom.background_runs import report_refusal
from experiments.classroom.bands import BandMaker
from experiments.classroom.connection import Connection
from experiments.classroom.lessons import describe_lessons
from experiments.classroom.messages import (
    LARGEST_MESSAGE,
    PROTOCOL_VERSION,
    HelloMessage,
    read_message,
)
from experiments.classroom.open_pages import DISCONNECT_ERRORS, OpenPages
from experiments.classroom.page_requests import answer_page
from experiments.classroom.protection import HostGuard, RateLimiter
from experiments.classroom.registry import SessionRegistry
from experiments.classroom.round_clock import run_clock
from experiments.classroom.session import Session
from experiments.classroom.vocabulary import build_vocabulary
from sim.errors import InputError

PAGE_FOLDER = Path(__file__).parent / "page"
TIDY_INTERVAL = 60.0  # seconds
HELLO_TIMEOUT = 30.0  # seconds


class Closing(Enum):
    """Why the server closes a connection; the page reads the name, in lower case."""

    MOVED = 4001  # the session goes on in another tab
    REFUSED = 4003  # not admitted
    TOO_LARGE = 1009

    async def close(self, socket: WebSocket) -> None:
        """Close a connection."""
        await socket.close(self.value, self.name.lower())


class Classroom:
    """What all pages share: who may join, the sessions, and the process for many runs."""

    def __init__(self, code: str | None = None, address: str = "127.0.0.1", port: int = 0) -> None:
        self.access, self.registry = AccessControl(code), SessionRegistry()
        self.band_maker, self.open_pages = BandMaker(), OpenPages()
        self.invitation = {"code": code, "address": f"http://{address}:{port}/"} if code else None

    async def serve_page(self, socket: WebSocket) -> None:
        """Serve one page from its first message to its last."""
        await socket.accept()
        page: Connection | None = None
        with suppress(*DISCONNECT_ERRORS):
            page = await self._admit(socket)
            if page is not None:
                await self._answer_messages(page)
        if page is not None:
            await self._remove(page)

    async def _remove(self, page: Connection) -> None:
        """Note that a page has gone."""
        page.runs.cancel()
        self.registry.detach(page.session, page)
        await self.open_pages.leave(page)

    async def _admit(self, socket: WebSocket) -> Connection | None:
        """Read the first message; find the session of the page, or begin one."""
        address = socket.client.host if socket.client else ""
        try:
            hello = await read_hello(socket)
            self.access.check(address, hello.code)
            is_student = hello.as_student or not self.access.is_teacher(address)
            session = await self._find_session(hello, is_student)
        except InputError as reason:
            await socket.send_json({"kind": "refused", "sentence": str(reason), "final": True})
            await Closing.REFUSED.close(socket)
            return None
        page = Connection(
            socket, session, self.open_pages, is_student=is_student, watches=hello.watch
        )
        if not hello.watch:
            self.registry.attach(session, page)
        try:
            await self._welcome(page)
        except DISCONNECT_ERRORS:
            await self._remove(page)
            raise
        return page

    async def _welcome(self, page: Connection) -> None:
        """Send a page its role and its scene, and inform the others."""
        is_teacher = not page.is_student and not page.watches
        session = page.session
        in_role_play = page.is_student and self.open_pages.role_play is not None
        await page.send(
            "welcome",
            protocol=PROTOCOL_VERSION,
            session=None if page.watches else session.token,
            teacher=is_teacher,
            in_role_play=in_role_play,
            invitation=self.invitation if is_teacher else None,
            incomplete=session.incomplete,
        )
        session.incomplete = False  # the page is informed once, not at every reload
        async with session.busy:
            await page.send_scene()
            await self.open_pages.enter(page, in_role_play)

    async def _find_session(self, hello: HelloMessage, is_student: bool) -> Session:
        """Return the session that a page returns to or watches, or a new one.

        A new session of a student begins with the scenario that was sent to the class.
        """
        if hello.watch:
            return self.open_pages.find_watched_session()
        session = self.registry.find(hello.session) or await self.registry.reopen(hello.session)
        if session is not None:
            return session
        if is_student and self.open_pages.sent_scenario is not None:
            return await self.registry.open(self.open_pages.sent_scenario)
        if hello.history is not None:
            frontier = max(hello.round, hello.frontier)
            return await self.registry.replay(hello.history, hello.scenario, frontier, hello.round)
        return await self.registry.open(hello.scenario, hello.round)

    async def _answer_messages(self, page: Connection) -> None:
        """Answer one message after the other while the clock of the page runs."""
        clock, rate = asyncio.create_task(run_clock(page)), RateLimiter()
        if page.watches:
            clock.cancel()
        try:
            while True:
                text = await page.socket.receive_text()
                if not page.watches and not self.registry.is_attached(page.session, page):
                    await Closing.MOVED.close(page.socket)
                    return
                if len(text) > LARGEST_MESSAGE:
                    await Closing.TOO_LARGE.close(page.socket)
                    return
                await rate.take()
                await report_refusal(page.send, self._answer(page, text))
        finally:
            clock.cancel()

    async def _answer(self, page: Connection, text: str) -> None:
        """Read a message and do what it asks."""
        await answer_page(read_message(text), page, self.registry, self.band_maker)

    async def tidy(self) -> None:
        """Free idle sessions now and then, and collect models that were replaced.

        The parts of a model refer to each other, and Python by itself collects them too seldom.
        """
        while True:
            await asyncio.sleep(TIDY_INTERVAL)
            self.registry.free_idle()
            gc.collect()


async def read_hello(socket: WebSocket) -> HelloMessage:
    """Return the first message of a page; raise InputError when it is not a hello."""
    try:
        message = read_message(await asyncio.wait_for(socket.receive_text(), HELLO_TIMEOUT))
    except TimeoutError as late:
        raise InputError(
            f"no message came within {HELLO_TIMEOUT:g} s; send `hello` first"
        ) from late
    if not isinstance(message, HelloMessage):
        raise InputError(f"the first message is `{message.kind}`; send `hello` first")
    if message.protocol != PROTOCOL_VERSION:
        raise InputError(
            f"protocol is {message.protocol}; allowed: {PROTOCOL_VERSION}; reload the page"
        )
    return message


def build_app(
    classroom: Classroom,
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "testserver"}),
) -> Starlette:
    """Return the web application; ``hosts`` are the names it answers to."""

    async def send_vocabulary(request: Request) -> JSONResponse:
        return JSONResponse(build_vocabulary())

    async def send_lessons(request: Request) -> JSONResponse:
        return JSONResponse(describe_lessons())

    async def send_invitation(request: Request) -> Response:
        is_teacher = request.client is not None and classroom.access.is_teacher(request.client.host)
        if classroom.invitation is None or not is_teacher:
            return Response(status_code=404)
        return Response(
            draw_qr_code("{address}#code={code}".format(**classroom.invitation)),
            media_type="image/svg+xml",
        )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tidying = asyncio.create_task(classroom.tidy())
        yield
        tidying.cancel()
        classroom.band_maker.stop()

    routes = [
        Route("/vocabulary.json", send_vocabulary),
        Route("/lessons.json", send_lessons),
        Route("/invitation.svg", send_invitation),
        WebSocketRoute("/page", classroom.serve_page),
        Mount("/", StaticFiles(directory=PAGE_FOLDER, html=True)),
    ]
    return Starlette(
        routes=routes, lifespan=lifespan, middleware=[Middleware(HostGuard, hosts=hosts)]
    )
