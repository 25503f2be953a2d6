"""The values of the desk: a task, its options, a draft, an answer. Plain data, no rules of the queue."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from deskbell.clock import SYSTEM_CLOCK, Clock

DEFAULT_TIMEOUT: Final = 240
"""Seconds a countdown runs when neither the asker nor the settings say otherwise."""

MAX_TIMEOUT: Final = 290
"""The longest countdown in seconds: below the five minutes after which many agents give up."""

RESUME_SECONDS: Final = 30
"""Seconds a countdown has at least when it goes on after a hold or a suspend, unless the settings say otherwise."""

ASK_AGAIN: Final = (
    "Nobody answered in time. Do not take this as consent: ask again, or go on with what needs no decision."
)
"""What the asker reads when a countdown ran out and nothing was typed."""

_MARKUP: Final = re.compile(r"\*\*|__|~~|`")

_HEADING_CHARACTERS: Final = 4_000  # a prompt that says nothing by then has no heading

_ROUNDING: Final = 1e-6  # seconds; float noise must not show as one second more


class TaskStatus(StrEnum):
    """Where a task stands. Equal to the plain strings."""

    PENDING = "pending"
    ACTIVE = "active"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


OPEN_STATUSES: Final = frozenset({TaskStatus.PENDING, TaskStatus.ACTIVE})
"""In these a task still waits for an answer."""


class TaskKind(StrEnum):
    """What sort of answer the asker is after."""

    QUESTION = "question"
    PERMISSION = "permission"


class HoldReason(StrEnum):
    """Why a countdown stands still."""

    PERSON = "person"  # somebody pressed Hold
    BUSY = "busy"  # somebody is typing, ticking or scrolling in this very prompt
    PAUSED = "paused"  # all countdowns were paused
    SENDING = "sending"  # its end is on the way to the disk


class Hold(NamedTuple):
    """A reason for a countdown to stand still, until a moment on the monotonic clock."""

    reason: HoldReason
    until: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How a countdown departs from running straight through; seconds, and moments on the monotonic clock."""

    holds: tuple[Hold, ...] = ()
    held_since: float | None = None
    held_seconds: float = 0.0
    granted_seconds: float = 0.0

    def is_held_for(self, reason: HoldReason) -> bool:
        """Whether ``reason`` is among those for which the countdown stands still."""
        return any(hold.reason is reason for hold in self.holds)


STEADY: Final = Pace()


