"""Waiting for a task to end, on threads and on an event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from deskbell import waiting
from deskbell.task import Task
from deskbell.task_queue import TaskQueue

MANY = 500


@pytest.fixture
def queue(make_queue: Callable[..., TaskQueue]) -> TaskQueue:
    queue = make_queue(MANY)
    queue.add_task("a", "p")
    return queue


def waiters(queue: TaskQueue) -> int:
    return sum(map(len, queue._waiters.values()))


def until_waiting(queue: TaskQueue, count: int) -> None:
    deadline = time.monotonic() + 20
    while waiters(queue) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def ending(queue: TaskQueue, how: str) -> None:
    """End the task a in one way or another."""
    if how == "complete":
        queue.complete_task("a", {"text": "ok"})
    elif how == "cancel":
        queue.cancel_task("a")
    elif how == "remove":
        queue.remove_task("a")
    else:
        queue.clear_all_tasks()


ENDS = pytest.mark.parametrize(
    ("how", "status"),
    [("complete", "completed"), ("cancel", "cancelled"), ("remove", "cancelled"), ("clear", "cancelled")],
)


@ENDS
def test_a_thread_is_released_when_the_task_ends(
    queue: TaskQueue, together: Callable[..., list[Any]], how: str, status: str
) -> None:
    """However it ends: a task that is taken out while it waits was cancelled."""

    def work(number: int) -> Task | None:
        if number:
            return waiting.wait(queue, "a", 20)
        until_waiting(queue, 4)
        ending(queue, how)
        return None

    outcomes = together(5, work)[1:]

    assert [task.status for task in outcomes] == [status] * 4
    assert waiters(queue) == 0


@ENDS
def test_a_coroutine_is_released_when_the_task_ends(queue: TaskQueue, how: str, status: str) -> None:
    """On its own event loop, whichever thread ended the task."""

    async def main() -> Task | None:
        waiter = asyncio.create_task(waiting.wait_async(queue, "a", 20))
        await asyncio.sleep(0)
        assert waiters(queue) == 1
        await asyncio.to_thread(ending, queue, how)
        return await waiter

    task = asyncio.run(main())

    assert task
    assert task.status == status
    assert waiters(queue) == 0


def test_many_coroutines_are_released_at_once(queue: TaskQueue) -> None:
    """Five hundred of them, each with its own task, and none is forgotten inside."""

    async def main() -> list[Task | None]:
        waits = [asyncio.create_task(waiting.wait_async(queue, name)) for name in names]
        await asyncio.sleep(0)
        assert waiters(queue) == MANY
        await asyncio.to_thread(lambda: [queue.complete_task(name, {"text": name}) for name in names])
        async with asyncio.timeout(20):
            return await asyncio.gather(*waits)

    names = ["a", *map(str, range(1, MANY))]
    for name in names[1:]:
        queue.add_task(name, "p")
    outcomes = asyncio.run(main())

    assert [task and task.result for task in outcomes] == [{"text": name} for name in names]
    assert waiters(queue) == 0


def test_waiting_for_what_has_ended_returns_at_once(queue: TaskQueue) -> None:
    """With the task as it ended."""
    queue.complete_task("a", {"text": "ok"})

    assert waiting.wait(queue, "a") == asyncio.run(waiting.wait_async(queue, "a")) == queue.get_task("a")
    assert waiters(queue) == 0


def test_waiting_for_nobody_gives_none(queue: TaskQueue) -> None:
    """At once."""
    assert waiting.wait(queue, "nobody") is None
    assert asyncio.run(waiting.wait_async(queue, "nobody")) is None


@pytest.mark.parametrize("timeout", [0, 0.01])
def test_whoever_gives_up_is_forgotten_and_gets_the_open_task(queue: TaskQueue, timeout: float) -> None:
    """The task stays."""
    for task in (waiting.wait(queue, "a", timeout), asyncio.run(waiting.wait_async(queue, "a", timeout))):
        assert task
        assert task.status == "active"
    assert waiters(queue) == 0


def test_a_cancelled_coroutine_is_forgotten(queue: TaskQueue) -> None:
    """The others still wait, and the task stays."""

    async def main() -> Task | None:
        doomed, other = (asyncio.create_task(waiting.wait_async(queue, "a", 20)) for _ in range(2))
        await asyncio.sleep(0)
        assert waiters(queue) == 2
        doomed.cancel()
        await asyncio.wait([doomed])
        assert doomed.cancelled()
        assert waiters(queue) == 1
        queue.complete_task("a", {})
        return await other

    task = asyncio.run(main())
    assert task
    assert task.status == "completed"


def test_a_loop_that_has_closed_is_no_trouble(queue: TaskQueue) -> None:
    """Whoever waited there is gone; nothing is logged and nobody else is kept from the answer."""
    loop = asyncio.new_event_loop()
    waiter = waiting.wait_async(queue, "a")
    step = loop.create_task(waiter)
    loop.run_until_complete(asyncio.wait([step], timeout=0))
    assert waiters(queue) == 1
    loop.close()

    assert queue.complete_task("a", {})
    step._log_destroy_pending = False  # type: ignore[attr-defined]
    del step
    waiter.close()


def test_a_task_that_ends_while_somebody_comes_to_wait_is_not_missed(
    make_queue: Callable[..., TaskQueue], together: Callable[..., list[Any]]
) -> None:
    """The waiter sees it either ended already or ending."""
    queue = make_queue(1)
    gate = threading.Barrier(2)

    def work(number: int) -> list[Any]:
        outcomes = []
        for turn in range(200):
            if number:
                queue.add_task(str(turn), "p")
            gate.wait(20)
            if number:
                queue.complete_task(str(turn), {"turn": turn})
            else:
                outcomes.append(waiting.wait(queue, str(turn), 20))
        return outcomes

    outcomes = together(2, work)[0]
    assert [task.result for task in outcomes] == [{"turn": turn} for turn in range(200)]
