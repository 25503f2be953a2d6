"""A queue whose ends are kept by somebody before they count."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.events import EventKind
from deskbell.recording import Outcome, Settled
from deskbell.task import Draft, Task
from deskbell.task_queue import TaskQueue

if TYPE_CHECKING:
    from tests.core.conftest import FakeClock

YES = {"options": ["Yes"]}


class Notebook:
    """Takes notes and settles them when a test says so."""

    def __init__(self) -> None:
        self.open: list[tuple[Task, Settled]] = []
        self.changes: list[tuple[str, str]] = []

    def task_added(self, task: Task, settled: Settled) -> None:
        self.open.append((task, settled))

    def task_ending(self, task: Task, settled: Settled) -> None:
        self.open.append((task, settled))

    def task_changed(self, kind: EventKind, task: Task) -> None:
        self.changes.append((str(kind), task.task_id))

    def settle(self, error: Exception | None = None) -> None:
        """Settle the oldest note."""
        task, settled = self.open.pop(0)
        settled(error or task)


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def tasks(make_queue: Callable[..., TaskQueue], notebook: Notebook) -> TaskQueue:
    one = make_queue()
    one.restore([], notebook)
    return one


def ring(tasks: TaskQueue, notebook: Notebook, task_id: str, **more: Any) -> None:
    tasks.add_task(task_id, f"{task_id}?", **more)
    notebook.settle()


def test_adding_tells_when_it_is_kept(tasks: TaskQueue, notebook: Notebook) -> None:
    """The task can be seen before; whoever asked learns how keeping it went."""
    outcomes: list[Outcome] = []
    tasks.add_task("a", "?", settled=outcomes.append)
    assert tasks.get_active_task() is not None
    assert outcomes == []

    notebook.settle()
    assert [str(outcome) for outcome in outcomes] == ["a (active): ?"]


def test_an_end_counts_once_it_is_kept(tasks: TaskQueue, notebook: Notebook) -> None:
    """Until then the task is open, nobody else can end it, and nobody who waits is let go."""
    ring(tasks, notebook, "a")
    ring(tasks, notebook, "b")
    released: list[str] = []
    outcomes: list[Outcome] = []
    tasks.add_waiter("a", lambda event: released.append(event.new_status))
    assert tasks.complete_task("a", YES, settled=outcomes.append)

    going = tasks.get_task("a")
    assert going is not None
    assert (going.is_open, going.is_ending, going.result) == (True, True, None)
    assert not tasks.complete_task("a", {"options": ["No"]})
    assert not tasks.cancel_task("a")
    assert (released, outcomes) == ([], [])

    notebook.settle()
    gone = tasks.get_task("a")
    assert gone is not None
    assert (gone.status, gone.result, gone.is_ending) == ("completed", YES, False)
    assert released == ["completed"]
    assert isinstance(outcomes[0], Task)
    active = tasks.get_active_task()
    assert active is not None
    assert active.task_id == "b"


def test_an_end_that_cannot_be_kept_leaves_the_task_open(
    tasks: TaskQueue, notebook: Notebook, clock: FakeClock
) -> None:
    """With time enough to try again, which then succeeds."""
    ring(tasks, notebook, "a", auto_resubmit_timeout=5)
    outcomes: list[Outcome] = []
    error = OSError("full")
    clock.advance(4)
    tasks.complete_task("a", YES, settled=outcomes.append)
    clock.advance(100)
    notebook.settle(error)

    assert outcomes == [error]
    task = tasks.get_task("a")
    assert task is not None
    assert (task.is_open, task.is_ending, task.get_remaining_time()) == (True, False, 30)
    assert tasks.complete_task("a", YES)
    notebook.settle()
    assert tasks.get_task_count()["completed"] == 1


def test_whoever_comes_second_can_hear_how_it_went(tasks: TaskQueue, notebook: Notebook) -> None:
    """As long as it is on its way."""
    ring(tasks, notebook, "a")
    outcomes: list[Outcome] = []
    assert not tasks.when_ended("a", outcomes.append)
    tasks.complete_task("a", YES)
    assert tasks.when_ended("a", outcomes.append)
    notebook.settle()

    assert [outcome.result for outcome in outcomes if isinstance(outcome, Task)] == [YES]
    assert not tasks.when_ended("a", outcomes.append)


def test_time_that_runs_out_is_kept_first(tasks: TaskQueue, notebook: Notebook, clock: FakeClock) -> None:
    """And tried again a little later when it could not be."""
    ring(tasks, notebook, "a", auto_resubmit_timeout=5)
    clock.advance(5)
    assert tasks.get_task_count()["active"] == 1
    notebook.settle(OSError("full"))
    clock.advance(29)
    assert notebook.open == []
    clock.advance(1)
    notebook.settle()

    task = tasks.get_task("a")
    assert task is not None
    assert task.result is not None
    assert (task.status, task.result["answered_by"]) == ("completed", "timeout")


def test_time_cannot_run_out_while_an_answer_is_on_its_way(
    tasks: TaskQueue, notebook: Notebook, clock: FakeClock
) -> None:
    """Not even when the answer came at the last moment, before anybody had looked at the clock."""
    ring(tasks, notebook, "a", auto_resubmit_timeout=5)
    clock.settle()
    clock.jump_unseen(5.2)
    outcomes: list[Outcome] = []
    assert tasks.complete_task("a", YES, settled=outcomes.append)
    clock.oversleep(0.5)
    assert len(notebook.open) == 1

    notebook.settle()
    assert [outcome.result for outcome in outcomes if isinstance(outcome, Task)] == [YES]


def test_how_it_ended_is_told_as_a_copy(tasks: TaskQueue, notebook: Notebook) -> None:
    """Whoever changes what was told changes nothing in the queue."""
    ring(tasks, notebook, "a")
    outcomes: list[Outcome] = []
    tasks.complete_task("a", YES, settled=outcomes.append)
    notebook.settle()
    assert isinstance(outcomes[0], Task)
    assert outcomes[0].result is not None
    outcomes[0].result["options"].append("No")

    task = tasks.get_task("a")
    assert task is not None
    assert task.result == YES


def test_a_task_that_is_taken_out_ends_only_once(tasks: TaskQueue, notebook: Notebook) -> None:
    """Even while an answer is on its way."""
    ring(tasks, notebook, "a")
    seen: list[tuple[str | None, str]] = []
    tasks.register_status_change_callback(lambda _id, old, new: seen.append((old, new)))
    tasks.complete_task("a", YES)
    tasks.remove_task("a")
    while notebook.open:
        notebook.settle()

    assert seen == [("active", "removed")]
    assert tasks.get_all_tasks() == []


def test_changes_are_noted(tasks: TaskQueue, notebook: Notebook) -> None:
    """Drafts, countdowns, and which task is in front."""
    ring(tasks, notebook, "a")
    ring(tasks, notebook, "b")
    tasks.set_draft("a", Draft(text="x"))
    tasks.hold("a")
    tasks.set_active_task("b")

    assert notebook.changes == [("draft", "a"), ("countdown", "a"), ("status", "a"), ("status", "b")]


def test_what_was_kept_is_put_back(make_queue: Callable[..., TaskQueue], notebook: Notebook) -> None:
    """In its order, more than there is room for, with the one in front that was, and without being noted again."""
    tasks = make_queue(2)
    seen: list[tuple[str, str | None, str]] = []
    tasks.register_status_change_callback(lambda *change: seen.append(change))
    kept = [Task(name, "?", status="active" if name == "b" else "pending") for name in "abc"]
    tasks.restore([*kept, kept[0]], notebook)

    assert [(task.task_id, task.status) for task in tasks.get_all_tasks()] == [
        ("a", "pending"),
        ("b", "active"),
        ("c", "pending"),
    ]
    assert notebook.open == []
    assert [new for _, old, new in seen if old is None] == ["active", "pending", "pending"]
    assert not tasks.add_task("d", "?")


def test_a_countdown_that_is_put_back_into_a_pause_is_noted(
    make_queue: Callable[..., TaskQueue], notebook: Notebook
) -> None:
    """Else whoever keeps it would take it for a running one."""
    tasks = make_queue()
    tasks.pause()
    tasks.restore([Task("a", "?")], notebook)

    assert notebook.changes == [("countdown", "a")]


def test_a_touch_in_the_last_moment_holds(tasks: TaskQueue, notebook: Notebook, clock: FakeClock) -> None:
    """A countdown that was stopped before anybody saw that it is over goes on afterwards."""
    ring(tasks, notebook, "a", auto_resubmit_timeout=10)
    clock.settle()
    clock.jump_unseen(10.5)
    assert tasks.hold("a", seconds=60)
    clock.oversleep(0.5)
    assert not notebook.open
    clock.advance(60)

    task = tasks.get_task("a")
    assert task is not None
    assert (task.is_open, task.is_held, task.get_remaining_time()) == (True, False, 30)
