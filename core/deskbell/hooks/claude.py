"""Claude Code: permission requests, its own questions, forms of MCP servers, and what it has to tell.

Its hooks are described at https://code.claude.com/docs/en/hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from deskbell.hooks import elicitation, suggestions
from deskbell.hooks.choosing import Ask
from deskbell.hooks.inquiry import (
    Agent,
    Event,
    Inquiry,
    Json,
    Unreadable,
    key_of,
    mapping_in,
    no_output,
    notice,
    objects_in,
    one,
    text_in,
)
from deskbell.hooks.page import page, quote
from deskbell.hooks.permission import Choice, decision, deny, hand_back, once, permission
from deskbell.hooks.stopping import stopped
from deskbell.origin import source_in
from deskbell.task import Answer, Source

NAME: Final = "Claude Code"

_UNASKED_MODES: Final = frozenset({"bypassPermissions", "dontAsk"})
"""Modes in which the person has said that nobody is to be asked for permission."""

_QUESTIONS: Final = "AskUserQuestion"
_WAITING: Final = {"idle_prompt": "Claude is waiting for you", "agent_needs_input": "An agent needs you"}
"""Notifications that no other hook rings for, and what the tab says."""


def read(event: Event) -> Inquiry | None:
    """What to ask about an event of Claude Code."""
    if _is_of_another_agent(event):
        return None
    handler = _HANDLERS.get(text_in(event, "hook_event_name"))
    return handler(event) if handler else None


def _permission_request(event: Event) -> Inquiry | None:
    asks = event.get("tool_name") == _QUESTIONS
    return _questions(event, _permission_with_input) if asks else _permission(event)


def _before_tool(event: Event) -> Inquiry | None:
    asks = event.get("tool_name") == _QUESTIONS
    return _questions(event, _tool_use_with_input) if asks else None


def _elicitation(event: Event) -> Inquiry:
    return elicitation.inquiry(event, _source(event))


def _is_of_another_agent(event: Event) -> bool:
    """Whether an agent that reads Claude's settings as well has sent this; its own hooks ask."""
    cursor, copilot = "cursor_version" in event or "conversation_id" in event, "timestamp" in event
    return cursor or copilot


def _source(event: Event) -> Source:
    return source_in(text_in(event, "cwd"), NAME, text_in(event, "session_id"))


def _key(event: Event, *parts: Any) -> str:
    call = (event.get("session_id"), event.get("tool_use_id"), event.get("tool_name"), event.get("tool_input"))
    return key_of("claude", event.get("hook_event_name"), *call, *parts)


def _permission(event: Event) -> Inquiry | None:
    tool = text_in(event, "tool_name")
    if text_in(event, "permission_mode") in _UNASKED_MODES:
        return None
    if not tool or not isinstance(event.get("tool_input"), dict):
        raise Unreadable("A permission request without a tool and its input.")
    offered = suggestions.read(event)
    question = permission(
        tool,
        event["tool_input"],
        folder=text_in(event, "cwd"),
        options=(once(), *suggestions.options(offered), deny(), hand_back(NAME)),
        source=_source(event),
        key=_key(event),
        remarks=suggestions.remarks(offered),
    )
    return one(question, lambda answer: _permission_reply(answer, offered))


def _permission_reply(answer: Answer, offered: Sequence[suggestions.Suggestion]) -> Json | None:
    decided = decision(answer)
    if decided.choice is Choice.DENY:
        return _request_decision({"behavior": "deny", "message": decided.message})
    if not decided.allows:
        return None
    updates = suggestions.updates(offered, decided.choice)
    return _request_decision({"behavior": "allow", **({"updatedPermissions": updates} if updates else {})})


def _request_decision(decided: Json) -> Json:
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decided}}


def _permission_with_input(given: Json) -> Json:
    return _request_decision({"behavior": "allow", "updatedInput": given})


def _tool_use_with_input(given: Json) -> Json:
    decided = {"permissionDecision": "allow", "permissionDecisionReason": "Answered at the desk", "updatedInput": given}
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **decided}}


def _questions(event: Event, reply: Callable[[Json], Json]) -> Inquiry | None:
    """The questions of one call. Answers that are there already were given at an earlier hook."""
    given = mapping_in(event, "tool_input")
    if given.get("answers"):
        return None
    asks = [Ask.read(raw, multiple="multiSelect") for raw in objects_in(given, "questions")]
    if not asks or len({ask.text for ask in asks}) < len(asks):
        raise Unreadable("No questions, or the same one twice.")
    source = _source(event)

    def answered(answers: Sequence[Answer]) -> Json | None:
        chosen = [ask.chosen(answer) for ask, answer in zip(asks, answers, strict=True)]
        if any(labels is None for labels in chosen):
            return None
        said = {ask.text: ", ".join(labels or ()) for ask, labels in zip(asks, chosen, strict=True)}
        return reply({**given, "answers": said})

    return Inquiry(tuple(ask.question(source, _key(event, at)) for at, ask in enumerate(asks)), answered)


def _notification(event: Event) -> Inquiry | None:
    title = _WAITING.get(text_in(event, "notification_type"))
    if title is None:
        return None
    words = text_in(event, "message") or title
    return notice(quote(words), title, _source(event), key_of("claude", event.get("session_id"), title, words))


def _stop(event: Event) -> Inquiry | None:
    said = text_in(event, "last_assistant_message")
    key = key_of("claude", "Stop", event.get("session_id"), said)
    return stopped(page(quote(said)), _source(event), key, lambda text: {"decision": "block", "reason": text})


_HANDLERS: Final[dict[str, Callable[[Event], Inquiry | None]]] = {
    "PermissionRequest": _permission_request,
    "PreToolUse": _before_tool,
    "Elicitation": _elicitation,
    "Notification": _notification,
    "Stop": _stop,
}

AGENT: Final = Agent(NAME, read, no_output)
