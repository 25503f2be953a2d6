"""The journal's file: one connection, and what is written through it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from deskbell.journal import records
from deskbell.journal.failures import FAILURES, LogGone, Nonsense, OutOfPlace, is_damage
from deskbell.journal.files import Files
from deskbell.journal.schema import NEW_FILE, check_version, migrate, version_of
from deskbell.journal.words import entry_of
from deskbell.task import Attachment, Draft, Task, TaskStatus, rfc3339

_BUSY_SECONDS: Final = 0.2  # how long SQLite itself waits for a lock; whoever calls has more patience
_COLUMNS: Final = (
    "task_id, status, agent, project, branch, session, pid, created_at, key, kind, multiple, allow_text, timeout, "
    "explicit_timeout, on_timeout, remaining, marked_at, is_running, is_held, title, placeholder, options, prompt"
)
_INSERT: Final = (
    f"INSERT OR IGNORE INTO task ({_COLUMNS}) VALUES ({', '.join(f':{name}' for name in _COLUMNS.split(', '))})"  # noqa: S608 - our own names
)
_END: Final = """
    UPDATE task SET status = :status, ended_at = :ended_at, answer = :answer, answered_by = :answered_by,
        position = (SELECT coalesce(max(position), 0) + 1 FROM task WHERE position IS NOT NULL),
        bytes = 640 + 5 * length(CAST(prompt || options || coalesce(:answer, '') AS BLOB))
            - 2 * length(prompt || options || coalesce(:answer, ''))
    WHERE number = :number RETURNING position
