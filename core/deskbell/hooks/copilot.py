"""GitHub Copilot CLI: permission requests, tools before they are used, and the end of a turn.

See https://docs.github.com/en/copilot/reference/hooks-reference. Events configured in camelCase come in camelCase and
without their name, those in PascalCase come as VS Code sends them; both are read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from deskbell.hooks.inquiry import Agent, Event, Inquiry, Json, Unreadable, key_of, no_output, one, text_in
from deskbell.hooks.permission import Choice, decision, deny, hand_back, once, permission
from deskbell.hooks.stopping import stopped
from deskbell.origin import source_in
from deskbell.task import Answer, Source

NAME: Final = "Copilot CLI"

_STOP_NAMES: Final = frozenset({"agentStop", "Stop"})
_BEFORE_NAMES: Final = frozenset({"preToolUse", "PreToolUse"})
_REQUEST_NAMES: Final = frozenset({"permissionRequest", "PermissionRequest"})


def read(event: Event) -> Inquiry | None:
    """What to ask about an event of Copilot CLI."""
    name = text_in(event, "hook_event_name", "hookName") or _guessed(event)
    if name in _REQUEST_NAMES:
        return _permission(event, _request_reply)
    if name in _BEFORE_NAMES:
        return _permission(event, _before_reply)
    if name in _STOP_NAMES:
        key = key_of("copilot", "stop", text_in(event, "sessionId", "session_id"), event.get("timestamp"))
        return stopped("", _source(event), key, lambda text: {"decision": "block", "reason": text})
    return None


def _guessed(event: Event) -> str:
    """Which event has these fields: only a request names the tool's input ``toolInput``."""
    if "toolInput" in event:
        return "permissionRequest"
    if "toolArgs" in event and "toolResult" not in event and "error" not in event:
        return "preToolUse"
    return "agentStop" if "stopReason" in event and "agentName" not in event else ""


def _permission(event: Event, reply: Callable[[Answer], Json | None]) -> Inquiry:
    tool = text_in(event, "toolName", "tool_name")
    if not tool:
        raise Unreadable("A tool without a name.")
    arguments = _arguments(event)
    session = text_in(event, "sessionId", "session_id")
    question = permission(
        tool,
        arguments,
        folder=text_in(event, "cwd"),
        options=(once(), deny(), hand_back(NAME)),
        source=_source(event),
        key=key_of("copilot", session, event.get("timestamp"), tool, arguments),
    )
    return one(question, reply)


def _arguments(event: Event) -> Any:
    return next((event[name] for name in ("toolInput", "toolArgs", "tool_input") if name in event), None)


def _request_reply(answer: Answer) -> Json | None:
    decided = decision(answer)
    if decided.choice is Choice.DENY:
        return {"behavior": "deny", "message": decided.message}
    return {"behavior": "allow"} if decided.allows else None


def _before_reply(answer: Answer) -> Json | None:
    decided = decision(answer)
    if decided.choice is Choice.DENY:
        return {"permissionDecision": "deny", "permissionDecisionReason": decided.message}
    return {"permissionDecision": "allow"} if decided.allows else {"permissionDecision": "ask"}


def _source(event: Event) -> Source:
    return source_in(text_in(event, "cwd"), NAME, text_in(event, "sessionId", "session_id"))


AGENT: Final = Agent(NAME, read, no_output)
