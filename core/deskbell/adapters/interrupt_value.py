"""A question that a graph's own node asks: whatever it passed to ``interrupt``, and what it is to be given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from deskbell.adapters.review import Asker
from deskbell.adapters.rounds import Talk
from deskbell.asking import Question
from deskbell.errors import InvalidQuestion, NotAnswered
from deskbell.hooks.page import block, page, sendable
from deskbell.task import Answer, Option, TaskDetails, TaskKind

Reply: TypeAlias = Callable[[Answer], Any]
"""Makes of an answer what a node takes, such as ``str``."""

_YES: Final = Option("Yes", "yes")
_NO: Final = Option("No", "no")
_PROMPTS: Final = ("question", "prompt", "message", "query", "instruction")
_UNTYPED: Final = (
    "This interrupt does not say what answers it. Give it a response_schema, such as bool, or 'options'; "
    "or pass reply=str to decide, if words are what it takes."
)


def inquire(value: Any, schema: Any, reply: Reply | None, asker: Asker) -> Talk[Any]:
    """Have a person answer it. Raises NotAnswered when nobody does, InvalidQuestion when it is not clear with what."""
    prompt, options = _shown(value)
    schema = schema if isinstance(schema, Mapping) else {}
    kind, allow_text = TaskKind.QUESTION, False
    if schema.get("type") == "boolean":
        kind, options, reply = TaskKind.PERMISSION, [_YES, _NO], _is_yes
    elif _are_texts(schema.get("enum")):
        options, reply = [Option(text) for text in schema["enum"]], _chosen
    elif reply:
        allow_text = True
    elif options:
        reply = _chosen
    else:
        raise InvalidQuestion("interrupt", _UNTYPED)
    details = TaskDetails(source=asker.source, kind=kind, allow_text=allow_text)
    said = yield Question(prompt, options, asker.timeout, details=details)
    if isinstance(said, NotAnswered):
        raise said
    return reply(said)


def _is_yes(answer: Answer) -> bool:
    return answer.options == (_YES.value,)


def _chosen(answer: Answer) -> str:
    return answer.options[0]


def _shown(value: Any) -> tuple[str, list[Option]]:
    """A text is the prompt. Of a mapping the prompt and the options are taken; the rest is shown as it is."""
    if isinstance(value, str):
        return sendable(value), []
    if not isinstance(value, Mapping):
        return _as_json(value), []
    rest = dict(value)
    name = next((name for name in _PROMPTS if isinstance(rest.get(name), str) and rest[name].strip()), None)
    prompt = sendable(rest.pop(name)) if name else ""
    options = [Option.of(option) for option in rest.pop("options")] if _are_options(rest.get("options")) else []
    return page(prompt, _as_json(rest) if rest else ""), options


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item for item in value)


def _are_options(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and bool(value) and all(map(_is_option, value))


def _is_option(value: Any) -> bool:
    return (isinstance(value, str) and bool(value)) or (isinstance(value, Mapping) and bool(value.get("label")))


def _as_json(value: Any) -> str:
    return block(json.dumps(value, indent=2, ensure_ascii=False, default=repr), "json")
