"""Working for a client only as long as it is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.types import Receive

T = TypeVar("T")


class ClientLeft(Exception):
    """The client closed its connection; nobody reads an answer."""


class SentAway(Exception):
    """The client's seat was taken away: what it came with is good no more."""


async def while_connected(receive: Receive, work: Coroutine[Any, Any, T], seat: asyncio.Future[None]) -> T:
    """Do ``work``, but stop and raise ClientLeft when the client disconnects, SentAway when its seat is taken away.

    The request's body is read already.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_departure(receive))
    try:
        await asyncio.wait((working, leaving, seat), return_when=asyncio.FIRST_COMPLETED)
        if seat.done():
            raise SentAway
        if working.done():
            return working.result()
        raise ClientLeft
    finally:
        leaving.cancel()
        working.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
