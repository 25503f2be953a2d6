"""The clients that are kept waiting, by long polls and event streams together: so many, and no more."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from deskbell.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RETRY_SECONDS: Final = 5

_FULL: Final = "{limit} clients are waiting already. Come back when one has left, or raise listener.max_waiters."


class WaitingRoom:
    """Hands out seats. It lives on one event loop. ``limit`` is asked whenever somebody comes."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._seats: dict[asyncio.Future[None], bytes] = {}

    @contextlib.contextmanager
    def seat(self, token: bytes) -> Iterator[asyncio.Future[None]]:
        """A seat for whoever came with ``token``; its result comes when it is taken away. Raises Problem (429)."""
        limit = self._limit()
        if len(self._seats) >= limit:
            raise Problem(429, _FULL.format(limit=limit), headers={"Retry-After": str(RETRY_SECONDS)})
        seat = asyncio.get_running_loop().create_future()
        self._seats[seat] = token
        try:
            yield seat
        finally:
            del self._seats[seat]

    def clear(self, may_stay: Callable[[bytes], bool]) -> None:
        """Take the seats of all whose token may not stay."""
        for seat, token in self._seats.items():
            if not seat.done() and not may_stay(token):
                seat.set_result(None)
