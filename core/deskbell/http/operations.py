"""Every call of the API, once: the routes and the OpenAPI document are both made from this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from deskbell.http.history import CURSOR, DEFAULT_LIMIT, MAX_QUERY_CHARACTERS
from deskbell.http.schemas import MAX_WAIT, AnswerIn, Health, HistoryPage, QuestionIn, Status, TaskList, TaskOut
from deskbell.journal.archive import MAX_PAGE
from deskbell.question import MAX_LINE_CHARACTERS

STATUSES: Final[tuple[str, ...]] = get_args(Status)


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something named in the address or the headers, with its JSON schema."""

    name: str
    about: str
    schema: Mapping[str, Any]
    place: str = "query"


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful response: a struct as JSON, or another media type, or nothing."""

    about: str
    body: type | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. ``errors`` are the statuses of problems that are its own, besides those any call may meet."""

    name: str
    method: str
    path: str
    about: str
    replies: Mapping[int, Reply]
    body: type | None = None
    parameters: tuple[Parameter, ...] = ()
    errors: Mapping[int, str] = field(default_factory=dict)
    needs_token: bool = True

    @property
    def query(self) -> frozenset[str]:
        """The query parameters it knows."""
        return frozenset(item.name for item in self.parameters if item.place == "query")


_UNKNOWN: Final = {404: "There is no such task."}
_CROWDED: Final = {429: "Too many clients wait already. `Retry-After` says when to try again."}
_OPEN_ONLY: Final = {**_UNKNOWN, 409: "The task has ended; `task` is how."}
_UNKEPT: Final = {507: "It cannot be kept on disk, so it does not count."}
_UNFIT: Final = {422: "The body does not fit; `field` names the place."}
_THE_TASK: Final = {200: Reply("The task as it is now.", TaskOut)}
_STATUS: Final = Parameter("status", "Only tasks of this status.", {"type": "string", "enum": list(STATUSES)})
_WAIT: Final = Parameter(
    "wait",
    "Answer when the task has ended, or after this many seconds with the task as it is.",
    {"type": "number", "minimum": 0, "maximum": MAX_WAIT, "default": 0},
)
_LAST_EVENT: Final = Parameter(
    "Last-Event-ID", "Go on after this event.", {"type": "string", "maxLength": 32}, place="header"
)
_TIME: Final = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
_SEARCH: Final = (
    Parameter(
        "q",
        "Words of the question, its options or its answer, in any order, each perhaps only begun.",
        {"type": "string", "maxLength": MAX_QUERY_CHARACTERS},
    ),
    Parameter("since", "Only what ended at this moment or on this day (UTC), or later.", _TIME),
    Parameter("until", "Only what ended before this moment, or on this day (UTC) or earlier.", _TIME),
    Parameter(
        "source",
        "Only questions of this agent, project, branch or session, whole and in large or small letters.",
        {"type": "string", "maxLength": MAX_LINE_CHARACTERS},
    ),
    Parameter(
        "limit",
        "How many at most; there may be fewer although a cursor follows.",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_LIMIT},
    ),
    Parameter(
        "cursor",
        "The page after the one that had this cursor, of the same search.",
        {"type": "string", "pattern": CURSOR},
    ),
)


def _about_task(name: str, action: str, about: str) -> Operation:
    return Operation(name, "POST", f"/v1/tasks/{{task_id}}/{action}", about, _THE_TASK, errors=_OPEN_ONLY)


OPERATIONS: Final = (
    Operation(
        "ask",
        "POST",
        "/v1/tasks",
        "Ask a question.",
        {
            201: Reply("The question is on the desk.", TaskOut),
            200: Reply("The same key and question were here before; this is their task.", TaskOut),
        },
        body=QuestionIn,
        errors={
            **_UNFIT,
            409: "The key belongs to another question.",
            429: "Too many questions wait already, or this client asks too fast. `Retry-After` says when to try again.",
            503: "The desk is closing, or another program has locked its journal.",
            **_UNKEPT,
        },
    ),
    Operation(
        "list_tasks",
        "GET",
        "/v1/tasks",
        "List the tasks in order of arrival, without the content of their files.",
        {200: Reply("The tasks.", TaskList)},
        parameters=(_STATUS,),
    ),
    Operation(
        "get_task",
        "GET",
        "/v1/tasks/{task_id}",
        "Read one task, or wait for its answer.",
        _THE_TASK,
        parameters=(_WAIT,),
        errors={**_UNKNOWN, **_CROWDED},
    ),
    Operation(
        "answer",
        "POST",
        "/v1/tasks/{task_id}/answer",
        "Answer a task; the first answer wins.",
        _THE_TASK,
        body=AnswerIn,
        errors={**_OPEN_ONLY, **_UNFIT, **_UNKEPT},
    ),
    _about_task("activate", "activate", "Bring a task forward in the window."),
    _about_task("hold", "hold", "Stop the countdown."),
    _about_task("release", "release", "Let the countdown go on."),
    Operation(
        "set_draft",
        "PUT",
        "/v1/tasks/{task_id}/draft",
        "Keep what a person has typed, ticked or attached but not sent.",
        _THE_TASK,
        body=AnswerIn,
        errors={**_OPEN_ONLY, **_UNFIT},
    ),
    Operation(
        "cancel",
        "DELETE",
        "/v1/tasks/{task_id}",
        "End a task without an answer; cancelling it again changes nothing.",
        _THE_TASK,
        errors={**_OPEN_ONLY, **_UNKEPT},
    ),
    Operation(
        "search_history",
        "GET",
        "/v1/history",
        "Find tasks that have ended, the last one first, without the content of their files.",
        {200: Reply("A page of them.", HistoryPage)},
        parameters=_SEARCH,
        errors={
            503: "The desk is closing, or another program has locked its journal.",
            507: "The journal cannot be read.",
        },
    ),
    Operation(
        "follow_events",
        "GET",
        "/v1/events",
        "Follow what happens as server-sent events.",
        {200: Reply("The events, until either side closes.", media_type="text/event-stream")},
        parameters=(_LAST_EVENT,),
        errors=_CROWDED,
    ),
    Operation("show", "POST", "/v1/show", "Show the window.", {204: Reply("The window was asked to show itself.")}),
    Operation(
        "replace_token",
        "POST",
        "/v1/token",
        "Make a new token, put it where this machine's clients look, and refuse the old one from then on.",
        {204: Reply("The token was replaced. The endpoint file has the new one.")},
        errors={
            403: "This desk's token was given to it from outside, or the call comes from a web page.",
            507: "The new token cannot be kept on disk, so the old one stays.",
        },
    ),
    Operation(
        "health",
        "GET",
        "/healthz",
        "Whether the desk is alive, and which version it is.",
        {200: Reply("It is alive.", Health)},
        needs_token=False,
    ),
    Operation(
        "describe",
        "GET",
        "/openapi.json",
        "This description.",
        {200: Reply("An OpenAPI 3.1 document.", media_type="application/json")},
    ),
)
