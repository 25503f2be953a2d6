"""The faults of the design this queue replaces, one test or more for each, named for it.

The tenth, that nothing survives a restart, is a matter of the journal and not tested here.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.task import Draft
from deskbell.task_queue import TaskQueue

if TYPE_CHECKING:
    from tests.core.conftest import FakeClock


def test_fault_1_a_callback_that_uses_the_queue_does_not_deadlock(tasks: TaskQueue) -> None:
    """Every member can be called from a callback, whichever call brought it about."""
    seen: list[tuple[str, int]] = []

    def nosy(task_id: str, _old: str | None, _new: str) -> None:
        seen.append((task_id, len(tasks.get_all_tasks())))
        tasks.get_task_count()
        tasks.get_active_task()
        tasks.update_auto_resubmit_timeout_for_all(100)
        tasks.cleanup_completed_tasks(1000)
        if task_id == "a":
            tasks.add_task("b", "p")

    def work() -> None:
        tasks.add_task("a", "p")
        tasks.complete_task("a", {})
        tasks.clear_all_tasks()

    tasks.register_status_change_callback(nosy)
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(10)

    assert not worker.is_alive()
    assert {task_id for task_id, _ in seen} == {"a", "b"}


def test_fault_1_a_callback_blocks_no_other_thread(tasks: TaskQueue) -> None:
    """The lock is free while callbacks run."""
    inside, leave = threading.Event(), threading.Event()

    def slow(*_change: object) -> None:
        inside.set()
        leave.wait(10)

    tasks.register_status_change_callback(slow)
    worker = threading.Thread(target=tasks.add_task, args=("a", "p"))
    worker.start()
    assert inside.wait(10)
    started = time.monotonic()
    assert tasks.add_task("b", "p")
    assert tasks.get_task("b")
    took = time.monotonic() - started
    leave.set()
    worker.join()

    assert took < 5


def test_fault_1_events_come_in_the_queues_own_order(tasks: TaskQueue, together: Callable[..., list[Any]]) -> None:
    """From many threads, each listener sees the same events with the numbers going up by one."""
    seen: tuple[list[int], list[int]] = ([], [])
    tasks.max_tasks = 1000
    for one in seen:
        tasks.register_listener(lambda event, one=one: one.append(event.sequence))  # type: ignore[misc]

    together(8, lambda number: [tasks.add_task(f"{number}-{turn}", "p") for turn in range(50)])

    assert seen[0] == seen[1] == list(range(1, 401))


@pytest.mark.parametrize("nothing", [0, -1, -math.inf, math.nan])
def test_fault_2_zero_means_never_and_not_already_expired(tasks: TaskQueue, clock: FakeClock, nothing: float) -> None:
    """Negative and NaN timeouts are no countdown at all, and are not kept."""
    tasks.add_task("a", "p", None, nothing)
    clock.advance(1e6)

    task = tasks.get_task("a")
    assert task
    assert (task.status, task.auto_resubmit_timeout) == ("active", 0)
    assert (task.get_remaining_time(), task.get_deadline_monotonic(), task.is_expired()) == (0, math.inf, False)


@pytest.mark.parametrize(("given", "kept"), [(10**6, 290), (math.inf, 290), (-5, 0), (math.nan, 0)])
def test_fault_2_a_hot_update_is_clamped(tasks: TaskQueue, given: float, kept: int) -> None:
    """As a new task's countdown is."""
    tasks.add_task("a", "p")
    assert tasks.update_auto_resubmit_timeout_for_all(given) == 1

    task = tasks.get_task("a")
    assert task
    assert task.auto_resubmit_timeout == kept


def test_fault_3_the_first_answer_wins(tasks: TaskQueue) -> None:
    """The second caller learns that it came too late, and a finished task cannot come back."""
    tasks.add_task("a", "p")
    answers = [tasks.complete_task("a", {"text": "first"}), tasks.complete_task("a", {"text": "second"})]
    first = tasks.get_task("a")

    assert answers == [True, False]
    assert first
    assert first.result == {"text": "first"}
    assert not tasks.set_active_task("a")
    assert not tasks.cancel_task("a")
    assert tasks.get_task("a") == first


def test_fault_3_of_many_answers_at_once_exactly_one_wins(tasks: TaskQueue, together: Callable[..., list[Any]]) -> None:
    """And it is that one which is kept."""
    tasks.add_task("a", "p")
    won = together(8, lambda number: tasks.complete_task("a", {"text": str(number)}))

    task = tasks.get_task("a")
    assert sorted(won) == [False] * 7 + [True]
    assert task
    assert task.result == {"text": str(won.index(True))}


def test_fault_4_finished_tasks_do_not_fill_the_queue(make_queue: Callable[..., TaskQueue]) -> None:
    """Only what waits for an answer counts against the bound."""
    queue = make_queue(1)
    for number in range(5):
        assert queue.add_task(str(number), "p")
        assert not queue.add_task("one too many", "p")
        queue.complete_task(str(number), {})

    assert queue.get_task_count()["completed"] == 5


