"""Keeps tasks on disk and brings them back."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from deskbell.clock import SYSTEM_CLOCK, Clock
from deskbell.errors import EndpointUntrusted, JournalDamaged, JournalError, JournalUnusable
from deskbell.events import EventKind
from deskbell.journal import failures, records, retention, salvage
from deskbell.journal.archive import Archive, Page, Query, load_task
from deskbell.journal.files import Files
from deskbell.journal.retention import Calendar, Retention
from deskbell.journal.store import ACTIVE, ALIVE_AT, PAUSED, RUNNING, Store, wal_of
from deskbell.journal.writer import LOCK_SECONDS, House, Writer
from deskbell.private_file import ensure_private_folder
from deskbell.recording import Settled
from deskbell.task import RESUME_SECONDS, Task, TaskStatus, rfc3339

log = logging.getLogger(__name__)

FILE_NAME: Final = "journal.db"
_NEW_NAME: Final = "journal.new.db"  # until it is complete
CLOSE_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.1  # how often to look whether another program has let go of its lock

KNOWN_KEYS: Final = 20_000
"""How many idempotency keys are remembered."""


_KEYS: Final = f"SELECT key FROM task WHERE key IS NOT NULL ORDER BY number DESC LIMIT {KNOWN_KEYS}"  # noqa: S608 - our own number


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier process left: its open tasks in order of arrival, one of them active.

    ``is_paused`` says whether all countdowns stood still. They have the seconds that were left when that process was
    last alive, and ``RESUME_SECONDS`` at least.
    """

    tasks: tuple[Task, ...] = ()
    is_paused: bool = False


