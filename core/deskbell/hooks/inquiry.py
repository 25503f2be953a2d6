"""What a hook asks the desk, and how the answers become what the agent reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from deskbell.task import Answer, Option, Source, TaskDetails, TaskKind

Json: TypeAlias = dict[str, Any]
Event: TypeAlias = Mapping[str, Any]
"""What an agent has written: any JSON object, nothing in it checked."""

NOTICE_SECONDS: Final = 60
"""How long a notice stays that nobody has put away."""


class Unreadable(Exception):
    """What came is not what this agent sends."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question for the desk. A ``key`` of its own makes a hook that runs twice ask once."""

    prompt: str
    options: tuple[Option, ...]
    details: TaskDetails
    key: str
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Everything a hook wants to know at one go.

    ``reply`` gets an answer for each question, in order, and gives what the agent reads, None to leave the matter to
    it. Without a ``reply`` nobody waits: the question is a notice.
    """

    questions: tuple[Question, ...]
    reply: Callable[[Sequence[Answer]], Json | None] | None


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent's side of it.

    ``read`` gives what to ask about an event, None for an event that asks nothing; it raises Unreadable. ``silence`` is
    what the agent reads when nobody decides, whatever the reason; None is no output at all. It gets None in place of an
    event that could not be read.
    """

    name: str
    read: Callable[[Event], Inquiry | None]
    silence: Callable[[Event | None], Json | None]


def no_output(_event: Event | None) -> Json | None:
    """The silence of agents that go on with their own dialog."""
    return None


def one(question: Question, reply: Callable[[Answer], Json | None]) -> Inquiry:
    """An inquiry of a single question."""
    return Inquiry((question,), lambda answers: reply(answers[0]))


def notice(prompt: str, title: str, source: Source, key: str) -> Inquiry:
    """Something to know, with nothing to decide."""
    details = TaskDetails(title=title, source=source, allow_text=False)
    return Inquiry((Question(prompt, (Option("Seen"),), details, key, NOTICE_SECONDS),), None)


def permission_details(title: str, source: Source, placeholder: str) -> TaskDetails:
    """Of a question that silence never answers."""
    return TaskDetails(title=title, source=source, kind=TaskKind.PERMISSION, placeholder=placeholder)


def key_of(*parts: Any) -> str:
    """The same key for the same parts, which are JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return f"hook-{hashlib.sha256(text.encode()).hexdigest()}"


def text_in(event: Event, *names: str) -> str:
    """The first of these fields that is there and a string."""
    return next((value for name in names if isinstance(value := event.get(name), str)), "")


def mapping_in(event: Event, *names: str) -> Json:
    """The first of these fields that is there and an object."""
    return next((value for name in names if isinstance(value := event.get(name), dict)), {})


def objects_in(event: Event, name: str) -> list[Json]:
    """The objects in a list; everything else is passed over."""
    value = event.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def strings_in(event: Event, name: str) -> list[str]:
    """The strings in a list; everything else is passed over."""
    value = event.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
