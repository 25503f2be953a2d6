"""Waiting for a task to end, for threads and for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from deskbell.events import Listener, TaskEvent
    from deskbell.task import Task


class Waitable(Protocol):
    """Something that knows tasks and tells when one has ended."""

    def add_waiter(self, task_id: str, waiter: Listener) -> Task | None:
        """Call ``waiter`` once when the open task ends; the task as it is now, None if unknown."""
        ...

    def remove_waiter(self, task_id: str, waiter: Listener) -> None:
        """Forget a waiter that has given up."""
        ...

    def get_task(self, task_id: str) -> Task | None:
        """The task as it is now, None if unknown."""
        ...


def wait(tasks: Waitable, task_id: str, timeout: float | None = None) -> Task | None:
    """Block until a task has ended, at most ``timeout`` seconds. The task as it then is; None if unknown."""
    ended = threading.Event()
    outcome: list[Task] = []

    def waiter(event: TaskEvent) -> None:
        outcome.append(event.task)
        ended.set()

    task = tasks.add_waiter(task_id, waiter)
    if task is None or not task.is_open:
        return task
    try:
        ended.wait(timeout)
    finally:
        tasks.remove_waiter(task_id, waiter)
    return outcome[0] if outcome else tasks.get_task(task_id)


async def wait_async(tasks: Waitable, task_id: str, timeout: float | None = None) -> Task | None:
    """As ``wait``, without blocking the event loop. Cancelling it forgets the waiter and keeps the task."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Task] = loop.create_future()

    def settle(task: Task) -> None:
        if not ended.done():
            ended.set_result(task)

    def waiter(event: TaskEvent) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
            loop.call_soon_threadsafe(settle, event.task)

    task = tasks.add_waiter(task_id, waiter)
    if task is None or not task.is_open:
        return task
    try:
        async with asyncio.timeout(timeout):
            return await ended
    except TimeoutError:
        return tasks.get_task(task_id)
    finally:
        tasks.remove_waiter(task_id, waiter)
