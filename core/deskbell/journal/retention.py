"""How much of the past is kept, and forgetting the rest."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from deskbell.clock import Clock
from deskbell.journal.store import SEEN, STALE, Store
from deskbell.task import rfc3339

STEP: Final = 200
"""How many tasks are forgotten in one transaction."""

SPARE_PAGES: Final = 500
"""How many free pages the file may keep for what comes next."""

MERGE_PAGES: Final = 100
"""How many pages of the full-text index are put in order at a time."""

_DAY: Final = timedelta(days=1)
_HOUR_SECONDS: Final = 3600.0
_NO_POSITION: Final = 2**62
_STALE_SHARE: Final = 0.25
_STALE_MINIMUM: Final = 1_000

_ENDED: Final = "SELECT count(*) AS tasks, coalesce(sum(bytes), 0) AS bytes FROM task WHERE position IS NOT NULL"
_FILES: Final = "SELECT coalesce(sum(size), 0) AS bytes FROM (SELECT DISTINCT digest, size FROM attachment)"
_OLDEST: Final = "SELECT number FROM task WHERE position IS NOT NULL ORDER BY position LIMIT ?"
_IS_ANY_OLD: Final = "SELECT 1 FROM task WHERE ended_at < ? LIMIT 1"
_FIRST_RECENT: Final = "SELECT min(position) AS position FROM task WHERE ended_at >= ? AND ended_at < ?"
_OLD: Final = "SELECT number FROM task WHERE ended_at < ? AND position < ? ORDER BY position LIMIT ?"
_LARGE: Final = f"""
    SELECT number, bytes + coalesce((SELECT sum(size) FROM attachment WHERE attachment.task = number), 0) AS bytes
    FROM task WHERE position IS NOT NULL ORDER BY position LIMIT {STEP}
"""  # noqa: S608 - our own number


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of tasks that have ended: so many, for so many days, in so many bytes."""

    tasks: int = 10_000
    days: int = 365
    size: int = 500 * 2**20


class Calendar:
    """Today, as far as it can be believed: a wall clock that has leapt ahead must not cost what was kept.

    It goes ahead with the wall clock, by a day at the start and by a day in each hour after that at most.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._moved_at: float | None = None

    def today(self, store: Store) -> datetime:
        """The moment that is taken for now."""
        now, seen = self._clock.now(), None
        with contextlib.suppress(TypeError, ValueError):
            seen = datetime.fromisoformat(store.fact(SEEN))
        if seen is not None and now <= seen:
            return now
        if not self._may_move:
            return seen or now
        believed = now if seen is None else min(now, seen + _DAY)
        with store.transaction():
            store.set_fact(SEEN, rfc3339(believed))
        self._moved_at = self._clock.monotonic()
        return believed

    @property
    def _may_move(self) -> bool:
        return self._moved_at is None or self._clock.monotonic() >= self._moved_at + _HOUR_SECONDS


def purge(store: Store, retention: Retention, today: datetime) -> bool:
    """Forget a few of the tasks that are too many, too old or too large, oldest first; whether there may be more."""
    ended = store.connection.execute(_ENDED).fetchone()
    too_many = ended["tasks"] - retention.tasks
    excess = ended["bytes"] + store.connection.execute(_FILES).fetchone()["bytes"] - retention.size
    numbers = _oldest(store, too_many) or _too_old(store, retention, today) or _large_ones(store, excess)
    if numbers:
        forget(store, numbers)
    return bool(numbers)


def forget(store: Store, numbers: list[int]) -> None:
    """Take tasks out for good, with their words and files, in one transaction."""
    marks = [(number,) for number in numbers]
    places = ", ".join("?" * len(numbers))
    digests = store.connection.execute(f"SELECT DISTINCT digest FROM attachment WHERE task IN ({places})", numbers)  # noqa: S608
    suspects = [row["digest"] for row in digests.fetchall()]
    with store.transaction():
        store.connection.executemany(
            "DELETE FROM words WHERE rowid = (SELECT position FROM task WHERE number = ?)", marks
        )
        store.connection.executemany("DELETE FROM task WHERE number = ?", marks)
        store.set_fact(STALE, (store.fact(STALE) or 0) + len(numbers))
    for digest in suspects:
        if not store.connection.execute("SELECT 1 FROM attachment WHERE digest = ?", (digest,)).fetchone():
            store.files.discard(digest)


def give_back_space(store: Store) -> bool:
    """Give a little of the room that nothing takes any more back to the disk; whether there is more."""
    if store.fact(STALE) and _merge(store):
        return True
    free: int = store.connection.execute("PRAGMA freelist_count").fetchone()[0]
    if free > SPARE_PAGES:
        # A script, because each step of this statement frees one page, and execute takes only the first.
        store.connection.executescript(f"PRAGMA incremental_vacuum({SPARE_PAGES})")
    return free > 2 * SPARE_PAGES


def _merge(store: Store) -> bool:
    """Take the words of forgotten tasks out of the index, once they are a good part of it; whether there is more."""
    kept: int = store.connection.execute(_ENDED).fetchone()["tasks"]
    if store.fact(STALE) < max(_STALE_MINIMUM, _STALE_SHARE * kept):
        return False
    changes = store.connection.total_changes
    with store.transaction():
        store.connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (-MERGE_PAGES,))
    has_more = store.connection.total_changes > changes + 1
    if not has_more:
        with store.transaction():
            store.set_fact(STALE, 0)
    return has_more


def _oldest(store: Store, number: int) -> list[int]:
    return _numbers(store, _OLDEST, [min(number, STEP)]) if number > 0 else []


def _too_old(store: Store, retention: Retention, today: datetime) -> list[int]:
    """What ended before anything that is not too old: whatever the clock said then, it cannot be older than that."""
    horizon, tomorrow = rfc3339(today - timedelta(days=retention.days)), rfc3339(today + _DAY)
    if not store.connection.execute(_IS_ANY_OLD, (horizon,)).fetchone():
        return []
    recent = store.connection.execute(_FIRST_RECENT, (horizon, tomorrow)).fetchone()["position"]
    return _numbers(store, _OLD, (horizon, _NO_POSITION if recent is None else recent, STEP))


def _large_ones(store: Store, excess: int) -> list[int]:
    """As many of the oldest as take ``excess`` bytes; rather fewer, where they share files."""
    numbers = []
    for row in store.connection.execute(_LARGE).fetchall() if excess > 0 else ():
        numbers.append(row["number"])
        excess -= row["bytes"]
        if excess <= 0:
            break
    return numbers


def _numbers(store: Store, sql: str, values: Sequence[object]) -> list[int]:
    return [row["number"] for row in store.connection.execute(sql, values).fetchall()]
