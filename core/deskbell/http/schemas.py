"""What travels in JSON: one struct per shape. Unknown fields are refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from deskbell.question import (
    MAX_ATTACHMENTS,
    MAX_LABEL_CHARACTERS,
    MAX_LINE_CHARACTERS,
    MAX_OPTIONS,
    MAX_PROMPT_CHARACTERS,
    MAX_TEXT_CHARACTERS,
)
from deskbell.task import MAX_TIMEOUT

MAX_WAIT: Final = 60
"""The longest a client may wait for an answer in one request, in seconds."""

Status = Literal["pending", "active", "completed", "expired", "cancelled"]


def _described(**schema: Any) -> Meta:
    """What the OpenAPI document says of a value that the core checks, in better words than a decoder has."""
    return Meta(extra_json_schema=schema)


_NO_NUL: Final = r"^[^\u0000]*$"
_FILE_NAME: Final = r"^(?!\s*$|\.{1,2}$)[^/\\:\u0000-\u001f\u007f]+$"
_BASE64: Final = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_ON_TIMEOUT: Final = r"^(submit|expire|option:[^\u0000]*)$"
_SAYS_SOMETHING: Final = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"

Line = Annotated[str, _described(maxLength=MAX_LINE_CHARACTERS, pattern=r"^[^\r\n\u0000]*$")]
Label = Annotated[str, _described(maxLength=MAX_LABEL_CHARACTERS, pattern=_NO_NUL)]
FilledLabel = Annotated[str, _described(maxLength=MAX_LABEL_CHARACTERS, pattern=_SAYS_SOMETHING)]
Text = Annotated[str, _described(maxLength=MAX_TEXT_CHARACTERS, pattern=_NO_NUL)]
Moment = Annotated[str, _described(format="date-time")]


class OptionIn(Struct, forbid_unknown_fields=True, frozen=True):
    """One choice. ``value`` is what comes back; without one it is the label."""

    label: FilledLabel
    value: Label | None = None
    description: Label = ""
    recommended: bool = False


class SourceIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Who asks, and where from."""

    agent: Line = ""
    project: Line = ""
    branch: Line = ""
    session: Line = ""
    pid: Annotated[int, Meta(ge=1, le=2**32)] | None = None


class AttachmentIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A small file; ``data`` is base64 (RFC 4648 section 4, with padding)."""

    name: Annotated[str, _described(maxLength=MAX_LINE_CHARACTERS, pattern=_FILE_NAME)]
    media_type: Annotated[str, Meta(max_length=MAX_LINE_CHARACTERS, pattern=r"^[!-~]+/[!-~]+( *;[ -~]*)?$")]
    data: Annotated[bytes, _described(minLength=4, pattern=_BASE64)]


Attachments = Annotated[list[AttachmentIn], Meta(max_length=MAX_ATTACHMENTS)]
Choices = Annotated[list[FilledLabel | OptionIn], Meta(max_length=MAX_OPTIONS)]


class QuestionIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A question. ``timeout`` is seconds, 0 for no countdown and null for the person's own default."""

    prompt: Annotated[str, _described(maxLength=MAX_PROMPT_CHARACTERS, pattern=_SAYS_SOMETHING)]
    options: Choices = []
    multiple: bool = False
    allow_text: bool = True
    placeholder: Line = ""
    title: Line = ""
    source: SourceIn = SourceIn()
    kind: Literal["question", "permission"] = "question"
    timeout: Annotated[float, _described(minimum=0, maximum=MAX_TIMEOUT)] | None = None
    on_timeout: Annotated[str, _described(pattern=_ON_TIMEOUT)] | None = None
    attachments: Attachments = []
    key: Annotated[str, Meta(min_length=1, max_length=MAX_LINE_CHARACTERS, pattern=r"^[^\x00]*$")] | None = None


class AnswerIn(Struct, forbid_unknown_fields=True, frozen=True):
    """An answer, or a draft of one: any part may be missing, but an answer has at least one."""

    options: Annotated[list[str], Meta(max_length=MAX_OPTIONS)] = []
    text: Text = ""
    fields: dict[str, Any] = {}
    attachments: Attachments = []


class OptionOut(Struct, frozen=True):
    """One choice as it is offered."""

    value: str
    label: str
    description: str
    recommended: bool


class SourceOut(Struct, frozen=True):
    """Who asks, and where from."""

    agent: str
    project: str
    branch: str
    session: str
    pid: int | None


class AttachmentOut(Struct, frozen=True):
    """A small file; lists and events leave out its ``data``."""

    name: str
    media_type: str
    data: bytes | UnsetType = UNSET


class AnswerOut(Struct, frozen=True):
    """What was answered, by whom, and when."""

    options: list[str]
    text: str
    fields: dict[str, Any]
    attachments: list[AttachmentOut]
    answered_by: Literal["person", "timeout", "rule"]
    at: Moment


class TaskOut(Struct, frozen=True):
    """One task. Durations are seconds; ``remaining`` is 0 when there is no countdown, ``ended_at`` null while open."""

    task_id: str
    status: Status
    prompt: str
    title: str
    options: list[OptionOut]
    multiple: bool
    allow_text: bool
    kind: Literal["question", "permission"]
    source: SourceOut
    timeout: int
    remaining: int
    held: bool
    held_by: list[Literal["person", "busy", "paused", "sending"]]
    on_timeout: str
    attachments: list[AttachmentOut]
    created_at: Moment
    ended_at: Moment | None
    answer: AnswerOut | None


class TaskList(Struct, frozen=True):
    """Tasks in order of arrival."""

    tasks: list[TaskOut]


class HistoryPage(Struct, frozen=True):
    """Tasks that have ended, the last one first. ``cursor`` asks for the next page; it is null after the last one."""

    tasks: list[TaskOut]
    cursor: str | None


class EventOut(Struct, frozen=True):
    """The data of one event. ``old_status`` is null for a new task, ``new_status`` is removed for one taken out."""

    task: TaskOut
    old_status: Status | None
    new_status: Literal["pending", "active", "completed", "expired", "cancelled", "removed"]


class Health(Struct, frozen=True):
    """The desk is alive."""

    status: Literal["ok"]
    version: str


class ProblemOut(Struct, frozen=True):
    """An error (RFC 9457). ``field`` names the part that is wrong, ``task`` is how a finished one ended.

    ``limit`` is how many questions may wait at the same time.
    """

    title: str
    status: int
    detail: str
    field: str | UnsetType = UNSET
    task: TaskOut | UnsetType = UNSET
    limit: int | UnsetType = UNSET
