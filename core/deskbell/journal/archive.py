"""Reading what the journal keeps, beside the thread that writes it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from deskbell.journal import failures, records
from deskbell.journal.failures import Nonsense
from deskbell.journal.files import Files
from deskbell.journal.store import connect
from deskbell.journal.words import expression, source_expression
from deskbell.task import Attachment, Task, rfc3339

log = logging.getLogger(__name__)

_NO_FILES: Final = MappingProxyType[str, tuple[Attachment, ...]]({})

MAX_PAGE: Final = 500
"""How many tasks a page holds at most."""

PAGE_CHARACTERS: Final = 4_000_000
"""A page ends early, with one task at least, when its questions and answers come to so much."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for among the tasks that have ended; those that ended last come first.

    ``text`` are words of the question or the answer, ``source`` an agent, project, branch or session. They ended at
    ``since`` or later, and before ``until``. ``before`` is the ``next`` of the page before.
    """

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the tasks that were found; ``next`` is where the next page starts, None after the last."""

    tasks: tuple[Task, ...]
    next: int | None = None


_SPAN: Final = "SELECT min(position) AS first, max(position) AS last FROM task WHERE ended_at >= ? AND ended_at < ?"


class Archive:
    """Any thread may read, one at a time. Reads disk. Raises JournalError."""

    def __init__(self, path: Path, files: Files) -> None:
        self._path = path
        self._files = files
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def find(self, task_id: str) -> Task | None:
        """A task by its id, with its files; None if it is not kept."""
        with self._reading() as connection:
            rows = connection.execute("SELECT * FROM task WHERE task_id = ?", (task_id,)).fetchall()
            return next((load_task(connection, self._files, row) for row in rows), None)

    def find_key(self, key: str) -> Task | None:
        """The newest task that was asked with ``key``."""
        with self._reading() as connection:
            found = connection.execute("SELECT * FROM task WHERE key = ? ORDER BY number DESC LIMIT 1", (key,))
            return next((load_task(connection, self._files, row) for row in found.fetchall()), None)

    def search(self, query: Query) -> Page:
        """The tasks that ended and fit; their files come without content. What ends meanwhile is on no later page."""
        limit = max(1, min(query.limit, MAX_PAGE))
        with self._reading() as connection:
            selected = _select(connection, query)
            if selected is None:
                return Page(())
            sql, values = selected
            rows = connection.execute(f"{sql} LIMIT ?", (*values, limit + 1))
            return _page(connection, rows, limit)

    def close(self) -> None:
        """Let go of the file; reading again opens it anew."""
        with self._lock:
            self._disconnect()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = connect(self._path, read_only=True)
                yield self._connection
            except failures.FAILURES as failure:
                self._disconnect()
                raise failures.error_for(failure) from failure

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def load_task(connection: sqlite3.Connection, files: Files | None, row: sqlite3.Row) -> Task:
    """The task of a row. Without ``files`` its attachments come without content, as do those whose file is gone.

    Raises Nonsense for a row that was not written like that, and sqlite3.Error.
    """
    number = row["number"]
    draft = connection.execute("SELECT content FROM draft WHERE task = ?", (number,)).fetchone()
    return task_of(row, _attachments(connection, files, number), draft and draft["content"])


def task_of(
    row: records.Row, files: Mapping[str, tuple[Attachment, ...]] = _NO_FILES, draft: str | None = None
) -> Task:
    """The task of a row, with its files by role. Raises Nonsense for a row that was not written like that."""
    try:
        return records.task_of(row, files, draft)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise Nonsense(f"task {row['task_id']!r} makes no sense: {error}") from error


def _page(connection: sqlite3.Connection, rows: Iterable[sqlite3.Row], limit: int) -> Page:
    tasks, last, characters, number = list[Task](), None, 0, 0
    for number, row in enumerate(rows):
        if number == limit or characters > PAGE_CHARACTERS:
            return Page(tuple(tasks), last)
        try:
            tasks.append(load_task(connection, None, row))
        except Nonsense as error:
            log.warning("Passed over: %s", error)
        last = row["position"]
        characters += sum(len(row[name] or "") for name in ("prompt", "options", "answer"))
    return Page(tuple(tasks))


def _attachments(connection: sqlite3.Connection, files: Files | None, number: int) -> dict[str, tuple[Attachment, ...]]:
    found: dict[str, tuple[Attachment, ...]] = {}
    rows = connection.execute("SELECT * FROM attachment WHERE task = ? ORDER BY role, position", (number,))
    for row in rows.fetchall():
        if not all(isinstance(row[name], str) for name in ("role", "name", "media_type", "digest")):
            raise Nonsense(f"a file of task {number} makes no sense")
        file = Attachment(row["name"], row["media_type"], b"" if files is None else _content(files, row["digest"]))
        found[row["role"]] = (*found.get(row["role"], ()), file)
    return found


def _content(files: Files, digest: str) -> bytes:
    try:
        return files.read(digest)
    except OSError as error:
        log.warning("The content of a file is gone: %s", error)
        return b""


def _select(connection: sqlite3.Connection, query: Query) -> tuple[str, Sequence[Any]] | None:
    """The statement that finds them, with its values; None if there can be none.

    Words and sources are looked up in the index alone, from the newest on, so that it can stop when a page is full.
    """
    conditions, values = ["position IS NOT NULL"], list[Any]()

    def add(condition: str, *given: Any) -> None:
        conditions.append(condition)
        values.extend(given)

    matches = [expression(query.text)] if query.text.strip() else []
    if not all(matches):
        return None
    if query.source:
        matches.append(source_expression(query.source))
    place = "words.rowid" if matches else "position"
    if matches:
        add("words MATCH ?", " AND ".join(matches))
    if query.before is not None:
        add(f"{place} < ?", query.before)
    if query.since or query.until:
        moments = rfc3339(query.since) if query.since else "", rfc3339(query.until) if query.until else "~"
        span = connection.execute(_SPAN, moments).fetchone()
        if span["first"] is None:
            return None
        add(f"{place} BETWEEN ? AND ?", span["first"], span["last"])
        add("ended_at >= ? AND ended_at < ?", *moments)  # the clock may have leapt in between
    tables = "words CROSS JOIN task ON position = words.rowid" if matches else "task"
    return f"SELECT task.* FROM {tables} WHERE {' AND '.join(conditions)} ORDER BY {place} DESC", values  # noqa: S608
