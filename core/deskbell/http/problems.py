"""Errors as ``application/problem+json`` (RFC 9457): what went wrong, and what to do."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from deskbell.errors import (
    DeskbellError,
    DeskClosed,
    DeskFull,
    DiskFull,
    InvalidAnswer,
    InvalidQuestion,
    JournalBusy,
    JournalClosed,
    JournalDamaged,
    JournalUnusable,
    KeyConflict,
    TaskFinished,
    TaskNotFound,
)
from deskbell.http.conversion import task_out

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 1

_STATUS: Final[dict[type[DeskbellError], int]] = {
    InvalidQuestion: 422,
    InvalidAnswer: 422,
    TaskNotFound: 404,
    TaskFinished: 409,
    KeyConflict: 409,
    DeskFull: 429,
    DeskClosed: 503,
    JournalBusy: 503,
    JournalClosed: 503,
    DiskFull: 507,
    JournalUnusable: 507,
    JournalDamaged: 507,
}


class Problem(Exception):
    """A request that gets no further. ``detail`` is a sentence that says what to do; ``field`` names the place."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        named = {} if field is None else {"field": field}
        self._members = {**named, **(members or {})}

    def to_json(self) -> bytes:
        """The body of the response."""
        phrase = HTTPStatus(self.status).phrase
        return msgspec.json.encode({"title": phrase, "status": self.status, "detail": str(self), **self._members})


def problem_for(error: Exception) -> Problem:
    """The problem that tells a client about ``error``; what nobody expected is logged."""
    if isinstance(error, Problem):
        return error
    status = _STATUS.get(type(error)) if isinstance(error, DeskbellError) else None
    if status is None:
        log.error("A request failed", exc_info=error)
        return Problem(500, "The desk made a mistake; its log says which. Please report it.")
    return Problem(
        status, str(error), field=getattr(error, "field", None), headers=_headers(error), members=_members(error)
    )


def _headers(error: Exception) -> dict[str, str]:
    return (
        {"Retry-After": str(RETRY_SECONDS)}
        if isinstance(error, (DeskFull, DeskClosed, JournalBusy, JournalClosed))
        else {}
    )


def _members(error: Exception) -> dict[str, Any]:
    if isinstance(error, TaskFinished):
        return {"task": task_out(error.task)}
    return {"limit": error.limit} if isinstance(error, DeskFull) else {}
