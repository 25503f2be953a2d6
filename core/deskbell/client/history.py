"""Reading the history from page to page, without doing any of it itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from deskbell.client.calls import Call, Request
from deskbell.client.remote_task import RemoteTask

PAGE: Final = 200
"""How many tasks are asked for at a time, if nobody wants fewer."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some of the tasks that have ended; ``cursor`` asks for the next ones, None after the last."""

    tasks: Sequence[RemoteTask]
    cursor: str | None


class Reading:
    """Which call comes next, until ``limit`` tasks have come; None for all of them."""

    def __init__(
        self, text: str, since: datetime | None, until: datetime | None, source: str, limit: int | None
    ) -> None:
        search = {"q": text, "since": _moment(since), "until": _moment(until), "source": source}
        self._search = {name: value for name, value in search.items() if value}
        self._left = limit
        self._cursor: str | None = ""

    def next_call(self) -> Call[HistoryPage] | None:
        """The call for the next page; None at the end."""
        if self._cursor is None or (self._left is not None and self._left <= 0):
            return None
        size = PAGE if self._left is None else min(self._left, PAGE)
        more = {"cursor": self._cursor} if self._cursor else {}
        return Call(Request("GET", f"/v1/history?{urlencode({**self._search, 'limit': size, **more})}"), _page)

    def take(self, page: HistoryPage) -> Sequence[RemoteTask]:
        """The tasks of a page."""
        self._cursor = page.cursor
        if self._left is not None:
            self._left -= len(page.tasks)
        return page.tasks


def _page(raw: Any) -> HistoryPage:
    return HistoryPage([RemoteTask.from_dict(task) for task in raw["tasks"]], raw["cursor"])


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
