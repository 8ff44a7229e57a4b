"""Who may join: this machine always; others on the local network with the code, when the teacher opened the server to them."""

from __future__ import annotations

import io
import secrets
import socket
import time

import segno

from sim.errors import InputError

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike
CODE_LENGTH = 6
MOST_WRONG_CODES, WRONG_CODE_WINDOW = (
    10,
    60.0,
)  # wrong codes an address may give, in so many seconds
LOOPBACK_ADDRESSES = ("127.0.0.1", "::1", "testclient")


def create_join_code() -> str:
    """Return a join code."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def find_local_address() -> str:
    """Return this machine's address on the local network, without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(
                ("192.0.2.1", 9)
            )  # an address of no machine (RFC 5737): it only makes the system choose its own
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def draw_qr_code(address: str) -> bytes:
    """Return the QR code of an address as SVG, which grows with its box."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", border=2, omitsize=True, title=address
    )
    return drawn.getvalue()


class AccessControl:
    """Lets pages in: those of this machine, and those that know the code."""

    def __init__(self, code: str | None) -> None:
        self.code = code
        self._wrong: dict[str, list[float]] = {}

    def is_teacher(self, address: str) -> bool:
        """Tell whether a page is on the teacher's own machine."""
        return address in LOOPBACK_ADDRESSES

    def check(self, address: str, code: str | None) -> None:
        """Raise InputError unless a page at this address may come in with this code."""
        if self.is_teacher(address):
            return
        if self.code is None:
            raise InputError(
                "this page is for its own machine only; start `overbruggen classroom --lan` to let"
                " a class join"
            )
        now = time.monotonic()
        recent = [
            moment for moment in self._wrong.get(address, []) if now - moment < WRONG_CODE_WINDOW
        ]
        if len(recent) >= MOST_WRONG_CODES:
            raise InputError("too many wrong codes; wait a minute")
        if not secrets.compare_digest((code or "").strip().upper().encode(), self.code.encode()):
            self._wrong[address] = [*recent, now]
            raise InputError("this is not the code of the class; ask for it")
