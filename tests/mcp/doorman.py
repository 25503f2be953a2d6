"""Lets clients in that cannot show a token: passes their connections on to the listener with one added."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Self


class Doorman:
    """Stands on a port of its own as a context manager. Everything but the token and its own port's number stays."""

    def __init__(self, port: int, token: str) -> None:
        self.port = 0
        self._behind = port
        self._token = token
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._stop = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _pass_on(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        listener, requests = await asyncio.open_connection("127.0.0.1", self._behind)
        try:
            head = await client.readuntil(b"\r\n\r\n")
            requests.write(self._let_in(head))
            await asyncio.wait(
                [asyncio.ensure_future(_copy(client, requests)), asyncio.ensure_future(_copy(listener, answers))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it has left
        finally:
            answers.close()
            requests.close()

    def _let_in(self, head: bytes) -> bytes:
        """The head with a token, for one request: the next one comes on a connection of its own."""
        lines = [line for line in head.split(b"\r\n")[:-2] if not line.lower().startswith(b"connection:")]
        own, behind = b":%d" % self.port, b":%d" % self._behind
        lines = [line.replace(own, behind) if line.lower().startswith(b"host:") else line for line in lines]
        return b"\r\n".join([*lines, f"Authorization: Bearer {self._token}".encode(), b"Connection: close", b"", b""])


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):  # it has left
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
