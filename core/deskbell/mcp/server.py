"""The MCP server: the tools over the desk, spoken by the official SDK over streamable HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from sse_starlette import sse
from starlette.requests import Request

from deskbell import __version__
from deskbell.errors import DeskbellError, DeskClosed, InvalidQuestion, TaskFinished
from deskbell.mcp.caller import GONE, Caller, read_caller
from deskbell.mcp.forms import read_form
from deskbell.mcp.permission import asks_for_permission
from deskbell.mcp.questions import Outcome, Question, Questions
from deskbell.mcp.replies import CLOSING, feedback_of, refusal_of, result_of
from deskbell.mcp.tool_arguments import (
    AskHuman,
    CancelQuestion,
    InteractiveFeedback,
    NotifyHuman,
    WaitForAnswer,
    one_line,
    read_arguments,
    read_options,
)
from deskbell.mcp.tools import INSTRUCTIONS, LEAST_TIMEOUT_SECONDS, TOOLS
from deskbell.task import MAX_TIMEOUT, Option, TaskDetails, TaskKind

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from starlette.types import Receive, Scope, Send

    from deskbell.desk import Desk

Arguments = dict[str, Any] | None
Tool = Callable[[Arguments, Caller], Awaitable[types.CallToolResult]]

SESSION_SECONDS: Final = 24 * 3600.0
"""How long a session without a request is kept. Clients that are told that theirs is gone seldom make a new one."""

_SEEN: Final = Option("OK")
_SCHEMAS: Final = {tool.name: tool.input_schema for tool in TOOLS}


class McpServer:
    """Serves the desk's tools as an ASGI application. It lives on one event loop.

    ``run`` must be under way while requests are served; cancelling it ends all sessions.
    """

    def __init__(self, desk: Desk, *, max_body_bytes: int) -> None:
        tools = DeskTools(desk)
        self._manager = StreamableHTTPSessionManager(
            Server(
                "deskbell",
                version=__version__,
                title="Deskbell",
                instructions=INSTRUCTIONS,
                get_tool_input_schema=_SCHEMAS.get,
                on_list_tools=_list_tools,
                on_call_tool=tools.call,
            ),
            max_request_body_size=max_body_bytes,
            session_idle_timeout=SESSION_SECONDS,
        )

    async def run(self, started: asyncio.Event) -> None:
        """Keep what the sessions need until this is cancelled; ``started`` is set when requests may come."""
        # Clients that leave are errors to the one and listeners that stop are warnings to the other, but not to us.
        logging.getLogger("mcp.server.streamable_http").setLevel(logging.CRITICAL)
        logging.getLogger("mcp.shared.jsonrpc_dispatcher").setLevel(logging.ERROR)
        logging.getLogger("mcp.server.runner").setLevel(logging.ERROR)  # what clients got wrong, they are told
        # Otherwise that library looks twice a second, for good, whether uvicorn ends. The listener ends its requests.
        sse._get_shutdown_state().watcher_started = True  # noqa: SLF001 - there is no other way to say so
        async with self._manager.run():
            started.set()
            await asyncio.Event().wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope[GONE] = gone = asyncio.Event()

        async def watched() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect":
                gone.set()
            return message

        await self._manager.asgi_app(scope, watched, send)


class DeskTools:
    """The tools, named as clients call them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._questions = Questions(desk)
        self._tools: dict[str, Tool] = {
            "ask_human": self.ask_human,
            "wait_for_answer": self.wait_for_answer,
            "cancel_question": self.cancel_question,
            "notify_human": self.notify_human,
            "interactive_feedback": self.interactive_feedback,
        }

    async def call(
        self, context: ServerRequestContext[Any, Request], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Call a tool. What the caller can mend comes back as a result that says so."""
        tool = self._tools.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name[:100]}")
        try:
            return await tool(params.arguments, _caller(context))
        except DeskClosed as closed:
            raise MCPError(types.INTERNAL_ERROR, str(closed), {CLOSING: True}) from closed
        except DeskbellError as error:
            return refusal_of(str(error))

    async def ask_human(self, given: Arguments, caller: Caller) -> types.CallToolResult:
        """Ask a question."""
        arguments = read_arguments(AskHuman, given)
        form = None if arguments.form is None else read_form(arguments.form)
        options = tuple(read_options(arguments.options) or (form.options() if form else ()))
        prompt = _said("question", arguments.question)
        question = Question(
            prompt if form is None else f"{prompt.rstrip()}\n\n{form.describe()}",
            options,
            TaskDetails(
                title=one_line(arguments.title),
                source=caller.source,
                kind=_kind(prompt, options),
                multiple=arguments.multiple or (form is not None and bool(form.options()) and form.is_multiple),
            ),
            _within_reach(arguments.timeout_s),
            form=form,
        )
        return self._result(await self._questions.ask(question, caller, caller.wait_for(arguments.wait_s)))

    async def wait_for_answer(self, given: Arguments, caller: Caller) -> types.CallToolResult:
        """Go on waiting."""
        arguments = read_arguments(WaitForAnswer, given)
        seconds = caller.wait_for(arguments.wait_s)
        return self._result(await self._questions.wait(arguments.task_id, caller, seconds))

    async def cancel_question(self, given: Arguments, _caller: Caller) -> types.CallToolResult:
        """Take a question back; one that has an answer keeps it."""
        arguments = read_arguments(CancelQuestion, given)
        try:
            return self._result(await self._questions.cancel(arguments.task_id))
        except TaskFinished as finished:
            return self._result(Outcome(finished.task))

    async def notify_human(self, given: Arguments, caller: Caller) -> types.CallToolResult:
        """Show a message and wait for nothing."""
        message = _said("message", read_arguments(NotifyHuman, given).message)
        details = TaskDetails(source=caller.source, allow_text=False)
        question = Question(message, (_SEEN,), details, on_timeout="expire")
        outcome = await self._questions.ask(question, caller, 0)
        return types.CallToolResult(
            content=[types.TextContent(text="The message is on the desk.")],
            structured_content={"status": "shown", "task_id": outcome.task.task_id},
        )

    async def interactive_feedback(self, given: Arguments, caller: Caller) -> types.CallToolResult:
        """Ask a question as other feedback servers do."""
        arguments = read_arguments(InteractiveFeedback, given)
        prompt = _said("message", arguments.text)
        choices = arguments.predefined_options if arguments.predefined_options is not None else arguments.options
        options = read_options(choices, arguments.predefined_options_defaults)
        is_yes_or_no = (arguments.question_type or "").strip().lower() == "yesno"
        if is_yes_or_no and not options:
            options = [Option("Yes"), Option("No")]
        project = caller.source.project or one_line(_folder_name(arguments.project_directory or ""))
        question = Question(
            prompt,
            tuple(options),
            TaskDetails(
                title=one_line(arguments.header_label),
                source=replace(caller.source, project=project),
                kind=_kind(prompt, options),
                multiple=bool(options) and not is_yes_or_no,
                placeholder=one_line(arguments.feedback_placeholder),
            ),
        )
        outcome = await self._questions.ask(question, caller, caller.wait_for(None))
        return feedback_of(outcome.task, timeout_text=self._timeout_text, closing=outcome.closing)

    def _result(self, outcome: Outcome) -> types.CallToolResult:
        return result_of(outcome.task, form=outcome.form, timeout_text=self._timeout_text, closing=outcome.closing)

    @property
    def _timeout_text(self) -> str:
        return self._desk.settings.countdown.timeout_text


async def _list_tools(
    _context: ServerRequestContext[Any, Any], _params: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    return types.ListToolsResult(tools=list(TOOLS))


def _caller(context: ServerRequestContext[Any, Request]) -> Caller:
    request = context.request
    if request is None:
        raise MCPError(types.INTERNAL_ERROR, "The call came without a request.")
    params = context.session.client_params
    client = params.client_info if params else types.Implementation(name="", version="")

    async def report(seconds: float, message: str) -> None:
        await context.session.report_progress(seconds, None, message)

    wants_progress = (context.meta or {}).get("progress_token") is not None
    return read_caller(
        request.headers, client.name, client.title or "", request.scope[GONE], report if wants_progress else None
    )


def _said(name: str, text: str) -> str:
    if not text.strip():
        raise InvalidQuestion(name, f"{name!r} is empty. Say what the person is to read.")
    return text


def _kind(prompt: str, options: list[Option] | tuple[Option, ...]) -> TaskKind:
    return TaskKind.PERMISSION if asks_for_permission(prompt, options) else TaskKind.QUESTION


def _within_reach(timeout: float | None) -> float | None:
    """A countdown that a person can meet: 0 stays none, and everything else is brought within bounds."""
    if timeout is None or timeout != timeout:  # noqa: PLR0124 - NaN
        return None
    return 0.0 if timeout == 0 else min(max(timeout, LEAST_TIMEOUT_SECONDS), MAX_TIMEOUT)


def _folder_name(path: str) -> str:
    """The last part of a path of any system."""
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
