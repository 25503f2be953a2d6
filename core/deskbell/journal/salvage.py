"""When the file is damaged: keep it beside, and take over what can be read."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from deskbell.journal.archive import task_of
from deskbell.journal.failures import FAILURES, Nonsense
from deskbell.journal.store import ACTIVE, ALIVE_AT, PAUSED, RUNNING, SEEN, Store, wal_of

log = logging.getLogger(__name__)

_COMPANIONS: Final = ("", "-wal", "-shm")
_FACTS: Final = (ACTIVE, ALIVE_AT, PAUSED, SEEN)
_BELONGINGS: Final = ("draft", "attachment", "event")
_LAST_POSITION: Final = 2**48
_HEAD_BYTES: Final = 100
_MAGIC: Final = b"SQLite format 3\0"  # else SQLite itself says that it is no database
_FORMATS: Final = slice(18, 20)  # for writing and for reading; SQLite would take the file for read-only
_WAL_FORMAT: Final = 2
_CHECKED_BYTES: Final = 64 * 2**20  # a larger file is checked as far as it is read


def check_file(path: Path) -> None:
    """Raise Nonsense for a file that is empty or gone although its log is not, which SQLite would throw away.

    For one of another format too. This process must not have it open: to close a file that was opened beside SQLite
    gives up SQLite's locks (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    if _size(path) == 0 and _size(wal_of(path)) > 0:
        raise Nonsense("it is empty, but its write-ahead log is not")
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if max(head[_FORMATS], default=0) > _WAL_FORMAT and head.startswith(_MAGIC):
            raise Nonsense("its format is none that SQLite writes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def check(store: Store, *, had_log: bool) -> None:
    """Raise Nonsense if something is wrong with the file; a very large one is taken at its word."""
    if store.fact(RUNNING) and not had_log:
        raise Nonsense("its write-ahead log is missing")
    if store.path.stat().st_size > _CHECKED_BYTES:
        return
    if store.connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        raise Nonsense("its pages do not fit together")


def is_kept_beside(path: Path) -> bool:
    """Whether a damaged journal lies beside this one, which may name files that this one does not."""
    return any(path.parent.glob(f"{path.stem}.damaged-*"))


def set_aside(path: Path, now: datetime) -> Path:
    """Move a journal and what belongs to it out of the way; where it is now. Raises OSError."""
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    names = (f"{path.stem}.damaged-{stamp}{more}{path.suffix}" for more in _suffixes())
    kept = next(target for name in names if not (target := path.with_name(name)).exists())
    move(path, kept)
    return kept


def move(path: Path, target: Path) -> None:
    """Rename a journal and what belongs to it, itself first. Nobody may have it open. Raises OSError."""
    for companion in _COMPANIONS:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + companion).rename(target.with_name(target.name + companion))


def remove(path: Path) -> None:
    """Remove a journal and what belongs to it, if it is there. Raises OSError."""
    for companion in _COMPANIONS:
        path.with_name(path.name + companion).unlink(missing_ok=True)


def take_over(damaged: Path, store: Store) -> int:
    """Copy every task that can still be read into ``store``; how many those are.

    The damaged files stay untouched. Raises what ``store`` raises, such as for a full disk.
    """
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
        connection.text_factory = _readable_text
        try:
            with store.transaction():
                columns = [row["name"] for row in store.connection.execute("PRAGMA table_info(task)")]
                return sum(_copy(connection, _values(row, columns), store) for row in _tasks(connection, store))
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
    except FAILURES as error:
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
    except FAILURES:
        if first < last:
            middle = (first + last) // 2
            yield from _readable(connection, first, middle)
            yield from _readable(connection, middle + 1, last)
        return
    yield from found


def _copy_facts(connection: sqlite3.Connection, store: Store) -> None:
    for name in _FACTS:
        with contextlib.suppress(*FAILURES):
            row = connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
            if row is not None:
                store.set_fact(name, row["value"])


def _values(row: sqlite3.Row, columns: Sequence[str]) -> dict[str, Any]:
    """A row by what its columns should be called: what they are called may be damaged as well."""
    return dict(zip(columns, row, strict=True)) if len(row) == len(columns) else dict(row)


def _copy(connection: sqlite3.Connection, values: dict[str, Any], store: Store) -> bool:
    """Copy one task with all that belongs to it; False if it makes no sense."""
    try:
        task = task_of(values)
    except Nonsense as error:
        log.warning("A question in the damaged journal cannot be read: %s", error)
        return False
    if not task.is_open:
        values["position"] = _position(store, values.get("position"))
    _insert(store, "task", values)
    for table in _BELONGINGS:
        _copy_belongings(connection, table, values["number"], store)
    if not task.is_open:
        store.add_words(values["position"], task)
    return True


def _copy_belongings(connection: sqlite3.Connection, table: str, number: int, store: Store) -> None:
    """Copy what belongs to a task, as far as it can be read: the question is worth more than that."""
    rows: list[sqlite3.Row] = []
    with contextlib.suppress(*FAILURES):
        rows.extend(connection.execute(f"SELECT * FROM {table} WHERE task = ?", (number,)))  # noqa: S608 - our own name
    for row in rows:
        with contextlib.suppress(sqlite3.IntegrityError):
            _insert(store, table, {key: row[key] for key in row.keys() if key != "number"})  # noqa: SIM118


def _readable_text(text: bytes) -> str:
    return text.decode(errors="replace")


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
