"""Awaiting what other threads bring about."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


class Outcomes:
    """Brings the results of futures to one event loop, with one wake-up for all that are done by then.

    A future stays as it is when whoever awaits it is cancelled: others may wait for the same.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._landed: list[asyncio.Future[None]] = []

    async def of(self, future: Future[T]) -> T:
        """The future's result, or its exception."""
        if not future.done():
            loop = asyncio.get_running_loop()
            landed: asyncio.Future[None] = loop.create_future()
            future.add_done_callback(partial(self._on_done, loop, landed))
            await landed
        return future.result()

    def _on_done(self, loop: asyncio.AbstractEventLoop, landed: asyncio.Future[None], _future: Future[T]) -> None:
        with self._lock:
            self._landed.append(landed)
            is_first = len(self._landed) == 1
        if is_first:
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(self._land)

    def _land(self) -> None:
        with self._lock:
            arrived, self._landed = self._landed, []
        for landed in arrived:
            if not landed.done():
                landed.set_result(None)
