"""What each call does: parse, call the desk, serialise."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from deskbell import __version__
from deskbell.errors import TaskFinished, TaskNotFound
from deskbell.http.allowances import Allowances
from deskbell.http.conversion import answer_of, details_of, draft_of, option_of, task_out
from deskbell.http.guard import TOKEN
from deskbell.http.history import cursor_of, query_of
from deskbell.http.mcp_mount import PATH as MCP_PATH
from deskbell.http.operations import OPERATIONS, Operation
from deskbell.http.outcomes import Outcomes
from deskbell.http.presence import while_connected
from deskbell.http.problems import Problem
from deskbell.http.query import check_status, parse_query, wait_seconds
from deskbell.http.schemas import AnswerIn, Health, HistoryPage, QuestionIn, TaskList
from deskbell.http.stream import EventStream
from deskbell.http.strict_json import decode

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from deskbell.desk import Desk
    from deskbell.http.access import Access
    from deskbell.http.feed import Feed
    from deskbell.http.waiting_room import WaitingRoom
    from deskbell.task import Task

Handler = Callable[[Request, dict[str, str]], Awaitable["ASGIApp"]]

_TASK_ID: Final = re.compile(r"[0-9a-z]{12}", re.ASCII)
_QUESTIONS: Final = msgspec.json.Decoder(QuestionIn)
_ANSWERS: Final = msgspec.json.Decoder(AnswerIn)


class Routes:
    """The handlers, named after the operations."""

    def __init__(self, desk: Desk, feed: Feed, access: Access, room: WaitingRoom, *, heartbeat: float) -> None:
        self._desk = desk
        self._feed = feed
        self._access = access
        self._heartbeat = heartbeat
        self._outcomes = Outcomes()
        self._allowances = Allowances()
        self._room = room
        self._description: bytes | None = None

    async def ask(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """201 for a new task, 200 for the one that a key stands for."""
        question = decode(await request.body(), _QUESTIONS)
        self._allowances.take(question.source, self._desk.settings.listener)
        asked = self._desk.ask(
            question.prompt,
            [option_of(choice) for choice in question.options],
            timeout=question.timeout,
            on_timeout=question.on_timeout,
            details=details_of(question),
            key=question.key,
        )
        await self._outcomes.of(asked.kept)
        location = {"location": f"/v1/tasks/{asked.task.task_id}"}
        return _json(task_out(asked.task), 201 if asked.created else 200, location)

    async def list_tasks(self, _request: Request, query: dict[str, str]) -> ASGIApp:
        """All tasks, or those of one status."""
        tasks = self._desk.tasks(check_status(query.get("status")))
        return _json(TaskList([task_out(task, with_data=False) for task in tasks]))

    async def get_task(self, request: Request, query: dict[str, str]) -> ASGIApp:
        """One task; with ``wait`` as soon as it has ended."""
        task_id, seconds = _task_id(request), wait_seconds(query.get("wait", "0"))
        try:
            task = self._desk.task(task_id)
            if seconds and task.is_open:
                with self._room.seat(request.scope[TOKEN]) as seat:
                    task = await while_connected(request.receive, self._desk.wait_async(task_id, seconds), seat)
        except TaskNotFound:
            task = await self.recall(task_id)
        return _task(task)

    async def recall(self, task_id: str) -> Task:
        """A task that ended so long ago that only the journal knows it. Raises TaskNotFound."""
        task = await asyncio.to_thread(self._desk.recall, task_id)
        if task.is_open:  # it was never acknowledged
            raise TaskNotFound(task_id)
        return task

    async def answer(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """Hand in an answer."""
        answer = answer_of(await _answer_in(request))
        return _task(await self._outcomes.of(self._desk.answer(_task_id(request), answer)))

    async def activate(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """Bring a task forward."""
        await _no_body(request)
        return _task(self._desk.activate(_task_id(request)))

    async def hold(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """Stop a countdown."""
        await _no_body(request)
        return _task(self._desk.hold(_task_id(request)))

    async def release(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """Let a countdown go on."""
        await _no_body(request)
        return _task(self._desk.release(_task_id(request)))

    async def set_draft(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """Keep a draft; an empty one takes it away."""
        return _task(self._desk.set_draft(_task_id(request), draft_of(await _answer_in(request))))

    async def cancel(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """End a task without an answer."""
        await _no_body(request)
        return _task(await self._outcomes.of(self._desk.cancel(_task_id(request))))

    async def search_history(self, _request: Request, query: dict[str, str]) -> ASGIApp:
        """A page of what has ended."""
        wanted = query_of(query)
        page = await asyncio.to_thread(self._desk.search, wanted)
        tasks = [task_out(task, with_data=False) for task in page.tasks]
        return _json(HistoryPage(tasks, cursor_of(page, wanted)))

    async def follow_events(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """Events as they happen."""
        last = request.headers.get("last-event-id", "")
        return EventStream(self._feed, self._room, last, heartbeat=self._heartbeat)

    async def show(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """Ask the window to show itself."""
        await _no_body(request)
        self._desk.summon()
        return Response(status_code=204)

    async def replace_token(self, request: Request, _query: dict[str, str]) -> ASGIApp:
        """Make a new token; whoever waits with the old one is sent away, and finds the new one where it is kept."""
        await _no_body(request)
        await self._access.replace(request.scope[TOKEN])
        self._room.clear(may_stay=self._access.is_in_force)
        return Response(status_code=204)

    async def health(self, _request: Request, _query: dict[str, str]) -> ASGIApp:
        """Say that the desk is alive."""
        return _json(Health("ok", __version__))

    async def describe(self, _request: Request, _query: dict[str, str]) -> ASGIApp:
        """The OpenAPI document, made when somebody asks for it."""
        if self._description is None:
            from deskbell.http.openapi import document  # noqa: PLC0415 - few ask for it

            self._description = msgspec.json.encode(document())
        return Response(self._description, media_type="application/json")


class Resource:
    """Everything that can be done at one path, as an ASGI application."""

    def __init__(self, operations: Iterable[Operation], handlers: Routes) -> None:
        self._recall = handlers.recall
        self._calls: dict[str, tuple[Handler, frozenset[str]]] = {
            operation.method: (getattr(handlers, operation.name), operation.query) for operation in operations
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the method's handler and send what it gives."""
        call = self._calls.get(scope["method"])
        if call is None:
            allowed = ", ".join(sorted(self._calls))
            raise Problem(405, f"This address takes {allowed}.", headers={"Allow": allowed})
        handler, known = call
        request = Request(scope, receive, send)
        try:
            response = await handler(request, parse_query(scope["query_string"], known))
        except TaskNotFound as unknown:
            raise TaskFinished(await self._recall(unknown.task_id)) from None
        await response(scope, receive, send)


def build_router(handlers: Routes, mcp: ASGIApp) -> Router:
    """A router over all operations, with ``mcp`` beside them."""
    by_path = sorted(OPERATIONS, key=_path)
    return Router(
        [Route(path, Resource(operations, handlers)) for path, operations in groupby(by_path, _path)]
        + [Route(MCP_PATH, mcp)],
        redirect_slashes=False,
        default=_nothing_here,
    )


async def _nothing_here(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise Problem(404, f"There is nothing at {scope['path']!r}. /openapi.json lists what there is.")


def _path(operation: Operation) -> str:
    return operation.path


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def _task(task: Task) -> Response:
    return _json(task_out(task))


def _task_id(request: Request) -> str:
    task_id: str = request.path_params["task_id"]
    if not _TASK_ID.fullmatch(task_id):
        raise Problem(404, str(TaskNotFound(task_id)))
    return task_id


async def _answer_in(request: Request) -> AnswerIn:
    return decode(await request.body(), _ANSWERS)


async def _no_body(request: Request) -> None:
    if (await request.body()).strip() not in {b"", b"{}"}:
        raise Problem(422, "This call takes no body. Leave it out.")