def test_fault_5_what_leaves_or_enters_the_queue_is_a_copy(tasks: TaskQueue) -> None:
    """Neither callers nor listeners can change its insides by changing what they have."""
    options: list[Any] = [{"label": "Yes", "tags": ["a"]}]
    result: dict[str, Any] = {"fields": {"list": [1]}}
    drafted: dict[str, Any] = {"list": [1]}

    def vandal(event: Any) -> None:
        event.task.predefined_options[0]["tags"].append("vandal")
        event.task.status = "nonsense"

    tasks.register_listener(vandal)
    tasks.add_task("a", "p", options)
    tasks.set_draft("a", Draft(fields=drafted))
    tasks.complete_task("a", result)
    options[0]["tags"].append("b")
    result["fields"]["list"].append(2)
    drafted["list"].append(2)
    for task in (tasks.get_task("a"), *tasks.get_all_tasks()):
        thing: Any = task
        thing.result["fields"]["list"].append(3)
        thing.draft.fields["list"].append(3)
        thing.predefined_options.clear()
        thing.status = "pending"

    kept: Any = tasks.get_task("a")
    assert kept.status == "completed"
    assert kept.predefined_options == [{"label": "Yes", "tags": ["a"]}]
    assert kept.result == {"fields": {"list": [1]}}
    assert kept.draft.fields == {"list": [1]}


def test_fault_5_the_active_task_is_a_copy_too(tasks: TaskQueue) -> None:
    """Changing it does not finish it."""
    tasks.add_task("a", "p")
    active = tasks.get_active_task()
    assert active
    active.status = "completed"

    assert tasks.get_task_count()["active"] == 1


def test_fault_6_clearing_and_hot_updates_are_told(tasks: TaskQueue) -> None:
    """One event for each task that is changed or taken out."""
    for name in "ab":
        tasks.add_task(name, "p")
    seen: list[tuple[str, str | None, str]] = []
    tasks.register_status_change_callback(lambda *change: seen.append(change))

    tasks.update_auto_resubmit_timeout_for_all(100)
    assert seen == [("a", "active", "active"), ("b", "pending", "pending")]

    tasks.clear_all_tasks()
    assert seen[2:] == [("a", "active", "removed"), ("b", "pending", "removed")]


def test_fault_7_a_hot_update_leaves_what_an_agent_chose(tasks: TaskQueue) -> None:
    """Even where the agent chose what happens to be the default."""
    tasks.add_task("chosen", "p", None, 60)
    tasks.add_task("chosen as it happens", "p", None, 240, explicit_timeout=True)
    tasks.add_task("default", "p")
    tasks.add_task("the settings' default", "p", None, 120, explicit_timeout=False)

    assert tasks.update_auto_resubmit_timeout_for_all(100) == 2
    assert [task.auto_resubmit_timeout for task in tasks.get_all_tasks()] == [60, 240, 100, 100]


def test_fault_8_something_happens_at_the_deadline(tasks: TaskQueue, clock: FakeClock) -> None:
    """Nobody needs to look: the thread ends the task, and expired is a status that is used."""
    seen: list[tuple[str, str | None, str]] = []
    tasks.add_task("a", "p", None, 60)
    tasks.add_task("b", "p", None, 60, on_timeout="expire")
    tasks.register_status_change_callback(lambda *change: seen.append(change))
    clock.advance(60)

    assert seen == [("a", "active", "completed"), ("b", "pending", "active"), ("b", "active", "expired")]


def test_fault_9_cleanup_does_not_look_at_the_wall_clock(
    tasks: TaskQueue, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that is set back or forth neither keeps finished tasks nor drops them."""
    tasks.add_task("a", "p")
    monkeypatch.setattr(clock, "now", lambda: datetime(1999, 1, 1, tzinfo=UTC))
    tasks.complete_task("a", {})
    monkeypatch.setattr(clock, "now", lambda: datetime(2099, 1, 1, tzinfo=UTC))

    assert tasks.cleanup_completed_tasks(10) == 0
    clock.advance(10)
    assert tasks.get_all_tasks() == []


def test_fault_9_the_next_task_is_found_without_searching(make_queue: Callable[..., TaskQueue]) -> None:
    """Answering the active task costs the same with few and with many finished ones before it."""

    def seconds_for_1000(resident: int) -> float:
        queue = make_queue(resident, retention=math.inf)
        for number in range(resident):
            queue.add_task(str(number), "p")
        for number in range(resident - 1000):
            queue.complete_task(str(number), {})
        started = time.perf_counter()
        for number in range(resident - 1000, resident):
            queue.complete_task(str(number), {})
        return time.perf_counter() - started

    few = min(seconds_for_1000(1100) for _ in range(3))
    assert min(seconds_for_1000(20_000) for _ in range(2)) < 20 * few
