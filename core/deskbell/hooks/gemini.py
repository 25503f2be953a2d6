"""Gemini CLI: before a tool is used. Its hooks can refuse and cannot grant; no output leaves it to its own rules.

See https://github.com/google-gemini/gemini-cli/blob/main/docs/hooks/reference.md.
"""

from __future__ import annotations

from typing import Final

from deskbell.hooks.inquiry import Agent, Event, Inquiry, Json, Unreadable, key_of, no_output, one, text_in
from deskbell.hooks.permission import Choice, decision, deny, permission
from deskbell.origin import source_in
from deskbell.task import Answer, Option

NAME: Final = "Gemini CLI"

_LET_THROUGH: Final = Option("Let it through", Choice.TERMINAL, "Gemini CLI may still ask in the terminal")


def read(event: Event) -> Inquiry | None:
    """What to ask about an event of Gemini CLI."""
    if event.get("hook_event_name") != "BeforeTool":
        return None
    tool = text_in(event, "tool_name")
    if not tool:
        raise Unreadable("A tool without a name.")
    call = [event.get(name) for name in ("session_id", "timestamp", "tool_name", "tool_input", "mcp_context")]
    question = permission(
        tool,
        event.get("tool_input"),
        folder=text_in(event, "cwd"),
        options=(_LET_THROUGH, deny()),
        source=source_in(text_in(event, "cwd"), NAME, text_in(event, "session_id")),
        key=key_of("gemini", *call),
    )
    return one(question, _reply)


def _reply(answer: Answer) -> Json | None:
    decided = decision(answer)
    return {"decision": "deny", "reason": decided.message} if decided.choice is Choice.DENY else None


AGENT: Final = Agent(NAME, read, no_output)
