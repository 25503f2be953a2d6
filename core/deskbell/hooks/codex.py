"""Codex CLI: permission requests, and the end of a turn.

See https://developers.openai.com/codex/hooks. A decision may hold ``behavior`` and ``message``; anything else makes it
invalid.
"""

from __future__ import annotations

from typing import Final

from deskbell.hooks.inquiry import Agent, Event, Inquiry, Json, Unreadable, key_of, no_output, notice, one, text_in
from deskbell.hooks.page import quote
from deskbell.hooks.permission import Choice, decision, deny, hand_back, once, permission
from deskbell.origin import source_in
from deskbell.task import Answer, Source

NAME: Final = "Codex"

_UNASKED_MODES: Final = frozenset({"bypassPermissions", "dontAsk"})
_TURN_OVER: Final = "agent-turn-complete"


def read(event: Event) -> Inquiry | None:
    """What to ask about an event of Codex."""
    if event.get("hook_event_name") == "PermissionRequest":
        return _permission(event)
    if event.get("type") == _TURN_OVER:
        return _turn_over(event)
    return None


def _permission(event: Event) -> Inquiry | None:
    tool = text_in(event, "tool_name")
    if text_in(event, "permission_mode") in _UNASKED_MODES:
        return None
    if not tool or "tool_input" not in event:
        raise Unreadable("A permission request without a tool and its input.")
    call = [event.get(name) for name in ("session_id", "turn_id", "agent_id", "tool_use_id", "tool_name", "tool_input")]
    question = permission(
        tool,
        event["tool_input"],
        folder=text_in(event, "cwd"),
        options=(once(), deny(), hand_back(NAME)),
        source=_source(event, "session_id"),
        key=key_of("codex", *call),
    )
    return one(question, _reply)


def _reply(answer: Answer) -> Json | None:
    decided = decision(answer)
    if decided.choice is Choice.DENY:
        return _output({"behavior": "deny", "message": decided.message})
    return _output({"behavior": "allow"}) if decided.allows else None


def _output(decided: Json) -> Json:
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decided}}


def _turn_over(event: Event) -> Inquiry:
    words = text_in(event, "last-assistant-message") or "The turn is over."
    key = key_of("codex", "notify", event.get("thread-id"), event.get("turn-id"))
    return notice(quote(words), "Codex has finished", _source(event, "thread-id"), key)


def _source(event: Event, session: str) -> Source:
    return source_in(text_in(event, "cwd"), NAME, text_in(event, session))


AGENT: Final = Agent(NAME, read, no_output)
