"""Query parameters, read strictly."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl

from deskbell.http.operations import STATUSES
from deskbell.http.problems import Problem
from deskbell.http.schemas import MAX_WAIT

_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", re.ASCII)


def parse_query(query: bytes, known: Collection[str]) -> dict[str, str]:
    """Parameters by name. Raises Problem (422) for one that is unknown or there twice, and for what is not UTF-8."""
    found: dict[str, str] = {}
    for name, value in _pairs(query):
        if name not in known:
            offer = f"Known: {', '.join(sorted(known))}." if known else "This call takes none."
            raise Problem(422, f"There is no query parameter {name!r} here. {offer}", field=name)
        if name in found:
            raise Problem(422, f"The query parameter {name!r} is there twice. Send it once.", field=name)
        found[name] = value
    return found


def _pairs(query: bytes) -> list[tuple[str, str]]:
    if not query:
        return []
    try:
        return parse_qsl(query.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise Problem(422, "The query is not UTF-8. Encode it so, and percent-encode what is not ASCII.") from None


def wait_seconds(text: str) -> float:
    """How long a client wants to wait. Raises Problem (422)."""
    if not _SECONDS.fullmatch(text) or float(text) > MAX_WAIT:
        raise Problem(422, f"wait is not 0 to {MAX_WAIT} seconds. To wait longer, ask again.", field="wait")
    return float(text)


def check_status(text: str | None) -> str | None:
    """A status to look for, if one was given. Raises Problem (422)."""
    if text is not None and text not in STATUSES:
        raise Problem(422, f"There is no status {text!r}. Choose from {', '.join(STATUSES)}.", field="status")
    return text
