"""What the queue asks of whoever keeps its tasks beyond the end of the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from deskbell.events import EventKind
from deskbell.task import Task

Outcome = Task | Exception
"""The task as it was kept, or why it could not be kept."""

Settled = Callable[[Outcome], None]


class Recorder(Protocol):
    """Keeps tasks. The queue calls it with its lock held, in the order in which things happen.

    It takes a note and returns: it neither waits nor calls back from within. Once a note is kept, or cannot be, its
    ``settled`` is called once, on a thread that holds no lock. The tasks are copies of its own.
    """

    def task_added(self, task: Task, settled: Settled) -> None:
        """A task was added."""
        ...

    def task_ending(self, task: Task, settled: Settled) -> None:
        """A task is about to end as ``task`` says. It ends when that is kept, and stays open when it cannot be."""
        ...

    def task_changed(self, kind: EventKind, task: Task) -> None:
        """A draft or a countdown changed, or the task came forward. Nobody waits for that to be kept."""
        ...


def settle_at_once(_outcome: Outcome) -> None:
    """Nobody wants to know."""
