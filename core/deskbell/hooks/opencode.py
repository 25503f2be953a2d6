"""opencode: what its event stream asks. What comes out is the request to its server that replies.

The events of both generations are read: ``permission.asked`` and ``permission.v2.asked``, and the same of questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote as quoted

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
    objects_in,
    one,
    strings_in,
    text_in,
)
from deskbell.hooks.page import block, page, sendable
from deskbell.hooks.permission import Choice, decision, deny, hand_back, once, permission
from deskbell.origin import one_line, source_in
from deskbell.task import Answer, Option, Source

NAME: Final = "opencode"
_SHOWN: Final = 300


def read(event: Event) -> Inquiry | None:
    """What to ask about an event of opencode."""
    request = mapping_in(event, "properties", "data")
    match event.get("type"):
        case "permission.asked":
            return _permission(event, request, newer=False)
        case "permission.v2.asked":
            return _permission(event, request, newer=True)
        case "question.asked":
            return _questions(event, request, newer=False)
        case "question.v2.asked":
            return _questions(event, request, newer=True)
    return None


def _permission(event: Event, request: Json, *, newer: bool) -> Inquiry:
    path = _path("permission", request, newer=newer)
    kept = strings_in(request, "save" if newer else "always")
    shown = {
        "resources": request.get("resources", request.get("patterns")),
        **mapping_in(request, "metadata"),
    }
    always = Option("Always allow", Choice.ALWAYS, one_line(sendable("; ".join(kept)), _SHOWN))
    question = permission(
        text_in(request, "action", "permission") or "a tool",
        {name: value for name, value in shown.items() if value},
        folder=_folder(event),
        options=(once(), *((always,) if kept else ()), deny(), hand_back(NAME)),
        source=_source(event, request),
        key=key_of("opencode", request.get("sessionID"), request.get("id")),
        remarks=page("*Always* allows:", block("\n".join(kept))) if kept else "",
    )
    return one(question, lambda answer: _permission_reply(path, answer))


def _permission_reply(path: str, answer: Answer) -> Json | None:
    decided = decision(answer)
    match decided.choice:
        case Choice.ONCE:
            return _post(path, {"reply": "once"})
        case Choice.ALWAYS:
            return _post(path, {"reply": "always"})
        case Choice.DENY:
            return _post(path, {"reply": "reject", **({"message": decided.reason} if decided.reason else {})})
        case _:
            return None


def _questions(event: Event, request: Json, *, newer: bool) -> Inquiry:
    path = _path("question", request, newer=newer)
    asks = [
        Ask.read(raw, multiple="multiple", allow_text=raw.get("custom") is not False)
        for raw in objects_in(request, "questions")
    ]
    if not asks:
        raise Unreadable("No questions.")
    source = _source(event, request)
    key = key_of("opencode", request.get("sessionID"), request.get("id"))

    def reply(answers: Sequence[Answer]) -> Json | None:
        chosen = [ask.chosen(answer) for ask, answer in zip(asks, answers, strict=True)]
        return None if any(labels is None for labels in chosen) else _post(path, {"answers": chosen})

    return Inquiry(tuple(ask.question(source, f"{key}-{at}") for at, ask in enumerate(asks)), reply)


def _path(what: str, request: Json, *, newer: bool) -> str:
    number, session = text_in(request, "id"), text_in(request, "sessionID")
    if not number or not session:
        raise Unreadable("A request without its id and session.")
    place = f"/api/session/{quoted(session, safe='')}" if newer else ""
    return f"{place}/{what}/{quoted(number, safe='')}/reply"


def _post(path: str, body: Json) -> Json:
    return {"method": "POST", "path": path, "body": body}


def _folder(event: Event) -> str:
    return text_in(event, "directory") or text_in(mapping_in(event, "location"), "directory")


def _source(event: Event, request: Json) -> Source:
    return source_in(_folder(event), NAME, text_in(request, "sessionID"))


AGENT: Final = Agent(NAME, read, no_output)
