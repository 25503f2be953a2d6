"""Ends this process by SIGKILL at the k-th pass of a named point.

Nothing in the app knows of it: the points are wrapped around its functions, and SQLite tells what it is about to run.
"""

from __future__ import annotations

import functools
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.responses import Response

from deskbell import endpoint
from deskbell.desk import Desk
from deskbell.journal import schema, store
from deskbell.journal.store import Store
from deskbell.task_queue import TaskQueue
from deskbell_desktop.inbox import Inbox
from deskbell_desktop.window.desk_calls import DeskCalls

UPGRADE = "ALTER TABLE task ADD COLUMN later_{number} TEXT;\n CREATE INDEX task_later_{number} ON task (later_{number})"
"""What a later version of the journal might bring."""

_CREATED = 201


class Crash:
    """What is planned: the point, at which of its passes, and how many seconds after it has been reached.

    Meanwhile things go on, so that death comes in the middle of what follows; when it ``stalls`` the thread that has
    reached the point does not, so that whatever should have waited for it but did not has time to show.
    """

    def __init__(self, point: str, at_pass: int, delay: float, *, stalls: bool) -> None:
        self._point = point
        self._passes_left = at_pass
        self._delay = delay
        self._stalls = stalls
        self._lock = threading.Lock()

    def passing(self, point: str) -> None:
        """Die if this is the pass that was planned."""
        if point != self._point:
            return
        with self._lock:
            self._passes_left -= 1
            is_due = self._passes_left == 0
        if is_due and self._delay and not self._stalls:
            threading.Thread(target=self._die, daemon=True).start()
        elif is_due:
            self._die()

    def _die(self) -> None:
        if self._delay:
            time.sleep(self._delay)
        os.kill(os.getpid(), signal.SIGKILL)


def plant(crash: Crash) -> None:
    """Put the points into the app."""
    passing = crash.passing
    _before(Desk, "ask", passing, "request read")
    _after(TaskQueue, "add_task", passing, "queued")
    _before(Response, "__call__", passing, "acknowledge", only=lambda response, *_: response.status_code == _CREATED)
    _before(Inbox, "take", passing, "notify")
    _before(DeskCalls, "answer", passing, "click")
    _before(TaskQueue, "_on_end_kept", passing, "wake")
    _before(TaskQueue, "restore", passing, "restore")
    _before(endpoint, "publish", passing, "publish")
    Store.transaction = _transaction(Store.transaction, passing)  # type: ignore[method-assign]
    store.connect = _traced(store.connect, passing)


def upgrade(steps: int) -> None:
    """Let the journal's format be ``steps`` versions later than it is."""
    more = tuple(UPGRADE.format(number=number) for number in range(steps))
    schema.MIGRATIONS = (*schema.MIGRATIONS, *more)


class _Statements:
    """Tells points by the statements SQLite is about to run."""

    def __init__(self, passing: Callable[[str], None]) -> None:
        self._passing = passing
        self._is_answer = False

    def __call__(self, statement: str) -> None:
        match statement.split(maxsplit=5):
            case ["BEGIN", *_]:
                self._is_answer = False
                self._passing("BEGIN")
            case ["INSERT", "OR", "IGNORE", "INTO", "task", *_]:
                self._passing("INSERT")
            case ["UPDATE", "task", "SET", "status", *_]:
                self._is_answer = True
            case ["COMMIT"]:
                self._passing("answer COMMIT" if self._is_answer else "COMMIT")
            case ["PRAGMA", name, *_] if name.startswith("wal_checkpoint"):
                self._passing("checkpoint")
            case ["CREATE" | "ALTER", *_] | ["PRAGMA", "user_version", "=", *_]:
                self._passing("migration")


def _traced(connect: Callable[..., sqlite3.Connection], passing: Callable[[str], None]) -> Callable[..., Any]:
    @functools.wraps(connect)
    def traced(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **named)
        connection.set_trace_callback(_Statements(passing))
        return connection

    return traced


def _transaction(transaction: Callable[..., Any], passing: Callable[[str], None]) -> Callable[..., Any]:
    @contextmanager
    def committed(of: Store) -> Iterator[None]:
        with transaction(of):
            yield
        passing("committed")

    return committed


def _before(
    owner: Any, name: str, passing: Callable[[str], None], point: str, only: Callable[..., bool] = lambda *_: True
) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        if only(*arguments):
            passing(point)
        return original(*arguments, **named)

    setattr(owner, name, wrapped)


def _after(owner: Any, name: str, passing: Callable[[str], None], point: str) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        passing(point)
        return result

    setattr(owner, name, wrapped)
