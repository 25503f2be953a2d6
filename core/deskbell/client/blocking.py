"""The desk for threads."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from deskbell.client import calls
from deskbell.client.calls import Health
from deskbell.client.conversation import ConnectionLost, Conversation, Exchange, Locate, Pause, Step, Talk
from deskbell.client.history import Reading
from deskbell.client.refusals import Response
from deskbell.client.remote_task import RemoteTask
from deskbell.endpoint import Endpoint
from deskbell.launch import Start, locate_desk
from deskbell.task import NO_DETAILS, Answer, Draft, Option, TaskDetails

T = TypeVar("T")

CONNECT_SECONDS: Final = 5.0


class DeskClient:
    """Asks and answers over HTTP, one connection per request. Any thread may use it; there is nothing to close.

    Without an ``endpoint`` it finds the running desk, again after that has moved, and starts the desktop app if it is
    installed and not running, unless ``start_desktop`` is False. Every method raises DeskUnreachable when there is no
    desk, EndpointUntrusted when its files or token cannot be trusted, and what the desk's own method would raise.
    """

    def __init__(self, endpoint: Endpoint | None = None, *, start_desktop: bool = True) -> None:
        self._conversation = Conversation(endpoint, start_desktop=start_desktop)

    def locate(self) -> Endpoint:
        """Where the desk is, started if need be."""
        return self._run(self._conversation.locate())

    def ask(
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
        return self._call(calls.ask(prompt, options, timeout=timeout, on_timeout=on_timeout, details=details, key=key))

    def wait(self, task_id: str, timeout: float | None = None) -> RemoteTask:
        """Block until a task has ended, at most ``timeout`` seconds; the task as it then is.

        A lost connection is taken up again, with a desk that was started anew as well; after a crash the desktop app
        is started as for any call. DeskUnreachable is raised only when the desk stays away: the question is kept, and
        waiting for it later goes on.
        """
        return self._run(self._conversation.wait(task_id, timeout))

    def get(self, task_id: str) -> RemoteTask:
        """One task."""
        return self._call(calls.get(task_id))

    def list(self, status: str | None = None) -> list[RemoteTask]:
        """The tasks the desk knows, in order of arrival, all or those of one status."""
        return self._call(calls.list_tasks(status))

    def history(
        self,
        text: str = "",
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        source: str = "",
        limit: int | None = None,
    ) -> Iterator[RemoteTask]:
        """The tasks that have ended, the last one first, read from the desk while they are asked for.

        ``text`` are words of the question or the answer, each perhaps only begun; ``source`` is an agent, a project, a
        branch or a session. They ended at ``since`` or later and before ``until``. At most ``limit`` come, or all.
        Files come without their content; ``get`` has it. Raises InvalidQuery.
        """
        reading = Reading(text, since, until, source, limit)
        while (call := reading.next_call()) is not None:
            yield from reading.take(self._call(call))

    def answer(self, task_id: str, answer: Answer) -> RemoteTask:
        """Answer a task; the first answer wins."""
        return self._call(calls.answer(task_id, answer))

    def cancel(self, task_id: str) -> RemoteTask:
        """End a task without an answer."""
        return self._call(calls.cancel(task_id))

    def activate(self, task_id: str) -> RemoteTask:
        """Bring a task forward in the window."""
        return self._call(calls.act(task_id, "activate"))

    def hold(self, task_id: str) -> RemoteTask:
        """Stop a countdown until it is released."""
        return self._call(calls.act(task_id, "hold"))

    def release(self, task_id: str) -> RemoteTask:
        """Let a countdown go on."""
        return self._call(calls.act(task_id, "release"))

    def draft(self, task_id: str, draft: Draft) -> RemoteTask:
        """Keep what a person has typed, ticked or attached so far; an empty draft takes it away."""
        return self._call(calls.set_draft(task_id, draft))

    def show(self) -> None:
        """Show the window."""
        self._call(calls.show())

    def replace_token(self) -> None:
        """Have the desk make a new token, which it puts into its files, and refuse the old one from then on."""
        self._call(calls.replace_token())

    def health(self) -> Health:
        """The desk's version, if it is alive. Starts nothing."""
        return self._run(self._conversation.call(calls.health(), start=Start.NEVER))

    def _call(self, call: calls.Call[T]) -> T:
        return self._run(self._conversation.call(call))

    def _run(self, talk: Talk[T]) -> T:
        """Perform a talk's steps until it is over."""
        try:
            step = next(talk)
            while True:
                try:
                    outcome = _perform(step)
                except Exception as error:  # noqa: BLE001,RUF100 - the talk decides what to do about it
                    step = talk.throw(error)
                else:
                    step = talk.send(outcome)
        except StopIteration as over:
            result: T = over.value
            return result


def _perform(step: Step) -> Any:
    match step:
        case Exchange(endpoint, request):
            return _exchange(endpoint, request)
        case Locate(start, refused):
            return locate_desk(start, refused)
        case Pause(seconds):
            return time.sleep(seconds)


def _exchange(endpoint: Endpoint, request: calls.Request) -> Response:
    headers = {**request.headers(endpoint.token), "Connection": "close"}
    sent = False
    try:
        with closing(http.client.HTTPConnection(urlsplit(endpoint.url).netloc, timeout=CONNECT_SECONDS)) as connection:
            connection.connect()
            sent = True
            connection.sock.settimeout(request.read_seconds)
            connection.request(request.method, request.path, request.body, headers)
            response = connection.getresponse()
            return Response(response.status, response.read())
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise ConnectionLost(_reason(error), sent=sent) from error


def _reason(error: Exception) -> str:
    """What the system says, without its number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
