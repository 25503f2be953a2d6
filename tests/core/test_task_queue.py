"""The queue's contract, member by member, as other programs are written against it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from deskbell.task_queue import Task, TaskQueue, TaskStatus

if TYPE_CHECKING:
    from tests.core.conftest import FakeClock

Change = tuple[str, str | None, str]


@pytest.fixture
def changes(tasks: TaskQueue) -> list[Change]:
    """What a status callback has been told so far."""
    seen: list[Change] = []
    tasks.register_status_change_callback(lambda *change: seen.append(change))
    return seen


@pytest.fixture
def three(tasks: TaskQueue, changes: list[Change]) -> TaskQueue:
    """A queue with the tasks a (active), b and c, all news of which is old."""
    for name in "abc":
        assert tasks.add_task(name, f"prompt {name}")
    changes.clear()
    return tasks


def statuses(tasks: TaskQueue) -> dict[str, str]:
    return {task.task_id: str(task.status) for task in tasks.get_all_tasks()}


def test_the_module_offers_the_names_other_programs_import() -> None:
    """Task, TaskQueue and TaskStatus come from one place."""
    assert (Task.__name__, TaskQueue.__name__, TaskStatus.__name__) == ("Task", "TaskQueue", "TaskStatus")


def test_a_queue_holds_ten_tasks_by_default(clock: FakeClock, make_queue: Callable[..., TaskQueue]) -> None:
    """The eleventh is refused."""
    queue = make_queue()
    assert [queue.add_task(str(number), "p") for number in range(11)] == [True] * 10 + [False]


def test_one_daemon_thread_works_for_the_queue(tasks: TaskQueue) -> None:
    """It carries the name by which other programs look for it."""
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "TaskQueueCleanup"]
    assert thread.daemon


def test_the_first_task_becomes_active_and_later_ones_wait(tasks: TaskQueue, changes: list[Change]) -> None:
    """Listeners learn it with an old status of None."""
    assert [tasks.add_task(name, "p") for name in "abc"] == [True] * 3

    assert statuses(tasks) == {"a": "active", "b": "pending", "c": "pending"}
    assert changes == [("a", None, "active"), ("b", None, "pending"), ("c", None, "pending")]


def test_an_id_is_taken_only_once(three: TaskQueue, changes: list[Change]) -> None:
    """The second task of that id changes nothing, even after the first has finished."""
    assert not three.add_task("b", "another prompt")
    three.complete_task("a", {})
    changes.clear()

    assert not three.add_task("a", "another prompt")
    assert [task.prompt for task in three.get_all_tasks()] == ["prompt a", "prompt b", "prompt c"]
    assert changes == []


def test_an_id_is_free_again_once_its_task_is_gone(three: TaskQueue) -> None:
    """Removing makes room for it, at the end."""
    three.remove_task("b")
    assert three.add_task("b", "new")
    assert list(statuses(three)) == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("given", "kept"), [(0, 0), (1, 1), (0.2, 1), (290, 290), (291, 290), (10**400, 290), (float("inf"), 290), (-1, 0)]
)
def test_a_countdown_is_clamped(tasks: TaskQueue, given: float, kept: int) -> None:
    """To 0 … 290 whole seconds."""
    tasks.add_task("a", "p", None, given)
    task = tasks.get_task("a")
    assert task
    assert task.auto_resubmit_timeout == kept


def test_the_longest_countdown_can_be_chosen(make_queue: Callable[..., TaskQueue]) -> None:
    """The ceiling is an argument of the constructor."""
    queue = make_queue(max_timeout=3600)
    queue.add_task("a", "p", None, 4000)
    task = queue.get_task("a")
    assert task
    assert task.auto_resubmit_timeout == 3600


def test_what_was_given_comes_back(tasks: TaskQueue, clock: FakeClock) -> None:
    """Prompt, options, countdown and both moments of creation."""
    tasks.add_task("a", "Deploy?", predefined_options=["Yes", "No"], auto_resubmit_timeout=60)
    task = tasks.get_task("a")

    assert task == Task(
        "a", "Deploy?", ["Yes", "No"], 60, clock.now(), clock.monotonic(), "active", explicit_timeout=True
    )


def test_looking_for_what_is_not_there_gives_none(tasks: TaskQueue) -> None:
    """No error, and nothing active in an empty queue."""
    assert tasks.get_task("a") is None
    assert tasks.get_active_task() is None
    assert tasks.get_all_tasks() == []


def test_tasks_keep_their_order(three: TaskQueue) -> None:
    """The order of insertion, whatever happens to them."""
    three.set_active_task("c")
    three.complete_task("a", {})
    assert list(statuses(three)) == ["a", "b", "c"]


def test_activating_sends_the_active_task_back(three: TaskQueue, changes: list[Change]) -> None:
    """It waits again, and both changes are told in order."""
    assert three.set_active_task("b")

    active = three.get_active_task()
    assert active
    assert active.task_id == "b"
    assert statuses(three) == {"a": "pending", "b": "active", "c": "pending"}
    assert changes == [("a", "active", "pending"), ("b", "pending", "active")]


def test_activating_the_active_task_is_true_and_silent(three: TaskQueue, changes: list[Change]) -> None:
    """Nothing has changed."""
    assert three.set_active_task("a")
    assert changes == []


def test_unknown_and_finished_tasks_cannot_be_activated(three: TaskQueue, changes: list[Change]) -> None:
    """False, and the active one stays."""
    three.complete_task("b", {})
    changes.clear()

    assert not three.set_active_task("b")
    assert not three.set_active_task("nobody")
    assert statuses(three)["a"] == "active"
    assert changes == []


def test_completing_stores_the_answer_and_brings_the_next_forward(
    three: TaskQueue, changes: list[Change], clock: FakeClock
) -> None:
    """The first pending task in order, not the next one after the completed."""
    three.set_active_task("b")
    changes.clear()
    clock.advance(5)
    assert three.complete_task("b", {"text": "ok"})

    task = three.get_task("b")
    assert task
    assert (task.status, task.result, task.completed_at) == ("completed", {"text": "ok"}, clock.now())
    assert statuses(three) == {"a": "active", "b": "completed", "c": "pending"}
    assert changes == [("b", "active", "completed"), ("a", "pending", "active")]


def test_completing_a_pending_task_leaves_the_active_one(three: TaskQueue, changes: list[Change]) -> None:
    """Tabs can be answered in any order."""
    assert three.complete_task("c", {})
    assert statuses(three) == {"a": "active", "b": "pending", "c": "completed"}
    assert changes == [("c", "pending", "completed")]


def test_an_unknown_task_cannot_be_ended(three: TaskQueue, changes: list[Change]) -> None:
    """Neither completed, nor cancelled, nor removed."""
    assert not three.complete_task("nobody", {})
    assert not three.cancel_task("nobody")
    assert not three.remove_task("nobody")
    assert changes == []


def test_cancelling_ends_a_task_without_an_answer(three: TaskQueue, changes: list[Change]) -> None:
    """And a second time it is too late."""
    assert [three.cancel_task("a"), three.cancel_task("a")] == [True, False]

    task = three.get_task("a")
    assert task
    assert (task.status, task.result, task.is_open) == ("cancelled", None, False)
    assert changes == [("a", "active", "cancelled"), ("b", "pending", "active")]


def test_removing_is_immediate_and_brings_the_next_forward(three: TaskQueue, changes: list[Change]) -> None:
    """The new status is the plain word removed."""
    assert [three.remove_task("a"), three.remove_task("a")] == [True, False]

    assert statuses(three) == {"b": "active", "c": "pending"}
    assert changes == [("a", "active", "removed"), ("b", "pending", "active")]


def test_clearing_takes_everything_out(three: TaskQueue, changes: list[Change]) -> None:
    """Nothing is brought forward on the way."""
    three.complete_task("a", {})
    changes.clear()

    assert [three.clear_all_tasks(), three.clear_all_tasks()] == [3, 0]
    assert three.get_all_tasks() == []
    assert changes == [("a", "completed", "removed"), ("b", "active", "removed"), ("c", "pending", "removed")]


def test_clearing_the_finished_leaves_the_open(three: TaskQueue, changes: list[Change]) -> None:
    """Cancelled ones are finished too."""
    three.complete_task("a", {})
    three.cancel_task("b")
    changes.clear()

    assert [three.clear_completed_tasks(), three.clear_completed_tasks()] == [2, 0]
    assert statuses(three) == {"c": "active"}
    assert changes == [("a", "completed", "removed"), ("b", "cancelled", "removed")]


def test_cleaning_up_takes_out_what_finished_long_enough_ago(three: TaskQueue, clock: FakeClock) -> None:
    """An age of 0 seconds takes all finished ones."""
    three.complete_task("a", {})
    clock.advance(3)
    three.complete_task("b", {})

    assert [three.cleanup_completed_tasks(3.5), three.cleanup_completed_tasks(3), three.cleanup_completed_tasks()] == [
        0,
        1,
        0,
    ]
    assert three.cleanup_completed_tasks(0) == 1
    assert statuses(three) == {"c": "active"}


def test_a_finished_task_stays_ten_seconds(three: TaskQueue, changes: list[Change], clock: FakeClock) -> None:
    """Then the thread takes it out."""
    three.complete_task("a", {})
    clock.advance(9.9)
    assert three.get_task("a")
    changes.clear()

    clock.advance(0.1)
    assert three.get_task("a") is None
    assert changes == [("a", "completed", "removed")]


def test_an_update_reaches_every_open_countdown(three: TaskQueue, clock: FakeClock) -> None:
    """It counts from the creation; finished ones keep theirs."""
    three.complete_task("a", {})
    clock.advance(5)

    assert [three.update_auto_resubmit_timeout_for_all(100), three.update_auto_resubmit_timeout_for_all(100)] == [2, 0]
    assert {task.task_id: task.auto_resubmit_timeout for task in three.get_all_tasks()} == {
        "a": 240,
        "b": 100,
        "c": 100,
    }
    assert [task.get_remaining_time() for task in three.get_all_tasks()] == [0, 95, 95]


def test_counts_are_by_status(three: TaskQueue) -> None:
    """With the total, the held ones and the bound."""
    three.complete_task("a", {})
    three.hold("c")

    assert three.get_task_count() == {
        "total": 3, "pending": 1, "active": 1, "completed": 1, "expired": 0, "cancelled": 0, "held": 1, "max": 10,
    }  # fmt: skip


def test_a_callback_counts_once_and_can_be_taken_back(tasks: TaskQueue) -> None:
    """Registering is idempotent; unregistering says whether it was known."""
    seen: list[Change] = []

    def callback(task_id: str, old: str | None, new: str) -> None:
        seen.append((task_id, old, new))

    tasks.register_status_change_callback(callback)
    tasks.register_status_change_callback(callback)
    tasks.add_task("a", "p")
    assert seen == [("a", None, "active")]

    assert [tasks.unregister_status_change_callback(callback) for _ in range(2)] == [True, False]
    tasks.remove_task("a")
    assert seen == [("a", None, "active")]


def test_a_failing_callback_is_logged_and_stops_nobody_else(
    tasks: TaskQueue, expect_log: Callable[[str], None]
) -> None:
    """Neither the queue nor the other callbacks."""

    def failing(task_id: str, _old: str | None, _new: str) -> None:
        raise RuntimeError(task_id)

    seen: list[Change] = []
    expect_log("A listener failed on .* added a(.|\n)*RuntimeError: a")
    tasks.register_status_change_callback(failing)
    tasks.register_status_change_callback(lambda *change: seen.append(change))

    assert tasks.add_task("a", "p")
    assert seen == [("a", None, "active")]


def test_stopping_ends_the_thread_and_may_be_repeated(make_queue: Callable[..., TaskQueue]) -> None:
    """What is in the queue stays readable."""
    queue = make_queue()
    queue.add_task("a", "p")
    queue.stop_cleanup()
    queue.stop_cleanup()

    assert "TaskQueueCleanup" not in {thread.name for thread in threading.enumerate()}
    assert queue.get_task("a")
