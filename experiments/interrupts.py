"""Ctrl-C and SIGTERM end the program once, and are never lost.

Python raises KeyboardInterrupt at an arbitrary place. In a callback of compiled code, or while an
object is deleted, the exception is printed and discarded. Long loops therefore also check whether
a signal was received.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Interruption(KeyboardInterrupt):
    """The user, or the system, asked the program to end.

    This is a subclass for a reason: if a plain KeyboardInterrupt passes through code in a text
    (``exec``, as some libraries do on import), Python records that and kills itself by SIGINT at
    the end, whatever the exit status.
    """


SIGNAL_EXIT_STATUSES = {int(signal.SIGINT): 130, int(signal.SIGTERM): 143}
_received_signals: list[int] = []


def get_stop_signal() -> int | None:
    """Return the signal that asked the program to end, if there was one."""
    return _received_signals[0] if _received_signals else None


def raise_if_interrupted() -> None:
    """Raise Interruption if a signal was received and its exception was lost."""
    if _received_signals:
        raise Interruption


@contextmanager
def handle_interrupts() -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM raise Interruption; the clean-up is not interrupted again."""

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
