"""A desk, the SDK's own client at it, and a person who answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import CallToolResult, Implementation

from deskbell.desk import Desk
from deskbell.http.server import Listener
from deskbell.journal import Journal
from deskbell.task import Answer, Task
from mcp import Client

logging.getLogger("mcp.client").setLevel(logging.CRITICAL)  # it complains of ends that tests bring about

PATIENCE = 20.0
MODES = ("legacy", "2026-07-28")
"""How the SDK's client connects: with a handshake and a session, or without either."""


@dataclass
class McpDesk:
    """A desk with a listener, and clients that were let in."""

    desk: Desk
    listener: Listener
    answered: list[str] = field(default_factory=list)

    token: ClassVar[str] = "the-right-token"

    @contextlib.asynccontextmanager
    async def client(self, mode: str = "legacy", name: str = "test-agent", **headers: str) -> AsyncIterator[Client]:
        """An MCP client over HTTP."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with create_mcp_http_client(headers={"Authorization": f"Bearer {self.token}", **named}) as http:
            transport = streamable_http_client(f"{self.listener.url}/mcp", http_client=http)
            async with Client(transport, mode=mode, client_info=Implementation(name=name, version="1")) as client:
                yield client

    async def question(self) -> Task:
        """The open question that nobody has answered yet."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for task in self.desk.open_tasks():
                    if task.task_id not in self.answered:
                        return task
                await asyncio.sleep(0.005)

    async def answer(self, *options: str, text: str = "", **parts: Any) -> Task:
        """Answer the next question as a person would."""
        task = await self.question()
        self.answered.append(task.task_id)
        return await asyncio.wrap_future(self.desk.answer(task.task_id, Answer(options, text, **parts)))

    async def call_and_answer(
        self, client: Client, tool: str, arguments: dict[str, Any], *options: str, text: str = "", **parts: Any
    ) -> CallToolResult:
        """Call a tool, answer the question that comes up, and give the result."""
        call = asyncio.ensure_future(client.call_tool(tool, arguments))
        await self.answer(*options, text=text, **parts)
        return await call

    async def waiting(self, count: int) -> None:
        """Return when so many clients wait for an answer."""
        async with asyncio.timeout(PATIENCE):
            while sum(map(len, self.desk._queue._waiters.values())) != count:  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.005)


@contextlib.contextmanager
def open_desk(folder: Path | None = None, port: int = 0) -> Iterator[McpDesk]:
    """A desk that listens, with a journal if there is a ``folder`` for it."""
    desk = Desk()
    if folder is not None:
        desk.open_journal(Journal(folder))
    listener = Listener(desk, McpDesk.token, port=port, keep_token=lambda _token: None)
    listener.start()
    try:
        yield McpDesk(desk, listener)
    finally:
        desk.close()
        listener.stop()


@pytest.fixture
def mcp_desk() -> Iterator[McpDesk]:
    with open_desk() as desk:
        yield desk


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine to its end, and no longer than patience lasts."""

    async def patiently() -> None:
        async with asyncio.timeout(2 * PATIENCE):
            await work

    asyncio.run(patiently())
