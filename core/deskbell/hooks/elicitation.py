"""Forms of MCP servers that reach the desk through Claude Code: one question for each field.

The schema is that of MCP's elicitation: an object of strings, numbers, booleans and choices.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from deskbell.hooks.choosing import TERMINAL, Ask
from deskbell.hooks.inquiry import Event, Inquiry, Json, Unreadable, key_of, mapping_in, strings_in, text_in
from deskbell.hooks.page import code, page, plain, quote
from deskbell.task import Answer, Option, Source

MOST_FIELDS: Final = 6
"""A longer form is better filled in where it can be seen as a whole."""

_DECLINE: Final = "decline"
_LEAVE_OUT: Final = "leave-out"
_BOOLEANS: Final = (True, False)


class _Refused(Exception):
    """What was written does not fit the field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form. ``values`` are those of its choices."""

    name: str
    schema: Json
    required: bool
    values: tuple[Any, ...]
    ask: Ask

    def value(self, answer: Answer) -> Any:
        """What goes into the form. Raises _Refused for what the schema does not take."""
        if self.values:
            if not answer.options or not answer.options[0].isdecimal() or answer.text.strip():
                raise _Refused
            return self.values[int(answer.options[0])]
        return _number(answer.text, self.schema) if self.schema.get("type") in {"number", "integer"} else answer.text


def inquiry(event: Event, source: Source) -> Inquiry:
    """What to ask about a form. Raises Unreadable for one that is not to be filled in at the desk."""
    server, message = text_in(event, "mcp_server_name"), text_in(event, "message")
    intro = page(f"The MCP server **{plain(server)}** asks:", quote(message))
    key = key_of("claude", "Elicitation", *(event.get(name) for name in ("session_id", "mcp_server_name", "message")),
                 event.get("elicitation_id"), event.get("requested_schema"), event.get("url"))  # fmt: skip
    if event.get("mode") == "url" or "url" in event:
        return _consent(page(intro, f"It wants this address opened: {code(text_in(event, 'url'))}"), source, key)
    fields = _fields(mapping_in(event, "requested_schema"), intro)
    if not fields:
        return _consent(intro, source, key)
    questions = tuple(field.ask.question(source, f"{key}-{at}") for at, field in enumerate(fields))
    return Inquiry(questions, lambda answers: _filled_in(fields, answers))


def _consent(prompt: str, source: Source, key: str) -> Inquiry:
    ask = Ask(prompt, "An MCP server asks", ("Accept", "Decline"), allow_text=False)
    actions = {"Accept": "accept", "Decline": "decline"}

    def reply(answers: Sequence[Answer]) -> Json | None:
        chosen = ask.chosen(answers[0])
        return _action(actions[chosen[0]]) if chosen else None

    return Inquiry((ask.question(source, key),), reply)


def _filled_in(fields: Sequence[Field], answers: Sequence[Answer]) -> Json | None:
    if any(TERMINAL in answer.options for answer in answers):
        return None
    if any(_DECLINE in answer.options for answer in answers):
        return _action("decline")
    content = {}
    try:
        for field, answer in zip(fields, answers, strict=True):
            if _LEAVE_OUT not in answer.options:
                content[field.name] = field.value(answer)
    except _Refused:
        return None
    return _action("accept", content)


def _action(action: str, content: Json | None = None) -> Json:
    more = {} if action != "accept" else {"content": content or {}}
    return {"hookSpecificOutput": {"hookEventName": "Elicitation", "action": action, **more}}


def _fields(schema: Json, intro: str) -> list[Field]:
    properties = mapping_in(schema, "properties")
    if len(properties) > MOST_FIELDS:
        raise Unreadable("A form with many fields.")
    required = strings_in(schema, "required")
    return [_field(name, raw, name in required, intro) for name, raw in properties.items()]


def _field(name: str, schema: Any, required: bool, intro: str) -> Field:
    if not isinstance(schema, dict) or schema.get("type") not in {"string", "number", "integer", "boolean"}:
        raise Unreadable(f"The field {name!r} is of a kind that is not known here.")
    values, labels = _choices(schema)
    label = text_in(schema, "title") or name
    limits = {key: value for key, value in schema.items() if key not in {"type", "title", "description", *_CHOICES}}
    about = page(plain(text_in(schema, "description")), code(json.dumps(limits)) if limits else "")
    extra = [] if required else [Option("Leave this out", _LEAVE_OUT)]
    ask = Ask(
        page(intro, f"**{plain(label)}**{' (required)' if required else ''}", about),
        label,
        labels,
        allow_text=not values,
        extra=(*extra, Option("Decline", _DECLINE, "Nothing of the form is sent")),
    )
    return Field(name, schema, required, values, ask)


_CHOICES: Final = ("enum", "enumNames", "oneOf")


def _choices(schema: Json) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """The values a field can have, and what they are called; nothing if it can have any."""
    if schema["type"] == "boolean":
        return _BOOLEANS, ("Yes", "No")
    if enum := strings_in(schema, "enum"):
        names = strings_in(schema, "enumNames")
        return tuple(enum), tuple(names if len(names) == len(enum) else enum)
    if isinstance(schema.get("oneOf"), list):
        constants = [raw for raw in schema["oneOf"] if isinstance(raw, dict) and isinstance(raw.get("const"), str)]
        return tuple(raw["const"] for raw in constants), tuple(text_in(raw, "title", "const") for raw in constants)
    return (), ()


def _number(text: str, schema: Json) -> float:
    try:
        number = float(text.strip())
        value = int(text.strip()) if schema["type"] == "integer" else number
    except (ValueError, OverflowError) as error:
        raise _Refused from error
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        raise _Refused
    return value
