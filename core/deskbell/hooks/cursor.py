"""Cursor: shell commands, calls of MCP tools, and the end of its work. See https://cursor.com/docs/agent/hooks.

Silence would let a command through unless something else asks, so whatever goes wrong is answered with ``ask``.
"""

from __future__ import annotations

from typing import Any, Final

from deskbell.hooks.inquiry import Agent, Event, Inquiry, Json, Unreadable, key_of, one, strings_in, text_in
from deskbell.hooks.permission import Choice, decision, deny, hand_back, once, permission
from deskbell.hooks.stopping import stopped
from deskbell.origin import source_in
from deskbell.task import Answer, Source

NAME: Final = "Cursor"

_ASK: Final[Json] = {"permission": "ask"}
_ASKED: Final = frozenset({"beforeShellExecution", "beforeMCPExecution"})


def read(event: Event) -> Inquiry | None:
    """What to ask about an event of Cursor."""
    match event.get("hook_event_name"):
        case "beforeShellExecution":
            command = {name: event[name] for name in ("command", "sandbox") if event.get(name)}
            if not text_in(event, "command").strip():
                raise Unreadable("A shell execution without a command.")
            return _permission(event, "Shell", command)
        case "beforeMCPExecution":
            return _permission(event, _mcp_tool(event), event.get("tool_input"))
        case "stop" if event.get("status") == "completed":
            key = key_of("cursor", "stop", event.get("conversation_id"), event.get("generation_id"))
            return stopped("", _source(event), key, lambda text: {"followup_message": text})
    return None


def silence(event: Event | None) -> Json | None:
    """Let Cursor ask, unless the event is known to ask for nothing."""
    return None if event is not None and text_in(event, "hook_event_name") not in _ASKED else dict(_ASK)


def _permission(event: Event, tool: str, arguments: Any) -> Inquiry:
    call = [event.get(name) for name in ("conversation_id", "generation_id", "hook_event_name", "command", "cwd")]
    question = permission(
        tool,
        arguments,
        folder=_folder(event),
        options=(once(), deny(), hand_back(NAME)),
        source=_source(event),
        key=key_of("cursor", *call, tool, arguments),
    )
    return one(question, _reply)


def _reply(answer: Answer) -> Json:
    decided = decision(answer)
    if decided.choice is Choice.DENY:
        return {"permission": "deny", "user_message": decided.message, "agent_message": decided.message}
    return {"permission": "allow"} if decided.allows else dict(_ASK)


def _mcp_tool(event: Event) -> str:
    tool, server = text_in(event, "tool_name"), text_in(event, "mcp_server_name", "url", "command")
    if not tool:
        raise Unreadable("A call of an MCP tool that has no name.")
    return f"{tool} ({server})" if server else tool


def _folder(event: Event) -> str:
    return text_in(event, "cwd") or next(iter(strings_in(event, "workspace_roots")), "")


def _source(event: Event) -> Source:
    return source_in(_folder(event), NAME, text_in(event, "conversation_id"))


AGENT: Final = Agent(NAME, read, silence)
