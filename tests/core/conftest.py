"""A clock that only a test moves, queues driven by it, and a desk of one's own for tests that come from outside."""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deskbell.desk import Desk
from deskbell.endpoint import TOKEN_VARIABLE, URL_VARIABLE, Endpoint, load_or_create_token, publish, republish, withdraw
from deskbell.events import EventKind, TaskEvent
from deskbell.folders import HOME_VARIABLE
from deskbell.http.server import Listener
from deskbell.journal import Journal
from deskbell.launch import NO_START_VARIABLE
from deskbell.task import Answer, Option, Task
from deskbell.task_queue import TaskQueue

PATIENCE = 20.0


@dataclass
class RunningDesk:
    """A desk, where it listens, and the questions that arrive at it."""

    desk: Desk
    listener: Listener
    endpoint: Endpoint
    arrived: queue.Queue[Task] = field(default_factory=queue.Queue)

    def next_task(self) -> Task:
        """The next question to arrive, waiting for it."""
        return self.arrived.get(timeout=20)

    def somebody_waits_for(self, task_id: str) -> None:
        """Wait until a client is blocked on a task."""
        self._until(lambda: task_id in self.desk._queue._waiters, "nobody waits for it")

    def nobody_waits_for(self, task_id: str) -> None:
        """Wait until no client is blocked on a task any more."""
        self._until(lambda: task_id not in self.desk._queue._waiters, "somebody waits for it still")

    @staticmethod
    def _until(condition: Callable[[], bool], else_what: str) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, else_what
            time.sleep(0.005)

    def ended(self, prompt: str, *options: Option | str, answer: Answer | None = None, **more: Any) -> str:
        """Ask a question and answer it, or take it back; its id."""
        task_id = self.desk.ask(prompt, options, **more).task.task_id
        (self.desk.answer(task_id, answer) if answer else self.desk.cancel(task_id)).result(20)
        return task_id

    def on_event(self, event: TaskEvent) -> None:
        if event.kind is EventKind.ADDED:
            self.arrived.put(event.task)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds everything, and an environment that names no desk and starts none."""
    folder = tmp_path / "home"
    monkeypatch.setenv(HOME_VARIABLE, str(folder))
    monkeypatch.setenv(NO_START_VARIABLE, "1")
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    return folder


@pytest.fixture
def running_desk(home: Path) -> Iterator[RunningDesk]:
    desk = Desk()

    def keep(token: str) -> None:
        republish(Endpoint(listener.url, token, os.getpid()))

    listener = Listener(desk, load_or_create_token(), port=0, keep_token=keep)
    listener.start()
    running = RunningDesk(desk, listener, Endpoint(listener.url, load_or_create_token(), os.getpid()))
    desk.subscribe(running.on_event)
    publish(running.endpoint)
    yield running
    withdraw(os.getpid())
    desk.close()
    listener.stop()


@pytest.fixture
def keeping_desk(running_desk: RunningDesk, tmp_path: Path) -> RunningDesk:
    """A running desk with a journal."""
    running_desk.desk.open_journal(Journal(tmp_path / "journal"))
    return running_desk


class FakeClock:
    """A clock that stands still until a test moves it. It drives the real thread of one queue.

    A thread that waits on it sleeps until it is notified or the clock is moved to the end of its wait; ``timeouts``
    lists how long each wait was meant to last.
    """

    def __init__(self) -> None:
        self.timeouts: list[float | None] = []
        self._time = 1000.0
        self._condition = threading.Condition()
        self._wake_at = math.inf
        self._news = threading.Condition()

    def monotonic(self) -> float:
        return self._time

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._time)

    def wait(self, condition: threading.Condition, timeout: float | None) -> None:
        self._condition = condition
        self._wake_at = math.inf if timeout is None else self._time + timeout
        with self._news:
            self.timeouts.append(timeout)
            self._news.notify_all()
        condition.wait()

    def settle(self) -> None:
        """Return as soon as the thread has done all it can do now and sleeps."""
        while True:
            seen = len(self.timeouts)
            if self._is_asleep():
                return
            with self._news:
                assert self._news.wait_for(partial(self._has_waited_since, seen), PATIENCE), "It never went to sleep."

    def advance(self, seconds: float) -> None:
        """Let time pass; whatever falls due meanwhile is done at its very moment."""
        target = self._time + seconds
        while self._time < target:
            self.settle()
            self._move_to(min(target, self._wake_at))
        self.settle()

    def jump(self, seconds: float) -> None:
        """Let time pass with no thread to wait for."""
        self._move_to(self._time + seconds)

    def jump_unseen(self, seconds: float) -> None:
        """Let time pass without the thread being told yet; the next ``oversleep`` tells it."""
        self._time += seconds

    def oversleep(self, seconds: float) -> None:
        """Let time pass while nothing runs, as when the machine is suspended."""
        self.settle()
        self._move_to(self._time + seconds)
        self.settle()

    def _has_waited_since(self, seen: int) -> bool:
        return len(self.timeouts) > seen

    def _is_asleep(self) -> bool:
        with self._condition:
            return bool(self.timeouts and self._condition._waiters)  # type: ignore[attr-defined]

    def _move_to(self, moment: float) -> None:
        with self._condition:
            self._time = moment
            if moment >= self._wake_at:
                self._condition.notify_all()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make_queue(clock: FakeClock) -> Iterator[Callable[..., TaskQueue]]:
    """Make queues on the test's clock, stopped after the test; only one of them at a time moves with it."""
    queues: list[TaskQueue] = []

    def make(max_tasks: int = 10, **options: Any) -> TaskQueue:
        queues.append(TaskQueue(max_tasks, **{"clock": clock, **options}))
        return queues[-1]

    yield make
    for each in queues:
        each.stop_cleanup()


@pytest.fixture
def tasks(make_queue: Callable[..., TaskQueue]) -> TaskQueue:
    """A queue on the test's clock."""
    return make_queue()


@pytest.fixture
def fake_desk(clock: FakeClock) -> Iterator[Desk]:
    """A desk on the test's clock, without a listener."""
    desk = Desk(clock=clock)
    yield desk
    desk.close()


@pytest.fixture
def together() -> Callable[..., list[Any]]:
    """Call a function with each number on a thread of its own, all at the same time; the results in order."""

    def run(count: int, function: Callable[[int], Any]) -> list[Any]:
        gate = threading.Barrier(count)
        outcomes: list[Any] = [None] * count

        def work(number: int) -> None:
            gate.wait(PATIENCE)
            try:
                outcomes[number] = function(number)
            except Exception as error:
                outcomes[number] = error

        threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        return outcomes

    return run
