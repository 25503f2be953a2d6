"""The thread-safe queue of open and just finished tasks."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from deskbell import countdown
from deskbell.clock import SYSTEM_CLOCK, Clock
from deskbell.delivery import OrderedDelivery
from deskbell.events import REMOVED, EventKind, Listener, StatusCallback, StatusListener, TaskEvent
from deskbell.recording import Outcome, Recorder, Settled, settle_at_once
from deskbell.task import (
    ASK_AGAIN,
    DEFAULT_TIMEOUT,
    MAX_TIMEOUT,
    NO_DETAILS,
    RESUME_SECONDS,
    Draft,
    HoldReason,
    Task,
    TaskDetails,
    TaskStatus,
    copy_of_json,
)

__all__ = ["Task", "TaskQueue", "TaskStatus"]

RETENTION: Final = 10.0
"""Seconds a finished task stays, so that a polling client still finds it."""

SUSPEND_SECONDS: Final = 2.0
"""A wake-up later than this means that the process did not run, and nobody saw the countdowns."""

JOIN_SECONDS: Final = 2.0

RETRY_SECONDS: Final = 10.0
"""Seconds a countdown has at least when what it ended with could not be kept."""


class TaskQueue:
    """Open tasks in the order they were added, at most one of them active.

    Every method may be called from any thread. State changes under one lock that is never held over I/O or over a
    listener; listeners run after it is released, in the queue's own order, each seeing every event. What leaves the
    queue is a copy. A daemon thread ends countdowns and removes finished tasks; it sleeps until one of them is due.

    With a ``recorder`` an end takes effect once it is kept. Until then the task stays open, but nobody else can end it
    and its countdown stands still; if it cannot be kept, the task goes on as if nothing had been answered.

    ``max_tasks`` bounds the open tasks; ``max_timeout`` is the longest countdown in seconds; ``timeout_text`` is the
    answer when a countdown runs out with nothing typed; ``retention`` is how many seconds finished tasks stay.
    """

    def __init__(
        self,
        max_tasks: int = 10,
        *,
        max_timeout: int = MAX_TIMEOUT,
        timeout_text: str = ASK_AGAIN,
        resume_seconds: float = RESUME_SECONDS,
        retention: float = RETENTION,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.max_tasks = max_tasks
        self.max_timeout = max_timeout
        self.timeout_text = timeout_text
        self.resume_seconds = resume_seconds
        self._retention = retention
        self._clock = clock
        self._lock = threading.Lock()
        self._wakeup = threading.Condition(self._lock)
        self._wake_at = -math.inf
        self._stopping = False
        self._paused = False
        self._tasks: dict[str, Task] = {}
        self._open: OrderedDict[str, Task] = OrderedDict()  # in order of arrival; its head is found in O(1)
        self._finished: OrderedDict[str, Task] = OrderedDict()  # in order of removal
        self._active: Task | None = None
        self._agenda = countdown.Agenda()
        self._unplanned: dict[str, Task] = {}  # for the thread to put on the agenda when it is next awake
        self._events = OrderedDelivery[TaskEvent]()
        self._sequence = 0
        self._recorder: Recorder | None = None
        self._ending: dict[str, list[Settled]] = {}  # who wants to know how the end of which task was kept
        self._waiters: dict[str, list[Listener]] = {}
        self._thread = threading.Thread(target=self._run, name="TaskQueueCleanup", daemon=True)
        self._thread.start()

    # -- adding and finding ------------------------------------------------------------------------------------

    def add_task(
        self,
        task_id: str,
        prompt: str,
        predefined_options: Sequence[Any] | None = None,
        auto_resubmit_timeout: float = DEFAULT_TIMEOUT,
        *,
        on_timeout: str = "submit",
        details: TaskDetails = NO_DETAILS,
        explicit_timeout: bool | None = None,
        key: str | None = None,
        settled: Settled = settle_at_once,
    ) -> bool:
        """Add a task; the first becomes active. False when the queue is full or knows the id already.

        The countdown is clamped to 0 (none) … ``max_timeout`` seconds; NaN counts as none. ``on_timeout`` is
        ``submit``, ``expire`` or ``option:<value>``. A countdown other than the default counts as the asker's own
        choice unless ``explicit_timeout`` says otherwise. ``settled`` is called once, on any thread, when the task is
        kept or cannot be; at once without a recorder.
        """
        if explicit_timeout is None:
            explicit_timeout = auto_resubmit_timeout != DEFAULT_TIMEOUT
        options = None if predefined_options is None else copy_of_json(list(predefined_options))
        timeout = self._clamped(auto_resubmit_timeout)
        task = Task(task_id, prompt, options, timeout, self._clock.now(), self._clock.monotonic())
        task.on_timeout, task.details = on_timeout, details
        task.explicit_timeout, task.clock, task.key = explicit_timeout, self._clock, key
        with self._lock:
            if task_id in self._tasks or len(self._open) >= self.max_tasks:
                return False
            self._put(task)
            recorder = self._recorder
            if recorder:
                recorder.task_added(task.copy(), settled)
        self._events.deliver()
        if not recorder:
            _tell(settled, task)
        return True

    def get_task(self, task_id: str) -> Task | None:
        """A copy of one task, or None."""
        with self._lock:
            task = self._tasks.get(task_id)
            return task and task.copy()

    def get_all_tasks(self) -> list[Task]:
        """Copies of all tasks, finished ones included, in order of arrival."""
        with self._lock:
            return [task.copy() for task in self._tasks.values()]

    def get_active_task(self) -> Task | None:
        """A copy of the active task, or None."""
        with self._lock:
            return self._active and self._active.copy()

    def get_task_count(self) -> dict[str, int]:
        """How many tasks there are: ``total``, one count per status, ``held``, and ``max``."""
        with self._lock:
            count = dict.fromkeys(map(str, TaskStatus), 0)
            for task in self._tasks.values():
                count[task.status] += 1
            held = sum(task.is_held for task in self._open.values())
            return {"total": len(self._tasks), **count, "held": held, "max": self.max_tasks}

    def restore(self, tasks: Iterable[Task], recorder: Recorder) -> None:
        """Put back open tasks that ``recorder`` kept, however many, and let it keep all that happens from now on.

        The one that says it is active comes forward. Ids that are here already are passed over.
        """
        with self._lock:
            self._recorder = recorder
            for task in tasks:
                if task.task_id not in self._tasks:
                    self._put_back(task.copy())
        self._events.deliver()

    # -- finishing and switching -------------------------------------------------------------------------------

    def set_active_task(self, task_id: str) -> bool:
        """Bring a task forward; the active one goes back to pending. False for unknown or finished tasks."""
        with self._lock:
            task = self._open.get(task_id)
            if task is None:
                return False
            if task is not self._active:
                self._bring_forward(task)
        self._events.deliver()
        return True

    def complete_task(self, task_id: str, result: dict[str, Any], *, settled: Settled = settle_at_once) -> bool:
        """Store the answer. The first one wins: False for unknown or finished tasks and those that are being ended.

        When it is True, ``settled`` is called once, on any thread, with the task as it ended or with why its end could
        not be kept.
        """
        return self._end(task_id, TaskStatus.COMPLETED, copy_of_json(result), settled)

    def cancel_task(self, task_id: str, *, settled: Settled = settle_at_once) -> bool:
        """End an open task without an answer, otherwise as ``complete_task``."""
        return self._end(task_id, TaskStatus.CANCELLED, None, settled)

    def when_ended(self, task_id: str, settled: Settled) -> bool:
        """Call ``settled`` as for whoever is just ending this task. False if nobody is."""
        with self._lock:
            interested = self._ending.get(task_id)
            if interested is not None:
                interested.append(settled)
            return interested is not None

    def remove_task(self, task_id: str) -> bool:
        """Take a task out at once, whatever its status. Its waiters learn that it was cancelled."""
        with self._lock:
            task = self._tasks.get(task_id)
            if task is None:
                return False
            self._remove(task)
            if self._active is None:
                self._activate_next()
        self._events.deliver()
        return True

    def clear_all_tasks(self) -> int:
        """Take everything out; how many that were."""
        return self._remove_where(lambda _: True)

    def clear_completed_tasks(self) -> int:
        """Take out whatever is finished; how many that were."""
        return self._remove_where(lambda task: not task.is_open)

    def cleanup_completed_tasks(self, age_seconds: float = RETENTION) -> int:
        """Take out what finished at least ``age_seconds`` ago; how many that were."""
        limit = self._clock.monotonic() - age_seconds
        return self._remove_where(
            lambda task: task.finished_at_monotonic is not None and task.finished_at_monotonic <= limit
        )

    # -- countdowns --------------------------------------------------------------------------------------------

    def update_auto_resubmit_timeout_for_all(self, seconds: float, *, grace: float = 0.0) -> int:
        """Give open tasks whose asker chose no countdown this one, counted from their creation; how many changed.

        A countdown that would be over at once gets ``grace`` seconds.
        """
        timeout = self._clamped(seconds)
        with self._lock:
            changed = [
                task
                for task in self._open.values()
                if not task.explicit_timeout and task.auto_resubmit_timeout != timeout
            ]
            for task in changed:
                task.auto_resubmit_timeout = timeout
                if grace > 0 and task.is_expired():
                    countdown.leave_at_least(task, grace)
                self._countdown_changed(task)
        self._events.deliver()
        return len(changed)

    def hold(self, task_id: str, reason: HoldReason = HoldReason.PERSON, *, seconds: float = math.inf) -> bool:
        """Stop a countdown for ``reason``, at most for ``seconds`` from now. False for unknown or finished tasks.

        Holding again for the same reason only moves the end of that hold. The countdown goes on when no reason is left.
        """
        with self._lock:
            task = self._open.get(task_id)
            if task is None:
                return False
            news = not task.pace.is_held_for(reason)
            countdown.start_hold(task, reason, self._clock.monotonic() + max(0.0, seconds))  # 0 for NaN as well
            if news:
                self._note(EventKind.COUNTDOWN, task, task.status)
            self._plan(task)
        self._events.deliver()
        return True

    def release(self, task_id: str, reason: HoldReason = HoldReason.PERSON) -> bool:
        """Drop a reason to hold. A countdown that goes on has at least ``resume_seconds`` left."""
        with self._lock:
            task = self._open.get(task_id)
            if task is None:
                return False
            self._end_holds(task, (reason,))
        self._events.deliver()
        return True

    def extend(self, task_id: str, seconds: float) -> bool:
        """Give a countdown ``seconds`` more. False for unknown or finished tasks and those without a countdown.

        Nothing but a positive, finite number of seconds can be given: False for others too.
        """
        with self._lock:
            task = self._open.get(task_id)
            if task is None or not task.auto_resubmit_timeout or not 0 < seconds < math.inf:
                return False
            countdown.extend(task, seconds)
            self._countdown_changed(task)
        self._events.deliver()
        return True

    def pause(self) -> None:
        """Hold every countdown, also those of tasks to come, until ``resume``."""
        with self._lock:
            self._paused = True
            for task in self._open.values():
                if not task.pace.is_held_for(HoldReason.PAUSED):
                    countdown.start_hold(task, HoldReason.PAUSED, math.inf)
                    self._countdown_changed(task)
        self._events.deliver()

    def resume(self) -> None:
        """Let countdowns run again that ``pause`` stopped."""
        with self._lock:
            self._paused = False
            for task in self._open.values():
                self._end_holds(task, (HoldReason.PAUSED,))
        self._events.deliver()

    def set_draft(self, task_id: str, draft: Draft | None) -> bool:
        """Keep what a person has typed so far. False for unknown or finished tasks."""
        with self._lock:
            task = self._open.get(task_id)
            if task is None:
                return False
            if task.draft != draft:
                task.draft = draft and draft.copy()
                self._note(EventKind.DRAFT, task, task.status)
        self._events.deliver()
        return True

    # -- listening and waiting ---------------------------------------------------------------------------------

    def register_status_change_callback(self, callback: StatusCallback) -> None:
        """Call ``callback(task_id, old_status, new_status)`` from now on, on whichever thread brought the change.

        ``old_status`` is None for a new task, ``new_status`` is ``"removed"`` for one taken out; both are the same when
        only the countdown changed. Registering twice counts once; an exception is logged and stops nobody else.
        """
        self.register_listener(StatusListener(callback))

    def unregister_status_change_callback(self, callback: StatusCallback) -> bool:
        """Stop calling ``callback``; events that were under way may still reach it. False if unknown."""
        return self.unregister_listener(StatusListener(callback))

    def register_listener(self, listener: Listener) -> None:
        """Call ``listener`` with each event from now on, as ``register_status_change_callback`` does."""
        with self._lock:
            self._events.add(listener)

    def unregister_listener(self, listener: Listener) -> bool:
        """Stop calling ``listener``; events that were under way may still reach it. False if unknown."""
        with self._lock:
            return self._events.discard(listener)

    def add_waiter(self, task_id: str, waiter: Listener) -> Task | None:
        """Call ``waiter`` once with the event by which the task ends. The task as it is now; None if unknown.

        A task that has ended already comes back as it is, and ``waiter`` is not called. A task that is taken out
        while open ends as cancelled.
        """
        with self._lock:
            task = self._tasks.get(task_id)
            if task is None:
                return None
            if task.is_open:
                self._waiters.setdefault(task_id, []).append(waiter)
            return task.copy()

    def remove_waiter(self, task_id: str, waiter: Listener) -> None:
        """Forget a waiter that has given up."""
        with self._lock:
            waiters = self._waiters.get(task_id, [])
            if waiter in waiters:
                waiters.remove(waiter)
            if not waiters:
                self._waiters.pop(task_id, None)

    def dismiss_waiters(self) -> None:
        """Call every waiter with its task as it is, since nothing more will come of it here."""
        with self._lock:
            waiters, self._waiters = self._waiters, {}
            for task_id, known in waiters.items():
                task = self._tasks[task_id]
                event = TaskEvent(self._sequence, EventKind.STATUS, task.copy(), task.status, task.status)
                self._events.put_for(tuple(known), event)
        self._events.deliver()

    def stop_cleanup(self) -> None:
        """Stop the background thread, within 2 s; countdowns no longer end. Calling it again does nothing."""
        with self._lock:
            self._stopping = True
            self._wakeup.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(JOIN_SECONDS)

    # -- state changes: the lock is held in all that follows but the two methods that take it -------------------

    def _clamped(self, seconds: float) -> int:
        if not seconds > 0:
            return 0
        return math.ceil(seconds) if seconds < self.max_timeout else self.max_timeout

    def _note(self, kind: EventKind, task: Task, old_status: str | None, new_status: str | None = None) -> None:
        waiters = () if task.is_open else tuple(self._waiters.pop(task.task_id, ()))
        if self._events.listeners or waiters:
            self._sequence += 1
            event = TaskEvent(self._sequence, kind, task.copy(), old_status, new_status or task.status)
            self._events.put(event, waiters)
        if self._recorder and kind is not EventKind.ADDED and task.is_open:
            self._recorder.task_changed(kind, task.copy())

    def _put(self, task: Task) -> None:
        self._tasks[task.task_id] = self._open[task.task_id] = task
        if self._active is None:
            self._active = task
            task.status = TaskStatus.ACTIVE
        if self._paused and not task.pace.is_held_for(HoldReason.PAUSED):
            countdown.start_hold(task, HoldReason.PAUSED, math.inf)
        if self._events.listeners:
            self._note(EventKind.ADDED, task, None)
        self._plan(task)

    def _put_back(self, task: Task) -> None:
        comes_forward = task.status == TaskStatus.ACTIVE
        task.status, task.clock = TaskStatus.PENDING, self._clock
        ran = not task.is_held
        self._put(task)
        if self._recorder and ran and task.is_held:
            self._recorder.task_changed(EventKind.COUNTDOWN, task.copy())
        if comes_forward and self._active is not task:
            self._bring_forward(task)

    def _bring_forward(self, task: Task) -> None:
        if self._active is not None:
            self._active.status = TaskStatus.PENDING
            self._note(EventKind.STATUS, self._active, TaskStatus.ACTIVE)
        self._activate(task)

    def _activate(self, task: Task) -> None:
        self._active = task
        task.status = TaskStatus.ACTIVE
        self._note(EventKind.STATUS, task, TaskStatus.PENDING)

    def _activate_next(self) -> None:
        if self._open:
            self._activate(next(iter(self._open.values())))

    def _end(self, task_id: str, status: TaskStatus, result: dict[str, Any] | None, settled: Settled) -> bool:
        with self._lock:
            task = self._open.get(task_id)
            if task is None or task_id in self._ending:
                return False
            recorder = self._recorder
            if recorder:
                self._begin_to_end(task, status, result, settled)
            else:
                self._finish(task, status, result, self._clock.now())
        if not recorder:
            self._events.deliver()
            _tell(settled, task)
        return True

    def _begin_to_end(self, task: Task, status: TaskStatus, result: dict[str, Any] | None, settled: Settled) -> None:
        assert self._recorder is not None
        self._ending[task.task_id] = [settled]
        ended = task.copy()
        ended.status, ended.result, ended.completed_at = status, result, self._clock.now()
        countdown.start_hold(task, HoldReason.SENDING, math.inf)
        self._recorder.task_ending(ended, partial(self._on_end_kept, task))

    def _on_end_kept(self, task: Task, outcome: Outcome) -> None:
        with self._lock:
            interested = self._ending.pop(task.task_id, [])
            if self._open.get(task.task_id) is not task:
                pass  # it was taken out meanwhile
            elif isinstance(outcome, Task):
                countdown.end_holds(task, (HoldReason.SENDING,), 0.0)
                result = copy_of_json(outcome.result)
                self._finish(task, TaskStatus(outcome.status), result, outcome.completed_at)
            else:
                self._end_holds(task, (HoldReason.SENDING,), at_least=max(RETRY_SECONDS, self.resume_seconds))
        self._events.deliver()
        for settled in interested:
            settled(outcome)

    def _finish(
        self, task: Task, status: TaskStatus, result: dict[str, Any] | None, completed_at: datetime | None
    ) -> None:
        self._close(task)
        self._finished[task.task_id] = task
        old_status, task.status = task.status, status
        task.result = result
        task.completed_at = completed_at
        task.finished_at_monotonic = self._clock.monotonic()
        if self._events.listeners or self._waiters:
            self._note(EventKind.STATUS, task, old_status)
        if self._active is None:
            self._activate_next()
        if task.finished_at_monotonic + self._retention < self._wake_at:
            self._wake_thread(task.finished_at_monotonic + self._retention)

    def _remove(self, task: Task) -> None:
        old_status = task.status
        del self._tasks[task.task_id]
        if task.task_id in self._open:
            self._close(task)
            task.status = TaskStatus.CANCELLED
            if self._recorder:
                self._recorder.task_ending(task.copy(), settle_at_once)
        else:
            del self._finished[task.task_id]
        if self._events.listeners or self._waiters:
            self._note(EventKind.REMOVED, task, old_status, REMOVED)

    def _close(self, task: Task) -> None:
        del self._open[task.task_id]
        self._unplanned.pop(task.task_id, None)
        if task is self._active:
            self._active = None

    def _remove_where(self, condition: Callable[[Task], bool]) -> int:
        with self._lock:
            doomed = [task for task in self._tasks.values() if condition(task)]
            for task in doomed:
                self._remove(task)
            if self._active is None:
                self._activate_next()
        self._events.deliver()
        return len(doomed)

    def _countdown_changed(self, task: Task) -> None:
        self._note(EventKind.COUNTDOWN, task, task.status)
        self._plan(task)

    def _end_holds(self, task: Task, reasons: Sequence[HoldReason], at_least: float | None = None) -> None:
        if countdown.end_holds(task, reasons, self.resume_seconds if at_least is None else at_least):
            self._countdown_changed(task)

    # -- the background thread ---------------------------------------------------------------------------------

    def _plan(self, task: Task) -> None:
        self._unplanned[task.task_id] = task
        due = countdown.due_time(task)
        if due < self._wake_at:
            self._wake_thread(due)

    def _wake_thread(self, when: float) -> None:
        self._wake_at = max(when, self._clock.monotonic())  # what a change made overdue has not been slept through
        self._wakeup.notify_all()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._stopping:
                    self._sleep()
                if self._stopping:
                    return
                self._do_what_is_due()
            self._events.deliver()

    def _sleep(self) -> None:
        for task in self._unplanned.values():
            self._agenda.plan(task.task_id, countdown.due_time(task))
        self._unplanned.clear()
        self._wake_at = min(self._agenda.next_time(), self._next_removal())
        seconds = self._wake_at - self._clock.monotonic()
        if seconds > 0:
            self._clock.wait(self._wakeup, None if seconds == math.inf else seconds)
            if self._clock.monotonic() - self._wake_at > SUSPEND_SECONDS:
                self._give_back_since(self._wake_at)
        self._wake_at = -math.inf

    def _give_back_since(self, moment: float) -> None:
        now = self._clock.monotonic()
        for task in self._open.values():
            if task.auto_resubmit_timeout and not task.is_held:
                countdown.give_back(task, now - max(moment, task.created_at_monotonic), self.resume_seconds)
                self._countdown_changed(task)

    def _next_removal(self) -> float:
        task = next(iter(self._finished.values()), None)
        if task is None or task.finished_at_monotonic is None:
            return math.inf
        return task.finished_at_monotonic + self._retention

    def _do_what_is_due(self) -> None:
        now = self._clock.monotonic()
        for task_id in self._agenda.take_due(now):
            if task_id in self._open:
                self._look_at(self._open[task_id], now)
        while self._next_removal() <= now:
            self._remove(next(iter(self._finished.values())))

    def _look_at(self, task: Task, now: float) -> None:
        ended = countdown.ended_holds(task, now)
        if ended:
            self._end_holds(task, ended)
        elif task.task_id in self._ending:
            pass  # how that goes decides what is to be looked at next
        elif task.is_expired() and not task.is_held:
            self._end_at_zero(task)
        else:
            self._plan(task)

    def _end_at_zero(self, task: Task) -> None:
        now = self._clock.now()
        result = countdown.answer_at_zero(task, self.timeout_text, now)
        status = TaskStatus.COMPLETED if result else TaskStatus.EXPIRED
        if self._recorder:
            self._begin_to_end(task, status, result, settle_at_once)
        else:
            self._finish(task, status, result, now)


def _tell(settled: Settled, task: Task) -> None:
    if settled is not settle_at_once:
        settled(task.copy())
