"""A task as a client sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deskbell.task import OPEN_STATUSES, Answer, AnsweredBy, Option, Source, Task, TaskDetails, TaskKind


@dataclass(frozen=True, slots=True)
class RemoteTask:
    """One task as it was when the desk sent it.

    ``timeout`` and ``remaining`` are whole seconds, 0 without a countdown; ``held`` says that it stands still.
    ``ended_at`` is None while it is open. ``raw`` is the JSON as it came.
    """

    task_id: str
    status: str
    prompt: str
    title: str
    options: tuple[Option, ...]
    multiple: bool
    allow_text: bool
    kind: TaskKind
    source: Source
    timeout: int
    remaining: int
    held: bool
    on_timeout: str
    created_at: datetime
    ended_at: datetime | None
    answer: Answer | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return str(self.to_task())

    @property
    def is_open(self) -> bool:
        """Whether the task still waits for an answer."""
        return self.status in OPEN_STATUSES

    @property
    def heading(self) -> str:
        """The title, or else the prompt's first line that says something."""
        return self.to_task().heading

    @property
    def answered_by_timeout(self) -> bool:
        """Whether nobody answered and the countdown did."""
        return self.answer is not None and self.answer.answered_by is AnsweredBy.TIMEOUT

    @property
    def chosen(self) -> tuple[Option, ...]:
        """The options of the answer."""
        values = self.answer.options if self.answer else ()
        return tuple(option for option in self.options if option.value in values)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> RemoteTask:
        """Read a task as it travels in JSON. Raises KeyError, TypeError or ValueError for anything else."""
        answer, ended_at = raw["answer"], raw.get("ended_at")
        return cls(
            task_id=raw["task_id"],
            status=raw["status"],
            prompt=raw["prompt"],
            title=raw["title"],
            options=tuple(Option.of(option) for option in raw["options"]),
            multiple=raw["multiple"],
            allow_text=raw["allow_text"],
            kind=TaskKind(raw["kind"]),
            source=_source(raw["source"]),
            timeout=raw["timeout"],
            remaining=raw["remaining"],
            held=raw.get("held", False),
            on_timeout=raw["on_timeout"],
            created_at=datetime.fromisoformat(raw["created_at"]),
            ended_at=datetime.fromisoformat(ended_at) if ended_at else None,
            answer=None if answer is None else _answer(answer),
            raw=raw,
        )

    def to_task(self) -> Task:
        """The same as a core task, without its countdown's place in time."""
        return Task(
            self.task_id,
            self.prompt,
            list(self.options),
            self.timeout,
            self.created_at,
            status=self.status,
            result=self.answer.to_dict() if self.answer else None,
            completed_at=self.ended_at,
            on_timeout=self.on_timeout,
            details=TaskDetails(
                title=self.title,
                source=self.source,
                kind=self.kind,
                multiple=self.multiple,
                allow_text=self.allow_text,
            ),
        )


def _source(raw: Mapping[str, Any]) -> Source:
    return Source(raw["agent"], raw["project"], raw["branch"], raw["session"], raw["pid"])


def _answer(raw: Mapping[str, Any]) -> Answer:
    """An answer as lists and single tasks carry it: in lists its files come without their content."""
    files = [{"data": "", **file} for file in raw["attachments"]]
    return Answer.from_dict({**raw, "attachments": files})