class Journal:
    """A Recorder that writes SQLite in a folder of its own, on a thread of its own.

    ``task_added``, ``task_ending`` and ``task_changed`` take a note and return, on any thread; the rest reads disk and
    raises JournalError. ``trouble`` is called with a sentence for the person when something cannot be kept or was
    damaged, and with an empty one when all is well again, on the journal's thread or on the one that opens it.
    ``open_tasks`` gives the tasks that are open now, for the case that the file must be made anew.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keep: Retention | None = None,
        clock: Clock = SYSTEM_CLOCK,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        self.retention = keep or Retention()
        self.trouble: Callable[[str], None] = _log_trouble
        self.open_tasks: Callable[[], Iterable[Task]] = tuple
        self._path = folder / FILE_NAME
        self._files = Files(folder / "files")
        self._clock = clock
        self._calendar = Calendar(clock)
        self._lock_seconds = lock_seconds
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._writer: Writer | None = None
        self._is_closed = threading.Event()
        self._has_swept = False
        self._has_mended_words = False
        self._keys: OrderedDict[str, None] = OrderedDict()  # those that may be found on disk, newest last
        self._lookups = Archive(self._path, self._files)  # apart, so that a search does not keep them waiting
        self._searches = Archive(self._path, self._files)

    # -- opening and closing -----------------------------------------------------------------------------------

    def open(self) -> Kept:
        """Open the journal, or make it, and return what was kept. Reads and writes disk.

        Waits ``lock_seconds`` for a lock that another program holds, unless ``close`` is called meanwhile.
        """
        try:
            self._ensure_folder()
            store, kept = self._take_up_patiently()
            newest_keys = reversed(store.connection.execute(_KEYS).fetchall())
        except failures.FAILURES as failure:
            raise failures.error_for(failure) from failure
        house = House(self._replace, self._tidy, self._is_running, self._tell)
        self._writer = Writer(store, house, self._clock, lock_seconds=self._lock_seconds)
        for (key,) in newest_keys:
            self._remember(key)
        for task in kept.tasks:
            self._follow(task)
            self._mark(task, "restored")
        return kept

    def close(self) -> None:
        """Write what is noted and let go of the file, within ``CLOSE_SECONDS``. Idempotent."""
        self._is_closed.set()
        self._let_go()
        if self._writer is not None:
            self._writer.note(_say_goodbye, topic=RUNNING)
            self._writer.close(CLOSE_SECONDS)

    def _take_up_patiently(self) -> tuple[Store, Kept]:
        give_up_at = self._clock.monotonic() + self._lock_seconds
        while True:
            try:
                return self._take_up()
            except sqlite3.Error as failure:
                is_late = self._clock.monotonic() > give_up_at
                if not failures.is_lock(failure) or is_late or self._is_closed.wait(_LOOK_SECONDS):
                    raise

    def _take_up(self) -> tuple[Store, Kept]:
        try:
            return self._sound_store()
        except failures.FAILURES as failure:
            if not failures.is_damage(failure) and not failures.is_wrong_schema(failure):
                raise
            store = self._new_store(failures.reason_of(failure))
        return store, self._read_kept(store)

    def _ensure_folder(self) -> None:
        try:
            ensure_private_folder(self._path.parent)
        except EndpointUntrusted as error:
            raise JournalUnusable(str(error).rstrip(".")) from error

    def _sound_store(self) -> tuple[Store, Kept]:
        """The store as it was left, and what it kept. Raises what the journal is damaged by; then it is untouched."""
        fresh = self._path.with_name(_NEW_NAME)
        if fresh.exists() and not self._path.exists():  # another process got no further in replacing a damaged one
            salvage.move(fresh, self._path)
        had_log = wal_of(self._path).exists()
        salvage.check_file(self._path)
        store = Store(self._path, self._files)
        try:
            salvage.check(store, had_log=had_log)
            kept = self._read_kept(store)
            _say_hello(store)
        except BaseException:
            store.close_untouched()
            raise
        return store, kept

    def _new_store(self, reason: str) -> Store:
        """A new file in place of a damaged one, with all that can be read of that and the tasks that are open now.

        It is complete before it takes the other's place: whoever is interrupted finds that one again.
        """
        fresh = self._path.with_name(_NEW_NAME)
        salvage.remove(fresh)
        with closing(Store(fresh, self._files)) as store:
            number = salvage.take_over(self._path, store)
            self._add_open_tasks(store)
            store.checkpoint()  # it must not depend on its log when it is moved
        damaged = salvage.set_aside(self._path, self._clock.now())
        salvage.move(fresh, self._path)
        store = Store(self._path, self._files)
        _say_hello(store)
        log.error("The journal was damaged: %s", reason)
        self.trouble(
            f"The record of your questions was damaged ({reason}). What could be read of it, {number} questions, was "
            f"taken over; the damaged files are kept as {damaged}."
        )
        return store

    def _read_kept(self, store: Store) -> Kept:
        connection = store.connection
        active, alive_at, now = store.fact(ACTIVE), store.fact(ALIVE_AT), self._clock.monotonic()
        tasks = []
        rows = connection.execute("SELECT * FROM task WHERE ended_at IS NULL ORDER BY number").fetchall()
        for row in rows:
            task = load_task(connection, self._files, row)
            records.place_in_time(task, row, alive_at, RESUME_SECONDS, now)
            task.clock = self._clock
            task.status = TaskStatus.ACTIVE if task.task_id == active else TaskStatus.PENDING
            tasks.append(task)
        return Kept(tuple(tasks), bool(store.fact(PAUSED)))

    # -- reading -----------------------------------------------------------------------------------------------

    def find(self, task_id: str) -> Task | None:
        """A task, open or not, as it is on disk."""
        return self._lookups.find(task_id)

    def find_key(self, key: str) -> Task | None:
        """The newest task that was asked with ``key``. Looks on disk only if there was one lately."""
        return self._lookups.find_key(key) if key in self._keys else None

    def search(self, query: Query) -> Page:
        """Tasks that have ended, newest first."""
        try:
            return self._searches.search(query)
        except JournalDamaged:
            self._has_mended_words = False  # perhaps it is only the index
            self._note_for_later(_do_nothing, "words")
            raise

    def _let_go(self) -> None:
        self._lookups.close()
        self._searches.close()

    def _remember(self, key: str | None) -> None:
        if key is not None:
            self._keys[key] = None
            if len(self._keys) > KNOWN_KEYS:
                self._keys.popitem(last=False)

    # -- what happens ------------------------------------------------------------------------------------------

    def task_added(self, task: Task, settled: Settled) -> None:
        """Keep a new task; the queue's lock may be held."""
        self._follow(task)
        self._remember(task.key)
        self._note(partial(Store.add_task, task=task), task, settled)

    def task_ending(self, task: Task, settled: Settled) -> None:
        """Keep the end of a task; the queue's lock may be held."""
        with self._lock:
            self._running.discard(task.task_id)
        self._note(partial(Store.end_task, task=task), task, settled)

    def task_changed(self, kind: EventKind, task: Task) -> None:
        """Keep a draft, a countdown or which task is in front, within a moment; the queue's lock may be held."""
        if kind is EventKind.DRAFT:
            self._note_for_later(partial(Store.set_draft, task=task), f"draft {task.task_id}")
        elif kind is EventKind.COUNTDOWN:
            self._follow(task)
            self._mark(task)
        elif task.status == TaskStatus.ACTIVE:
            self._note_for_later(partial(Store.set_fact, name=ACTIVE, value=task.task_id), ACTIVE)

    def set_paused(self, *, is_paused: bool) -> None:
        """Keep whether all countdowns stand still."""
        self._note_for_later(partial(Store.set_fact, name=PAUSED, value=int(is_paused)), PAUSED)

    def _note(self, write: Callable[[Store], None], task: Task, settled: Settled) -> None:
        assert self._writer is not None, "open the journal first"

        def tell(error: JournalError | None) -> None:
            settled(task if error is None else error)

        self._writer.note(write, tell)

    def _note_for_later(self, write: Callable[[Store], None], topic: str) -> None:
        if self._writer is not None:
            self._writer.note(write, topic=topic)

    def _mark(self, task: Task, event: str = "") -> None:
        mark = records.Mark.of(task)
        at = rfc3339(self._clock.now()) if event else ""

        def write(store: Store) -> None:
            store.mark(task, mark)
            if event:
                store.note(task.task_id, at, event)

        self._note_for_later(write, f"mark {task.task_id}")

    def _follow(self, task: Task) -> None:
        """Know whether a countdown runs: signs of life are needed as long as one does."""
        is_running = task.auto_resubmit_timeout > 0 and not task.is_held
        with self._lock:
            (self._running.add if is_running else self._running.discard)(task.task_id)

    # -- what the writer asks for, on its thread -----------------------------------------------------------------

    def _is_running(self) -> bool:
        return bool(self._running)

    def _replace(self, store: Store, failure: Exception) -> Store:
        """Another store in place of one that is damaged or gone, with the open tasks on it."""
        self._let_go()
        if isinstance(failure, failures.LogGone):
            store.close()  # which works the log into the file: it is still there for those who have it open
        else:
            store.close_untouched()
        self._ensure_folder()
        if isinstance(failure, failures.LogGone):
            store = Store(self._path, self._files)
            self._add_open_tasks(store)
        elif self._path.exists():
            store = self._new_store(failures.reason_of(failure))
        else:
            store = Store(self._path, self._files)
            self._add_open_tasks(store)
            _say_hello(store)
            self.trouble(f"The record of your questions has vanished from {self._path.parent}; a new one was begun.")
        self._let_go()  # whoever has read meanwhile may hold the file that is gone
        return store

    def _add_open_tasks(self, store: Store) -> None:
        with store.transaction():
            for task in self.open_tasks():
                if task.is_open:
                    store.add_task(task)
                    store.set_draft(task)
                    store.mark(task, records.Mark.of(task))

    def _tidy(self, store: Store) -> bool:
        if not self._has_mended_words:
            self._has_mended_words = True
            store.mend_words()
        if not self._has_swept and not salvage.is_kept_beside(self._path):
            self._has_swept = True
            rows = store.connection.execute("SELECT DISTINCT digest FROM attachment").fetchall()
            store.files.sweep({row["digest"] for row in rows})
        has_more = retention.purge(store, self.retention, self._calendar.today(store)) or retention.give_back_space(
            store
        )
        store.checkpoint()
        return has_more

    def _tell(self, error: JournalError | None) -> None:
        self.trouble("" if error is None else str(error))


def _log_trouble(sentence: str) -> None:
    if sentence:
        log.warning("%s", sentence)


def _say_hello(store: Store) -> None:
    """Let the next start see whether this one ended well."""
    with store.transaction():
        store.set_fact(RUNNING, 1)
    store.checkpoint()


def _do_nothing(_store: Store) -> None:
    """Be done with, so that an idle moment follows."""


def _say_goodbye(store: Store) -> None:
    store.set_fact(RUNNING, 0)
