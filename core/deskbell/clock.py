"""Time as an argument, so that a test can own it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading


class Clock(Protocol):
    """What the core asks of time. Any thread may call it."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment, never going backwards."""
        ...

    def now(self) -> datetime:
        """The wall clock in UTC, for people to read; never used to measure."""
        ...

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        """Wait on a held ``condition`` until it is notified or ``timeout`` seconds have passed."""
        ...


class SystemClock:
    """The machine's own clock."""

    monotonic = staticmethod(time.monotonic)
    now = staticmethod(partial(datetime.now, UTC))

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        """Wait on a held ``condition`` until it is notified or ``timeout`` seconds have passed."""
        condition.wait(timeout)


SYSTEM_CLOCK = SystemClock()