"""
"""A text stands in its row, beside the index and in it; one that is not ASCII takes more there. Measured, not exact."""
_MARK: Final = (
    "UPDATE task SET remaining = :remaining, marked_at = :marked_at, is_running = :is_running, is_held = :is_held, "
    "timeout = :timeout WHERE task_id = :task_id AND ended_at IS NULL"
)
_ADD_WORDS: Final = "INSERT OR IGNORE INTO words (rowid, question, answer, source) VALUES (?, ?, ?, ?)"

LOG_BYTES: Final = 16 * 2**20
"""How large the write-ahead log remains once it has been worked into the file."""

_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "wal_autocheckpoint = 0",
    f"journal_size_limit = {LOG_BYTES}",  # what a burst has left in the log does not stay
    "foreign_keys = ON",
)

ALIVE_AT: Final = "alive_at"
ACTIVE: Final = "active"
PAUSED: Final = "paused"
RUNNING: Final = "running"
SEEN: Final = "seen"
STALE: Final = "stale"


class Store:
    """One thread at a time may use it. Methods raise sqlite3.Error, and OSError where files are concerned.

    What is written counts once the ``transaction`` around it has ended.
    """

    def __init__(self, path: Path, files: Files) -> None:
        self.path = path
        self.files = files
        self._file: _Place | None = None
        self._log: _Place | None = None
        if path.exists():  # looking changes nothing in a file that is not ours to change
            with contextlib.closing(connect(path, read_only=True)) as glance:
                check_version(glance)
        self.connection = connect(path)
        try:
            migrate(self.connection)
            self._note_place()
        except BaseException:
            self.close_untouched()
            raise

    def close(self, *, keeps_log: bool = False) -> None:
        """Close the file; with ``keeps_log`` as a crash leaves it, beside its write-ahead log."""
        self._file = None
        with contextlib.ExitStack() as others:
            if keeps_log:  # whoever is last to close removes it, if it may write
                with contextlib.suppress(sqlite3.Error):
                    last = others.enter_context(contextlib.closing(connect(self.path, read_only=True)))
                    last.execute("PRAGMA user_version").fetchone()  # opens the log
            self.connection.close()

    def close_untouched(self) -> None:
        """Close a file that is damaged, and leave it as it is."""
        self._file = None
        _close_untouched(self.connection, self.path)

    def check_place(self) -> None:
        """Make sure that the next start will find what is written.

        Raises OutOfPlace, LogGone, or Nonsense when somebody else has changed the files and they make no sense now:
        SQLite would not look at what it believes to know.
        """
        file, log = _Place.of(self.path), _Place.of(wal_of(self.path))
        if file is None or self._file is None or file.identity != self._file.identity:
            raise OutOfPlace("it is not where it was")
        if self._log is not None:
            if log is None or log.identity != self._log.identity:
                raise LogGone("its write-ahead log is not where it was")
            if log.size < min(self._log.size, LOG_BYTES):
                raise Nonsense("its write-ahead log was cut off")
        if file != self._file:
            self._look_at_changes()
            self._file = file

    def _look_at_changes(self) -> None:
        with contextlib.closing(connect(self.path, read_only=True)) as fresh:
            check_version(fresh)
            if not version_of(fresh) or fresh.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise Nonsense("somebody has written into it")

    def _note_place(self) -> None:
        self._file = _known_again(self._file, _Place.of(self.path))
        self._log = _known_again(self._log, _Place.of(wal_of(self.path)))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; on disk when it has ended."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
            self._log = _known_again(self._log, _Place.of(wal_of(self.path)))
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def checkpoint(self) -> None:
        """Work what stands in the write-ahead log into the file, as far as readers allow."""
        before = self._file
        self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        self._note_place()
        if not self._can_be_opened():  # somebody else has written into it meanwhile: it is to be looked at closely
            self._file = before

    def _can_be_opened(self) -> bool:
        try:
            with contextlib.closing(connect(self.path, read_only=True)) as fresh:
                return version_of(fresh) > 0
        except sqlite3.Error:
            return False

    # -- what happens to tasks ---------------------------------------------------------------------------------

    def add_task(self, task: Task) -> None:
        """Keep a new task; one that is known stays as it is."""
        added = self.connection.execute(_INSERT, records.row_of(task))
        number = added.lastrowid
        if not added.rowcount or number is None:
            return
        self._keep_files(number, "question", task.details.attachments)
        self._note(number, rfc3339(task.created_at), "asked", str(task.details.source))
        if task.status == TaskStatus.ACTIVE:
            self.set_fact(ACTIVE, task.task_id)

    def end_task(self, task: Task) -> None:
        """Keep how a task ended; one that is unknown or has ended already stays as it is."""
        row = self._open_row(task.task_id)
        if row is None:
            return
        number, result, given = row["number"], task.result, task.answer
        at = rfc3339(task.completed_at or task.clock.now())
        answer = None if result is None else records.answer_json(result)
        answered_by = result and result.get("answered_by")
        values = {"status": str(task.status), "ended_at": at, "answer": answer, "answered_by": answered_by}
        ended = self.connection.execute(_END, {**values, "number": number}).fetchall()
        self.connection.execute("DELETE FROM draft WHERE task = ?", (number,))
        self._keep_files(number, "draft", ())
        self._keep_files(number, "answer", given.attachments if given else ())
        self._note(number, at, str(task.status), answered_by or "")
        self.add_words(ended[0]["position"], task)

    def add_words(self, position: int, task: Task) -> None:
        """Let a task that has ended be found."""
        self.connection.execute(_ADD_WORDS, (position, *entry_of(task)))

    def mend_words(self) -> None:
        """Make the full-text index anew from the words it was given, if it does not fit them any more."""
        try:
            self.connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        except sqlite3.DatabaseError as failure:
            if not is_damage(failure):
                raise
            self.connection.execute("INSERT INTO words (words) VALUES ('rebuild')")

    def mark(self, task: Task, mark: records.Mark) -> None:
        """Keep where the countdown of an open task stands."""
        values = {**records.values_of(mark), "timeout": task.auto_resubmit_timeout, "task_id": task.task_id}
        self.connection.execute(_MARK, values)

    def set_draft(self, task: Task) -> None:
        """Keep what has been entered for an open task, or that nothing is."""
        row = self._open_row(task.task_id)
        if row is None:
            return
        draft = task.draft or Draft()
        self.connection.execute("DELETE FROM draft WHERE task = ?", (row["number"],))
        self._keep_files(row["number"], "draft", draft.attachments)
        if task.draft:
            self.connection.execute("INSERT INTO draft VALUES (?, ?)", (row["number"], records.draft_json(draft)))

    def note(self, task_id: str, at: str, kind: str, by: str = "") -> None:
        """Keep that something happened to an open task."""
        row = self._open_row(task_id)
        if row is not None:
            self._note(row["number"], at, kind, by)

    def _open_row(self, task_id: str) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self.connection.execute(
            "SELECT number FROM task WHERE task_id = ? AND ended_at IS NULL", (task_id,)
        ).fetchone()
        return found

    def _note(self, number: int, at: str, kind: str, by: str) -> None:
        self.connection.execute("INSERT INTO event (task, at, kind, by) VALUES (?, ?, ?, ?)", (number, at, kind, by))

    def _keep_files(self, number: int, role: str, attachments: Iterable[Attachment]) -> None:
        if role == "draft":
            self.connection.execute("DELETE FROM attachment WHERE task = ? AND role = ?", (number, role))
        for position, item in enumerate(attachments):
            digest = self.files.keep(item.data)
            self.connection.execute(
                "INSERT INTO attachment VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, role, position, item.name, item.media_type, digest, len(item.data)),
            )

    # -- facts about the desk ----------------------------------------------------------------------------------

    def fact(self, name: str) -> Any:
        """A fact about the desk; None if it was never set."""
        row = self.connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def set_fact(self, name: str, value: object) -> None:
        """Keep a fact about the desk."""
        self.connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in WAL mode that is safe against power failure. Raises sqlite3.Error.

    It may wander between threads, one at a time.
    """
    is_new = not path.exists()
    if is_new and not read_only:
        _make_private(path)
    address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(
        address, uri=True, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    try:
        if not read_only:
            for statement in NEW_FILE if is_new else ():
                connection.execute(statement)
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        _close_untouched(connection, path)
        raise
    return connection


def _make_private(path: Path) -> None:
    """An empty file for its owner alone; SQLite gives its rights to those it makes beside it."""
    try:
        path.touch(mode=0o600)
    except FileNotFoundError:  # SQLite says better what is wrong
        return


def _close_untouched(connection: sqlite3.Connection, path: Path) -> None:
    """Close a connection that is not the last one then: the last one works the log into the file and removes it."""
    with contextlib.ExitStack() as afterwards:
        with contextlib.suppress(*FAILURES):
            witness = connect(path, read_only=True)
            afterwards.callback(witness.close)
            version_of(witness)
        connection.close()


def wal_of(path: Path) -> Path:
    """The write-ahead log of a journal."""
    return path.with_name(path.name + "-wal")


class _Place(NamedTuple):
    """What the disk says of a file."""

    identity: tuple[int, int]
    size: int
    changed_at: int

    @classmethod
    def of(cls, path: Path) -> _Place | None:
        try:
            found = os.stat(path)  # noqa: PTH116 - what Path.stat does, a little faster
        except OSError:
            return None
        return cls((found.st_dev, found.st_ino), found.st_size, found.st_mtime_ns)


def _known_again(known: _Place | None, found: _Place | None) -> _Place | None:
    """What a file of ours is like after we have changed it; another one in its place is not taken for it."""
    return found if known is None or (found is not None and found.identity == known.identity) else known
