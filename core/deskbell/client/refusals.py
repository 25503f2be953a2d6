"""From a response to what the caller gets: a value, or the exception the desk would have raised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import unquote

from deskbell.client.calls import Call
from deskbell.client.remote_task import RemoteTask
from deskbell.errors import (
    DeskbellError,
    DeskClosed,
    DeskFull,
    DeskUnreachable,
    DiskFull,
    EndpointUntrusted,
    InvalidAnswer,
    InvalidQuery,
    InvalidQuestion,
    KeyConflict,
    TaskFinished,
    TaskNotFound,
)

T = TypeVar("T")

_MALFORMED: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)
_WRONG_TOKEN: Final = (
    "The desk does not take this token. Unset DESKBELL_TOKEN if it is set, or start the desktop app anew."  # noqa: S105
)


@dataclass(frozen=True, slots=True)
class Response:
    """What came over the wire."""

    status: int
    body: bytes


class Refused(DeskbellError):
    """The desk refused a request for a reason that has no exception of its own; ``status`` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read(call: Call[T], response: Response) -> T:
    """What ``call`` gives. Raises the DeskbellError that fits a refusal."""
    try:
        raw: Any = json.loads(response.body) if response.body else None
        if response.status < HTTPStatus.BAD_REQUEST:
            return call.decode(raw)
        error = _error(call, response.status, raw)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as trouble:
        raise DeskUnreachable(
            f"What listens there does not answer like a desk (HTTP {response.status}). "
            "Look at 'deskbell url', and update Deskbell if the desktop app is newer."
        ) from trouble
    raise error


def _error(call: Call[Any], status: int, raw: Mapping[str, Any]) -> DeskbellError:
    """An error of the desk's own kind, in the desk's own words."""
    words = str(raw["detail"])
    error = _of_its_kind(call, status, raw, words)
    if not isinstance(error, EndpointUntrusted):
        error.args = (words,)
    return error


def _of_its_kind(call: Call[Any], status: int, raw: Mapping[str, Any], words: str) -> DeskbellError:
    task_id = call.request.path.partition("?")[0].split("/")[3:]
    if status in _MALFORMED:
        return _what_is_malformed(call)(str(raw.get("field", "")), words)
    if status == HTTPStatus.UNAUTHORIZED:
        return EndpointUntrusted(_WRONG_TOKEN)
    match status:
        case HTTPStatus.NOT_FOUND if task_id:
            error: DeskbellError = TaskNotFound(unquote(task_id[0]))
        case HTTPStatus.CONFLICT if "task" in raw:
            error = TaskFinished(RemoteTask.from_dict(raw["task"]).to_task())
        case HTTPStatus.CONFLICT:
            error = KeyConflict(json.loads(call.request.body or b"{}").get("key", ""))
        case HTTPStatus.TOO_MANY_REQUESTS if "limit" in raw:
            error = DeskFull(int(raw["limit"]))
        case HTTPStatus.SERVICE_UNAVAILABLE:
            error = DeskClosed()
        case HTTPStatus.INSUFFICIENT_STORAGE:
            error = DiskFull()
        case _:
            error = Refused(status, words)
    return error


def _what_is_malformed(call: Call[Any]) -> type[InvalidQuestion | InvalidAnswer | InvalidQuery]:
    path = call.request.path.partition("?")[0]
    if path == "/v1/history":
        return InvalidQuery
    return InvalidQuestion if path == "/v1/tasks" else InvalidAnswer
