"""Ctrl-C and its relatives, at moments when the command can act on them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupted(BaseException):
    """A signal asked the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number
        """What a shell reports for a process that a signal ended."""


class Interruption:
    """Raises Interrupted in the main thread when a signal comes, or ``deferred`` until it does no harm."""

    def __init__(self) -> None:
        self._deferring = False
        self._came: int | None = None

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let a signal wait until the block has ended; a second one does not wait."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self._came is not None:
            raise Interrupted(self._came)

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        if self._deferring and self._came is None:
            self._came = number
        else:
            raise Interrupted(number)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Turn SIGINT, SIGTERM and SIGHUP into Interrupted, except those that the caller chose to ignore."""
    interruption = Interruption()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, interruption.on_signal)
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
