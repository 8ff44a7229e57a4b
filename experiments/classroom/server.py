"""The server of the classroom page: files, the vocabulary of parameters, and a websocket per page."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from experiments.classroom.access import AccessControl, draw_qr_code
from experiments.classroom.bands import BandMaker
from experiments.classroom.connection import Connection, report_refusal
from experiments.classroom.lessons import describe_lessons
from experiments.classroom.messages import (
    LARGEST_MESSAGE,
    PROTOCOL_VERSION,
    HelloMessage,
    read_message,
)
from experiments.classroom.open_pages import DISCONNECT_ERRORS, OpenPages
from experiments.classroom.registry import SessionRegistry
from experiments.classroom.session import Session
from experiments.classroom.vocabulary import build_vocabulary
from sim.errors import InputError

PAGE_FOLDER = Path(__file__).parent / "page"
MOST_MESSAGES_PER_SECOND, MESSAGE_BURST = 150.0, 300.0  # messages of a page
TIDY_INTERVAL = 60.0  # seconds
CLOSED_MOVED, CLOSED_NOT_ALLOWED, CLOSED_TOO_LARGE = 4001, 4003, 1009
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class HostGuard:
    """Adds headers that keep the page to this server, and turns away requests under a foreign host name (DNS rebinding)."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its host is one of ours."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host, origin = headers.get("host", ""), headers.get("origin")
        name = urlsplit(f"//{host}").hostname or ""
        foreign = name not in self.hosts or (origin is not None and urlsplit(origin).netloc != host)
        if foreign and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": CLOSED_NOT_ALLOWED})
        elif foreign:
            await Response("this address is not served here", status_code=421)(scope, receive, send)
        else:
            await self.app(scope, receive, add_headers(send))


