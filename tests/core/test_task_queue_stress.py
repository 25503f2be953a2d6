"""Eight threads at once: what holds after every single event."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from deskbell.events import EventKind, TaskEvent
from deskbell.task import Draft
from deskbell.task_queue import TaskQueue

THREADS = 8
ROUNDS = 1000
SHARED = 12

LEGAL = {
    None: {"active", "pending"},
    "pending": {"active", "completed", "cancelled", "expired", "removed"},
    "active": {"pending", "completed", "cancelled", "expired", "removed"},
    "completed": {"removed"},
    "cancelled": {"removed"},
    "expired": {"removed"},
}


@dataclass(eq=False)
class Watcher:
    """A listener that looks at the queue after every event."""

    queue: TaskQueue
    events: list[TaskEvent] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __call__(self, event: TaskEvent) -> None:
        self.events.append(event)
        counts = self.queue.get_task_count()
        statuses = [task.status for task in self.queue.get_all_tasks()]
        for active, pending in (
            (counts["active"], counts["pending"]),
            (statuses.count("active"), statuses.count("pending")),
        ):
            if active > 1 or (pending and not active):
                self.faults.append(f"{event}: {active} active, {pending} pending")

    def numbers(self) -> list[int]:
        return [event.sequence for event in self.events]

    def chains(self) -> dict[str, list[tuple[str | None, str]]]:
        """The changes of status of each task, in the order in which they were heard of."""
        told: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
        for event in self.events:
            if event.kind in {EventKind.ADDED, EventKind.STATUS, EventKind.REMOVED}:
                told[event.task.task_id].append((event.old_status, str(event.new_status)))
        return told


def broken_links(chain: list[tuple[str | None, str]]) -> list[str]:
    """Where a task's story has a gap or takes an impossible turn."""
    states = [None, *(None if new == "removed" else new for _, new in chain)]
    told = zip(states, chain, strict=False)
    return [f"{old} → {new} after {state}" for state, (old, new) in told if old != state or new not in LEGAL[old]]


def meddle(queue: TaskQueue, dice: random.Random) -> None:
    """Do one thing or another to some task."""
    name = str(dice.randrange(SHARED))
    things: list[Callable[[], Any]] = [
        lambda: queue.add_task(name, "p"),
        lambda: queue.add_task(name, "p"),
        lambda: queue.complete_task(name, {"text": "ok"}),
        lambda: queue.cancel_task(name),
        lambda: queue.remove_task(name),
        lambda: queue.set_active_task(name),
        lambda: queue.set_draft(name, Draft(text=str(dice.random()))),
        lambda: queue.hold(name),
        lambda: queue.release(name),
        lambda: queue.update_auto_resubmit_timeout_for_all(dice.randrange(100, 290)),
        queue.clear_completed_tasks,
    ]
    dice.choice(things)()
    if not dice.randrange(100):
        queue.clear_all_tasks()


@pytest.fixture
def queue(make_queue: Callable[..., TaskQueue]) -> TaskQueue:
    return make_queue(8)


def test_nothing_is_ever_wrong_for_a_listener(queue: TaskQueue, together: Callable[..., list[Any]]) -> None:
    """At most one task is active, none waits for nothing, and all listeners hear the same consistent story."""
    watchers = [Watcher(queue), Watcher(queue)]
    for watcher in watchers:
        queue.register_listener(watcher)

    def work(number: int) -> None:
        dice = random.Random(number)
        for _ in range(ROUNDS):
            meddle(queue, dice)

    assert together(THREADS, work) == [None] * THREADS

    first, second = watchers
    assert first.faults == second.faults == []
    assert first.numbers() == second.numbers() == list(range(1, len(first.events) + 1))
    assert {name: broken_links(chain) for name, chain in first.chains().items()} == {
        name: [] for name in first.chains()
    }
    assert len(first.events) > THREADS * ROUNDS / 4


def test_the_last_word_about_a_task_is_its_status(queue: TaskQueue, together: Callable[..., list[Any]]) -> None:
    """Whoever follows the events knows what is in the queue."""
    watcher = Watcher(queue)
    queue.register_listener(watcher)

    def work(number: int) -> None:
        dice = random.Random(number)
        for _ in range(100):
            meddle(queue, dice)

    together(THREADS, work)

    last = {name: chain[-1][1] for name, chain in watcher.chains().items()}
    assert {name: status for name, status in last.items() if status != "removed"} == {
        task.task_id: str(task.status) for task in queue.get_all_tasks()
    }


def test_listeners_that_use_the_queue_do_not_deadlock(queue: TaskQueue, together: Callable[..., list[Any]]) -> None:
    """Even when each changes what the others hear about."""
    numbers = itertools.count()

    def answering(event: TaskEvent) -> None:
        if event.kind is EventKind.ADDED:
            queue.set_active_task(event.task.task_id)
            queue.complete_task(event.task.task_id, {"text": "ok"})

    def removing(event: TaskEvent) -> None:
        if event.new_status == "completed":
            queue.remove_task(event.task.task_id)

    watcher = Watcher(queue)
    for listener in (answering, removing, watcher):
        queue.register_listener(listener)
    done = together(THREADS, lambda _: [queue.add_task(str(next(numbers)), "p") for _ in range(100)])

    assert all(isinstance(one, list) for one in done)
    assert watcher.faults == []
    assert all(broken_links(chain) == [] for chain in watcher.chains().values())
    assert queue.get_all_tasks() == []
