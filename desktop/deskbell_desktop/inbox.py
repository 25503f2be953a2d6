"""What the window knows of the desk: the open tasks as of the last batch of events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from deskbell.events import REMOVED, EventKind, TaskEvent
from deskbell.task import Task, TaskStatus


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch of events came down to: the tasks that came, and those that ended, as they ended."""

    arrived: tuple[Task, ...] = ()
    ended: tuple[Task, ...] = ()

    def __str__(self) -> str:
        return f"{len(self.arrived)} arrived, {len(self.ended)} ended"


class Inbox(QObject):
    """The open tasks in order of arrival, kept up to date by events. Lives on the GUI thread."""

    changed = Signal(object)  # Changes

    def __init__(self, tasks: Iterable[Task] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = {task.task_id: task for task in tasks}
        self._active_id = next((task.task_id for task in self._tasks.values() if _is_active(task)), None)

    @property
    def tasks(self) -> list[Task]:
        """The open tasks in order of arrival."""
        return list(self._tasks.values())

    @property
    def active(self) -> Task | None:
        """The task to show."""
        return self._tasks.get(self._active_id or "")

    def __len__(self) -> int:
        return len(self._tasks)

    def get(self, task_id: str) -> Task | None:
        """An open task, or None."""
        return self._tasks.get(task_id)

    @Slot(object)
    def take(self, events: tuple[TaskEvent, ...]) -> None:
        """Bring the tasks up to date and tell once what has changed."""
        before = dict(self._tasks)
        last = {event.task.task_id: event.task for event in events if event.kind is not EventKind.REMOVED}
        for event in events:
            self._apply(event)
        arrived = tuple(task for task_id, task in self._tasks.items() if task_id not in before)
        ended = tuple(last.get(task_id, task) for task_id, task in before.items() if task_id not in self._tasks)
        self.changed.emit(Changes(arrived, ended))

    def _apply(self, event: TaskEvent) -> None:
        task = event.task
        is_open = event.new_status != REMOVED and task.is_open
        if is_open and (task.task_id in self._tasks or event.kind is EventKind.ADDED):
            self._tasks[task.task_id] = task
            if _is_active(task):
                self._active_id = task.task_id
        elif not is_open:
            self._tasks.pop(task.task_id, None)
            if self._active_id == task.task_id:
                self._active_id = None


def _is_active(task: Task) -> bool:
    return task.status == TaskStatus.ACTIVE
