"""The arithmetic of a countdown: holding it, letting it go on, and what happens at zero."""

from __future__ import annotations

import heapq
import math
from collections.abc import Container
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from deskbell.task import Answer, AnsweredBy, Draft, Hold, HoldReason, Task, TaskKind

OPTION_PREFIX: Final = "option:"


def start_hold(task: Task, reason: HoldReason, until: float) -> None:
    """Stop the countdown for ``reason`` until a moment on the monotonic clock, or move the end of that hold."""
    others = (hold for hold in task.pace.holds if hold.reason is not reason)
    since = task.pace.held_since
    task.pace = replace(
        task.pace,
        holds=(*others, Hold(reason, until)),
        held_since=task.clock.monotonic() if since is None else since,
    )


def end_holds(task: Task, reasons: Container[HoldReason], at_least: float) -> bool:
    """Drop reasons to hold; with none left the countdown goes on with ``at_least`` seconds. False if none was held."""
    pace = task.pace
    kept = tuple(hold for hold in pace.holds if hold.reason not in reasons)
    if kept == pace.holds:
        return False
    task.pace = replace(pace, holds=kept)
    if not kept and pace.held_since is not None:
        held = task.clock.monotonic() - pace.held_since
        task.pace = replace(task.pace, held_since=None, held_seconds=pace.held_seconds + held)
        leave_at_least(task, at_least)
    return True


def give_back(task: Task, seconds: float, at_least: float) -> None:
    """Return lost time to a running countdown, so that ``at_least`` seconds are left."""
    task.pace = replace(task.pace, held_seconds=task.pace.held_seconds + seconds)
    leave_at_least(task, at_least)


def leave_at_least(task: Task, seconds: float) -> None:
    """Lengthen a running countdown that has less than ``seconds`` left."""
    missing = seconds - (task.get_deadline_monotonic() - task.clock.monotonic())
    if missing > 0:
        extend(task, missing)


def extend(task: Task, seconds: float) -> None:
    """Give the countdown ``seconds`` more."""
    task.pace = replace(task.pace, granted_seconds=task.pace.granted_seconds + seconds)


def ended_holds(task: Task, now: float) -> tuple[HoldReason, ...]:
    """The reasons to hold whose time is over."""
    return tuple(hold.reason for hold in task.pace.holds if hold.until <= now)


def due_time(task: Task) -> float:
    """When the queue must look at an open task next, on the monotonic clock; infinite for never."""
    if task.pace.holds:
        return min(hold.until for hold in task.pace.holds)
    return task.get_deadline_monotonic()


def answer_at_zero(task: Task, timeout_text: str, at: datetime) -> dict[str, Any] | None:
    """What a countdown that ran out answers; None to let the task expire.

    A permission request always expires: silence allows nothing. What the person had begun to type goes along, so that
    nothing typed is lost.
    """
    draft = task.draft or Draft()
    if task.on_timeout == "expire" or task.details.kind is TaskKind.PERMISSION:
        return None
    options = draft.options
    text = draft.text
    if task.on_timeout.startswith(OPTION_PREFIX):
        options = (task.on_timeout.removeprefix(OPTION_PREFIX),)
    elif not draft:
        text = timeout_text
    return Answer(options, text, draft.fields, draft.attachments, AnsweredBy.TIMEOUT, at).to_dict()


class Agenda:
    """When to look at which task next. Not thread-safe: the queue's lock guards it.

    A binary heap with lazy deletion: an entry counts only while it is the one planned for its task, and the heap is
    rebuilt when most entries no longer count. A task that has ended stays until its time comes.
    """

    _SLACK = 64

    def __init__(self) -> None:
        self._planned: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def plan(self, task_id: str, when: float) -> None:
        """Look at a task at ``when``, unless that happens earlier anyway: it is planned anew then."""
        if when >= self._planned.get(task_id, math.inf):
            return
        self._planned[task_id] = when
        heapq.heappush(self._heap, (when, task_id))
        if len(self._heap) > 2 * len(self._planned) + self._SLACK:
            self._heap = [(when, task_id) for task_id, when in self._planned.items()]
            heapq.heapify(self._heap)

    def next_time(self) -> float:
        """When the next look is due; infinite for never."""
        while self._heap:
            when, task_id = self._heap[0]
            if self._planned.get(task_id) == when:
                return when
            heapq.heappop(self._heap)
        return math.inf

    def take_due(self, now: float) -> list[str]:
        """The tasks to look at by ``now``, earliest first; they are planned no more."""
        due = []
        while self.next_time() <= now:
            _, task_id = heapq.heappop(self._heap)
            del self._planned[task_id]
            due.append(task_id)
        return due
