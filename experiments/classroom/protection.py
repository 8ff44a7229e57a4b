"""What keeps the server to its own pages: host names, security headers, and a rate of messages."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_MESSAGES_PER_SECOND, MESSAGE_BURST = 150.0, 300.0  # of one page
POLICY_VIOLATION = 1008  # code of RFC 6455
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
    """Refuses requests under a foreign host name (DNS rebinding), and adds security headers."""

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
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        elif foreign:
            await Response("this address is not served here", status_code=421)(scope, receive, send)
        else:
            await self.app(scope, receive, add_headers(send))


def add_headers(send: Send) -> Send:
    """Return a way to send that adds the security headers to every answer."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                *(
                    (name.lower().encode(), value.encode())
                    for name, value in SECURITY_HEADERS.items()
                ),
            ]
        await send(message)

    return send_with_headers


class RateLimiter:
    """Reads a page that sends too much more slowly; no message is lost."""

    def __init__(self) -> None:
        self._left, self._since = MESSAGE_BURST, time.monotonic()

    async def take(self) -> None:
        """Take one message from the allowance, which grows with time; wait until there is one."""
        now = time.monotonic()
        grown = self._left + (now - self._since) * MOST_MESSAGES_PER_SECOND
        self._left, self._since = min(MESSAGE_BURST, grown) - 1.0, now
        if self._left < 0.0:
            await asyncio.sleep(-self._left / MOST_MESSAGES_PER_SECOND)
