"""A tool call under review: the question a person gets, and what their answer decides.

A review is a generator: it yields questions, is sent what became of each, and returns the decision. An answer that
cannot be carried out as it was meant leads to another question, which says why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from deskbell.adapters.rounds import Talk
from deskbell.asking import Question
from deskbell.errors import NotAnswered
from deskbell.hooks.page import block, page, plain, title
from deskbell.hooks.tool_call import tool_call
from deskbell.origin import one_line, source_here
from deskbell.task import Answer, Option, Source, TaskDetails, TaskKind

UNDECIDED: Final = "Nobody at the desk has decided, so this is not approved. Do not try it again without asking."
"""What an agent reads when a call was rejected for want of a decision."""

_PLACEHOLDER: Final = "Sent on its own this rejects"


class Verdict(StrEnum):
    """What a person can decide about a tool call."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    RESPOND = "respond"


_OPTIONS: Final = {
    Verdict.APPROVE: Option("Approve", Verdict.APPROVE),
    Verdict.EDIT: Option("Edit", Verdict.EDIT, "Use other arguments, written below as JSON"),
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
        return self.tool

    @property
    def as_json(self) -> str:
        """The arguments as JSON, or as they came if they are none."""
        arguments = self.arguments
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except (ValueError, RecursionError):
                return str(self.arguments)
        return json.dumps(arguments, indent=2, ensure_ascii=False, default=repr)


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
        return replace(source_here(self.agent), session=one_line(self.session))


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
            return _decision(said, call, allowed)
        except _Unusable as trouble:
            notice = str(trouble)


def _question(call: ToolCall, allowed: Sequence[Verdict], asker: Asker, notice: str) -> Question:
    shown = tool_call(call.tool, call.as_json if call.arguments else None)
    about = block(call.about) if call.about.strip() else ""
    source = asker.source
    who = f"**{plain(source.agent)}** wants" if source.agent else "An agent wants"
    details = TaskDetails(
        title=title(call.tool, shown.subject),
        source=source,
        kind=TaskKind.PERMISSION,
        allow_text=any(verdict is not Verdict.APPROVE for verdict in allowed),
        placeholder=_PLACEHOLDER if _meant_by_words(allowed) is Verdict.REJECT else "",
    )
    prompt = page(notice, f"{who} to use **{plain(call.tool)}**", about, shown.shown)
    return Question(prompt, [_OPTIONS[verdict] for verdict in allowed], asker.timeout, details=details)


def _decision(answer: Answer, call: ToolCall, allowed: Sequence[Verdict]) -> Decision:
    """Raises _Unusable for what cannot be carried out without leaving part of it out."""
    verdict = Verdict(answer.options[0]) if answer.options else _meant_by_words(allowed)
    words = answer.text.strip()
    match verdict:
        case Verdict.APPROVE if words:
            remedy = "Approve without any, or reject with these:"
            raise _Unusable(page(f"**An approval cannot carry words to the agent.** {remedy}", block(words)))
        case Verdict.EDIT:
            return Decision(verdict, arguments=_arguments(words, call))
        case Verdict.RESPOND if not words:
            raise _Unusable("**There is nothing to respond with.** Write what the tool's result shall be.")
        case None:
            raise _Unusable(page("**Choose what these words are meant for:**", block(words)))
    return Decision(verdict, words)


def _meant_by_words(allowed: Sequence[Verdict]) -> Verdict | None:
    """What words alone decide: never that something runs."""
    return next((verdict for verdict in (Verdict.REJECT, Verdict.RESPOND) if verdict in allowed), None)


def _arguments(words: str, call: ToolCall) -> dict[str, Any]:
    try:
        arguments = json.loads(words)
    except (ValueError, RecursionError) as error:
        reason = f"This is no JSON: {plain(str(error))}."
    else:
        if isinstance(arguments, dict):
            return arguments
        reason = "This is no JSON object."
    how = "**Edit takes the new arguments, written below as a JSON object.**"
    if words:
        raise _Unusable(page(how, reason, block(words)))
    raise _Unusable(page(how, "To copy, what they are now:", block(call.as_json, "json")))
