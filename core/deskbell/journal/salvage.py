"""When the file is damaged: keep it beside, and take over what can be read."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from deskbell.journal.archive import load_task
from deskbell.journal.store import ACTIVE, ALIVE_AT, PAUSED, SEEN, Store

log = logging.getLogger(__name__)

_COMPANIONS: Final = ("", "-wal", "-shm")
_FACTS: Final = (ACTIVE, ALIVE_AT, PAUSED, SEEN)
_LAST_POSITION: Final = 2**48
_CHECKED_BYTES: Final = 64 * 2**20  # a larger file is checked as far as it is read


def wal_of(path: Path) -> Path:
    """The write-ahead log of a journal."""
    return path.with_name(path.name + "-wal")


def is_sound(store: Store) -> bool:
    """Whether SQLite finds nothing wrong with the file; a very large one is taken at its word."""
    if store.path.stat().st_size > _CHECKED_BYTES:
        return True
    return bool(store.connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")


def is_kept_beside(path: Path) -> bool:
    """Whether a damaged journal lies beside this one, which may name files that this one does not."""
    return any(path.parent.glob(f"{path.stem}.damaged-*"))


def set_aside(path: Path, now: datetime) -> Path:
    """Move a journal and what belongs to it out of the way; where it is now. Raises OSError."""
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    names = (f"{path.stem}.damaged-{stamp}{more}{path.suffix}" for more in _suffixes())
    kept = next(target for name in names if not (target := path.with_name(name)).exists())
    for companion in _COMPANIONS:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + companion).rename(kept.with_name(kept.name + companion))
    return kept


def take_over(damaged: Path, store: Store) -> int:
    """Copy every task that can still be read into ``store``; how many those are. The damaged files stay untouched."""
    with tempfile.TemporaryDirectory(dir=damaged.parent) as folder:
        copy = Path(folder) / damaged.name
        for companion in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(damaged.with_name(damaged.name + companion), copy.with_name(copy.name + companion))
        try:
            connection = sqlite3.connect(copy, isolation_level=None)
        except sqlite3.Error:
            return 0
        connection.row_factory = sqlite3.Row
        try:
            with store.transaction():
                return sum(_copy(connection, row, store) for row in _tasks(connection, store))
        finally:
            connection.close()


def _suffixes() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in range(2, 1_000))


def _tasks(connection: sqlite3.Connection, store: Store) -> Iterator[sqlite3.Row]:
    """The rows that can be read, passing over those that cannot."""
    try:
        last = connection.execute("SELECT max(number) FROM task").fetchone()[0] or 0
        _copy_facts(connection, store)
    except sqlite3.Error as error:
        log.warning("Nothing can be read from the damaged journal: %s", error)
        return
    yield from _readable(connection, 1, last)


def _readable(connection: sqlite3.Connection, first: int, last: int) -> Iterator[sqlite3.Row]:
    """The rows of a range of numbers; where it cannot be read as a whole, those of its halves."""
    if first > last:
        return
    try:
        rows = connection.execute("SELECT * FROM task WHERE number BETWEEN ? AND ? ORDER BY number", (first, last))
        found = rows.fetchall()
    except sqlite3.Error:
        if first < last:
            middle = (first + last) // 2
            yield from _readable(connection, first, middle)
            yield from _readable(connection, middle + 1, last)
        return
    yield from found


def _copy_facts(connection: sqlite3.Connection, store: Store) -> None:
    for name in _FACTS:
        with contextlib.suppress(sqlite3.Error):
            row = connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
            if row is not None:
                store.set_fact(name, row["value"])


def _copy(connection: sqlite3.Connection, row: sqlite3.Row, store: Store) -> bool:
    """Copy one task with all that belongs to it; False if it makes no sense."""
    number = row["number"]
    try:
        task = load_task(connection, None, row)
        tables = {
            name: connection.execute(f"SELECT * FROM {name} WHERE task = ?", (number,)).fetchall()  # noqa: S608
            for name in ("draft", "attachment", "event")
        }
        values = dict(row)
        if not task.is_open:
            values["position"] = _position(store, row["position"])
        _insert(store, "task", values)
        for name, rows in tables.items():
            for belonging in rows:
                _insert(store, name, {key: belonging[key] for key in belonging.keys() if key != "number"})  # noqa: SIM118
        if not task.is_open:
            store.add_words(values["position"], task)
    except sqlite3.Error as error:
        log.warning("A question in the damaged journal cannot be read: %s", error)
        return False
    return True


def _position(store: Store, found: object) -> int:
    """A place in the order of endings; the next one for a task that has lost its own."""
    if isinstance(found, int) and 0 < found <= _LAST_POSITION:
        return found
    last: int = store.connection.execute("SELECT coalesce(max(position), 0) FROM task").fetchone()[0]
    return last + 1


def _insert(store: Store, table: str, values: dict[str, Any]) -> None:
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    store.connection.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
