"""Questions and answers as text: a JSON object a line, or Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from deskbell.cli.output import answer_lines, mask_controls, moment

if TYPE_CHECKING:
    from deskbell.client import RemoteTask
    from deskbell.task import Answer

JSON_LINES: Final = "jsonl"
MARKDOWN: Final = "markdown"

_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$!])")
_BACKTICKS: Final = re.compile("`+")
_LINE_ENDS: Final = re.compile("\r\n?")
_OTHER_LINE_ENDS: Final = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}  # a program may split there


@dataclass(frozen=True, slots=True)
class Format:
    """How a document begins, and a task in it."""

    opening: str
    entry: Callable[[RemoteTask], str]


def format_for(name: str, *, unicode: bool = True) -> Format:
    """The format of this name, for a place that takes all of Unicode or only ASCII."""
    if name == MARKDOWN:
        return Format("# Questions and answers\n", markdown)
    return Format("", partial(json_line, unicode=unicode))


def json_line(task: RemoteTask, *, unicode: bool) -> str:
    """The task as the HTTP API has it, on one line."""
    return json.dumps(task.raw, ensure_ascii=not unicode).translate(_OTHER_LINE_ENDS) + "\n"


def markdown(task: RemoteTask) -> str:
    """The task as a section. Nothing in it is more than text, whatever its asker wrote."""
    facts = {
        "Task": task.task_id,
        "From": str(task.source),
        "Session": task.source.session,
        "Asked": moment(task.created_at, seconds=True),
        "Ended": moment(task.ended_at, seconds=True),
        "Status": task.status,
        "Files": _files(task.raw["attachments"]),
    }
    parts = [
        f"\n## {moment(task.ended_at)} {_inline(task.heading)}",
        "\n".join(f"- {name}: {_inline(value)}" for name, value in facts.items() if value),
        _block(task.prompt, "markdown"),
        "\n".join(_options(task)),
        *(_answer(task.answer, task) if task.answer else ("There is no answer.",)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _options(task: RemoteTask) -> Iterator[str]:
    for option in task.options:
        name = option.label if option.value == option.label else f"{option.label} ({option.value})"
        about = f": {option.description}" if option.description else ""
        recommended = " (recommended)" if option.recommended else ""
        yield f"- [{'x' if option in task.chosen else ' '}] {_inline(f'{name}{recommended}{about}')}"


def _answer(answer: Answer, task: RemoteTask) -> Iterator[str]:
    yield f"Answered by **{answer.answered_by}**, {moment(answer.at, seconds=True)}:"
    if said := answer_lines(task):
        yield _block(said, "text")
    if answer.fields:
        yield _block(json.dumps(dict(answer.fields), indent=2, ensure_ascii=False), "json")
    if answer.attachments:
        yield f"Files: {_inline(', '.join(file.name for file in answer.attachments))}"


def _block(text: str, language: str) -> str:
    """Text as it is, in a fence that nothing in it can close."""
    text = mask_controls(_LINE_ENDS.sub("\n", text)).strip("\n")
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _inline(text: str) -> str:
    """Text on one line in which no character means anything."""
    return _MARKS.sub(r"\\\1", mask_controls(" ".join(text.split())))


def _files(raw: list[dict[str, Any]]) -> str:
    return ", ".join(str(file["name"]) for file in raw)
