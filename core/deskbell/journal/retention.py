"""How much of the past is kept, and forgetting the rest."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from deskbell.journal.store import SEEN, Store
from deskbell.task import rfc3339

STEP: Final = 200
"""How many tasks are forgotten in one transaction."""

_LEAP: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_PAGES: Final = 500
_OLDEST: Final = "SELECT number FROM task WHERE ended_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of tasks that have ended: so many, for so many days, in so many bytes."""

    tasks: int = 10_000
    days: int = 365
    size: int = 500 * 2**20


def purge(store: Store, retention: Retention, now: datetime) -> bool:
    """Forget a few of the tasks that are too many, too old or too large, oldest first; whether there may be more."""
    horizon = _horizon(store, now) - timedelta(days=retention.days)
    numbers = (
        _numbers(store, f"{_OLDEST} ORDER BY number DESC LIMIT {STEP} OFFSET {retention.tasks}")
        or _numbers(store, f"{_OLDEST} AND ended_at < '{rfc3339(horizon)}' ORDER BY ended_at LIMIT {STEP}")
        or (_numbers(store, f"{_OLDEST} ORDER BY number LIMIT {STEP}") if _size(store) > retention.size else [])
    )
    if not numbers:
        return False
    forget(store, numbers)
    return True


def forget(store: Store, numbers: list[int]) -> None:
    """Take tasks out for good, with their words and files, in one transaction."""
    marks = [(number,) for number in numbers]
    places = ", ".join("?" * len(numbers))
    digests = store.connection.execute(f"SELECT DISTINCT digest FROM attachment WHERE task IN ({places})", numbers)  # noqa: S608
    suspects = [row["digest"] for row in digests.fetchall()]
    with store.transaction():
        store.connection.executemany("DELETE FROM words WHERE rowid = ?", marks)
        store.connection.executemany("DELETE FROM task WHERE number = ?", marks)
    for digest in suspects:
        if not store.connection.execute("SELECT 1 FROM attachment WHERE digest = ?", (digest,)).fetchone():
            store.files.discard(digest)


def give_back_space(store: Store) -> bool:
    """Give a little of what is free in the file back to the disk; whether there is more."""
    free: int = store.connection.execute("PRAGMA freelist_count").fetchone()[0]
    if free > _PAGES:
        store.connection.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
    return free > 2 * _PAGES


def _horizon(store: Store, now: datetime) -> datetime:
    """Today, as far as it can be believed: a clock that has leapt ahead must not cost what was kept."""
    seen = now
    with contextlib.suppress(TypeError, ValueError):
        seen = datetime.fromisoformat(store.fact(SEEN))
    believed = min(now, seen + _LEAP)
    if believed > seen + _HOUR or store.fact(SEEN) is None:
        with store.transaction():
            store.set_fact(SEEN, rfc3339(believed))
    return believed


def _size(store: Store) -> int:
    pages, free, page = (
        store.connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    files: int = store.connection.execute("SELECT coalesce(sum(size), 0) FROM attachment").fetchone()[0]
    return int((pages - free) * page + files)


def _numbers(store: Store, sql: str) -> list[int]:
    return [row["number"] for row in store.connection.execute(sql).fetchall()]
