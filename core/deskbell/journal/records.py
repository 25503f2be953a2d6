"""Between tasks and the rows that keep them."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from deskbell.task import (
    Answer,
    AnsweredBy,
    Attachment,
    Draft,
    Hold,
    HoldReason,
    Option,
    Pace,
    Source,
    Task,
    TaskDetails,
    TaskKind,
    TaskStatus,
    rfc3339,
)

OPEN: Final = "open"
"""The status of a row whose task has not ended."""

_TEXTS: Final = (
    *("task_id", "status", "agent", "project", "branch", "session", "created_at", "kind", "on_timeout"),
    *("title", "placeholder", "options", "prompt"),
)
_NUMBERS: Final = ("timeout", "marked_at")
_LARGEST: Final = 1e10  # seconds: centuries

Values = dict[str, Any]
Row = sqlite3.Row | Values


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a countdown stood at a moment on the monotonic clock of the process that wrote it."""

    remaining: float | None
    at: float
    is_running: bool
    is_held: bool

    @classmethod
    def of(cls, task: Task) -> Mark:
        """Where the countdown of ``task`` stands now."""
        now = task.clock.monotonic()
        remaining = task.get_deadline_monotonic() - now if task.auto_resubmit_timeout else None
        return cls(remaining, now, remaining is not None and not task.is_held, task.pace.is_held_for(HoldReason.PERSON))


def row_of(task: Task) -> Values:
    """A new task as a row."""
    details, mark = task.details, Mark.of(task)
    source = details.source
    return {
        "task_id": task.task_id,
        "status": OPEN,
        "agent": source.agent,
        "project": source.project,
        "branch": source.branch,
        "session": source.session,
        "pid": source.pid,
        "created_at": rfc3339(task.created_at),
        "key": task.key,
        "kind": str(details.kind),
        "multiple": details.multiple,
        "allow_text": details.allow_text,
        "timeout": task.auto_resubmit_timeout,
        "explicit_timeout": task.explicit_timeout,
        "on_timeout": task.on_timeout,
        **values_of(mark),
        "title": details.title,
        "placeholder": details.placeholder,
        "options": to_json([option.to_dict() for option in task.options]),
        "prompt": task.prompt,
    }


def values_of(mark: Mark) -> Values:
    """A mark as columns."""
    return {
        "remaining": mark.remaining,
        "marked_at": mark.at,
        "is_running": mark.is_running,
        "is_held": mark.is_held,
    }


def task_of(row: Row, files: Mapping[str, tuple[Attachment, ...]], draft: str | None = None) -> Task:
    """The task of a row, with its files by role. A task that is open has no place in time yet.

    Raises ValueError, TypeError, LookupError or AttributeError for what was not written like that.
    """
    _check(row)
    details = TaskDetails(
        title=row["title"],
        source=Source(row["agent"], row["project"], row["branch"], row["session"], row["pid"]),
        kind=TaskKind(row["kind"]),
        multiple=bool(row["multiple"]),
        allow_text=bool(row["allow_text"]),
        placeholder=row["placeholder"],
        attachments=files.get("question", ()),
    )
    is_open = row["status"] == OPEN
    answer = None if row["answer"] is None else _answer_of(row, files.get("answer", ()))
    return Task(
        row["task_id"],
        row["prompt"],
        [Option.of(option) for option in from_json(row["options"])] or None,
        row["timeout"],
        datetime.fromisoformat(row["created_at"]),
        status=TaskStatus.PENDING if is_open else TaskStatus(row["status"]),
        result=answer.to_dict() if answer else None,
        completed_at=datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None,
        on_timeout=row["on_timeout"],
        details=details,
        explicit_timeout=bool(row["explicit_timeout"]),
        key=row["key"],
        draft=None if draft is None else draft_of(draft, files.get("draft", ())),
    )


def _check(row: Row) -> None:
    """Raise ValueError for values that only damage brings about: SQLite keeps anything in any column."""
    for name in _TEXTS:
        if not isinstance(row[name], str):
            raise ValueError(f"{name} is no text")  # noqa: TRY004 - what is wrong is a value on disk
    for name in _NUMBERS:
        if not isinstance(row[name], (int, float)) or not abs(row[name]) < _LARGEST:
            raise ValueError(f"{name} is no number of seconds")
    if row["remaining"] is not None and not abs(row["remaining"]) < _LARGEST:
        raise ValueError("remaining is no number of seconds")


def place_in_time(task: Task, row: sqlite3.Row, alive_at: float | None, at_least: float, now: float) -> None:
    """Give an open task the seconds that were left when its process was last alive, and ``at_least`` so many.

    ``alive_at`` is when that was, on the clock of the row's mark; None if that is not known.
    """
    timeout, left = task.auto_resubmit_timeout, row["remaining"]
    task.created_at_monotonic = now
    if left is not None:
        if row["is_running"] and isinstance(alive_at, (int, float)):
            left -= max(0.0, alive_at - row["marked_at"])
        left = max(left, at_least)
        task.created_at_monotonic = now - max(0.0, timeout - left)
        task.pace = Pace(granted_seconds=max(0.0, left - timeout))
    if row["is_held"]:
        task.pace = replace(task.pace, holds=(Hold(HoldReason.PERSON, math.inf),), held_since=now)


def answer_json(result: Mapping[str, Any]) -> str:
    """An answer without what is in its files, which have rows of their own."""
    return to_json({name: result[name] for name in ("options", "text", "fields", "at") if name in result})


def draft_json(draft: Draft) -> str:
    """A draft without what is in its files."""
    return to_json({"options": draft.options, "text": draft.text, "fields": dict(draft.fields)})


def draft_of(content: str, files: Iterable[Attachment]) -> Draft:
    """Read what ``draft_json`` wrote."""
    raw = from_json(content)
    return Draft(tuple(raw["options"]), raw["text"], raw["fields"], tuple(files))


def to_json(value: Any) -> str:
    """JSON as the rows hold it."""
    return msgspec.json.encode(value).decode()


def from_json(text: str) -> Any:
    """Read what ``to_json`` wrote."""
    return msgspec.json.decode(text)


def _answer_of(row: Row, files: tuple[Attachment, ...]) -> Answer:
    answer = Answer.from_dict({**from_json(row["answer"]), "answered_by": row["answered_by"] or AnsweredBy.PERSON})
    return replace(answer, attachments=files)
