"""How fast something is found among what has ended, and what it costs to be found."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from deskbell.journal.archive import Archive, Query
from deskbell.journal.files import Files
from deskbell.journal.store import Store
from deskbell.task import Answer, Option, Source, Task, TaskDetails
from rows import Row, percentile

_BATCH = 100
_ROUNDS = 20
_START = datetime(2026, 1, 1, tzinfo=UTC)
_STEP = timedelta(minutes=5)
_SYLLABLES = ("ka", "to", "mi", "re", "son", "der", "ti", "pro", "lu", "van", "ex", "qua", "lor", "be", "sta", "ing")
_IDEOGRAPHS = "".join(map(chr, range(0x4E00, 0x4E00 + 3_000)))
_COMMON = "deploy"
_CHINESE = "数据库迁移"


def measure(*, rows: int) -> Iterator[Row]:
    """Fill a journal with questions as varied as real ones, then search it in every way."""
    with tempfile.TemporaryDirectory(prefix="deskbell-history-") as name:
        folder = Path(name)
        plain = _fill(_Unsearchable(folder / "plain.db", Files(folder)), rows // 10)
        each = _fill(Store(folder / "journal.db", Files(folder)), rows)
        size = (folder / "journal.db").stat().st_size / 2**20
        archive = Archive(folder / "journal.db", Files(folder))
        times = {kind: _search_times(archive, query) for kind, query in _queries(rows).items()}
        archive.close()
    all_times = [1000 * each for kind in times.values() for each in kind]
    worst = max(times, key=lambda kind: percentile(times[kind], 0.95))
    what, p95 = f"{rows:,} rows of history: search", 1000 * percentile(times[worst], 0.95)
    yield Row(f"{what}, p50", percentile(all_times, 0.5), "ms", note=f"{len(times)} kinds, {size:.0f} MiB")
    yield Row(f"{what}, p95 of the slowest kind", p95, "ms", 50, note=worst)
    yield Row(
        "a question kept and ended", each, "µs", note=f"{_BATCH} a commit; {plain:.0f} µs if it could not be found"
    )


class _Unsearchable(Store):
    """Leaves out the index of words."""

    def add_words(self, position: int, task: Task) -> None:
        pass


def _fill(store: Store, rows: int) -> float:
    """Microseconds for each."""
    texts = _Texts()
    seconds = 0.0
    for first in range(0, rows, _BATCH):
        tasks = [texts.task(number) for number in range(first, min(rows, first + _BATCH))]
        start = time.perf_counter()
        with store.transaction():
            for task in tasks:
                store.add_task(task)
                store.end_task(task)
        store.checkpoint()
        seconds += time.perf_counter() - start
    store.close()
    return 1e6 * seconds / rows


class _Texts:
    """Questions with words as frequent and as rare as in a language, every second with a common one."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        made = {"".join(self._random.choices(_SYLLABLES, k=self._random.randint(1, 5))) for _ in range(30_000)}
        self._words = sorted(made)
        self._random.shuffle(self._words)
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))

    def task(self, number: int) -> Task:
        ended_at = _START + number * _STEP
        prompt = self._text(min(600, int(self._random.lognormvariate(3.4, 0.9)) + 3))
        if number % 2:
            prompt += f" {_COMMON}"
        if number % 20 == 0:
            prompt += "".join(self._random.choices(_IDEOGRAPHS, k=40))
        if number % 50 == 0:
            prompt += _CHINESE
        source = Source(
            self._random.choice(("claude", "codex", "gemini")),
            f"project-{number % 61}",
            f"fix-{number % 997}",
            f"session-{number // 40}",
        )
        return Task(
            f"{number:012}",
            prompt,
            [Option("Yes"), Option(self._text(2)), Option("No")],
            created_at=ended_at - timedelta(seconds=30),
            status="completed",
            result=Answer(("Yes",), self._text(number % 9), at=ended_at).to_dict(),
            completed_at=ended_at,
            details=TaskDetails(self._text(3) if number % 4 == 0 else "", source),
        )

    def _text(self, words: int) -> str:
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=words))


def _queries(rows: int) -> dict[str, Query]:
    early, late = (_START + int(rows * share) * _STEP for share in (0.01, 0.99))
    return {
        "the newest": Query(),
        "half of all": Query(_COMMON),
        "half of all, a late page": Query(_COMMON, before=rows // 100),
        "one word": Query("lustaingvan"),
        "nothing like it": Query("zzzz"),
        "one letter": Query("d"),
        "two beginnings": Query("ka de"),
        "sixteen beginnings": Query(" ".join(_SYLLABLES)),
        "Chinese": Query(_CHINESE),
        "one Chinese character": Query(_CHINESE[0]),
        "a source": Query(source="codex"),
        "a source of long ago": Query(source="session-1"),
        "a source that nothing has": Query(source="nobody"),
        "half of all of no source": Query(_COMMON, source="nobody"),
        "half of all of an old source": Query(_COMMON, source="session-1"),
        "since far back": Query(since=early),
        "until far back": Query(until=early),
        "half of all until far back": Query(_COMMON, until=early),
        "half of all since far back": Query(_COMMON, since=early),
        "half of all lately": Query(_COMMON, since=late),
        "half of all at no time": Query(_COMMON, since=_START - 2 * _STEP, until=_START - _STEP),
        "a large page": Query(_COMMON, limit=500),
    }


def _search_times(archive: Archive, query: Query) -> list[float]:
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        archive.search(query)
        times.append(time.perf_counter() - start)
    return times