class AnsweredBy(StrEnum):
    """Who answered."""

    PERSON = "person"
    TIMEOUT = "timeout"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice offered. ``value`` is what goes back to the asker; it defaults to the label."""

    label: str
    value: str = ""
    description: str = ""
    recommended: bool = False

    def __post_init__(self) -> None:
        if not self.value:
            object.__setattr__(self, "value", self.label)

    def __str__(self) -> str:
        return self.label

    @classmethod
    def of(cls, choice: Option | str | Mapping[str, Any]) -> Option:
        """Read a choice the way askers write it: a string, a mapping with ``label``, or an Option."""
        if isinstance(choice, Option):
            return choice
        if isinstance(choice, str):
            return cls(choice)
        return cls(
            label=choice["label"],
            value=choice.get("value") or "",
            description=choice.get("description") or "",
            recommended=bool(choice.get("recommended")),
        )

    def to_dict(self) -> dict[str, Any]:
        """The option as it travels in JSON."""
        return {
            "value": self.value,
            "label": self.label,
            "description": self.description,
            "recommended": self.recommended,
        }


@dataclass(frozen=True, slots=True)
class Source:
    """Who asks, and where from. Every part is optional."""

    agent: str = ""
    project: str = ""
    branch: str = ""
    session: str = ""
    pid: int | None = None

    def __str__(self) -> str:
        return " · ".join(part for part in (self.agent, self.project, self.branch) if part)

    def to_dict(self) -> dict[str, Any]:
        """The source as it travels in JSON."""
        return {
            "agent": self.agent,
            "project": self.project,
            "branch": self.branch,
            "session": self.session,
            "pid": self.pid,
        }


@dataclass(frozen=True, slots=True)
class Attachment:
    """A small file that travels with a question or an answer."""

    name: str
    media_type: str
    data: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"{self.name} ({len(self.data)} bytes)"

    def to_dict(self) -> dict[str, Any]:
        """The file as it travels in JSON, its bytes in base64 (RFC 4648)."""
        encoded = base64.b64encode(self.data).decode("ascii")
        return {"name": self.name, "media_type": self.media_type, "data": encoded}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Attachment:
        """Read what ``to_dict`` wrote."""
        return cls(raw["name"], raw["media_type"], base64.b64decode(raw["data"], validate=True))


@dataclass(frozen=True, slots=True)
class TaskDetails:
    """The parts of a question that the queue carries but does not act on."""

    title: str = ""
    source: Source = Source()
    kind: TaskKind = TaskKind.QUESTION
    multiple: bool = False
    allow_text: bool = True
    placeholder: str = ""
    attachments: tuple[Attachment, ...] = ()


NO_DETAILS: Final = TaskDetails()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person has typed, ticked or attached but not sent."""

    options: tuple[str, ...] = ()
    text: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.options or self.text.strip() or self.fields or self.attachments)

    def copy(self) -> Draft:
        """A draft of its own: nothing in it that can be changed is shared."""
        return replace(self, fields=copy_of_json(dict(self.fields))) if self.fields else self


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the asker, and who answered."""

    options: tuple[str, ...] = ()
    text: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    answered_by: AnsweredBy = AnsweredBy.PERSON
    at: datetime = field(default_factory=SYSTEM_CLOCK.now)

    def __str__(self) -> str:
        said = ", ".join(self.options)
        return f"{said}: {self.text}" if said and self.text else said or self.text

    def to_dict(self) -> dict[str, Any]:
        """The answer as it travels in JSON; times are RFC 3339 in UTC."""
        return {
            "options": list(self.options),
            "text": self.text,
            "fields": dict(self.fields),
            "attachments": [item.to_dict() for item in self.attachments],
            "answered_by": str(self.answered_by),
            "at": rfc3339(self.at),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Answer:
        """Read what ``to_dict`` wrote; parts may be missing."""
        at = raw.get("at")
        return cls(
            options=tuple(raw.get("options") or ()),
            text=raw.get("text") or "",
            fields=dict(raw.get("fields") or {}),
            attachments=tuple(Attachment.from_dict(item) for item in raw.get("attachments") or ()),
            answered_by=AnsweredBy(raw.get("answered_by", AnsweredBy.PERSON)),
            at=datetime.fromisoformat(at) if at else SYSTEM_CLOCK.now(),
        )


@dataclass(slots=True)
class Task:
    """One question from an agent, with everything needed to show and answer it.

    What a queue hands out is a copy: changing it changes nothing in the queue. Times are seconds; times of day are UTC.
    ``explicit_timeout`` says that the asker chose the countdown, so that no later default may change it. ``key`` is
    what the asker calls the question, so that asking again finds it.
    """

    task_id: str
    prompt: str
    predefined_options: list[Any] | None = None
    auto_resubmit_timeout: int = DEFAULT_TIMEOUT
    created_at: datetime = field(default_factory=SYSTEM_CLOCK.now)
    created_at_monotonic: float = field(default_factory=SYSTEM_CLOCK.monotonic)
    status: str = TaskStatus.PENDING
    result: dict[str, Any] | None = None
    completed_at: datetime | None = None
    _: KW_ONLY
    on_timeout: str = "submit"
    details: TaskDetails = NO_DETAILS
    explicit_timeout: bool = False
    key: str | None = None
    draft: Draft | None = None
    pace: Pace = STEADY
    finished_at_monotonic: float | None = field(default=None, compare=False)
    clock: Clock = field(default=SYSTEM_CLOCK, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.task_id} ({self.status}): {self.heading}"

    @property
    def options(self) -> tuple[Option, ...]:
        """The choices, whatever form the asker gave them in."""
        return tuple(Option.of(choice) for choice in self.predefined_options or ())

    @property
    def heading(self) -> str:
        """The title, or else the prompt's first line that says something."""
        if self.details.title:
            return self.details.title
        start = self.prompt[:_HEADING_CHARACTERS]
        lines = (_MARKUP.sub("", line).strip(" #>-*\t") for line in start.splitlines())
        return next(filter(None, lines), self.task_id)

    @property
    def is_open(self) -> bool:
        """Whether the task still waits for an answer."""
        return self.status in OPEN_STATUSES

    @property
    def is_held(self) -> bool:
        """Whether the countdown stands still; never once finished."""
        return self.pace.held_since is not None and self.is_open

    @property
    def is_ending(self) -> bool:
        """Whether an answer was taken that is not on disk yet."""
        return self.pace.is_held_for(HoldReason.SENDING)

    @property
    def answer(self) -> Answer | None:
        """The answer, once there is one."""
        return None if self.result is None else Answer.from_dict(self.result)

    def get_remaining_time(self) -> int:
        """Whole seconds left of the countdown, rounded up; 0 once finished and 0 when there is no countdown."""
        if not self.is_open or not self.auto_resubmit_timeout > 0:
            return 0
        left = math.ceil(self.get_deadline_monotonic() - self.clock.monotonic() - _ROUNDING)
        return max(0, min(left, math.ceil(self.auto_resubmit_timeout + self.pace.granted_seconds)))

    def get_deadline_monotonic(self) -> float:
        """When the countdown ends, on the monotonic clock; infinite without one. Moves on while held."""
        if not self.auto_resubmit_timeout > 0:
            return math.inf
        deadline = self.created_at_monotonic + self.auto_resubmit_timeout
        if self.pace is STEADY:
            return deadline
        held_now = 0.0 if self.pace.held_since is None else self.clock.monotonic() - self.pace.held_since
        return deadline + self.pace.held_seconds + self.pace.granted_seconds + held_now

    def is_expired(self) -> bool:
        """Whether the deadline has passed; never once finished and never without a countdown."""
        return self.is_open and self.clock.monotonic() >= self.get_deadline_monotonic()

    def copy(self) -> Task:
        """A task of its own: nothing in it that can be changed is shared."""
        twin = object.__new__(Task)
        for name in _TASK_FIELDS:
            setattr(twin, name, getattr(self, name))
        if twin.predefined_options is not None:
            twin.predefined_options = copy_of_json(twin.predefined_options)
        if twin.result is not None:
            twin.result = copy_of_json(twin.result)
        if twin.draft is not None:
            twin.draft = twin.draft.copy()
        return twin


_TASK_FIELDS: Final = tuple(item.name for item in fields(Task))


def copy_of_json(value: Any) -> Any:
    """Copy lists and dicts all the way down; everything else in JSON cannot change."""
    if isinstance(value, dict):
        twin = value.copy()
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                twin[key] = copy_of_json(item)
        return twin
    if isinstance(value, list):
        return [copy_of_json(item) for item in value]
    return value


def rfc3339(moment: datetime) -> str:
    """A moment in UTC as RFC 3339 writes it, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
