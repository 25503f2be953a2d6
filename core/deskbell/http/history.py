"""What to look for in the history, and where a page ends: read strictly from an address, and written into one."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from deskbell.http.problems import Problem
from deskbell.journal import Page, Query
from deskbell.journal.archive import MAX_PAGE
from deskbell.question import MAX_LINE_CHARACTERS

MAX_QUERY_CHARACTERS: Final = 1_000
"""The longest text to look for."""

DEFAULT_LIMIT: Final = 50
"""How many tasks a page has if nobody says."""

CURSOR: Final = "^[A-Za-z0-9_-]{20}$"
"""What a cursor looks like."""

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_DAY: Final = timedelta(days=1)


def query_of(parameters: Mapping[str, str]) -> Query:
    """What the parameters ask for. Raises Problem (422), which names the one that is wrong."""
    query = Query(
        text=_short(parameters, "q", MAX_QUERY_CHARACTERS),
        since=_moment(parameters, "since"),
        until=_moment(parameters, "until"),
        source=_short(parameters, "source", MAX_LINE_CHARACTERS),
        limit=_limit(parameters.get("limit")),
    )
    if query.since and query.until and query.since >= query.until:
        raise Problem(422, "since is not before until, so nothing can be found. Swap them.", field="since")
    return replace(query, before=_position(parameters["cursor"], query)) if "cursor" in parameters else query


def cursor_of(page: Page, query: Query) -> str | None:
    """Where the page after ``page`` of the same query starts; None after the last one."""
    return None if page.next is None else _cursor(page.next, query)


def _short(parameters: Mapping[str, str], name: str, limit: int) -> str:
    text = parameters.get(name, "")
    if len(text) > limit:
        raise Problem(422, f"{name} is longer than {limit} characters. Shorten it.", field=name)
    return text


def _moment(parameters: Mapping[str, str], name: str) -> datetime | None:
    """A moment, or the beginning of a day in UTC for ``since`` and its end for ``until``."""
    text = parameters.get(name)
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            day = datetime.fromisoformat(text).replace(tzinfo=UTC)
            return day + _DAY if name == "until" else day
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    hint = " A + in an address is written %2B." if re.search(r"\d \d\d:\d\d$", text) else ""
    raise Problem(
        422,
        f"{name} is neither a day, such as 2026-01-31, nor a moment with its zone, such as 2026-01-31T09:30:00Z.{hint}",
        field=name,
    )


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= MAX_PAGE:
        raise Problem(422, f"limit is not a whole number from 1 to {MAX_PAGE}.", field="limit")
    return int(text)


def _position(cursor: str, query: Query) -> int:
    position = 0
    if re.fullmatch(CURSOR[1:-1], cursor, re.ASCII):
        position = int.from_bytes(base64.urlsafe_b64decode(cursor)[:8], "big")
    if not 0 < position < 2**62 or cursor != _cursor(position, query):
        raise Problem(
            422,
            "cursor does not come from a page of this search. Send it as it came, with the same q, since, until and "
            "source, or leave it out to begin anew.",
            field="cursor",
        )
    return position


def _cursor(position: int, query: Query) -> str:
    """A position, and what tells a slip of the hand and the cursor of another search."""
    number = position.to_bytes(8, "big")
    search = repr(replace(query, before=None, limit=0)).encode("utf-8", "backslashreplace")
    return base64.urlsafe_b64encode(number + hashlib.blake2b(number + search, digest_size=7).digest()).decode()
