"""The queue against a plain model of it, whatever is done to both and in whatever order."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from deskbell.task import ASK_AGAIN, Draft, HoldReason
from deskbell.task_queue import TaskQueue

if TYPE_CHECKING:
    from tests.core.conftest import FakeClock

MAX_TASKS = 4
NAMES = st.sampled_from("abcdefgh")
SECONDS = st.sampled_from([0, 1, 7, 30, 60, 240, 290])
ANY_SECONDS = st.one_of(SECONDS, st.sampled_from([-1, 500, math.inf, math.nan]))
PASSING = st.sampled_from([0.5, 1, 5, 10, 29, 31, 60, 250])
REASONS = st.sampled_from([HoldReason.PERSON, HoldReason.BUSY])


def clamp(seconds: float) -> int:
    return 0 if not seconds > 0 else int(min(seconds, 290))


@dataclass
class Plain:
    """One task of the model; its countdown is simply how many seconds are left."""

    status: str
    timeout: int
    left: float
    explicit: bool
    on_timeout: str
    created: float
    held: dict[str, float] = field(default_factory=dict)
    lasted: float = 0.0
    result: Any = None
    text: str = ""
    finished: float = math.inf

    @property
    def open(self) -> bool:
        return self.status in {"active", "pending"}


class Model:
    """The rules of the queue, written down without a thought for speed: all of them looked at every half second."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.tasks: dict[str, Plain] = {}
        self.paused = False

    def open(self) -> list[Plain]:
        return [task for task in self.tasks.values() if task.open]

    def promote(self) -> None:
        if self.open() and not any(task.status == "active" for task in self.open()):
            waiting = [task for task in self.open() if task.status == "pending"]
            waiting[0].status = "active"

    def finish(self, task: Plain, status: str, result: Any = None) -> None:
        task.status, task.result, task.finished = status, result, self.now
        self.promote()

    def unhold(self, task: Plain, reason: str) -> bool:
        if task.held.pop(reason, None) is None:
            return False
        if not task.held and task.timeout:
            task.left = max(task.left, 30)
        return True

    def look(self) -> None:
        """Do what is due at this moment."""
        for task in self.open():
            over = [reason for reason, until in task.held.items() if until <= self.now]
            unheld = [self.unhold(task, reason) for reason in over]
            if not unheld and not task.held and task.timeout and task.left <= 0:
                if task.on_timeout == "expire":
                    self.finish(task, "expired")
                else:
                    self.finish(task, "completed", task.text or ASK_AGAIN)
        gone = [name for name, task in self.tasks.items() if task.finished + 10 <= self.now]
        for name in gone:
            del self.tasks[name]

    def advance(self, seconds: float) -> None:
        for _ in range(int(seconds * 2)):
            self.now += 0.5
            for task in self.open():
                if not task.held:
                    task.left -= 0.5
            self.look()


