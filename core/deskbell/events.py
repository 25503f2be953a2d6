"""What happens to tasks, as listeners learn it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deskbell.task import Task

REMOVED: Final = "removed"
"""The new status of a task that was taken out."""

StatusCallback = Callable[[str, str | None, str], object]


class EventKind(StrEnum):
    """What happened to a task."""

    ADDED = "added"
    STATUS = "status"
    COUNTDOWN = "countdown"
    DRAFT = "draft"
    REMOVED = REMOVED


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One thing that happened. ``sequence`` counts up by one in the queue's own order; ``task`` is a copy."""

    sequence: int
    kind: EventKind
    task: Task
    old_status: str | None
    new_status: str

    def __str__(self) -> str:
        return f"#{self.sequence} {self.kind} {self.task.task_id}: {self.old_status} → {self.new_status}"


Listener = Callable[[TaskEvent], None]


@dataclass(frozen=True, slots=True)
class StatusListener:
    """Calls a three-argument callback for the events it understands; equal by its callback."""

    callback: StatusCallback

    def __call__(self, event: TaskEvent) -> None:
        """Pass on what happened."""
        if event.kind is not EventKind.DRAFT:
            self.callback(event.task.task_id, event.old_status, event.new_status)
