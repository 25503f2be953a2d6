"""A uvicorn server that sleeps when nobody calls."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import uvicorn

from deskbell.http.protocol import ListenerProtocol

if TYPE_CHECKING:
    import socket

    from starlette.types import ASGIApp

KEEP_ALIVE_SECONDS: Final = 30  # longer than clients keep idle connections, so that they never meet a closing one
_LAST_WORDS_SECONDS: Final = 0.1
_FAREWELL_SECONDS: Final = 1.0
_ACCEPT_TURNS: Final = 3  # of the event loop: accepting a connection, making its transport, telling its protocol


class SleepingServer(uvicorn.Server):
    """Waits for the word to stop instead of looking for it ten times a second, and ends open requests at once."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http=ListenerProtocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="critical",  # the application logs its own errors
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
            )
        )
        self._exit = asyncio.Event()

    def request_exit(self) -> None:
        """End ``main_loop``; call it on the server's loop."""
        self.should_exit = True
        self._exit.set()

    async def main_loop(self) -> None:
        """Sleep until ``request_exit``."""
        await self.on_tick(0)
        if not self.should_exit:
            await self._exit.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the door, tell whoever still waits that the desk closes, and hang up."""
        await self._close_door()
        for listening in sockets or ():
            listening.close()
        for connection in tuple(self.server_state.connections):
            connection.shutdown()
        requests = set(self.server_state.tasks)
        if requests:  # those whose task has ended a moment ago are about to say so
            _, requests = await asyncio.wait(requests, timeout=_LAST_WORDS_SECONDS)
        for request in requests:
            request.cancel()
        if requests:
            await asyncio.wait(requests, timeout=_FAREWELL_SECONDS)
        await self._hang_up()

    async def _close_door(self) -> None:
        """Accept nobody any more. Whoever is on the doorstep comes in first: asyncio would never hang up on them."""
        loop = asyncio.get_running_loop()
        for server in self.servers:
            for listening in server.sockets:
                with contextlib.suppress(NotImplementedError):  # on Windows, where accepting is a single step
                    loop.remove_reader(listening)
        for _ in range(_ACCEPT_TURNS):
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()

    async def _hang_up(self) -> None:
        await asyncio.sleep(0)  # lets transports that are closed already say so
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
