"""The listener's ASGI application, put together."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from deskbell.errors import DeskClosed
from deskbell.http.guard import Guard, unauthorized
from deskbell.http.mcp_mount import McpMount
from deskbell.http.presence import ClientLeft, SentAway
from deskbell.http.problems import MEDIA_TYPE, Problem, problem_for
from deskbell.http.routes import Routes, build_router
from deskbell.http.waiting_room import WaitingRoom

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from deskbell.desk import Desk
    from deskbell.http.access import Access
    from deskbell.http.feed import Feed


def build_app(desk: Desk, feed: Feed, access: Access, *, port: int, heartbeat: float) -> ASGIApp:
    """The guard around the routes, and around both what turns errors into problems."""
    room = WaitingRoom(lambda: desk.settings.listener.max_waiters)
    router = build_router(Routes(desk, feed, access, room, heartbeat=heartbeat), McpMount(desk, room))
    guard = Guard(
        ErrorBoundary(router), access=access, port=port, origins=lambda: desk.settings.listener.allowed_origins
    )
    return ErrorBoundary(guard)


class ErrorBoundary:
    """Answers every exception with a problem document. A request that is cancelled learns that the desk closes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application behind the boundary."""
        exchange = _Exchange(receive, send)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except (ClientLeft, ClientDisconnect):
            return
        except SentAway:
            await exchange.refuse(unauthorized())
        except asyncio.CancelledError:
            await exchange.refuse(problem_for(DeskClosed()), drain=False)
        except Exception as error:
            await exchange.refuse(problem_for(error))


class _Exchange:
    """One request and its response, as far as they have got."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._body_ended = False
        self._started = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._body_ended = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        self._started = True
        await self._send(message)

    async def refuse(self, problem: Problem, *, drain: bool = True) -> None:
        if self._started:
            raise problem
        body = problem.to_json()
        fields = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **problem.headers}
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in fields.items()]
        await self.send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": True})
        if drain:
            await self._drain()
        await self.send({"type": "http.response.body", "body": b""})

    async def _drain(self) -> None:
        """Let the client finish sending: closing on it would take the answer away before it is read."""
        with contextlib.suppress(Problem):
            while not self._body_ended:
                await self.receive()