def add_headers(send: Send) -> Send:
    """Return a way to send that adds our headers to every answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                *(
                    (name.lower().encode(), value.encode())
                    for name, value in SECURITY_HEADERS.items()
                ),
            ]
        await send(message)

    return sending


class RateLimiter:
    """How fast a page is heard: one that says too much is heard later, and nothing that it said is lost."""

    def __init__(self) -> None:
        self._left, self._since = MESSAGE_BURST, time.monotonic()

    async def take(self) -> None:
        """Take one message from what is left, which grows back with time; wait until there is one."""
        now = time.monotonic()
        self._left = (
            min(MESSAGE_BURST, self._left + (now - self._since) * MOST_MESSAGES_PER_SECOND) - 1.0
        )
        self._since = now
        if self._left < 0.0:
            await asyncio.sleep(-self._left / MOST_MESSAGES_PER_SECOND)


class Classroom:
    """What all pages share: who may join, the sessions, and the process for many runs."""

    def __init__(self, code: str | None = None, address: str = "127.0.0.1", port: int = 0) -> None:
        self.door, self.registry, self.maker, self.hall = (
            AccessControl(code),
            SessionRegistry(),
            BandMaker(),
            OpenPages(),
        )
        self.invitation = {"code": code, "address": f"http://{address}:{port}/"} if code else None

    async def page(self, socket: WebSocket) -> None:
        """Serve one page from its first message to its last."""
        await socket.accept()
        connection: Connection | None = None
        with suppress(*DISCONNECT_ERRORS):  # a page that goes away in the middle of a sentence
            connection = await self._welcome(socket)
            if connection is not None:
                await self._listen(socket, connection)
        if connection is not None:
            await self._farewell(connection)

    async def _farewell(self, connection: Connection) -> None:
        """Note that a page is gone."""
        connection.give_up()
        self.registry.detach(connection.session, connection)
        await self.hall.leave(connection)

    async def _welcome(self, socket: WebSocket) -> Connection | None:
        """Hear the first message; find the session or begin one."""
        address = socket.client.host if socket.client else ""
        try:
            message = read_message(await asyncio.wait_for(socket.receive_text(), 30.0))
            if not isinstance(message, HelloMessage):
                raise InputError("say hello first")
            self.door.check(address, message.code)
            student = message.joins or not self.door.is_teacher(address)
            session = (
                self.hall.shown_session()
                if message.watch
                else await self._session_for(message, student)
            )
        except (InputError, TimeoutError) as reason:
            await socket.send_json(
                {"kind": "refused", "sentence": str(reason) or "nothing was said", "final": True}
            )
            await socket.close(CLOSED_NOT_ALLOWED)
            return None
        connection = Connection(
            socket, self.registry, self.maker, self.hall, session, student, message.watch
        )
        if not message.watch:
            self.registry.attach(session, connection)
        try:
            await self._show_in(connection)
        except DISCONNECT_ERRORS:  # it went away before it was in
            await self._farewell(connection)
            raise
        return connection

    async def _show_in(self, connection: Connection) -> None:
        """Tell a page who it is and what there is, and let the others know of it."""
        teacher = not connection.is_student and not connection.watches
        session, plays = connection.session, connection.is_student and self.hall.roles is not None
        token, invitation = (
            None if connection.watches else session.token,
            (self.invitation if teacher else None),
        )
        told = {
            "teacher": teacher,
            "plays": plays,
            "invitation": invitation,
            "incomplete": session.incomplete,
        }
        await connection.send("welcome", protocol=PROTOCOL_VERSION, session=token, **told)
        session.incomplete = False  # said once, not at every reload
        async with session.busy:
            await connection.send_scene()
            await self.hall.enter(connection, plays)

    async def _session_for(self, message: HelloMessage, student: bool) -> Session:
        """Return the session a page comes back to, or a new one: with what was sent to the class, for a student."""
        session = self.registry.find(message.session) or await self.registry.come_back(
            message.session
        )
        if session is not None:
            return session
        if student and self.hall.sent is not None:
            return await self.registry.open(self.hall.sent)
        if message.course is not None:
            return await self.registry.play_again(
                message.course,
                message.scenario,
                max(message.round, message.frontier),
                message.round,
            )
        return await self.registry.open(message.scenario, message.round)

    async def _listen(self, socket: WebSocket, connection: Connection) -> None:
        """Hear one message after the other while the clock runs beside."""
        clock, allowance = asyncio.create_task(connection.keep_clock()), RateLimiter()
        if connection.watches:
            clock.cancel()
        try:
            while True:
                text = await socket.receive_text()
                if not connection.watches and not self.registry.is_attached(
                    connection.session, connection
                ):
                    await socket.close(CLOSED_MOVED)
                    return
                if len(text) > LARGEST_MESSAGE:
                    await socket.close(CLOSED_TOO_LARGE)
                    return
                await allowance.take()
                await report_refusal(connection.send, handle_message(connection, text))
        finally:
            clock.cancel()

    async def tidy(self) -> None:
        """Free idle sessions now and then, and models that were replaced: their parts hold each other, and Python by itself looks too seldom."""
        while True:
            await asyncio.sleep(TIDY_INTERVAL)
            self.registry.free_idle()
            gc.collect()


async def handle_message(connection: Connection, text: str) -> None:
    """Read a message and do what it asks."""
    await connection.hear(read_message(text))


def build_app(
    classroom: Classroom,
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "testserver"}),
) -> Starlette:
    """Return the web application; ``hosts`` are the names it answers to."""

    async def tell_vocabulary(request: Request) -> JSONResponse:
        return JSONResponse(build_vocabulary())

    async def tell_lessons(request: Request) -> JSONResponse:
        return JSONResponse(describe_lessons())

    async def draw_invitation(request: Request) -> Response:
        teacher = request.client is not None and classroom.door.is_teacher(request.client.host)
        if classroom.invitation is None or not teacher:
            return Response(status_code=404)
        return Response(
            draw_qr_code("{address}#code={code}".format(**classroom.invitation)),
            media_type="image/svg+xml",
        )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tidying = asyncio.create_task(classroom.tidy())
        yield
        tidying.cancel()
        classroom.maker.stop()

    routes = [
        Route("/vocabulary.json", tell_vocabulary),
        Route("/lessons.json", tell_lessons),
        Route("/invitation.svg", draw_invitation),
        WebSocketRoute("/page", classroom.page),
        Mount("/", StaticFiles(directory=PAGE_FOLDER, html=True)),
    ]
    return Starlette(
        routes=routes, lifespan=lifespan, middleware=[Middleware(HostGuard, hosts=hosts)]
    )
