"""Who may join: this machine always; the local network with a code, if the teacher opened it."""

from __future__ import annotations

import io
import secrets
import socket
import time

import segno

from sim.errors import InputError

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike
CODE_LENGTH = 6
MOST_WRONG_CODES = 10  # wrong codes that one address may enter within WRONG_CODE_WINDOW
WRONG_CODE_WINDOW = 60.0  # seconds
LOOPBACK_ADDRESSES = ("127.0.0.1", "::1", "testclient")
# An address that no machine has (RFC 5737): connecting to it makes the system choose its own.
UNUSED_ADDRESS = ("192.0.2.1", 9)


def create_join_code() -> str:
    """Return a join code."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def find_local_address() -> str:
    """Return this machine's address on the local network, without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(UNUSED_ADDRESS)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def draw_qr_code(address: str) -> bytes:
    """Return the QR code of an address as SVG that scales with its box."""
    drawing = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawing, kind="svg", border=2, omitsize=True, title=address
    )
    return drawing.getvalue()


class AccessControl:
    """Admits pages of this machine, and pages that know the code."""

    def __init__(self, code: str | None) -> None:
        self.code = code
        self._wrong_codes: dict[str, list[float]] = {}  # times of wrong codes, by address

    def is_teacher(self, address: str) -> bool:
        """Tell whether a page is on the teacher's own machine."""
        return address in LOOPBACK_ADDRESSES

    def check(self, address: str, code: str | None) -> None:
        """Raise InputError unless a page at this address may join with this code."""
        if self.is_teacher(address):
            return
        if self.code is None:
            raise InputError(
                "this page is for its own machine only; start `overbruggen classroom --lan` to let"
                " a class join"
            )
        now = time.monotonic()
        recent = [
            entered
            for entered in self._wrong_codes.get(address, [])
            if now - entered < WRONG_CODE_WINDOW
        ]
        if len(recent) >= MOST_WRONG_CODES:
            raise InputError("too many wrong codes; wait a minute")
        if not secrets.compare_digest((code or "").strip().upper().encode(), self.code.encode()):
            self._wrong_codes[address] = [*recent, now]
            raise InputError("this is not the code of the class; ask for it")
