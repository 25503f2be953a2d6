"""Ordered delivery of events to listeners, outside the lock under which the events came about."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class OrderedDelivery(Generic[T]):
    """An outbox that any thread may fill and whichever thread comes by empties.

    The owner calls ``put`` while it holds its own lock, so the outbox has the owner's order, and ``deliver`` after it
    has let go of that lock. One thread at a time delivers, the others leave their events to it and go on: every
    listener sees every event once and in order, and may call the owner back without a deadlock. A call from within
    a listener is delivered after that listener returns.
    """

    def __init__(self) -> None:
        self._outbox: deque[tuple[tuple[Callable[[T], None], ...], T]] = deque()
        self._delivering = threading.Lock()
        self.listeners: tuple[Callable[[T], None], ...] = ()

    def add(self, listener: Callable[[T], None]) -> None:
        """Let ``listener`` have what is put from now on. Adding it twice counts once. Owner's lock held."""
        if listener not in self.listeners:
            self.listeners = (*self.listeners, listener)

    def discard(self, listener: Callable[[T], None]) -> bool:
        """Stop calling ``listener``; what was put before may still reach it. False if unknown. Owner's lock held."""
        kept = tuple(known for known in self.listeners if known != listener)
        found = len(kept) < len(self.listeners)
        self.listeners = kept
        return found

    def put(self, event: T, also: tuple[Callable[[T], None], ...] = ()) -> None:
        """Queue ``event`` for the listeners of this moment and for the receivers ``also``. Owner's lock held."""
        self._outbox.append((self.listeners + also, event))

    def put_for(self, receivers: tuple[Callable[[T], None], ...], event: T) -> None:
        """Queue ``event`` for ``receivers`` alone. Owner's lock held."""
        self._outbox.append((receivers, event))

    def deliver(self) -> None:
        """Call the listeners for all that is queued. No lock may be held."""
        while self._outbox and self._delivering.acquire(blocking=False):
            try:
                self._empty()
            finally:
                self._delivering.release()

    def _empty(self) -> None:
        while self._outbox:
            receivers, event = self._outbox.popleft()
            for receiver in receivers:
                try:
                    receiver(event)
                except Exception:
                    log.exception("A listener failed on %s", event)
