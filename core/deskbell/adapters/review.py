"""A tool call under review: the question a person gets, and what their answer decides.

A review is a generator: it yields questions, is sent what became of each, and returns the decision. An answer that
cannot be carried out as it was meant leads to another question, which says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from deskbell.adapters.rounds import Talk
from deskbell.asking import Question
from deskbell.errors import NotAnswered
from deskbell.origin import source_here
from deskbell.question import MAX_LINE_CHARACTERS
from deskbell.task import Answer, Option, Source, TaskDetails, TaskKind

UNDECIDED: Final = "Nobody at the desk has decided, so this is not approved. Do not try it again without asking."
"""What an agent reads when a call was rejected for want of a decision."""

_BACKTICKS: Final = re.compile("`+")
_SHORTEST_FENCE: Final = 3


class Verdict(StrEnum):
    """What a person can decide about a tool call."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    RESPOND = "respond"


_OPTIONS: Final = {
    Verdict.APPROVE: Option("Approve", Verdict.APPROVE),
    Verdict.EDIT: Option("Edit", Verdict.EDIT, "Run it with the arguments written below, as JSON"),
    Verdict.REJECT: Option("Reject", Verdict.REJECT, "What is written below tells the agent why"),
    Verdict.RESPOND: Option("Respond", Verdict.RESPOND, "What is written below is the tool's result; it does not run"),
}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What an agent wants to do. ``arguments`` are a mapping, or JSON as a model wrote it; ``about`` says more."""

    tool: str
    arguments: Any = None
    about: str = ""

    def __str__(self) -> str:
        return f"{self.tool}({self.shown_arguments})"

    @property
    def shown_arguments(self) -> str:
        """The arguments as indented JSON, or as they came if they are none."""
        arguments = self.arguments
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except (ValueError, RecursionError):
                return sendable(arguments)
        return sendable(json.dumps(arguments, indent=2, ensure_ascii=False, default=repr))


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided. ``message`` goes to the agent; ``arguments`` are those of an edited call."""

    verdict: Verdict
    message: str = ""
    arguments: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and how long a person has: seconds, None for the person's own default."""

    agent: str | None = None
    session: str = ""
    timeout: float | None = None

    @property
    def source(self) -> Source:
        """Where the questions come from."""
        return replace(source_here(self.agent), session=self.session)


class _Unusable(Exception):
    """The answer cannot be carried out as it was meant; the text says why, for the person."""


def review(call: ToolCall, allowed: Sequence[Verdict], asker: Asker) -> Talk[Decision]:
    """Have a person decide about ``call``. Raises NotAnswered when nobody does and it may not be rejected."""
    notice = ""
    while True:
        said = yield _question(call, allowed, asker, notice)
        if isinstance(said, NotAnswered):
            if Verdict.REJECT not in allowed:
                raise said
            return Decision(Verdict.REJECT, UNDECIDED)
        try:
            return _decision(said, allowed)
        except _Unusable as trouble:
            notice = str(trouble)


def _question(call: ToolCall, allowed: Sequence[Verdict], asker: Asker, notice: str) -> Question:
    arguments = "" if call.arguments in (None, {}, "", "{}") else fenced(call.shown_arguments, "json")
    about = fenced(sendable(call.about)) if call.about.strip() else ""
    paragraphs = (notice, f"May {in_code(call.tool)} run?", about, arguments)
    details = TaskDetails(
        title=in_one_line(f"May {call.tool} run?"),
        source=asker.source,
        kind=TaskKind.PERMISSION,
        allow_text=any(verdict is not Verdict.APPROVE for verdict in allowed),
    )
    options = [_OPTIONS[verdict] for verdict in allowed]
    return Question("\n\n".join(filter(None, paragraphs)), options, asker.timeout, details=details)


def _decision(answer: Answer, allowed: Sequence[Verdict]) -> Decision:
    """Raises _Unusable for what cannot be carried out without leaving part of it out."""
    verdict = Verdict(answer.options[0]) if answer.options else _meant_by_words(allowed)
    match verdict:
        case Verdict.APPROVE if answer.text.strip():
            raise _Unusable(
                "**An approval cannot carry words to the agent.** Approve without any, or reject with these:\n\n"
                + fenced(sendable(answer.text))
            )
        case Verdict.EDIT:
            return Decision(verdict, arguments=_arguments(answer.text))
        case Verdict.RESPOND if not answer.text.strip():
            raise _Unusable("**There is nothing to respond with.** Write what the tool's result shall be.")
        case None:
            raise _Unusable("**Choose what these words are meant for.** They were:\n\n" + fenced(sendable(answer.text)))
    return Decision(verdict, answer.text)


def _meant_by_words(allowed: Sequence[Verdict]) -> Verdict | None:
    """What words alone decide: never that something runs."""
    return next((verdict for verdict in (Verdict.REJECT, Verdict.RESPOND) if verdict in allowed), None)


def _arguments(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = f"These are no JSON ({error})" if text.strip() else "They are missing"
    else:
        if isinstance(arguments, dict):
            return arguments
        reason = "These are no JSON object"
    written = f"\n\n{fenced(sendable(text))}" if text.strip() else ""
    raise _Unusable(f"**Edit takes new arguments, written below as a JSON object.** {reason}.{written}")


def fenced(text: str, language: str = "") -> str:
    """A code block that nothing in ``text`` can close."""
    fence = "`" * max(_SHORTEST_FENCE, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def in_code(text: str) -> str:
    """Code within a line that nothing in ``text`` can close."""
    words = " ".join(sendable(text).split()) or "?"
    fence = "`" * (_longest_run(words) + 1)
    return f"{fence} {words} {fence}" if "`" in words else f"{fence}{words}{fence}"


def in_one_line(text: str) -> str:
    """Fit for the line of a title."""
    return " ".join(sendable(text).split())[:MAX_LINE_CHARACTERS]


def sendable(text: str) -> str:
    """With the characters that no question can hold spelled out."""
    return text.replace("\0", "\\u0000").encode("utf-8", "backslashreplace").decode()


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
