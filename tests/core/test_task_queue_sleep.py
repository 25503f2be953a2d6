"""The queue's thread sleeps until something is due, and gives back the time in which nobody could see a countdown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from deskbell.task_queue import TaskQueue

if TYPE_CHECKING:
    from tests.core.conftest import FakeClock

STOPPED_PROGRAM = """
import time
from deskbell.task_queue import TaskQueue

def until_the_thread_sleeps():
    while not tasks._wakeup._waiters:
        time.sleep(0.001)

tasks = TaskQueue()
until_the_thread_sleeps()
tasks.add_task("a", "p", None, 1)
until_the_thread_sleeps()
tasks.register_listener(lambda event: print(event.new_status, event.task.get_remaining_time(), flush=True))
print("running", flush=True)
input()
"""


def remaining(tasks: TaskQueue) -> list[int]:
    return [task.get_remaining_time() for task in tasks.get_all_tasks()]


def test_an_idle_queue_sleeps_for_good(tasks: TaskQueue, clock: FakeClock) -> None:
    """One wait without a time limit, which time alone does not end."""
    clock.advance(1e6)
    assert clock.timeouts == [None]


def test_tasks_without_a_countdown_wake_nobody(tasks: TaskQueue, clock: FakeClock) -> None:
    """Neither when they come nor ever after."""
    tasks.add_task("a", "p", None, 0)
    clock.advance(1e6)
    assert clock.timeouts == [None]


def test_the_thread_sleeps_until_the_exact_deadline(tasks: TaskQueue, clock: FakeClock) -> None:
    """Then until the finished task is due to go, then for good."""
    clock.settle()
    tasks.add_task("a", "p", None, 60)
    clock.advance(59.9)
    assert clock.timeouts == [None, 60.0]

    clock.advance(1000)
    assert clock.timeouts == [None, 60.0, 10.0, None]


def test_a_later_deadline_does_not_wake_the_thread(tasks: TaskQueue, clock: FakeClock) -> None:
    """An earlier one does, once."""
    clock.settle()
    tasks.add_task("a", "p", None, 60)
    clock.settle()
    for number in range(5):
        tasks.add_task(f"later {number}", "p", None, 100)
        tasks.set_active_task(f"later {number}")
    clock.advance(10)
    assert clock.timeouts == [None, 60.0]

    tasks.add_task("sooner", "p", None, 20)
    clock.settle()
    assert clock.timeouts == [None, 60.0, 20.0]


def test_reading_wakes_nobody(tasks: TaskQueue, clock: FakeClock) -> None:
    """The queue can be looked at all day."""
    tasks.add_task("a", "p", None, 60)
    clock.settle()
    slept = list(clock.timeouts)
    for _ in range(100):
        tasks.get_all_tasks()
        tasks.get_task("a")
        tasks.get_active_task()
        tasks.get_task_count()
    clock.settle()

    assert clock.timeouts == slept


def test_a_moved_deadline_costs_one_look(tasks: TaskQueue, clock: FakeClock) -> None:
    """At the old one the thread finds out, and sleeps until the new one."""
    clock.settle()
    tasks.add_task("a", "p", None, 60)
    clock.settle()
    tasks.extend("a", 30)
    clock.advance(89)

    assert clock.timeouts == [None, 60.0, 30.0]


def test_the_removal_of_a_finished_task_is_planned_as_it_finishes(tasks: TaskQueue, clock: FakeClock) -> None:
    """Ten seconds later, even when a countdown had let the thread sleep for longer."""
    tasks.add_task("a", "p", None, 60)
    tasks.add_task("b", "p", None, 60)
    clock.settle()
    tasks.complete_task("a", {})
    clock.settle()
    assert clock.timeouts[-1] == 10.0

    clock.advance(10)
    assert [task.task_id for task in tasks.get_all_tasks()] == ["b"]
    assert clock.timeouts[-1] == 50.0


def test_time_that_nobody_saw_is_given_back(tasks: TaskQueue, clock: FakeClock) -> None:
    """After a suspend every countdown stands where it stood when its time would have come, or at thirty seconds."""
    tasks.add_task("a", "p", None, 60)
    tasks.add_task("b", "p", None, 200)
    clock.advance(10)
    clock.oversleep(3600)

    assert remaining(tasks) == [30, 140]
    clock.advance(30)
    assert [task.status for task in tasks.get_all_tasks()] == ["completed", "active"]


def test_a_suspend_leaves_held_and_endless_tasks_alone(tasks: TaskQueue, clock: FakeClock) -> None:
    """They lost nothing."""
    for name, seconds in (("a", 60), ("held", 100), ("endless", 0)):
        tasks.add_task(name, "p", None, seconds)
    tasks.hold("held")
    before = tasks.get_all_tasks()[1:]
    clock.oversleep(3600)

    assert tasks.get_all_tasks()[1:] == before


def test_a_task_that_came_in_the_meantime_gets_no_more_than_its_age(tasks: TaskQueue, clock: FakeClock) -> None:
    """Another thread may be awake before the queue's own."""
    tasks.add_task("a", "p", None, 60)
    clock.settle()
    clock.jump_unseen(3600)
    tasks.add_task("b", "p", None, 100)
    clock.oversleep(0)

    assert remaining(tasks) == [30, 100]
    assert tasks.get_all_tasks()[1].get_deadline_monotonic() == clock.monotonic() + 100


def test_a_suspend_just_after_a_task_has_come_is_noticed(
    tasks: TaskQueue, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even before the thread could plan for it."""
    wait = clock.wait

    def wake_much_later(condition: threading.Condition, timeout: float | None) -> None:
        monkeypatch.setattr(clock, "wait", wait)
        wait(condition, timeout)
        clock.jump_unseen(3600)

    tasks.add_task("a", "p", None, 0)
    clock.settle()
    monkeypatch.setattr(clock, "wait", wake_much_later)
    tasks.add_task("b", "p", None, 100)
    clock.settle()  # the thread is in the new wait
    tasks.add_task("c", "p", None, 60)
    clock.settle()

    assert remaining(tasks) == [0, 40, 30]


def test_a_little_late_is_on_time(tasks: TaskQueue, clock: FakeClock) -> None:
    """Up to two seconds are a busy machine, not a suspend."""
    tasks.add_task("a", "p", None, 60)
    tasks.add_task("b", "p", None, 200)
    clock.oversleep(62)

    assert remaining(tasks) == [0, 138]
    assert tasks.get_all_tasks()[0].status == "completed"


def test_finished_tasks_go_after_a_suspend(tasks: TaskQueue, clock: FakeClock) -> None:
    """Nobody polls for them any more."""
    tasks.add_task("a", "p")
    tasks.complete_task("a", {})
    clock.oversleep(3600)

    assert tasks.get_all_tasks() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process by a signal")
def test_a_process_that_was_stopped_gives_the_time_back() -> None:
    """A countdown of one second survives being stopped for longer, and goes on with thirty."""
    program = subprocess.Popen(
        [sys.executable, "-c", STOPPED_PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with program:
        assert program.stdin
        assert program.stdout
        assert program.stdout.readline() == "running\n"
        os.kill(program.pid, signal.SIGSTOP)
        time.sleep(3.5)  # that time passes is what this test is about
        os.kill(program.pid, signal.SIGCONT)

        assert program.stdout.readline() == "active 30\n"
        program.stdin.close()
