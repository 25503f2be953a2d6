"""Every call of the API as a value: what to send, and how to read what comes back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from deskbell.client.remote_task import RemoteTask
from deskbell.task import NO_DETAILS, Answer, Draft, Option, TaskDetails

T = TypeVar("T")

READ_SECONDS: Final = 15.0
"""How long the desk may take to answer, beyond what it was asked to wait."""

KEEP_SECONDS: Final = 45.0
"""How long the desk may take to keep something: it waits 30 s for a lock that another program holds, then says so."""


@dataclass(frozen=True, slots=True)
class Request:
    """What goes over the wire. ``repeatable`` says that sending it twice does no more than sending it once."""

    method: str
    path: str
    body: bytes | None = None
    read_seconds: float = READ_SECONDS
    repeatable: bool = True

    def headers(self, token: str) -> dict[str, str]:
        """The headers it travels with."""
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return headers if self.body is None else {**headers, "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request and the reader of its response."""

    request: Request
    decode: Callable[[Any], T]


@dataclass(frozen=True, slots=True)
class Health:
    """A living desk."""

    version: str


def ask(
    prompt: str,
    options: Sequence[Option | str],
    *,
    timeout: float | None,
    on_timeout: str | None,
    details: TaskDetails,
    key: str | None,
) -> Call[RemoteTask]:
    """Ask a question. Without a ``key`` it gets one of its own, so that it can be sent again."""
    question = {
        "prompt": prompt,
        "options": [_option(Option.of(option)) for option in options],
        "timeout": timeout,
        "on_timeout": on_timeout,
        "key": os.urandom(16).hex() if key is None else key,
        **_details(details),
    }
    return Call(_keeping("POST", "/v1/tasks", question), RemoteTask.from_dict)


def get(task_id: str, wait: float = 0.0) -> Call[RemoteTask]:
    """Read a task, ``wait`` seconds later at most if it is still open."""
    query = f"?{urlencode({'wait': f'{wait:.3f}'})}" if wait > 0 else ""
    return Call(Request("GET", _path(task_id) + query, read_seconds=READ_SECONDS + wait), RemoteTask.from_dict)


def list_tasks(status: str | None) -> Call[list[RemoteTask]]:
    """List tasks, all or those of one status."""
    query = f"?{urlencode({'status': status})}" if status else ""
    return Call(Request("GET", f"/v1/tasks{query}"), _tasks)


def answer(task_id: str, answer: Answer) -> Call[RemoteTask]:
    """Answer a task. Said twice it would be refused, so it is not repeated."""
    return Call(_keeping("POST", _path(task_id, "answer"), _content(answer), repeatable=False), RemoteTask.from_dict)


def set_draft(task_id: str, draft: Draft) -> Call[RemoteTask]:
    """Keep what a person has not sent yet."""
    return Call(_keeping("PUT", _path(task_id, "draft"), _content(draft)), RemoteTask.from_dict)


def act(task_id: str, action: str) -> Call[RemoteTask]:
    """Activate, hold or release a task."""
    return Call(Request("POST", _path(task_id, action)), RemoteTask.from_dict)


def cancel(task_id: str) -> Call[RemoteTask]:
    """End a task without an answer."""
    return Call(Request("DELETE", _path(task_id), read_seconds=KEEP_SECONDS), RemoteTask.from_dict)


def show() -> Call[None]:
    """Ask for the window."""
    return Call(Request("POST", "/v1/show"), lambda _: None)


def replace_token() -> Call[None]:
    """Have the token replaced. Twice would be a token more, so it is not repeated."""
    return Call(Request("POST", "/v1/token", repeatable=False), lambda _: None)


def health() -> Call[Health]:
    """Ask whether the desk is alive."""
    return Call(Request("GET", "/healthz"), lambda raw: Health(raw["version"]))


def _keeping(method: str, path: str, content: Mapping[str, Any], *, repeatable: bool = True) -> Request:
    return Request(method, path, json.dumps(content).encode(), KEEP_SECONDS, repeatable)


def _path(task_id: str, *more: str) -> str:
    return "/".join(("/v1/tasks", quote(task_id, safe="", errors="replace"), *more))


def _tasks(raw: Any) -> list[RemoteTask]:
    return [RemoteTask.from_dict(task) for task in raw["tasks"]]


def _option(option: Option) -> dict[str, Any]:
    return {**option.to_dict(), "value": None if option.value == option.label else option.value}


def _details(details: TaskDetails) -> dict[str, Any]:
    if details is NO_DETAILS:
        return {}
    return {
        "title": details.title,
        "source": details.source.to_dict(),
        "kind": str(details.kind),
        "multiple": details.multiple,
        "allow_text": details.allow_text,
        "placeholder": details.placeholder,
        "attachments": [file.to_dict() for file in details.attachments],
    }


def _content(said: Answer | Draft) -> dict[str, Any]:
    return {
        "options": list(said.options),
        "text": said.text,
        "fields": dict(said.fields),
        "attachments": [file.to_dict() for file in said.attachments],
    }
