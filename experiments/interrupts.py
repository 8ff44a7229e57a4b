"""Ctrl-C and SIGTERM end the program once, and cannot get lost.

Python raises KeyboardInterrupt wherever it happens to be. In a callback of compiled code or while an object is being
deleted that exception is printed and forgotten; long loops therefore also ask whether an end was asked for.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Interruption(KeyboardInterrupt):
    """Somebody asked for an end.

    A kind of its own: where a plain KeyboardInterrupt passes through code that was given as text (``exec``, as libraries do when they are
    imported), Python notes it, and kills itself by SIGINT in the end, whatever the exit status.
    """


SIGNAL_EXIT_STATUSES = {int(signal.SIGINT): 130, int(signal.SIGTERM): 143}
_received_signals: list[int] = []


def get_stop_signal() -> int | None:
    """Return the signal that asked for an end, if one did."""
    return _received_signals[0] if _received_signals else None


def raise_if_interrupted() -> None:
    """End here when an end was asked for, but the exception got lost."""
    if _received_signals:
        raise Interruption


@contextmanager
def handle_interrupts() -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM raise KeyboardInterrupt; what is then tidied up is not interrupted again."""

    def end(number: int, frame: object) -> None:
        for other in SIGNAL_EXIT_STATUSES:
            signal.signal(other, signal.SIG_IGN)
        _received_signals.append(number)
        raise Interruption

    before = {number: signal.signal(number, end) for number in SIGNAL_EXIT_STATUSES}
    try:
        yield
    finally:
        _received_signals.clear()
        for number, handler in before.items():
            signal.signal(number, handler)
