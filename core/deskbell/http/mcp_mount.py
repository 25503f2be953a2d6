"""MCP at ``/mcp``: nothing of it is loaded or runs before the first request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import anyio

from deskbell.http.guard import MAX_BODY_BYTES, TOKEN
from deskbell.http.presence import SentAway
from deskbell.http.problems import Problem

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from deskbell.desk import Desk
    from deskbell.http.waiting_room import WaitingRoom
    from deskbell.mcp.server import McpServer

PATH: Final = "/mcp"

_SESSION_ENDED: Final = "This session has ended. Begin another one with 'initialize'."
_NOT_INSTALLED: Final = "MCP is not installed here. Install it: pip install 'deskbell[desktop]'"


class McpMount:
    """An ASGI application that makes the MCP server when it is first called, and ends with its event loop.

    Each request takes a seat in the waiting room, so that a client whose token is replaced is sent away.
    """

    def __init__(self, desk: Desk, room: WaitingRoom) -> None:
        self._desk = desk
        self._room = room
        self._starting: asyncio.Future[McpServer] | None = None
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one request on."""
        with self._room.seat(scope[TOKEN]) as seat:
            server = await self._server()
            response = _Response(send)
            try:
                await _unless_sent_away(server, scope, receive, response, seat)
            except (SentAway, asyncio.CancelledError):  # the token was replaced, or the listener stops
                if not response.has_started:
                    raise
                await response({"type": "http.response.body", "body": b""})
            except (anyio.ClosedResourceError, anyio.BrokenResourceError) as ended:  # its session, while it was read
                if not response.has_started:
                    raise Problem(404, _SESSION_ENDED) from ended

    async def _server(self) -> McpServer:
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        try:
            return await asyncio.shield(self._starting)
        except ImportError as error:
            raise Problem(501, _NOT_INSTALLED) from error

    async def _start(self) -> McpServer:
        make = await asyncio.to_thread(_load)  # it takes half a second, and others want to be served meanwhile
        server = make(self._desk, max_body_bytes=MAX_BODY_BYTES)
        started = asyncio.Event()
        self._running = asyncio.create_task(server.run(started), name="McpServer")
        await started.wait()
        return server


class _Response:
    """Passes a response on, and knows how far it has got.

    What comes after its end is dropped: the SDK answers a second time when a session ends between a notification and
    its being read.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_started = False
        self.is_complete = False

    async def __call__(self, message: Message) -> None:
        if self.is_complete:
            return
        self.has_started = True
        self.is_complete = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)


def _load() -> type[McpServer]:
    from deskbell.mcp.server import McpServer  # noqa: PLC0415 - whoever never asks for it does without the SDK

    return McpServer


async def _unless_sent_away(
    server: McpServer, scope: Scope, receive: Receive, send: Send, seat: asyncio.Future[None]
) -> None:
    working = asyncio.ensure_future(server(scope, receive, send))
    try:
        await asyncio.wait((working, seat), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise SentAway
        working.result()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
