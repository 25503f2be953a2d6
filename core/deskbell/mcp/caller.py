"""Who calls a tool, as far as the handshake and the headers of the request tell."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from deskbell.errors import InvalidQuestion
from deskbell.mcp.tool_arguments import one_line
from deskbell.mcp.tools import DEFAULT_WAIT_SECONDS, MAX_WAIT_SECONDS
from deskbell.task import Source

if TYPE_CHECKING:
    from starlette.datastructures import Headers

SOURCE_HEADER: Final = "deskbell-source"
"""JSON ``{"agent", "project", "branch", "session", "pid"}``, all optional: what the window shows."""

WAIT_HEADER: Final = "deskbell-wait"
"""Seconds that a call waits when it does not say itself."""

CALL_HEADER: Final = "deskbell-call"
"""A name that a call keeps when it is sent again, however the first try ended."""

WAITED_HEADER: Final = "deskbell-waited"
"""Seconds that earlier tries of a call have waited already."""

GONE: Final = "deskbell.gone"
"""Where in a request's scope stands the event that is set when its client leaves."""

_AGENTS: Final = {
    "claude-ai": "Claude",
    "claude-code": "Claude Code",
    "codex-mcp-client": "Codex",
    "cursor-vscode": "Cursor",
    "gemini-cli-mcp-client": "Gemini CLI",
    "github-copilot-developer": "Copilot CLI",
    "opencode": "opencode",
    "windsurf-client": "Windsurf",
}
"""Names of well-known clients for people."""


class Progress(Protocol):
    """Tells the client that its call goes on; ``seconds`` have passed."""

    def __call__(self, seconds: float, message: str) -> Awaitable[None]:
        """Tell it."""
        ...


class _SourceIn(msgspec.Struct, forbid_unknown_fields=True):
    agent: str = ""
    project: str = ""
    branch: str = ""
    session: str = ""
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """One call's origin.

    ``identity`` is the same for all calls of a session, so that a call that is made again finds its question.
    ``gone`` is set when the client leaves. ``call_id`` is empty unless the client names its calls. ``report`` is None
    when nobody asked for progress.
    """

    identity: str
    source: Source
    gone: asyncio.Event
    wait_seconds: float = DEFAULT_WAIT_SECONDS
    waited_seconds: float = 0.0
    call_id: str = ""
    report: Progress | None = None

    def wait_for(self, wish: float | None) -> float:
        """Seconds that this call is to wait, given what it wishes."""
        wanted = self.wait_seconds if wish is None or math.isnan(wish) else wish
        return max(0.0, min(wanted, MAX_WAIT_SECONDS) - self.waited_seconds)


def read_caller(
    headers: Headers, client_name: str, client_title: str, gone: asyncio.Event, report: Progress | None
) -> Caller:
    """What a request says of its caller. Raises InvalidQuestion for a header that says nonsense."""
    said = _source_in(headers.get(SOURCE_HEADER, "{}"))
    agent = one_line(said.agent or client_title or _AGENTS.get(client_name, client_name))
    session = headers.get("mcp-session-id", "")
    return Caller(
        identity="\n".join((said.session or session, agent, said.project)),
        source=Source(
            agent, one_line(said.project), one_line(said.branch), one_line(said.session or session), said.pid
        ),
        wait_seconds=_seconds(headers, WAIT_HEADER, DEFAULT_WAIT_SECONDS),
        waited_seconds=_seconds(headers, WAITED_HEADER, 0.0),
        call_id=headers.get(CALL_HEADER, ""),
        report=report,
        gone=gone,
    )


def _source_in(text: str) -> _SourceIn:
    try:
        return msgspec.json.decode(text.encode("latin-1"), type=_SourceIn)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidQuestion("Deskbell-Source", f"The header Deskbell-Source is not its JSON: {error}.") from error


def _seconds(headers: Headers, name: str, default: float) -> float:
    try:
        seconds = float(headers.get(name, default))
    except ValueError as error:
        raise InvalidQuestion(name, f"The header {name} is not a number of seconds.") from error
    return seconds if 0 <= seconds <= MAX_WAIT_SECONDS else default
