"""The desk for asyncio."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

import httpx

from deskbell.client import calls
from deskbell.client.blocking import CONNECT_SECONDS
from deskbell.client.calls import Health
from deskbell.client.conversation import ConnectionLost, Conversation, Exchange, Locate, Pause, Step, Talk
from deskbell.client.history import Reading
from deskbell.client.refusals import Response
from deskbell.client.remote_task import RemoteTask
from deskbell.endpoint import Endpoint
from deskbell.launch import Start, locate_desk
from deskbell.task import NO_DETAILS, Answer, Draft, Option, TaskDetails

T = TypeVar("T")


class AsyncDeskClient:
    """As ``DeskClient``, awaited. Use it within one event loop, as ``async with`` or with ``aclose`` at the end.

    Cancelling ``wait`` leaves the task on the desk.
    """

    def __init__(self, endpoint: Endpoint | None = None, *, start_desktop: bool = True) -> None:
        self._conversation = Conversation(endpoint, start_desktop=start_desktop)
        # The desk is on this machine: a proxy of the environment would only lose the way. It speaks plain HTTP, and
        # with a context that trusts nobody no client reads the certificates of the whole world first.
        trusting_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        limits = httpx.Limits(max_connections=None)
        self._http = httpx.AsyncClient(verify=trusting_nobody, trust_env=False, limits=limits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def locate(self) -> Endpoint:
        """Where the desk is, started if need be."""
        return await self._run(self._conversation.locate())

    async def ask(
        self,
        prompt: str,
        options: Sequence[Option | str] = (),
        *,
        timeout: float | None = None,
        on_timeout: str | None = None,
        details: TaskDetails = NO_DETAILS,
        key: str | None = None,
    ) -> RemoteTask:
        """Put a question on the desk and return once it is kept; ``wait`` for the answer. As ``Desk.ask``."""
        return await self._call(
            calls.ask(prompt, options, timeout=timeout, on_timeout=on_timeout, details=details, key=key)
        )

    async def wait(self, task_id: str, timeout: float | None = None) -> RemoteTask:
        """Wait until a task has ended, at most ``timeout`` seconds; the task as it then is.

        A lost connection is taken up again, as ``DeskClient.wait`` says.
        """
        return await self._run(self._conversation.wait(task_id, timeout))

    async def get(self, task_id: str) -> RemoteTask:
        """One task."""
        return await self._call(calls.get(task_id))

    async def list(self, status: str | None = None) -> list[RemoteTask]:
        """The tasks the desk knows, in order of arrival, all or those of one status."""
        return await self._call(calls.list_tasks(status))

    async def history(
        self,
        text: str = "",
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str = "",
        limit: int | None = None,
    ) -> AsyncIterator[RemoteTask]:
        """The tasks that have ended, the last one first, read from the desk while they are asked for.

        ``text`` are words of the question or the answer, each perhaps only begun; ``source`` is an agent, a project, a
        branch or a session. They ended at ``since`` or later and before ``until``. At most ``limit`` come, or all.
        Files come without their content; ``get`` has it. Raises InvalidQuery.
        """
        reading = Reading(text, since, until, source, limit)
        while (call := reading.next_call()) is not None:
            for task in reading.take(await self._call(call)):
                yield task

    async def answer(self, task_id: str, answer: Answer) -> RemoteTask:
        """Answer a task; the first answer wins."""
        return await self._call(calls.answer(task_id, answer))

    async def cancel(self, task_id: str) -> RemoteTask:
        """End a task without an answer."""
        return await self._call(calls.cancel(task_id))

    async def activate(self, task_id: str) -> RemoteTask:
        """Bring a task forward in the window."""
        return await self._call(calls.act(task_id, "activate"))

    async def hold(self, task_id: str) -> RemoteTask:
        """Stop a countdown until it is released."""
        return await self._call(calls.act(task_id, "hold"))

    async def release(self, task_id: str) -> RemoteTask:
        """Let a countdown go on."""
        return await self._call(calls.act(task_id, "release"))

    async def draft(self, task_id: str, draft: Draft) -> RemoteTask:
        """Keep what a person has typed, ticked or attached so far; an empty draft takes it away."""
        return await self._call(calls.set_draft(task_id, draft))

    async def show(self) -> None:
        """Show the window."""
        await self._call(calls.show())

    async def replace_token(self) -> None:
        """Have the desk make a new token, which it puts into its files, and refuse the old one from then on."""
        await self._call(calls.replace_token())

    async def health(self) -> Health:
        """The desk's version, if it is alive. Starts nothing."""
        return await self._run(self._conversation.call(calls.health(), start=Start.NEVER))

    async def _call(self, call: calls.Call[T]) -> T:
        return await self._run(self._conversation.call(call))

    async def _run(self, talk: Talk[T]) -> T:
        """Perform a talk's steps until it is over."""
        try:
            step = next(talk)
            while True:
                try:
                    outcome = await self._perform(step)
                except Exception as error:  # noqa: BLE001,RUF100 - the talk decides what to do about it
                    step = talk.throw(error)
                else:
                    step = talk.send(outcome)
        except StopIteration as over:
            result: T = over.value
            return result

    async def _perform(self, step: Step) -> Any:
        match step:
            case Exchange(endpoint, request):
                return await self._exchange(endpoint, request)
            case Locate(start, refused):
                return await asyncio.to_thread(locate_desk, start, refused)
            case Pause(seconds):
                return await asyncio.sleep(seconds)

    async def _exchange(self, endpoint: Endpoint, request: calls.Request) -> Response:
        try:
            response = await self._http.request(
                request.method,
                endpoint.url + request.path,
                content=request.body,
                headers=request.headers(endpoint.token),
                timeout=httpx.Timeout(request.read_seconds, connect=CONNECT_SECONDS),
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise ConnectionLost(str(error), sent=False) from error
        except httpx.TransportError as error:
            raise ConnectionLost(str(error) or type(error).__name__, sent=True) from error
        return Response(response.status_code, response.content)