class QueueMachine(RuleBasedStateMachine):
    """Does the same to a queue and to the model."""

    make_clock: type[FakeClock]

    @initialize()
    def start(self) -> None:
        self.clock = self.make_clock()
        self.queue = TaskQueue(MAX_TASKS, clock=self.clock)
        self.model = Model(self.clock.monotonic())
        self.events: list[tuple[str, str | None, str]] = []
        self.sequence: list[int] = []
        self.queue.register_status_change_callback(lambda *change: self.events.append(change))
        self.queue.register_listener(lambda event: self.sequence.append(event.sequence))

    def teardown(self) -> None:
        if hasattr(self, "queue"):
            self.queue.stop_cleanup()

    def known(self, name: str) -> Plain | None:
        task = self.model.tasks.get(name)
        return task if task and task.open else None

    @rule(name=NAMES, seconds=ANY_SECONDS, explicit=st.booleans(), on_timeout=st.sampled_from(["submit", "expire"]))
    def add(self, name: str, seconds: float, explicit: bool, on_timeout: str) -> None:
        fits = name not in self.model.tasks and len(self.model.open()) < MAX_TASKS
        added = self.queue.add_task(name, "p", None, seconds, on_timeout=on_timeout, explicit_timeout=explicit)
        assert added is fits
        if fits:
            timeout = clamp(seconds)
            held = {"paused": math.inf} if self.model.paused else {}
            task = Plain("pending", timeout, timeout, explicit, on_timeout, self.model.now, held)
            self.model.tasks[name] = task
            self.model.promote()

    @rule(name=NAMES)
    def complete(self, name: str) -> None:
        task = self.known(name)
        assert self.queue.complete_task(name, {"text": "done"}) is bool(task)
        if task:
            self.model.finish(task, "completed", "done")

    @rule(name=NAMES)
    def cancel(self, name: str) -> None:
        task = self.known(name)
        assert self.queue.cancel_task(name) is bool(task)
        if task:
            self.model.finish(task, "cancelled")

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        assert self.queue.remove_task(name) is (self.model.tasks.pop(name, None) is not None)
        self.model.promote()

    @rule(name=NAMES)
    def activate(self, name: str) -> None:
        task = self.known(name)
        assert self.queue.set_active_task(name) is bool(task)
        if task:
            for other in self.model.open():
                other.status = "pending"
            task.status = "active"

    @precondition(lambda self: len(self.model.tasks) > 2)
    @rule()
    def clear(self) -> None:
        assert self.queue.clear_all_tasks() == len(self.model.tasks)
        self.model.tasks.clear()

    @rule()
    def clear_completed(self) -> None:
        finished = [name for name, task in self.model.tasks.items() if not task.open]
        assert self.queue.clear_completed_tasks() == len(finished)
        for name in finished:
            del self.model.tasks[name]

    @rule(age=st.sampled_from([0, 2, 5]))
    def cleanup(self, age: float) -> None:
        old = [name for name, task in self.model.tasks.items() if task.finished + age <= self.model.now]
        assert self.queue.cleanup_completed_tasks(age) == len(old)
        for name in old:
            del self.model.tasks[name]

    @rule(name=NAMES, reason=REASONS, seconds=st.sampled_from([0.5, 20, 60, math.inf]))
    def hold(self, name: str, reason: HoldReason, seconds: float) -> None:
        task = self.known(name)
        assert self.queue.hold(name, reason, seconds=seconds) is bool(task)
        if task:
            task.held[reason] = self.model.now + seconds

    @rule(name=NAMES, reason=REASONS)
    def release(self, name: str, reason: HoldReason) -> None:
        task = self.known(name)
        assert self.queue.release(name, reason) is bool(task)
        if task:
            self.model.unhold(task, reason)

    @rule()
    def pause_or_resume(self) -> None:
        self.model.paused = not self.model.paused
        (self.queue.pause if self.model.paused else self.queue.resume)()
        for task in self.model.open():
            if self.model.paused:
                task.held["paused"] = math.inf
            else:
                self.model.unhold(task, "paused")

    @rule(name=NAMES, seconds=st.sampled_from([-5, 0, 15, 300, math.nan]))
    def extend(self, name: str, seconds: float) -> None:
        task = self.known(name)
        can = bool(task and task.timeout and seconds > 0)
        assert self.queue.extend(name, seconds) is can
        if task and can:
            task.left += seconds

    @rule(name=NAMES, text=st.sampled_from(["", "typed"]))
    def draft(self, name: str, text: str) -> None:
        task = self.known(name)
        assert self.queue.set_draft(name, Draft(text=text)) is bool(task)
        if task:
            task.text = text

    @rule(seconds=ANY_SECONDS)
    def update(self, seconds: float) -> None:
        timeout = clamp(seconds)
        changed = [task for task in self.model.open() if not task.explicit and task.timeout != timeout]
        assert self.queue.update_auto_resubmit_timeout_for_all(seconds) == len(changed)
        for task in changed:
            task.left += timeout - task.timeout
            task.timeout = timeout
        self.clock.settle()
        self.model.look()

    @rule(seconds=PASSING)
    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.model.advance(seconds)

    @invariant()
    def the_tasks_are_the_same(self) -> None:
        self.clock.settle()
        real = self.queue.get_all_tasks()
        assert [(task.task_id, task.status, task.is_held) for task in real] == [
            (name, plain.status, plain.open and bool(plain.held)) for name, plain in self.model.tasks.items()
        ]
        for task in real:
            plain = self.model.tasks[task.task_id]
            assert (task.result or {}).get("text") == plain.result
            expected = max(0, math.ceil(plain.left)) if plain.open and plain.timeout else 0
            assert task.get_remaining_time() == expected
            assert (task.completed_at is None) is plain.open

    @invariant()
    def at_most_one_is_active_and_nothing_waits_for_nothing(self) -> None:
        counts = self.queue.get_task_count()
        active = self.queue.get_active_task()
        assert counts["active"] == (active is not None) == bool(self.model.open())
        assert counts["total"] == len(self.model.tasks)
        assert counts["active"] + counts["pending"] == len(self.model.open()) <= MAX_TASKS

    @invariant()
    def the_events_tell_the_whole_story(self) -> None:
        told: dict[str, str] = {}
        for name, old, new in self.events:
            assert told.get(name) == old
            told[name] = new
            if new == "removed":
                del told[name]
        assert told == {name: task.status for name, task in self.model.tasks.items()}
        assert self.sequence == list(range(1, len(self.sequence) + 1))


@pytest.mark.timeout(300)
def test_the_queue_does_what_the_model_does(clock: FakeClock) -> None:
    """After every step of any sequence of calls and of time passing."""

    class Machine(QueueMachine):
        make_clock = type(clock)

    run_state_machine_as_test(Machine, settings=settings(max_examples=150, stateful_step_count=40))
