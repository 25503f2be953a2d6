"""Asking whether a tool may be used: the page, the choices that all agents share, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from deskbell.hooks.inquiry import Question, Unreadable, permission_details
from deskbell.hooks.page import code, page, plain, title
from deskbell.hooks.tool_call import MAX_CHARACTERS, tool_call
from deskbell.task import Answer, Option, Source

DENIED: Final = "The person at the desk said no."
"""What an agent reads that was refused without a reason."""

PLACEHOLDER: Final = "Say why not: sent alone, it denies"


class Choice(StrEnum):
    """What can be decided; the values of the options."""

    ONCE = "once"
    SESSION = "session"
    ALWAYS = "always"
    DENY = "deny"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided; ``reason`` is what the person wrote."""

    choice: Choice
    reason: str

    @property
    def allows(self) -> bool:
        """Whether the tool may be used."""
        return self.choice in {Choice.ONCE, Choice.SESSION, Choice.ALWAYS}

    @property
    def message(self) -> str:
        """What the agent is told about a refusal."""
        return self.reason or DENIED


def once(about: str = "") -> Option:
    """Let it through this time."""
    return Option("Allow once", Choice.ONCE, about)


def deny() -> Option:
    """Do not let it through."""
    return Option("Deny", Choice.DENY, "What you write goes along as the reason")


def hand_back(agent: str) -> Option:
    """Decide elsewhere."""
    return Option("Ask in the terminal", Choice.TERMINAL, f"{agent} asks with its own dialog")


def permission(
    tool: str,
    arguments: Any,
    *,
    folder: str,
    options: tuple[Option, ...],
    source: Source,
    key: str,
    remarks: str = "",
) -> Question:
    """May ``tool`` be used in ``folder`` with ``arguments``? Raises Unreadable for what is too long to be judged."""
    call = tool_call(tool, arguments)
    where = f"In {code(folder)}" if folder else ""
    prompt = page(f"**{plain(source.agent)}** wants to use **{plain(tool)}**", call.shown, where, remarks)
    if len(prompt) > MAX_CHARACTERS:
        raise Unreadable(f"{tool} has more to show than anybody would read. Its own dialog asks.")
    heading = title(tool, call.subject)
    return Question(prompt, options, permission_details(heading, source, PLACEHOLDER), key)


def decision(answer: Answer) -> Decision:
    """Read an answer. What was written without choosing anything denies; what makes no sense decides nothing."""
    reason = answer.text.strip()
    try:
        choice = Choice(answer.options[0]) if answer.options else Choice.DENY if reason else Choice.TERMINAL
    except ValueError:
        choice = Choice.TERMINAL
    return Decision(choice, reason)
